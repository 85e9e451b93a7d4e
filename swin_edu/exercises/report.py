"""What a check found, as one object: passed or not, the recognised mistake, the first case that differs.

`check` and `judge` return it; the lessons print it, the classroom counts it.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Report:
    """What a check found.

    Args:
        exercise: its name.
        passed: whether every case was answered rightly.
        message: what the learner is told.
        mistake: name of the known mistake that the answer looks like, if any.
        case: number of the first case, from 0, that was answered wrongly.
        right: how many cases were answered rightly.
        cases: how many there are.
        call: how the first wrong case was called, such as "mask_1d(12, 4, 1)"; empty where it can't be read.
        expected: the right answer to that case; None where there is nothing to compare.
        got: the answer that came.

    Example:
        >>> Report("patches", passed=True, message="right!")
        patches: right!
    """

    exercise: str
    passed: bool
    message: str
    mistake: str | None = None
    case: int | None = None
    right: int = 0
    cases: int = 0
    call: str = ""
    # Tensors have no plain equality, so that two reports are compared without them.
    expected: Any = field(default=None, compare=False)
    got: Any = field(default=None, compare=False)

    def __repr__(self) -> str:
        return f"{self.exercise}: {self.message}"

    def __bool__(self) -> bool:
        return self.passed


class SaidReport(Report):
    """A report that was printed already: as the last line of a cell it says nothing twice."""

    def _ipython_display_(self) -> None:
        pass
