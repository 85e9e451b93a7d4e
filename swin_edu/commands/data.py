"""`swin-edu data list | get NAME | verify`: which data sets are here, bring one, check them all.

`00_start_here` names it; the work itself is done by `swin_edu.data`.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from swin_edu.commands.messages import help_text, stop_with

__all__ = ["data", "get", "list_data", "verify"]

data = typer.Typer(
    no_args_is_help=True,
    help="The data sets: which are [b]here[/b], [b]get[/b] one from the hub, [b]verify[/b] them.",
    rich_markup_mode="rich",
)

_SPLITS = ("train", "test")


def list_data() -> None:
    """Show every data set the course knows, and where it is on this machine.

    Example:
        >>> list_data()  # doctest: +ELLIPSIS
        name ...
    """
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("name", "what it is", "on this machine"):
        table.add_column(column, overflow="fold")
    for name, about, place in _known_data():
        table.add_row(name, about, place)
    # Wide enough that a path is not broken where nobody reads it on a terminal.
    console = Console() if Console().is_terminal else Console(width=160)
    console.print(table)


def get(
    name: Annotated[str, typer.Argument(help="Which one: cifar10 or cifar100.")],
) -> None:
    """Download a data set into `data/cache`; a download that was cut off goes on where it stopped.

    Args:
        name: a data set of the hub, or one that needs no download (it is then only loaded once).

    Raises:
        typer.Exit: with code 1 if it cannot be had; says why and what else can be done.

    Example:
        >>> get("shapes")  # doctest: +ELLIPSIS
        shapes is ready: 10,000 images for training, 2,000 for the test, 32 x 32 pixels, 10 classes...
    """
    from swin_edu.data import DataError, load_dataset

    console = Console(stderr=True)
    try:
        # Loading decodes and checks all of it, so that "ready" is true and the first training starts at once.
        train, test = (load_dataset(name, split) for split in _SPLITS)
    except (DataError, ValueError) as error:
        stop_with(error, console)
    height, width = train.images.shape[2:]
    print(
        f"{name} is ready: {len(train):,} images for training, {len(test):,} for the test, "
        f"{width} x {height} pixels, {train.num_classes} classes. Train on it: swin-edu train --data {name}"
    )


def verify(
    names: Annotated[
        list[str] | None, typer.Argument(help="Which ones; all that are on this machine if left out.")
    ] = None,
) -> None:
    """Read every image and every label of the data sets, and check the decoded copies byte by byte.

    Args:
        names: data sets or folders; None takes all that are on this machine.

    Raises:
        typer.Exit: with code 1 if anything is damaged or missing.

    Example:
        >>> verify(["shapes"])
        ok    shapes: train 10,000, test 2,000
    """
    from swin_edu.data import DataError
    from swin_edu.data.sources import verify_data

    chosen = names or [name for name, _, place in _known_data() if not place.plain.startswith("not here")]
    damaged = 0
    for name in chosen:
        try:
            counts = verify_data(name)
        except (DataError, ValueError) as error:
            damaged += 1
            Console(width=10_000).print(
                Text("BROKEN", style="bold red").append(f" {name}: {error}", "default")
            )
        else:
            print(f"ok    {name}: " + ", ".join(f"{split} {count:,}" for split, count in counts.items()))
    if damaged:
        raise typer.Exit(1)


def _known_data() -> list[tuple[str, str, Text]]:
    """Name, description and place of each data set, those in SWIN_EDU_DATA included."""
    from swin_edu.data import HUB_DATASETS, find_data
    from swin_edu.data.hub import is_downloaded
    from swin_edu.data.image_folder import list_image_folder
    from swin_edu.data.places import data_places, find_in_places
    from swin_edu.data.shards import has_parquet

    rows = [("shapes", "12,000 drawings in 10 classes, made in a moment", Text("built in", "green"))]
    for name, hub in HUB_DATASETS.items():
        folder = find_in_places(name)
        if folder is None and all(is_downloaded(name, split) for split in _SPLITS):
            folder = find_data(name)
        absent = Text(f"not here; swin-edu data get {name} brings it", "yellow")
        rows.append((name, hub.about, Text(str(folder), "green") if folder else absent))

    def usable(folder: Path) -> bool:
        try:
            return has_parquet(folder) or bool(list_image_folder(folder, "train").files)
        except (RuntimeError, OSError):
            return False

    known = {name for name, _, _ in rows}
    for place in data_places():
        for folder in sorted(place.iterdir()) if place.is_dir() else []:
            if folder.is_dir() and folder.name not in known and usable(folder):
                rows.append((folder.name, "in SWIN_EDU_DATA", Text(str(folder), "green")))
                known.add(folder.name)
    return rows


for _name, _command in {"list": list_data, "get": get, "verify": verify}.items():
    data.command(_name, help=help_text(_command))(_command)
