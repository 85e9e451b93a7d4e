"""Sending tensors to the device where the images are."""

import torch
from torch import Tensor


def send(tensor: Tensor, device: torch.device) -> Tensor:
    """A tensor on another device; an NVIDIA GPU is not waited for.

    CUDA takes a copy of what is sent before it answers. Apple's GPUs do not: there a tensor that is no longer
    needed on the CPU might be overwritten before it is read, so they are waited for.

    Args:
        tensor: anywhere.
        device: where it is needed.

    Returns:
        The tensor itself if it is there already, else a copy.

    Example:
        >>> send(torch.ones(2), torch.device("meta")).device.type
        'meta'
    """
    return tensor.to(device, non_blocking=device.type == "cuda")
