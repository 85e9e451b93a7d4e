"""Exercises on patch merging: blocks of any size, the way back, and weights trained in another order.

They belong to notebook 06; paper, Section 3.1, "patch merging".
"""

import random
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from swin_edu.exercises.drawing import normal, unequal
from swin_edu.exercises.engine import Exercise, Mistake
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


# ---- A: blocks of any size --------------------------------------------------------------------------


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


gather_blocks = Exercise(
    name="gather_blocks",
    chapter="06",
    difficulty="easy",
    minutes=8,
    task="Lay the channels of each size x size block one after another, column by column; zeros fill up "
    "blocks at the bottom and right: (B, H, W, C) -> (B, ceil(H/size), ceil(W/size), size*size*C).",
    reference=_gather,
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
            "A side that is left over cannot be cut. How many zeros does it need, and where does F.pad "
            "start: at the first axis or at the last?",
        ),
        "pads_at_top_and_left": Mistake(
            lambda tokens, size: _padded(tokens, size, lambda H, W: (-W % size, 0, -H % size, 0)),
            "Your zeros stand at the top and left. Which of the two numbers of F.pad is 'after'?",
        ),
        "rest_instead_of_what_is_missing": Mistake(
            lambda tokens, size: _padded(tokens, size, lambda H, W: (0, W % size, 0, H % size)),
            "H % size is what is left over. How many rows are missing to the next whole block?",
        ),
        "border_cut_off": Mistake(
            _cropped, "The last rows and columns are lost. What should happen with a block that is not full?"
        ),
    },
    hints=(
        "How many rows are missing for 7 rows and size 3? Check that your formula says 2, not 1.",
        "In Python, -7 % 3 is 2.",
    ),
)


# ---- B: the way back --------------------------------------------------------------------------------


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
    reference=_split,
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
        "first_neighbour_four_times": Mistake(
            _repeated, "All four tokens of a group get the same numbers. Where are the other three quarters?"
        ),
    },
    hints=("The pattern, read from right to left.", "Then look at what was padded."),
)


# ---- C: weights from a stranger ---------------------------------------------------------------------


