"""The options of `swin-edu train`: one for each setting of `TrainingSettings`, with its default from there.

A setting without a line here has no option; a test asks that all but the network's own have one.
"""

import inspect
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["with_settings"]

WHAT, HOW, WHERE, TRYING = "What is trained", "How", "Where and on what", "For trying things out"
OPTIONS = {
    "data": (WHAT, "shapes (built in), cifar10, cifar100, a folder, or a name in SWIN_EDU_DATA."),
    "image_size": (WHAT, "Scale every image's largest centred square to this side, where sizes differ."),
    "model": (WHAT, "swin_cifar, swin_tiny, swin_small, swin_base, swin_large."),
    "classes": (WHAT, "A text file with one class a line: train on these alone, in this order."),
    "weights": (WHAT, "Begin with weights: a file, swin_cifar10, or a name on the hub; with their network."),
    "validation": (WHAT, "Hold out so many training images and test on them, not on the test split."),
    "epochs": (HOW, "Passes over the training images."),
    "batch_size": (HOW, "Images in one step, of all processes together."),
    "accumulate": (HOW, "Parts in which a batch goes through the network, where memory is short."),
    "optimizer": (HOW, "adamw, or muon for the blocks' matrices."),
    "learning_rate": (HOW, "The highest; reached after warm-up."),
    "warmup_fraction": (HOW, "Part of all steps in which the rate rises."),
    "weight_decay": (HOW, "On matrices only."),
    "label_smoothing": (HOW, "Part of the target given to all classes."),
    "clip_norm": (HOW, "Largest gradient norm."),
    "ema_decay": (HOW, "Test and keep a running mean of the weights, of which so much stays each step."),
    "crop_padding": (HOW, "Largest random shift in pixels; an eighth of the side if left out."),
    "flip": (HOW, "Mirror half of the images; if left out, wherever the class survives it."),
    "trivial_augment": (HOW, "Change each image's place or colours in one way (TrivialAugment)."),
    "mixup_alpha": (HOW, "Mixup; 0 for none, the paper has 0.8."),
    "cutmix_alpha": (HOW, "CutMix; 0 for none, the paper has 1."),
    "mix_probability": (HOW, "Part of the images that are mixed."),
    "erasing_probability": (HOW, "Part of the images that lose a rectangle; the paper has 0.25."),
    "seed": (HOW, "The same seed gives the same run."),
    "device": (WHERE, "auto, cpu, cuda, cuda:1, mps."),
    "precision": (WHERE, "auto (bfloat16 on GPUs, float32 elsewhere), float32, bfloat16."),
    "compile": (WHERE, "torch.compile: slow to start, then faster."),
    "record_every": (WHERE, "Steps to a line of the log; on a GPU, each one costs time."),
    "threads": (WHERE, "CPU threads; 0 takes all cores."),
    "limit_train": (TRYING, "Use only so many training images."),
    "limit_test": (TRYING, "Use only so many test images."),
}


_KINDS = {"classes": Path | None}


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each setting, in place of its ``**settings``.

    Args:
        command: takes ``**settings`` last.

    Returns:
        The same function, with a signature that Typer reads.
    """
    from swin_edu.training.settings import TrainingSettings

    own = [
        parameter
        for parameter in inspect.signature(command).parameters.values()
        if parameter.kind is not parameter.VAR_KEYWORD
    ]
    added = [
        inspect.Parameter(
            setting.name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=setting.default,
            # On the command line a list is a file.
            annotation=Annotated[_KINDS.get(setting.name, setting.type), _option(setting.name)],
        )
        for setting in fields(TrainingSettings)
        if setting.name in OPTIONS
    ]
    command.__signature__ = inspect.Signature(own + added)  # type: ignore[attr-defined]
    command.__annotations__ |= {parameter.name: parameter.annotation for parameter in added}
    return command


def _option(name: str) -> Any:
    panel, words = OPTIONS[name]
    option = "--" + name.replace("_", "-")
    # What may be left to the data needs a word for both answers.
    names = [f"{option}/--no-{option[2:]}"] if name in ("flip", "trivial_augment", "compile") else [option]
    return typer.Option(*names, help=words, rich_help_panel=panel)
