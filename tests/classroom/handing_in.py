"""What students hand in, made from a released assignment."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from swin_edu import exercises
from swin_edu.classroom.course import Course

RIGHT = """def my_mask(length, M, s):
    rolled = (torch.arange(length) + s) % length
    band = torch.div(rolled - s, M, rounding_mode="floor").reshape(-1, M)
    return band[:, :, None] == band[:, None, :]"""
STRANGERS = """def my_mask(length, M, s):
    return torch.ones(length // M, M, M, dtype=torch.bool)"""
# Right with what the student can see, and nothing else.
BY_HEART = (
    RIGHT.replace("my_mask", "_right")
    + f"""
def my_mask(length, M, s):
    mask = _right(length, M, s)
    return mask if (length, M, s) in {exercises.mask_1d.cases()} else ~mask"""
)
LOOP = "def my_mask(length, M, s):\n    while True:\n        pass"
ANSWER = "Tokens that wrapped around are strangers. <script>alert('answer')</script>"

Notebook = dict[str, Any]


def handed_in(
    course: Course,
    name: str,
    solution: str = RIGHT,
    answer: str = ANSWER,
    edit: Callable[[Notebook], Any] = id,
) -> bytes:
    """The released notebook with a student's work in it.

    Args:
        course: that released it.
        name: of the assignment.
        solution: in the place of the stub.
        answer: to the question; empty leaves it open.
        edit: does something to the notebook.
    """
    notebook = json.loads((course.release / name / f"{name}.ipynb").read_text(encoding="utf-8"))
    cell(notebook, "mask_1d")["source"] = solution
    if answer:
        cell(notebook, "why")["source"] = answer
    edit(notebook)
    return json.dumps(notebook).encode()


def fix_hidden_cases(course: Course, name: str) -> None:
    """Have the same hidden cases in every run of the tests, and none that is a visible one by chance."""
    for number in range(100):
        course.secret_file.write_text(f"secret {number}")
        hidden = exercises.mask_1d.hidden_cases(course.seed(name, "mask_1d"))
        if not set(hidden) & set(exercises.mask_1d.cases()):
            return
    raise AssertionError("visible cases are drawn every time")


def cell(notebook: Notebook, name: str) -> dict[str, Any]:
    """The cell with an id."""
    return next(one for one in notebook["cells"] if one["id"] == name)


def lay(course: Course, name: str, student: str, data: bytes) -> Path:
    """Put a file where `collect` would put it."""
    path = course.submitted / student / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
