"""Exercises on patch merging; here blocks of any size, and the way back.

Notebook 06 and assignment 4 set them; paper, Section 3.1, "patch merging".
"""

import random
from collections.abc import Callable

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from swin_edu.exercises.drawing import normal, unequal
from swin_edu.exercises.engine import Exercise, Mistake
from swin_edu.exercises.merging_probe import which_arrive
from swin_edu.exercises.merging_weights import weights_from_port
from swin_edu.model.merging import gather_neighbours

IN_COLUMNS = "b (h row) (w column) c -> b h w (column row c)"
IN_ROWS = "b (h row) (w column) c -> b h w (row column c)"
BY_CHANNEL = "b (h row) (w column) c -> b h w (c row column)"
QUARTERS = "b (row h) (column w) c -> b h w (column row c)"


def _tokens(*shape: int) -> Tensor:
    generator = torch.Generator().manual_seed(sum(shape))
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def _draw_tokens(generator: random.Random, smallest: int, largest: int) -> Tensor:
    sides = (2, 2)
    while not (sides[0] % 2 or sides[1] % 2):  # something has to be padded
        sides = unequal(generator, smallest, largest)
    return normal(generator, generator.randint(2, 4), *sides, generator.randint(2, 5), dtype=torch.float64)


# ---- blocks of any size -----------------------------------------------------------------------------


def _gather_blocks(tokens: Tensor, size: int) -> Tensor:
    height, width = tokens.shape[1:3]
    tokens = F.pad(tokens, (0, 0, 0, -width % size, 0, -height % size))
    pattern = "b (h row) (w column) c -> b h w (column row c)"
    return rearrange(tokens, pattern, row=size, column=size)


def _gather(tokens: Tensor, size: int, pattern: str = IN_COLUMNS) -> Tensor:
    height, width = tokens.shape[1:3]
    tokens = F.pad(tokens, (0, 0, 0, -width % size, 0, -height % size))
    return rearrange(tokens, pattern, row=size, column=size)


def _padded(tokens: Tensor, size: int, pads: Callable[[int, int], tuple[int, ...]]) -> Tensor:
    """Gathered after pads(height, width), as F.pad takes them for columns and then rows."""
    height, width = tokens.shape[1:3]
    return rearrange(F.pad(tokens, (0, 0, *pads(height, width))), IN_COLUMNS, row=size, column=size)


