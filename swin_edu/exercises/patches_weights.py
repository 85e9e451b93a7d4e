"""Exercises on the weights of the patch embedding: with the normalisation folded in, and for larger patches.

They belong to notebook 01; the second is what lets one network take patches of several sizes.
"""

import random

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from swin_edu.exercises.drawing import normal, unequal
from swin_edu.exercises.engine import Exercise, Mistake

Size = tuple[int, int]
Weights = tuple[Tensor, Tensor]

# ---- Normalisation folded in ------------------------------------------------------------------------


def _fold_normalisation(weight: Tensor, bias: Tensor, patch: Size, mean: Tensor, std: Tensor) -> Weights:
    kernel = rearrange(weight, "d (p q c) -> d c p q", p=patch[0], q=patch[1]) / std[:, None, None]
    # (pixel - mean) / std * weight = pixel * kernel - mean * kernel; the second part knows no pixel.
    return kernel, bias - (kernel * mean[:, None, None]).sum(dim=(1, 2, 3))


def _as_it_lies(weight: Tensor, bias: Tensor, patch: Size, mean: Tensor, std: Tensor) -> Weights:
    kernel = weight.reshape(len(weight), -1, *patch) / std[:, None, None]
    return kernel, bias - (kernel * mean[:, None, None]).sum(dim=(1, 2, 3))


def _columns_first(weight: Tensor, bias: Tensor, patch: Size, mean: Tensor, std: Tensor) -> Weights:
    weight = rearrange(weight, "d (q p c) -> d (p q c)", p=patch[0], q=patch[1])
    return _fold_normalisation(weight, bias, patch, mean, std)


def _std_multiplied(weight: Tensor, bias: Tensor, patch: Size, mean: Tensor, std: Tensor) -> Weights:
    return _fold_normalisation(weight, bias, patch, mean, 1 / std)


def _mean_forgotten(weight: Tensor, bias: Tensor, patch: Size, mean: Tensor, std: Tensor) -> Weights:
    return _fold_normalisation(weight, bias, patch, mean * 0, std)


def _std_forgotten(weight: Tensor, bias: Tensor, patch: Size, mean: Tensor, std: Tensor) -> Weights:
    return _fold_normalisation(weight, bias, patch, mean, torch.ones_like(std))


def _mean_added(weight: Tensor, bias: Tensor, patch: Size, mean: Tensor, std: Tensor) -> Weights:
    return _fold_normalisation(weight, bias, patch, -mean, std)


def _mean_not_divided(weight: Tensor, bias: Tensor, patch: Size, mean: Tensor, std: Tensor) -> Weights:
    return _fold_normalisation(weight, bias, patch, mean * std, std)


def _mean_divided_twice(weight: Tensor, bias: Tensor, patch: Size, mean: Tensor, std: Tensor) -> Weights:
    return _fold_normalisation(weight, bias, patch, mean / std, std)


def _one_pixel_only(weight: Tensor, bias: Tensor, patch: Size, mean: Tensor, std: Tensor) -> Weights:
    return _fold_normalisation(weight, bias, patch, mean / (patch[0] * patch[1]), std)


def _embedding(
    generator: random.Random, dim: int, channels: int, patch: Size
) -> tuple[Tensor, Tensor, Size, Tensor, Tensor]:
    weight, bias = normal(generator, dim, patch[0] * patch[1] * channels), normal(generator, dim)
    mean, std = normal(generator, channels), normal(generator, channels).abs() + 0.3
    return weight, bias, patch, mean, std


def _draw_normalisation(generator: random.Random) -> tuple[Tensor, Tensor, Size, Tensor, Tensor]:
    patch = unequal(generator, 2, 5)
    return _embedding(generator, generator.randint(3, 6), generator.randint(2, 4), patch)


fold_normalisation = Exercise(
    name="fold_normalisation",
    chapter="01",
    difficulty="medium",
    minutes=15,
    task="A linear layer, weight (C, p*q*c) and bias (C,), takes patches as `patchify` lays them out, of "
    "images that were normalised, (image - mean) / std for each channel. Give weight (C, c, p, q) and bias "
    "(C,) of the strided convolution that makes the same tokens from the images as they are.",
    reference=_fold_normalisation,
    cases=lambda: [
        _embedding(random.Random(0), 5, 3, (2, 4)),
        _embedding(random.Random(1), 4, 3, (4, 2)),
        _embedding(random.Random(2), 6, 2, (3, 4)),
    ],
    mistakes={
        "order_of_memory": Mistake(
            _as_it_lies,
            "Your weight has the right shape, and each number the wrong pixel. In which order does "
            "`patchify` lay out a patch?",
        ),
        "columns_before_rows": Mistake(
            _columns_first, "You read the rows of the weight as columns. Which of p and q is slower?"
        ),
        "std_multiplied": Mistake(
            _std_multiplied, "A channel with a large std counts too much here. Was it multiplied or divided?"
        ),
        "std_forgotten": Mistake(
            _std_forgotten,
            "You take the mean away and leave the std. What happens to the weight of a channel?",
        ),
        "mean_forgotten": Mistake(
            _mean_forgotten, "The weight is right, the bias is the old one. What does a black image give now?"
        ),
        "mean_added": Mistake(
            _mean_added, "The bias moves by the right amount the wrong way. Which sign has the mean?"
        ),
        "mean_not_divided": Mistake(
            _mean_not_divided,
            "The weight is right; in the bias the mean stands alone. What else happens to it in the "
            "normalisation?",
        ),
        "mean_divided_twice": Mistake(
            _mean_divided_twice,
            "The weight is right; in the bias the mean was divided by the std once too often. "
            "Which weight did you multiply it with?",
        ),
        "one_pixel_only": Mistake(
            _one_pixel_only,
            "The bias moves by too little. How many pixels of a patch lose their mean?",
        ),
    },
    hints=(
        "Write out one number of a token: a sum over rows, columns and channels, plus the bias.",
        "Put (pixel - mean) / std into that sum and take the bracket apart. Which part still holds a pixel?",
        "The part without a pixel is the same for every patch. Where can a convolution keep such a number?",
        "Bring the weight to the axes (C, c, p, q) first; then mean and std only need two more axes each.",
    ),
    draw=_draw_normalisation,
)


