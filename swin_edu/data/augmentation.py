"""Random crops and mirror images for a whole batch at once, on whatever device the batch lies.

Notebook 08 shows them; one indexing step does both, so augmentation costs almost nothing beside training.
What is random is drawn apart from what is done with it: so several processes can draw alike for a whole
batch, and each work on its own images of it.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from swin_edu.data.devices import send


def random_crop_and_flip(
    images: Tensor, padding: int = 4, flip: bool = True, generator: torch.Generator | None = None
) -> Tensor:
    """Shift each image by up to ``padding`` pixels in both directions and mirror half of them.

    The border that a shift brings in is black, as usual for CIFAR.

    Args:
        images: (B, C, H, W), any dtype.
        padding: the largest shift in pixels, 0 or more.
        flip: whether to mirror left and right, for each image with probability 1/2.
        generator: the source of randomness on the CPU, so that all devices draw the same.

    Returns:
        (B, C, H, W) of the same dtype; a new tensor.

    Raises:
        ValueError: if ``images`` has other than four axes or ``padding`` is negative.

    Example:
        >>> random_crop_and_flip(torch.zeros(2, 3, 8, 8)).shape
        torch.Size([2, 3, 8, 8])
    """
    if images.ndim != 4 or padding < 0:
        raise ValueError(
            f"expected images (B, C, H, W) and padding >= 0, got {tuple(images.shape)} and {padding}"
        )
    return crop_and_flip(images, *draw_crops(len(images), padding, flip, generator), padding=padding)


def draw_crops(
    count: int, padding: int, flip: bool, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """What `crop_and_flip` does to each image.

    Args:
        count: images B.
        padding: the largest shift in pixels.
        flip: whether half of them are mirrored.
        generator: the source of randomness, on the CPU.

    Returns:
        top, left: (B,), int64, 0 to 2 * padding: where in the padded image the crop begins.
        mirrored: (B,), bool.

    Example:
        >>> [part.shape for part in draw_crops(5, padding=4, flip=True)]
        [torch.Size([5]), torch.Size([5]), torch.Size([5])]
    """
    top, left = (torch.randint(0, 2 * padding + 1, (count,), generator=generator) for _ in range(2))
    mirrored = torch.rand(count, generator=generator) < 0.5
    return top, left, mirrored & flip


def crop_and_flip(images: Tensor, top: Tensor, left: Tensor, mirrored: Tensor, *, padding: int) -> Tensor:
    """Cut each image out of a black border, and mirror some.

    Args:
        images: (B, C, H, W), any dtype.
        top, left, mirrored: (B,) each, as from `draw_crops`.
        padding: width of the border in pixels.

    Returns:
        (B, C, H, W) of the same dtype; a new tensor.

    Example:
        >>> image = torch.arange(4).view(1, 1, 2, 2)
        >>> crop_and_flip(image, torch.tensor([0]), torch.tensor([1]), torch.tensor([True]), padding=1)
        tensor([[[[0, 0],
                  [1, 0]]]])
    """
    batch, channels, height, width = images.shape
    # A GPU is sent a few numbers an image.
    top, left, mirrored = (send(draw[:, None], images.device) for draw in (top, left, mirrored))
    rows = top + torch.arange(height, device=images.device)  # (B, H): of the padded image, for each crop
    columns = left + torch.arange(width, device=images.device)  # (B, W)
    columns = torch.where(mirrored, columns.flip(1), columns)

    padded = F.pad(images, (padding,) * 4)
    image = torch.arange(batch, device=images.device)[:, None, None, None]
    channel = torch.arange(channels, device=images.device)[None, :, None, None]
    return padded[image, channel, rows[:, None, :, None], columns[:, None, None, :]]


def normalise(images: Tensor, mean: Sequence[float], deviation: Sequence[float]) -> Tensor:
    """uint8 pixels to floats with mean 0 and standard deviation 1 in each channel.

    Args:
        images: (B, C, H, W), uint8.
        mean: C values on the scale 0..1, from `ImageDataset.channel_statistics`.
        deviation: C values above 0 on the same scale.

    Returns:
        (B, C, H, W) float32.

    Raises:
        ValueError: if the images are not uint8; they may be normalised already.

    Example:
        >>> normalise(torch.full((1, 1, 1, 1), 255, dtype=torch.uint8), [0.5], [0.25]).item()
        2.0
    """
    if images.dtype != torch.uint8:
        raise ValueError(f"expected uint8 images with values 0..255, got {images.dtype}")
    both = send(torch.tensor([list(mean), list(deviation)]), images.device)[:, :, None, None]
    return (images.float() / 255 - both[0]) / both[1]
