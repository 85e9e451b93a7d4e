"""Exercises on the relative position bias, and the index of any window as the first of them.

Notebook 04 and assignment 3 set them; paper, Section 3.2, equation (4).
"""

import torch
from torch import Tensor

from swin_edu.exercises.engine import Exercise, Mistake
from swin_edu.exercises.position_halo import index_with_halo
from swin_edu.exercises.position_tables import resize_table, table_from_bias


def _offsets(Mh: int, Mw: int) -> tuple[Tensor, Tensor]:
    """dr and dc of each pair, query - key, both (N, N)."""
    row, column = torch.arange(Mh).repeat_interleave(Mw), torch.arange(Mw).repeat(Mh)
    return row[:, None] - row[None, :], column[:, None] - column[None, :]


def _index_any(Mh: int, Mw: int) -> Tensor:
    dr, dc = _offsets(Mh, Mw)
    return (dr + Mh - 1) * (2 * Mw - 1) + dc + Mw - 1


def _with_stride(Mh: int, Mw: int, stride: int) -> Tensor:
    dr, dc = _offsets(Mh, Mw)
    return (dr + Mh - 1) * stride + dc + Mw - 1


def _nothing_added(Mh: int, Mw: int) -> Tensor:
    dr, dc = _offsets(Mh, Mw)
    return dr * (2 * Mw - 1) + dc


def _added_at_the_end(Mh: int, Mw: int) -> Tensor:
    dr, dc = _offsets(Mh, Mw)
    return dr * (2 * Mw - 1) + dc + Mh + Mw - 2


def _distances(Mh: int, Mw: int) -> Tensor:
    dr, dc = _offsets(Mh, Mw)
    return dr.abs() * (2 * Mw - 1) + dc.abs()


def _columns_first(Mh: int, Mw: int) -> Tensor:
    dr, dc = _offsets(Mh, Mw)
    return (dc + Mw - 1) * (2 * Mh - 1) + dr + Mh - 1


def _sides_swapped(Mh: int, Mw: int) -> Tensor:
    dr, dc = _offsets(Mh, Mw)
    return (dr + Mw - 1) * (2 * Mw - 1) + dc + Mh - 1


def _numbered_by_columns(Mh: int, Mw: int) -> Tensor:
    order = torch.arange(Mh * Mw).view(Mh, Mw).T.flatten()
    return _index_any(Mh, Mw)[order][:, order]


index_any = Exercise(
    name="index_any",
    chapter="04",
    difficulty="easy",
    minutes=5,
    task="The table's row for each pair of a window of Mh x Mw: (N, N) int64, row = query, column = key.",
    reference=_index_any,
    cases=lambda: [(2, 3), (5, 3), (4, 7), (1, 4)],
    draw=lambda generator: tuple(generator.sample((2, 4, 5, 6, 8, 9), 2)),
    mistakes={
        "stride_of_rows": Mistake(
            lambda Mh, Mw: _with_stride(Mh, Mw, 2 * Mh - 1),
            "Your factor counts the values of dr. Which digit stands behind it, and how many values has "
            "that one?",
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
            lambda Mh, Mw: _index_any(Mh, Mw).T.contiguous(),
            "Your answer is the transposed one. Whose place is subtracted from whose?",
        ),
        "nothing_added": Mistake(
            _nothing_added, "Some numbers are negative. Where do they point to in a table?"
        ),
        "added_at_the_end": Mistake(
            _added_at_the_end,
            "You add both sides after multiplying. What is the smallest number that a digit has by then?",
        ),
        "distances": Mistake(
            _distances, "Left and right look alike in your index. What does abs() make of an offset?"
        ),
        "columns_first": Mistake(
            _columns_first, "Which digit comes first, that of the rows or of the columns?"
        ),
        "sides_swapped": Mistake(
            _sides_swapped,
            "The factor is right. Which side belongs to dr and which to dc, so that both begin at 0?",
        ),
        "tokens_by_columns": Mistake(
            _numbered_by_columns, "In which order are the tokens of a window numbered: row by row?"
        ),
    },
    hints=(
        "Start as in the lesson: row and column of each token, then two differences, query - key.",
        "For 2 x 3, write down every value that dr takes, and every value that dc takes. How many are they?",
        "Each digit gets its own axis' side added, less one. The factor counts the values of the digit "
        "behind it.",
    ),
)

EXERCISES = (index_any, resize_table, index_with_halo, table_from_bias)
