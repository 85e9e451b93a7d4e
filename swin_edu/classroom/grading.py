"""Grading a class: each student apart, several at once, and only what changed since the last time.

`swin-edu grade` runs it. Submissions run in isolation in several processes; nbgrader's gradebook is written
by this one as they come in.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path

from swin_edu.classroom.bytecode import make_bytecode
from swin_edu.classroom.course import ClassroomError, Course
from swin_edu.classroom.giving_back import give_back
from swin_edu.classroom.gradebook import Book, Score
from swin_edu.classroom.results import Answer, Result, Results
from swin_edu.classroom.sandbox import Sandbox, find_sandbox
from swin_edu.classroom.submissions import find_notebook
from swin_edu.classroom.tasks import Assignment, Task, assignment_of
from swin_edu.classroom.teacher_page import write_teacher_page
from swin_edu.classroom.verdicts import Graded, digest_of, grade_submission, student_code
from swin_edu.classroom.whole_files import write_whole
from swin_edu.classroom.workers import Failed, in_processes

__all__ = ["Class", "grade_class"]

# One submission may use five minutes; after ten something else is wrong.
LONGEST = 600.0
# From here on it pays to prepare the start of each.
MANY = 4

Progress = Callable[[str, int, int], None]


@dataclass
class Class:
    """A class whose submissions of one assignment were graded.

    Args:
        results: what everybody got.
        graded: who was graded now; the others were as before.
        table: the CSV.
        page: for the teacher.
        feedback: the folder with a page for each student.
        troubles: by student, what kept them from being graded or given back.
        stopped: whether Ctrl+C ended it before everybody was graded.
    """

    results: Results
    graded: list[str]
    table: Path
    page: Path
    feedback: Path
    troubles: dict[str, str] = field(default_factory=dict)
    stopped: bool = False


def grade_class(
    course: Course,
    name: str,
    *,
    jobs: int,
    isolation: bool = True,
    again: bool = False,
    progress: Progress = lambda what, done, of: None,
) -> Class:
    """Grade what lies in `submitted/`, and write gradebook, feedback, results, table and page.

    Args:
        course: that the assignment belongs to.
        name: of the assignment.
        jobs: how many submissions run at the same time.
        isolation: False runs students' code with all that you may do.
        again: grade everybody anew, not only what changed.
        progress: called with what is done, how many are done, and of how many.

    Returns:
        The results, and where everything is. A student whose submission makes anything fail is in
        `troubles`, and stops nobody.

    Raises:
        ClassroomError: the assignment was not released as it is now, or nobody handed anything in.
        NoSandbox: nothing here can isolate students' code.
    """
    run = _Run(course, name, isolation)
    if again:
        run.forget()
    pages: dict[str, str] = {}
    stopped = False
    try:
        for done, of in run.grade(jobs):
            progress("grading", done, of)
        if run.booked:
            given = give_back(course, name, changed=run.entered, progress=partial(progress, "feedback"))
            pages = {one.place: one.words for one in given.troubles}
    except KeyboardInterrupt:
        stopped = True
    results = run.results()
    results.save(course.results / f"{name}.json")
    table = course.results / f"{name}.csv"
    results.save_csv(table)
    page = write_teacher_page(course, results)
    folder = course.results / f"{name}_feedback"
    return Class(results, sorted(run.entered), table, page, folder, pages | run.troubles, stopped)


class _Run:
    """One run over a class."""

    def __init__(self, course: Course, name: str, isolation: bool) -> None:
        self.course, self.name, self.isolation = course, name, isolation
        self.sandbox = find_sandbox() if isolation else Sandbox(None)  # before anything is done
        self.assignment: Assignment = assignment_of(course.root, name)
        self.book = Book(course, name, isolation)
        self.book.check(self.assignment)
        folders = sorted(path for path in course.submitted.glob(f"*/{name}") if path.is_dir())
        self.students = [path.parent.name for path in folders if not path.parent.name.startswith(".")]
        if not self.students:
            raise ClassroomError(f"Nobody has handed in {name}: there is nothing in {course.submitted}.")
        self.record = course.results / ".graded" / f"{name}.json"
        self.booked = _read(self.record)
        self.troubles: dict[str, str] = {}
        self.remarks: dict[str, str] = {}
        self.entered: list[str] = []

    def forget(self) -> None:
        """Everybody is graded anew; who was already, is not when this run is stopped and goes on later."""
        for student in self.students:
            Graded.file(self.course, self.name, student).unlink(missing_ok=True)
        self.booked.clear()
        self._remember()

    def grade(self, jobs: int) -> Iterator[tuple[int, int]]:
        """Grade who has to be graded; yields how many are done, and of how many."""
        digests = {student: self._digest(student) for student in self.students}
        readable = {student: digest for student, digest in digests.items() if digest}
        changed = [
            student for student, digest in readable.items() if self._has_to_be_entered(student, digest)
        ]
        run = [student for student in changed if readable[student] != self._kept(student)]
        done, of = 0, len(changed)
        yield done, of
        if len(run) >= MANY:
            cells = [cell.source for cell in student_code(self.assignment.template)]
            make_bytecode(self.course, self.sandbox, cells, self.assignment.key)
        task = partial(grade_submission, self.course.root.resolve(), self.name, self.isolation)
        with closing(in_processes(task, run, jobs, LONGEST) if run else _nobody()) as finished:
            for student, answer in chain(((one, None) for one in changed if one not in set(run)), finished):
                self._enter(student, answer)
                done += 1
                yield done, of

    def results(self) -> Results:
        """What everybody has now."""
        scores = self.book.scores()
        results: list[Result] = []
        answers: list[Answer] = []
        notes: dict[str, tuple[str, ...]] = {}
        for student in self.students:
            given = scores.get(student, {})
            graded = Graded.load(Graded.file(self.course, self.name, student))
            if graded is None or student in self.troubles or student not in self.booked:
                reason = self.troubles.get(student, "not graded yet")
                results += [self._nothing(student, task, reason) for task in self.assignment.tasks]
                notes[student] = (reason,)
            else:
                results += [_as_booked(result, given) for result in graded.results]
                if found := (*graded.notes, *filter(None, [self.remarks.get(student)])):
                    notes[student] = found
            for question, points in self.assignment.questions.items():
                score = given.get(question)
                answers.append(Answer(student, question, score.points if score else None, points))
        return Results(self.name, tuple(results), tuple(answers), notes)

    def _nothing(self, student: str, task: Task, reason: str) -> Result:
        counts = (0.0, task.points, 0, task.cases, None)
        return Result(student, self.name, task.name, *counts, "not graded", reason)

    def _digest(self, student: str) -> str:
        """Of what was handed in; empty, with a trouble, where nothing can be graded."""
        try:
            place = find_notebook(self.course, self.name, student, self.remarks)
            notebook = self.assignment.mend(place.read_bytes()).notebook
            return digest_of(self.assignment, notebook, self.isolation)
        except Exception as error:
            self._trouble(student, error)
            return ""

    def _has_to_be_entered(self, student: str, digest: str) -> bool:
        """Whether anything changed since it was, or is gone."""
        copy = self.course.autograded / student / self.name / f"{self.name}.ipynb"
        return self.booked.get(student) != digest or self._kept(student) != digest or not copy.exists()

    def _kept(self, student: str) -> str | None:
        graded = Graded.load(Graded.file(self.course, self.name, student))
        return graded.digest if graded else None

    def _enter(self, student: str, answer: object) -> None:
        try:
            if isinstance(answer, Failed):
                raise ClassroomError(answer.reason)
            self.book.enter(student)
        except Exception as error:
            self._trouble(student, error)
            return
        # Made anew at the end; if that is not reached, the next time.
        (self.course.results / f"{self.name}_feedback" / f"{student}.html").unlink(missing_ok=True)
        self.entered.append(student)
        self.booked[student] = self._kept(student) or ""
        self._remember()

    def _trouble(self, student: str, error: Exception) -> None:
        """Whatever it is, a fault of ours too: it is this student's trouble, and stops nobody else."""
        expected = isinstance(error, (ClassroomError, OSError))
        words = str(error) if expected else f"{type(error).__name__}: {error}"
        self.troubles[student] = " ".join(f"not graded: {words}".split())

    def _remember(self) -> None:
        write_whole(self.record, json.dumps(self.booked, indent=1, sort_keys=True))


def _nobody() -> Iterator[tuple[str, object]]:
    yield from ()


def _as_booked(result: Result, scores: dict[str, Score]) -> Result:
    """With the points that count: a teacher may have given others."""
    score = scores.get(f"{result.exercise}_points")
    return result if score is None or score.points is None else replace(result, points=score.points)


def _read(path: Path) -> dict[str, str]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
