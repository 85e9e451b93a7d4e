"""The functions that a source's cells define: what they take, and the functions themselves without the rest.

`release_checks.py` uses it, so that a release runs no training and draws nothing.
"""

import ast
import inspect
from typing import Any

from swin_edu.classroom.sources import Source

__all__ = ["fits", "names_of", "run_definitions"]

DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)


def names_of(definition: ast.FunctionDef) -> list[str]:
    """The names of a function's arguments, in order.

    Args:
        definition: a parsed `def`.

    Example:
        >>> names_of(ast.parse("def f(H, W, *, s=1): ...").body[0])
        ['H', 'W', 's']
    """
    arguments = definition.args
    return [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]


def fits(definition: ast.FunctionDef, count: int) -> bool:
    """Whether a function can be called with so many arguments, by position.

    Args:
        definition: a parsed `def`.
        count: how many.

    Example:
        >>> [fits(ast.parse("def f(H, W, s=1): ...").body[0], count) for count in (1, 2, 3, 4)]
        [False, True, True, False]
    """
    arguments, kind = definition.args, inspect.Parameter
    positional = [*arguments.posonlyargs, *arguments.args]
    needed = len(positional) - len(arguments.defaults)
    parameters = [
        kind(argument.arg, kind.POSITIONAL_ONLY, default=kind.empty if number < needed else None)
        for number, argument in enumerate(positional)
    ]
    if arguments.vararg:
        parameters.append(kind(arguments.vararg.arg, kind.VAR_POSITIONAL))
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        parameters.append(
            kind(argument.arg, kind.KEYWORD_ONLY, default=kind.empty if default is None else None)
        )
    try:
        inspect.Signature(parameters).bind(*range(count))
    except TypeError:
        return False
    return True


def run_definitions(source: Source) -> dict[str, Any]:
    """Run the imports, functions, classes and constants of a source, and nothing else of it.

    Args:
        source: whose code is the teacher's own.

    Returns:
        What is defined afterwards, by name; an exception in the place of what could not be defined.

    Example:
        >>> from swin_edu.classroom.sources import SourceCell
        >>> cell = SourceCell("code", "M = 4\\nprint(M)\\ndef window(): return M", 1, False)
        >>> run_definitions(Source("9_x", (cell,)))["window"]()
        4
    """
    names: dict[str, Any] = {"__name__": source.name}
    for cell in source.cells:
        if cell.markdown:
            continue
        try:
            body = ast.parse(cell.text).body
        except SyntaxError as error:
            if cell.function:
                names[cell.function] = error
            continue
        for node in body:
            if isinstance(node, DEFINITIONS) or _is_constant(node):
                code = compile(ast.Module([node], []), source.file or source.name, "exec")
                try:
                    exec(code, names)
                except Exception as error:
                    names[getattr(node, "name", "")] = error
    return names


def _is_constant(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Assign):
        return False
    try:
        ast.literal_eval(node.value)
    except ValueError:
        return False
    return True