def _viewed(tokens: Tensor, size: int) -> Tensor:
    batch, height, width, channels = tokens.shape
    tokens = F.pad(tokens, (0, 0, 0, -width % size, 0, -height % size))
    return tokens.reshape(batch, -(-height // size), -(-width // size), size * size * channels)


def _cropped(tokens: Tensor, size: int) -> Tensor:
    height, width = (side // size * size for side in tokens.shape[1:3])
    return rearrange(tokens[:, :height, :width], IN_COLUMNS, row=size, column=size)


def _last_repeated(tokens: Tensor, size: int) -> Tensor:
    """The border is filled up with copies of the last row and column."""
    height, width = tokens.shape[1:3]
    rows = torch.arange(height + -height % size).clamp(max=height - 1)
    columns = torch.arange(width + -width % size).clamp(max=width - 1)
    return _gather(tokens[:, rows][:, :, columns], size)


gather_blocks = Exercise(
    name="gather_blocks",
    chapter="06",
    difficulty="easy",
    minutes=8,
    task="Lay the channels of each size x size block one after another, column by column; zeros fill up "
    "blocks at the bottom and right: (B, H, W, C) -> (B, ceil(H/size), ceil(W/size), size*size*C).",
    reference=_gather_blocks,
    cases=lambda: [
        (_tokens(2, 6, 8, 3), 2),
        (_tokens(2, 7, 8, 3), 2),
        (_tokens(2, 7, 11, 2), 3),
        (_tokens(3, 5, 2, 2), 4),
    ],
    draw=lambda generator: (_draw_tokens(generator, 3, 13), generator.randint(2, 5)),
    mistakes={
        "row_by_row": Mistake(
            lambda tokens, size: _gather(tokens, size, IN_ROWS),
            "You go along the rows. Which neighbour is second in the official order?",
        ),
        "channel_by_channel": Mistake(
            lambda tokens, size: _gather(tokens, size, BY_CHANNEL),
            "You take channel after channel, as nn.Unfold does. Do the numbers of one token stay together?",
        ),
        "quarters": Mistake(
            lambda tokens, size: _gather(tokens, size, QUARTERS),
            "Your tokens come from different parts of the picture. In (h row), which name runs fastest?",
        ),
        "view_without_permute": Mistake(
            _viewed, "A reshape alone takes tokens from one row only. Which axes have to change places?"
        ),
        "pads_swapped": Mistake(
            lambda tokens, size: _padded(tokens, size, lambda H, W: (0, -H % size, 0, -W % size)),
            "The sides do not fit any more. Which axis does F.pad start with: the first or the last?",
        ),
        "pads_at_top_and_left": Mistake(
            lambda tokens, size: _padded(tokens, size, lambda H, W: (-W % size, 0, -H % size, 0)),
            "Your zeros stand at the top and left. Which of the two numbers of F.pad is 'after'?",
        ),
        "rest_instead_of_what_is_missing": Mistake(
            lambda tokens, size: _padded(tokens, size, lambda H, W: (0, W % size, 0, H % size)),
            "H % size is what is left over. How many rows are missing to the next whole block?",
        ),
        "one_block_too_many": Mistake(
            lambda tokens, size: _padded(tokens, size, lambda H, W: (0, size - W % size, 0, size - H % size)),
            "A side that fits gets a whole block of zeros. What is size - H % size if nothing is left over?",
        ),
        "border_cut_off": Mistake(
            _cropped, "The last rows and columns are lost. What should happen with a block that is not full?"
        ),
        "border_repeated": Mistake(
            _last_repeated, "You fill blocks up with copies of the border. What does the task fill them with?"
        ),
    },
    hints=(
        "How many rows are missing for 7 rows and size 3? Check that your formula says 2, not 1.",
        "In Python, -7 % 3 is 2. F.pad begins with the last axis, and for each axis takes before and after.",
        "Then one rearrange: split H into (h row) and W into (w column). In which order do row, column and "
        "c stand together at the end?",
    ),
)

# ---- the way back -----------------------------------------------------------------------------------


def _split_neighbours(groups: Tensor, height: int, width: int) -> Tensor:
    pattern = "b h w (column row c) -> b (h row) (w column) c"
    return rearrange(groups, pattern, row=2, column=2)[:, :height, :width]


def _split(groups: Tensor, height: int, width: int, pattern: str = IN_COLUMNS) -> Tensor:
    before, after = pattern.split(" -> ")
    tokens = rearrange(groups, f"{after} -> {before}", row=2, column=2)
    return tokens[:, :height, :width]


def _unviewed(groups: Tensor, height: int, width: int) -> Tensor:
    batch, rows, columns, channels = groups.shape
    return groups.reshape(batch, 2 * rows, 2 * columns, channels // 4)[:, :height, :width]


def _split_late(groups: Tensor, height: int, width: int) -> Tensor:
    whole = _split(groups, 2 * groups.shape[1], 2 * groups.shape[2])
    return whole[:, whole.shape[1] - height :, whole.shape[2] - width :]


def _repeated(groups: Tensor, height: int, width: int) -> Tensor:
    """The first neighbour, four times."""
    first = groups[..., : groups.shape[-1] // 4]
    return first.repeat_interleave(2, 1).repeat_interleave(2, 2)[:, :height, :width]


def _draw_groups(generator: random.Random) -> tuple[Tensor, int, int]:
    tokens = _draw_tokens(generator, 3, 12)
    return gather_neighbours(tokens), *tokens.shape[1:3]


split_neighbours = Exercise(
    name="split_neighbours",
    chapter="06",
    difficulty="medium",
    minutes=10,
    task="Undo gather_neighbours: (B, ceil(height/2), ceil(width/2), 4C) -> (B, height, width, C), "
    "for odd height and width too.",
    reference=_split_neighbours,
    cases=lambda: [
        (gather_neighbours(_tokens(2, 6, 8, 3)), 6, 8),
        (gather_neighbours(_tokens(2, 7, 10, 3)), 7, 10),
        (gather_neighbours(_tokens(3, 4, 9, 2)), 4, 9),
        (gather_neighbours(_tokens(2, 5, 3, 1)), 5, 3),
    ],
    draw=_draw_groups,
    mistakes={
        "row_by_row": Mistake(
            lambda groups, H, W: _split(groups, H, W, IN_ROWS),
            "You lay the four out row by row. In which order were they gathered?",
        ),
        "channel_by_channel": Mistake(
            lambda groups, H, W: _split(groups, H, W, BY_CHANNEL),
            "You read channels as pixel_shuffle does. Do the numbers of one token stand together in a group?",
        ),
        "quarters": Mistake(
            lambda groups, H, W: _split(groups, H, W, QUARTERS),
            "Neighbours end up in different parts of the picture. In (h row), which name runs fastest?",
        ),
        "view_without_permute": Mistake(
            _unviewed, "A reshape alone keeps a group in one row. Which axes have to change places?"
        ),
        "padding_left_in": Mistake(
            lambda groups, H, W: _split(groups, H + 1, W + 1),
            "For odd sizes your answer is too large. Which tokens were never there?",
        ),
        "cut_at_top_and_left": Mistake(
            _split_late, "You cut at the top and left. Where did gather_neighbours put its zeros?"
        ),
        "cut_to_width_and_height": Mistake(
            lambda groups, H, W: _split(groups, W, H), "Which of the two sides is cut to `height`?"
        ),
        "first_neighbour_four_times": Mistake(
            _repeated, "All four tokens of a group get the same numbers. Where are the other three quarters?"
        ),
    },
    hints=(
        "Write down the pattern with which gather_neighbours works, and read it from right to left.",
        "In a group, which neighbour do the first C numbers belong to, and which the next C?",
        "What comes out is even on both sides. Which rows and columns of it were only padding?",
    ),
)

EXERCISES = (gather_blocks, split_neighbours, which_arrive, weights_from_port)
