"""Fresh random cases: sizes that differ from each other, and tensors, all from one given generator.

The `draw` of each exercise uses it; whoever knows the generator's seed gets the same cases again.
"""

import random

import torch
from torch import Tensor


def normal(
    generator: random.Random, *shape: int, dtype: torch.dtype = torch.float32, scale: float = 1.0
) -> Tensor:
    """Normally distributed numbers; PyTorch's own random state stays as it is.

    Args:
        generator: gives the seed.
        shape: of the tensor.
        dtype: of the tensor.
        scale: their standard deviation.

    Example:
        >>> one, other = (normal(random.Random(0), 2, 3) for _ in range(2))
        >>> torch.equal(one, other)
        True
    """
    own = torch.Generator().manual_seed(generator.randrange(2**31))
    return torch.randn(*shape, generator=own, dtype=dtype) * scale


def different(generator: random.Random, low: int, high: int, count: int = 2) -> tuple[int, ...]:
    """Whole numbers from low to high, both possible, no two alike: a square hides swapped axes.

    Args:
        generator: chooses them.
        low, high: the smallest and the largest.
        count: how many.

    Example:
        >>> len(set(different(random.Random(0), 2, 4, count=3)))
        3
    """
    return tuple(generator.sample(range(low, high + 1), count))


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
