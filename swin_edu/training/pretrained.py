"""Trained networks that are ready to use: those that come with the course, and those of your own runs.

Notebook 09 fine-tunes them. A network alone does not say what its answers mean, nor what it wants to see: the
file also holds the names of the classes, and each channel's mean and deviation.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from swin_edu.data import normalise
from swin_edu.data.places import course_folder
from swin_edu.model import CheckpointError, SwinTransformer, load_checkpoint
from swin_edu.model.weight_files import read_weights


@dataclass(frozen=True, eq=False)
class Pretrained:
    """A network, and what is needed to ask it something. Made by `load_pretrained`.

    Args:
        model: in evaluation mode, on the CPU.
        class_names: what its logits stand for, in order; of the file, also where the head is a new one.
        mean, deviation: of each channel of the images that it was trained on, 0..1.
    """

    model: SwinTransformer = field(repr=False)
    class_names: list[str]
    mean: list[float]
    deviation: list[float]

    @torch.no_grad()
    def predict(self, images: Tensor, batch_size: int = 250) -> Tensor:
        """What the network says about images as they come from a data set.

        Args:
            images: (B, 3, H, W), uint8, on the network's device.
            batch_size: images at a time.

        Returns:
            Logits, (B, num_classes).

        Example:
            >>> load_pretrained("swin_shapes").predict(torch.zeros(2, 3, 32, 32, dtype=torch.uint8)).shape
            torch.Size([2, 10])
        """
        was_training = self.model.training
        self.model.eval()
        parts = [self.model(normalise(part, self.mean, self.deviation)) for part in images.split(batch_size)]
        self.model.train(was_training)
        return torch.cat(parts)


def load_pretrained(name: str | Path, **overrides: Any) -> Pretrained:
    """A network that was trained for this course, or by a run of yours.

    Args:
        name: ``swin_shapes`` (knows the built-in shapes) or ``swin_cifar10``, both for 32 x 32 pixels; their
            card is ``data/README.md``. Or the ``model.safetensors`` of a finished run.
        **overrides: as for `swin_edu.load_checkpoint`: ``num_classes`` for a new head, ``window_size``.

    Returns:
        The network with the names of its classes and what it expects of images.

    Raises:
        CheckpointError: (a ValueError) if there are no such weights, or they cannot be used; says why.

    Example:
        >>> load_pretrained("swin_shapes").class_names[8]
        'circle inside triangle'
    """
    file = Path(name) if Path(name).suffix == ".safetensors" else _of_the_course(str(name))
    _, metadata = read_weights(file)
    missing = [fact for fact in ("class_names", "mean", "deviation") if fact not in metadata]
    if missing:
        raise CheckpointError(
            f"{file} does not say its {', '.join(missing)}; swin-edu train writes them. "
            "For the network alone, use swin_edu.load_checkpoint"
        )
    class_names, mean, deviation = (
        json.loads(metadata[fact]) for fact in ("class_names", "mean", "deviation")
    )
    return Pretrained(load_checkpoint(file, **overrides), class_names, mean, deviation)


def _of_the_course(name: str) -> Path:
    folder = course_folder()
    if folder is None:
        raise CheckpointError(
            f"{name!r} is part of the course's repository, and only the package is installed here; clone the "
            "repository, or give the path of a .safetensors file"
        )
    files = {file.stem: file for file in sorted((folder / "data").glob("swin_*.safetensors"))}
    if name not in files:
        raise CheckpointError(
            f"no weights called {name!r} come with the course, there are {', '.join(files) or 'none'}; "
            "give the path of a .safetensors file for others"
        )
    return files[name]
