"""Grading one submission: run it in isolation, judge its answers outside, say the verdict in its grade cells.

`isolated_execute` does it inside nbgrader, `grading` for a whole class; what was found is kept in
`results/.graded/`, so that the same submission is run once.
"""

import builtins
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

import swin_edu
from swin_edu import exercises
from swin_edu.classroom.course import ClassroomError, Course
from swin_edu.classroom.mending import Mended, mend
from swin_edu.classroom.results import Result, write_whole
from swin_edu.classroom.sandbox import Sandbox
from swin_edu.classroom.session import Limits, Question, SubmissionRun, run_submission
from swin_edu.classroom.source_notebooks import build_notebook
from swin_edu.classroom.sources import Source
from swin_edu.exercises import Exercise, Report
from swin_edu.exercises.marks import marks
from swin_edu.exercises.running import TIME_LIMIT, Outcome, Problem

__all__ = ["Assignment", "Graded", "Task", "put_verdicts"]

# What a verdict depends on besides the submission: a change of it grades everybody anew.
PARTS = ("classroom", "exercises", "model")


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
        return self.exercise.judge(told, self.visible + self.hidden, visible=shown)


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
        template = _without_solutions(course, build_notebook(source))
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

    def digest(self, notebook: NotebookNode, isolated: bool) -> str:
        """What the verdict on a mended notebook depends on, as one text.

        Args:
            notebook: as `mend` gave it.
            isolated: whether it is run in isolation.
        """
        parts = [self.key, isolated, _notes(notebook), [cell.source for cell in _student_code(notebook)]]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def grade(self, student: str, notebook: NotebookNode, sandbox: Sandbox, limits: Limits) -> "Graded":
        """Run a mended notebook in isolation, and judge its answers.

        Args:
            student: whose it is.
            notebook: as `mend` gave it.
            sandbox: what isolates it.
            limits: what it may use.

        Raises:
            StartFailed: the isolated process could not be started, which is no student's fault.
        """
        cells = _student_code(notebook)
        if not notebook.metadata.get("swin_edu", {}).get("readable", True):
            return self._unreadable(student, notebook, len(cells), sandbox.isolated)
        questions = {task.name: Question(task.function, task.visible + task.hidden) for task in self.tasks}
        run = run_submission([cell.source for cell in cells], questions, limits=limits, sandbox=sandbox)
        results = tuple(self._result(student, task, run) for task in self.tasks)
        each = tuple(f"{task.name}: " for task in self.tasks)
        general = (text for text in run.troubles if not text.startswith(each))
        notes = (*_notes(notebook), *(_named_cell(text, cells) for text in general))
        outputs = tuple(one.outputs for one in run.cells)
        return Graded(self.digest(notebook, sandbox.isolated), results, outputs, notes)

    def _unreadable(self, student: str, notebook: NotebookNode, cells: int, isolated: bool) -> "Graded":
        """Nothing in the file is the student's work on this assignment: nothing is run."""
        notes = _notes(notebook)
        words = ("your file could not be graded; its first cell says why", " ".join(notes))
        results = tuple(
            Result(student, self.name, task.name, 0.0, task.points, 0, task.cases, None, *words)
            for task in self.tasks
        )
        return Graded(self.digest(notebook, isolated), results, tuple([] for _ in range(cells)), notes)

    def _result(self, student: str, task: Task, run: SubmissionRun) -> Result:
        begin = f"{task.name}: "
        trouble = "; ".join(text.removeprefix(begin) for text in run.troubles if text.startswith(begin))
        try:
            report = task.judge(run.answers.get(task.name, []))
        except Exception as error:  # a stranger's answer that our comparison is not up to
            words = "your answer could not be compared. Your teacher will look at it"
            report = Report(task.name, False, words, cases=task.cases)
            trouble = f"the answer could not be compared ({type(error).__name__}: {error})"
        points = marks(report, task.points)
        counts = (report.right, report.cases, report.mistake, report.message)
        return Result(student, self.name, task.name, points, task.points, *counts, trouble)


