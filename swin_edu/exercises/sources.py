"""The reference solution as text that runs as it is pasted: imports, aliases, constants, then functions.

`Exercise.solution(sure=True)` shows it.
"""

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from types import FunctionType
from typing import Any

COURSE = "swin_edu.exercises"
LIBRARY = "swin_edu"


class Words(str):
    """A text that a notebook and a prompt show as it is, without quotation marks.

    Example:
        >>> Words("Which axis?")
        Which axis?
    """

    def __repr__(self) -> str:
        return str(self)


class Code(Words):
    """Source code; a notebook shows it coloured.

    Example:
        >>> Code("x = 1")._repr_markdown_().splitlines()[0]
        '```python'
    """

    def _repr_markdown_(self) -> str:
        return f"```python\n{self}\n```"


def source_of(function: Callable[..., Any], name: str = "") -> Code:
    """The source of a function after everything that it needs: it runs as it is, in an empty cell.

    Functions of the exercises and of the function's own module are shown; the library's are imported.

    Args:
        function: written in Python.
        name: what to call it; its own name, where this is empty.

    Example:
        >>> from swin_edu import shift_mask
        >>> "def region_ids(" in source_of(shift_mask)
        True
    """
    text = _Text(function.__module__)
    text.add_function(function)
    source = text.joined()
    if name and function.__name__.isidentifier():
        source = re.sub(rf"\b{function.__name__}\b", name, source)
    return Code(source)


class _Text:
    """Pieces of source in an order that runs, each once."""

    def __init__(self, own_module: str) -> None:
        self.own_module = own_module
        self.imports: dict[str, set[str]] = {}  # module -> names of `from module import names`; "" is itself
        self.pieces: dict[tuple[str, str], str] = {}

    def add_function(self, function: Callable[..., Any]) -> None:
        source = textwrap.dedent(inspect.getsource(function)).strip("\n")
        self._add((function.__module__, function.__qualname__), source)

    def _add(self, key: tuple[str, str], source: str) -> None:
        if key in self.pieces:
            return
        self.pieces[key] = ""  # a place is held, so that what uses itself ends here
        for used in _names(source):
            self._add_name(key[0], used)
        del self.pieces[key]
        self.pieces[key] = source

    def _add_name(self, module: str, name: str) -> None:
        """Whatever a name of a module is bound to at its top."""
        value = getattr(sys.modules[module], name, None)
        if isinstance(value, FunctionType) and self._is_shown(value.__module__):
            self.add_function(value)
            return
        source, nodes = _bindings(module)
        node = nodes.get(name)
        if isinstance(node, ast.Import):
            alias = next(a for a in node.names if (a.asname or a.name.partition(".")[0]) == name)
            line = alias.name + (f" as {alias.asname}" if alias.asname else "")
            self.imports.setdefault(line, set()).add("")
        elif isinstance(node, ast.ImportFrom):
            alias = next(a for a in node.names if (a.asname or a.name) == name)
            line = alias.name + (f" as {alias.asname}" if alias.asname else "")
            self.imports.setdefault(node.module, set()).add(line)
        elif node is not None:
            self._add((module, name), ast.get_source_segment(source, node) or "")

    def _is_shown(self, module: str) -> bool:
        return module == self.own_module or module.startswith(COURSE)

    def joined(self) -> str:
        """Imports as the course sorts them, constants and aliases, then functions with lines between them."""
        groups: list[list[str]] = [[], [], []]
        for module in sorted(self.imports, key=str.lower):
            names = self.imports[module]
            top = module.partition(".")[0]
            lines = groups[0 if top in sys.stdlib_module_names else 2 if top == LIBRARY else 1]
            lines += [f"import {module}"] * ("" in names)
            if listed := ", ".join(sorted(names - {""}, key=str.lower)):
                lines.append(f"from {module} import {listed}")
        for lines in groups:
            lines.sort(key=lambda line: line.startswith("from "))
        functions = [piece for piece in self.pieces.values() if re.match(r"(@|def |class |async )", piece)]
        short = [piece for piece in self.pieces.values() if piece not in functions]
        parts = ["\n".join(lines) for lines in (*groups, short) if lines]
        return "\n\n".join(["\n\n".join(parts)] * bool(parts) + [f"\n{piece}" for piece in functions]).strip()


def _names(source: str) -> Iterator[str]:
    """The names that a piece of source reads and does not bind, in their order."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a lambda in the middle of something
        return
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    bound = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    yield from dict.fromkeys(node.id for node in names if node.id not in bound)


@cache
def _bindings(module: str) -> tuple[str, dict[str, ast.stmt]]:
    """A module's source, and the statement at its top that binds each name."""
    try:
        source = inspect.getsource(sys.modules[module])
    except (OSError, TypeError):  # a notebook, a prompt
        return "", {}
    nodes: dict[str, ast.stmt] = {}
    for node in ast.parse(source).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.asname or alias.name.partition(".")[0] for alias in node.names]
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names = [node.name]
        else:
            names = [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        nodes |= dict.fromkeys(names, node)
    return source, nodes
