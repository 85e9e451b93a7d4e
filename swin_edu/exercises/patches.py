"""Exercises on patches: cutting without `rearrange`, and joining patches of any shape.

They belong to notebook 01; paper, Section 3.1 ("patch partition"). Three more are in the files beside it.
"""

import random
from collections.abc import Callable

import torch
from einops import rearrange
from torch import Tensor

from swin_edu.exercises.drawing import grid_of, normal, unequal
from swin_edu.exercises.engine import Exercise, Mistake
from swin_edu.exercises.patches_overlapping import overlapping_tokens
from swin_edu.exercises.patches_weights import fold_normalisation, larger_patches

Pattern = Callable[..., Tensor]


def _random(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# ---- A: cut without rearrange -----------------------------------------------------------------------


def _cut_patches(images: Tensor, patch_size: int) -> Tensor:
    (B, c, H, W), p = images.shape, patch_size
    axes = images.reshape(B, c, H // p, p, W // p, p)  # B, c, h, row, w, column
    return axes.permute(0, 2, 4, 3, 5, 1).reshape(B, H // p, W // p, p * p * c)


def _cut_by(pattern: str) -> Pattern:
    return lambda images, patch_size: rearrange(images, pattern, p=patch_size, q=patch_size)


def _no_permute(images: Tensor, patch_size: int) -> Tensor:
    batch, channels, height, width = images.shape
    rows, columns = height // patch_size, width // patch_size
    return images.reshape(batch, rows, columns, patch_size * patch_size * channels)


def _only_the_channels(images: Tensor, patch_size: int) -> Tensor:
    """Channels last, and then cut into runs of p*p pixels along the rows."""
    return _no_permute(images.permute(0, 2, 3, 1).reshape(images.shape), patch_size)


def _draw_cut(generator: random.Random) -> tuple[Tensor, int]:
    patch_size = generator.randint(2, 5)
    grid = grid_of(generator, (patch_size, patch_size))
    return normal(generator, generator.randint(2, 4), generator.randint(2, 4), *grid), patch_size


cut_patches = Exercise(
    name="cut_patches",
    chapter="01",
    difficulty="easy",
    minutes=10,
    task="Cut images (B, c, H, W) into patches (B, H/p, W/p, p*p*c) with reshape and permute only; in a "
    "patch, row before column before channel.",
    reference=_cut_patches,
    cases=lambda: [(_random(2, 3, 8, 12, seed=0), 4), (_random(3, 1, 6, 4, seed=1), 2)],
    mistakes={
        "no_permute": Mistake(
            _no_permute, "The shape is right, the content is not. What did `reshape` do to the order?"
        ),
        "only_the_channels_moved": Mistake(
            _only_the_channels,
            "The channels are where they belong; your patches are long and one row high. Which two axes have "
            "to change places as well?",
        ),
        "channels_first": Mistake(
            _cut_by("b c (h p) (w q) -> b h w (c p q)"),
            "All reds come first in your patches. Which axis should change fastest?",
        ),
        "columns_before_rows": Mistake(
            _cut_by("b c (h p) (w q) -> b h w (q p c)"),
            "Inside each patch you go down the columns. Which pixel should come second?",
        ),
        "split_the_wrong_way": Mistake(
            _cut_by("b c (p h) (q w) -> b h w (p q c)"),
            "Your patches take pixels from all over the image. After the split of H, which part comes first: "
            "the number of the patch, or the row in it?",
        ),
        "grid_transposed": Mistake(
            _cut_by("b c (h p) (w q) -> b w h (p q c)"),
            "The patches are right, and their grid lies on its side. Which axis of your answer counts the "
            "rows?",
        ),
    },
    hints=(
        "Split H in two and W in two: six axes in all.",
        "Write the six names in a comment, then the order in which they have to stand.",
        "reshape joins neighbours only: the three axes of one patch have to stand side by side, slowest "
        "first.",
        "First come B, the patch's row and the patch's column. Then, inside the patch: row, column, channel.",
    ),
    draw=_draw_cut,
)


# ---- B: put the patches together --------------------------------------------------------------------


def _join_patches(patches: Tensor, patch_height: int, patch_width: int) -> Tensor:
    B, h, w, numbers = patches.shape
    c = numbers // (patch_height * patch_width)
    axes = patches.reshape(B, h, w, patch_height, patch_width, c)
    return axes.permute(0, 5, 1, 3, 2, 4).reshape(B, c, h * patch_height, w * patch_width)


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
    return _join_patches(patches, patch_width, patch_height)


def _draw_join(generator: random.Random) -> tuple[Tensor, int, int]:
    patch, grid = unequal(generator, 2, 4), unequal(generator, 2, 5)
    numbers = patch[0] * patch[1] * generator.randint(2, 4)
    return normal(generator, generator.randint(2, 4), *grid, numbers), *patch


join_patches = Exercise(
    name="join_patches",
    chapter="01",
    difficulty="medium",
    minutes=10,
    task="Patches (B, rows, columns, patch_height*patch_width*c), laid out as in `patchify`, back to images "
    "(B, c, H, W).",
    reference=_join_patches,
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
        "grid_transposed": Mistake(
            _join_by("b w h (p q c) -> b c (h p) (w q)"),
            "The patches are whole, and the picture made of them lies on its side. What does the second axis "
            "of `patches` count?",
        ),
        "patch_transposed": Mistake(
            _join_as_if_transposed,
            "Which of the two sizes belongs to the rows? Try patches that are not square.",
        ),
    },
    hints=(
        "Begin with a reshape to (B, rows, columns, patch_height, patch_width, c).",
        "Then say where each of the six axes belongs in the image.",
        "An image row is counted by two of them: the row of patches, and the row in the patch. Which is "
        "slower?",
        "Before the last reshape, the order is B, then c, then the two of a row, then the two of a column.",
    ),
    draw=_draw_join,
)

EXERCISES = (cut_patches, join_patches, overlapping_tokens, fold_normalisation, larger_patches)
