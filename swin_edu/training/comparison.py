"""Several runs beside each other: their curves, and which of their settings differ.

`swin-edu compare` shows them; notebooks 08 and 09 may. A run that is still going is compared by its log.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from swin_edu.training.errors import TrainingError
from swin_edu.training.records import EpochRecord
from swin_edu.training.run_checkpoints import load_newest_run_checkpoint
from swin_edu.training.run_folder import RunFolder
from swin_edu.training.run_reading import read_results, read_settings
from swin_edu.training.settings import TrainingSettings


@dataclass(frozen=True)
class RunSummary:
    """What a comparison shows of one run. Made by `summarise_run`.

    Args:
        path: the folder.
        settings: what it was started with.
        epochs: one record for each finished epoch, in order.
        finished: whether all epochs are done and the results written.
        parameters: of the network; None where neither results nor a whole checkpoint tell.
    """

    path: Path
    settings: TrainingSettings
    epochs: list[EpochRecord] = field(repr=False)
    finished: bool
    parameters: int | None

    @property
    def accuracy(self) -> float:
        """Part of the test images named rightly after the last finished epoch, 0..1."""
        return self.epochs[-1].test_accuracy

    @property
    def seconds(self) -> float:
        """Spent on training so far; tests and loading left out."""
        return sum(record.seconds for record in self.epochs)

    @property
    def images_per_second(self) -> float:
        """Mean over the training so far."""
        return sum(record.images_per_second * record.seconds for record in self.epochs) / self.seconds

    def seconds_at(self) -> list[float]:
        """Training seconds at the end of each finished epoch."""
        ends, total = [], 0.0
        for record in self.epochs:
            total += record.seconds
            ends.append(total)
        return ends


def summarise_run(path: str | Path) -> RunSummary:
    """Read what a comparison needs of one run.

    Args:
        path: the folder of `start_run`.

    Raises:
        TrainingError: if it holds no run, the run cannot be read, or no epoch is finished.

    Example:
        >>> summarise_run("/nowhere")
        Traceback (most recent call last):
        swin_edu.training.errors.TrainingError: /nowhere does not exist; name the folder of a run, such as ...
    """
    run = RunFolder(path)
    settings, results = read_settings(run), read_results(run)
    try:
        epochs = [record for record in run.records() if isinstance(record, EpochRecord)]
    except OSError as error:
        raise TrainingError(f"{run.log_file} cannot be read: {error}") from error
    values = [(r.epoch, r.seconds, r.images_per_second, r.test_accuracy, r.train_loss) for r in epochs]
    if not all(isinstance(value, int | float) for row in values for value in row):
        raise TrainingError(f"{run.log_file} is damaged: it holds text where numbers belong")
    if not epochs:
        raise TrainingError(f"{run.path} has not finished an epoch yet, so there is nothing to compare")
    parameters = _count_in_checkpoint(run) if results is None else results.get("parameters")
    return RunSummary(run.path, settings, epochs, results is not None, parameters)


def _count_in_checkpoint(run: RunFolder) -> int | None:
    try:
        state, _ = load_newest_run_checkpoint(run.checkpoints)
        # A Swin's state holds its parameters and nothing else.
        return None if state is None else sum(tensor.numel() for tensor in state["model"].values())
    except (TrainingError, KeyError, TypeError, AttributeError):
        return None


def differing_settings(runs: Sequence[RunSummary]) -> dict[str, list[Any]]:
    """The settings that are not the same in all runs.

    Args:
        runs: any number.

    Returns:
        Name -> one value a run, in the order of the settings; those of the network as ``--set`` names them.
        None stands for a setting of the network that a run did not change.

    Example:
        >>> runs = [RunSummary(Path(), TrainingSettings(seed=s), [], False, None) for s in (0, 1)]
        >>> differing_settings(runs)
        {'seed': [0, 1]}
    """
    all_values = []
    for run in runs:
        values = asdict(run.settings)
        options = values.pop("model_options")
        all_values.append({**values, **{f"--set {name}": value for name, value in options.items()}})
    names = dict.fromkeys(name for values in all_values for name in values)
    table = {name: [values.get(name) for values in all_values] for name in names}
    return {name: row for name, row in table.items() if any(value != row[0] for value in row)}


def same_test(runs: Sequence[RunSummary]) -> bool:
    """Whether the accuracies of the runs may be compared: the same test images, of the same size.

    Args:
        runs: any number.

    Example:
        >>> settings = TrainingSettings(), TrainingSettings(limit_test=100)
        >>> same_test([RunSummary(Path(), one, [], False, None) for one in settings])
        False
    """
    what = [
        (s.data, s.image_size, s.limit_test, s.validation, s.classes) for s in (run.settings for run in runs)
    ]
    return all(one == what[0] for one in what)


def short_names(paths: Sequence[Path]) -> list[str]:
    """Names that tell folders apart: the last part of each path, and more of it only where that is needed.

    Args:
        paths: any number.

    Example:
        >>> short_names([Path("runs/a"), Path("runs/b"), Path("old/a")])
        ['runs/a', 'b', 'old/a']
    """
    parts = [path.resolve().parts for path in paths]
    names = []
    for mine in parts:
        length = 1
        while length < len(mine) and sum(other[-length:] == mine[-length:] for other in parts) > 1:
            length += 1
        names.append("/".join(mine[-length:]))
    return names
