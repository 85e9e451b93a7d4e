"""Messages: whole, in time, and not larger than allowed."""

import json
import socket
import struct
import threading
import time

import pytest
import torch

from swin_edu.classroom.channel import Channel, Closed, Message, TooLate
from swin_edu.classroom.packed import Malformed
from swin_edu.classroom.wire import pack, unpack


@pytest.fixture
def ends():
    here, there = socket.socketpair()
    here.setblocking(False)
    with here, there:
        yield here, there


def soon(seconds: float = 5) -> float:
    return time.monotonic() + seconds


def frame(header: bytes, blobs: bytes = b"") -> bytes:
    return struct.pack("!II", len(header), len(blobs)) + header + blobs


def test_large_message_comes_whole(ends):
    here, there = (Channel(end.fileno()) for end in ends)
    value = (torch.arange(10**6), [torch.zeros(0), "text"], torch.tensor(True))
    sender = threading.Thread(
        target=there.send, args=(Message({"id": 3}, {"answer": pack(value), "b": pack(1)}),)
    )
    sender.start()
    message = here.receive(soon())
    sender.join()
    assert message.content == {"id": 3}
    numbers, (empty, text), truth = unpack(message.parts["answer"])
    assert torch.equal(numbers, value[0])
    assert (empty.numel(), text, bool(truth)) == (0, "text", True)
    assert unpack(message.parts["b"]) == 1


def test_silence_is_too_late_and_looked_at_meanwhile(ends):
    looks = []
    with pytest.raises(TooLate):
        Channel(ends[0].fileno()).receive(soon(0.7), lambda: looks.append(1))
    assert 2 <= len(looks) <= 5


def test_byte_by_byte_is_too_late_and_looked_at_meanwhile(ends):
    stop, looks = threading.Event(), []

    def dribble():
        while not stop.wait(0.01):
            ends[1].send(b"\0")

    sender = threading.Thread(target=dribble)
    sender.start()
    try:
        ends[1].send(struct.pack("!II", 10**6, 0))
        with pytest.raises(TooLate):
            Channel(ends[0].fileno()).receive(soon(0.7), lambda: looks.append(1))
    finally:
        stop.set()
        sender.join()
    assert 2 <= len(looks) <= 5


def test_whoever_does_not_read_is_too_late(ends):
    with pytest.raises(TooLate):
        Channel(ends[0].fileno()).send(Message({}, {"big": pack(torch.zeros(10**6))}), soon(0.3))


def test_the_end_is_told(ends):
    ends[1].close()
    with pytest.raises(Closed):
        Channel(ends[0].fileno()).receive(soon())
    with pytest.raises(Closed):
        Channel(ends[0].fileno()).send(Message({}), soon())


@pytest.mark.parametrize(("header", "blobs"), [(2**20, 0), (10, 2**20), (2**32 - 1, 2**32 - 1)])
def test_too_large_is_refused_before_it_is_read(ends, header, blobs):
    ends[1].send(struct.pack("!II", header, blobs))
    with pytest.raises(Malformed, match="bytes"):
        Channel(ends[0].fileno(), max_header=1000, max_blobs=1000).receive(soon())


WHOLE = {"content": {}, "trees": {"a": 1}, "sizes": {"a": [4]}}


@pytest.mark.parametrize(
    "header",
    [
        *(b"", b"\xff\xfe", b"{", b"[]", b"3", b"null", b"[" * 10**5, b'{"content": 1}'),
        *(json.dumps({**WHOLE, **change}).encode() for change in (
            {"content": []}, {"content": None}, {"trees": 3}, {"sizes": {}}, {"sizes": {"a": [5]}},
            {"sizes": {"a": [-1]}}, {"sizes": {"a": ["4"]}}, {"sizes": {"a": [True, 3]}}, {"sizes": {"a": 4}},
            {"sizes": {"a": [0] * 10**6}},
        )),
    ],
    ids=lambda header: str(header[:50]),
)  # fmt: skip
def test_forged_headers_are_malformed(ends, header):
    sender = threading.Thread(target=ends[1].sendall, args=(frame(header, b"1234"),))
    sender.start()
    with pytest.raises(Malformed):
        Channel(ends[0].fileno()).receive(soon())
    sender.join()
