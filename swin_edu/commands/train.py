"""`swin-edu train`: one real training run, with a log, a checkpoint each epoch and the result at the end.

Notebook 08 does the same step by step; the loop itself is `swin_edu.training.Training`.
"""

import ast
import inspect
import json
import os
import shlex
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from swin_edu.commands.messages import stop_with
from swin_edu.commands.train_options import WHAT, WHERE, with_settings

if TYPE_CHECKING:
    from swin_edu.training import Training

__all__ = ["train"]

# These may differ from run to run without changing what is computed, at least in intention (in parts,
# stochastic depth leaves out other paths).
_FREE_ON_RESUME = {"device", "threads", "record_every", "accumulate"}


@with_settings
def train(
    context: typer.Context,
    recipe: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Begin with the settings of a recipe; options that you give come on top. list shows all.",
            rich_help_panel=WHAT,
        ),
    ] = None,
    model_option: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Change one setting of the network, e.g. --set window_size=8; may be given again.",
            rich_help_panel=WHAT,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the run; runs/DATA-MODEL if left out.", rich_help_panel=WHERE),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Go on with the run in --out, with its settings.", rich_help_panel=WHERE
        ),
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Delete the run in --out first.", rich_help_panel=WHERE)
    ] = False,
    **settings: Any,
) -> None:
    """Train a Swin Transformer and test it.

    With no options it trains [b]swin_cifar[/b] on the built-in [b]shapes[/b]; nothing is downloaded.
    [b]--recipe[/b] begins with settings for a purpose; [b]--recipe list[/b] shows them.
    Every epoch ends with a checkpoint, so the run can be stopped or killed at any moment and goes on with
    [b]--resume[/b]. The run's folder keeps settings.json, log.jsonl, model.safetensors, results.json and
    curves.png.

    For example: swin-edu train --data cifar10 --epochs 12 --out runs/cifar10

    On two GPUs: torchrun --nproc-per-node 2 -m swin_edu.cli train --data cifar10

    Raises:
        typer.Exit: with code 1 if the run cannot start or go on (the reason is printed), 130 after Ctrl-C.
        typer.BadParameter: for options that contradict each other.
    """
    import torch

    from swin_edu.data import DataError
    from swin_edu.training import TrainingError

    console = Console(stderr=True)
    if recipe == "list":
        _list_recipes()
        return
    if resume and overwrite:
        raise typer.BadParameter("--resume keeps the run, --overwrite deletes it; give only one")
    if resume and recipe:
        raise typer.BadParameter("--resume keeps the settings of the run; leave --recipe out")
    given = {name: value for name, value in settings.items() if _is_given(context, name)}
    if options := _parse_options(model_option or []):
        given["model_options"] = options
    if given.get("classes"):
        given["classes"] = _read_classes(given["classes"], console)
    run_path, begun = out or Path("runs") / _name_of(recipe, given), resume
    try:
        training = _open(run_path, recipe, given, resume, overwrite)
        begun = True
        _train(training, run_path, console if training.processes.first else Console(quiet=True))
        training.processes.leave()
    except (DataError, TrainingError) as error:
        stop_with(TrainingError(f"{_speaker()}{error}"), console)
    except torch.OutOfMemoryError as error:  # not in a step: there the loop knows what fits
        stop_with(TrainingError(f"{_speaker()}the memory is too small: {error}"), console)
    except OSError as error:
        safe = ". Finished epochs are safe; go on with --resume" if begun else ""
        stop_with(TrainingError(f"{_speaker()}{error}{safe}"), console)
    except KeyboardInterrupt as interrupt:
        if os.environ.get("RANK", "0") != "0":  # one voice is enough
            raise typer.Exit(130) from None
        if not begun:
            left = "may be begun; start it again with --overwrite" if interrupt.args else "is as it was"
            console.print(f"\nStopped before training began; {run_path} {left}", highlight=False)
            raise typer.Exit(130) from None
        again = shlex.join(["swin-edu", "train", "--out", str(run_path), "--resume"])
        console.print(
            f"\nStopped. Every finished epoch is saved in {run_path}; go on with: {again}", highlight=False
        )
        raise typer.Exit(130) from None


def _speaker() -> str:
    """Which of several processes has something to say; nothing where one is alone."""
    alone = os.environ.get("WORLD_SIZE", "1") == "1"
    return "" if alone else f"process {os.environ.get('RANK', '?')}: "


