"""One notebook that a student handed in: whose it is, and how much of the assignment is in it.

`collecting.py` sorts by it; nothing of a student's code is run here.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from swin_edu.classroom.course import Course
from swin_edu.classroom.downloads import Download
from swin_edu.classroom.student_names import Owner

__all__ = ["Submission", "grade_ids", "graded_names"]


@dataclass(frozen=True)
class Submission:
    """A notebook with its owner.

    Args:
        file: with its bytes.
        owner: who handed it in.
        fits: how many graded cells of the assignment are in it; -1 for what is no notebook.

    Example:
        >>> Submission(Download(("a.ipynb",), datetime(2026, 1, 2), b"x"), Owner("a"), -1).readable
        False
    """

    file: Download
    owner: Owner
    fits: int

    @cached_property
    def digest(self) -> str:
        """Of the bytes: the same for the same submission."""
        return hashlib.sha256(self.file.data or b"").hexdigest()

    @property
    def readable(self) -> bool:
        """Whether it is a notebook at all."""
        return self.fits >= 0

    @property
    def rank(self) -> tuple[bool, bool, int, datetime]:
        """Of a student's submissions the last counts that is readable and of this assignment."""
        return self.readable, self.fits > 0, self.owner.attempt, self.file.when


def grade_ids(data: bytes) -> frozenset[str] | None:
    """The ids of nbgrader's cells in a notebook.

    Args:
        data: of a file.

    Returns:
        The ids; None for what is no notebook.

    Example:
        >>> grade_ids(b'{"cells": [{"metadata": {"nbgrader": {"grade_id": "why"}}}]}'), grade_ids(b"{")
        (frozenset({'why'}), None)
    """
    try:
        notebook: Any = json.loads(data)
        found = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in notebook["cells"]]
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return None
    return frozenset(grade_id for grade_id in found if isinstance(grade_id, str))


def graded_names(course: Course, name: str) -> frozenset[str]:
    """The ids that tell an assignment from the others: its exercises and questions.

    Args:
        course: that it belongs to.
        name: of the assignment.
    """
    source = course.read(name)
    return frozenset(cell.name for cell in (*source.exercises, *source.questions))
