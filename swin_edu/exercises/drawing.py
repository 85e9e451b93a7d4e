"""Random numbers and sizes for drawn cases, from the one generator that `Exercise.draw` is given.

The exercises of all chapters use it; PyTorch's global random numbers stay as they are.
"""

import random

import torch
from torch import Tensor


def normal(generator: random.Random, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Normally distributed numbers.

    Args:
        generator: gives the seed.
        shape: of the tensor.
        dtype: of the tensor.

    Example:
        >>> normal(random.Random(3), 2, 5).equal(normal(random.Random(3), 2, 5))
        True
    """
    numbers = torch.Generator().manual_seed(generator.randrange(2**31))
    return torch.randn(shape, generator=numbers, dtype=dtype)


def unequal(generator: random.Random, smallest: int, largest: int, count: int = 2) -> tuple[int, ...]:
    """Sides of which no two are alike, so that swapped axes show.

    Args:
        generator: draws them.
        smallest, largest: the range, both ends included.
        count: how many.

    Example:
        >>> len(set(unequal(random.Random(3), 2, 4, count=3)))
        3
    """
    return tuple(generator.sample(range(smallest, largest + 1), count))


def grid_of(generator: random.Random, window: tuple[int, ...], most: int = 4) -> tuple[int, ...]:
    """A grid of 2 to `most` whole windows along each axis, no two axes alike.

    Args:
        generator: chooses it.
        window: its sides.
        most: windows along an axis.

    Raises:
        ValueError: if every such grid has two axes alike.

    Example:
        >>> height, width = grid_of(random.Random(0), (2, 4))
        >>> height % 2, width % 4, height == width
        (0, 0, False)
    """
    for _ in range(100):
        grid = tuple(side * generator.randint(2, most) for side in window)
        if len(set(grid)) == len(grid):
            return grid
    raise ValueError(f"no grid of windows {window} has axes that differ, with 2 to {most} windows each")
