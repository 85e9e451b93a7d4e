"""`swin-edu train`: one real training run, with a log, a checkpoint each epoch and the result at the end.

Notebook 08 does the same step by step; the loop itself is `swin_edu.training.Training`.
"""

import ast
import shlex
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from swin_edu.commands.messages import stop_with

if TYPE_CHECKING:
    from swin_edu.training import Training

__all__ = ["train"]

_WHAT, _HOW, _WHERE, _TRYING = "What is trained", "How", "Where and on what", "For trying things out"
# These may differ from run to run without changing what is computed, at least in intention.
_FREE_ON_RESUME = {"device", "threads"}


def train(
    context: typer.Context,
    data: Annotated[
        str,
        typer.Option(
            help="shapes (built in), cifar10, cifar100, a folder, or a name in SWIN_EDU_DATA.",
            rich_help_panel=_WHAT,
        ),
    ] = "shapes",
    image_size: Annotated[
        int | None,
        typer.Option(
            help="Scale every image's largest centred square to this side; needed where sizes differ.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    model: Annotated[
        str,
        typer.Option(help="swin_cifar, swin_tiny, swin_small, swin_base, swin_large.", rich_help_panel=_WHAT),
    ] = "swin_cifar",
    model_option: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Change one setting of the preset, e.g. --set window_size=8; may be given again.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    epochs: Annotated[int, typer.Option(help="Passes over the training images.", rich_help_panel=_HOW)] = 12,
    batch_size: Annotated[int, typer.Option(help="Images in one step.", rich_help_panel=_HOW)] = 128,
    learning_rate: Annotated[
        float, typer.Option(help="The highest; reached after warm-up.", rich_help_panel=_HOW)
    ] = 1e-3,
    warmup_fraction: Annotated[
        float, typer.Option(help="Part of all steps in which the rate rises.", rich_help_panel=_HOW)
    ] = 0.1,
    weight_decay: Annotated[float, typer.Option(help="On matrices only.", rich_help_panel=_HOW)] = 0.05,
    label_smoothing: Annotated[
        float, typer.Option(help="Part of the target given to all classes.", rich_help_panel=_HOW)
    ] = 0.1,
    clip_norm: Annotated[float, typer.Option(help="Largest gradient norm.", rich_help_panel=_HOW)] = 1.0,
    crop_padding: Annotated[
        int | None,
        typer.Option(
            help="Largest random shift in pixels; an eighth of the side if left out.", rich_help_panel=_HOW
        ),
    ] = None,
    flip: Annotated[
        bool | None,
        typer.Option(
            "--flip/--no-flip",
            help="Mirror half of the images; if left out, wherever the class survives it.",
            rich_help_panel=_HOW,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same run.", rich_help_panel=_HOW)] = 0,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the run; runs/DATA-MODEL if left out.", rich_help_panel=_WHERE),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Go on with the run in --out, with its settings.", rich_help_panel=_WHERE
        ),
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Delete the run in --out first.", rich_help_panel=_WHERE)
    ] = False,
    device: Annotated[
        str, typer.Option(help="auto, cpu, cuda, cuda:1, mps.", rich_help_panel=_WHERE)
    ] = "auto",
    precision: Annotated[
        str,
        typer.Option(
            help="auto (bfloat16 on GPUs, float32 elsewhere), float32, bfloat16.", rich_help_panel=_WHERE
        ),
    ] = "auto",
    threads: Annotated[int, typer.Option(help="CPU threads; 0 takes all cores.", rich_help_panel=_WHERE)] = 0,
    limit_train: Annotated[
        int | None, typer.Option(help="Use only so many training images.", rich_help_panel=_TRYING)
    ] = None,
    limit_test: Annotated[
        int | None, typer.Option(help="Use only so many test images.", rich_help_panel=_TRYING)
    ] = None,
) -> None:
    """Train a Swin Transformer and test it.

    With no options it trains [b]swin_cifar[/b] on the built-in [b]shapes[/b]; nothing is downloaded.
    Every epoch ends with a checkpoint, so the run can be stopped or killed at any moment and goes on with
    [b]--resume[/b]. The run's folder keeps settings.json, log.jsonl, model.safetensors, results.json and
    curves.png.

    For example: swin-edu train --data cifar10 --epochs 12 --out runs/cifar10

    Raises:
        typer.Exit: with code 1 if the run cannot start or go on (the reason is printed), 130 after Ctrl-C.
        typer.BadParameter: for options that contradict each other.
    """
    import torch

    from swin_edu.data import DataError
    from swin_edu.training import TrainingError

    console = Console(stderr=True)
    if resume and overwrite:
        raise typer.BadParameter("--resume keeps the run, --overwrite deletes it; give only one")
    run_path = out or Path("runs") / f"{Path(data).name}-{model}"
    begun = resume
    try:
        options = _parse_options(model_option or [])
        wanted = {name: value for name, value in context.params.items() if name in _setting_names()}
        given = {name for name in wanted if _is_given(context, name)}
        if options:
            wanted["model_options"] = options
            given.add("model_options")
        training = _open(run_path, wanted, given, resume, overwrite)
        begun = True
        _train(training, console)
    except (DataError, TrainingError) as error:
        stop_with(error, console)
    except torch.OutOfMemoryError:
        stop_with(TrainingError("the GPU's memory is too small; halve --batch-size"), console)
    except OSError as error:
        safe = ". Finished epochs are safe; go on with --resume" if begun else ""
        stop_with(TrainingError(f"{error}{safe}"), console)
    except KeyboardInterrupt:
        if not begun:
            console.print(f"\nStopped before training began; {run_path} is as it was", highlight=False)
            raise typer.Exit(130) from None
        again = shlex.join(["swin-edu", "train", "--out", str(run_path), "--resume"])
        console.print(
            f"\nStopped. Every finished epoch is saved in {run_path}; go on with: {again}", highlight=False
        )
        raise typer.Exit(130) from None


