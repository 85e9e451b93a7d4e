"""Exercises on patches: cutting without `rearrange`, joining patches of any shape, patches that overlap.

They belong to notebook 01; paper, Section 3.1 ("patch partition" and "linear embedding").
"""

import random
from collections.abc import Callable

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from swin_edu.exercises.drawing import grid_of, normal, unequal
from swin_edu.exercises.engine import Exercise, Mistake
from swin_edu.model.patches import patchify

Pattern = Callable[..., Tensor]
COUNT = (
    "How many whole kernels fit into the image? Write out an axis of 7 with a kernel of 4 and a stride of 2."
)


def _random(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# ---- A: cut without rearrange -----------------------------------------------------------------------


def _cut_by(pattern: str) -> Pattern:
    return lambda images, patch_size: rearrange(images, pattern, p=patch_size, q=patch_size)


def _no_permute(images: Tensor, patch_size: int) -> Tensor:
    batch, channels, height, width = images.shape
    rows, columns = height // patch_size, width // patch_size
    return images.reshape(batch, rows, columns, patch_size * patch_size * channels)


def _split_the_wrong_way(images: Tensor, patch_size: int) -> Tensor:
    """(p h) in place of (h p): each patch is picked from all over the image."""
    return rearrange(images, "b c (p h) (q w) -> b h w (p q c)", p=patch_size, q=patch_size)


def _draw_cut(generator: random.Random) -> tuple[Tensor, int]:
    patch_size = generator.randint(2, 5)
    grid = grid_of(generator, (patch_size, patch_size))
    return normal(generator, generator.randint(2, 4), generator.randint(2, 4), *grid), patch_size


cut_patches = Exercise(
    name="cut_patches",
    chapter="01",
    difficulty="easy",
    minutes=10,
    task="Cut images (B, c, H, W) into patches (B, H/p, W/p, p*p*c) with reshape and permute only.",
    reference=patchify,
    cases=lambda: [(_random(2, 3, 8, 12, seed=0), 4), (_random(3, 1, 6, 4, seed=1), 2)],
    mistakes={
        "no_permute": Mistake(
            _no_permute, "The shape is right, the content is not. What did `reshape` do to the order?"
        ),
        "channels_first": Mistake(
            _cut_by("b c (h p) (w q) -> b h w (c p q)"),
            "All reds come first in your patches. Which axis should change fastest?",
        ),
        "columns_before_rows": Mistake(
            _cut_by("b c (h p) (w q) -> b h w (q p c)"),
            "Inside each patch you go down the columns. Row comes before column.",
        ),
        "split_the_wrong_way": Mistake(
            _split_the_wrong_way,
            "Your patches take pixels from all over the image. After the split of H, which part comes first: "
            "the number of the patch, or the row in it?",
        ),
        "grid_transposed": Mistake(
            _cut_by("b c (h p) (w q) -> b w h (p q c)"), "Rows of patches come before columns of patches."
        ),
    },
    hints=(
        "Split H in two and W in two: six axes in all.",
        "Write the six names in a comment, then the order in which they have to stand.",
    ),
    draw=_draw_cut,
)


# ---- B: put the patches together --------------------------------------------------------------------


def _join_by(pattern: str) -> Pattern:
    def join(patches: Tensor, patch_height: int, patch_width: int) -> Tensor:
        return rearrange(patches, pattern, p=patch_height, q=patch_width)

    return join


def _join_without_permute(patches: Tensor, patch_height: int, patch_width: int) -> Tensor:
    batch, rows, columns, numbers = patches.shape
    channels = numbers // (patch_height * patch_width)
    return patches.reshape(batch, channels, rows * patch_height, columns * patch_width)


def _join_as_if_transposed(patches: Tensor, patch_height: int, patch_width: int) -> Tensor:
    """Height and width of a patch exchanged; the shape is wrong as well, unless the grid makes up for it."""
    pattern = "b h w (p q c) -> b c (h p) (w q)"
    return rearrange(patches, pattern, p=patch_width, q=patch_height)


def _draw_join(generator: random.Random) -> tuple[Tensor, int, int]:
    patch = unequal(generator, 2, 4)
    rows, columns = (length // side for length, side in zip(grid_of(generator, patch), patch, strict=True))
    channels = generator.randint(2, 4)
    return normal(generator, generator.randint(2, 4), rows, columns, patch[0] * patch[1] * channels), *patch


join_patches = Exercise(
    name="join_patches",
    chapter="01",
    difficulty="medium",
    minutes=10,
    task="Patches (B, rows, columns, patch_height*patch_width*c) back to images (B, c, H, W).",
    reference=_join_by("b h w (p q c) -> b c (h p) (w q)"),
    cases=lambda: [
        (_random(2, 3, 5, 24, seed=2), 2, 4),
        (_random(3, 4, 2, 18, seed=3), 3, 2),
        (_random(2, 2, 3, 30, seed=4), 2, 3),
    ],
    mistakes={
        "no_permute": Mistake(
            _join_without_permute, "The shape is right, the content is not. Which step of A is missing?"
        ),
        "channels_first": Mistake(
            _join_by("b h w (c p q) -> b c (h p) (w q)"),
            "You read the colours of a patch as its slowest axis. In what order did A write them?",
        ),
        "columns_before_rows": Mistake(
            _join_by("b h w (q p c) -> b c (h p) (w q)"),
            "Each patch is filled column by column. In what order did A write it?",
        ),
        "channels_last": Mistake(
            _join_by("b h w (p q c) -> b (h p) (w q) c"), "Where do images have their channels?"
        ),
        "rows_side_by_side": Mistake(
            _join_by("b h w (p q c) -> b c (p h) (q w)"),
            "Neighbouring pixels of a patch end up far apart. When you join two axes, which one is slower?",
        ),
        "patch_transposed": Mistake(
            _join_as_if_transposed,
            "Which of the two sizes belongs to the rows? Try patches that are not square.",
        ),
    },
    hints=(
        "Begin with a reshape to (B, rows, columns, patch_height, patch_width, c).",
        "Then say where each of the six axes belongs in the image.",
    ),
    draw=_draw_join,
)


# ---- C: patches that overlap ------------------------------------------------------------------------


def _tokens(images: Tensor, weight: Tensor, bias: Tensor, stride: tuple[int, int]) -> Tensor:
    return rearrange(F.conv2d(images, weight, bias, stride), "b c h w -> b h w c")


def _side_by_side(images: Tensor, weight: Tensor, bias: Tensor, stride: tuple[int, int]) -> Tensor:
    return _tokens(images, weight, bias, tuple(weight.shape[-2:]))


def _rounded_up(images: Tensor, weight: Tensor, bias: Tensor, stride: tuple[int, int]) -> Tensor:
    sides = zip(images.shape[-2:], weight.shape[-2:], stride, strict=True)
    bottom, right = (-(length - kernel) % step for length, kernel, step in sides)
    return _tokens(F.pad(images, (0, right, 0, bottom)), weight, bias, stride)


def _one_too_few(images: Tensor, weight: Tensor, bias: Tensor, stride: tuple[int, int]) -> Tensor:
    tokens = _tokens(images, weight, bias, stride)
    rows, columns = (
        (length - kernel) // step
        for length, kernel, step in zip(images.shape[-2:], weight.shape[-2:], stride, strict=True)
    )
    return tokens[:, :rows, :columns]


def _other_order(images: Tensor, weight: Tensor, bias: Tensor, stride: tuple[int, int]) -> Tensor:
    """Patches as (p q c), but the weight flattened as it lies in memory, (c p q)."""
    mixed = rearrange(weight, "d c p q -> d (c p q)")
    channels, (height, width) = weight.shape[1], weight.shape[-2:]
    mixed = rearrange(mixed, "d (p q c) -> d c p q", p=height, q=width, c=channels)
    return _tokens(images, mixed, bias, stride)


def _draw_overlapping(generator: random.Random) -> tuple[Tensor, Tensor, Tensor, tuple[int, int]]:
    kernel, stride = unequal(generator, 3, 5), unequal(generator, 1, 3)
    sides = unequal(generator, 8, 14)
    channels, dim = generator.randint(2, 3), generator.randint(4, 6)
    images = normal(generator, generator.randint(2, 3), channels, *sides)
    return images, normal(generator, dim, channels, *kernel), normal(generator, dim), stride


overlapping_tokens = Exercise(
    name="overlapping_tokens",
    chapter="01",
    difficulty="hard",
    minutes=20,
    task="A convolution of any kernel and stride as a matrix product: tokens (B, rows, columns, C).",
    reference=_tokens,
    cases=lambda: [
        (_random(2, 3, 9, 14, seed=4), _random(5, 3, 3, 4, seed=5), _random(5, seed=6), (2, 3)),
        (_random(2, 2, 7, 11, seed=7), _random(4, 2, 4, 3, seed=8), _random(4, seed=9), (1, 2)),
        (_random(3, 3, 8, 12, seed=10), _random(6, 3, 4, 4, seed=11), _random(6, seed=12), (4, 4)),
    ],
    mistakes={
        "order_of_the_weight": Mistake(
            _other_order, "Which weight meets which number? Compare the order of both (section 5)."
        ),
        "no_bias": Mistake(
            lambda images, weight, bias, stride: _tokens(images, weight, bias * 0, stride),
            "Every channel is off by the same number everywhere. What comes after the matrix product?",
        ),
        "channels_first": Mistake(
            lambda *arguments: rearrange(_tokens(*arguments), "b h w c -> b c h w"),
            "Where do tokens have their channels?",
        ),
        "side_by_side": Mistake(
            _side_by_side, "Your patches do not overlap. By how many pixels does the next one start later?"
        ),
        "strides_swapped": Mistake(
            lambda images, weight, bias, stride: _tokens(images, weight, bias, stride[::-1]),
            "Which of the two strides belongs to the rows?",
        ),
        "one_too_few": Mistake(_one_too_few, COUNT),
        "rounded_up": Mistake(_rounded_up, COUNT),
        "kernel_turned": Mistake(
            lambda images, weight, bias, stride: _tokens(images, weight.flip(-1, -2), bias, stride),
            "You turn the kernel round. PyTorch's convolution lays it on the image as it is.",
        ),
    },
    hints=(
        "Which image rows does the patch at row i cover? Make a table (rows, kernel height).",
        "The same for the columns; then index the image with both tables at once, with broadcasting.",
        "The last step is a matrix product with the weight in the order of your patches.",
    ),
    draw=_draw_overlapping,
)

EXERCISES = (cut_patches, join_patches, overlapping_tokens)
