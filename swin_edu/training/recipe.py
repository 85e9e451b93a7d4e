"""The pieces of the recipe: the network, how the learning rate moves, which device and precision.

Notebook 08 builds them; paper, Section 4.1.
"""

import math

import torch

import swin_edu.model as models
from swin_edu.model import SwinTransformer, load_checkpoint
from swin_edu.model.weight_files import CheckpointError
from swin_edu.training.errors import TrainingError
from swin_edu.training.pretrained import weights_file
from swin_edu.training.settings import TrainingSettings

PRESETS = ("swin_cifar", "swin_tiny", "swin_small", "swin_base", "swin_large")


def build_model(settings: TrainingSettings, num_classes: int) -> SwinTransformer:
    """The network that the settings name, with fresh weights or with those of a file.

    Args:
        settings: its ``model`` is a preset, its ``model_options`` change single settings of it.
        num_classes: length of the logits.

    Returns:
        The network, on the CPU.

    Raises:
        TrainingError: if there is no such preset, file or option, or the options do not fit together.

    Example:
        >>> build_model(TrainingSettings(), 10).config.num_classes
        10
    """
    if settings.weights:
        try:
            options = {"num_classes": num_classes, **settings.model_options}
            return load_checkpoint(weights_file(settings.weights), **options).train()
        except (CheckpointError, TypeError, OSError) as error:
            raise TrainingError(str(error)) from error
    if settings.model not in PRESETS:
        raise TrainingError(f"model must be one of {', '.join(PRESETS)}, got {settings.model!r}")
    try:
        return getattr(models, settings.model)(**{"num_classes": num_classes, **settings.model_options})
    except (TypeError, ValueError) as error:
        raise TrainingError(
            f"{settings.model} cannot be built with {settings.model_options}: {error}"
        ) from error


def learning_rate_at(step: int, total_steps: int, settings: TrainingSettings) -> float:
    """The learning rate of one step: a straight rise, then half a cosine down to zero.

    Args:
        step: counted from 0 over the whole run.
        total_steps: of the whole run.
        settings: the highest rate and the part of the steps in which it is reached.

    Returns:
        The rate, above 0.

    Example:
        >>> [round(learning_rate_at(step, 100, TrainingSettings()), 5) for step in (0, 9, 10, 55, 99)]
        [0.0001, 0.001, 0.001, 0.0005, 0.0]
    """
    warmup_steps = round(settings.warmup_fraction * total_steps)
    if step < warmup_steps:
        return settings.learning_rate * (step + 1) / warmup_steps
    progress = (step - warmup_steps) / max(total_steps - warmup_steps, 1)
    return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * progress))


def choose_device(name: str = "auto") -> torch.device:
    """The device to train on.

    Args:
        name: "auto" (a GPU if there is one, else the CPU), or a name that PyTorch knows.

    Returns:
        A device that is really there.

    Raises:
        TrainingError: if it is not there; says what is.

    Example:
        >>> choose_device("cpu")
        device(type='cpu')
    """
    there = ["cpu"]
    if torch.cuda.is_available():
        there.insert(0, "cuda")
    if torch.backends.mps.is_available():
        there.insert(0, "mps")
    if name == "auto":
        return torch.device(there[0])
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise TrainingError(f"PyTorch knows no device {name!r}; here are auto, {', '.join(there)}") from error
    if device.type not in there or (device.index or 0) >= max(torch.cuda.device_count(), 1):
        raise TrainingError(f"this machine has no device {name!r}; here are auto, {', '.join(there)}")
    return device


def choose_precision(name: str, device: torch.device) -> torch.dtype:
    """The number format of matrix products; weights and their updates stay in float32.

    Args:
        name: "auto", "float32" or "bfloat16".
        device: "auto" takes bfloat16 only on a GPU that computes in it.

    Returns:
        ``torch.float32`` or ``torch.bfloat16``.

    Example:
        >>> choose_precision("auto", torch.device("cpu"))
        torch.float32
    """
    if name == "auto":
        fast = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if fast else torch.float32
    return getattr(torch, name)
