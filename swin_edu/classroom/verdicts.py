"""Grading one submission: run it in isolation, judge its answers outside, say the verdict in its grade cells.

`isolated_execute` does it inside nbgrader, `grading` for a whole class; what was found is kept in
`results/.graded/`, so that the same submission is run once.
"""

import hashlib
import json
import re
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from swin_edu.classroom.bytecode import with_bytecode
from swin_edu.classroom.course import Course
from swin_edu.classroom.results import Result
from swin_edu.classroom.sandbox import Sandbox, find_sandbox
from swin_edu.classroom.session import Question, SubmissionRun, run_submission
from swin_edu.classroom.tasks import Assignment, Task, assignment_of
from swin_edu.classroom.whole_files import write_whole
from swin_edu.exercises import Report
from swin_edu.exercises.marks import marks

__all__ = ["Graded", "digest_of", "grade", "grade_submission", "put_verdicts", "student_code"]

LINE_WIDTH = 96


@dataclass(frozen=True)
class Graded:
    """What grading found in a submission.

    Args:
        digest: of what it was found in; see `digest_of`.
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


def digest_of(assignment: Assignment, notebook: NotebookNode, isolated: bool) -> str:
    """What the verdict on a submission depends on, and what a person marks in it, as one text.

    Args:
        assignment: that it is of.
        notebook: mended.
        isolated: whether it is run in isolation.
    """
    cells = [(cell.source, cell.get("attachments")) for cell in notebook.cells]
    parts = [assignment.key, isolated, _notes(notebook), cells]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def grade_submission(root: Path, name: str, isolation: bool, student: str) -> None:
    """Grade what a student handed in, and keep the verdict, without nbgrader: any number at the same time.

    Args:
        root: the course's folder.
        name: of the assignment.
        isolation: whether the student's code is isolated.
        student: the id.

    Raises:
        NoSandbox: nothing here can isolate it.
        StartFailed: the isolated process could not be started.
        OSError: a file cannot be read or written.
    """
    course, assignment = Course(root), assignment_of(root, name)
    data = (course.submitted / student / name / f"{name}.ipynb").read_bytes()
    sandbox = with_bytecode(course, find_sandbox()) if isolation else Sandbox(None)
    graded = grade(assignment, student, assignment.mend(data).notebook, sandbox)
    graded.save(Graded.file(course, name, student))


def grade(assignment: Assignment, student: str, notebook: NotebookNode, sandbox: Sandbox) -> Graded:
    """Run a mended notebook in isolation, and judge its answers.

    Args:
        assignment: that it is of.
        student: whose it is.
        notebook: as `Assignment.mend` gave it.
        sandbox: what isolates it.

    Raises:
        StartFailed: the isolated process could not be started, which is no student's fault.
    """
    cells, digest = student_code(notebook), digest_of(assignment, notebook, sandbox.isolated)
    if not notebook.metadata.get("swin_edu", {}).get("readable", True):
        return _unreadable(assignment, student, notebook, digest)
    tasks = assignment.tasks
    questions = {
        task.name: Question(task.function, task.visible + task.hidden, len(task.visible)) for task in tasks
    }
    sources = [cell.source for cell in cells]
    run = run_submission(sources, questions, limits=assignment.limits, sandbox=sandbox)
    results = tuple(_result(assignment.name, student, task, run) for task in tasks)
    each = tuple(f"{task.name}: " for task in tasks)
    general = (text for text in run.troubles if not text.startswith(each))
    notes = (*_notes(notebook), *(_named_cell(text, cells) for text in general))
    return Graded(digest, results, tuple(one.outputs for one in run.cells), notes)


def put_verdicts(notebook: NotebookNode, graded: Graded) -> None:
    """Write outputs and verdicts into a mended notebook, as nbgrader reads them.

    Args:
        notebook: the one that was graded; it is changed.
        graded: what was found.
    """
    for number, (cell, outputs) in enumerate(
        zip(student_code(notebook), graded.outputs, strict=True), start=1
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


def _unreadable(assignment: Assignment, student: str, notebook: NotebookNode, digest: str) -> Graded:
    """Nothing in the file is the student's work on this assignment: nothing is run."""
    notes = _notes(notebook)
    words = ("your file could not be graded; its first cell says why", " ".join(notes))
    results = tuple(
        Result(student, assignment.name, task.name, 0.0, task.points, 0, task.cases, None, *words)
        for task in assignment.tasks
    )
    return Graded(digest, results, tuple([] for _ in student_code(notebook)), notes)


def _result(name: str, student: str, task: Task, run: SubmissionRun) -> Result:
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
    return Result(student, name, task.name, points, task.points, *counts, trouble)


def _verdict(result: Result) -> str:
    lines = [f"{result.exercise}: {result.message}"]
    if result.right < result.cases:
        share = f"{result.right} of {result.cases} inputs are answered rightly"
        lines.append(f"{share}: {result.points:g} of {result.out_of:g} points.")
    if result.trouble:
        lines.append(f"While it was graded: {result.trouble}.")
    return "\n".join(_wrapped(line) for text in lines for line in text.split("\n")) + "\n"


def _wrapped(line: str) -> str:
    """A line as several: a page of feedback cuts off what does not fit."""
    return textwrap.fill(line, LINE_WIDTH, break_long_words=False, break_on_hyphens=False)


def _is_grade_cell(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and bool(cell.metadata.get("nbgrader", {}).get("grade"))


def student_code(notebook: NotebookNode) -> list[NotebookNode]:
    """What is run: all code but the grade cells, whose work is done outside.

    Args:
        notebook: mended.
    """
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
