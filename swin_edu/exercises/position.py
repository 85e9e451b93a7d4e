"""Exercises on the relative position bias: the index of any window, another window size, back to a table.

They belong to notebook 04; paper, Section 3.2, equation (4).
"""

import random
from math import prod

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from swin_edu.exercises.drawing import normal, unequal
from swin_edu.exercises.engine import Exercise, Mistake
from swin_edu.model.position import relative_position_index, resize_bias_table

# ---- A: the index of any window ---------------------------------------------------------------------


def _offsets(Mh: int, Mw: int) -> tuple[Tensor, Tensor]:
    row, column = torch.arange(Mh).repeat_interleave(Mw), torch.arange(Mw).repeat(Mh)
    return row[:, None] - row[None, :], column[:, None] - column[None, :]


def _with_stride(Mh: int, Mw: int, stride: int) -> Tensor:
    dr, dc = _offsets(Mh, Mw)
    return (dr + Mh - 1) * stride + dc + Mw - 1


def _nothing_added(Mh: int, Mw: int) -> Tensor:
    dr, dc = _offsets(Mh, Mw)
    return dr * (2 * Mw - 1) + dc


def _columns_first(Mh: int, Mw: int) -> Tensor:
    dr, dc = _offsets(Mh, Mw)
    return (dc + Mw - 1) * (2 * Mh - 1) + dr + Mh - 1


def _sides_swapped(Mh: int, Mw: int) -> Tensor:
    dr, dc = _offsets(Mh, Mw)
    return (dr + Mw - 1) * (2 * Mw - 1) + dc + Mh - 1


def _numbered_by_columns(Mh: int, Mw: int) -> Tensor:
    order = torch.arange(Mh * Mw).view(Mh, Mw).T.flatten()
    return relative_position_index((Mh, Mw))[order][:, order]


index_any = Exercise(
    name="index_any",
    chapter="04",
    difficulty="easy",
    minutes=5,
    task="The table's row for each pair of a window of Mh x Mw: (N, N) int64, row = query, column = key.",
    reference=lambda Mh, Mw: relative_position_index((Mh, Mw)),
    cases=lambda: [(2, 3), (5, 3), (4, 7), (1, 4)],
    draw=lambda generator: (generator.choice((3, 6, 8)), generator.choice((2, 5, 7, 9))),
    mistakes={
        "stride_of_rows": Mistake(
            lambda Mh, Mw: _with_stride(Mh, Mw, 2 * Mh - 1),
            "Which digit must the row's factor step over, and how many values has that one?",
        ),
        "stride_M": Mistake(
            lambda Mh, Mw: _with_stride(Mh, Mw, Mw),
            "Different offsets share a number. How many values has dc?",
        ),
        "stride_2M": Mistake(
            lambda Mh, Mw: _with_stride(Mh, Mw, 2 * Mw),
            "Your largest number is beyond the table's end. How many values has dc, exactly?",
        ),
        "no_multiplication": Mistake(
            lambda Mh, Mw: _with_stride(Mh, Mw, 1),
            "Two digits are only added: what else gives the same sum?",
        ),
        "key_minus_query": Mistake(
            lambda Mh, Mw: relative_position_index((Mh, Mw)).T.contiguous(),
            "Your answer is the transposed one. Whose place is subtracted from whose?",
        ),
        "nothing_added": Mistake(
            _nothing_added, "Some numbers are negative. Where do they point to in a table?"
        ),
        "columns_first": Mistake(
            _columns_first, "Which digit comes first, that of the rows or of the columns?"
        ),
        "sides_swapped": Mistake(_sides_swapped, "Which side belongs to dr, which to dc? Rows come first."),
        "tokens_by_columns": Mistake(
            _numbered_by_columns, "In which order are the tokens of a window numbered: row by row?"
        ),
    },
    hints=(
        "Start as in the lesson: row and column of each token, then differences query - key.",
        "Each digit gets its own axis' side added. The factor counts the values of the digit behind it.",
    ),
)


# ---- B: another window size -------------------------------------------------------------------------

Side = tuple[int, int]


