"""The folder of a run: settings, log, checkpoints, weights, results, curves, and who may write over what.

Notebook 08 opens one; a folder is never overwritten unless that was asked for.
"""

import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from swin_edu.data.atomic_files import atomic_write
from swin_edu.training.errors import TrainingError
from swin_edu.training.records import EpochRecord, StepRecord
from swin_edu.training.settings import TrainingSettings, settings_from_json, settings_to_json

_RECORDS = {"step": StepRecord, "epoch": EpochRecord}
# What `swin-edu evaluate` writes into the run's folder "evaluation".
EVALUATION_FILES = ("evaluation.json", "report.md", "confusion.png", "calibration.png", "mistakes.png")


def _as_line(record: StepRecord | EpochRecord) -> str:
    kind = "epoch" if isinstance(record, EpochRecord) else "step"
    return json.dumps({"kind": kind, **asdict(record)}) + "\n"


class RunFolder:
    """Where a run keeps its files: ``settings.json``, ``log.jsonl``, ``checkpoints/``, and at the end
    ``model.safetensors``, ``results.json`` and ``curves.png``; ``evaluation/`` is for `swin-edu evaluate`.

    Use `start_run` or `reopen_run`; they check first what is there.

    Args:
        path: the folder.

    Example:
        >>> RunFolder("runs/first").checkpoints.as_posix()
        'runs/first/checkpoints'
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.settings = self.path / "settings.json"
        self.log_file = self.path / "log.jsonl"
        self.checkpoints = self.path / "checkpoints"
        self.weights = self.path / "model.safetensors"
        self.results = self.path / "results.json"
        self.curves = self.path / "curves.png"
        self.evaluation = self.path / "evaluation"

    def append(self, record: StepRecord | EpochRecord) -> None:
        """Add one line to the log; a finished epoch's line is on disk when this returns.

        Args:
            record: what happened.
        """
        with open(self.log_file, "a", encoding="utf-8") as file:
            file.write(_as_line(record))
            if isinstance(record, EpochRecord):
                file.flush()
                os.fsync(file.fileno())

    def records(self) -> list[StepRecord | EpochRecord]:
        """Read the log; a last line that a kill cut off is left out.

        Returns:
            The records in order; empty where there is no log yet.
        """
        records = []
        if self.log_file.is_file():
            for line in self.log_file.read_text(encoding="utf-8", errors="replace").splitlines():
                try:
                    values = json.loads(line)
                    records.append(_RECORDS[values.pop("kind")](**values))
                except (ValueError, KeyError, TypeError, AttributeError):
                    continue
        return records

    def forget_after(self, epoch: int) -> None:
        """Cut the log back to a checkpoint, so that an epoch done twice is not in it twice.

        Args:
            epoch: the last epoch that stays.
        """
        kept = [_as_line(record) for record in self.records() if record.epoch <= epoch]
        with atomic_write(self.log_file) as temporary:
            temporary.write_text("".join(kept), encoding="utf-8")

    def write_results(self, results: dict[str, Any]) -> None:
        """Write ``results.json`` in one step.

        Args:
            results: what JSON can hold.
        """
        with atomic_write(self.results) as temporary:
            temporary.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")

    def clear(self) -> None:
        """Delete the run's own files but its settings, and nothing else that may lie in the folder."""
        for folder in (self.checkpoints, self.path / "tensorboard"):
            shutil.rmtree(folder, ignore_errors=True)
        # An evaluation of the old weights would be taken for one of the new ones.
        for name in EVALUATION_FILES:
            (self.evaluation / name).unlink(missing_ok=True)
        # Not the settings: a folder without them would no longer be known as a run's.
        for file in (self.log_file, self.weights, self.results, self.curves):
            file.unlink(missing_ok=True)


def check_can_start(path: str | Path, overwrite: bool = False) -> None:
    """Ask whether `start_run` would accept a folder, without touching anything.

    Args:
        path: the folder; it need not exist.
        overwrite: whether a run that is there may be deleted.

    Raises:
        TrainingError: if something is there already; says what the choices are.

    Example:
        >>> check_can_start("/nowhere")
    """
    run = RunFolder(path)
    if run.path.exists() and not run.path.is_dir():
        raise TrainingError(f"{run.path} is a file; choose another folder with --out")
    if run.settings.exists():
        if not overwrite:
            raise TrainingError(
                f"{run.path} already holds a run. Go on with it: --resume. Delete it and start anew: "
                "--overwrite. Keep it: choose another folder with --out."
            )
    elif run.path.is_dir() and any(run.path.iterdir()):
        raise TrainingError(
            f"{run.path} holds files but no run (no settings.json), so nothing is written there; "
            "choose another folder with --out"
        )


def start_run(path: str | Path, settings: TrainingSettings, overwrite: bool = False) -> RunFolder:
    """Make the folder of a new run and save its settings there.

    Where a run may be overwritten, build the `Training` before: when this returns, the old run is gone.

    Args:
        path: the folder; it may not hold anything yet.
        settings: what the run is going to do.
        overwrite: delete the run that is there. Files that no run wrote are never touched.

    Returns:
        The folder.

    Raises:
        TrainingError: if something is there already; says what the choices are.

    Example:
        >>> import tempfile
        >>> start_run(Path(tempfile.mkdtemp()) / "first", TrainingSettings()).settings.is_file()
        True
    """
    check_can_start(path, overwrite)
    run = RunFolder(path)
    if run.settings.exists():
        run.clear()
    with atomic_write(run.settings) as temporary:
        temporary.write_text(settings_to_json(settings), encoding="utf-8")
    return run


def reopen_run(path: str | Path) -> tuple[RunFolder, TrainingSettings]:
    """Open the folder of a run that is to go on.

    Args:
        path: the folder of `start_run`.

    Returns:
        The folder and the settings that the run was started with.

    Raises:
        TrainingError: if there is no run, or its settings cannot be read.

    Example:
        >>> reopen_run("/nowhere")
        Traceback (most recent call last):
        swin_edu.training.errors.TrainingError: /nowhere holds no run; leave --resume out to start one
    """
    run = RunFolder(path)
    if not run.settings.is_file():
        raise TrainingError(f"{run.path} holds no run; leave --resume out to start one")
    return run, settings_from_json(run.settings.read_text(encoding="utf-8"), run.settings)
