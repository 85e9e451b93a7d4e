"""What a finished run leaves behind: weights, numbers with the hardware they were measured on, and curves.

Notebook 08 reads the curves; ``results.json`` holds what a README may claim.
"""

import datetime
import os
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from swin_edu.data.atomic_files import atomic_write
from swin_edu.model import save_checkpoint
from swin_edu.training.errors import TrainingError
from swin_edu.training.loop import Training
from swin_edu.training.records import EpochRecord, StepRecord

# Blue and vermilion of the Okabe-Ito palette; the line styles tell them apart in grey, too.
_TRAIN = {"color": "#0072B2", "linestyle": "--", "marker": "o", "markersize": 3, "label": "training"}
_TEST = {"color": "#D55E00", "linestyle": "-", "marker": "s", "markersize": 3, "label": "test"}


def finish_run(training: Training) -> dict[str, Any]:
    """Write ``model.safetensors``, ``curves.png`` and, last, ``results.json`` of a run.

    Args:
        training: all of its epochs are done, and it has a folder.

    Returns:
        What ``results.json`` holds. The accuracy is that of the last epoch, not of the best one: choosing
        among epochs by the test split would be choosing by luck.

    Raises:
        TrainingError: if epochs are still missing or there is no folder.

    Example:
        >>> from swin_edu.training import TrainingSettings
        >>> finish_run(Training(TrainingSettings(limit_train=8, limit_test=8)))
        Traceback (most recent call last):
        swin_edu.training.errors.TrainingError: the run has no folder, or 12 of its 12 epochs are missing
    """
    run, settings = training.run, training.settings
    missing = settings.epochs - training.finished_epochs
    if run is None or missing:
        raise TrainingError(
            f"the run has no folder, or {missing} of its {settings.epochs} epochs are missing"
        )
    records = run.records()
    epochs = [record for record in records if isinstance(record, EpochRecord)]
    last = epochs[-1]
    prepare, class_names = training.prepare, training.train_set.class_names
    facts = {"class_names": class_names, "mean": prepare.mean, "deviation": prepare.deviation}
    save_checkpoint(training.tested_model, run.weights, **facts)
    draw_curves(records, run.curves, f"{settings.weights or settings.model} on {settings.data}")
    results = {
        # "test" images, or those of the "validation" split that the settings held out in their place.
        "tested_on": training.test_set.split,
        "test_accuracy": last.test_accuracy,
        "test_loss": last.test_loss,
        "train_accuracy": last.train_accuracy,
        "train_loss": last.train_loss,
        "epochs": last.epoch,
        "training_seconds": sum(record.seconds for record in epochs),
        "images_per_second": sum(r.images_per_second * r.seconds for r in epochs)
        / sum(r.seconds for r in epochs),
        "parameters": sum(parameter.numel() for parameter in training.model.parameters()),
        "train_images": len(training.train_set),
        "test_images": len(training.test_set),
        "image_size": list(training.train_set.images.shape[2:]),
        "class_names": class_names,
        "fingerprints": [training.train_set.fingerprint, training.test_set.fingerprint],
        "channel_mean": prepare.mean,
        "channel_deviation": prepare.deviation,
        "precision": str(training.precision).removeprefix("torch."),
        "hardware": {**describe_hardware(training.device), "processes": training.processes.count},
        "finished": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "settings": asdict(settings),
    }
    run.write_results(results)
    return results


def describe_hardware(device: torch.device) -> dict[str, Any]:
    """What a measured time depends on.

    Args:
        device: that the run used.

    Returns:
        Processor, GPU, threads and versions.

    Example:
        >>> describe_hardware(torch.device("cpu"))["gpu"] is None
        True
    """
    return {
        "processor": _processor_name(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name(device) if device.type == "cuda" else None,
        "device": device.type,
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def _processor_name() -> str:
    # platform.processor() is empty on most Linux systems.
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def draw_curves(records: list[StepRecord | EpochRecord], path: Path, title: str) -> None:
    """Draw loss and accuracy of a run over its epochs as a PNG.

    Args:
        records: of `RunFolder.records`; at least one epoch must be finished.
        path: the PNG file; replaced in one step.
        title: what was trained on what.

    Example:
        >>> import tempfile; file = Path(tempfile.mkdtemp()) / "curves.png"
        >>> draw_curves([EpochRecord(1, 1, 2.0, 0.3, 1.9, 0.35, 60.0, 833.0)], file, "a run"); file.is_file()
        True
    """
    steps = [record for record in records if isinstance(record, StepRecord)]
    epochs = [record for record in records if isinstance(record, EpochRecord)]
    numbers = [record.epoch for record in epochs]
    # A figure of its own, not pyplot's: a notebook that trains keeps its backend and its open figures.
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    loss, accuracy = figure.subplots(1, 2)
    figure.suptitle(title)

    positions = [record.epoch - 1 + record.step / record.steps for record in steps]
    loss.plot(
        positions, [record.loss for record in steps], color="#0072B2", alpha=0.25, label="single batches"
    )
    loss.plot(numbers, [record.train_loss for record in epochs], **_TRAIN)
    loss.plot(numbers, [record.test_loss for record in epochs], **_TEST)
    loss.set(xlabel="epoch", ylabel="cross-entropy")

    accuracy.plot(numbers, [100 * record.train_accuracy for record in epochs], **_TRAIN)
    accuracy.plot(numbers, [100 * record.test_accuracy for record in epochs], **_TEST)
    accuracy.set(xlabel="epoch", ylabel="images named correctly (%)", ylim=(0, 100))
    for axes in (loss, accuracy):
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
        axes.xaxis.get_major_locator().set_params(integer=True)
    with atomic_write(path) as temporary:
        figure.savefig(temporary, dpi=120, format="png")