# ---- The same tokens from larger patches ------------------------------------------------------------


def _larger_patches(weight: Tensor, size: Size) -> Tensor:
    p, q = weight.shape[-2:]
    # What enlarging makes of each pixel alone: the columns of its matrix, (larger pixels, p * q).
    pixels = torch.eye(p * q, dtype=weight.dtype).view(p * q, 1, p, q)
    enlarge = F.interpolate(pixels, size, mode="bilinear").flatten(1).T
    # w' @ enlarge = w for each channel; among all such w', the pseudo-inverse gives the shortest.
    return (weight.flatten(2) @ torch.linalg.pinv(enlarge)).unflatten(-1, size)


def _enlarging(patch: Size, size: Size, **how: object) -> Tensor:
    """(size pixels, patch pixels): what `F.interpolate` does to a patch, as a matrix."""
    pixels = torch.eye(patch[0] * patch[1], dtype=torch.float64).view(-1, 1, *patch)
    return F.interpolate(pixels, size, **how).flatten(1).T


def _weight_enlarged(weight: Tensor, size: Size) -> Tensor:
    return F.interpolate(weight, size, mode="bilinear")


def _weight_enlarged_and_shared(weight: Tensor, size: Size) -> Tensor:
    share = weight.shape[-2] * weight.shape[-1] / (size[0] * size[1])
    return _weight_enlarged(weight, size) * share


def _inverse_of(**how: object) -> object:
    def larger_patches(weight: Tensor, size: Size) -> Tensor:
        enlarge = _enlarging(tuple(weight.shape[-2:]), size, **how)
        return (weight.flatten(2) @ torch.linalg.pinv(enlarge)).unflatten(-1, size)

    return larger_patches


def _zeros_around(weight: Tensor, size: Size) -> Tensor:
    return F.pad(weight, (0, size[1] - weight.shape[-1], 0, size[0] - weight.shape[-2]))


def _shrinking(weight: Tensor, size: Size) -> Tensor:
    """F.interpolate back to the small patch in place of the pseudo-inverse."""
    shrink = _enlarging(size, tuple(weight.shape[-2:]), mode="bilinear")
    return (weight.flatten(2) @ shrink).unflatten(-1, size)


def _draw_larger(generator: random.Random) -> tuple[Tensor, Size]:
    patch = unequal(generator, 2, 4)
    size = tuple(side + generator.randint(1, 3) for side in patch)
    channels = generator.randint(2, 3)
    return normal(generator, generator.randint(3, 5), channels, *patch, dtype=torch.float64), size


larger_patches = Exercise(
    name="larger_patches",
    chapter="01",
    difficulty="hard",
    minutes=30,
    task="weight (C, c, p, q) embeds patches of p x q pixels. Now each patch comes enlarged, by "
    "F.interpolate(..., size, mode='bilinear'). Give the weight (C, c, *size) that makes the same tokens of "
    "the enlarged patches, whatever is on them; of all such weights, the one with the smallest sum of "
    "squares.",
    reference=_larger_patches,
    cases=lambda: [
        (normal(random.Random(0), 4, 3, 2, 4, dtype=torch.float64), (3, 6)),
        (normal(random.Random(1), 5, 2, 4, 3, dtype=torch.float64), (5, 7)),
        (normal(random.Random(2), 3, 2, 3, 2, dtype=torch.float64), (6, 5)),
    ],
    mistakes={
        "weight_enlarged": Mistake(
            _weight_enlarged,
            "You enlarge the weight like a picture. Multiply it with an enlarged patch: is the sum still the "
            "same number?",
        ),
        "weight_enlarged_and_shared": Mistake(
            _weight_enlarged_and_shared,
            "You enlarge the weight and share it out: right for a grey patch. And for a patch with an edge?",
        ),
        "weight_shrunk_back": Mistake(
            _shrinking,
            "You shrink the patch back by interpolation. Does enlarging and then shrinking give the same "
            "patch?",
        ),
        "zeros_around": Mistake(
            _zeros_around,
            "You put zeros around the old weight. Which pixels of the enlarged patch does it meet then?",
        ),
        "nearest": Mistake(
            _inverse_of(mode="nearest"),
            "The way is right, for another enlargement: here, pixels are copied. Which mode does the task "
            "name?",
        ),
        "corners_aligned": Mistake(
            _inverse_of(mode="bilinear", align_corners=True),
            "The way is right, for another enlargement. What is `align_corners` unless you set it?",
        ),
    },
    hints=(
        "Enlarging is linear: there is a matrix that turns the p*q pixels of a patch into the larger ones. "
        "What are its columns?",
        "Enlarge the patches that have a single 1: that gives the matrix E, (larger pixels, p*q).",
        "Same tokens for every patch x: w' @ (E @ x) = w @ x. Which equation is left when x goes?",
        "Fewer equations than unknowns, and the shortest solution: look up what torch.linalg.pinv promises.",
    ),
    draw=_draw_larger,
)