def unfold_order(tokens: Tensor) -> Tensor:
    """How an nn.Unfold port gathers: (B, H, W, C) -> (B, H/2, W/2, 4C), H and W even.

    Example:
        >>> unfold_order(torch.tensor([[1, 2], [3, 4]])[None, :, :, None]).flatten()
        tensor([1, 2, 3, 4])
    """
    maps = rearrange(tokens, "b h w c -> b c h w")
    columns = F.unfold(maps.double(), kernel_size=2, stride=2).to(tokens.dtype)
    return rearrange(columns, "b c (h w) -> b h w c", h=tokens.shape[1] // 2)


def row_order(tokens: Tensor) -> Tensor:
    """A port that goes row by row: (B, H, W, C) -> (B, H/2, W/2, 4C), H and W even.

    Example:
        >>> row_order(torch.tensor([[1, 2], [3, 4]])[None, :, :, None]).flatten()
        tensor([1, 2, 3, 4])
    """
    return rearrange(tokens, IN_ROWS, row=2, column=2)


def odd_order(tokens: Tensor) -> Tensor:
    """A port in an order that no library has: the Unfold order, cut and dealt like cards.

    Example:
        >>> odd_order(torch.tensor([[1, 2], [3, 4]])[None, :, :, None]).flatten()
        tensor([3, 1, 4, 2])
    """
    half = 2 * tokens.shape[-1]
    groups = unfold_order(tokens)
    return torch.stack([groups[..., half:], groups[..., :half]], dim=-1).flatten(-2)


@cache
def dealt_order(seed: int) -> Callable[[Tensor], Tensor]:
    """A port in any order at all, another one for each seed.

    Args:
        seed: of the permutation of the 4C numbers.

    Returns:
        Its `gather`; the same object for the same seed.

    Example:
        >>> dealt_order(3)(torch.zeros(2, 4, 6, 5)).shape
        torch.Size([2, 2, 3, 20])
    """

    def gather(tokens: Tensor) -> Tensor:
        groups = row_order(tokens)
        return groups[..., torch.randperm(groups.shape[-1], generator=torch.Generator().manual_seed(seed))]

    return gather


def _order_of(gather: Callable[[Tensor], Tensor], channels: int) -> Tensor:
    """Where each number of the port's groups stands in an official group: (4C,) integers."""
    numbers = torch.arange(channels, dtype=torch.float64)
    return gather(rearrange(numbers, "(column row c) -> 1 row column c", row=2, column=2)).flatten().long()


Weights = tuple[Tensor, Tensor, Tensor]


def _permuted(order: Tensor, norm_weight: Tensor, norm_bias: Tensor, reduction: Tensor) -> Weights:
    return norm_weight[order], norm_bias[order], reduction[:, order]


def _ported(gather: Any, norm_weight: Tensor, norm_bias: Tensor, reduction: Tensor) -> Weights:
    order = _order_of(gather, len(norm_weight))
    return _permuted(order.argsort(), norm_weight, norm_bias, reduction)


def _wrong_way(gather: Any, *weights: Tensor) -> Weights:
    return _permuted(_order_of(gather, len(weights[0])), *weights)


def _always_unfold(gather: Any, *weights: Tensor) -> Weights:
    return _permuted(_order_of(unfold_order, len(weights[0])).argsort(), *weights)


def _always_rows(gather: Any, *weights: Tensor) -> Weights:
    return _permuted(_order_of(row_order, len(weights[0])).argsort(), *weights)


def _norm_forgotten(gather: Any, norm_weight: Tensor, norm_bias: Tensor, reduction: Tensor) -> Weights:
    return norm_weight, norm_bias, _ported(gather, norm_weight, norm_bias, reduction)[2]


def _norm_bias_forgotten(gather: Any, norm_weight: Tensor, norm_bias: Tensor, reduction: Tensor) -> Weights:
    weight, _, columns = _ported(gather, norm_weight, norm_bias, reduction)
    return weight, norm_bias, columns


def _numbered_in_rows(gather: Any, *weights: Tensor) -> Weights:
    """The probe itself was filled row by row."""
    numbers = torch.arange(len(weights[0]), dtype=torch.float64)
    probe = rearrange(numbers, "(row column c) -> 1 row column c", row=2, column=2)
    return _permuted(gather(probe).flatten().long().argsort(), *weights)


def _trained_weights(channels: int) -> Weights:
    return _tokens(4 * channels), _tokens(4 * channels, 1)[:, 0], _tokens(2 * channels, 4 * channels)


def _draw_port(generator: random.Random) -> tuple:
    channels = generator.choice((2, 4, 6))
    gather, n = dealt_order(generator.randrange(2**31)), 4 * channels
    return gather, *(normal(generator, *shape, dtype=torch.float64) for shape in ((n,), (n,), (n // 2, n)))


weights_from_port = Exercise(
    name="weights_from_port",
    chapter="06",
    difficulty="hard",
    minutes=20,
    task="A port gathers 2 x 2 groups with `gather`, in an order of its own. From its norm weight (4C,), "
    "norm bias (4C,) and reduction (2C, 4C) make those of a PatchMerging that computes the same.",
    reference=_ported,
    cases=lambda: [
        (unfold_order, *_trained_weights(3)),
        (row_order, *_trained_weights(5)),
        (odd_order, *_trained_weights(3)),
    ],
    draw=_draw_port,
    mistakes={
        "wrong_direction": Mistake(
            _wrong_way,
            "The right permutation, the wrong way round. Does your index say where a number comes from, "
            "or where it goes?",
        ),
        "unchanged": Mistake(
            lambda gather, *weights: weights, "Nothing is permuted. Whose order are these weights in?"
        ),
        "norm_forgotten": Mistake(
            _norm_forgotten, "The matrix is right. What else has one number for each of the 4C channels?"
        ),
        "norm_bias_forgotten": Mistake(
            _norm_bias_forgotten, "Matrix and norm weight are right. What else has 4C numbers?"
        ),
        "always_unfold": Mistake(
            _always_unfold, "Right for Unfold. How do you find out the order of any other `gather`?"
        ),
        "always_row_by_row": Mistake(
            _always_rows, "Right for row order only. How do you find out the order of any other `gather`?"
        ),
        "probe_numbered_in_rows": Mistake(
            _numbered_in_rows,
            "In which order did you number the tokens that you sent through? It must be that of "
            "gather_neighbours.",
        ),
    },
    hints=(
        "You may run `gather` on tokens of your choice.",
        "A permutation has two directions: check yours on random numbers, with both norms set at random.",
    ),
)

EXERCISES = (gather_blocks, split_neighbours, weights_from_port)
