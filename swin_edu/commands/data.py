"""`swin-edu data list | get NAME | verify`: which data sets are here, bring one, check them all.

`00_start_here` names it; the work itself is done by `swin_edu.data`.
"""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from swin_edu.commands.messages import help_text, stop_with

if TYPE_CHECKING:
    from swin_edu.data.inventory import KnownDataset

__all__ = ["data", "get", "list_data", "verify"]

data = typer.Typer(
    no_args_is_help=True,
    help="The data sets: which are [b]here[/b], [b]get[/b] one from the hub, [b]verify[/b] them.",
    rich_markup_mode="rich",
)

_SPLITS = ("train", "test")
_UNITS = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3))


def list_data() -> None:
    """Show every data set the course knows, how large it is, and where it is on this machine.

    Example:
        >>> list_data()  # doctest: +ELLIPSIS
        name ...
    """
    from swin_edu.data.inventory import known_datasets

    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("name", "what it is", "size", "on this machine"):
        table.add_column(column, overflow="fold")
    for known in known_datasets():
        table.add_row(known.name, known.about, _size(known), _place(known))
    # Wide enough that a path is not broken where nobody reads it on a terminal.
    console = Console() if Console().is_terminal else Console(width=160)
    console.print(table)


def get(
    name: Annotated[str, typer.Argument(help="Which one: cifar10, cifar100, tiny-imagenet or imagenette.")],
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
    from swin_edu.data.inventory import known_datasets
    from swin_edu.data.sources import verify_data

    chosen = names or [known.name for known in known_datasets() if known.is_here]
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


def _size(known: "KnownDataset") -> str:
    if not known.is_here:
        return f"{_in_words(known.download_size)} to download" if known.download_size else ""
    size, is_all = known.size_on_disk()
    copies = known.size_of_copies()
    parts = [f"{'' if is_all else 'over '}{_in_words(size)}"] if size else []
    return " + ".join([*parts, f"{_in_words(copies)} decoded"] if copies else parts)


def _in_words(size: int) -> str:
    unit, scale = next((unit, scale) for unit, scale in _UNITS if size >= scale or unit == "kB")
    return f"{size / scale:,.{int(unit == 'GB')}f} {unit}"


def _place(known: "KnownDataset") -> Text:
    if known.built_in:
        return Text("built in", "green")
    if known.folder is None:
        return Text(f"not here; swin-edu data get {known.name} brings it", "yellow")
    return Text(str(known.folder), "green")


for _name, _command in {"list": list_data, "get": get, "verify": verify}.items():
    data.command(_name, help=help_text(_command))(_command)
