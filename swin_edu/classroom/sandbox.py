"""The box that students' code runs in, made by bubblewrap: Python, the library, and nothing else.

`session` starts submissions with it. What it keeps out is listed there.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from swin_edu.classroom.box_processes import end_process, first_process, only_child, start_process
from swin_edu.classroom.sandbox_files import (
    COURSE,
    FOLDER,
    course_files,
    environment,
    hidden_folders,
    import_paths,
    python_files,
    python_program,
    system_files,
)
from swin_edu.classroom.seccomp import filter_program

__all__ = ["NoSandbox", "Sandbox", "Started", "find_sandbox"]

BYTECODE = "/bytecode"
START = (
    "import json, sys; settings = json.loads(sys.argv[1]); sys.path[:0] = settings['paths']; "
    "from swin_edu.classroom.inside import main; main(settings)"
)
INSTALL = (
    "students' code is run in isolation by bubblewrap, and {problem}. "
    "Install it (apt, dnf, pacman or apk: the package is called bubblewrap){more}. "
    "In a container, its host has to allow user namespaces (docker: --security-opt seccomp=unconfined). "
    "For code that you trust like your own there is --no-isolation: it can read your files and give itself "
    "points"
)


class NoSandbox(RuntimeError):
    """Nothing on this machine can isolate students' code; the text says what to install."""


@dataclass(frozen=True)
class Started:
    """A process that was started for one submission.

    Args:
        process: bubblewrap's (or without isolation the worker's own).
        descriptor: where the session writes and reads.
        find_worker: gives the worker's process id, seen from outside; None where that cannot be found out.
        errors: what the start said, for the case that it failed.
    """

    process: subprocess.Popen
    descriptor: int
    find_worker: Callable[[], int | None]
    errors: Any


@dataclass(frozen=True)
class Sandbox:
    """How students' code is run on this machine. `find_sandbox` makes it.

    Args:
        program: the path of bubblewrap; None runs without isolation.
        proc: whether a new /proc can be mounted (not in some containers).
        readable: more files or folders that submissions may read, with the place where they find them.
        bytecode: a folder with what Python makes of the packages' texts, read by every submission, so that
            none has to make it again; see `bytecode.py`.
        writes_bytecode: whether this run, of code that is trusted, fills it.

    Example:
        >>> Sandbox(None).isolated
        False
    """

    program: str | None
    proc: bool = True
    readable: tuple[tuple[str, str], ...] = ()
    bytecode: str | None = None
    writes_bytecode: bool = False

    @property
    def isolated(self) -> bool:
        """Whether anything is kept from the submission."""
        return self.program is not None

    def command(self, folder_bytes: int, seccomp: int, info: int, command: Sequence[str]) -> list[str]:
        """The whole command line of bubblewrap.

        Args:
            folder_bytes: of the folder that the submission may write to, and that goes when it ends.
            seccomp: descriptor of the filter.
            info: descriptor that bubblewrap writes the process's id to.
            command: what to run inside.
        """
        words = [str(self.program), "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc"]
        words += ["--unshare-uts", "--unshare-cgroup-try", "--die-with-parent", "--new-session"]
        words += [
            "--cap-drop",
            "ALL",
            "--uid",
            "1000",
            "--gid",
            "1000",
            "--hostname",
            "classroom",
            "--clearenv",
        ]
        for name, value in environment(FOLDER).items():
            words += ["--setenv", name, value]
        for path, target in system_files():
            words += ["--symlink", target, path] if target else ["--ro-bind", path, path]
        for path in python_files():
            words += ["--ro-bind", path, path]
        for part, place in (*course_files(), *self.readable):
            words += ["--ro-bind", str(part), place]
        if self.bytecode:
            words += ["--bind" if self.writes_bytecode else "--ro-bind", self.bytecode, BYTECODE]
        for folder in hidden_folders():
            words += ["--tmpfs", folder, "--remount-ro", folder]
        words += ["--proc", "/proc", "--remount-ro", "/proc"] if self.proc else []
        # bubblewrap leaves /dev and / writable, and as large as half of the memory.
        words += ["--dev", "/dev", "--remount-ro", "/dev"]
        words += ["--size", str(folder_bytes), "--tmpfs", FOLDER, "--symlink", f"{FOLDER}/.tmp", "/tmp"]
        words += ["--remount-ro", "/", "--chdir", FOLDER]
        return [*words, "--seccomp", str(seccomp), "--info-fd", str(info), "--", *command]

    @contextmanager
    def start(self, settings: dict[str, Any]) -> Iterator[Started]:
        """Run the worker for one submission; it and all that it made are gone at the end.

        Args:
            settings: the limits, as `inside.main` reads them.
        """
        here, there = socket.socketpair()
        with here, there, tempfile.TemporaryFile() as errors:
            here.setblocking(False)
            settings = {**settings, "channel": there.fileno()}
            launch = self._launch_isolated if self.isolated else self._launch_plain
            with launch(settings, errors) as (process, find_worker):
                there.close()
                try:
                    yield Started(process, here.fileno(), find_worker, errors)
                finally:
                    end_process(process)

    @contextmanager
    def _launch_isolated(self, settings: dict[str, Any], errors: Any) -> Iterator[Any]:
        settings = {**settings, "folder": FOLDER, "paths": [COURSE, *import_paths()]}
        seccomp = os.memfd_create("seccomp")
        reading, info = os.pipe()
        try:
            os.write(seccomp, filter_program())
            os.lseek(seccomp, 0, os.SEEK_SET)
            kept = ["-X", f"pycache_prefix={BYTECODE}"] if self.bytecode else []
            worker = [python_program(), "-I", *kept, "-c", START, json.dumps(settings)]
            command = self.command(settings["folder_bytes"], seccomp, info, worker)
            # No environment even for bubblewrap: inside, it is process 1, whose environment /proc shows.
            process = start_process(command, {}, "/", errors, [settings["channel"], seccomp, info])
            os.close(info)
            info = -1
            first = first_process(reading)
        finally:
            for descriptor in (seccomp, reading, info):
                if descriptor >= 0:
                    os.close(descriptor)
        yield process, (lambda: only_child(first))

    @contextmanager
    def _launch_plain(self, settings: dict[str, Any], errors: Any) -> Iterator[Any]:
        with tempfile.TemporaryDirectory(prefix="swin-edu-") as place:
            course, folder = Path(place, "course"), Path(place, "submission")
            folder.mkdir()
            for part, inside in course_files():
                link = course / Path(inside).relative_to(COURSE)
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(part)
            settings = {**settings, "folder": str(folder), "paths": [str(course), *import_paths()]}
            command = [python_program(), "-I", "-c", START, json.dumps(settings)]
            process = start_process(
                command, environment(str(folder)), str(folder), errors, [settings["channel"]]
            )
            yield process, (lambda: process.pid)


