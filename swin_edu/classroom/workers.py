"""Several processes that do one task for many things, where no thing can stop the others.

`grading` runs a class's submissions in them. A process that dies or takes too long costs only the thing that
it was at.
"""

import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any

__all__ = ["Failed", "in_processes"]

# A thing at which a process died may have had bad luck, such as other programs taking all the memory.
ATTEMPTS = 2
LOOK_EVERY = 1.0  # seconds


@dataclass(frozen=True)
class Failed:
    """What there is in the place of an answer.

    Args:
        reason: why, for people.

    Example:
        >>> Failed("took longer than 9 s").reason
        'took longer than 9 s'
    """

    reason: str


def in_processes(
    task: Callable[[str], Any], things: Iterable[str], processes: int, seconds: float
) -> Iterator[tuple[str, Any]]:
    """Do a task for each thing, several at a time.

    Args:
        task: can be pickled, as what it returns can.
        things: each goes to one process.
        processes: how many work at the same time; at least 1.
        seconds: how long one thing may take before its process is ended.

    Yields:
        Each thing with its answer, as they are done; `Failed` where it raised, ended its process, or took too
        long. When the loop is left early, all processes are ended.

    Example:
        >>> sorted(in_processes(len, ["a", "bcd"], 1, 60))
        [('a', 1), ('bcd', 3)]
    """
    waiting = deque(things)
    tried: dict[str, int] = {}
    workers = [_Worker(task, seconds) for _ in range(max(1, min(processes, len(waiting))))]
    try:
        while True:
            for worker in workers:
                # One ahead, so that nobody waits while the caller looks at an answer.
                while waiting and len(worker.things) < 2:
                    worker.give(waiting.popleft())
            if not any(worker.things for worker in workers):
                return
            wait([worker.connection for worker in workers if worker.things], LOOK_EVERY)
            for worker in workers:
                thing, answer, again = worker.look()
                waiting.extendleft(reversed(again))
                if thing is None:
                    continue
                if isinstance(answer, _Died):
                    tried[thing] = tried.get(thing, 0) + 1
                    if tried[thing] < ATTEMPTS:
                        waiting.append(thing)
                        continue
                    answer = Failed("its process ended, twice")
                yield thing, answer
    finally:
        for worker in workers:
            worker.end()


class _Died:
    """The process ended before there was an answer."""


@dataclass
class _Worker:
    """One process, and the things that it was given: the first is the one that it is at."""

    task: Callable[[str], Any]
    seconds: float
    things: deque[str] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._start()

    def _start(self) -> None:
        # A fresh interpreter: a copy of this one would hold its threads' locks and its connections.
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, self.task), daemon=True)
        self.process.start()
        theirs.close()
        self.begun = time.monotonic()

    def give(self, thing: str) -> None:
        if not self.things:
            self.begun = time.monotonic()
        self.things.append(thing)
        with suppress(OSError):  # it died; `look` finds that out
            self.connection.send(thing)

    def look(self) -> tuple[str | None, Any, list[str]]:
        """What became of the first thing (None if it is still worked on), and the ones to give out anew."""
        if not self.things:
            return None, None, []
        try:
            if self.connection.poll():
                answer = self.connection.recv()
                self.begun = time.monotonic()
                return self.things.popleft(), answer, []
        except (EOFError, OSError):
            return self._replace(_Died())
        if time.monotonic() - self.begun > self.seconds:
            return self._replace(Failed(f"took longer than {self.seconds:g} s"))
        return None, None, []

    def _replace(self, answer: Any) -> tuple[str, Any, list[str]]:
        self.end()
        thing, *again = self.things
        self.things.clear()
        self._start()
        return thing, answer, again

    def end(self) -> None:
        self.connection.close()
        self.process.kill()
        self.process.join(5)


def _work(connection: Connection, task: Callable[[str], Any]) -> None:
    # Ctrl+C reaches every process of a terminal; the first one decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, OSError):  # the first process is gone
        while True:
            thing = connection.recv()
            try:
                answer = task(thing)
            except BaseException as error:
                answer = Failed(f"{type(error).__name__}: {error}")
            connection.send(answer)
