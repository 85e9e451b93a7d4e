"""The grader's view of one isolated process: ask it to run a cell or a case, and wait no longer than allowed.

`session` uses it. Whatever the process sends is checked here before anything is made of it.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from swin_edu.classroom.channel import Channel, Closed, Message, TooLate
from swin_edu.classroom.given_functions import GivenFunctions
from swin_edu.classroom.packed import Malformed, plain_text
from swin_edu.classroom.sandbox import FOLDER, Sandbox, Started
from swin_edu.classroom.wire import unpack
from swin_edu.exercises.running import TIME_LIMIT, Outcome, Problem

__all__ = ["Limits", "Lost", "OutOfTime", "StartFailed", "Worker"]

MAX_FILES = 20_000
MAX_CALLS = 10_000
STOPPED = "Stopped"


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Args:
        start_seconds: until Python and torch are there; where it is not enough, the machine is to blame.
        cell_seconds: of each cell.
        case_seconds: of each case of each question.
        grace_seconds: between the gentle stop from inside and the end of the process.
        total_seconds: of everything together; starting is not counted, which takes long on a busy machine.
        cpu_seconds: of the processor, by each process.
        memory_bytes: on top of what Python and torch hold.
        folder_bytes: of all its files together.
        output_bytes: characters that one cell may show, pictures included; of text a fortieth.
        answer_bytes: of the tensors in one answer.
        open_files: at the same time.
        threads: at the same time.
        restarts: how often it is started again after its process ended or had to be ended.

    Example:
        >>> Limits(case_seconds=2).case_seconds
        2
    """

    start_seconds: float = 120
    cell_seconds: float = 30
    case_seconds: float = 10
    grace_seconds: float = 5
    total_seconds: float = 300
    cpu_seconds: float = 300
    memory_bytes: int = 2 * 2**30
    folder_bytes: int = 64 * 2**20
    output_bytes: int = 4_000_000
    answer_bytes: int = 32 * 2**20
    open_files: int = 128
    threads: int = 64
    restarts: int = 3


class StartFailed(RuntimeError):
    """The isolated process did not start. No submission's code has run by then, so none is to blame."""


class Lost(Exception):
    """The process ended, or had to be ended.

    Args:
        kind: "TimeLimit", or "Stopped" for every other reason.
        text: the reason.

    Example:
        >>> str(Lost("Stopped", "its process ended"))
        'its process ended'
    """

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class OutOfTime(Lost):
    """The submission's whole time is used up, and this was not even begun."""


class Worker:
    """One isolated process, ready to be asked. `Worker.start` makes it."""

    def __init__(self, started: Started, limits: Limits, given: GivenFunctions) -> None:
        self.started = started
        self.limits = limits
        self.given = given
        self.deadline = 0.0
        self.process_id: int | None = None
        self.asked = 0
        self.channel = Channel(started.descriptor, limits.output_bytes + 2**22, 2 * limits.answer_bytes)

    @classmethod
    @contextmanager
    def start(cls, sandbox: Sandbox, limits: Limits, seconds: float) -> "Iterator[Worker]":
        """Start a process and wait until it is ready; it is ended when the block ends.

        Args:
            sandbox: what isolates it.
            limits: what it may use.
            seconds: how long all its work together may take, counted from when it is ready.

        Raises:
            StartFailed: with what bubblewrap and Python said.
        """
        with sandbox.start(asdict(limits)) as started, GivenFunctions(limits.answer_bytes) as given:
            worker = cls(started, limits, given)
            try:
                worker.channel.receive(time.monotonic() + limits.start_seconds)
            except (Closed, TooLate, Malformed) as error:
                started.errors.seek(0)
                said = started.errors.read(4000).decode(errors="replace").strip() or str(error)
                raise StartFailed(f"the isolated process did not start: {said}") from None
            worker.process_id = started.find_worker()
            worker.deadline = time.monotonic() + seconds
            yield worker

    def run_cell(self, source: str, number: int) -> dict[str, Any]:
        """Run a cell.

        Returns:
            "outputs" and "status", as they came; not checked yet.

        Raises:
            Lost: if the process ended or had to be ended.
        """
        seconds = self._seconds(self.limits.cell_seconds)
        request = {"do": "cell", "source": source, "number": number, "seconds": seconds}
        return self._ask(Message(request), seconds).content

    def run_case(self, function: str, arguments: tuple[Any, ...]) -> Outcome:
        """Run a function of the submission on one case.

        Raises:
            Lost: if the process ended or had to be ended.
        """
        seconds = self._seconds(self.limits.case_seconds)
        packed = self.given.pack(arguments)
        request = {"do": "ask", "function": function, "seconds": seconds}
        answer = self._ask(Message(request, {"arguments": packed}), seconds)
        if "kind" in answer.content:
            kind, text = answer.content["kind"], answer.content.get("text")
            return Outcome(error=Problem(_words(kind, 100), _words(text, 2000)))
        try:
            got = unpack(answer.parts["answer"])
        except (Malformed, LookupError):
            raise Lost(STOPPED, "it sent something that is no answer") from None
        return Outcome(got, changed_input=answer.content.get("input") != packed.digest())

    def _seconds(self, most: float) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise OutOfTime(TIME_LIMIT, f"all its {self.limits.total_seconds:g} s are used up")
        return min(most, left)

    def _ask(self, message: Message, seconds: float) -> Message:
        self.asked += 1
        deadline = time.monotonic() + seconds + self.limits.grace_seconds
        request = Message({**message.content, "id": self.asked}, message.parts)
        try:
            self.channel.send(request, deadline)
            for _ in range(MAX_CALLS):
                answer = self.channel.receive(deadline, self._watch)
                if "call" not in answer.content:
                    break
                arguments = answer.parts.get("arguments")
                if arguments is None:
                    raise Malformed("a call without arguments")
                self.channel.send(self.given.call(answer.content["call"], arguments, deadline), deadline)
            else:
                raise Lost(STOPPED, f"it called given functions more than {MAX_CALLS} times")
            if answer.content.get("id") != self.asked:
                raise Malformed("an answer to another question")
            return answer
        except TooLate:
            raise Lost(
                TIME_LIMIT, f"still running after {seconds:g} s, and it did not let itself be stopped"
            ) from None
        except Closed:
            raise Lost(STOPPED, f"its process ended{self._how()}") from None
        except Malformed:
            raise Lost(STOPPED, "it sent something that is no answer") from None

    def _how(self) -> str:
        """How the process ended, as bubblewrap says it."""
        try:
            code = self.started.process.wait(1)
        except subprocess.TimeoutExpired:
            return ""
        number = code - 128 if code > 128 else -code
        try:
            return f" ({signal.Signals(number).name})" if number > 0 else f" (exit code {code})"
        except ValueError:
            return f" (exit code {code})"

    def _watch(self) -> None:
        """Threads and files cost the kernel's memory, and for root no limit of the system counts them."""
        if self.process_id is None:
            return
        try:
            status = Path(f"/proc/{self.process_id}/status").read_text()
            threads = next(
                int(line.split()[1]) for line in status.splitlines() if line.startswith("Threads:")
            )
            if threads > self.limits.threads:
                raise Lost(STOPPED, f"it started {threads} threads")
            folder = os.statvfs(f"/proc/{self.process_id}/root{FOLDER}")
            if folder.f_files - folder.f_ffree > MAX_FILES:
                raise Lost(STOPPED, f"it made more than {MAX_FILES} files")
        except (OSError, StopIteration):  # it has just ended
            return


def _words(value: Any, most: int) -> str:
    return plain_text(value[:most]) if isinstance(value, str) else ""
