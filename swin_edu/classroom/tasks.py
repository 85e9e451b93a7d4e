"""What grading has to know of an assignment: its exercises with their cases, and its cells without solutions.

`verdicts` grades submissions by it. It is read once for a whole class, in each process.
"""

import builtins
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from textwrap import indent
from typing import Any

import nbformat
from nbformat import NotebookNode

import swin_edu
from swin_edu import exercises
from swin_edu.classroom.course import ANSWER, STUB, ClassroomError, Course
from swin_edu.classroom.mending import Mended, mend
from swin_edu.classroom.session import Limits
from swin_edu.classroom.source_notebooks import build_notebook
from swin_edu.classroom.sources import Source
from swin_edu.exercises import Exercise, Report
from swin_edu.exercises.running import TIME_LIMIT, Outcome, Problem

__all__ = ["Assignment", "Task", "assignment_of"]

# What a verdict depends on besides the submission: a change of it grades everybody anew.
PARTS = ("classroom", "exercises", "model")
SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION.*?### END SOLUTION[^\n]*", re.M | re.S)
# Errors besides Python's own whose kind may be said of a hidden case; known mistakes end in some of them.
KNOWN_KINDS = (TIME_LIMIT, "Stopped", "Unsendable", "EinopsError", "_LinAlgError", "OutOfMemoryError")


@dataclass(frozen=True)
class Task:
    """One exercise of an assignment, ready to be asked.

    Args:
        exercise: of the library.
        function: what the student's function is called.
        points: for a right answer.
        visible: cases that students see.
        hidden: cases that they do not.
    """

    exercise: Exercise
    function: str
    points: float
    visible: list[tuple[Any, ...]]
    hidden: list[tuple[Any, ...]]

    @property
    def name(self) -> str:
        """Of the exercise."""
        return self.exercise.name

    @property
    def cases(self) -> int:
        """How many there are."""
        return len(self.visible) + len(self.hidden)

    def judge(self, outcomes: Sequence[Outcome]) -> Report:
        """Compare what the student's function did; nothing of a hidden case is in the report.

        Args:
            outcomes: one for each case, the visible ones first; there may be fewer.
        """
        shown = len(self.visible)
        told = [*outcomes[:shown], *map(_without_words, outcomes[shown:])]
        return self.exercise.judge(told, self.visible + self.hidden, shown, called=self.function)


@dataclass(frozen=True)
class Assignment:
    """What grading has to know of an assignment. `Assignment.of` reads it once for a whole class.

    Args:
        name: such as `2_shifted_windows`.
        source: its text.
        tasks: its exercises, with their cases.
        template: nbgrader's notebook without solutions, hidden tests included.
        key: changes when anything of it does.
    """

    name: str
    source: Source
    tasks: tuple[Task, ...]
    template: NotebookNode
    key: str

    @classmethod
    def of(cls, course: Course, name: str) -> "Assignment":
        """Read an assignment.

        Args:
            course: that it belongs to.
            name: as `course.names()` gives it.

        Raises:
            ClassroomError: it asks for an exercise that the library does not have.
        """
        source = course.read(name)
        known = {exercise.name: exercise for exercise in exercises.list()}
        if unknown := [cell.name for cell in source.exercises if cell.name not in known]:
            raise ClassroomError(f"{name} asks for exercises that are not there: {', '.join(unknown)}.")
        tasks, seeds = [], []
        for cell in source.exercises:
            exercise, seed = known[cell.name], course.seed(name, cell.name)
            hidden = exercise.hidden_cases(seed) if exercise.draw else []
            tasks.append(Task(exercise, cell.function, float(cell.points or 0), exercise.cases(), hidden))
            seeds.append(seed)
        template = _without_solutions(build_notebook(source))
        parts = json.dumps([nbformat.writes(template), seeds, _library_key()])
        return cls(name, source, tuple(tasks), template, hashlib.sha256(parts.encode()).hexdigest())

    @cached_property
    def questions(self) -> dict[str, float]:
        """The written questions with their points."""
        return {cell.name: float(cell.points or 0) for cell in self.source.questions}

    @property
    def limits(self) -> Limits:
        """What a submission may use; an assignment that trains states `seconds=` in its header."""
        seconds = self.source.header.directives.get("seconds") if self.source.header else None
        if seconds is None:
            return Limits()
        return Limits(cell_seconds=float(seconds), total_seconds=300 + 3 * float(seconds))

    def mend(self, data: bytes) -> Mended:
        """Make a notebook of this assignment from a student's file; see `mending.mend`.

        Args:
            data: of the file.
        """
        return mend(data, self.template, {task.name: task.function for task in self.tasks})


def assignment_of(root: Path, name: str) -> Assignment:
    """An assignment, read anew only when its text changed: nbgrader's pages stay open while it is mended.

    Args:
        root: the course's folder.
        name: of the assignment.

    Raises:
        ClassroomError: it asks for an exercise that the library does not have.
    """
    return _read(root, name, (Course(root).src / f"{name}.py").stat().st_mtime_ns)


@cache
def _read(root: Path, name: str, changed: int) -> Assignment:
    return Assignment.of(Course(root), name)


def _without_words(outcome: Outcome) -> Outcome:
    """An outcome whose error says nothing that the student made up: it could carry a hidden case out."""
    if outcome.error is None:
        return outcome
    kind = outcome.error.kind
    known = isinstance(getattr(builtins, kind, None), type) or kind in KNOWN_KINDS
    return Outcome(error=Problem(kind if known else "an error"), changed_input=outcome.changed_input)


def _without_solutions(notebook: NotebookNode) -> NotebookNode:
    """What nbgrader makes of a source notebook before it takes out the hidden tests.

    Importing nbgrader costs each process two seconds; `Book.check` finds out if it ever makes something else.
    """
    cleared = nbformat.from_dict(notebook)
    for cell in cleared.cells:
        if not cell.metadata.get("nbgrader", {}).get("solution"):
            continue
        stub = STUB if cell.cell_type == "code" else ANSWER
        cell.source = _with_stubs(cell.source, stub) if SOLUTION.search(cell.source) else stub
    return cleared


def _with_stubs(source: str, stub: str) -> str:
    """With the stub in the place of each solution, as far to the right."""
    return SOLUTION.sub(lambda found: indent(stub, found[1], lambda line: True), source)


@cache
def _library_key() -> str:
    """Of the code that grades."""
    root = Path(swin_edu.__file__).parent
    files = sorted(path for part in PARTS for path in (root / part).rglob("*.py"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()
