"""One command at a time works on a course: two would write the same pages, and the same gradebook.

`swin-edu grade`, `collect`, `feedback` and `release` use it. A command that was killed keeps nobody out.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from swin_edu.classroom.course import ClassroomError, Course

__all__ = ["alone"]


@contextmanager
def alone(course: Course) -> Iterator[None]:
    """Keep other commands from this course while the block runs.

    Args:
        course: that is worked on; each has its own lock.

    Raises:
        ClassroomError: another command is at work.

    Example:
        >>> import tempfile; from pathlib import Path
        >>> with alone(Course(Path(tempfile.mkdtemp()))): print("alone")
        alone
    """
    try:
        import fcntl
    except ImportError:  # Windows, where nothing is graded
        yield
        return
    course.results.mkdir(parents=True, exist_ok=True)
    # The system takes the lock off when its process ends, however that happens; the file stays.
    place = os.open(course.results / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            words = "Another swin-edu command is at work on this course: wait until it is done."
            raise ClassroomError(words) from None
        yield
    finally:
        os.close(place)
