"""What made-up students write: right in different styles, half right, a known mistake, or something else.

`made_up_class.py` fills notebooks with it. Every text runs without the exercises, as a submission has to.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from swin_edu.classroom.carried_source import carry
from swin_edu.classroom.class_counts import Kind, group_of
from swin_edu.classroom.results import Result
from swin_edu.classroom.sources import SourceCell
from swin_edu.classroom.tasks import Task
from swin_edu.exercises.marks import marks
from swin_edu.exercises.running import run

__all__ = ["WRITTEN", "Expected", "Writer", "Written"]

# How a person writes that has loops and no tricks; the other styles are the teacher's and the library's.
LOOPS = {
    "mask_1d": """
def window_of(place):
    before_the_roll = (place + s) % length
    return (before_the_roll - s) // M
masks = []
for start in range(0, length, M):
    windows = [window_of(place) for place in range(start, start + M)]
    masks.append([[query == key for key in windows] for query in windows])
return torch.tensor(masks)
""",
    "mask_any": """
def company(row, column):
    row, column = (row + sh) % H, (column + sw) % W
    return (row - sh) // Mh, (column - sw) // Mw
masks = []
for top in range(0, H, Mh):
    for left in range(0, W, Mw):
        tokens = [company(top + i, left + j) for i in range(Mh) for j in range(Mw)]
        masks.append([[query == key for key in tokens] for query in tokens])
return torch.tensor(masks)
""",
    "who_hears_after": """
