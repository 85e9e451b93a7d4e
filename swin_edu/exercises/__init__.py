"""The exercises of the course: `exercises.NAME.check(your_function)` says what is right and what is not.

The lessons' "your turn" cells use them; one file a chapter holds references, cases and known mistakes.
"""

from importlib import import_module

from swin_edu.exercises.engine import Exercise, Mistake
from swin_edu.exercises.overview import ExerciseList
from swin_edu.exercises.report import Report

# One module a chapter, in the order of the course; each ends with EXERCISES.
CHAPTERS = (
    *("patches", "windows", "shifted_windows", "position", "block", "merging", "whole_swin"),
    *("training", "imagenet"),
)

_EXERCISES: dict[str, Exercise] = {
    exercise.name: exercise
    for chapter in CHAPTERS
    for exercise in import_module(f"swin_edu.exercises.{chapter}").EXERCISES
}

# Without `list`, so that `import *` leaves Python's own alone.
__all__ = ["Exercise", "Mistake", "Report", *_EXERCISES]


def list() -> ExerciseList:
    """All exercises, in the order of the course; a notebook shows them as a table.

    Example:
        >>> [exercise.name for exercise in list() if exercise.chapter == "03"]
        ['mask_1d', 'mask_any', 'mend_memory', 'who_hears_after', 'mend_padding', 'video_mask']
    """
    return ExerciseList(_EXERCISES.values())


def __getattr__(name: str) -> Exercise:
    if name in _EXERCISES:
        return _EXERCISES[name]
    raise AttributeError(f"no exercise is called {name!r}; there are {', '.join(_EXERCISES)}")
