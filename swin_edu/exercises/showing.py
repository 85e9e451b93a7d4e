"""What a notebook shows under a verdict: the expected answer beside the learner's; nothing anywhere else.

`Exercise.check` uses it. A picture that cannot be drawn is none: it never spoils a check.
"""

import sys
import textwrap
from typing import Any

from torch import Tensor

from swin_edu.exercises.answer_table import AnswerTable
from swin_edu.exercises.report import Report
from swin_edu.exercises.scenes import scene_of

LETTERS = 92  # in a line of a verdict; JupyterLab breaks longer ones in the middle of a word


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook, and not a terminal or a script.

    Example:
        >>> in_notebook()
        False
    """
    ipython = sys.modules.get("IPython")  # whoever did not import it is in no notebook
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None


def lines_of(report: Report) -> str:
    """The verdict as it is printed: in a notebook in lines of whole words, elsewhere as it is.

    Args:
        report: of a check.

    Example:
        >>> lines_of(Report("double", True, "right!"))
        'double: right!'
    """
    text = str(report)
    return broken(text) if in_notebook() else text


def broken(text: str) -> str:
    """A text in lines that a cell has room for. Lines that fit stay; no word is cut.

    Args:
        text: any.

    Example:
        >>> broken("one " * 30).splitlines()[1]
        'one one one one one one one'
    """
    lines = (
        textwrap.fill(line, LETTERS, break_long_words=False, break_on_hyphens=False)
        if len(line) > LETTERS
        else line
        for line in text.split("\n")
    )
    return "\n".join(lines)


def picture_of(report: Report, arguments: tuple[Any, ...]) -> Any:
    """The picture of a wrong answer: a figure for tensors, a table for numbers, tuples and dicts.

    Args:
        report: of a check.
        arguments: of the first wrong case.

    Returns:
        Something that a notebook can show; None where there is nothing to compare, or shapes differ.

    Raises:
        Exception: whatever an answer of a strange kind makes impossible.

    Example:
        >>> print(picture_of(Report("double", False, "", expected=2, got=3), (1,)))
           expected  yours  difference
        *  2         3      +1
    """
    if report.expected is None:
        return None
    items = report.expected if isinstance(report.expected, (tuple, list)) else [report.expected]
    if not any(isinstance(item, Tensor) for item in items):
        return AnswerTable.of(report.expected, report.got)
    # Drawing takes seconds to import: only whoever gets a figure waits for it.
    from swin_edu.exercises.pictures import compare
    from swin_edu.visuals.answer_figures import answers_beside

    scene = scene_of(report.exercise, arguments)
    if comparison := compare(report.expected, report.got, scene, arguments):
        return answers_beside(comparison)
    return AnswerTable.of(report.expected, report.got)


def show(report: Report, arguments: tuple[Any, ...]) -> None:
    """Show the picture of a wrong answer under the verdict, in a notebook.

    Args:
        report: of a check.
        arguments: of the first wrong case.
    """
    if report.passed or report.expected is None or not in_notebook():
        return
    try:
        if picture := picture_of(report, arguments):
            from IPython.display import display

            display(picture)
    except Exception:  # an answer may be of any kind, and the verdict was said already
        return
