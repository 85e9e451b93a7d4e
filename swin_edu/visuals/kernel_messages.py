"""Hear the browser while a cell runs: widget messages are taken from the kernel's queue between two steps.

A kernel handles one message at a time, and a running cell is one of them, so a click waits for its end.
Notebook 08's TrainingDashboard calls `hear_browser` between two steps of the loop, and its buttons work.
Cells that were started meanwhile keep their turn: they run when the present one is done, in their order.
"""

import sys
import threading
from collections.abc import Callable
from typing import Any

WIDGETS = ("comm_open", "comm_msg", "comm_close")


def running_kernel() -> Any | None:
    """The ipykernel that this process is, or None in plain Python and in a terminal."""
    module = sys.modules.get("ipykernel.kernelbase")  # if it is not loaded, there is no kernel
    return module.Kernel.instance() if module is not None and module.Kernel.initialized() else None


def hear_browser(kernel: Any | None = None) -> int:
    """Handle the widget messages that came since the cell was started or since the last call; never waits.

    Call it from the cell's own thread. Where there is no kernel, or one with another inside than ipykernel 6
    and 7 have, nothing happens.

    Args:
        kernel: None for the one that this process is.

    Returns:
        How many messages were handled.

    Example:
        >>> hear_browser()  # no browser here
        0
    """
    kernel = kernel or running_kernel()
    stream = None if kernel is None else _queue_of(kernel)
    if stream is None or threading.current_thread() is not threading.main_thread():
        return 0
    import zmq  # every kernel has it

    handled = 0
    while stream.socket.getsockopt(zmq.EVENTS) & zmq.POLLIN:
        frames = stream.socket.recv_multipart(zmq.NOBLOCK, copy=False)
        if _is_for_widget(kernel, frames):
            _handle(kernel, frames)
            handled += 1
        else:
            _give_back(stream, frames)
    return handled


def _queue_of(kernel: Any) -> Any | None:
    """The stream from which the kernel's main thread takes its messages."""
    thread = getattr(kernel, "shell_channel_thread", None)
    # From ipykernel 7 on a thread reads the socket and hands on what is for the main thread.
    try:
        stream = kernel.shell_stream if thread is None else thread.manager._shell_channel_to_main.to_stream
        usable = callable(stream._recv_callback) and callable(stream._run_callback)
    except AttributeError:
        return None
    return stream if usable else None


def _is_for_widget(kernel: Any, frames: list[Any]) -> bool:
    try:
        _, parts = kernel.session.feed_identities(frames, copy=False)
        # Only the header: a message that was deserialized counts as seen, and is refused the second time.
        return kernel.session.unpack(parts[1].bytes)["msg_type"] in WIDGETS
    except (ValueError, KeyError, IndexError):
        return False  # the kernel says itself what is wrong with it


def _handle(kernel: Any, frames: list[Any]) -> None:
    idents, parts = kernel.session.feed_identities(frames, copy=False)
    message = kernel.session.deserialize(parts, copy=False)
    handler: Callable[..., Any] = kernel.shell_handlers[message["header"]["msg_type"]]
    handler(None, idents, message)


def _give_back(stream: Any, frames: list[Any]) -> None:
    """Let the kernel handle a message when its turn comes, after the cell that is running."""
    stream._run_callback(stream._recv_callback, frames)
