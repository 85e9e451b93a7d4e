"""The exercise on reach: which tokens of the input can change one token of the output, through many blocks.

It belongs to notebook 05; chapter 03 asked the same in the other direction.
"""

import random
from collections.abc import Callable

import torch
from torch import Tensor

from swin_edu.exercises.drawing import unequal
from swin_edu.exercises.engine import Exercise, Mistake
from swin_edu.model.config import Pair

Blocks = list[tuple[Pair, Pair]]


def _seen_through_blocks(height: int, width: int, blocks: Blocks, row: int, column: int) -> Tensor:
    seen = [torch.arange(height) == row, torch.arange(width) == column]
    for window, shift in reversed(blocks):  # from the output back to the input
        for axis, (length, m, s) in enumerate(zip((height, width), window, shift, strict=True)):
            m, s = (length, 0) if length <= m else (m, s)
            number = (torch.arange(length) - s) // m
            seen[axis] = torch.isin(number, number[seen[axis]])
    return seen[0][:, None] & seen[1][None, :]


def _one_window_if_small(length: int, m: int, s: int) -> tuple[int, int]:
    return (length, 0) if length <= m else (m, s)


def _look_back(
    height: int,
    width: int,
    blocks: Blocks,
    row: int,
    column: int,
    *,
    fit: Callable[[int, int, int], tuple[int, int]] = _one_window_if_small,
    wraps: bool = False,
) -> Tensor:
    """The right answer, or one with a twist."""
    seen = [torch.arange(height) == row, torch.arange(width) == column]
    for window, shift in reversed(blocks):
        for axis, (length, m, s) in enumerate(zip((height, width), window, shift, strict=True)):
            m, s = fit(length, m, s)
            position = torch.arange(length) - s
            number = (position % length if wraps else position) // m
            seen[axis] = torch.isin(number, number[seen[axis]])
    return seen[0][:, None] & seen[1][None, :]


def _square_around(height: int, width: int, blocks: Blocks, row: int, column: int) -> Tensor:
    """A rectangle around the token that grows by half a window a block."""
    far = [sum(window[axis] for window, _ in blocks) / 2 for axis in (0, 1)]
    rows, columns = (torch.arange(height) - row).abs(), (torch.arange(width) - column).abs()
    return (rows[:, None] <= far[0]) & (columns[None, :] <= far[1])


def _draw_stack(generator: random.Random) -> tuple:
    sides = unequal(generator, 9, 18)
    blocks = []
    for _ in range(generator.randint(2, 3)):
        window = unequal(generator, 2, 7)
        blocks.append((window, tuple(generator.randrange(m) for m in window)))
    if generator.random() < 0.5:  # a first block with one window for all rows, although a shift is given
        blocks[0] = ((sides[0] + generator.randint(0, 3), 4), (generator.randint(3, 6), 1))
    return *sides, blocks, *(generator.randrange(side) for side in sides)


seen_through_blocks = Exercise(
    name="seen_through_blocks",
    chapter="05",
    difficulty="hard",
    minutes=20,
    task="(height, width) bool: which tokens can change the one at (row, column) after the blocks. `blocks` "
    "lists ((Mh, Mw), (sh, sw)), first block first; an axis no longer than its window is one window and not "
    "shifted.",
    reference=_seen_through_blocks,
    cases=lambda: [
        (9, 14, [((4, 4), (0, 0)), ((4, 4), (2, 2)), ((4, 4), (0, 0))], 4, 9),
        (8, 12, [((2, 4), (0, 0)), ((3, 5), (2, 1)), ((2, 4), (1, 3))], 5, 3),
        (6, 20, [((7, 7), (0, 0)), ((4, 6), (1, 3)), ((7, 7), (3, 3))], 2, 11),
        (5, 16, [((2, 4), (0, 0)), ((6, 4), (3, 2))], 1, 14),
        (12, 17, [((5, 7), (1, 2))], 5, 9),
    ],
    draw=_draw_stack,
    mistakes={
        "who_hears": Mistake(
            lambda h, w, blocks, r, c: _look_back(h, w, blocks[::-1], r, c),
            "This is who hears the token, not whom it sees. Which block did its output leave last?",
        ),
        "never_shifted": Mistake(
            lambda h, w, blocks, r, c: _look_back(h, w, [(m, (0, 0)) for m, _ in blocks], r, c),
            "All your windows begin at row 0 and column 0. Where do those of a shifted block begin?",
        ),
        "shift_swapped": Mistake(
            lambda h, w, blocks, r, c: _look_back(h, w, [(m, s[::-1]) for m, s in blocks], r, c),
            "Your rows move by the shift of the columns. Which number of a pair belongs to the rows?",
        ),
        "half_a_window": Mistake(
            lambda h, w, blocks, r, c: _look_back(
                h, w, [(m, (m[0] // 2 * (s[0] > 0), m[1] // 2 * (s[1] > 0))) for m, s in blocks], r, c
            ),
            "You shift by half a window. By how much does each of these blocks shift?",
        ),
        "shifted_the_other_way": Mistake(
            lambda h, w, blocks, r, c: _look_back(h, w, [(m, (-s[0], -s[1])) for m, s in blocks], r, c),
            "Your walls move the other way. Does floor((r - s) / M) move them up, or down?",
        ),
        "small_axis_shifted": Mistake(
            lambda *a: _look_back(*a, fit=lambda length, m, s: (m, s)),
            "You shift an axis that is no longer than the window. Into how many windows is it cut?",
        ),
        "wrapped": Mistake(
            lambda *a: _look_back(*a, wraps=True),
            "In your windows, tokens of opposite edges meet. What did the mask of chapter 03 say to that?",
        ),
        "last_block_only": Mistake(
            lambda h, w, blocks, r, c: _look_back(h, w, blocks[-1:], r, c),
            "This is what the last block alone lets it see. And those that it saw, what had they seen?",
        ),
        "square_around_the_token": Mistake(
            _square_around,
            "You grow a square around it. Is a token always in the middle of its window?",
        ),
    },
    hints=(
        "You ask about the output, so begin with the block that comes last.",
        "Rows and columns never mix: keep one bool vector for each.",
        "Number the windows along one axis. An axis no longer than the window is one window and is not "
        "shifted.",
        "In each block: the numbers of the windows in which a seen token stands, and then all tokens with "
        "one of these numbers (torch.isin).",
    ),
)