@dataclass(frozen=True)
class Graded:
    """What grading found in a submission.

    Args:
        digest: of what it was found in; see `Assignment.digest`.
        results: of the exercises.
        outputs: of each code cell that was run, as nbformat keeps them.
        notes: what the teacher should know of the whole submission.
    """

    digest: str
    results: tuple[Result, ...]
    outputs: tuple[list[dict[str, Any]], ...]
    notes: tuple[str, ...]

    @staticmethod
    def file(course: Course, name: str, student: str) -> Path:
        """Where it is kept.

        Args:
            course: that the assignment belongs to.
            name: of the assignment.
            student: the id.
        """
        return course.results / ".graded" / name / f"{student}.json"

    def save(self, path: Path) -> None:
        """Keep it.

        Args:
            path: as `file` gives it.
        """
        write_whole(path, json.dumps(asdict(self), ensure_ascii=False))

    @classmethod
    def load(cls, path: Path) -> "Graded | None":
        """What was kept; None where there is nothing, or nothing that can be used.

        Args:
            path: as `file` gives it.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            results = tuple(Result(**result) for result in content["results"])
            return cls(content["digest"], results, tuple(content["outputs"]), tuple(content["notes"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None


def put_verdicts(notebook: NotebookNode, graded: Graded) -> None:
    """Write outputs and verdicts into a mended notebook, as nbgrader reads them.

    Args:
        notebook: the one that was graded; it is changed.
        graded: what was found.
    """
    for number, (cell, outputs) in enumerate(
        zip(_student_code(notebook), graded.outputs, strict=True), start=1
    ):
        cell.execution_count = number
        cell.outputs = nbformat.from_dict(outputs)
    results = {f"{result.exercise}_points": result for result in graded.results}
    for cell in notebook.cells:
        if _is_grade_cell(cell) and (result := results.get(cell.metadata.nbgrader.grade_id)):
            # nbgrader takes the first execute_result for the points.
            cell.outputs = [
                nbformat.v4.new_output("stream", name="stdout", text=_verdict(result)),
                nbformat.v4.new_output("execute_result", data={"text/plain": f"{result.points:g}"}),
            ]


def _verdict(result: Result) -> str:
    lines = [f"{result.exercise}: {result.message}"]
    if result.right < result.cases:
        share = f"{result.right} of {result.cases} inputs are answered rightly"
        lines.append(f"{share}: {result.points:g} of {result.out_of:g} points.")
    if result.trouble:
        lines.append(f"While it was graded: {result.trouble}.")
    return "\n".join(lines) + "\n"


def _is_grade_cell(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and bool(cell.metadata.get("nbgrader", {}).get("grade"))


def _student_code(notebook: NotebookNode) -> list[NotebookNode]:
    """What is run: all code but the grade cells, whose work is done outside."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and not _is_grade_cell(cell)]


def _notes(notebook: NotebookNode) -> tuple[str, ...]:
    return tuple(notebook.metadata.get("swin_edu", {}).get("notes", ()))


def _named_cell(trouble: str, cells: Sequence[NotebookNode]) -> str:
    """A trouble with a cell, named by how the cell begins: nobody counts code cells."""
    found = re.match(r"cell (\d+): ", trouble)
    if not found or not 1 <= int(found[1]) <= len(cells):
        return trouble
    lines = cells[int(found[1]) - 1].source.strip().split("\n")
    return f"the cell that begins with `{lines[0][:60]}`: {trouble[found.end() :]}"


def _without_words(outcome: Outcome) -> Outcome:
    """An outcome whose error says nothing that the student made up: it could carry a hidden case out."""
    if outcome.error is None:
        return outcome
    kind = outcome.error.kind
    known = isinstance(getattr(builtins, kind, None), type) or kind in (TIME_LIMIT, "Stopped", "Unsendable")
    return Outcome(error=Problem(kind if known else "an error"), changed_input=outcome.changed_input)


def _without_solutions(course: Course, notebook: NotebookNode) -> NotebookNode:
    from nbgrader.preprocessors import ClearSolutions

    cleared, _ = ClearSolutions(config=course.config()).preprocess(nbformat.from_dict(notebook), {})
    return cleared


@cache
def _library_key() -> str:
    """Of the code that grades."""
    root = Path(swin_edu.__file__).parent
    files = sorted(path for part in PARTS for path in (root / part).rglob("*.py"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()
