"""What a run says when it cannot go on: what happened, what is safe, and what to try.

The loop raises them as `TrainingError`.
"""

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from swin_edu.training.loop import Training


def divergence(training: "Training", loss: float, epoch: int, step: int | None = None) -> str:
    """The loss is no number any more.

    Args:
        training: the run.
        loss: what it became.
        epoch, step: where; None after the last step.
    """
    place = "after the last step" if step is None else f"step {step}"
    learning_rate = training.optimizer.param_groups[0]["lr"]
    kept = training.run is not None and epoch > 1
    saved = f"Epochs 1 to {epoch - 1} are saved" if kept else "Nothing is saved"
    return (
        f"The loss became {loss} in epoch {epoch}, {place}, at learning rate {learning_rate:.2g}: "
        f"training has diverged. {saved}. Start anew with a lower --learning-rate (try a third of it), "
        "or with --precision float32 if this run used bfloat16."
    )


def misfit(checkpoints: Path, reason: str) -> str:
    """A checkpoint that does not belong to this network.

    Args:
        checkpoints: the folder.
        reason: what did not fit.

    Example:
        >>> misfit(Path("runs/x/checkpoints"), "it lacks a part")[:72]
        'The newest checkpoint in runs/x/checkpoints does not fit this network: i'
    """
    return (
        f"The newest checkpoint in {checkpoints} does not fit this network: "
        f"{textwrap.shorten(reason, 200)}. Was settings.json changed, or is it of another version of the "
        "course? Start anew with --overwrite, or with another --out."
    )


def changed_data(data: str, run: Path) -> str:
    """The images are not those that the run was begun with.

    Args:
        data: name or folder.
        run: the run's folder.

    Example:
        >>> changed_data("x", Path("runs/x"))[:50]
        'x has changed since runs/x was last trained, so go'
    """
    return (
        f"{data} has changed since {run} was last trained, so going on would "
        "mix two data sets. Bring the old data back, or start anew with --overwrite."
    )


def memory(training: "Training", fitting: int | None) -> str:
    """The GPU's memory is too small for a batch.

    Args:
        training: the run.
        fitting: how many images one process could take; 0 where not even one fits, None where that was not
            tried.
    """
    settings, count = training.settings, training.processes.count
    full = f"A batch of {settings.batch_size}"
    if settings.accumulate > 1:
        full += f" in {settings.accumulate} parts"
    full += f" does not fit into the memory of {training.device}"
    if fitting is None:
        return f"{full}; try --accumulate {2 * settings.accumulate}, which takes it in smaller parts."
    if not fitting:
        return f"{full}, and neither does a single image: take a smaller network or smaller images."
    parts = -(-settings.batch_size // (fitting * count))
    each = f" in each of {count} processes" if count > 1 else ""
    return (
        f"{full}; {fitting} images at once do{each}. --accumulate {parts} keeps the batch and takes it in "
        f"{parts} parts; --batch-size {fitting * count} makes it smaller (lower the learning rate with it). "
        "--set checkpoint_blocks=True needs less memory and more time. Finished epochs are safe."
    )


def compiling(error: Exception) -> str:
    """`torch.compile` did not get through.

    Args:
        error: its own.

    Example:
        >>> compiling(RuntimeError("no C++ compiler found"))[:46]
        'torch.compile failed: no C++ compiler found. W'
    """
    return (
        f"torch.compile failed: {textwrap.shorten(str(error), 300)}. Without it the run is only slower: "
        "--no-compile. On a CPU it needs a C++ compiler (on Debian or Ubuntu: sudo apt-get install g++)."
    )


def small_batch(images: int, processes: int) -> str:
    """The last batch of an epoch cannot be shared.

    Args:
        images: in it.
        processes: that train together.

    Example:
        >>> small_batch(3, 2)
        'the last batch of an epoch has 3 images, too few for 2 processes; choose another --batch-size'
    """
    what = f"{images} image{'s' if images > 1 else ''}"
    return (
        f"the last batch of an epoch has {what}, too few for {processes} processes; "
        "choose another --batch-size"
    )
