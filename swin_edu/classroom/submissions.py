"""One notebook that a student handed in: whose it is, and how much of the assignment is in it.

`collecting.py` sorts by it, and `grading.py` finds it; nothing of a student's code is run here.
"""

import glob
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from swin_edu.classroom.course import ClassroomError, Course
from swin_edu.classroom.downloads import Download
from swin_edu.classroom.student_names import Owner

__all__ = ["Submission", "find_notebook", "grade_ids", "graded_names"]

NOTHING = "no notebook was handed in"
LINK = "is a link, not a file; it was not followed"


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


def find_notebook(course: Course, name: str, student: str, remarks: dict[str, str]) -> Path:
    """The notebook of a student that counts, under the name that nbgrader looks for.

    Args:
        course: that the assignment belongs to.
        name: of the assignment.
        student: the id.
        remarks: gets an entry where there were several.

    Raises:
        ClassroomError: there is none, it is a link, or nbgrader could not find it.
    """
    if glob.escape(student) != student:  # nbgrader looks for students with patterns
        raise ClassroomError("its folder has *, ? or [ in its name; rename it, and grade again")
    folder = course.submitted / student / name
    place = folder / f"{name}.ipynb"
    others = sorted(path for path in folder.glob("*.ipynb") if path != place)
    if place.is_symlink():
        raise ClassroomError(f"{place.name} {LINK}")
    if not place.is_file():
        own = graded_names(course, name)
        files = [path for path in others if path.is_file() and not path.is_symlink()]
        if not files:
            raise ClassroomError(NOTHING)
        ids = {path: grade_ids(path.read_bytes()) for path in files}
        best = max(files, key=lambda path: (len((ids[path] or set()) & own), path.stat().st_mtime))
        part = place.with_suffix(".part")
        part.write_bytes(best.read_bytes())
        part.replace(place)
    if others:
        remarks[student] = f"{len(others) + 1} notebooks in its folder; {place.name} counts"
    return place