def find_sandbox(allow_none: bool = False, readable: Sequence[tuple[str, str]] = ()) -> Sandbox:
    """What isolates students' code on this machine. It is tried out, not only looked for.

    Args:
        allow_none: run without isolation where there is no way; only for code that is trusted.
        readable: more files or folders that submissions may read, each with the place where they find it.

    Raises:
        NoSandbox: if nothing works here, with what to install.

    Example:
        >>> find_sandbox(allow_none=True).program is None or find_sandbox().isolated
        True
    """
    program = shutil.which("bwrap")
    try:
        if not sys.platform.startswith("linux"):
            raise NoSandbox(INSTALL.format(problem="that runs on Linux only (on Windows: in WSL)", more=""))
        if program is None:
            raise NoSandbox(INSTALL.format(problem="it is not installed", more=""))
        words = ""
        for proc in (True, False):
            sandbox = Sandbox(program, proc, tuple(readable))
            works, words = _try_out(sandbox)
            if works:
                return sandbox
        more = " and allow user namespaces (Ubuntu 24.04 and later: an AppArmor profile for bwrap)"
        raise NoSandbox(INSTALL.format(problem=f"it does not work here ({words})", more=more))
    except (NoSandbox, NotImplementedError) as error:
        if allow_none and os.name == "posix":
            return Sandbox(None)
        raise error if isinstance(error, NoSandbox) else NoSandbox(str(error)) from None


@cache
def _try_out(sandbox: Sandbox) -> tuple[bool, str]:
    """Whether a box can be made here, and what bubblewrap says if not."""
    reading, info = os.pipe()
    seccomp = os.memfd_create("seccomp")
    try:
        os.write(seccomp, filter_program())
        os.lseek(seccomp, 0, os.SEEK_SET)
        command = sandbox.command(
            2**20, seccomp, info, [python_program(), "-I", "-S", "-c", "print('works')"]
        )
        tried = subprocess.run(
            command, capture_output=True, text=True, env={}, pass_fds=[seccomp, info], timeout=60, check=False
        )
    except subprocess.TimeoutExpired:
        return False, "it took more than a minute"
    finally:
        for descriptor in (reading, info, seccomp):
            os.close(descriptor)
    return tried.stdout.strip() == "works", tried.stderr.strip()[-300:]
