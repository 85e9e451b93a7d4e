"""The exercise on finding a bug by a probe: a port of merging for volumes loses neighbours, and still runs.

It is set in assignment 4, for notebook 06: the same way of asking finds the order of a port's weights.
"""

import itertools
import random
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from swin_edu.exercises.engine import Exercise, Mistake

Place = tuple[int, int, int]
Gather = Callable[[Tensor], Tensor]
# (depth, row, column); in this order, depth runs fastest.
PLACES: tuple[Place, ...] = tuple(place[::-1] for place in itertools.product((0, 1), repeat=3))


def gather_places(tokens: Tensor, places: tuple[Place, ...], by_channel: bool = False) -> Tensor:
    """Lay these tokens of each 2 x 2 x 2 group one after another.

    Args:
        tokens: (B, D, H, W, C), D, H and W even.
        places: (depth, row, column) in the group, eight of them.
        by_channel: all first channels, then all second ones, and so on.

    Returns:
        (B, D/2, H/2, W/2, 8C).

    Example:
        >>> gather_places(torch.arange(8).view(1, 2, 2, 2, 1), PLACES).flatten()
        tensor([0, 4, 2, 6, 1, 5, 3, 7])
    """
    parts = [tokens[:, depth::2, row::2, column::2] for depth, row, column in places]
    return torch.stack(parts, dim=-1 if by_channel else -2).flatten(-2)


def gather_all(tokens: Tensor) -> Tensor:
    """A port without a fault.

    Example:
        >>> gather_all(torch.zeros(2, 4, 2, 6, 5)).shape
        torch.Size([2, 2, 1, 3, 40])
    """
    return gather_places(tokens, PLACES)


def gather_as_released(tokens: Tensor) -> Tensor:
    """The slices of a library for medical images as it was released: two stand there twice.

    Example:
        >>> gather_as_released(torch.arange(8).view(1, 2, 2, 2, 1)).flatten()
        tensor([0, 4, 2, 1, 5, 2, 1, 7])
    """
    x0 = tokens[:, 0::2, 0::2, 0::2]
    x1 = tokens[:, 1::2, 0::2, 0::2]
    x2 = tokens[:, 0::2, 1::2, 0::2]
    x3 = tokens[:, 0::2, 0::2, 1::2]
    x4 = tokens[:, 1::2, 0::2, 1::2]
    x5 = tokens[:, 0::2, 1::2, 0::2]
    x6 = tokens[:, 0::2, 0::2, 1::2]
    x7 = tokens[:, 1::2, 1::2, 1::2]
    return torch.cat([x0, x1, x2, x3, x4, x5, x6, x7], dim=-1)


@cache
def faulty_port(seed: int) -> Gather:
    """A port that loses one to five neighbours and takes others twice, in an order of its own.

    Args:
        seed: of its faults.

    Returns:
        Its `gather`; the same object for the same seed.

    Example:
        >>> faulty_port(3)(torch.zeros(2, 2, 4, 2, 1)).shape
        torch.Size([2, 1, 2, 1, 8])
    """
    generator = random.Random(seed)
    taken = generator.sample(PLACES, generator.randint(3, 7))
    places = [*taken, *generator.choices(taken, k=8 - len(taken))]
    generator.shuffle(places)
    by_channel = generator.random() < 0.5
    return lambda tokens: gather_places(tokens, tuple(places), by_channel)


def _which_arrive(gather: Gather) -> Tensor:
    numbers = torch.arange(8.0).view(1, 2, 2, 2, 1)  # another number for each of the eight
    return torch.isin(numbers, gather(numbers)).view(2, 2, 2)


def _how_often(gather: Gather) -> Tensor:
    """(2, 2, 2): how often each neighbour stands in a group."""
    arrived = gather(torch.arange(8.0).view(1, 2, 2, 2, 1)).flatten().long()
    return torch.bincount(arrived, minlength=8).view(2, 2, 2)


def _in_official_places(gather: Gather) -> Tensor:
    """Whether each place of a group holds the neighbour that stands there in the official order."""
    numbers = torch.arange(8.0).view(1, 2, 2, 2, 1)
    right = (gather(numbers) == gather_all(numbers)).view(2, 2, 2)  # [column, row, depth]
    return right.permute(2, 1, 0).contiguous()


def _numbered_from_zero(gather: Gather) -> Tensor:
    """One probe for each neighbour, filled with its number; the first one's number is 0."""
    probes = torch.diag(torch.arange(8.0)).view(8, 2, 2, 2, 1)
    return gather(probes).flatten(1).any(dim=1).view(2, 2, 2)


def _columns_alike(gather: Gather) -> Tensor:
    """Both columns got one number: both count if one arrives."""
    return _which_arrive(gather).any(dim=2, keepdim=True).expand(2, 2, 2).contiguous()


which_arrive = Exercise(
    name="which_arrive",
    chapter="06",
    difficulty="medium",
    minutes=12,
    task="Ports of merging to volumes gather 2 x 2 x 2 groups, (B, D, H, W, C) -> (B, D/2, H/2, W/2, 8C), in "
    "any order. One library took two of the eight neighbours twice and two never; the shapes were right, and "
    "it trained. Find such faults in any `gather`, by running it on tokens of your choice: (2, 2, 2) bool, "
    "[depth, row, column], True where that neighbour arrives.",
    reference=_which_arrive,
    cases=lambda: [(gather_as_released,), (faulty_port(1),), (faulty_port(2),), (gather_all,)],
    draw=lambda generator: (faulty_port(generator.randrange(2**31)),),
    mistakes={
        "all_arrive": Mistake(
            lambda gather: torch.ones(2, 2, 2, dtype=torch.bool),
            "You find no fault. If every token that you send is alike, what would a fault change?",
        ),
        "lost": Mistake(
            lambda gather: ~_which_arrive(gather), "You mark those that are lost. What does True stand for?"
        ),
        "only_once": Mistake(
            lambda gather: _how_often(gather) == 1,
            "A neighbour that comes twice is missing in your answer. Did it arrive?",
        ),
        "twice": Mistake(
            lambda gather: _how_often(gather) > 1,
            "You mark those that come more than once. What is asked about each of the eight?",
        ),
        "columns_first": Mistake(
            lambda gather: _which_arrive(gather).permute(2, 1, 0).contiguous(),
            "The axes of your answer stand the other way round. Which one is the depth?",
        ),
        "rows_and_columns_swapped": Mistake(
            lambda gather: _which_arrive(gather).transpose(1, 2).contiguous(),
            "The depth is right. Which of the other two axes of your answer is the row?",
        ),
        "order_taken_for_granted": Mistake(
            _in_official_places,
            "You look for each neighbour in its own place of the group. Does every port keep that order?",
        ),
        "numbered_from_zero": Mistake(
            _numbered_from_zero,
            "The first neighbour never arrives in your answer. Which number did you send it with, and how "
            "would you tell it from nothing?",
        ),
        "pairs_of_columns": Mistake(
            _columns_alike,
            "Where one of two columns arrives, you say that both do. Did you send the two with different "
            "numbers?",
        ),
    },
    hints=(
        "What comes out of `gather` if every token is 1? What can that tell you, and what not?",
        "Send one group through, one channel, in which no two tokens are alike.",
        "Whatever the order is, the numbers that arrive are all there in the output. Which of those that you "
        "sent are not (torch.isin)?",
    ),
)
