"""Starting bubblewrap, finding the process inside, and ending both.

`sandbox` uses it.
"""

import json
import os
import select
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["end_process", "first_process", "only_child", "start_process"]


def start_process(
    command: list[str], environment: dict[str, str], folder: str, errors: Any, keep: list[int]
) -> subprocess.Popen:
    """Start a process without a terminal, in a session of its own.

    Args:
        command: program and arguments.
        environment: all of its variables.
        folder: where it starts.
        errors: file that its stderr goes to; its stdout goes nowhere.
        keep: descriptors that it inherits.
    """
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        env=environment,
        cwd=folder,
        pass_fds=keep,
        start_new_session=True,
    )


def first_process(reading: int) -> int | None:
    """The box's first process, which bubblewrap says as JSON; None where it did not start."""
    said = b""
    while b"}" not in said and select.select([reading], [], [], 10)[0] and (piece := os.read(reading, 4096)):
        said += piece
    try:
        return int(json.loads(said)["child-pid"])
    except (ValueError, LookupError):
        return None


def only_child(first: int | None) -> int | None:
    """The worker, for the box's first process starts nothing else, and the worker can't start anything."""
    try:
        return int(Path(f"/proc/{first}/task/{first}/children").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def end_process(process: subprocess.Popen) -> None:
    """End bubblewrap at once; the box's first process dies with it, and so do all others there."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
