"""Functions among the arguments of a case: they live outside, and the isolated process has them called.

`session` answers such requests with it. What they are called with was made by the student's code, so they
run in a process of their own, with a limit on memory: a gigantic argument ends that one and not the grader.
It is not isolated otherwise: give functions that compute with their arguments and do nothing else with
them.
"""

import os
import signal
import socket
from collections.abc import Callable, Sequence
from typing import Any

import torch

from swin_edu.classroom.channel import Channel, Closed, Message, TooLate
from swin_edu.classroom.memory import limit_memory
from swin_edu.classroom.packed import Malformed, Packed, Unsendable
from swin_edu.classroom.wire import pack, unpack

__all__ = ["GivenFunctions"]

EXTRA_BYTES = 2**30


class GivenFunctions:
    """Calls functions for somebody who is not trusted.

    Args:
        max_bytes: of tensors, in a call and in its answer.

    Example:
        >>> import time
        >>> with GivenFunctions(2**20) as given:
        ...     arguments = given.pack((len, 2))
        ...     answer = given.call(0, pack((("three",), {})), time.monotonic() + 5)
        >>> unpack(answer.parts["answer"])
        5
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.functions: list[Callable[..., Any]] = []
        self.process = 0
        self.channel: Channel | None = None
        self.sockets: Sequence[socket.socket] = ()

    def __enter__(self) -> "GivenFunctions":
        return self

    def __exit__(self, *error: object) -> None:
        self._end()

    def pack(self, arguments: tuple[Any, ...]) -> Packed:
        """Arguments as plain data; functions become numbers, and those of the last case are forgotten."""
        self._end()
        self.functions = []

        def number(value: Any) -> int | None:
            if not callable(value) or isinstance(value, type):
                return None
            if not any(value is known for known in self.functions):
                self.functions.append(value)
            return next(i for i, known in enumerate(self.functions) if known is value)

        return pack(arguments, function=number, strict=True)

    def call(self, number: Any, arguments: Packed, deadline: float) -> Message:
        """Call a function; what comes back goes to the isolated process as it is.

        Args:
            number: which; as the isolated process says, so it may be nonsense.
            arguments: a tuple of positional ones and a dict of named ones.
            deadline: in `time.monotonic()`.
        """
        if type(number) is not int or not 0 <= number < len(self.functions):
            return _error("LookupError", "there is no such function")
        try:
            if not self.process:
                self._start()
            self.channel.send(Message({"call": number}, {"arguments": arguments}), deadline)
            return self.channel.receive(deadline)
        except (Closed, TooLate, Malformed) as error:
            self._end()
            kind = "TimeLimit" if isinstance(error, TooLate) else "RuntimeError"
            return _error(kind, "the function you were given got nowhere with these arguments")

    def _start(self) -> None:
        # A fork, since most of these functions are closures, which cannot be sent to a new Python.
        here, there = socket.socketpair()
        self.process = os.fork()
        if self.process == 0:
            try:
                here.close()
                self._serve(Channel(there.fileno()))
            finally:
                os._exit(0)
        there.close()
        here.setblocking(False)
        self.sockets, self.channel = [here], Channel(here.fileno(), max_blobs=2 * self.max_bytes)

    def _serve(self, channel: Channel) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        torch.set_num_threads(1)  # the threads of the grader's own pool are not in this process
        limit_memory(EXTRA_BYTES)
        while True:
            message = channel.receive()
            channel.send(self._answer(message))

    def _answer(self, message: Message) -> Message:
        try:
            arguments, named = unpack(message.parts["arguments"])
            got = self.functions[message.content["call"]](*arguments, **named)
            return Message({}, {"answer": pack(got, max_bytes=self.max_bytes)})
        except (Exception, Unsendable) as error:
            return _error(type(error).__name__, str(error)[:500])

    def _end(self) -> None:
        if self.process:
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
        for each in self.sockets:
            each.close()
        self.process, self.sockets, self.channel = 0, (), None


def _error(kind: str, text: str) -> Message:
    return Message({"kind": kind, "text": text})
