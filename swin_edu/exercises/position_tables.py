"""Exercises on bias tables: stretch one to another window, and find the one that lies behind a bias.

They belong to notebook 04; paper, Section 3.2.
"""

import random
from math import prod

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from swin_edu.exercises.drawing import normal, unequal
from swin_edu.exercises.engine import Exercise, Mistake

Side = tuple[int, int]

# ---- another window size ----------------------------------------------------------------------------


def _resize_table(table: Tensor, old: Side, new: Side) -> Tensor:
    pictures = rearrange(table, "(r c) h -> 1 h r c", r=2 * old[0] - 1)
    pictures = F.interpolate(pictures, size=(2 * new[0] - 1, 2 * new[1] - 1), mode="bicubic")
    return rearrange(pictures, "1 h r c -> (r c) h")


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
    task="A bias table ((2*Mh-1) * (2*Mw-1), h) of window `old`, resized to that of window `new` with "
    "F.interpolate(..., mode='bicubic'); both windows are (Mh, Mw).",
    reference=_resize_table,
    cases=_tables,
    draw=_draw_table,
    mistakes={
        "rows_and_columns_swapped": Mistake(
            lambda table, old, new: _resize(table, old, new, rows=2 * old[1] - 1),
            "How many rows has the picture of a window of Mh x Mw, and how many columns?",
        ),
        "new_sides_swapped": Mistake(
            lambda table, old, new: _resize_table(table, old, new[::-1]),
            "You read the old table rightly. Which of the new sides is that of the rows?",
        ),
        "heads_misread": Mistake(
            _heads_misread,
            "You reshape, and a reshape moves no axis. In the table heads come last; where does interpolate "
            "want them?",
        ),
        "heads_misread_both_ways": Mistake(
            _heads_misread_both_ways,
            "You reshape there and back, and a reshape moves no axis. Along which axis of the table do the "
            "heads lie?",
        ),
        "size_of_window": Mistake(
            _resize_to_window, "You resize to M values a side. How many values has an offset?"
        ),
        "as_one_list": Mistake(
            _as_one_list,
            "You stretch a column of the table as one list. Which two entries of it are neighbours above "
            "each other?",
        ),
        "bilinear": Mistake(
            lambda table, old, new: _resize(table, old, new, mode="bilinear"),
            "Your values lie on straight lines between the old ones. Which interpolation does the task name?",
        ),
        "nearest": Mistake(
            lambda table, old, new: _resize(table, old, new, mode="nearest"),
            "You copy the nearest value, as interpolate does if nothing is said. Which mode does the task "
            "name?",
        ),
        "corners_aligned": Mistake(
            lambda table, old, new: _resize(table, old, new, align_corners=True),
            "Your corners keep their values. Which option of interpolate does that, and what is its default?",
        ),
        "antialias": Mistake(
            lambda table, old, new: _resize(table, old, new, antialias=True),
            "Smaller windows come out too smooth. Which option of interpolate did you add?",
        ),
    },
    hints=(
        "F.interpolate wants (batch, channels, height, width). What is a channel here?",
        "A head's column of the table is a picture of offsets: 2*Mh - 1 rows, 2*Mw - 1 columns, before and "
        "after.",
        "Three steps: table to (1, h, rows, columns), one call of F.interpolate, and the first step "
        "backwards. A reshape alone does not bring the heads to the front.",
    ),
)

# ---- from a bias back to its table ------------------------------------------------------------------


def _index_of_any_axes(window: tuple[int, ...]) -> Tensor:
    """As `relative_position_index`, one digit for each axis."""
    places = torch.cartesian_prod(*(torch.arange(m) for m in window)).view(-1, len(window))
    index = torch.zeros(len(places), len(places), dtype=torch.int64)
    for axis, m in enumerate(window):
        index = index * (2 * m - 1) + (places[:, None, axis] - places[None, :, axis]) + m - 1
    return index


def _sum_and_count(bias: Tensor, index: Tensor, window: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Sum (rows, h) and number (rows, 1) of the pairs that share a row of the table."""
    rows = prod(2 * m - 1 for m in window)
    pairs = rearrange(bias, "h q k -> (q k) h")
    total = torch.zeros(rows, bias.shape[0], dtype=bias.dtype).index_add(0, index.flatten(), pairs)
    return total, torch.bincount(index.flatten(), minlength=rows)[:, None]


def _table_from_bias(bias: Tensor, window: tuple[int, ...]) -> Tensor:
    total, count = _sum_and_count(bias, _index_of_any_axes(window), window)
    return total / count


def _one_of_them(bias: Tensor, window: tuple[int, ...], first: bool) -> Tensor:
    """One pair's bias for each row: the first that comes, or the last."""
    pairs = list(zip(_index_of_any_axes(window).flatten().tolist(), bias.flatten(1).T, strict=True))
    table = torch.zeros(prod(2 * m - 1 for m in window), bias.shape[0], dtype=bias.dtype)
    for row, pair in reversed(pairs) if first else pairs:
        table[row] = pair
    return table


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
    task="The table ((2*M1-1) * (2*M2-1) * ..., h) whose bias is nearest, in the sum of squares, to a given "
    "one, (h, N, N), row = query. `window` has the sides of any number of axes; offsets become rows by the "
    "rule of chapter 04, one digit for each axis, the first axis slowest.",
    reference=_table_from_bias,
    cases=_biases,
    draw=_draw_bias,
    mistakes={
        "last_wins": Mistake(
            lambda bias, window: _one_of_them(bias, window, first=False),
            "Many pairs write to one row of your table. Which of them remains?",
        ),
        "first_wins": Mistake(
            lambda bias, window: _one_of_them(bias, window, first=True),
            "Each row of your table is the first pair's. What of the other pairs with that offset?",
        ),
        "sum": Mistake(
            lambda bias, window: _sum_and_count(bias, _index_of_any_axes(window), window)[0],
            "You add up what shares an offset. By what must the sum be divided, row by row?",
        ),
        "divided_by_tokens": Mistake(
            lambda bias, window: _sum_and_count(bias, _index_of_any_axes(window), window)[0] / prod(window),
            "You divide every row by the same number. Do all offsets occur equally often?",
        ),
        "key_minus_query": Mistake(
            lambda bias, window: _table_from_bias(bias.mT, window),
            "Your table is upside down. Whose place is subtracted from whose?",
        ),
        "axes_reversed": Mistake(
            _axes_reversed,
            "With more than one axis the rows stand in another order. Which axis is the first digit?",
        ),
        "one_for_all_heads": Mistake(
            lambda bias, window: _table_from_bias(bias.mean(0, keepdim=True).expand_as(bias), window),
            "All heads have the same table in your answer. Did they have the same bias?",
        ),
        "heads_first": Mistake(
            lambda bias, window: _table_from_bias(bias, window).T.contiguous(),
            "In a bias the heads come first. Where do they stand in a table?",
        ),
    },
    hints=(
        "First the index: each axis is one digit more.",
        "What happens to a number when you write one more digit behind it?",
        "For each row of the table on its own, the nearest number to several numbers is their mean.",
        "Tensor.index_add adds up what goes to the same row; torch.bincount counts. Which rows get what?",
    ),
)
