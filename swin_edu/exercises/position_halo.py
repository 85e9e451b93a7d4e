"""The exercise on a window that looks over its own edge: queries inside, keys also around it.

It belongs to notebook 04 and is set in assignment 3: the index once more, where the two sides of an offset
have different ranges. HaloNet and HAT attend in this way.
"""

import torch
from torch import Tensor

from swin_edu.exercises.engine import Exercise, Mistake


def _index_with_halo(Mh: int, Mw: int, halo: int) -> Tensor:
    def offsets(side: int) -> Tensor:
        """Along one axis: query - key for each pair, from 0."""
        query, key = torch.arange(side), torch.arange(-halo, side + halo)
        return query[:, None] - key[None, :] + side + halo - 1

    dr, dc = offsets(Mh)[:, None, :, None], offsets(Mw)[None, :, None, :]
    index = dr * (2 * (Mw + halo) - 1) + dc  # [query row, query column, key row, key column]
    return index.reshape(Mh * Mw, -1)


def _twisted(
    Mh: int,
    Mw: int,
    halo: int,
    *,
    stride: int | None = None,
    first_key: int | None = None,
    added: tuple[int, int] | None = None,
    columns_first: bool = False,
) -> Tensor:
    """The right answer, or one with a twist."""
    first_key = -halo if first_key is None else first_key
    sides, digits = (Mh, Mw), []
    added = (Mh + halo - 1, Mw + halo - 1) if added is None else added
    for side, more in zip(sides, added, strict=True):
        query, key = torch.arange(side), torch.arange(side + 2 * halo) + first_key
        digits.append(query[:, None] - key[None, :] + more)
    dr, dc = digits[0][:, None, :, None], digits[1][None, :, None, :]
    if columns_first:
        return (dc * (2 * (Mh + halo) - 1) + dr).reshape(Mh * Mw, -1)
    return (dr * (2 * (Mw + halo) - 1 if stride is None else stride) + dc).reshape(Mh * Mw, -1)


def _of_the_large_window(Mh: int, Mw: int, halo: int) -> Tensor:
    """The index of the grown window; its rows of the inner tokens."""
    h, w = Mh + 2 * halo, Mw + 2 * halo
    inside = torch.arange(h * w).view(h, w)[halo : halo + Mh, halo : halo + Mw].flatten()
    return _index_with_halo(h, w, 0)[inside]


def _key_minus_query(Mh: int, Mw: int, halo: int) -> Tensor:
    last = (2 * (Mh + halo) - 1) * (2 * (Mw + halo) - 1) - 1
    return last - _index_with_halo(Mh, Mw, halo)


index_with_halo = Exercise(
    name="index_with_halo",
    chapter="04",
    difficulty="medium",
    minutes=15,
    task="Queries are the tokens of a window of Mh x Mw; keys are those and `halo` more tokens on each of "
    "its four sides, row by row. The row of the smallest table that has one for each offset, by the rule of "
    "chapter 04: (Mh*Mw, (Mh + 2*halo) * (Mw + 2*halo)) int64.",
    reference=_index_with_halo,
    cases=lambda: [(2, 3, 1), (4, 3, 2), (5, 2, 1), (3, 4, 0)],
    draw=lambda generator: (*generator.sample((1, 3, 5, 6, 7), 2), generator.randint(1, 4)),
    mistakes={
        "stride_without_halo": Mistake(
            lambda Mh, Mw, halo: _twisted(Mh, Mw, halo, stride=2 * Mw - 1),
            "Your factor is that of a window without a halo. How many values has dc now?",
        ),
        "stride_of_rows": Mistake(
            lambda Mh, Mw, halo: _twisted(Mh, Mw, halo, stride=2 * (Mh + halo) - 1),
            "Your factor counts the values of dr. Which digit stands behind it?",
        ),
        "stride_of_key_places": Mistake(
            lambda Mh, Mw, halo: _twisted(Mh, Mw, halo, stride=Mw + 2 * halo),
            "Your factor counts the places of a key. How many offsets are there along that axis?",
        ),
        "of_the_large_window": Mistake(
            _of_the_large_window,
            "This is the index of the grown window. Which of its offsets does no query of yours have?",
        ),
        "halo_not_added": Mistake(
            lambda Mh, Mw, halo: _twisted(Mh, Mw, halo, first_key=0),
            "Your digits are too small, some below 0. Seen from the first query, where does the first key "
            "stand, and where the last?",
        ),
        "nothing_added": Mistake(
            lambda Mh, Mw, halo: _twisted(Mh, Mw, halo, added=(0, 0)),
            "About half of your numbers are negative. What is the smallest offset along each axis?",
        ),
        "key_minus_query": Mistake(
            _key_minus_query, "Every offset points the other way. Whose place is subtracted from whose?"
        ),
        "keys_first": Mistake(
            lambda Mh, Mw, halo: _index_with_halo(Mh, Mw, halo).T.contiguous(),
            "Which of the two axes is that of the queries?",
        ),
        "columns_first": Mistake(
            lambda Mh, Mw, halo: _twisted(Mh, Mw, halo, columns_first=True),
            "Which digit comes first, that of the rows or of the columns?",
        ),
        "halo_ignored": Mistake(
            lambda Mh, Mw, halo: _index_with_halo(Mh, Mw, 0),
            "This is the index without a halo. Where do the keys around the window come in?",
        ),
    },
    hints=(
        "Take one axis alone: Mw queries, and keys from `halo` places before the first to `halo` after the "
        "last. Draw it for Mw = 3 and halo = 1.",
        "On that axis, which offset is the smallest and which the largest? How many are there in all?",
        "What has to be added so that the smallest becomes 0? From there on, the two digits go together as "
        "they did without a halo.",
    ),
)
