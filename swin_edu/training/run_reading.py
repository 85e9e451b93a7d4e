"""Read the folder of a run that is only looked at, whether it is finished, still running or damaged.

`swin-edu evaluate` and `swin-edu compare` use it; nothing here writes.
"""

import json
from typing import Any

from swin_edu.training.errors import TrainingError
from swin_edu.training.run_folder import RunFolder
from swin_edu.training.settings import TrainingSettings, settings_from_json


def read_settings(run: RunFolder) -> TrainingSettings:
    """The settings of a run that is only looked at.

    Args:
        run: any folder.

    Raises:
        TrainingError: if it holds no run, or its settings cannot be read.

    Example:
        >>> read_settings(RunFolder("/nowhere"))
        Traceback (most recent call last):
        swin_edu.training.errors.TrainingError: /nowhere does not exist; name the folder of a run, such as ...
    """
    if not run.path.is_dir():
        what = "is a file" if run.path.exists() else "does not exist"
        raise TrainingError(f"{run.path} {what}; name the folder of a run, such as runs/cifar10-swin_cifar")
    if not run.settings.is_file():
        raise TrainingError(
            f"{run.path} holds no run (no settings.json); name the folder that swin-edu train wrote to"
        )
    try:
        return settings_from_json(run.settings.read_text(encoding="utf-8"), run.settings)
    except OSError as error:
        raise TrainingError(f"{run.settings} cannot be read: {error}") from error


def read_results(run: RunFolder) -> dict[str, Any] | None:
    """What ``results.json`` of a run holds.

    Args:
        run: any folder.

    Returns:
        Its content; None where the run is not finished.

    Raises:
        TrainingError: if the file is damaged.

    Example:
        >>> read_results(RunFolder("/nowhere")) is None
        True
    """
    if not run.results.is_file():
        return None
    try:
        results = json.loads(run.results.read_text(encoding="utf-8"))
        # What every version has written.
        results["test_accuracy"], results["class_names"], results["channel_mean"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(
            f"{run.results} is damaged ({type(error).__name__}: {error}); write it again with "
            f"swin-edu train --out {run.path} --resume"
        ) from error
    return results
