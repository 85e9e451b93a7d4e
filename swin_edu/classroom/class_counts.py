"""A class's results, counted: who did the same with an exercise, what was hardest, which mistake came most.

The teacher's page shows it; nothing here is HTML.
"""

import re
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Literal

from swin_edu import exercises
from swin_edu.classroom.results import Result, Results
from swin_edu.exercises.engine import Exercise
from swin_edu.exercises.judging import NOT_WRITTEN, SEEN

__all__ = ["KINDS", "ClassCounts", "ExerciseCounts", "Group", "Kind", "count_class"]

Kind = Literal["right", "mistake", "other", "unwritten", "trouble"]
# In the order of every bar, with the words of the legend.
KINDS: dict[Kind, str] = {
    "right": "right",
    "mistake": "a known mistake",
    "other": "wrong in another way",
    "unwritten": "not written",
    "trouble": "could not be graded",
}
ONLY_SEEN = "right only for the visible cases"
RAISED = "stopped with an error"
OTHER = "another wrong answer"
_RAISED = re.compile(r"case \d+ of \d+(, .*?)? raised \w+", re.DOTALL)


@dataclass(frozen=True)
class Group:
    """Students who did the same with an exercise.

    Args:
        kind: one of `KINDS`.
        name: of the known mistake; else what they did, in words.
        students: their ids, sorted.
        hint: what the course says to whoever makes this mistake; empty for all others.

    Example:
        >>> len(Group("right", "right", ("ada", "bo")))
        2
    """

    kind: Kind
    name: str
    students: tuple[str, ...]
    hint: str = ""

    def __len__(self) -> int:
        return len(self.students)


@dataclass(frozen=True)
class ExerciseCounts:
    """What a class did with one exercise.

    Args:
        name: of the exercise.
        out_of: points for a right answer.
        average: points of those who handed in.
        groups: by kind in the order of `KINDS`, the largest of a kind first; none is empty.
        exercise: with its mistakes and hints; None where the course has it no more.

    Example:
        >>> counts = ExerciseCounts("far", 4, 2.0, (Group("right", "right", ("ada",)),), None)
        >>> counts.count("right"), counts.count("mistake"), counts.students
        (1, 0, 1)
    """

    name: str
    out_of: float
    average: float
    groups: tuple[Group, ...]
    exercise: Exercise | None

    def count(self, kind: Kind) -> int:
        """How many students are in the groups of a kind."""
        return sum(len(group) for group in self.groups if group.kind == kind)

    @property
    def students(self) -> int:
        """How many there are in all."""
        return sum(len(group) for group in self.groups)


@dataclass(frozen=True)
class ClassCounts:
    """What a class did with an assignment.

    Args:
        results: what was counted.
        exercises: in the order of the assignment.
        waiting: by question, how many answers nobody has marked yet.
    """

    results: Results
    exercises: tuple[ExerciseCounts, ...]
    waiting: dict[str, int]

    @property
    def hardest_first(self) -> list[ExerciseCounts]:
        """The exercises, the one that the fewest solved first."""
        return sorted(self.exercises, key=lambda one: (one.count("right"), one.average / (one.out_of or 1)))

    @property
    def mistakes(self) -> list[tuple[ExerciseCounts, Group]]:
        """Every known mistake that was made, the most frequent first."""
        found = [(one, group) for one in self.exercises for group in one.groups if group.kind == "mistake"]
        return sorted(found, key=lambda pair: -len(pair[1]))

    @property
    def to_look_at(self) -> dict[str, str]:
        """Who needs a look, and why."""
        texts = {student: self.results.trouble(student) for student in self.results.students}
        return {student: text for student, text in texts.items() if text}

    @property
    def all_marked(self) -> bool:
        """Whether every written answer has its points."""
        return not any(self.waiting.values())

    @property
    def points(self) -> dict[str, float]:
        """By student: everything once all is marked by hand, before that the exercises alone."""
        if self.all_marked:
            return {student: self.results.total(student) for student in self.results.students}
        exercises_of = self.results.of_student
        return {student: sum(r.points for r in exercises_of(student)) for student in self.results.students}

    @property
    def out_of(self) -> float:
        """What `points` could be at most."""
        return self.results.out_of if self.all_marked else sum(self.results.exercises.values())

    @property
    def quarters(self) -> tuple[float, float, float]:
        """Points that a quarter, a half and three quarters of the students do not exceed."""
        points = [*self.points.values()]
        if len(points) < 2:
            return (points or [0.0])[0], (points or [0.0])[0], (points or [0.0])[0]
        low, _, high = quantiles(points, n=4, method="inclusive")
        return low, median(points), high


def count_class(results: Results) -> ClassCounts:
    """Count a class's results.

    Args:
        results: of one assignment.

    Returns:
        The counts; each exercise counts every student who handed in, so that bars are comparable.

    Example:
        >>> one = Result("ada", "9_far", "mask_1d", 0, 6, 0, 7, "inverted", "case 1 of 3: ...")
        >>> (counts,) = count_class(Results("9_far", (one,))).exercises
        >>> counts.groups[0].name, counts.groups[0].hint
        ('inverted', 'What does True mean in a mask of this course?')
    """
    known = {exercise.name: exercise for exercise in exercises.list()}
    waiting = dict.fromkeys(results.questions, 0)
    for answer in results.answers:
        waiting[answer.question] += answer.points is None
    counted = tuple(
        _count_exercise(results, name, out_of, known.get(name)) for name, out_of in results.exercises.items()
    )
    return ClassCounts(results, counted, waiting)


def group_of(result: Result) -> tuple[Kind, str]:
    """Where a result belongs: the kind, and the mistake's name or what happened in words.

    Args:
        result: of one student and exercise.

    Example:
        >>> group_of(Result("ada", "9_far", "mask_1d", 0, 6, 0, 7, None, "case 2 of 3 raised KeyError: 1"))
        ('other', 'stopped with an error')
    """
    if result.state == "right":
        return "right", KINDS["right"]
    if result.mistake:
        return "mistake", result.mistake
    if result.trouble:
        return "trouble", KINDS["trouble"]
    if NOT_WRITTEN in result.message:
        return "unwritten", KINDS["unwritten"]
    if SEEN in result.message:
        return "other", ONLY_SEEN
    return "other", RAISED if _RAISED.search(result.message) else OTHER


def _count_exercise(results: Results, name: str, out_of: float, exercise: Exercise | None) -> ExerciseCounts:
    members: dict[tuple[Kind, str], list[str]] = {}
    of_exercise = {result.student: result for result in results.of_exercise(name)}
    for student in results.students:
        result = of_exercise.get(student)
        # Who has no result at all handed in something that is no notebook, or the grading was stopped.
        place = group_of(result) if result else ("trouble", KINDS["trouble"])
        members.setdefault(place, []).append(student)
    groups = [
        Group(kind, words, tuple(students), _hint(exercise, words) if kind == "mistake" else "")
        for (kind, words), students in members.items()
    ]
    groups.sort(key=lambda group: ([*KINDS].index(group.kind), -len(group), group.name))
    average = sum(result.points for result in of_exercise.values()) / max(1, len(results.students))
    return ExerciseCounts(name, out_of, average, tuple(groups), exercise)


def _hint(exercise: Exercise | None, mistake: str) -> str:
    known = exercise.mistakes.get(mistake) if exercise else None
    return known.hint if known else ""
