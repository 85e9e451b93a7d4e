"""What runs in the isolated process: the submission's cells, then its functions on one case after the other.

`session` starts it and asks. The student's code lives in the same process and can change everything here:
that only ever changes its own answers, since no expected answer, no case that was not asked yet, and no
mark is here.
"""

import os
import resource
import threading
from pathlib import Path
from typing import Any

import torch

from swin_edu.classroom.channel import Channel, Message
from swin_edu.classroom.inside_shell import StudentShell, TimeLimit, time_limit
from swin_edu.classroom.memory import limit_memory, limit_resource
from swin_edu.classroom.packed import Packed, Unsendable
from swin_edu.classroom.wire import pack, unpack

__all__ = ["main"]

MOST_TEXT = 2_000


def main(settings: dict[str, Any]) -> None:
    """Answer the grader until it closes the channel.

    Args:
        settings: what `session` says: "channel" (a descriptor), "folder", and the limits.
    """
    torch.set_num_threads(1)
    os.chdir(settings["folder"])
    Path(os.environ["TMPDIR"]).mkdir(exist_ok=True)
    channel = Channel(settings["channel"])
    worker = _Worker(channel, StudentShell.start(), settings)
    set_limits(settings)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):  # what the start said, the grader has read; from here on nobody listens
        os.dup2(nothing, descriptor)
    os.close(nothing)
    channel.send(Message({"ready": True}))
    while True:
        message = channel.receive()
        # The number of the question stands in the answer, so that one sent earlier is not taken for it.
        answer = worker.cell(message) if message.content["do"] == "cell" else worker.ask(message)
        channel.send(Message({**answer.content, "id": message.content["id"]}, answer.parts))


def set_limits(settings: dict[str, Any]) -> None:
    """What this process may use from here on."""
    limit_memory(settings["memory_bytes"])
    limit_resource(resource.RLIMIT_FSIZE, settings["folder_bytes"])
    limit_resource(resource.RLIMIT_CPU, int(settings["cpu_seconds"]) + 1)
    limit_resource(resource.RLIMIT_NOFILE, settings["open_files"])
    limit_resource(resource.RLIMIT_CORE, 0)


class _Worker:
    """Does what the grader asks for."""

    def __init__(self, channel: Channel, shell: StudentShell, settings: dict[str, Any]) -> None:
        self.channel = channel
        self.shell = shell
        self.settings = settings
        self.calling = threading.Lock()

    def cell(self, message: Message) -> Message:
        """Run a cell of the submission."""
        asked = message.content
        return Message(
            self.shell.run(asked["source"], asked["number"], asked["seconds"], self.settings["output_bytes"])
        )

    def ask(self, message: Message) -> Message:
        """Run a function of the submission on one case."""
        asked = message.content
        function = self.shell.user_ns.get(asked["function"])
        if function is None:
            return _problem("NameError", f"there is no function {asked['function']}")
        if not callable(function):
            return _problem(
                "TypeError", f"{asked['function']} is no function but a {type(function).__name__}"
            )
        given: dict[int, _Given] = {}
        arguments = unpack(message.parts["arguments"], function=lambda number: self._given(given, number))
        try:
            with self.shell.silence(), time_limit(asked["seconds"]):
                got = function(*arguments)
                answer = pack(got, max_bytes=self.settings["answer_bytes"])
        except Unsendable as error:
            return _problem("Unsendable", f"the answer {error}")
        except BaseException as error:  # also SystemExit, KeyboardInterrupt and what the student made up
            return _problem(_kind(error), _text(error))
        # A digest says whether the input was changed. It needs no more trust than the answer itself: code
        # that forges it could as well have kept a copy of its input and given that back unchanged.
        return Message({"input": _digest(arguments)}, {"answer": answer})

    def _given(self, given: "dict[int, _Given]", number: int) -> "_Given":
        return given.setdefault(number, _Given(self, number))

    def call(self, number: int, arguments: Packed) -> Any:
        """Have a function called that lives outside."""
        with self.calling:
            self.channel.send(Message({"call": number}, {"arguments": arguments}))
            answer = self.channel.receive()
        if "kind" in answer.content:
            raise _error_of(answer.content["kind"], answer.content["text"])
        return unpack(answer.parts["answer"])


class _Given:
    """Stands for a function among the arguments: the real one lives outside and is called there."""

    def __init__(self, worker: _Worker, number: int) -> None:
        self._worker, self._number = worker, number

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        packed = pack((arguments, named), max_bytes=self._worker.settings["answer_bytes"])
        return self._worker.call(self._number, packed)


def _digest(arguments: Any) -> str | None:
    try:
        return pack(arguments, function=lambda f: f._number if type(f) is _Given else None).digest()
    except Exception:  # changed into something that cannot even be packed
        return None


def _problem(kind: str, text: str) -> Message:
    return Message({"kind": kind[:100], "text": text[:MOST_TEXT]})


def _kind(error: BaseException) -> str:
    return "TimeLimit" if isinstance(error, TimeLimit) else type(error).__name__


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:  # a student's class whose __str__ raises
        return ""


def _error_of(kind: str, text: str) -> Exception:
    """The error that the function outside raised, as the student would have seen it."""
    import builtins

    known = getattr(builtins, kind, None)
    usable = isinstance(known, type) and issubclass(known, Exception) and not issubclass(known, UnicodeError)
    return known(text) if usable else RuntimeError(f"{kind}: {text}")
