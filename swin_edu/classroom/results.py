"""What a class got: one result for each student and exercise, kept as `results/ASSIGNMENT.json`.

`swin-edu grade` writes it; the CSV here and the teacher's page are made from it.
"""

import csv
import io
import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from swin_edu.classroom.whole_files import write_whole

__all__ = ["Answer", "Result", "Results", "safe_cell"]

State = Literal["right", "half", "none"]
FORMAT = 1
# A spreadsheet takes a cell that begins so for a formula, and runs it.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Result:
    """What one student got for one exercise.

    Args:
        student: the id.
        assignment: such as `2_shifted_windows`.
        exercise: its name.
        points: what counts: the teacher's own number where one was given, else the grading's.
        out_of: for a right answer.
        right: cases that were answered rightly.
        cases: how many there are, visible and hidden.
        mistake: name of the known mistake that the answer looks like, if any.
        message: what the student is told.
        trouble: what kept the exercise from being graded as it should be; empty as a rule.

    Example:
        >>> Result("ada", "9_far", "mask_1d", 1.5, 6, 4, 8, None, "case 5 of 8", "").state
        'half'
    """

    student: str
    assignment: str
    exercise: str
    points: float
    out_of: float
    right: int
    cases: int
    mistake: str | None
    message: str
    trouble: str = ""

    @property
    def state(self) -> State:
        """`right` with every case, `half` with some, `none` with no case at all."""
        if self.cases and self.right == self.cases:
            return "right"
        return "half" if self.right else "none"


@dataclass(frozen=True)
class Answer:
    """What one student got for one written question.

    Args:
        student: the id.
        question: its name.
        points: given by a person; None as long as nobody has read it. Without an answer 0.
        out_of: for a full answer.

    Example:
        >>> Answer("ada", "why_mask", None, 3).points is None
        True
    """

    student: str
    question: str
    points: float | None
    out_of: float


@dataclass(frozen=True)
class Results:
    """What a class got for one assignment.

    Args:
        assignment: such as `2_shifted_windows`.
        results: of the exercises, in any order.
        answers: of the written questions.
        notes: by student, what the teacher should know of the whole submission, a sentence each.

    Example:
        >>> one = Result("ada", "9_far", "mask_1d", 6.0, 6.0, 8, 8, None, "right! (8 cases)")
        >>> results = Results("9_far", (one,)); results.students, results.total("ada"), results.out_of
        (('ada',), 6.0, 6.0)
    """

    assignment: str
    results: tuple[Result, ...] = ()
    answers: tuple[Answer, ...] = ()
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def students(self) -> tuple[str, ...]:
        """Everybody with a result, an answer or a note, sorted."""
        named = (one.student for one in (*self.results, *self.answers))
        return tuple(sorted({*named, *self.notes}))

    @cached_property
    def exercises(self) -> dict[str, float]:
        """The exercises in the order of the assignment, each with the points it is worth."""
        return {result.exercise: result.out_of for result in self.results}

    @cached_property
    def questions(self) -> dict[str, float]:
        """The written questions, the same way."""
        return {answer.question: answer.out_of for answer in self.answers}

    @property
    def out_of(self) -> float:
        """Points of the whole assignment."""
        return sum(self.exercises.values()) + sum(self.questions.values())

    def of_student(self, student: str) -> tuple[Result, ...]:
        """One student's results, in the order of the assignment.

        Args:
            student: the id.
        """
        return self._by_student.get(student, ())

    def of_exercise(self, exercise: str) -> tuple[Result, ...]:
        """Every student's result of one exercise.

        Args:
            exercise: its name.
        """
        return tuple(result for result in self.results if result.exercise == exercise)

    def total(self, student: str) -> float:
        """A student's points so far; questions that nobody has read count nothing yet.

        Args:
            student: the id.
        """
        marked = sum(one.points or 0.0 for one in self.answers if one.student == student)
        return sum(result.points for result in self.of_student(student)) + marked

    def trouble(self, student: str) -> str:
        """All that a teacher should look at, as one text; empty as a rule.

        Args:
            student: the id.
        """
        notes = self.notes.get(student, ())
        each = (one for one in self.of_student(student) if one.trouble and one.trouble not in notes)
        return "; ".join([*notes, *(f"{one.exercise}: {one.trouble}" for one in each)])

    @cached_property
    def _by_student(self) -> dict[str, tuple[Result, ...]]:
        found: dict[str, list[Result]] = {}
        for result in self.results:
            found.setdefault(result.student, []).append(result)
        return {student: tuple(results) for student, results in found.items()}

    def save(self, path: Path) -> None:
        """Write them as JSON; the old file stays until the new one is whole.

        Args:
            path: `results/ASSIGNMENT.json`.
        """
        content = {
            "format": FORMAT,
            "assignment": self.assignment,
            "results": [asdict(result) for result in self.results],
            "answers": [asdict(answer) for answer in self.answers],
            "notes": {student: list(notes) for student, notes in sorted(self.notes.items())},
        }
        write_whole(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")

    @classmethod
    def load(cls, path: Path) -> "Results":
        """Read what `save` wrote.

        Args:
            path: of the JSON file.

        Raises:
            FileNotFoundError: it is not there.
            ValueError: it is something else; says what to do.
        """
        try:
            content: Any = json.loads(path.read_text(encoding="utf-8"))
            if content["format"] != FORMAT:
                raise ValueError("another format")
            return cls(
                content["assignment"],
                tuple(Result(**result) for result in content["results"]),
                tuple(Answer(**answer) for answer in content["answers"]),
                {student: tuple(notes) for student, notes in content["notes"].items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"{path} does not hold results of this version ({error}): run `swin-edu grade` again."
            ) from None

    def save_csv(self, path: Path) -> None:
        """Write one row for each student: points of each exercise and question, total, out of, trouble.

        Args:
            path: where to; what a spreadsheet would run as a formula is written as text.
        """
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(map(safe_cell, ["student", *self._titles(), "total", "out of", "trouble"]))
        for student in self.students:
            points = {one.exercise: one.points for one in self.of_student(student)}
            points |= {one.question: one.points for one in self.answers if one.student == student}
            each = [_number(points.get(name)) for name in (*self.exercises, *self.questions)]
            row = [student, *each, _number(self.total(student)), _number(self.out_of), self.trouble(student)]
            writer.writerow(map(safe_cell, row))
        # With the mark by which spreadsheets know UTF-8; without it they spoil names.
        write_whole(path, "\ufeff" + text.getvalue())

    def _titles(self) -> Iterable[str]:
        for name, out_of in (*self.exercises.items(), *self.questions.items()):
            yield f"{name} ({out_of:g})"


def safe_cell(text: str) -> str:
    """A cell of a table that no spreadsheet runs as a formula.

    Args:
        text: from wherever it came, such as a student's name.

    Example:
        >>> safe_cell("=HYPERLINK(...)"), safe_cell("ada")
        ("'=HYPERLINK(...)", 'ada')
    """
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text


def _number(points: float | None) -> str:
    """Empty where there is none yet."""
    return "" if points is None or not math.isfinite(points) else f"{points:g}"
