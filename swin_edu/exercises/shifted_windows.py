"""Exercises on the cyclic shift: masks in one dimension, masks for any window and shift, who hears whom.

They belong to notebook 03; paper, Section 3.2 and Figure 4.
"""

import random

import torch
from einops import rearrange
from torch import Tensor

from swin_edu.exercises.drawing import grid_of, unequal
from swin_edu.exercises.engine import Exercise, Mistake
from swin_edu.model.windows import shift_mask

ROWS_AND_COLUMNS = "Which of the two axes does each number belong to? Rows come first, always."


# ---- A: one dimension -------------------------------------------------------------------------------


def _mask_1d(length: int, M: int, s: int) -> Tensor:
    return shift_mask(1, length, (1, M), (0, s))


def _compare_1d(ids: Tensor, M: int) -> Tensor:
    ids = rearrange(ids, "(w m) -> w m", m=M)
    return ids[:, :, None] == ids[:, None, :]


def _bands(length: int, M: int, s: int) -> Tensor:
    position = torch.arange(length)
    return (position >= length - M).long() + (position >= length - s).long()


def _draw_1d(generator: random.Random) -> tuple[int, int, int]:
    M = generator.randint(3, 7)
    return M * generator.randint(2, 6), M, generator.randint(1, M - 1)


mask_1d = Exercise(
    name="mask_1d",
    chapter="03",
    difficulty="easy",
    minutes=5,
    task="The mask for `length` tokens in one dimension, a multiple of M: (length / M, M, M) bool.",
    reference=_mask_1d,
    cases=lambda: [(12, 4, 1), (12, 4, 2), (10, 5, 3)],
    mistakes={
        "no_strangers": Mistake(
            lambda length, M, s: torch.ones(length // M, M, M, dtype=torch.bool),
            "You allow every pair. Who came round the edge in the last window?",
        ),
        "inverted": Mistake(
            lambda length, M, s: ~_mask_1d(length, M, s), "What does True mean in a mask of this course?"
        ),
        "first_window": Mistake(
            lambda length, M, s: _mask_1d(length, M, s).flip(0),
            "At which end of the rolled axis do the wrapped tokens stand?",
        ),
        "band_of_M_minus_s": Mistake(
            lambda length, M, s: _compare_1d(_bands(length, M, M - s), M),
            "How many tokens wrap around: s, or M - s?",
        ),
        "position_is_id": Mistake(
            lambda length, M, s: torch.eye(M, dtype=torch.bool).repeat(length // M, 1, 1),
            "In your mask each token sees only itself. When do two tokens have the same id?",
        ),
    },
    hints=("One axis, three bands, and no second digit.",),
    draw=_draw_1d,
)


# ---- B: any window, any shift -----------------------------------------------------------------------


def _mask_any(H: int, W: int, Mh: int, Mw: int, sh: int, sw: int) -> Tensor:
    return shift_mask(H, W, (Mh, Mw), (sh, sw))


def _compare(rows: Tensor, columns: Tensor, Mh: int, Mw: int, digit: int = 3) -> Tensor:
    ids = digit * rows[:, None] + columns[None, :]
    ids = rearrange(ids, "(nh mh) (nw mw) -> (nh nw) (mh mw)", mh=Mh, mw=Mw)
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
    task="The mask for windows of Mh x Mw shifted by sh rows and sw columns: (nW, Mh*Mw, Mh*Mw) bool.",
    reference=_mask_any,
    cases=lambda: [(8, 12, 2, 4, 1, 3), (6, 8, 3, 4, 2, 1), (4, 10, 2, 5, 1, 2)],
    mistakes={
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
            "Some different regions get one id. What must a digit be multiplied with?",
        ),
        "inverted": Mistake(
            lambda *arguments: ~_mask_any(*arguments), "What does True mean in a mask of this course?"
        ),
    },
    hints=(
        "Rows and columns each have their own length, window and shift.",
        "Only the last digit's place stays the same.",
    ),
    draw=_draw_any,
)


# ---- C: who hears? ----------------------------------------------------------------------------------


def _who_hears(
    H: int, W: int, M: int, k: int, row: int, column: int, shifts: tuple[int, int] | None = None
) -> Tensor:
    knows = torch.zeros(H, W, dtype=torch.bool)
    knows[row, column] = True
    for block in range(k):
        s = (shifts or (0, M // 2))[block % 2]
        window = 1000 * ((torch.arange(H) - s) // M)[:, None] + (torch.arange(W) - s) // M
        knows = torch.isin(window, window[knows])
    return knows


def _square(H: int, W: int, M: int, k: int, row: int, column: int) -> Tensor:
    rows, columns = (torch.arange(H) - row).abs(), (torch.arange(W) - column).abs()
    return (rows[:, None] <= k * M // 2) & (columns[None, :] <= k * M // 2)


def _draw_who(generator: random.Random) -> tuple[int, int, int, int, int, int]:
    M = generator.randint(2, 6)
    H, W = grid_of(generator, (M, M), most=6)
    return H, W, M, generator.randint(1, 5), generator.randrange(H), generator.randrange(W)


who_hears_after = Exercise(
    name="who_hears_after",
    chapter="03",
    difficulty="hard",
    minutes=15,
    task="(H, W) bool: whom token (row, column) can have had an effect on after k blocks, plain first.",
    reference=_who_hears,
    cases=lambda: [
        (8, 12, 4, 1, 2, 5),
        (8, 12, 4, 2, 2, 5),
        (32, 24, 4, 3, 14, 17),
        (12, 20, 4, 4, 1, 18),
        (12, 18, 6, 2, 5, 9),
        (10, 15, 5, 3, 4, 7),
    ],
    mistakes={
        "never_shifted": Mistake(
            lambda *a: _who_hears(*a, shifts=(0, 0)), "Where do the windows stand in the second block?"
        ),
        "always_shifted": Mistake(
            lambda H, W, M, *a: _who_hears(H, W, M, *a, shifts=(M // 2, M // 2)),
            "Is the first block shifted?",
        ),
        "shifted_first": Mistake(
            lambda H, W, M, *a: _who_hears(H, W, M, *a, shifts=(M // 2, 0)), "Is the first block shifted?"
        ),
        "square_around_the_token": Mistake(
            _square, "You grow a square around the token. Is a token always in the middle of its window?"
        ),
    },
    hints=(
        "Keep a bool grid of those who know.",
        "In each block, a token learns it if somebody in its window knows.",
        "The first block is plain.",
    ),
    draw=_draw_who,
)

EXERCISES = (mask_1d, mask_any, who_hears_after)
