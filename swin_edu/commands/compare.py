"""`swin-edu compare`: the curves of several runs beside each other, and what differs between them.

Notebooks 08 and 09 show the same figure; runs that are still going take part.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from swin_edu.commands.evaluation_report import percent
from swin_edu.commands.messages import stop_with

if TYPE_CHECKING:
    from swin_edu.training.comparison import RunSummary

__all__ = ["compare"]


def compare(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Folders of runs, finished or still going.")
    ],
    out: Annotated[Path, typer.Option(help="Picture of the curves, a .png file.")] = Path("comparison.png"),
) -> None:
    """Draw the curves of several runs beside each other and say what differs.

    The picture shows test accuracy by epochs and by training time, and training loss. The table shows only
    those settings that are not the same in all runs.

    For example: swin-edu compare runs/*

    Raises:
        typer.Exit: with code 1 if no run can be read, or the picture cannot be written.
        typer.BadParameter: if ``--out`` is no PNG file.
    """
    from swin_edu.data.atomic_files import atomic_write
    from swin_edu.training import TrainingError
    from swin_edu.training.comparison import differing_settings, same_test, short_names, summarise_run
    from swin_edu.visuals.comparison_figure import LARGEST, Curve, comparison_figure

    console = Console(stderr=True)
    if out.suffix.lower() != ".png":
        raise typer.BadParameter(f"--out names a .png file, got {out}")
    found: list[RunSummary] = []
    # The same folder twice would be one line over another.
    for path in {path.resolve(): path for path in runs}.values():
        try:
            found.append(summarise_run(path))
        except TrainingError as error:
            console.print(f"[yellow]Left out:[/yellow] {escape(str(error))}", highlight=False, soft_wrap=True)
    if not found:
        stop_with(TrainingError("none of these folders holds a run with a finished epoch"), console)
    names = short_names([run.path for run in found])
    drawn = {
        name: Curve(
            [record.epoch for record in run.epochs],
            run.seconds_at(),
            [record.test_accuracy for record in run.epochs],
            [record.train_loss for record in run.epochs],
        )
        for name, run in list(zip(names, found, strict=True))[:LARGEST]
    }
    if len(found) > LARGEST:
        console.print(f"[yellow]Note:[/yellow] only the first {LARGEST} runs are drawn", highlight=False)
    try:
        with atomic_write(out) as temporary:
            temporary.write_bytes(comparison_figure(drawn).png)
    except OSError as error:
        stop_with(error, console)
    output = Console()
    output.print(_results(names, found))
    if differing := differing_settings(found):
        output.print("\nsettings that differ", highlight=False)
        output.print(_settings(names, differing))
    output.print()
    if not same_test(found):
        print("The runs were not tested on the same images, so their accuracies say little about each other.")
    print(f"curves in {out}")


def _results(names: list[str], runs: list["RunSummary"]) -> Table:
    from swin_edu.training.console import describe_seconds

    rows = []
    for name, run in zip(names, runs, strict=True):
        done = str(run.epochs[-1].epoch)
        rows.append(
            [
                name,
                done if run.finished else f"{done} of {run.settings.epochs}",
                percent(run.accuracy, 2),
                describe_seconds(run.seconds),
                f"{run.images_per_second:,.0f}",
                "–" if run.parameters is None else f"{run.parameters:,}",
            ]
        )
    head = ("run", "epochs", "test accuracy", "training", "images/s", "parameters")
    return _table(head, rows, justify="right")


def _settings(names: list[str], differing: dict[str, list[Any]]) -> Table:
    """One row a run or one row a setting, whichever gives fewer columns."""
    words = {name: [_words(value) for value in values] for name, values in differing.items()}
    if len(names) < len(differing):
        return _table(["", *names], [[name, *values] for name, values in words.items()])
    by_run = zip(names, *words.values(), strict=True)
    return _table(["run", *words], [list(row) for row in by_run])


def _table(head: Sequence[str], rows: list[list[str]], justify: str = "left") -> Table:
    # As Text, because folders and data may have square brackets in their names.
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, name in enumerate(head):
        table.add_column(Text(name), overflow="fold", justify=justify if place else "left")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _words(value: Any) -> str:
    """A setting as it was typed; None is the default that `swin-edu train --help` describes."""
    return "default" if value is None else str(value)
