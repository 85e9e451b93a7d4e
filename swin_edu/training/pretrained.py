"""Trained networks that are ready to use: those that come with the course, and those of your own runs.

Notebook 09 fine-tunes them. A network alone does not say what its answers mean, nor what it wants to see: the
file also holds the names of the classes, and each channel's mean and deviation.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from swin_edu.data import normalise
from swin_edu.data.places import course_folder
from swin_edu.model import CheckpointError, SwinTransformer, load_checkpoint
from swin_edu.model.layouts import recognise_layout
from swin_edu.model.weight_files import read_weights

FACTS = ("class_names", "mean", "deviation")
# What the original code, timm, torchvision and transformers subtract and divide by for a Swin.
IMAGENET_MEAN, IMAGENET_DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


@dataclass(frozen=True, eq=False)
class Pretrained:
    """A network, and what is needed to ask it something. Made by `load_pretrained`.

    Args:
        model: in evaluation mode, on the CPU.
        class_names: what its logits stand for, in order; empty where the head is a new one.
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
        training = [module for module in self.model.modules() if module.training]
        self.model.eval()
        try:
            parts = images.split(batch_size)
            return torch.cat([self.model(normalise(part, self.mean, self.deviation)) for part in parts])
        finally:
            for module in training:  # one by one: some may have been in evaluation mode on purpose
                module.training = True


def load_pretrained(name: str | Path, **overrides: Any) -> Pretrained:
    """A network that was trained for this course, or by a run of yours.

    Args:
        name: ``swin_shapes`` (knows the built-in shapes) or ``swin_cifar10``, both for 32 x 32 pixels; their
            card is ``data/README.md``. Or the folder of a finished run, or its ``model.safetensors``.
        **overrides: as for `swin_edu.load_checkpoint`: ``num_classes`` for a new head, ``window_size``.

    Returns:
        The network with the names of its classes and what it expects of images.

    Raises:
        CheckpointError: (a ValueError) if there are no such weights, or they cannot be used; says why.

    Example:
        >>> load_pretrained("swin_shapes").class_names[8]
        'circle inside triangle'
    """
    file = weights_file(name)
    file = file / "model.safetensors" if isinstance(file, Path) and file.is_dir() else file
    if not (isinstance(file, Path) and file.is_file()):
        there = ", ".join(_of_the_course()) or "none, because only the package is installed"
        raise CheckpointError(
            f"cannot load {name}: there is no such file or finished run, and of the names that come with the "
            f"course there are {there}"
        )
    model, facts = load_checkpoint(file, **overrides), facts_of(file)
    if facts is None:
        raise CheckpointError(
            f"{file} does not say its {', '.join(FACTS)}; swin-edu train writes them. "
            "For the network alone, use swin_edu.load_checkpoint"
        )
    same_head = model.config.num_classes == len(facts["class_names"])
    return Pretrained(model, facts["class_names"] if same_head else [], facts["mean"], facts["deviation"])


def weights_file(name: str | Path) -> str | Path:
    """Where weights lie that the course brings; any other name stays as it is.

    Args:
        name: ``swin_cifar10``, a path, or a name on the hub.

    Returns:
        The file for a name of the course; a path for what exists; else the name.

    Example:
        >>> weights_file("swin_shapes").name, weights_file("timm/swin")
        ('swin_shapes.safetensors', 'timm/swin')
    """
    there = Path(name).expanduser()
    return there if there.exists() else _of_the_course().get(str(name), name)


def facts_of(file: str | Path) -> dict[str, Any] | None:
    """Class names, mean and deviation that stand beside the weights.

    Args:
        file: weights; what is no safetensors file of this machine has no facts.

    Returns:
        They, or None where one is missing.

    Raises:
        CheckpointError: if they are there and make no sense.

    Example:
        >>> sorted(facts_of(weights_file("swin_shapes")))
        ['class_names', 'deviation', 'mean']
    """
    path = Path(file)
    path = path / "model.safetensors" if path.is_dir() else path
    try:
        with safe_open(path, framework="pt") as opened:
            metadata: Mapping[str, str] = opened.metadata() or {}
    except (SafetensorError, OSError):
        return None
    if any(fact not in metadata for fact in FACTS):
        return None
    try:
        facts = {fact: json.loads(metadata[fact]) for fact in FACTS}
        sensible = all(isinstance(text, str) for text in facts["class_names"])
        sensible = sensible and all(
            len([float(x) for x in facts[name]]) == 3 for name in ("mean", "deviation")
        )
    except (ValueError, TypeError):
        sensible = False
    if not sensible:
        raise CheckpointError(
            f"{file}: its {', '.join(FACTS)} cannot be read; the file was changed or damaged"
        )
    return facts


def normalisation_of(weights: str | Path) -> tuple[list[float], list[float]] | None:
    """How images were normalised for the network that weights come from.

    Args:
        weights: as `TrainingSettings.weights` takes them.

    Returns:
        Each channel's mean and deviation, 0..1: those beside the weights if they are there, those of ImageNet
        for weights under another library's names, and None for ours that do not say.

    Raises:
        CheckpointError: if the file cannot be read.

    Example:
        >>> len(normalisation_of("swin_shapes")[0])
        3
    """
    file = weights_file(weights)
    facts = facts_of(file)
    if facts is not None:
        return facts["mean"], facts["deviation"]
    try:
        layout = recognise_layout(read_weights(file)[0])
    except CheckpointError as error:
        raise CheckpointError(f"cannot load {weights}: {error}") from error
    ours = layout is None or layout.title == "swin_edu"
    return None if ours else (IMAGENET_MEAN, IMAGENET_DEVIATION)


def _of_the_course() -> dict[str, Path]:
    folder = course_folder()
    files = sorted((folder / "data").glob("swin_*.safetensors")) if folder else []
    return {file.stem: file for file in files}
