"""Swin blocks small enough to follow one number through them: 8 channels, 2 heads, windows of 4 x 4 tokens.

Notebook 05's BlockExplorer computes with them in the browser; here they are real `SwinBlock`s with the same
fixed weights, and they can be taken apart in the same ways.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np
import torch
from einops import rearrange
from torch import Tensor
from torch.nn import functional as F

from swin_edu.model.block import SwinBlock
from swin_edu.model.patches import patchify
from swin_edu.visuals.photographs import PHOTOGRAPHS, photograph

CHANNELS, HEADS, WINDOW, HIDDEN = 8, 2, 4, 32
MOST_BLOCKS = 12
STEPS = 4096  # weights are whole multiples of 1 / STEPS, so that page and Python hold the very same numbers
# The parameters of a block in the order in which they travel, with their spread around 0 (norms: around 1).
LAYOUT = (
    ("norm1.weight", (CHANNELS,), 0.1),
    ("norm1.bias", (CHANNELS,), 0.05),
    ("attention.qkv.weight", (3 * CHANNELS, CHANNELS), 0.3),
    ("attention.qkv.bias", (3 * CHANNELS,), 0.05),
    ("attention.position.table", ((2 * WINDOW - 1) ** 2, HEADS), 0.5),
    ("attention.projection.weight", (CHANNELS, CHANNELS), 0.3),
    ("attention.projection.bias", (CHANNELS,), 0.2),
    ("norm2.weight", (CHANNELS,), 0.1),
    ("norm2.bias", (CHANNELS,), 0.05),
    ("mlp.expand.weight", (HIDDEN, CHANNELS), 0.25),
    ("mlp.expand.bias", (HIDDEN,), 0.1),
    ("mlp.contract.weight", (CHANNELS, HIDDEN), 0.13),
    ("mlp.contract.bias", (CHANNELS,), 0.2),
)
PIXELS = 96  # the longer side of a photograph that tokens are made of


@cache
def _steps(block: int) -> dict[str, np.ndarray]:
    """The weights of one block as whole numbers of 1 / STEPS."""
    draw = np.random.RandomState(100 + block)  # whose stream is the same in all versions of NumPy
    weights = {}
    for name, shape, spread in LAYOUT:
        centre = 1.0 if name.startswith("norm") and name.endswith("weight") else 0.0
        weights[name] = np.round(STEPS * (centre + spread * draw.standard_normal(shape))).astype("<i2")
    return weights


@cache
def weights_for_browser() -> str:
    """The weights of all blocks, one after another in the order of `LAYOUT`: int16 in base64.

    Example:
        >>> len(base64.b64decode(weights_for_browser())) // (2 * MOST_BLOCKS)  # parameters of a block
        970
    """
    parts = [_steps(block)[name].tobytes() for block in range(MOST_BLOCKS) for name, _, _ in LAYOUT]
    return base64.b64encode(b"".join(parts)).decode()


def tiny_block(number: int, shift: bool = True) -> SwinBlock:
    """One of the explorer's blocks, in float64.

    Args:
        number: from 0; odd ones are shifted.
        shift: False leaves every block plain.

    Raises:
        ValueError: for a number outside 0 ... 11.

    Example:
        >>> tiny_block(1)(torch.zeros(1, 9, 14, 8, dtype=torch.float64)).shape
        torch.Size([1, 9, 14, 8])
    """
    if not 0 <= number < MOST_BLOCKS:
        raise ValueError(f"there are blocks 0 ... {MOST_BLOCKS - 1}, got {number}")
    block = SwinBlock(CHANNELS, HEADS, WINDOW, shift=WINDOW // 2 if shift and number % 2 else 0)
    block.load_state_dict({name: torch.from_numpy(w / STEPS) for name, w in _steps(number).items()})
    return block.double().eval().requires_grad_(False)


# Shared by all that only computes with it.
shared_block = cache(tiny_block)


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute in one thread: for so few numbers, waking the others takes longer than the work.

    Example:
        >>> with one_thread():
        ...     torch.get_num_threads()
        1
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@cache
def embedding_matrix() -> np.ndarray:
    """From the 2 x 2 pixels of a patch to the 8 channels of a token: (8, 12), whole multiples of 1 / STEPS.

    Brightness, colours and edges, each stretched to a like size, then mixed so that each channel has a
    part of all.

    Example:
        >>> embedding_matrix().shape
        (8, 12)
    """
    grey, warm, green = np.array([[1, 1, 1], [1, 0, -1], [-0.5, 1, -0.5]]) / 4
    flat, across, down, checked = np.array([[1, 1, 1, 1], [-1, 1, -1, 1], [-1, -1, 1, 1], [1, -1, -1, 1]])
    features = [
        (6.0, flat, grey), (14.0, flat, warm), (24.0, flat, green), (12.0, across, grey),
        (12.0, down, grey), (24.0, checked, grey), (40.0, across, warm), (40.0, down, warm),
    ]  # fmt: skip
    rows = np.stack([size * np.outer(place, tint).ravel() / 1.5 for size, place, tint in features])
    mix = np.array([[1.0]])
    for _ in range(3):
        mix = np.block([[mix, mix], [mix, -mix]])  # Hadamard's matrix: a turn without stretching
    return np.round(STEPS * mix @ rows / 8**0.5) / STEPS


@cache
def pixels_for_browser() -> dict[str, dict[str, object]]:
    """Each photograph in few pixels: name -> {"data": base64 of (height, width, 3) uint8, "size", "focus"}.

    Example:
        >>> pixels_for_browser()["chelsea"]["size"]
        [64, 96]
    """
    found = {}
    for name, (_, focus) in PHOTOGRAPHS.items():
        few = _few_pixels(name)
        data = base64.b64encode(few.tobytes()).decode()
        found[name] = {"data": data, "size": list(few.shape[:2]), "focus": list(focus)}
    return found


@cache
def _few_pixels(name: str) -> np.ndarray:
    from PIL import Image  # here, because only the first explorer needs it

    picture = Image.fromarray(photograph(name))
    picture.thumbnail((PIXELS, PIXELS), Image.Resampling.BOX)
    return np.asarray(picture)


def tiny_tokens(height: int = 8, width: int = 8, image: str = "chelsea") -> Tensor:
    """A photograph as the explorer's tokens.

    Args:
        height, width: the token grid.
        image: one of `PHOTOGRAPHS`.

    Returns:
        (1, height, width, 8) float64.

    Example:
        >>> tiny_tokens(9, 14).shape
        torch.Size([1, 9, 14, 8])
    """
    few, (across, down) = _few_pixels(image), PHOTOGRAPHS[image][1]
    wide = min(few.shape[1], int(few.shape[0] * width / height + 0.5))
    tall = min(few.shape[0], int(wide * height / width + 0.5))
    left = int(min(max(across * few.shape[1] - wide / 2, 0), few.shape[1] - wide))
    top = int(min(max(down * few.shape[0] - tall / 2, 0), few.shape[0] - tall))
    part = torch.from_numpy(few[top : top + tall, left : left + wide].astype(np.float64))
    part = rearrange(part, "h w c -> 1 c h w") / 255 - 0.5
    patches = patchify(F.adaptive_avg_pool2d(part, (2 * height, 2 * width)), 2)
    return patches @ torch.from_numpy(embedding_matrix()).mT


def run_tiny_blocks(
    height: int = 8,
    width: int = 8,
    blocks: int = 4,
    *,
    norm_first: bool = True,
    residual: bool = True,
    shift: bool = True,
    image: str = "chelsea",
    tokens: Tensor | None = None,
) -> Tensor:
    """A photograph's tokens before the first and after each of the explorer's blocks.

    Args:
        height, width: the token grid.
        blocks: how many in a row, 1 to 12.
        norm_first: False puts the norm behind the sum, ``norm(z + branch(z))``.
        residual: False adds nothing to the branch, ``branch(norm(z))``.
        shift: False leaves every block plain.
        image: one of `PHOTOGRAPHS`.
        tokens: (1, H, W, 8) float64 to begin with, instead of a photograph.

    Returns:
        (blocks + 1, H, W, 8) float64.

    Paper: Section 3.2, equation (3).

    Example:
        >>> run_tiny_blocks(8, 12, blocks=2).shape
        torch.Size([3, 8, 12, 8])
    """
    z = tiny_tokens(height, width, image) if tokens is None else tokens
    history = [z]
    with one_thread():
        for number in range(blocks):
            block = shared_block(number, shift)
            for branch, norm in ((block.attend, block.norm1), (block.mlp, block.norm2)):
                added = branch(norm(z)) if norm_first else branch(z)
                z = z + added if residual else added
                z = z if norm_first else norm(z)
            history.append(z)
    return torch.cat(history)
