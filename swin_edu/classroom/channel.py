"""Messages between the grader and the isolated process: JSON and raw bytes, with limits and a deadline.

`session` holds one end and `inside` the other. The student's code can write to its end whatever it likes; so
whoever reads trusts nothing but the limits here, and `wire` checks the content.
"""

import json
import os
import select
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from swin_edu.classroom.packed import Malformed, Packed

__all__ = ["Channel", "Closed", "Message", "TooLate"]

HEAD = struct.Struct("!II")  # bytes of the JSON, bytes of the blobs
PIECE = 2**20
MAX_BLOBS = 100_000
LOOK_EVERY = 0.2


class Closed(OSError):
    """The other side is gone."""


class TooLate(OSError):
    """The deadline passed before the whole message came, or went."""


@dataclass(frozen=True)
class Message:
    """One message.

    Args:
        content: plain JSON, an object.
        parts: values that were packed, by name.

    Example:
        >>> Message({"do": "cell"}).content["do"]
        'cell'
    """

    content: dict[str, Any]
    parts: Mapping[str, Packed] = field(default_factory=dict)


class Channel:
    """One end of a connected pair of sockets.

    Args:
        descriptor: its number; whoever made it closes it.
        max_header: most bytes of JSON that are read.
        max_blobs: most bytes of tensors that are read.

    Example:
        >>> import socket; one, other = socket.socketpair()
        >>> Channel(one.fileno()).send(Message({"do": "cell"}))
        >>> Channel(other.fileno()).receive().content
        {'do': 'cell'}
    """

    def __init__(self, descriptor: int, max_header: int = 16 * 2**20, max_blobs: int = 2**30) -> None:
        self.descriptor = descriptor
        self.max_header = max_header
        self.max_blobs = max_blobs
        self.looked = 0.0

    def send(self, message: Message, deadline: float | None = None) -> None:
        """Write one message.

        Args:
            message: what to send.
            deadline: in `time.monotonic()`; without one it waits for as long as it takes.

        Raises:
            Closed, TooLate: nobody reads it, or not in time.
        """
        sizes = {name: [len(blob) for blob in part.blobs] for name, part in message.parts.items()}
        trees = {name: part.tree for name, part in message.parts.items()}
        header = json.dumps({"content": message.content, "trees": trees, "sizes": sizes}).encode()
        blobs = b"".join(blob for part in message.parts.values() for blob in part.blobs)
        rest = memoryview(HEAD.pack(len(header), len(blobs)) + header + blobs)
        while rest:
            if deadline is not None:
                self._wait(select.POLLOUT, deadline, None)
            try:
                rest = rest[os.write(self.descriptor, rest[:PIECE]) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise Closed(str(error)) from None

    def receive(self, deadline: float | None = None, meanwhile: Callable[[], None] | None = None) -> Message:
        """Read one message.

        Args:
            deadline: in `time.monotonic()`; without one it waits for as long as it takes.
            meanwhile: called a few times a second while waiting; may raise to stop.

        Raises:
            Closed, TooLate: nobody writes any more, or not in time.
            Malformed: what came is no message, or is too large.
        """
        header_size, blob_size = HEAD.unpack(self._read(HEAD.size, deadline, meanwhile))
        if header_size > self.max_header or blob_size > self.max_blobs:
            raise Malformed(f"the isolated process sent {header_size + blob_size} bytes")
        header = self._read(header_size, deadline, meanwhile)
        return _message(header, self._read(blob_size, deadline, meanwhile))

    def _read(self, size: int, deadline: float | None, meanwhile: Callable[[], None] | None) -> bytes:
        found = bytearray()
        while len(found) < size:
            if deadline is not None:
                self._wait(select.POLLIN, deadline, meanwhile)
            try:
                piece = os.read(self.descriptor, min(PIECE, size - len(found)))
            except BlockingIOError:
                continue
            except OSError as error:
                raise Closed(str(error)) from None
            if not piece:
                raise Closed("the other side is gone")
            found += piece
        return bytes(found)

    def _wait(self, event: int, deadline: float, meanwhile: Callable[[], None] | None) -> None:
        poll = select.poll()
        poll.register(self.descriptor, event)
        while True:
            now = time.monotonic()
            if now >= deadline:
                raise TooLate("no answer in time")
            # Also where something comes all the time: who sends it byte by byte wants not to be looked at.
            if meanwhile is not None and now - self.looked > LOOK_EVERY:
                self.looked = now
                meanwhile()
            if poll.poll(1000 * min(deadline - now, LOOK_EVERY)):
                return


def _message(header: bytes, blobs: bytes) -> Message:
    try:
        whole = json.loads(header)
        content, trees, sizes = whole["content"], whole["trees"], whole["sizes"]
        start, parts = 0, {}
        if sum(map(len, sizes.values())) > MAX_BLOBS:
            raise Malformed("too many tensors")
        for name, tree in trees.items():
            found = []
            for size in sizes[name]:
                if type(size) is not int or not 0 <= size <= len(blobs) - start:
                    raise Malformed("tensors of impossible sizes")
                found.append(blobs[start : start + size])
                start += size
            parts[name] = Packed(tree, tuple(found))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise Malformed(f"no message: {type(error).__name__}") from None
    if not isinstance(content, dict):
        raise Malformed("no message")
    return Message(content, parts)
