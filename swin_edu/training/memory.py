"""How much fits into a device's memory: the images of a data set, a batch of them on its way through.

The loop asks before it begins, and after it ran out of memory.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from swin_edu.training.forward import autocast

if TYPE_CHECKING:
    from swin_edu.training.loop import Training

# The rest is for the network, its gradients and what it keeps for them.
_PART_FOR_IMAGES = 0.25


def fits_on(device: torch.device, images: Tensor) -> bool:
    """Whether all images may live on a device.

    Args:
        device: where the network is.
        images: all of a data set.

    Returns:
        True on the CPU, and where they take at most a quarter of what is free on the GPU.

    Example:
        >>> fits_on(torch.device("cpu"), torch.zeros(2, 3, 8, 8, dtype=torch.uint8))
        True
    """
    if device.type != "cuda":
        return device.type == "cpu"
    free, _ = torch.cuda.mem_get_info(device)
    return images.numel() * images.element_size() <= _PART_FOR_IMAGES * free


def largest_batch(training: "Training", images: int) -> int | None:
    """How many images at once can go through the network and back, found by halving.

    Args:
        training: the run that ran out of memory.
        images: too many.

    Returns:
        The largest half, quarter, ... that does; 0 where not even one image does. None where several
        processes train: what they do with their gradients cannot be tried alone.
    """
    if training.processes.count > 1:
        return None
    shape = training.train_set.images.shape[1:]
    while images := images // 2:
        training.model.zero_grad(set_to_none=True)
        if training.device.type == "cuda":
            torch.cuda.empty_cache()
        try:
            sample = torch.zeros(images, *shape, device=training.device)
            with autocast(training.device, training.precision):
                training.model(sample).float().sum().backward()
        except torch.OutOfMemoryError:
            continue
        return images
    return 0
