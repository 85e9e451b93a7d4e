"""Checkpoints of a run: everything needed to go on as if nothing had happened, with a checksum in front.

Notebook 08 shows what is in one; the two newest are kept, so that a damaged one costs one epoch at most.
"""

import hashlib
import io
import pickle
import re
import textwrap
from pathlib import Path
from typing import Any

import torch

from swin_edu.data.atomic_files import atomic_write
from swin_edu.training.errors import TrainingError

KEPT = 2
_HEADER = b"swin-edu run checkpoint 1, sha256 "
# What torch.load raises for content that is not its own, or that wants more than tensors and numbers.
_NOT_A_STATE = (
    *(pickle.UnpicklingError, RuntimeError, EOFError, ValueError, TypeError),
    *(LookupError, AttributeError, ImportError, AssertionError, OSError),
)
_NAME = re.compile(r"epoch-(\d{4,})\.ckpt")


def save_run_checkpoint(state: dict[str, Any], folder: Path, epoch: int) -> Path:
    """Write the state after an epoch and delete all but the newest ones.

    Args:
        state: tensors, numbers, strings, lists and dicts of these.
        folder: the run's ``checkpoints`` folder.
        epoch: the epoch that is finished.

    Returns:
        The file, whole and on disk.

    Raises:
        OSError: if the disk is full or cannot be written; the older checkpoints are untouched then.

    Example:
        >>> import tempfile
        >>> save_run_checkpoint({"epoch": 3}, Path(tempfile.mkdtemp()), 3).name
        'epoch-0003.ckpt'
    """
    content = io.BytesIO()
    torch.save(state, content)
    payload = content.getvalue()
    path = folder / f"epoch-{epoch:04d}.ckpt"
    with atomic_write(path) as temporary, open(temporary, "wb") as file:
        file.write(_HEADER + hashlib.sha256(payload).hexdigest().encode() + b"\n")
        file.write(payload)
    # A checkpoint of a later epoch can only be the damaged one that this run has gone back behind.
    newest_first = [old for old in reversed(list_run_checkpoints(folder)) if epoch_of(old) <= epoch]
    for old in list_run_checkpoints(folder):
        if old not in newest_first[:KEPT]:
            old.unlink()
    return path


def list_run_checkpoints(folder: Path) -> list[Path]:
    """The checkpoints of a run, oldest first.

    Args:
        folder: the run's ``checkpoints`` folder; it need not exist.

    Example:
        >>> list_run_checkpoints(Path("/nowhere"))
        []
    """
    if not folder.is_dir():
        return []
    return sorted((file for file in folder.iterdir() if _NAME.fullmatch(file.name)), key=epoch_of)


def epoch_of(path: Path) -> int:
    """The epoch after which a checkpoint was written, from its name.

    Args:
        path: a file of `save_run_checkpoint`.

    Example:
        >>> epoch_of(Path("epoch-0012.ckpt"))
        12
    """
    return int(_NAME.fullmatch(path.name)[1])


def load_run_checkpoint(path: Path) -> dict[str, Any]:
    """Read one checkpoint and check that every byte is as it was written.

    Args:
        path: a file of `save_run_checkpoint`.

    Returns:
        The state, its tensors on the CPU.

    Raises:
        TrainingError: if the file is truncated, damaged or cannot be read; names it. Nothing in it is ever
            executed.

    Example:
        >>> import tempfile
        >>> load_run_checkpoint(save_run_checkpoint({"epoch": 3}, Path(tempfile.mkdtemp()), 3))
        {'epoch': 3}
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TrainingError(f"{path} is there but cannot be read: {error}") from error
    header, _, payload = content.partition(b"\n")
    if not header.startswith(_HEADER):
        raise TrainingError(f"{path} is damaged or no checkpoint of a run: its first line is wrong")
    # Compared as bytes: a damaged header need not be text.
    if header[len(_HEADER) :] != hashlib.sha256(payload).hexdigest().encode():
        raise TrainingError(f"{path} is truncated or damaged: its checksum does not fit its content")
    try:
        return torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
    except _NOT_A_STATE as error:
        reason = f"{type(error).__name__}: {textwrap.shorten(str(error), 200)}"
        raise TrainingError(f"{path} is whole but holds no state of a run ({reason})") from error


def load_newest_run_checkpoint(folder: Path) -> tuple[dict[str, Any] | None, list[str]]:
    """Read the newest checkpoint that is whole.

    Args:
        folder: the run's ``checkpoints`` folder.

    Returns:
        The state (None where no epoch was finished), and one message for each newer file that
        cannot be used.

    Raises:
        TrainingError: if there are checkpoints and none can be used.

    Example:
        >>> load_newest_run_checkpoint(Path("/nowhere"))
        (None, [])
    """
    problems: list[str] = []
    for path in reversed(list_run_checkpoints(folder)):
        try:
            return load_run_checkpoint(path), problems
        except TrainingError as error:
            problems.append(str(error))
    if problems:
        raise TrainingError(
            f"No checkpoint can be used: {'; '.join(problems)}. Start the run anew with --overwrite."
        )
    return None, problems
