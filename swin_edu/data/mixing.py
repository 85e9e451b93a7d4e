"""Mixup, CutMix and random erasing, image by image, for a whole batch at once.

Each image is mixed with its neighbour in the batch, 0 with 1, 2 with 3 and so on: the order of a batch is
random anyway, and pairs can be given to different processes without tearing any of them apart.
Mixup: Zhang et al. 2018. CutMix: Yun et al. 2019. Random erasing: Zhong et al. 2020. Swin's recipe has all
three (paper, Section 4.1).
"""

import math

import numpy as np
import torch
from torch import Tensor

from swin_edu.data.devices import send

# Random erasing as in its paper: part of the image, and height over width.
ERASED_AREA = 0.02, 1 / 3
ERASED_RATIO = 0.3, 1 / 0.3


def draw_mixing(
    count: int,
    size: tuple[int, int],
    mixup_alpha: float,
    cutmix_alpha: float,
    probability: float,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """How much of each image stays its own, and which rectangle does not.

    Args:
        count: images B.
        size: (H, W).
        mixup_alpha: of the Beta distribution from which Mixup's share comes; 0 for no Mixup.
        cutmix_alpha: of the Beta distribution from which CutMix's share comes; 0 for no CutMix. Where both
            are there, each image draws which of the two it gets.
        probability: that an image is mixed at all.
        generator: the source of randomness, on the CPU.

    Returns:
        share: (B,), float32; 1 where the image is not mixed or gets CutMix.
        box: (B, 4), int64: top, bottom, left, right of the rectangle that the neighbour gives; empty where
            there is none.

    Example:
        >>> generator = torch.Generator().manual_seed(0)
        >>> share, box = draw_mixing(4, (32, 32), 0.0, 1.0, 1.0, generator)
        >>> share.tolist(), box.shape
        ([1.0, 1.0, 1.0, 1.0], torch.Size([4, 4]))
    """
    # NumPy has a Beta distribution that takes a generator; PyTorch has none.
    random = np.random.default_rng(torch.randint(2**62, (1,), generator=generator).item())
    mixed = random.random(count) < probability
    cut_part = 0.5 if mixup_alpha and cutmix_alpha else float(bool(cutmix_alpha))
    cut = random.random(count) < cut_part
    shares = [
        random.beta(alpha, alpha, count) if alpha else np.ones(count) for alpha in (mixup_alpha, cutmix_alpha)
    ]
    share = np.where(mixed & ~cut, shares[0], 1.0)
    side = np.where(mixed & cut, np.sqrt(1 - shares[1]), 0.0)  # of the rectangle, in sides of the image
    box = _boxes(random, size, side, side)
    return torch.from_numpy(share).float(), torch.from_numpy(box)


def mix_with_neighbour(images: Tensor, targets: Tensor, share: Tensor, box: Tensor) -> tuple[Tensor, Tensor]:
    """Mix each image with its neighbour, and its target by the same measure.

    Args:
        images: (B, C, H, W), float. The last of an odd number is its own neighbour.
        targets: (B, num_classes), float, rows that sum to 1.
        share, box: from `draw_mixing`.

    Returns:
        Both, mixed; a target's own part is the mean over all pixels of how much of the pixel is its own, so
        that a rectangle cut off by the edge counts as what it covers.

    Example:
        >>> images, targets = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1).expand(2, 1, 2, 2), torch.eye(2)
        >>> box = torch.tensor([[0, 1, 0, 2], [0, 0, 0, 0]])
        >>> mixed, targets = mix_with_neighbour(images, targets, torch.ones(2), box)
        >>> mixed[0, 0].tolist(), targets.tolist()
        ([[1.0, 1.0], [0.0, 0.0]], [[0.5, 0.5], [0.0, 1.0]])
    """
    neighbour = _neighbours(len(images), images.device)
    box, share = send(box, images.device), send(share, images.device)
    own = share[:, None, None] * ~inside(box, *images.shape[2:])  # (B, H, W): of each pixel
    part = own.mean(dim=(1, 2))[:, None]
    own = own[:, None]
    return (
        own * images + (1 - own) * images[neighbour],
        part * targets + (1 - part) * targets[neighbour],
    )


def draw_erasing(count: int, size: tuple[int, int], probability: float, generator: torch.Generator) -> Tensor:
    """Which rectangle of each image is erased.

    Args:
        count: images B.
        size: (H, W).
        probability: that an image loses one.
        generator: the source of randomness, on the CPU.

    Returns:
        (B, 4), int64: top, bottom, left, right; empty where nothing is erased.

    Example:
        >>> draw_erasing(2, (32, 32), 0.0, torch.Generator().manual_seed(0)).shape
        torch.Size([2, 4])
    """
    random = np.random.default_rng(torch.randint(2**62, (1,), generator=generator).item())
    area = random.uniform(*ERASED_AREA, count) * (random.random(count) < probability)
    ratio = np.exp(random.uniform(*map(math.log, ERASED_RATIO), count))
    return torch.from_numpy(_boxes(random, size, np.sqrt(area * ratio), np.sqrt(area / ratio)))


def erase(images: Tensor, box: Tensor) -> Tensor:
    """Set a rectangle of each image to 0, which is the mean of normalised images.

    Args:
        images: (B, C, H, W), float, normalised.
        box: from `draw_erasing`.

    Returns:
        (B, C, H, W); a new tensor.

    Example:
        >>> erase(torch.ones(1, 1, 2, 2), torch.tensor([[0, 1, 0, 1]])).flatten().tolist()
        [0.0, 1.0, 1.0, 1.0]
    """
    return images.masked_fill(inside(send(box, images.device), *images.shape[2:])[:, None], 0.0)


def inside(box: Tensor, height: int, width: int) -> Tensor:
    """Which pixels lie in each rectangle.

    Args:
        box: (B, 4), int64: top, bottom, left, right, the ends not included.
        height, width: of the images.

    Returns:
        (B, H, W), bool.

    Example:
        >>> inside(torch.tensor([[0, 1, 1, 2]]), 2, 2).int().tolist()
        [[[0, 1], [0, 0]]]
    """
    top, bottom, left, right = box[:, :, None].unbind(dim=1)  # (B, 1) each
    row, column = torch.arange(height, device=box.device), torch.arange(width, device=box.device)
    rows, columns = (top <= row) & (row < bottom), (left <= column) & (column < right)
    return rows[:, :, None] & columns[:, None, :]


def _neighbours(count: int, device: torch.device) -> Tensor:
    """[1, 0, 3, 2, ...]; the last of an odd number stays where it is."""
    index = torch.arange(count, device=device)
    return torch.where(index ^ 1 < count, index ^ 1, index)


def _boxes(
    random: np.random.Generator, size: tuple[int, int], high: np.ndarray, wide: np.ndarray
) -> np.ndarray:
    """Rectangles around random centres, cut off at the edges: (B, 4); high and wide in sides of the image."""
    parts = []
    for side, part in zip(size, (high, wide), strict=True):
        centre, length = random.integers(0, side, len(part)), np.round(part * side).astype(np.int64)
        parts += [np.clip(centre - length // 2, 0, side), np.clip(centre - length // 2 + length, 0, side)]
    return np.stack(parts, axis=1)
