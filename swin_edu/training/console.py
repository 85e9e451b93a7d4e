"""A run on the screen: one bar with speed and time left on a terminal, plain lines everywhere else.

`swin-edu train` uses it; notebook 08 draws the same records in a dashboard instead.
"""

import time
from collections.abc import Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from swin_edu.training.loop import Training
from swin_edu.training.records import EpochRecord, StepRecord

# Often enough to see that it moves, seldom enough for a log file.
_SECONDS_BETWEEN_LINES = 30


def follow(training: Training, console: Console) -> None:
    """Train to the end and show how it goes.

    Args:
        training: what to run.
        console: where to write; its kind decides between bar and lines.

    Raises:
        TrainingError: as `Training.steps`.

    Example:
        >>> from swin_edu.training import TrainingSettings
        >>> training = Training(TrainingSettings(limit_train=32, batch_size=32, limit_test=10, epochs=1))
        >>> follow(training, Console(quiet=True)); training.finished_epochs
        1
    """
    if console.is_terminal:
        _follow_with_bar(training, console)
    else:
        _follow_with_lines(training.steps(), console)


def describe_epoch(record: EpochRecord) -> str:
    """One line about a finished epoch.

    Args:
        record: of that epoch.

    Example:
        >>> describe_epoch(EpochRecord(1, 3, 2.0, 0.3, 1.9, 0.35, 60.0, 833.0))
        'epoch 1/3  loss 2.000  train 30.0 %  test 35.0 %  833 images/s  1 min 00 s'
    """
    return (
        f"epoch {record.epoch}/{record.epochs}  loss {record.train_loss:.3f}  "
        f"train {record.train_accuracy:.1%}  test {record.test_accuracy:.1%}  "
        f"{record.images_per_second:.0f} images/s  {describe_seconds(record.seconds)}"
    ).replace("%", " %")


def describe_seconds(seconds: float) -> str:
    """A duration for people.

    Args:
        seconds: 0 or more.

    Example:
        >>> describe_seconds(9.4), describe_seconds(75), describe_seconds(7325)
        ('9 s', '1 min 15 s', '2 h 02 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _follow_with_bar(training: Training, console: Console) -> None:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]:.3f}"),
        TextColumn("{task.fields[rate]:.0f} images/s"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(elapsed_when_finished=False),
    )
    settings = training.settings
    with Progress(*columns, console=console, speed_estimate_period=120) as progress:
        task = progress.add_task("starting", total=None, loss=float("nan"), rate=0.0)
        rate = None
        for record in training.steps():
            if isinstance(record, EpochRecord):
                console.print(describe_epoch(record), highlight=False)
                continue
            # A moving average, because single steps jump.
            rate = record.images_per_second if rate is None else 0.95 * rate + 0.05 * record.images_per_second
            progress.update(
                task,
                total=settings.epochs * record.steps,
                completed=(record.epoch - 1) * record.steps + record.step,
                description=f"epoch {record.epoch}/{settings.epochs}",
                loss=record.loss,
                rate=rate,
            )


def _follow_with_lines(records: Iterator[StepRecord | EpochRecord], console: Console) -> None:
    last_line = time.monotonic()
    for record in records:
        if isinstance(record, EpochRecord):
            console.print(describe_epoch(record), highlight=False, soft_wrap=True)
        elif time.monotonic() - last_line > _SECONDS_BETWEEN_LINES:
            console.print(
                f"epoch {record.epoch}  step {record.step}/{record.steps}  loss {record.loss:.3f}  "
                f"{record.images_per_second:.0f} images/s",
                highlight=False,
                soft_wrap=True,
            )
        else:
            continue
        last_line = time.monotonic()