def _is_given(context: typer.Context, name: str) -> bool:
    # By name, because newer versions of Typer bring their own copy of click's enum.
    return getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"


def _read_classes(file: Path, console: Console) -> list[str]:
    from swin_edu.data import DataError, read_class_list

    try:
        return read_class_list(file)
    except (DataError, OSError) as error:
        stop_with(error, console)


def _name_of(recipe: str | None, given: dict[str, Any]) -> str:
    """Of the run's folder, where none was said."""
    if recipe:
        return recipe
    defaults = inspect.signature(train).parameters
    data, model = (given.get(name, defaults[name].default) for name in ("data", "model"))
    return f"{Path(data).name}-{model}"


def _list_recipes() -> None:
    from swin_edu.training import RECIPES

    for name, recipe in RECIPES.items():
        print(f"{name}: {recipe.purpose}")


def _parse_options(texts: list[str]) -> dict[str, Any]:
    """["window_size=8"] -> {"window_size": 8}."""
    options = {}
    for text in texts:
        name, equals, value = text.partition("=")
        try:
            options[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            equals = ""
        if not equals or not name:
            raise typer.BadParameter(f"--set expects NAME=VALUE such as depths='(2, 2, 6)', got {text!r}")
    return options


def _open(path: Path, recipe: str | None, given: dict[str, Any], resume: bool, overwrite: bool) -> "Training":
    """Data and network of the run, with its settings: new ones, or those that it was started with."""
    from swin_edu.training import Training, TrainingError, TrainingSettings, reopen_run, start_run
    from swin_edu.training.processes import this_process
    from swin_edu.training.recipes import recipe_settings
    from swin_edu.training.run_folder import check_can_start

    if not resume:
        settings = recipe_settings(recipe, **given) if recipe else TrainingSettings(**given)
        if this_process().first:
            check_can_start(path, overwrite)
        # Only when data, device and network are there may an old run be deleted or a folder be made.
        training = Training(settings)
        try:
            if training.processes.first:
                training.keep_in(start_run(path, settings, overwrite))
        except KeyboardInterrupt:
            raise KeyboardInterrupt("while the folder was made") from None
        return training
    run, settings = reopen_run(path)
    saved = asdict(settings)
    # An option that differs would silently make another run out of this one.
    differing = sorted(n for n in given.keys() - _FREE_ON_RESUME if given[n] != saved[n])
    if differing:
        name = differing[0]
        raise TrainingError(
            f"{path} was started with {name}={saved[name]!r}, not {given[name]!r}. A resumed run keeps its "
            "settings: leave the option out, or start another run with another --out."
        )
    return Training(replace(settings, **{name: given[name] for name in given.keys() & _FREE_ON_RESUME}), run)


def _train(training: "Training", path: Path, console: Console) -> None:
    from swin_edu.training import finish_run
    from swin_edu.training.console import describe_seconds, follow

    settings, processes = training.settings, training.processes
    for note in training.notes:
        console.print(f"[yellow]Note:[/yellow] {note}", highlight=False, soft_wrap=True)
    parameters = sum(parameter.numel() for parameter in training.model.parameters())
    where = f"{processes.count} x {training.device.type}" if processes.count > 1 else training.device
    console.print(
        f"{settings.weights or settings.model}, {parameters:,} parameters, "
        f"on {len(training.train_set):,} images of "
        f"{settings.data}; {where}, {str(training.precision).removeprefix('torch.')}; {path}",
        highlight=False,
        soft_wrap=True,
    )
    if 0 < training.finished_epochs < settings.epochs:
        console.print(f"Going on after epoch {training.finished_epochs}.", highlight=False)
    run = training.run
    # A run that was finished before, perhaps elsewhere, keeps what was measured then.
    if processes.first and training.finished_epochs == settings.epochs and run.results.is_file():
        results = json.loads(run.results.read_text(encoding="utf-8"))
    else:
        follow(training, console)
        if not processes.first:
            return
        results = finish_run(training)
    console.print(
        f"{describe_seconds(results['training_seconds'])} of training; curves in {run.curves}, weights in "
        f"{run.weights}",
        highlight=False,
        soft_wrap=True,
    )
    # The one line on standard output, for people and for scripts.
    print(f"{results['tested_on']} accuracy {results['test_accuracy']:.2%}".replace("%", " %"))
