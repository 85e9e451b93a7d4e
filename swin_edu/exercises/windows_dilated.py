"""The exercise on dilated windows: a window takes every d-th token, so that it reaches further for no more.

It belongs to notebook 02; a window of 7 with a dilation of 8 spans 56 tokens.
"""

import math
import random

import torch
from einops import rearrange
from torch import Tensor

from swin_edu.exercises.drawing import normal, unequal
from swin_edu.exercises.engine import Answer, Exercise, Mistake

Pair = tuple[int, int]


def _by(pattern: str) -> Answer:
    def dilated_windows(tokens: Tensor, window: Pair, dilation: Pair) -> Tensor:
        (mh, mw), (dh, dw) = window, dilation
        return rearrange(tokens, pattern, mh=mh, mw=mw, dh=dh, dw=dw)

    return dilated_windows


def _dilated_windows(tokens: Tensor, window: Pair, dilation: Pair) -> Tensor:
    (mh, mw), (dh, dw) = window, dilation
    pattern = "b (nh mh dh) (nw mw dw) c -> (b nh dh nw dw) mh mw c"
    return rearrange(tokens, pattern, mh=mh, mw=mw, dh=dh, dw=dw)


def _rows_only(tokens: Tensor, window: Pair, dilation: Pair) -> Tensor:
    return _dilated_windows(tokens, window, (dilation[0], 1))


def _dilations_swapped(tokens: Tensor, window: Pair, dilation: Pair) -> Tensor:
    return _dilated_windows(tokens, window, dilation[::-1])


def _reshaped(tokens: Tensor, window: Pair, dilation: Pair) -> Tensor:
    return tokens.reshape(-1, *window, tokens.shape[-1])


def _numbered(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.arange(torch.Size(shape).numel()).view(shape).to(dtype)


def _draw(generator: random.Random) -> tuple[Tensor, Pair, Pair]:
    """Sides that fit swapped dilations as well: an error would be harder to recognise."""
    while True:
        window, dilation = unequal(generator, 2, 4), unequal(generator, 1, 3)
        height, width = (generator.randint(1, 2) * side * math.lcm(*dilation) for side in window)
        if height != width:
            shape = generator.randint(2, 3), height, width, generator.randint(2, 3)
            return normal(generator, *shape), window, dilation


dilated_windows = Exercise(
    name="dilated_windows",
    chapter="02",
    difficulty="medium",
    minutes=15,
    task="Cut tokens (B, H, W, C) into dilated windows (B*nW, Mh, Mw, C): a window takes every dh-th row and "
    "every dw-th column, Mh and Mw of them. H is a multiple of Mh*dh, W of Mw*dw. The windows of an image "
    "stand in the order of their first tokens, row by row; image after image.",
    reference=_dilated_windows,
    cases=lambda: [
        (_numbered(2, 8, 12, 3), (2, 3), (2, 2)),
        (_numbered(3, 12, 24, 1), (2, 4), (3, 1)),
        (_numbered(2, 36, 24, 2, dtype=torch.float64), (3, 2), (3, 4)),
        (_numbered(2, 12, 24, 2), (2, 2), (2, 3)),
    ],
    mistakes={
        "not_dilated": Mistake(
            _by("b (nh dh mh) (nw dw mw) c -> (b nh dh nw dw) mh mw c"),
            "Your windows take neighbours. How far apart are two rows of one window?",
        ),
        "across_the_whole_grid": Mistake(
            _by("b (mh nh dh) (mw nw dw) c -> (b nh dh nw dw) mh mw c"),
            "Your windows are spread over the whole grid, as far apart as it allows. How far should two rows "
            "of one window be apart?",
        ),
        "rows_only": Mistake(_rows_only, "The rows are dilated. What about the columns?"),
        "dilations_swapped": Mistake(
            _dilations_swapped, "Rows come before columns. Which axis does dilation[0] belong to?"
        ),
        "block_by_block": Mistake(
            _by("b (nh mh dh) (nw mw dw) c -> (b nh nw dh dw) mh mw c"),
            "Each window is right, in another order: you finish one block before the next. Which first token "
            "comes next along the row?",
        ),
        "first_rows_first": Mistake(
            _by("b (nh mh dh) (nw mw dw) c -> (b dh nh dw nw) mh mw c"),
            "Each window is right, in another order. Write down the first tokens of your windows 0, 1 and 2: "
            "do they go along the row?",
        ),
        "column_by_column": Mistake(
            _by("b (nh mh dh) (nw mw dw) c -> (b nw dw nh dh) mh mw c"),
            "Each window is right, but they go down the columns. Which one comes after window 0?",
        ),
        "images_interleaved": Mistake(
            _by("b (nh mh dh) (nw mw dw) c -> (nh dh nw dw b) mh mw c"),
            "Each window is right, but the images take turns. Whose windows should all come first?",
        ),
        "permute_forgotten": Mistake(
            _reshaped,
            "Your windows are runs of tokens in memory. What has to happen before the last reshape?",
        ),
    },
    hints=(
        "Do one axis alone: 12 rows, Mh = 2, dh = 3. Which rows make the first window, which the second?",
        "Row r has three numbers: the block of Mh*dh rows that it is in, its place in the window, and which "
        "of the dh windows of the block is its own. Which of the three changes fastest when r grows?",
        "So H is split in three and W in three: eight axes with B and C. Write the names in a comment.",
        "In what order do the first tokens of the windows come: by block or by start in the block? The axes "
        "of the windows have to stand in that order when you join them.",
    ),
    draw=_draw,
)
