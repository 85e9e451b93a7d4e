"""An exercise: a task, a reference solution, cases, known mistakes; and how an answer is checked.

The "your turn" cells of all lessons use it. A wrong answer is compared with what each known mistake would
have answered, so that the learner hears which one it looks like and not only that it is wrong.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from swin_edu.exercises.answers import copy_of, describe_difference, same_answer
from swin_edu.exercises.time_limit import TimeLimit, time_limit

Answer = Callable[..., Any]
NOT_WRITTEN = "not written yet (or is there no return?). Take your time."
# A right answer takes well under a second; slow loops on a slow machine still fit.
SECONDS = 10.0
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
        double: case 1 of 2, double(1): expected 2, got 1
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

        Nothing that the function does raises here: an unwritten stub, an exception, an endless loop, an
        answer of another kind and a changed input each get a message of their own.

        Args:
            function: takes the same arguments as the reference.

        Returns:
            What was found; true as a bool where all is right.
        """
        report = self.examine(function)
        print(report)
        return _Said(**vars(report))

    def hint(self, step: int = 1) -> str:
        """What helps on: the first hint, the second one, and so on; the last one where there are no more.

        Args:
            step: from 1.

        Example:
            >>> from swin_edu import exercises
            >>> exercises.mask_1d.hint()
            'One axis, three bands, and no second digit.'
        """
        return self.hints[min(max(step, 1), len(self.hints)) - 1] if self.hints else "There is no hint here."

    def examine(self, function: Answer) -> Report:
        """The same as `check`, without printing."""
        if not callable(function):
            return self._wrong(f"check a function, not its result; this is {type(function).__name__}")
        cases = self.cases()
        answers: list[_Outcome] = []
        for number, arguments in enumerate(cases):
            answers.append(_run(function, arguments))
            case = f"case {number + 1} of {len(cases)}{self._call(arguments)}"
            if words := self._fault(answers[-1], arguments, case):
                if isinstance(answers[-1].error, TimeLimit):
                    return self._wrong(words, number)
                # Each case is run once, so that what a learner prints is printed once.
                for rest in cases[number + 1 :]:
                    answers.append(_run(function, rest))
                    if isinstance(answers[-1].error, TimeLimit):  # one wait is enough
                        return self._wrong(words, number)
                return self._diagnose(answers, cases, number, words)
        return Report(self.name, True, f"right! ({len(cases)} case{'s' if len(cases) > 1 else ''})")

    def _call(self, arguments: tuple[Any, ...]) -> str:
        """How the case is called, where that can be read: ", mask_1d(12, 4, 1)"."""
        plain = (int, float, str, bool, tuple)
        if not all(isinstance(argument, plain) for argument in arguments):
            return ""
        return f", {self.name}({', '.join(map(repr, arguments))})"

    def _fault(self, answer: "_Outcome", arguments: tuple[Any, ...], case: str) -> str:
        """What is wrong with the answer to one case; empty where nothing is."""
        if isinstance(answer.error, TimeLimit):
            return f"{case} was {answer.error}. Which of your loops never ends?"
        if answer.error is not None and not isinstance(answer.error, NotImplementedError):
            return f"{case} raised {type(answer.error).__name__}: {answer.error}"
        if answer.got is None:
            return NOT_WRITTEN
        if answer.changed_input:
            return "your function changes its input. Work on a copy, or build something new"
        expected = self.reference(*copy_of(arguments))
        if same_answer(answer.got, expected):
            return ""
        return f"{case}: {describe_difference(answer.got, expected)}"

    def _diagnose(
        self, answers: "list[_Outcome]", cases: list[tuple[Any, ...]], number: int, words: str
    ) -> Report:
        """The report on a wrong answer: what is wrong, and which known mistake does the same."""
        if words == NOT_WRITTEN:
            return self._wrong(words, number)
        for name, mistake in self.mistakes.items():
            if all(
                _agree(answer, _run(mistake.function, case))
                for answer, case in zip(answers, cases, strict=True)
            ):
                return self._wrong(f"{words}. {mistake.hint}", number, name)
        return self._wrong(words, number)

    def _wrong(self, message: str, case: int | None = None, mistake: str | None = None) -> Report:
        return Report(self.name, False, message, mistake, case)


class _Said(Report):
    """A report that was printed already: as the last line of a cell it says nothing twice."""

    def _ipython_display_(self) -> None:
        pass


@dataclass(frozen=True)
class _Outcome:
    """What a function did with one case."""

    got: Any = None
    error: BaseException | None = None
    changed_input: bool = False


def _run(function: Answer, arguments: tuple[Any, ...]) -> _Outcome:
    given = copy_of(arguments)
    try:
        with time_limit(SECONDS):
            got = function(*given)
    except (Exception, TimeLimit) as error:
        return _Outcome(error=error)
    return _Outcome(got, changed_input=not same_answer(given, arguments, exactly=True))


def _agree(one: _Outcome, other: _Outcome) -> bool:
    """Whether two functions did the same; raising the same kind of error is the same."""
    if one.error is not None or other.error is not None:
        return type(one.error) is type(other.error)
    return one.changed_input == other.changed_input and same_answer(one.got, other.got)
