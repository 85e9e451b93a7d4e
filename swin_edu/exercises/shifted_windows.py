"""Exercises on the mask of shifted windows: in one dimension, and for any window and any shift.

They belong to notebook 03; paper, Section 3.2 and Figure 4. The others of the chapter are in files beside.
"""

import random

import torch
from einops import rearrange
from torch import Tensor

from swin_edu.exercises.bug_of_memory import mend_memory
from swin_edu.exercises.bug_of_padding import mend_padding
from swin_edu.exercises.drawing import grid_of, unequal
from swin_edu.exercises.engine import Answer, Exercise, Mistake
from swin_edu.exercises.hearing import who_hears_after
from swin_edu.exercises.masks_in_videos import video_mask

ROWS_AND_COLUMNS = "Which of the two axes does each number belong to?"
TRUE = "What does True mean in a mask of this course?"
BEFORE = "You compare the tokens where they stand before the roll. Who stands in the last window after it?"
TURNED = "Your regions are rolled, but the other way from the tokens. Where does token 0 land?"


# ---- A: one dimension -------------------------------------------------------------------------------


def _mask_1d(length: int, M: int, s: int) -> Tensor:
    position = torch.arange(length)
    # After the roll, the last window holds those that were always there, and the s that came round.
    ids = (position >= length - M).long() + (position >= length - s).long()
    ids = ids.view(length // M, M)
    return ids[:, :, None] == ids[:, None, :]


def _compare_1d(ids: Tensor, M: int) -> Tensor:
    ids = rearrange(ids, "(w m) -> w m", m=M)
    return ids[:, :, None] == ids[:, None, :]


def _bands(length: int, M: int, s: int) -> Tensor:
    position = torch.arange(length)
    return (position >= length - M).long() + (position >= length - s).long()


def _before_the_roll(length: int, M: int, s: int) -> Tensor:
    return _compare_1d((torch.arange(length) - s) // M, M)


def _turned_1d(length: int, M: int, s: int) -> Tensor:
    return _compare_1d(((torch.arange(length) - s) // M).roll(s), M)


def _draw_1d(generator: random.Random) -> tuple[int, int, int]:
    M = generator.randint(3, 7)
    return M * generator.randint(2, 6), M, generator.randint(1, M - 1)


mask_1d = Exercise(
    name="mask_1d",
    chapter="03",
    difficulty="easy",
    minutes=5,
    task="The mask for `length` tokens in one dimension, a multiple of M, in windows of M shifted by s "
    "(rolled by -s): (length / M, M, M) bool, True = may attend.",
    reference=_mask_1d,
    cases=lambda: [(12, 4, 1), (12, 4, 2), (10, 5, 3)],
    mistakes={
        "no_strangers": Mistake(
            lambda length, M, s: torch.ones(length // M, M, M, dtype=torch.bool),
            "You allow every pair. Who came round the edge in the last window?",
        ),
        "inverted": Mistake(lambda length, M, s: ~_mask_1d(length, M, s), TRUE),
        "first_window": Mistake(
            lambda length, M, s: _mask_1d(length, M, s).flip(0),
            "At which end of the rolled axis do the wrapped tokens stand?",
        ),
        "every_window": Mistake(
            lambda length, M, s: _mask_1d(length, M, s)[-1:].repeat(length // M, 1, 1),
            "All your windows are torn in two. Into how many of them does the roll bring strangers?",
        ),
        "band_of_M_minus_s": Mistake(
            lambda length, M, s: _compare_1d(_bands(length, M, M - s), M),
            "How many tokens wrap around: s, or M - s?",
        ),
        "half_a_window": Mistake(
            lambda length, M, s: _compare_1d(_bands(length, M, M // 2), M),
            "Your windows are shifted by half of M. Which argument did you not use?",
        ),
        "not_rolled": Mistake(
            _before_the_roll,
            BEFORE,
        ),
        "rolled_the_other_way": Mistake(_turned_1d, TURNED),
        "position_is_id": Mistake(
            lambda length, M, s: torch.eye(M, dtype=torch.bool).repeat(length // M, 1, 1),
            "In your mask each token sees only itself. When do two tokens have the same id?",
        ),
    },
    hints=(
        "One axis, three bands, and no second digit.",
        "Write down the tokens 0 ... 11 after a roll by -1, in windows of 4. Which window holds strangers?",
        "Number the places so that neighbours share a number. Then compare, inside each window, each with "
        "each.",
    ),
    draw=_draw_1d,
)


# ---- B: any window, any shift -----------------------------------------------------------------------


def _mask_any(H: int, W: int, Mh: int, Mw: int, sh: int, sw: int) -> Tensor:
    row, column = torch.arange(H), torch.arange(W)
    rows = (row >= H - Mh).long() + (row >= H - sh).long()
    columns = (column >= W - Mw).long() + (column >= W - sw).long()
    ids = 3 * rows[:, None] + columns[None, :]
    ids = rearrange(ids, "(nh mh) (nw mw) -> (nh nw) (mh mw)", mh=Mh, mw=Mw)
    return ids[:, :, None] == ids[:, None, :]


def _compare(rows: Tensor, columns: Tensor, Mh: int, Mw: int, digit: int = 3, order: str = "nh nw") -> Tensor:
    ids = digit * rows[:, None] + columns[None, :]
    ids = rearrange(ids, f"(nh mh) (nw mw) -> ({order}) (mh mw)", mh=Mh, mw=Mw)
    return ids[:, :, None] == ids[:, None, :]


def _by_definition(turn: int) -> Answer:
    """The numbers of the definition, rolled by -s (right) times `turn`."""

    def mask_any(H: int, W: int, Mh: int, Mw: int, sh: int, sw: int) -> Tensor:
        rows, columns = (torch.arange(H) - sh) // Mh, (torch.arange(W) - sw) // Mw
        return _compare(rows.roll(-turn * sh), columns.roll(-turn * sw), Mh, Mw, digit=1000)

    return mask_any


def _windows_by_reshape(H: int, W: int, Mh: int, Mw: int, sh: int, sw: int) -> Tensor:
    ids = (3 * _bands(H, Mh, sh)[:, None] + _bands(W, Mw, sw)[None, :]).reshape(-1, Mh * Mw)
    return ids[:, :, None] == ids[:, None, :]


def _draw_any(generator: random.Random) -> tuple[int, int, int, int, int, int]:
    """One shift may be 0."""
    window = unequal(generator, 2, 5)
    shift = tuple(generator.randrange(m) for m in window)
    while shift[0] == shift[1]:
        shift = tuple(generator.randrange(m) for m in window)
    return *grid_of(generator, window), *window, *shift


mask_any = Exercise(
    name="mask_any",
    chapter="03",
    difficulty="medium",
    minutes=10,
    task="The mask for H x W tokens in windows of Mh x Mw shifted by sh rows and sw columns, each less than "
    "its side: (nW, Mh*Mw, Mh*Mw) bool, True = may attend. H and W are multiples of Mh and Mw.",
    reference=_mask_any,
    cases=lambda: [(8, 12, 2, 4, 1, 3), (6, 8, 3, 4, 2, 1), (4, 10, 2, 5, 1, 2), (12, 6, 3, 2, 2, 0)],
    mistakes={
        "no_strangers": Mistake(
            lambda *arguments: torch.ones_like(_mask_any(*arguments)),
            "You allow every pair. Who came round the edge in the last row of windows?",
        ),
        "not_rolled": Mistake(_by_definition(0), BEFORE),
        "rolled_the_other_way": Mistake(_by_definition(-1), TURNED),
        "shifts_swapped": Mistake(
            lambda H, W, Mh, Mw, sh, sw: _compare(_bands(H, Mh, sw), _bands(W, Mw, sh), Mh, Mw),
            ROWS_AND_COLUMNS,
        ),
        "rows_only": Mistake(
            lambda H, W, Mh, Mw, sh, sw: _compare(_bands(H, Mh, sh), _bands(W, Mw, sw) * 0, Mh, Mw),
            "Only the rows make strangers in your mask. What about tokens from the left edge?",
        ),
        "columns_only": Mistake(
            lambda H, W, Mh, Mw, sh, sw: _compare(_bands(H, Mh, sh) * 0, _bands(W, Mw, sw), Mh, Mw),
            "Only the columns make strangers in your mask. What about tokens from the top edge?",
        ),
        "digits_added": Mistake(
            lambda H, W, Mh, Mw, sh, sw: _compare(_bands(H, Mh, sh), _bands(W, Mw, sw), Mh, Mw, digit=1),
            "Some different regions get one id. How do two digits make one number?",
        ),
        "band_of_M_minus_s": Mistake(
            lambda H, W, Mh, Mw, sh, sw: _compare(_bands(H, Mh, Mh - sh), _bands(W, Mw, Mw - sw), Mh, Mw),
            "How many rows wrap around: sh, or Mh - sh?",
        ),
        "half_a_window": Mistake(
            lambda H, W, Mh, Mw, sh, sw: _compare(_bands(H, Mh, Mh // 2), _bands(W, Mw, Mw // 2), Mh, Mw),
            "Your windows are shifted by half of their sides. Which arguments did you not use?",
        ),
        "windows_by_reshape": Mistake(
            _windows_by_reshape,
            "The ids are right, and your windows are runs of them in memory. How did chapter 02 cut a grid?",
        ),
        "window_column_by_column": Mistake(
            lambda H, W, Mh, Mw, sh, sw: _compare(
                _bands(H, Mh, sh), _bands(W, Mw, sw), Mh, Mw, order="nw nh"
            ),
            "Each mask is right, but for another window. Which neighbour of window 0 is window 1?",
        ),
        "inverted": Mistake(lambda *arguments: ~_mask_any(*arguments), TRUE),
    },
    hints=(
        "Rows and columns each have their own length, window and shift.",
        "Only the last digit's place stays the same.",
        "Bands of the rows and bands of the columns make an id for each place, (H, W). What is left is "
        "cutting and comparing.",
        "Cut the ids as chapter 02 cuts tokens: six axes become (windows, places in a window).",
    ),
    draw=_draw_any,
)

EXERCISES = (mask_1d, mask_any, mend_memory, who_hears_after, mend_padding, video_mask)