heard = {(row, column)}
for block in range(k):
    shift = M // 2 if block % 2 == 1 else 0
    windows = {((r - shift) // M, (c - shift) // M) for r, c in heard}
    heard = {(r, c) for r in range(H) for c in range(W) if ((r - shift) // M, (c - shift) // M) in windows}
answer = torch.zeros(H, W, dtype=torch.bool)
for r, c in heard:
    answer[r, c] = True
return answer
""",
}
# Somebody whose code fits only what was tried.
FITS_SOME = """
{size_of}tried = {tried!r}
if str(_sizes([{names}])) not in tried:
    raise ValueError("it works for the sizes that I tried")
"""
ERROR = "rows = torch.arange(12)\nreturn rows.view(5, 3)\n"
# Answers to written questions, from short to long; a person marks them.
WRITTEN = (
    "The tokens stand side by side after the roll, but in the image they are far apart.",
    "I tried it with 8 x 12 tokens. The numbers were the same, so the reason must be the symmetry.",
    "No. A bias is one number for an offset, and the same offset joins neighbours elsewhere.",
    "Because of the windows: a token hears from the next window only in the block after.",
    "1. Yes.\n2. It depends on the size: with more tokens it takes longer.\n3. I am not sure.",
)


@dataclass(frozen=True)
class Expected:
    """What grading should find in one exercise of a made-up student.

    Args:
        points: for it.
        kind: which group of the teacher's page it is in.
        mistake: the known mistake's name, if it is one.

    Example:
        >>> Expected(0.0, "unwritten").mistake is None
        True
    """

    points: float
    kind: Kind
    mistake: str | None = None


@dataclass(frozen=True)
class Written:
    """What a student wrote for an exercise.

    Args:
        text: of the cell; None where the cell stays as it was handed out.
        expected: what grading should find.
    """

    text: str | None
    expected: Expected


@dataclass(eq=False)
class Writer:
    """Writes answers to one exercise of an assignment.

    Args:
        cell: of the assignment's text, with the teacher's solution.
        task: the same exercise with its cases, the hidden ones, too.

    Raises:
        ValueError: the cell defines no function.
    """

    cell: SourceCell
    task: Task
    names: list[str] = field(init=False)

    def __post_init__(self) -> None:
        if self.cell.definition is None:
            raise ValueError(f"the cell of {self.cell.name} defines no function")
        self.names = [argument.arg for argument in self.cell.definition.args.args]

    @cache  # noqa: B019 (a class is made once)
    def right(self, style: int) -> Written:
        """A right answer.

        Args:
            style: any number; there are two or three styles.
        """
        styles: list[Callable[[], str]] = [self._teachers, self._librarys]
        if self.cell.name in LOOPS:
            styles.append(lambda: self._function(LOOPS[self.cell.name]))
        return Written(styles[style % len(styles)](), Expected(self.task.points, "right"))

    @cache  # noqa: B019 (a class is made once)
    def mistake(self, name: str) -> Written:
        """A known mistake.

        Args:
            name: of the exercise's.
        """
        function = self.task.exercise.mistakes[name].function
        found = self._found(function)
        return Written(self._carried(function), Expected(found.points, "mistake", name))

    @cache  # noqa: B019 (a class is made once)
    def half(self) -> Written:
        """Right for some of the visible cases, an error for the others."""
        return self._fits(max(1, len(self.task.visible) // 2))

    @cache  # noqa: B019 (a class is made once)
    def only_visible(self) -> Written:
        """Right for all that can be seen, an error for other sizes."""
        return self._fits(len(self.task.visible))

    def unwritten(self) -> Written:
        """The cell as it was handed out."""
        return Written(None, Expected(0.0, "unwritten"))

    def error(self) -> Written:
        """Stops with an error in every case."""
        return Written(self._function(ERROR), Expected(0.0, "other"))

    def says(self, body: str, kind: Kind = "other") -> Written:
        """Whatever a hostile student writes; it gives no points.

        Args:
            body: of the function.
            kind: where the teacher's page should put it.
        """
        return Written(self._function(body), Expected(0.0, kind))

    def _teachers(self) -> str:
        lines = self.cell.text.split("\n")
        return "\n".join(line for line in lines if "### BEGIN" not in line and "### END" not in line)

    def _librarys(self) -> str:
        return self._carried(self.task.exercise.reference)

    def _carried(self, function: Callable[..., Any]) -> str:
        return carry(function, self.cell.function, ", ".join(self.names))

    def _function(self, body: str) -> str:
        """The student's function with another body; its head and docstring as they were handed out."""
        head = f"def {self.cell.function}({', '.join(self.names)}):"
        docstring = ast.get_docstring(self.cell.definition) if self.cell.definition else None
        words = f'    """{docstring}"""\n' if docstring else ""
        return f"{head}\n{words}{textwrap.indent(body.strip(), '    ')}"

    def _fits(self, number: int) -> Written:
        guard = FITS_SOME.format(
            size_of=inspect.getsource(_sizes),
            tried=[str(_sizes(case)) for case in self.task.visible[:number]],
            names=", ".join(self.names),
        )
        head, body = self._librarys().split("\n", 1)
        text = f"{head}\n{textwrap.indent(guard.strip(), '    ')}\n\n{body}"
        place: dict[str, Any] = {}
        # The text is ours, and nobody else's.
        exec(text, place)
        found = self._found(place[self.cell.function])
        return Written(text, Expected(found.points, group_of(found)[0], found.mistake))

    def _found(self, function: Callable[..., Any]) -> Result:
        """What a function of ours gets: run here, without any isolation."""
        outcomes = [run(function, case) for case in (*self.task.visible, *self.task.hidden)]
        report = self.task.judge(outcomes)
        points = marks(report, self.task.points)
        counts = (report.right, report.cases, report.mistake, report.message)
        return Result("", "", self.task.name, points, self.task.points, *counts)


def _sizes(value):  # no types: its text goes into answers that import nothing
    """What a case looks like: shapes, and what is no tensor as it is. `FITS_SOME` takes it along."""
    if hasattr(value, "shape"):
        return tuple(value.shape)
    if isinstance(value, (list, tuple)):
        return [_sizes(one) for one in value]
    if callable(value):  # inside the box it is of another type
        return "a function"
    return value if isinstance(value, (int, float, str)) or value is None else type(value).__name__