def _resize(table: Tensor, old: Side, new: Side, rows: int | None = None, **how: object) -> Tensor:
    pictures = rearrange(table, "(r c) h -> 1 h r c", r=rows or 2 * old[0] - 1)
    size = (2 * new[0] - 1, 2 * new[1] - 1)
    return rearrange(F.interpolate(pictures, size, **{"mode": "bicubic", **how}), "1 h r c -> (r c) h")


def _heads_misread(table: Tensor, old: Side, new: Side) -> Tensor:
    pictures = table.reshape(1, -1, 2 * old[0] - 1, 2 * old[1] - 1)
    pictures = F.interpolate(pictures, (2 * new[0] - 1, 2 * new[1] - 1), mode="bicubic")
    return rearrange(pictures, "1 h r c -> (r c) h")


def _heads_misread_both_ways(table: Tensor, old: Side, new: Side) -> Tensor:
    pictures = table.reshape(1, -1, 2 * old[0] - 1, 2 * old[1] - 1)
    pictures = F.interpolate(pictures, (2 * new[0] - 1, 2 * new[1] - 1), mode="bicubic")
    return pictures.reshape(-1, table.shape[1])


def _resize_to_window(table: Tensor, old: Side, new: Side) -> Tensor:
    pictures = rearrange(table, "(r c) h -> 1 h r c", r=2 * old[0] - 1)
    return rearrange(F.interpolate(pictures, new, mode="bicubic"), "1 h r c -> (r c) h")


def _as_one_list(table: Tensor, old: Side, new: Side) -> Tensor:
    return F.interpolate(table.T[None], (2 * new[0] - 1) * (2 * new[1] - 1), mode="linear")[0].T.contiguous()


def _tables() -> list[tuple[Tensor, Side, Side]]:
    generator = torch.Generator().manual_seed(4)
    sizes = [((2, 3), (4, 5), 2), ((4, 3), (3, 7), 3), ((5, 4), (3, 2), 2)]
    return [
        (torch.randn((2 * old[0] - 1) * (2 * old[1] - 1), heads, generator=generator), old, new)
        for old, new, heads in sizes
    ]


def _draw_table(generator: random.Random) -> tuple[Tensor, Side, Side]:
    old = unequal(generator, 2, 6)
    new = old
    while new == old:
        new = unequal(generator, 2, 7)
    table = normal(generator, (2 * old[0] - 1) * (2 * old[1] - 1), generator.randint(2, 4))
    return table, old, new


resize_table = Exercise(
    name="resize_table",
    chapter="04",
    difficulty="medium",
    minutes=10,
    task="A table of window `old`, resized bicubically to window `new`, both (Mh, Mw), for all heads.",
    reference=resize_bias_table,
    cases=_tables,
    draw=_draw_table,
    mistakes={
        "rows_and_columns_swapped": Mistake(
            lambda table, old, new: _resize(table, old, new, rows=2 * old[1] - 1),
            "How many rows has the picture of a window of Mh x Mw, and how many columns?",
        ),
        "heads_misread": Mistake(
            _heads_misread,
            "A reshape moves no axis. In the table heads come last; where does interpolate want them?",
        ),
        "heads_misread_both_ways": Mistake(
            _heads_misread_both_ways,
            "A reshape does not move an axis. Along which axis of the table do the heads lie?",
        ),
        "size_of_window": Mistake(
            _resize_to_window, "You resize to M values a side. How many values has an offset?"
        ),
        "as_one_list": Mistake(_as_one_list, "A column of the table is no list, it is a picture."),
        "bilinear": Mistake(
            lambda table, old, new: _resize(table, old, new, mode="bilinear"),
            "Which interpolation does the paper use?",
        ),
        "corners_aligned": Mistake(
            lambda table, old, new: _resize(table, old, new, align_corners=True),
            "Your corners keep their values. Which option of interpolate does that? Its default is right.",
        ),
        "antialias": Mistake(
            lambda table, old, new: _resize(table, old, new, antialias=True),
            "Smaller windows come out too smooth. Which option of interpolate did you add?",
        ),
    },
    hints=(
        "F.interpolate wants (batch, channels, height, width). What is a channel here?",
        "Height and width are 2*Mh - 1 and 2*Mw - 1, before and after.",
    ),
)


# ---- C: from a bias back to its table ---------------------------------------------------------------


