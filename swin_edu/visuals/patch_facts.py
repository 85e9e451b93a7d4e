"""What the PatchExplorer shows, in numbers: small photographs, one patch, its token, a sentence on it.

Notebook 01 plays with them; patches.js computes the same in the browser.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from swin_edu.model.patches import patchify
from swin_edu.visuals.photographs import PHOTOGRAPHS, photograph

HEIGHT, WIDTH = 120, 144  # not square, and only some patch sizes divide them
TOKEN_LENGTH = 96  # as in Swin-T
Pixels = Mapping[str, object]  # {"data": bytes, "height": int, "width": int}


@cache
def small_photographs() -> Mapping[str, Pixels]:
    """All photographs, cut around their point of interest and shrunk to 120 x 144 pixels.

    The browser gets each pixel's three bytes as they are, so that it shows exactly Python's numbers.

    Returns:
        name -> {"data": red, green, blue of each pixel, "height", "width"}.

    Example:
        >>> len(small_photographs()["coffee"]["data"]) == 120 * 144 * 3
        True
    """
    return {name: as_pixels(_cropped(name)) for name in PHOTOGRAPHS}


def as_pixels(pixels: np.ndarray, longest_side: int = WIDTH) -> Pixels:
    """A picture as the explorer sends it.

    Args:
        pixels: (height, width, 3) uint8.
        longest_side: shrink to this many pixels at most; never enlarge.

    Example:
        >>> as_pixels(np.zeros((300, 600, 3), dtype=np.uint8))["height"]
        72
    """
    picture = Image.fromarray(pixels)
    picture.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    return {"data": picture.tobytes(), "height": picture.height, "width": picture.width}


def _cropped(name: str) -> np.ndarray:
    pixels, focus = photograph(name), PHOTOGRAPHS[name][1]
    height, width = pixels.shape[:2]
    across = min(width, height * WIDTH / HEIGHT)
    down = across * HEIGHT / WIDTH
    left = min(max(focus[0] * width - across / 2, 0), width - across)
    top = min(max(focus[1] * height - down / 2, 0), height - down)
    box = (left, top, left + across, top + down)
    return np.asarray(
        Image.fromarray(pixels).resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS, box=box, reducing_gap=3)
    )


def embedding_matrix(patch_size: int) -> Tensor:
    """The matrix W of the explorer: as random as in an untrained network, but the same each time.

    Args:
        patch_size: side p of a patch in pixels.

    Returns:
        (96, p*p*3) float64 within ``1 / (p*p*3) ** 0.5``, the bound that PyTorch starts a convolution with.

    Example:
        >>> embedding_matrix(4).shape
        torch.Size([96, 48])
    """
    length = patch_size * patch_size * 3
    words = np.arange(TOKEN_LENGTH * length, dtype=np.uint32) + np.uint32(patch_size << 20)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):  # the mixing of MurmurHash3
        words = (words ^ (words >> np.uint32(shift))) * np.uint32(factor)
    words ^= words >> np.uint32(16)
    values = (words / 2**31 - 1) / length**0.5
    return torch.from_numpy(values.reshape(TOKEN_LENGTH, length))


@dataclass(frozen=True)
class PatchFacts:
    """One patch of one image, and what becomes of it.

    Args:
        pixels: the image.
        patch_size: side p of a patch.
        patch: (row, column) on the grid of patches.
        number: of the token, the one whose weights are on show.

    Example:
        >>> PatchFacts(small_photographs()["chelsea"], 7, (17, 20), 0).padding
        45
    """

    pixels: Pixels
    patch_size: int
    patch: tuple[int, int]
    number: int

    @property
    def grid(self) -> tuple[int, int]:
        """(rows, columns) of patches."""
        return -(-self.pixels["height"] // self.patch_size), -(-self.pixels["width"] // self.patch_size)

    @cached_property
    def images(self) -> Tensor:
        """(1, 3, H, W) float32, filled up with zeros at the bottom and right to whole patches."""
        height, width = self.pixels["height"], self.pixels["width"]
        array = np.frombuffer(self.pixels["data"], dtype=np.uint8).reshape(height, width, 3)
        images = torch.tensor(array.transpose(2, 0, 1)[None].copy()) / 255
        return F.pad(images, (0, -width % self.patch_size, 0, -height % self.patch_size))

    @cached_property
    def numbers(self) -> Tensor:
        """(p*p*3,) float32: the patch in the order of `patchify`."""
        return patchify(self.images, self.patch_size)[0, self.patch[0], self.patch[1]]

    @property
    def token(self) -> Tensor:
        """(96,) float64: the matrix times the numbers."""
        return embedding_matrix(self.patch_size) @ self.numbers.double()

    @property
    def padding(self) -> int:
        """How many of the patch's pixels are padding."""
        p, (row, column) = self.patch_size, self.patch
        down = min(p, self.pixels["height"] - row * p)
        return p * p - down * min(p, self.pixels["width"] - column * p)

    def sentence(self) -> str:
        """What is seen, in words, as the live view says it."""
        p, (row, column), (rows, columns) = self.patch_size, self.patch, self.grid
        filled = ""
        if self.padding:
            filled = (
                f" ({self.padding:,} of the pixels {'is' if self.padding == 1 else 'are'} padding, zeros)"
            )
        return (
            f"Patch ({row}, {column}) has {p} × {p} pixels of 3 colours: {p * p * 3:,} numbers{filled}. "
            f"The matrix makes {TOKEN_LENGTH} of them: a token. "
            f"The image is {rows} × {columns} = {rows * columns:,} tokens."
        )
