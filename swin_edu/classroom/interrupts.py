"""Ctrl+C at the right moment: between two students, never in the middle of one.

`gradebook` and `giving_back` run nbgrader so, which swallows every exception.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["uninterrupted"]


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ctrl+C waits for the end of the block: nbgrader would take it for a failure of this student.

    Raises:
        KeyboardInterrupt: at the end of the block, if Ctrl+C was pressed in it.

    Example:
        >>> with uninterrupted(): print("whole")
        whole
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed = []

    def remember(number: int, frame: FrameType | None) -> None:
        pressed.append(number)

    before = signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt
