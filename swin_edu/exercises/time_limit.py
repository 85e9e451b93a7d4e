"""A limit for code that may never end: a learner's endless loop becomes an error that can be explained.

The exercises' check runs a learner's function under it; see `swin_edu/exercises/engine.py`.
"""

import _thread
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

AGAIN = 0.01  # seconds


class TimeLimit(BaseException):
    """Code ran longer than it may. No `Exception`, so that a learner's `except Exception` lets it through."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Stop Python code in the block after so many seconds.

    It works like Ctrl+C, on every system: a call into C is stopped when it returns. Outside the main thread,
    where Python delivers no signals, nothing is stopped.

    Args:
        seconds: of the wall clock.

    Raises:
        TimeLimit: inside the block, when the time is over.

    Example:
        >>> with time_limit(0.05):
        ...     while True: pass
        Traceback (most recent call last):
        swin_edu.exercises.time_limit.TimeLimit: still running after 0.05 s
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.getsignal(signal.SIGINT)
    lock, state, left = threading.Lock(), {"inside": True, "over": False}, threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        if not state["over"]:  # the learner's own Ctrl+C
            (previous if callable(previous) else signal.default_int_handler)(number, frame)
        elif state["inside"]:
            raise TimeLimit(f"still running after {seconds:g} s")

    def fire() -> None:
        # Again and again: a bare `except:` in a loop takes some of them, but not one between two rounds.
        wait = seconds
        while not left.wait(wait):
            with lock:
                if not state["inside"]:
                    return
                state["over"] = True
                _thread.interrupt_main()
            wait = AGAIN

    def leave() -> None:
        state["inside"] = False  # from here on `stop` raises nothing
        left.set()
        with lock:  # whoever fires now is waited for
            pass

    signal.signal(signal.SIGINT, stop)
    threading.Thread(target=fire, daemon=True).start()
    try:
        try:
            yield
        finally:
            leave()
    finally:  # also where the time was over just at the end
        leave()
        signal.signal(signal.SIGINT, previous if previous is not None else signal.SIG_DFL)
