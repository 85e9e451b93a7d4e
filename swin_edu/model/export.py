"""Hand a network to other runtimes: as a PyTorch program of one graph, or as an ONNX file.

Notebook 07 ends with it; the size of the images is fixed then, the number of images stays free.
"""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from swin_edu.model.swin import SwinTransformer


@cache
def free_batch() -> dict[str, dict[int, torch.export.Dim]]:
    """Says that the number of images stays free. Made when needed: it imports sympy, which takes a second.

    Example:
        >>> [axis.__name__ for axis in free_batch()["images"].values()]
        ['batch']
    """
    return {"images": {0: torch.export.Dim("batch")}}


def export_program(model: SwinTransformer, height: int, width: int) -> torch.export.ExportedProgram:
    """The network as one graph for images of one size, in batches of any size.

    Windows, masks and padding depend on the size of the images, so they become constants of the graph.

    Args:
        model: the network; it is exported as in evaluation mode and comes back as it was.
        height, width: the images in pixels; any size that the network takes.

    Returns:
        A program; ``program.module()(images)`` gives the logits.

    Raises:
        ValueError: for an image without pixels.

    Example:
        >>> from swin_edu import swin_cifar
        >>> export_program(swin_cifar(), 32, 32).module()(torch.zeros(5, 3, 32, 32)).shape
        torch.Size([5, 10])
    """
    if height < 1 or width < 1:
        raise ValueError(f"images need at least one pixel, got {height}x{width}")
    weight = model.patch_embedding.projection.weight
    shape = (2, model.config.in_channels, height, width)  # a sample batch of 1 would fix the batch at 1
    images = torch.zeros(shape, dtype=weight.dtype, device=weight.device)
    was_training = model.training
    try:
        with torch.no_grad():
            return torch.export.export(model.eval(), (images,), dynamic_shapes=free_batch())
    finally:
        model.train(was_training)


def export_onnx(model: SwinTransformer, path: str | Path, height: int, width: int) -> None:
    """Write the network as one ONNX file with input ``images`` and output ``logits``.

    Args:
        model: the network.
        path: where to; missing folders are made, and the file is complete or not there.
        height, width: the images in pixels; the number of images stays free.

    Raises:
        ImportError: if onnx or onnxscript is missing; says how to get them.
        ValueError: for an image without pixels.

    Example:
        >>> from swin_edu import swin_cifar
        >>> export_onnx(swin_cifar(), "swin.onnx", 32, 32)  # doctest: +SKIP
    """
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise ImportError(f"{error.name} is needed to write ONNX: pip install onnx onnxscript") from error
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        # ONNX has no fused attention of this kind: it gets the products and the softmax one by one.
        with sdpa_kernel(SDPBackend.MATH), torch.no_grad(), _quiet():
            torch.onnx.export(
                export_program(model, height, width),
                (),
                unfinished,
                dynamo=True,
                dynamic_shapes=free_batch(),  # only gives the axis its name here
                input_names=["images"],
                output_names=["logits"],
                external_data=False,
                verbose=False,
            )
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back what PyTorch's exporter says about packages and code that are not ours."""
    registration = logging.getLogger("torch.onnx._internal.exporter._registration")
    level = registration.level
    registration.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        registration.setLevel(level)
