"""The hard exercise on patches: patches that overlap, gathered by tables and multiplied by one matrix.

Notebook 01 sets it; the answer is what a convolution of any kernel and stride computes.
"""

import random

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from swin_edu.exercises.drawing import normal, unequal
from swin_edu.exercises.engine import Answer, Exercise, Mistake

Pair = tuple[int, int]
COUNT = "How many whole kernels fit on an axis of 7 with a kernel of 4 and a stride of 2?"


def _overlapping_tokens(images: Tensor, weight: Tensor, bias: Tensor, stride: Pair) -> Tensor:
    H, W = images.shape[-2:]
    kh, kw = weight.shape[-2:]
    # The image row that the patch at row i has as its row p: (rows, kh); the same for columns.
    rows = torch.arange(0, H - kh + 1, stride[0])[:, None] + torch.arange(kh)
    columns = torch.arange(0, W - kw + 1, stride[1])[:, None] + torch.arange(kw)
    patches = images[:, :, rows[:, None, :, None], columns[None, :, None, :]]  # (B, c, rows, columns, kh, kw)
    return patches.permute(0, 2, 3, 1, 4, 5).flatten(3) @ weight.flatten(1).T + bias


def _tokens(images: Tensor, weight: Tensor, bias: Tensor, stride: Pair) -> Tensor:
    return rearrange(F.conv2d(images, weight, bias, stride), "b c h w -> b h w c")


def _side_by_side(images: Tensor, weight: Tensor, bias: Tensor, stride: Pair) -> Tensor:
    return _tokens(images, weight, bias, tuple(weight.shape[-2:]))


def _rounded_up(images: Tensor, weight: Tensor, bias: Tensor, stride: Pair) -> Tensor:
    sides = zip(images.shape[-2:], weight.shape[-2:], stride, strict=True)
    bottom, right = (-(length - kernel) % step for length, kernel, step in sides)
    return _tokens(F.pad(images, (0, right, 0, bottom)), weight, bias, stride)


def _one_too_few(images: Tensor, weight: Tensor, bias: Tensor, stride: Pair) -> Tensor:
    sides = zip(images.shape[-2:], weight.shape[-2:], stride, strict=True)
    rows, columns = ((length - kernel) // step for length, kernel, step in sides)
    return _tokens(images, weight, bias, stride)[:, :rows, :columns]


def _weight_as(pattern: str) -> Answer:
    """Patches as (p q c), and the weight flattened in another order."""

    def overlapping_tokens(images: Tensor, weight: Tensor, bias: Tensor, stride: Pair) -> Tensor:
        channels, (height, width) = weight.shape[1], weight.shape[-2:]
        mixed = rearrange(weight, f"d c p q -> d ({pattern})")
        mixed = rearrange(mixed, "d (p q c) -> d c p q", p=height, q=width, c=channels)
        return _tokens(images, mixed, bias, stride)

    return overlapping_tokens


def _draw(generator: random.Random) -> tuple[Tensor, Tensor, Tensor, Pair]:
    kernel, stride = unequal(generator, 3, 5), unequal(generator, 1, 3)
    sides = unequal(generator, 8, 14)
    channels, dim = generator.randint(2, 3), generator.randint(4, 6)
    images = normal(generator, generator.randint(2, 3), channels, *sides)
    return images, normal(generator, dim, channels, *kernel), normal(generator, dim), stride


def _case(seed: int, images: tuple[int, ...], weight: tuple[int, ...], stride: Pair) -> tuple:
    numbers = random.Random(seed)
    return normal(numbers, *images), normal(numbers, *weight), normal(numbers, weight[0]), stride


overlapping_tokens = Exercise(
    name="overlapping_tokens",
    chapter="01",
    difficulty="hard",
    minutes=20,
    task="What F.conv2d(images, weight, bias, stride) computes, as one matrix product and without F.conv2d: "
    "images (B, c, H, W), weight (C, c, kh, kw), bias (C,), stride (rows, columns), no padding, to tokens "
    "(B, rows, columns, C).",
    reference=_overlapping_tokens,
    cases=lambda: [
        _case(0, (2, 3, 9, 14), (5, 3, 3, 4), (2, 3)),
        _case(1, (2, 2, 7, 11), (4, 2, 4, 3), (1, 2)),
        _case(2, (3, 3, 8, 12), (6, 3, 4, 4), (4, 4)),
    ],
    mistakes={
        "order_of_the_weight": Mistake(
            _weight_as("c p q"), "Which weight meets which number? Compare the order of both (section 5)."
        ),
        "weight_transposed": Mistake(
            _weight_as("q p c"),
            "The weight meets each patch lying on its side. Which of its axes belongs to the rows?",
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
        "one_too_few": Mistake(_one_too_few, f"Your last patch is missing. {COUNT}"),
        "rounded_up": Mistake(_rounded_up, f"Your last patch reaches past the image. {COUNT}"),
        "kernel_turned": Mistake(
            lambda images, weight, bias, stride: _tokens(images, weight.flip(-1, -2), bias, stride),
            "You turn the kernel round, as mathematicians do. Does PyTorch's convolution?",
        ),
    },
    hints=(
        "Which image rows does the patch at row i cover? Make a table (rows, kernel height).",
        "The same for the columns; then index the image with both tables at once, with broadcasting.",
        "The last step is a matrix product with the weight in the order of your patches.",
    ),
    draw=_draw,
)
