"""An exercise: a task, a reference solution, cases, known mistakes; and how an answer is checked.

The "your turn" cells of all lessons use it. A wrong answer is compared with what each known mistake would
have answered, so that the learner hears which one it looks like and not only that it is wrong.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from swin_edu.exercises.answers import copy_of, describe_difference, same_answer

Answer = Callable[..., Any]
Difficulty = Literal["easy", "medium", "hard"]


@dataclass(frozen=True)
class Mistake:
    """A wrong implementation that people really write.

    Args:
        function: the whole of it, with the exercise's arguments.
        hint: the sentence that helps whoever wrote it; a question or a place to look, never the solution.

    Example:
        >>> Mistake(lambda x: -x, "Which way round do you subtract?").hint
        'Which way round do you subtract?'
    """

    function: Answer
    hint: str


@dataclass(frozen=True)
class Report:
    """What a check found.

    Args:
        exercise: its name.
        passed: whether every case was answered rightly.
        message: what the learner is told.
        mistake: name of the known mistake that the answer looks like, if any.
        case: number of the first case, from 0, that was answered wrongly.

    Example:
        >>> Report("patches", passed=True, message="right!")
        patches: right!
    """

    exercise: str
    passed: bool
    message: str
    mistake: str | None = None
    case: int | None = None

    def __repr__(self) -> str:
        return f"{self.exercise}: {self.message}"

    def __bool__(self) -> bool:
        return self.passed


@dataclass(frozen=True)
class Exercise:
    """One exercise of the course.

    Args:
        name: how it is called as an attribute of `swin_edu.exercises`.
        chapter: the two digits of its lesson.
        difficulty: "easy", "medium" or "hard".
        minutes: how long it takes.
        task: what is asked, in a sentence or two.
        reference: a right solution.
        cases: gives the arguments of each case, the same every time it is called.
        mistakes: the known ones, by name.
        hints: one step more each.

    Example:
        >>> double = Exercise("double", "00", "easy", 1, "Twice x.", lambda x: 2 * x, lambda: [(1,), (5,)])
        >>> report = double.check(lambda x: x + x)
        double: right! (2 cases)
        >>> report = double.check(lambda x: x * x)
        double: case 1 of 2: expected 2, got 1
        >>> report.passed
        False
    """

    name: str
    chapter: str
    difficulty: Difficulty
    minutes: int
    task: str
    reference: Answer
    cases: Callable[[], list[tuple[Any, ...]]]
    mistakes: Mapping[str, Mistake] = field(default_factory=dict)
    hints: tuple[str, ...] = ()

    def check(self, function: Answer) -> Report:
        """Run a learner's function on every case, print the verdict, and return it.

        Nothing that the function does raises here: an unwritten stub, an exception, an answer of another
        kind and a changed input each get a message of their own.

        Args:
            function: takes the same arguments as the reference.

        Returns:
            What was found; true as a bool where all is right.
        """
        report = self.examine(function)
        print(report)
        return _Said(**vars(report))

    def examine(self, function: Answer) -> Report:
        """The same without printing."""
        if not callable(function):
            return self._wrong(f"check a function, not its result; this is {type(function).__name__}")
        cases = self.cases()
        for number, arguments in enumerate(cases):
            expected = self.reference(*copy_of(arguments))
            given = copy_of(arguments)
            try:
                got = function(*given)
            except NotImplementedError:
                got = None
            except Exception as error:
                words = f"case {number + 1} raised {type(error).__name__}: {error}"
                return self._diagnose(function, cases, number, words)
            if got is None:
                return self._wrong("not written yet (or is there no return?). Take your time.", number)
            if not same_answer(given, arguments):
                words = "your function changes its input. Work on a copy, or build something new"
                return self._wrong(words, number)
            if not same_answer(got, expected):
                words = f"case {number + 1} of {len(cases)}: {describe_difference(got, expected)}"
                return self._diagnose(function, cases, number, words)
        return Report(self.name, True, f"right! ({len(cases)} case{'s' if len(cases) > 1 else ''})")

    def _diagnose(self, function: Answer, cases: list[tuple[Any, ...]], number: int, words: str) -> Report:
        """The report on a wrong answer: what is wrong, and which known mistake does the same."""
        for name, mistake in self.mistakes.items():
            if all(_agree(function, mistake.function, arguments) for arguments in cases):
                return self._wrong(f"{words}. {mistake.hint}", number, name)
        return self._wrong(words, number)

    def _wrong(self, message: str, case: int | None = None, mistake: str | None = None) -> Report:
        return Report(self.name, False, message, mistake, case)


class _Said(Report):
    """A report that was printed already: as the last line of a cell it says nothing twice."""

    def _ipython_display_(self) -> None:
        pass


def _agree(function: Answer, mistake: Answer, arguments: tuple[Any, ...]) -> bool:
    """Whether both answer one case alike; raising the same kind of error counts as alike."""
    answers: list[Any] = []
    for one in (function, mistake):
        try:
            answers.append((True, one(*copy_of(arguments))))
        except Exception as error:
            answers.append((False, type(error).__name__))
    (ran, got), (ran_too, theirs) = answers
    return ran == ran_too and (same_answer(got, theirs) if ran else got == theirs)
