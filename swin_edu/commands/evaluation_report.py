"""The files that `swin-edu evaluate` leaves: numbers as JSON, three figures, and a page about them.

The numbers are those of `swin_edu.training.evaluation`, the figures those of notebook 08.
"""

import datetime
import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    from swin_edu.training.evaluation import Evaluation
    from swin_edu.training.trained_run import TrainedRun

__all__ = ["percent", "write_evaluation"]


def percent(part: float | None, digits: int = 1) -> str:
    """A part as people write it.

    Args:
        part: 0..1; None or nan where there is nothing to divide by.
        digits: after the point.

    Example:
        >>> percent(0.5), percent(0.12345, 2), percent(float("nan"))
        ('50.0 %', '12.35 %', '–')
    """
    return "–" if part is None or math.isnan(part) else f"{100 * part:.{digits}f} %"


def write_evaluation(evaluation: "Evaluation", trained: "TrainedRun", folder: Path) -> Path:
    """Write the five files of an evaluation, each in one step.

    Args:
        evaluation: of the run's network on its test images.
        trained: the run.
        folder: is made if needed; an older evaluation in it is replaced.

    Returns:
        The page, ``report.md``.

    Raises:
        OSError: if the folder cannot be written.
    """
    from swin_edu.data.atomic_files import atomic_write
    from swin_edu.visuals.evaluation_figures import (
        calibration_figure,
        confusion_figure,
        worst_mistakes_figure,
    )

    figures = {
        "confusion.png": confusion_figure(evaluation),
        "calibration.png": calibration_figure(evaluation),
        "mistakes.png": worst_mistakes_figure(evaluation, trained.test_set),
    }
    for name, figure in figures.items():
        with atomic_write(folder / name) as temporary:
            temporary.write_bytes(figure.png)
    numbers = _numbers(evaluation, trained)
    # One line for each name: 200 rows of a matrix would fill the screen of who opens the file.
    lines = (f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in numbers.items())
    told = {name: figure.description for name, figure in figures.items()}
    texts = {
        "evaluation.json": "{\n" + ",\n".join(lines) + "\n}\n",
        "report.md": _page(evaluation, trained, numbers, told),
    }
    for name, text in texts.items():
        with atomic_write(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return folder / "report.md"


def _numbers(evaluation: "Evaluation", trained: "TrainedRun") -> dict[str, Any]:
    """Everything that was measured, in what JSON can hold."""
    from swin_edu.training.results import describe_hardware

    bins, names = evaluation.calibration, evaluation.class_names
    precision, recall = _list(evaluation.precision), _list(evaluation.recall)
    per_class = zip(names, evaluation.counts.tolist(), precision, recall, strict=True)
    worst = [
        {
            "image": place,
            "true": names[int(evaluation.labels[place])],
            "predicted": names[int(evaluation.predictions[place])],
            "confidence": float(evaluation.confidences[place]),
        }
        for place in evaluation.worst_mistakes()
    ]
    return {
        "accuracy": evaluation.accuracy,
        "accuracy_95_percent_interval": list(evaluation.interval),
        "accuracy_with_test_time_flip": evaluation.flip_accuracy,
        "test_images": evaluation.images,
        "test_loss": evaluation.loss,
        "expected_calibration_error": bins.error,
        "mean_confidence": bins.confidence,
        "data": trained.settings.data,
        "fingerprint": trained.test_set.fingerprint,
        "weights": str(trained.weights),
        "accuracy_in_results_json": trained.reported,
        "notes": trained.notes,
        "precision": str(trained.precision).removeprefix("torch."),
        "hardware": describe_hardware(trained.device),
        "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "settings": asdict(trained.settings),
        "classes": [dict(zip(_COLUMNS, row, strict=True)) for row in per_class],
        "confusion": evaluation.confusion.tolist(),
        "calibration_bins": {
            "edges": bins.edges.tolist(),
            "images": bins.counts.tolist(),
            "mean_confidence": _list(bins.confidences),
            "accuracy": _list(bins.accuracies),
        },
        "worst_mistakes": worst,
    }


_COLUMNS = ("name", "images", "precision", "recall")


def _list(values: "Tensor") -> list[float | None]:
    """JSON has no nan."""
    return [None if math.isnan(value) else value for value in values.tolist()]


def _page(
    evaluation: "Evaluation", trained: "TrainedRun", numbers: dict[str, Any], told: dict[str, str]
) -> str:
    low, high = evaluation.interval
    hardware, settings = numbers["hardware"], trained.settings
    facts = [
        ("accuracy", percent(evaluation.accuracy, 2)),
        ("95 % interval (Wilson)", f"{percent(low, 2)} to {percent(high, 2)}"),
        ("accuracy with test-time flip", percent(evaluation.flip_accuracy, 2)),
        ("test images", f"{evaluation.images:,}"),
        ("cross-entropy", f"{evaluation.loss:.4f}"),
        ("expected calibration error", percent(evaluation.calibration.error, 2)),
        ("weights", f"`{trained.weights}`"),
        ("computed on", f"{hardware['gpu'] or hardware['processor']}, {numbers['precision']}"),
        ("date", numbers["date"]),
    ]
    classes = sorted(numbers["classes"], key=lambda row: (row["recall"] is None, row["recall"], row["name"]))
    flip = (
        "Test-time flip takes the mean of the logits of each image and its mirror image; it costs twice the "
        "time, so it stands apart."
        if evaluation.flip_accuracy is not None
        else "There is no accuracy with test-time flip, because a mirror image of this data may be of "
        "another class."
    )
    sections = [
        f"# {settings.model} on {_cell(settings.data)}",
        *(f"> {note}" for note in trained.notes),
        _table(("what", "value"), facts),
        "The interval says how far the accuracy may lie from that on all images of this kind, because the "
        "test images are only a sample. It does not say how another seed would have done: train several. "
        + flip,
        "## Which classes are mixed up",
        f"![{_cell(told['confusion.png'])}](confusion.png)",
        "## How sure the network is",
        f"![{_cell(told['calibration.png'])}](calibration.png)",
        "Where the bars end at the dashed line, the network is right as often as its confidence promises. "
        "The expected calibration error is the mean distance of the two over 15 bins, weighted by the "
        "images in each.",
        "## The surest mistakes",
        f"![{_cell(told['mistakes.png'])}](mistakes.png)",
        "Look at them before training longer: some labels are wrong, and some images show two things.",
        "## Class by class, the hardest first",
        "Recall: of the images of the class, how many got its name. Precision: of the images that got the "
        "name, how many are of the class.",
        _table(
            ("class", "images", "recall", "precision"),
            [(r["name"], f"{r['images']:,}", percent(r["recall"]), percent(r["precision"])) for r in classes],
        ),
        "All numbers, the confusion matrix among them, are in [evaluation.json](evaluation.json).",
    ]
    return "\n\n".join(sections) + "\n"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *(tuple(map(_cell, row)) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    """Class names may hold what Markdown takes for its own."""
    for mark in "\\|[]<>*":
        text = text.replace(mark, "\\" + mark)
    return " ".join(text.split())
