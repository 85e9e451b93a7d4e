"""The exercise on weights from a stranger: a port merged in another order, and its weights shall serve here.

It belongs to notebook 06: ports with nn.Unfold, and all others that did not look at the order.
"""

import random
from collections.abc import Callable
from functools import cache

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from swin_edu.exercises.drawing import normal
from swin_edu.exercises.engine import Exercise, Mistake

Weights = tuple[Tensor, Tensor, Tensor]
Gather = Callable[[Tensor], Tensor]


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
    return rearrange(tokens, "b (h row) (w column) c -> b h w (row column c)", row=2, column=2)


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
def dealt_order(seed: int) -> Gather:
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


def _weights_from_port(gather: Gather, norm_weight: Tensor, norm_bias: Tensor, reduction: Tensor) -> Weights:
    # A probe: each number says where it stands in a group of gather_neighbours.
    numbers = torch.arange(len(norm_weight), dtype=torch.float64)
    probe = rearrange(numbers, "(column row c) -> 1 row column c", row=2, column=2)
    came_from = gather(probe).flatten().long()  # the port's place -> ours
    order = came_from.argsort()  # our place -> the port's
    return norm_weight[order], norm_bias[order], reduction[:, order]


def _order_of(gather: Gather, channels: int, pattern: str = "(column row c) -> 1 row column c") -> Tensor:
    """Where each number of the port's groups stands in an official group: (4C,) integers."""
    numbers = torch.arange(channels, dtype=torch.float64)
    return gather(rearrange(numbers, pattern, row=2, column=2)).flatten().long()


def _permuted(order: Tensor, norm_weight: Tensor, norm_bias: Tensor, reduction: Tensor) -> Weights:
    return norm_weight[order], norm_bias[order], reduction[:, order]


def _always(gather: Gather) -> Callable[..., Weights]:
    """The answer of whoever takes this order for granted."""
    return lambda _, *weights: _permuted(_order_of(gather, len(weights[0])).argsort(), *weights)


def _wrong_way(gather: Gather, *weights: Tensor) -> Weights:
    return _permuted(_order_of(gather, len(weights[0])), *weights)


def _only(*parts: int) -> Callable[..., Weights]:
    """Only some of the three are permuted."""

    def answer(gather: Gather, *weights: Tensor) -> Weights:
        right = _weights_from_port(gather, *weights)
        return tuple(right[i] if i in parts else weights[i] for i in range(3))

    return answer


def _numbered_in_rows(gather: Gather, *weights: Tensor) -> Weights:
    order = _order_of(gather, len(weights[0]), "(row column c) -> 1 row column c")
    return _permuted(order.argsort(), *weights)


def _whole_tokens(gather: Gather, *weights: Tensor) -> Weights:
    """The order of four tokens of one channel; their channels are taken to stay together."""
    channels = len(weights[0]) // 4
    order = _order_of(gather, 4)[:, None] * channels + torch.arange(channels)
    return _permuted(order.flatten().argsort(), *weights)


def _trained_weights(channels: int) -> Weights:
    def numbers(*shape: int) -> Tensor:
        generator = torch.Generator().manual_seed(sum(shape))
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    return numbers(4 * channels), numbers(4 * channels, 1)[:, 0], numbers(2 * channels, 4 * channels)


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
    reference=_weights_from_port,
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
            _only(2), "The matrix is right. What else has one number for each of the 4C channels?"
        ),
        "norm_bias_forgotten": Mistake(
            _only(0, 2), "Matrix and norm weight are right. What else has 4C numbers?"
        ),
        "matrix_forgotten": Mistake(
            _only(0, 1), "Both parts of the norm are right. Which axis of the matrix meets the 4C numbers?"
        ),
        "always_unfold": Mistake(
            _always(unfold_order),
            "Right for Unfold. How do you find out the order of any other `gather`?",
        ),
        "always_row_by_row": Mistake(
            _always(row_order),
            "Right for row order only. How do you find out the order of any other `gather`?",
        ),
        "whole_tokens": Mistake(
            _whole_tokens,
            "You ask for the order of whole tokens. Must a port keep the channels of one token together?",
        ),
        "probe_numbered_in_rows": Mistake(
            _numbered_in_rows,
            "You numbered the tokens that you sent through row by row. In which order does "
            "gather_neighbours take them?",
        ),
    },
    hints=(
        "You may run `gather` on tokens of your choice.",
        "One group of 2 x 2 tokens with C channels: number all 4C values in the order of gather_neighbours, "
        "and look where each comes out.",
        "A permutation has two directions (argsort turns one into the other). Check yours on random numbers: "
        "LayerNorm and matrix after `gather`, and yours after gather_neighbours. Are they equal?",
    ),
)
