"""What a learner sees of exercises that are not checked yet: the list of all, and the card of one.

`exercises.list()` is such a list; `exercises.NAME` as the last line of a cell is a card.
"""

import inspect
import textwrap
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from swin_edu.exercises import progress
from swin_edu.exercises.look import BORDER, CARD, CELL, GOOD, HEAD, LEVEL, QUIET, TABLE, pre_of, words_of

if TYPE_CHECKING:
    from swin_edu.exercises.engine import Exercise

DONE, OPEN = "✓", "·"
WIDTH = 76  # letters in a line that a card has room for


class ExerciseList(list["Exercise"]):
    """Exercises as a table: chapter, name, difficulty, minutes, and whether they are done on this machine.

    Example:
        >>> from swin_edu import exercises
        >>> len(ExerciseList([exercises.mask_1d, exercises.mask_any]))
        2
    """

    def __init__(self, exercises: Iterable["Exercise"] = ()) -> None:
        super().__init__(exercises)

    def done_by_chapter(self) -> dict[str, tuple[int, int]]:
        """How many exercises of each chapter are done, and how many there are; for the map of the course.

        Example:
            >>> from swin_edu import exercises
            >>> ExerciseList([exercises.mask_1d, exercises.mask_any]).done_by_chapter()["03"][1]
            2
        """
        done = progress.done()
        counts: dict[str, tuple[int, int]] = {}
        for exercise in self:
            solved, there = counts.get(exercise.chapter, (0, 0))
            counts[exercise.chapter] = (solved + (exercise.name in done), there + 1)
        return counts

    def _counted(self, done: frozenset[str]) -> str:
        solved = sum(exercise.name in done for exercise in self)
        return f"{solved} of {len(self)} done, {len(self) - solved} open"

    def __repr__(self) -> str:
        done = progress.done()
        wide = max((len(exercise.name) for exercise in self), default=4)
        lines = [f"   chapter  {'name'.ljust(wide)}  difficulty  minutes"]
        for e in self:
            mark = DONE if e.name in done else OPEN
            lines.append(f"{mark}  {e.chapter:7}  {e.name.ljust(wide)}  {e.difficulty:10}  {e.minutes:7}")
        return "\n".join([*lines, f"{self._counted(done)}. A card: exercises.NAME"])

    def _repr_html_(self) -> str:
        done = progress.done()
        head = "".join(
            f'<th style="{HEAD}">{word}</th>' for word in ("", "Chapter", "Exercise", "Level", "Minutes")
        )
        rows = "".join(_row(exercise, exercise.name in done) for exercise in self)
        start = "Its card, with a stub to copy: <code>exercises.NAME</code>. "
        start += "Its check: <code>exercises.NAME.check(your_function)</code>"
        return (
            f"<div><b>{self._counted(done)}.</b> {start}\n"
            f'<table style="{TABLE}"><tr>{head}</tr>\n{rows}</table></div>'
        )


def _row(exercise: "Exercise", is_done: bool) -> str:
    mark = (
        f'<b title="done" style="color:{GOOD}">{DONE}</b>' if is_done else f'<span title="open">{OPEN}</span>'
    )
    task = f'<br><span style="color:{QUIET}">{words_of(_first_words(exercise.task))}</span>'
    words = (mark, exercise.chapter, f"<code>{escape(exercise.name)}</code>{task}", exercise.difficulty)
    cells = "".join(f'<td style="{CELL}">{word}</td>' for word in (*words, exercise.minutes))
    return f"<tr>{cells}</tr>\n"


def _first_words(task: str) -> str:
    """The task without the code that follows it."""
    return " ".join(task.split("\n\n")[0].split())


def stub_of(exercise: "Exercise") -> str:
    """The head of the function to write, with the reference's parameters.

    Args:
        exercise: its reference and its first case say how many there are.

    Example:
        >>> from swin_edu import exercises
        >>> stub_of(exercises.mask_1d).splitlines()[0]
        'def mask_1d(length, M, s):'
    """
    given = [*inspect.signature(exercise.reference).parameters][: len(exercise.cases()[0])]
    words = _first_words(exercise.task).replace("\\", "\\\\").replace('"""', "'''")
    lines = textwrap.wrap(f'"""{words}"""', WIDTH - 4, break_long_words=False)
    body = textwrap.indent("\n".join([*lines, "..."]), "    ")
    return f"def {exercise.name}({', '.join(given)}):\n{body}"


def card_text(exercise: "Exercise") -> str:
    """The card of an exercise as text."""
    state = "done" if exercise.name in progress.done() else "open"
    facts = f"chapter {exercise.chapter}, {exercise.difficulty}, {exercise.minutes} minutes, {state}"
    head = f"{exercise.name} ({facts})"
    call = f"exercises.{exercise.name}"
    first, *rest = exercise.task.split("\n\n")
    paragraphs = [head + "\n" + textwrap.fill(" ".join(first.split()), WIDTH), *rest, stub_of(exercise)]
    calls = f"{call}.check({exercise.name})\n{call}.hint()\n{call}.solution()"
    return "\n\n".join([*paragraphs, calls])


def card_html(exercise: "Exercise") -> str:
    """The card of an exercise for a notebook."""
    is_done = exercise.name in progress.done()
    first, *rest = exercise.task.split("\n\n")
    call = f"exercises.{exercise.name}"
    facts = f"chapter {exercise.chapter}, {exercise.minutes} minutes{f', {DONE} done' if is_done else ''}"
    level = f'<span style="{LEVEL}">{exercise.difficulty}</span>'
    stub = f"{stub_of(exercise)}\n\n\n{call}.check({exercise.name})"
    hints = f"{len(exercise.hints)} hint{'s' if len(exercise.hints) != 1 else ''}, one a call"
    return (
        f'<div style="{CARD}"><b style="font-size:1.1em">{escape(exercise.name)}</b> &nbsp;{level} '
        f'<span style="color:{QUIET}">{facts}</span>\n<p style="margin:8px 0">{words_of(first)}</p>\n'
        + (pre_of("\n\n".join(rest)) if rest else "")
        + f"Copy this into a cell, and write your answer in place of <code>...</code>:{pre_of(stub)}"
        f'<div style="border-top:1px solid {BORDER};padding-top:6px">Stuck? '
        f"<code>{escape(call)}.hint()</code> ({hints}), "
        f"then <code>{escape(call)}.solution()</code></div></div>"
    )
