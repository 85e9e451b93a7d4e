"""`swin-edu evaluate`: how good the network of a run is, where it is wrong, and how sure it is of that.

Notebook 08 shows the same numbers and figures step by step.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from swin_edu.commands.evaluation_report import percent, write_evaluation
from swin_edu.commands.messages import stop_with

if TYPE_CHECKING:
    from swin_edu.training.evaluation import Evaluation
    from swin_edu.training.trained_run import TrainedRun

__all__ = ["evaluate"]

_SHOWN = 3  # classes, pairs and mistakes in the summary


def evaluate(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run, as swin-edu train wrote it.")],
    data: Annotated[
        str | None,
        typer.Option(help="Test on the test images of this name or folder instead of the run's own."),
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            help="Weights: a file of the run's checkpoints, or a safetensors file; the finished ones if left "
            "out."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the report; RUN/evaluation if left out.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps.")] = "auto",
    batch_size: Annotated[int, typer.Option(help="Images at a time; fewer need less memory.", min=1)] = 500,
) -> None:
    """Test the network of a run and look at its mistakes.

    Gives the accuracy with a 95 % interval, the accuracy with test-time flip, precision and recall of each
    class, the confusion matrix, the calibration, and the surest mistakes as pictures. Everything is written
    to [b]RUN/evaluation[/b]; begin with report.md there.

    A run that is not finished is tested with its newest whole checkpoint.

    For example: swin-edu evaluate runs/cifar10-swin_cifar

    Raises:
        typer.Exit: with code 1 if the run cannot be tested; the reason is printed.
    """
    import torch

    from swin_edu.data import DataError
    from swin_edu.training import TrainingError
    from swin_edu.training.trained_run import open_trained_run

    console, folder = Console(stderr=True), out or run / "evaluation"
    try:
        _check_folder(folder)
        trained = open_trained_run(run, data=data, checkpoint=checkpoint, device=device)
        for note in trained.notes:
            console.print(f"[yellow]Note:[/yellow] {note}", highlight=False, soft_wrap=True)
        with console.status(f"Testing on {len(trained.test_set):,} images"):
            evaluation = trained.evaluate(batch_size)
            page = write_evaluation(evaluation, trained, folder)
    except (DataError, TrainingError) as error:
        stop_with(error, console)
    except torch.OutOfMemoryError:
        stop_with(
            TrainingError(f"the GPU's memory is too small; try --batch-size {batch_size // 4 or 1}"), console
        )
    except OSError as error:
        stop_with(error, console)
    _print_summary(evaluation, trained, page)


def _check_folder(folder: Path) -> None:
    """Refuse to write between files that are no evaluation."""
    from swin_edu.training import TrainingError
    from swin_edu.training.run_folder import EVALUATION_FILES

    if folder.exists() and not folder.is_dir():
        raise TrainingError(f"{folder} is a file; name a folder with --out")
    ours = any((folder / name).is_file() for name in EVALUATION_FILES)
    if folder.is_dir() and any(folder.iterdir()) and not ours:
        raise TrainingError(
            f"{folder} holds files that are no evaluation, so nothing is written there; name another folder "
            "with --out"
        )


def _print_summary(evaluation: "Evaluation", trained: "TrainedRun", page: Path) -> None:
    console = Console()
    low, high = evaluation.interval
    names, counts = evaluation.class_names, evaluation.counts.tolist()
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")

    def add(what: str, words: str) -> None:
        # As Text, because class names may hold square brackets.
        table.add_row(Text(what), Text(words))

    settings = trained.settings
    add("network", f"{settings.model}, {trained.weights}")
    add("test images", f"{evaluation.images:,} of {settings.data}")
    add(
        "accuracy",
        f"{percent(evaluation.accuracy, 2)}, 95 % interval {percent(low, 2)} to {percent(high, 2)}",
    )
    if evaluation.flip_accuracy is None:
        add("with test-time flip", "not tried: mirroring changes the class")
    else:
        add("with test-time flip", percent(evaluation.flip_accuracy, 2))
    add("cross-entropy", f"{evaluation.loss:.4f}")
    bins = evaluation.calibration
    tendency = "too sure of itself" if bins.confidence > evaluation.accuracy else "not sure enough"
    add("calibration error", f"{percent(bins.error)}; mean confidence {percent(bins.confidence)}: {tendency}")
    hardest = sorted((recall, names[i]) for i, recall in enumerate(evaluation.recall.tolist()) if counts[i])
    add("hardest classes", ", ".join(f"{name} {percent(recall)}" for recall, name in hardest[:_SHOWN]))
    mixed = [
        f"{names[true]} called {names[said]} ({count} of {counts[true]})"
        for true, said, count in evaluation.most_confused(_SHOWN)
    ]
    add("most often mixed up", ", ".join(mixed) or "nothing")
    add("report", str(page))
    console.print(table)
    if trained.reported is not None and trained.reported != evaluation.accuracy:
        console.print(
            f"The run itself measured {percent(trained.reported, 2)}; another device or precision rounds "
            "otherwise.",
            highlight=False,
        )
    # The last line of standard output is the same as that of swin-edu train, for scripts.
    print(f"test accuracy {percent(evaluation.accuracy, 2)}")
