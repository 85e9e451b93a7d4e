"""nbgrader's gradebook: verdicts go into it through `nbgrader autograde`, and points come out of it.

`grading` uses it, one student after the other: its data base does not bear two writers.
"""

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from swin_edu.classroom.alarms import alarm
from swin_edu.classroom.course import ClassroomError, Course
from swin_edu.classroom.interrupts import uninterrupted
from swin_edu.classroom.nbgrader_log import reasons
from swin_edu.classroom.tasks import Assignment

__all__ = ["Book", "Score"]

LONGEST = 600.0  # seconds; a submission that has to be run here may take five minutes


@dataclass(frozen=True)
class Score:
    """What the gradebook says of one cell of one student.

    Args:
        points: what counts; None as long as nobody has marked it.
        by_hand: whether a person gave them.

    Example:
        >>> Score(2.5, True).points
        2.5
    """

    points: float | None
    by_hand: bool


class Book:
    """The gradebook of one assignment.

    Args:
        course: that it belongs to.
        name: of the assignment.
        isolation: whether a submission that has to be run here is isolated.
    """

    def __init__(self, course: Course, name: str, isolation: bool = True) -> None:
        self.course, self.name = course, name
        self.api = course.api()
        self.api.config.IsolatedExecute.known = True
        self.api.config.IsolatedExecute.isolation = isolation

    def check(self, assignment: Assignment) -> None:
        """Make sure that nbgrader knows the assignment as it is now.

        Args:
            assignment: as it is now.

        Raises:
            ClassroomError: it was not released, or was changed since; says what to do.
        """
        from nbgrader.api import MissingEntry

        number = self.name.split("_")[0]
        known = {}
        if self.course.gradebook.exists():
            with self.api.gradebook as gradebook:
                try:
                    cells = gradebook.find_notebook(self.name, self.name).source_cells
                    known = {cell.name: cell.source for cell in cells}
                except MissingEntry:
                    pass
        if not known:
            raise ClassroomError(f"{self.name} was not released yet: run `swin-edu release {number}` first.")
        now = {
            cell.metadata.nbgrader.grade_id: cell.source
            for cell in assignment.template.cells
            if "nbgrader" in cell.metadata
        }
        if known != now:
            raise ClassroomError(
                f"{self.name} was changed after it was released: run `swin-edu release {number}` again, then "
                "grade. What students have handed in stays as it is."
            )

    def enter(self, student: str) -> None:
        """Have nbgrader read a student's submission, and write the verdict into the gradebook.

        Points that a person gave stay. Where the answer is the one that they were given for, it does not
        have to be looked at again.

        Args:
            student: the id.

        Raises:
            ClassroomError: nbgrader could not; says why.
        """
        path = self.course.autograded / student / self.name / f"{self.name}.ipynb"
        texts, seen = _texts(path), self._marked(student)
        with _quiet(), uninterrupted(), alarm(LONGEST):
            outcome = self.api.autograde(self.name, student, force=True)
        if not outcome["success"]:
            raise ClassroomError(reasons(outcome).strip())
        now = _texts(path)
        same = {name for name in seen if texts.get(name) == now.get(name)}
        if same:
            with _quiet(), self.api.gradebook as gradebook:
                for grade in gradebook.find_submission_notebook(self.name, self.name, student).grades:
                    if grade.name in same and seen[grade.name] == (grade.manual_score, grade.auto_score):
                        grade.needs_manual_grade = False
                gradebook.db.commit()

    def scores(self) -> dict[str, dict[str, Score]]:
        """Of every student, by the name of the graded cell."""
        from nbgrader.api import MissingEntry

        found: dict[str, dict[str, Score]] = {}
        with _quiet(), self.api.gradebook as gradebook:
            try:
                submissions = gradebook.assignment_submissions(self.name)
            except MissingEntry:
                return {}
            for submission in submissions:
                grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
                found[submission.student.id] = {grade.name: _score(grade) for grade in grades}
        return found

    def _marked(self, student: str) -> dict[str, tuple[float, float | None]]:
        """What a person has marked and need not look at any more: points by hand, and nbgrader's own."""
        from nbgrader.api import MissingEntry

        with _quiet(), self.api.gradebook as gradebook:
            try:
                grades = gradebook.find_submission_notebook(self.name, self.name, student).grades
            except MissingEntry:
                return {}
            return {
                grade.name: (grade.manual_score, grade.auto_score)
                for grade in grades
                if grade.manual_score is not None and not grade.needs_manual_grade
            }


def _score(grade: object) -> Score:
    by_hand = grade.manual_score is not None
    known = by_hand or grade.auto_score is not None
    return Score(float(grade.score) if known else None, by_hand)


def _texts(path: Path) -> dict[str, str]:
    """The text of each cell of a graded notebook, by nbgrader's name."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError):
        return {}
    named = [cell for cell in cells if "nbgrader" in cell["metadata"]]
    return {cell["metadata"]["nbgrader"].get("grade_id", ""): "".join(cell["source"]) for cell in named}


@contextmanager
def _quiet() -> Iterator[None]:
    """nbgrader 0.9 makes SQLAlchemy warn about its own order of doing things."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
