"""The reference solution as text: the function, and what it needs from the course, in an order that runs.

`Exercise.solution(sure=True)` shows it.
"""

import inspect
import textwrap
from collections.abc import Callable
from types import FunctionType
from typing import Any

LIBRARY = "swin_edu."


class Words(str):
    """A text that a notebook and a prompt show as it is, without quotation marks.

    Example:
        >>> Words("Which axis?")
        Which axis?
    """

    def __repr__(self) -> str:
        return str(self)


class Code(Words):
    """Source code; a notebook shows it coloured."""

    def _repr_markdown_(self) -> str:
        return f"```python\n{self}\n```"


def source_of(function: Callable[..., Any]) -> Code:
    """The source of a function of the course, after the functions of the course that it calls.

    Args:
        function: written in Python.

    Example:
        >>> from swin_edu import shift_mask
        >>> "def region_ids(" in source_of(shift_mask)
        True
    """
    found: dict[str, str] = {}
    _collect(function, found)
    return Code("\n\n".join(found.values()))


def _collect(function: Any, found: dict[str, str]) -> None:
    """Callees first, each once."""
    if not isinstance(function, FunctionType) or not function.__module__.startswith(LIBRARY):
        return
    name = f"{function.__module__}.{function.__qualname__}"
    if name in found:
        return
    found[name] = ""  # a place is held, so that a function that calls itself ends here
    for used in _names(function):
        _collect(function.__globals__.get(used), found)
    del found[name]
    found[name] = textwrap.dedent(inspect.getsource(function)).strip("\n")


def _names(function: FunctionType) -> list[str]:
    """The global names that a function uses, also inside its inner functions."""
    names, codes = [], [function.__code__]
    while codes:
        code = codes.pop()
        names += code.co_names
        codes += [constant for constant in code.co_consts if inspect.iscode(constant)]
    return names
