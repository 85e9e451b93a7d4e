"""An exercise: a task, a reference solution, cases, known mistakes; and how an answer is checked.

The "your turn" cells of all lessons use it. A wrong answer is compared with what each known mistake would
have answered, so that the learner hears which one it looks like and not only that it is wrong.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from swin_edu.exercises import judging, overview, progress, showing
from swin_edu.exercises.answers import same_answer
from swin_edu.exercises.marks import marks
from swin_edu.exercises.report import Report, SaidReport
from swin_edu.exercises.running import Answer, Outcome, run
from swin_edu.exercises.sources import Code, Words, source_of

Difficulty = Literal["easy", "medium", "hard"]
# How often a hidden case is drawn until it is a new one; an exercise with few cases repeats one after that.
DRAWS = 100
# How many hints of each exercise were shown since the start of this process.
_hints_shown: dict[str, int] = {}


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
        draw: the arguments of one more case, made with the random generator it is given and no other;
            never square, never a batch of 1.

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
    draw: Callable[[random.Random], tuple[Any, ...]] | None = None

    def check(self, function: Answer) -> Report:
        """Run a learner's function on every case, print the verdict, and return it.

        A notebook also shows the first wrong answer beside the expected one.

        Nothing that the function does raises here: an unwritten stub, an exception, an endless loop, an
        answer of another kind and a changed input each get a message of their own. A right answer is
        remembered (`swin_edu.exercises.progress`).

        Args:
            function: takes the same arguments as the reference.

        Returns:
            What was found; true as a bool where all is right.
        """
        report = self.examine(function)
        print(showing.lines_of(report))
        if report.passed:
            progress.remember(self.name)
        elif report.expected is not None:
            showing.show(report, self.cases()[report.case])
        return SaidReport(**vars(report))

    @property
    def stub(self) -> Code:
        """The head of the function to write, to be copied into a cell."""
        return Code(overview.stub_of(self))

    def __repr__(self) -> str:
        return overview.card_text(self)

    def _repr_html_(self) -> str:
        return overview.card_html(self)

    def examine(self, function: Answer) -> Report:
        """The same as `check`, without printing or remembering."""
        return self._examine(function, self.cases())

    def _examine(self, function: Answer, cases: list[tuple[Any, ...]], visible: int | None = None) -> Report:
        if not callable(function):
            words = f"check a function, not its result; this is {type(function).__name__}"
            return Report(self.name, False, words, cases=len(cases))
        outcomes: list[Outcome] = []
        # Each case is run once, so that what a learner prints is printed once; one endless loop is enough.
        while len(outcomes) < len(cases) and not (outcomes and judging.is_over(outcomes[-1])):
            outcomes.append(run(function, cases[len(outcomes)]))
        return self.judge(outcomes, cases, visible, called=getattr(function, "__name__", ""))

    def judge(
        self,
        outcomes: Sequence[Outcome],
        cases: Sequence[tuple[Any, ...]],
        visible: int | None = None,
        called: str = "",
    ) -> Report:
        """The verdict on outcomes that were obtained elsewhere, such as in an isolated process.

        Args:
            outcomes: what the function did with the first cases; those that were not run count as wrong.
            cases: their arguments; the function ran on copies.
            visible: how many of them may be described with their numbers; all, where it is None. Of the
                others only the kind of trouble is said.
            called: what the learner calls the function; the exercise's name where it has none.

        Raises:
            ValueError: if there are more outcomes than cases.

        Example:
            >>> double = Exercise("double", "00", "easy", 1, "Twice x.", lambda x: 2 * x, lambda: [(1,)])
            >>> double.judge([Outcome(2), Outcome(9)], [(1,), (3,)], visible=1).right
            1
        """
        return judging.judge(self, outcomes, cases, visible, called)

    def hidden_cases(self, seed: int | str, count: int = 4) -> list[tuple[Any, ...]]:
        """More cases, other ones for each seed and the same ones for the same seed.

        None of them is a visible one, so that an answer learned by heart gains nothing.

        Args:
            seed: whoever knows it knows the cases.
            count: how many, from 0.

        Returns:
            Their arguments; none for an exercise without `draw`.

        Example:
            >>> from swin_edu import exercises
            >>> exercises.mask_1d.hidden_cases(1) == exercises.mask_1d.hidden_cases(1)
            True
        """
        if self.draw is None:
            return []
        generator = random.Random(f"{self.name} {seed}")
        visible, hidden = self.cases(), []
        for _ in range(count):
            for _ in range(DRAWS):
                case = self.draw(generator)
                if not any(same_answer(case, known, exactly=True) for known in visible + hidden):
                    break
            hidden.append(case)
        return hidden

    def grade(self, function: Answer, points: float, seed: int | str = 0) -> float:
        """Check a function on the visible and the hidden cases, print the verdict, and return the points.

        It runs the function in this process: for your own answer, or one that you trust. The classroom
        grades what others hand in apart from it (`swin_edu.classroom`).

        Args:
            function: takes the same arguments as the reference.
            points: for a right answer.
            seed: of the hidden cases.

        Returns:
            The points; see `swin_edu.exercises.marks`.
        """
        visible = self.cases()
        report = self._examine(function, visible + self.hidden_cases(seed), len(visible))
        print(report)
        return marks(report, points)

    def hint(self, step: int | None = None) -> Words:
        """What helps on, one step more with each call; the last one stays.

        Args:
            step: a certain one, from 1.

        Example:
            >>> from swin_edu import exercises
            >>> exercises.mask_1d.hint(1).endswith("One axis, three bands, and no second digit.")
            True
        """
        if not self.hints:
            return Words("There is no hint here.")
        if step is None:
            step = _hints_shown[self.name] = min(_hints_shown.get(self.name, 0) + 1, len(self.hints))
        step = min(max(step, 1), len(self.hints))
        return Words(f"hint {step} of {len(self.hints)}: {self.hints[step - 1]}")

    def solution(self, sure: bool = False) -> Words:
        """A right solution as text, for whoever is sure that he wants to see it.

        Args:
            sure: has to be True.

        Example:
            >>> from swin_edu import exercises
            >>> exercises.mask_1d.solution()
            One more try with exercises.mask_1d.hint()? To see it: exercises.mask_1d.solution(sure=True)
        """
        if not sure:
            name = f"exercises.{self.name}"
            return Words(f"One more try with {name}.hint()? To see it: {name}.solution(sure=True)")
        return source_of(self.reference, self.name)
