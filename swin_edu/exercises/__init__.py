"""The exercises of the course: `exercises.NAME.check(your_function)` says what is right and what is not.

The lessons' "your turn" cells use them; one file a chapter holds references, cases and known mistakes.
"""

import builtins
from importlib import import_module

from swin_edu.exercises.engine import Exercise, Mistake
from swin_edu.exercises.report import Report

# One module a chapter, in the order of the course; each ends with EXERCISES.
CHAPTERS = ("patches", "windows", "shifted_windows", "position", "block", "merging", "whole_swin", "training")

_EXERCISES: dict[str, Exercise] = {
    exercise.name: exercise
    for chapter in CHAPTERS
    for exercise in import_module(f"swin_edu.exercises.{chapter}").EXERCISES
}

# Without `list`, so that `import *` leaves Python's own alone.
__all__ = ["Exercise", "Mistake", "Report", *_EXERCISES]


def list() -> "builtins.list[Exercise]":
    """All exercises, in the order of the course.

    Example:
        >>> [exercise.name for exercise in list() if exercise.chapter == "03"]
        ['mask_1d', 'mask_any', 'who_hears_after']
    """
    return [*_EXERCISES.values()]


def __getattr__(name: str) -> Exercise:
    if name in _EXERCISES:
        return _EXERCISES[name]
    raise AttributeError(f"no exercise is called {name!r}; there are {', '.join(_EXERCISES)}")
