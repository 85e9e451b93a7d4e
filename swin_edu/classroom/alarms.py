"""A limit for our own tools at work on a student's text: some texts no reader is ever done with.

`gradebook` and `giving_back` use it around nbgrader.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from swin_edu.exercises.time_limit import TimeLimit

__all__ = ["alarm"]


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Stop the block after so many seconds, a search with a regular expression included.

    The exercises' `time_limit` needs a second thread, which such a search does not let run. This one needs a
    system that has alarms, and the main thread; elsewhere nothing is stopped.

    Args:
        seconds: of the wall clock.

    Raises:
        TimeLimit: inside the block, when the time is over.

    Example:
        >>> import re
        >>> with alarm(0.1): re.match("(a+)+$", "a" * 99 + "b")
        Traceback (most recent call last):
        swin_edu.exercises.time_limit.TimeLimit: still running after 0.1 s
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "SIGALRM"):
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise TimeLimit(f"still running after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
