"""TrivialAugment for a whole batch at once: each image gets one change, as strong as chance has it.

Müller and Hutter 2021, "TrivialAugment: tuning-free yet state-of-the-art data augmentation" (the wide space).
It takes the place of RandAugment in Swin's recipe (paper, Section 4.1), which has two numbers to tune.
Colours change as in Pillow, against which the tests compare.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from swin_edu.data.devices import send

# The change of one image is a number here; what it means stands in `trivial_augment`.
CHANGES = (
    *("identity", "shear_x", "shear_y", "translate_x", "translate_y", "rotate"),
    *("brightness", "saturation", "contrast", "sharpness"),
    *("posterize", "solarize", "autocontrast", "equalize"),
)
SHEAR, TRANSLATE, ROTATE, ENHANCE, BITS = 0.99, 32.0, 135.0, 0.99, 6
# Rec. 601, as in Pillow.
LUMA = 0.299, 0.587, 0.114


def draw_changes(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Which change each image gets, and how strong.

    Args:
        count: images B.
        generator: the source of randomness, on the CPU.

    Returns:
        change: (B,), int64, a place in `CHANGES`.
        strength: (B,), float32, from -1 to 1; where a change has no direction, the sign means nothing.

    Example:
        >>> change, strength = draw_changes(100, torch.Generator().manual_seed(0))
        >>> bool((change < len(CHANGES)).all()), bool((strength.abs() <= 1).all())
        (True, True)
    """
    change = torch.randint(len(CHANGES), (count,), generator=generator)
    return change, torch.rand(count, generator=generator) * 2 - 1


def trivial_augment(images: Tensor, change: Tensor, strength: Tensor) -> Tensor:
    """Change each image in its own way.

    Args:
        images: (B, 3, H, W), uint8, on any device.
        change, strength: (B,), on the CPU, as from `draw_changes`.

    Returns:
        (B, 3, H, W), uint8; a new tensor.

    Example:
        >>> grey = torch.full((1, 3, 4, 4), 100, dtype=torch.uint8)
        >>> brighter = trivial_augment(grey, torch.tensor([CHANGES.index("brightness")]), torch.tensor([0.5]))
        >>> int(brighter[0, 0, 0, 0])
        149
    """
    # Sorted and counted on the CPU, so that a GPU need not be waited for, and is sent two tensors only.
    order, counts = change.argsort(stable=True), change.bincount(minlength=len(CHANGES)).tolist()
    places = send(order, images.device).split(counts)
    strengths = send(strength[order], images.device)[:, None, None, None].split(counts)
    changed = images.clone()
    for name, chosen, how in zip(CHANGES, places, strengths, strict=True):
        if name != "identity" and len(chosen):
            result = _FUNCTIONS[name](images[chosen].float(), how)
            # Whole numbers as in Pillow, which cuts off what stands behind the point.
            changed[chosen] = result.clamp(0, 255).to(torch.uint8)
    return changed


def _move(
    entry: Callable[[Tensor, int, int], list[list[Tensor | float]]],
) -> Callable[[Tensor, Tensor], Tensor]:
    """A change of place, from the matrix that says where each pixel comes from, in pixels from the middle."""

    def change(images: Tensor, how: Tensor) -> Tensor:
        height, width = images.shape[2:]
        how = how.flatten()
        rows = [
            torch.stack(
                [value if isinstance(value, Tensor) else torch.full_like(how, value) for value in row], dim=-1
            )
            for row in entry(how, height, width)
        ]
        matrix = torch.stack(rows, dim=-2).to(images.dtype)
        # `affine_grid` measures each axis in halves of its side.
        half = send(torch.tensor([width / 2, height / 2, 1.0]), how.device)
        matrix = matrix * half / half[:2, None]
        grid = F.affine_grid(matrix, list(images.shape), align_corners=False)
        return F.grid_sample(images, grid, mode="nearest", align_corners=False)

    return change


def _turned(how: Tensor, height: int, width: int) -> list[list[Tensor | float]]:
    angle = how * math.radians(ROTATE)
    return [[angle.cos(), -angle.sin(), 0.0], [angle.sin(), angle.cos(), 0.0]]


def _blend(other: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """Away from, or towards, what an image is without the thing that is enhanced."""

    def change(images: Tensor, how: Tensor) -> Tensor:
        without = other(images)
        return without + (1 + ENHANCE * how) * (images - without)

    return change


def _grey(images: Tensor) -> Tensor:
    weights = send(torch.tensor(LUMA), images.device)[:, None, None]
    return (images * weights).sum(dim=1, keepdim=True).round().expand_as(images)


def _mean_grey(images: Tensor) -> Tensor:
    return (_grey(images).mean(dim=(1, 2, 3), keepdim=True) + 0.5).floor().expand_as(images)


def _smooth(images: Tensor) -> Tensor:
    """Pillow's SMOOTH, which leaves the border as it is."""
    kernel = send(torch.tensor([[1.0, 1, 1], [1, 5, 1], [1, 1, 1]]), images.device) / 13
    inner = F.conv2d(images.flatten(0, 1)[:, None], kernel[None, None])[:, 0].unflatten(0, images.shape[:2])
    smooth = images.clone()
    smooth[..., 1:-1, 1:-1] = (inner + 0.5).floor()
    return smooth


def _posterize(images: Tensor, how: Tensor) -> Tensor:
    """Keep 8 to 2 bits."""
    step = 2.0 ** (how.abs() * BITS).round()
    return (images / step).floor() * step


def _solarize(images: Tensor, how: Tensor) -> Tensor:
    """Turn what is bright round."""
    return torch.where(images < 255 * (1 - how.abs()), images, 255 - images)


def _autocontrast(images: Tensor, how: Tensor) -> Tensor:
    low, high = images.amin(dim=(2, 3), keepdim=True), images.amax(dim=(2, 3), keepdim=True)
    scale = 255 / (high - low).clamp(min=1)
    # A little more, so that a whole number that rounding brought just below itself is not cut off.
    return torch.where(high > low, (images - low) * scale + 1e-3, images)


def _equalize(images: Tensor, how: Tensor) -> Tensor:
    """As many pixels of each brightness as can be, channel by channel."""
    channels = images.flatten(0, 1).flatten(1).long()  # (B*3, H*W)
    counts = torch.zeros(len(channels), 256, device=images.device)
    counts.scatter_add_(1, channels, torch.ones_like(channels, dtype=counts.dtype))
    last = counts.gather(1, channels.amax(dim=1, keepdim=True))
    step = ((channels.shape[1] - last) / 255).floor()
    before = counts.cumsum(dim=1) - counts
    table = ((before + (step / 2).floor()) / step.clamp(min=1)).floor().clamp(max=255)
    table = torch.where(step > 0, table, torch.arange(256.0, device=images.device))
    return table.gather(1, channels).view_as(images)


_FUNCTIONS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "shear_x": _move(lambda how, h, w: [[1.0, SHEAR * how, 0.0], [0.0, 1.0, 0.0]]),
    "shear_y": _move(lambda how, h, w: [[1.0, 0.0, 0.0], [SHEAR * how, 1.0, 0.0]]),
    "translate_x": _move(lambda how, h, w: [[1.0, 0.0, min(TRANSLATE, w) * how], [0.0, 1.0, 0.0]]),
    "translate_y": _move(lambda how, h, w: [[1.0, 0.0, 0.0], [0.0, 1.0, min(TRANSLATE, h) * how]]),
    "rotate": _move(_turned),
    "brightness": _blend(torch.zeros_like),
    "saturation": _blend(_grey),
    "contrast": _blend(_mean_grey),
    "sharpness": _blend(_smooth),
    "posterize": _posterize,
    "solarize": _solarize,
    "autocontrast": _autocontrast,
    "equalize": _equalize,
}