def _is_given(context: typer.Context, name: str) -> bool:
    # By name, because newer versions of Typer bring their own copy of click's enum.
    return getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"


def _setting_names() -> set[str]:
    from swin_edu.training import TrainingSettings

    return {setting.name for setting in fields(TrainingSettings)}


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


def _open(path: Path, wanted: dict[str, Any], given: set[str], resume: bool, overwrite: bool) -> "Training":
    """Data and network of the run, with its settings: new ones, or those that it was started with."""
    from swin_edu.training import Training, TrainingError, TrainingSettings, reopen_run, start_run
    from swin_edu.training.run_folder import check_can_start

    if not resume:
        settings = TrainingSettings(**wanted)
        check_can_start(path, overwrite)
        # Only when data, device and network are there may an old run be deleted or a folder be made.
        training = Training(settings)
        training.keep_in(start_run(path, settings, overwrite))
        return training
    run, settings = reopen_run(path)
    saved = asdict(settings)
    # An option that differs would silently make another run out of this one.
    differing = sorted(n for n in given - _FREE_ON_RESUME if wanted[n] != saved[n])
    if differing:
        name = differing[0]
        raise TrainingError(
            f"{path} was started with {name}={saved[name]!r}, not {wanted[name]!r}. A resumed run keeps its "
            "settings: leave the option out, or start another run with another --out."
        )
    return Training(replace(settings, **{name: wanted[name] for name in given & _FREE_ON_RESUME}), run)


def _train(training: "Training", console: Console) -> None:
    from swin_edu.training import finish_run
    from swin_edu.training.console import describe_seconds, follow

    run, settings = training.run, training.settings
    for note in training.notes:
        console.print(f"[yellow]Note:[/yellow] {note}", highlight=False, soft_wrap=True)
    parameters = sum(parameter.numel() for parameter in training.model.parameters())
    console.print(
        f"{settings.model}, {parameters:,} parameters, on {len(training.train_set):,} images of "
        f"{settings.data}; {training.device}, {str(training.precision).removeprefix('torch.')}; {run.path}",
        highlight=False,
        soft_wrap=True,
    )
    if 0 < training.finished_epochs < settings.epochs:
        console.print(f"Going on after epoch {training.finished_epochs}.", highlight=False)
    follow(training, console)
    results = finish_run(training)
    console.print(
        f"{describe_seconds(results['training_seconds'])} of training; curves in {run.curves}, weights in "
        f"{run.weights}",
        highlight=False,
        soft_wrap=True,
    )
    # The one line on standard output, for people and for scripts.
    print(f"test accuracy {results['test_accuracy']:.2%}".replace("%", " %"))