def _index_of_any_axes(window: tuple[int, ...]) -> Tensor:
    places = torch.cartesian_prod(*(torch.arange(m) for m in window)).view(-1, len(window))
    index = torch.zeros(len(places), len(places), dtype=torch.int64)
    for axis, m in enumerate(window):
        index = index * (2 * m - 1) + (places[:, None, axis] - places[None, :, axis]) + m - 1
    return index


def _sum_and_count(bias: Tensor, index: Tensor, window: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    rows = prod(2 * m - 1 for m in window)
    pairs = rearrange(bias, "h q k -> (q k) h")
    total = torch.zeros(rows, bias.shape[0], dtype=bias.dtype).index_add(0, index.flatten(), pairs)
    return total, torch.bincount(index.flatten(), minlength=rows)[:, None]


def _table_from_bias(bias: Tensor, window: tuple[int, ...]) -> Tensor:
    total, count = _sum_and_count(bias, _index_of_any_axes(window), window)
    return total / count


def _last_wins(bias: Tensor, window: tuple[int, ...]) -> Tensor:
    index = _index_of_any_axes(window).flatten().tolist()
    table = torch.zeros(prod(2 * m - 1 for m in window), bias.shape[0], dtype=bias.dtype)
    for row, pair in zip(index, rearrange(bias, "h q k -> (q k) h"), strict=True):
        table[row] = pair
    return table


def _key_minus_query(bias: Tensor, window: tuple[int, ...]) -> Tensor:
    return _table_from_bias(bias.mT, window)


def _axes_reversed(bias: Tensor, window: tuple[int, ...]) -> Tensor:
    table = _table_from_bias(bias, window)
    grid = table.view(*(2 * m - 1 for m in window), -1)
    return grid.permute(*reversed(range(len(window))), len(window)).reshape(table.shape)


def _biases() -> list[tuple[Tensor, tuple[int, ...]]]:
    """A bias of a table, disturbed for each pair by itself, as if each had been fine-tuned alone."""
    generator = torch.Generator().manual_seed(5)
    cases = []
    for window, heads in (((5,), 3), ((3, 4), 2), ((2, 3, 4), 2)):
        table = torch.randn(prod(2 * m - 1 for m in window), heads, generator=generator, dtype=torch.float64)
        bias = rearrange(table[_index_of_any_axes(window)], "q k h -> h q k")
        cases.append((bias + 0.3 * torch.randn(bias.shape, generator=generator, dtype=torch.float64), window))
    return cases


def _draw_bias(generator: random.Random) -> tuple[Tensor, tuple[int, ...]]:
    axes = generator.randint(1, 4)
    window = unequal(generator, 1, 4, axes) if axes > 1 else (generator.randint(6, 9),)
    return normal(generator, generator.randint(2, 4), prod(window), prod(window), dtype=torch.float64), window


table_from_bias = Exercise(
    name="table_from_bias",
    chapter="04",
    difficulty="hard",
    minutes=25,
    task="The table whose bias is nearest (least squares) to a given one, (h, N, N), for any number of axes.",
    reference=_table_from_bias,
    cases=_biases,
    draw=_draw_bias,
    mistakes={
        "last_wins": Mistake(_last_wins, "Many pairs write to one row of your table. Which of them remains?"),
        "sum": Mistake(
            lambda bias, window: _sum_and_count(bias, _index_of_any_axes(window), window)[0],
            "You add up what shares an offset. By what must the sum be divided, row by row?",
        ),
        "divided_by_tokens": Mistake(
            lambda bias, window: _sum_and_count(bias, _index_of_any_axes(window), window)[0] / prod(window),
            "Do all offsets occur equally often? Section 2 counted them.",
        ),
        "key_minus_query": Mistake(
            _key_minus_query, "Your table is upside down. Whose place is subtracted from whose?"
        ),
        "axes_reversed": Mistake(
            _axes_reversed,
            "With more than one axis the rows stand in another order. Which axis is the first digit?",
        ),
    },
    hints=(
        "First the index: each axis is one digit more.",
        "What happens to a number when you write one more digit behind it?",
        "For each row of the table on its own, the nearest number to several numbers is their mean.",
        "Tensor.index_add adds up what goes to the same row; torch.bincount counts.",
    ),
)


EXERCISES = (index_any, resize_table, table_from_bias)
