"""Running somebody's function on one case: what came back, what it raised, whether it changed its input.

The exercises' check uses it; a classroom gets the same outcomes from an isolated process instead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from swin_edu.exercises.answers import copy_of, same_answer
from swin_edu.exercises.frozen import frozen
from swin_edu.exercises.time_limit import TimeLimit, time_limit

Answer = Callable[..., Any]
# A right answer takes well under a second; slow loops on a slow machine still fit.
SECONDS = 10.0
TIME_LIMIT = TimeLimit.__name__
LONGEST = 1000  # letters of an error
UNWRITTEN = NotImplementedError.__name__


@dataclass(frozen=True)
class Problem:
    """Why a function gave no answer.

    Args:
        kind: the name of the exception's class; "TimeLimit" where the time was over.
        text: what the exception says.

    Example:
        >>> Problem("ZeroDivisionError", "division by zero")
        ZeroDivisionError: division by zero
    """

    kind: str
    text: str = ""

    def __repr__(self) -> str:
        return f"{self.kind}: {self.text}"


@dataclass(frozen=True)
class Outcome:
    """What a function did with one case.

    Args:
        got: its answer, as it was when it came (`swin_edu.exercises.frozen`).
        error: why there is none, if so.
        changed_input: whether the arguments were other ones afterwards.

    Example:
        >>> Outcome(got=3).error is None
        True
    """

    got: Any = None
    error: Problem | None = None
    changed_input: bool = False


def run(function: Answer, arguments: tuple[Any, ...], seconds: float | None = None) -> Outcome:
    """Run a function on a copy of some arguments; nothing that it does raises here.

    Args:
        function: the learner's, or a known mistake.
        arguments: of one case.
        seconds: how long it may take; `SECONDS` where it is None.

    Returns:
        What it did. Ctrl+C and the end of the process are no outcomes: they go through.

    Example:
        >>> run(lambda x: 1 / x, (0,)).error
        ZeroDivisionError: division by zero
    """
    given = copy_of(arguments)
    try:
        with time_limit(SECONDS if seconds is None else seconds):
            got = frozen(function(*given))
            # Here as well, since what a learner puts into the arguments may be of any kind.
            changed = not same_answer(given, arguments, exactly=True)
    except (Exception, TimeLimit) as error:
        return Outcome(error=Problem(type(error).__name__, _words_of(error)))
    return Outcome(got, changed_input=changed)


def _words_of(error: BaseException) -> str:
    try:
        words = str(error)
    except Exception:  # a learner's own class may say nothing
        return ""
    return words if len(words) <= LONGEST else f"{words[:LONGEST]} ..."


def same_outcome(one: Outcome, other: Outcome) -> bool:
    """Whether two functions did the same with a case; raising the same kind of error is the same.

    Args:
        one, other: what the two did.

    Example:
        >>> same_outcome(run(lambda x: 1 / x, (0,)), run(lambda x: x // 0, (5,)))
        True
    """
    if one.error is not None or other.error is not None:
        return one.error is not None and other.error is not None and one.error.kind == other.error.kind
    return one.changed_input == other.changed_input and same_answer(one.got, other.got)
