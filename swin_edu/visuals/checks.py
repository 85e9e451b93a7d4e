"""What an explorer's state may be: what cannot be shown is refused, with what was expected and what came.

All notebooks' explorers use these checks, when they are made and when a trait is set later.
"""

from collections.abc import Collection
from typing import Any

import numpy as np
import traitlets


class Value(traitlets.Any):
    """A trait that the explorer checks itself; never None, which traitlets lets past all checks.

    Example:
        >>> Value(4).default_value
        4
    """

    allow_none = False

    def validate(self, obj: Any, value: Any) -> Any:
        """Refuse None."""
        if value is None:
            raise traitlets.TraitError(f"{self.name} must have a value, got None")
        return value


def within(value: Any, low: int, high: int, name: str) -> int:
    """A whole number between two others.

    Args:
        value: what came.
        low, high: the smallest and the largest that is possible.
        name: what it is, for the message.

    Returns:
        The value.

    Raises:
        traitlets.TraitError: if it is no whole number, or outside.

    Example:
        >>> within(4, 1, 12, "window_size")
        4
    """
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise traitlets.TraitError(f"{name} must be {low} ... {high}, got {value!r}")
    return value


def one_of(value: Any, options: Collection[Any], name: str) -> Any:
    """One of a few values.

    Args:
        value: what came.
        options: what it may be.
        name: what it is, for the message.

    Returns:
        The value.

    Raises:
        traitlets.TraitError: for any other; the message lists the options.

    Example:
        >>> one_of("coffee", ["chelsea", "coffee"], "image")
        'coffee'
    """
    if value not in options:
        raise traitlets.TraitError(f"{name} must be one of {', '.join(map(str, options))}; got {value!r}")
    return value


def own_picture(pixels: Any) -> np.ndarray:
    """A picture that a reader brings along.

    Args:
        pixels: what came.

    Returns:
        (height, width, 3) uint8, at least one pixel.

    Raises:
        traitlets.TraitError: for anything else; names shape and dtype.

    Example:
        >>> own_picture(np.zeros((4, 6, 3), dtype=np.uint8)).shape
        (4, 6, 3)
    """
    pixels = np.asarray(pixels)
    if pixels.ndim != 3 or pixels.shape[-1] != 3 or pixels.dtype != np.uint8 or not pixels.size:
        raise traitlets.TraitError(
            f"image must be a name or a (height, width, 3) uint8 array, got {pixels.dtype} {pixels.shape}"
        )
    return pixels
