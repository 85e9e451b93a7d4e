"""What a submission finds as `swin_edu.exercises` while it is graded: nothing that knows an answer.

`sandbox` puts it in the place of the real exercises; they are checked outside, where the code cannot reach.
"""

import builtins
from typing import Any


class Report:
    """What `check` returns here: neither passed nor failed, since nothing was compared.

    Example:
        >>> Report("patches")
        patches: checked outside, when the whole notebook has run.
    """

    passed, mistake, case, right, cases = False, None, None, 0, 0

    def __init__(self, exercise: str) -> None:
        self.exercise = exercise
        self.message = "checked outside, when the whole notebook has run."

    def __repr__(self) -> str:
        return f"{self.exercise}: {self.message}"


class Exercise:
    """An exercise by name only.

    Example:
        >>> report = Exercise("patches").check(max)
        patches: checked outside, when the whole notebook has run.
    """

    # Assignments print it where a bug is to be found.
    task = "The task's text is shown where the notebook is written."

    def __init__(self, name: str) -> None:
        self.name = name

    def check(self, function: Any = None, *rest: Any, **options: Any) -> Report:
        """Says that it is done outside."""
        report = Report(self.name)
        print(report)
        return report

    def examine(self, function: Any = None) -> Report:
        """The same, silently."""
        return Report(self.name)

    def __getattr__(self, name: str) -> Any:
        """Whatever else an exercise can do (`hint`, `solution`, `grade`) does nothing here."""
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *arguments, **options: None


def list() -> "builtins.list[Exercise]":
    """No exercises.

    Example:
        >>> list()
        []
    """
    return []


def __getattr__(name: str) -> Exercise:
    if name.startswith(("_", "pytest", "setup", "setUp", "teardown", "tearDown")):  # what test tools look for
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return Exercise(name)
