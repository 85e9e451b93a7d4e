"""A function of the exercises as text that runs without them: with every helper it needs written into it.

The made-up class hands in known mistakes this way, since a submission that is graded finds no exercises.
"""

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

__all__ = ["carry"]

OWN = "swin_edu.exercises"
LIBRARY = "swin_edu.model."  # what submissions find, too
PLAIN = (int, float, str, bool, bytes, type(None))


def carry(function: Callable[..., Any], name: str, signature: str = "*arguments") -> str:
    """A function as text of its own.

    Args:
        function: of a module of the exercises; a lambda and one made by another function are allowed.
        name: that it gets.
        signature: the parameters that are to be written, in the order of the function's own.

    Returns:
        One `def`. It imports what it needs of other packages, and of `swin_edu.model`.

    Raises:
        ValueError: it needs something that cannot be written as text.

    Example:
        >>> from swin_edu import exercises
        >>> text = carry(exercises.mask_1d.mistakes["no_strangers"].function, "mine", "length, M, s")
        >>> print(text.splitlines()[0], "swin_edu.exercises" in text)
        def mine(length, M, s): False
    """
    bundle = _Bundle()
    bundle.define("answer", function)
    imports = "\n".join(sorted(bundle.imports))
    body = "\n\n".join([imports, *bundle.definitions, f"return answer({signature})"]).strip()
    return f"def {name}({signature}):\n{textwrap.indent(body, '    ')}"


class _Bundle:
    """Definitions in an order that runs; one name means one thing."""

    def __init__(self) -> None:
        self.imports: set[str] = set()
        self.definitions: list[str] = []
        self.meaning: dict[str, Any] = {}

    def define(self, name: str, value: Any) -> None:
        if name in self.meaning:
            if not _same(self.meaning[name], value):
                raise ValueError(f"{name} means two things: {self.meaning[name]} and {value}")
            return
        self.meaning[name] = value
        if isinstance(value, FunctionType) and value.__module__.startswith(OWN):
            self._define_function(name, value)
        elif isinstance(value, ModuleType):
            own = value.__name__
            self.imports.add(f"import {own}" if own == name else f"import {own} as {name}")
        elif _is_plain(value):
            self.definitions.append(f"{name} = {value!r}")
        elif str(value).startswith("torch."):  # a dtype
            self.imports.add("import torch")
            self.definitions.append(f"{name} = {value}")
        elif isinstance(value, dict) and all(map(str.isidentifier, value)) and not _home_of(name, value):
            for key, item in value.items():
                self.define(f"{name}_{key}", item)
            items = ", ".join(f"{key!r}: {name}_{key}" for key in value)
            self.definitions.append(f"{name} = {{{items}}}")
        elif module := getattr(value, "__module__", None) or _home_of(name, value):
            called = getattr(value, "__qualname__", name)
            if module.startswith(OWN) or "." in called:
                raise ValueError(f"{name} = {value!r} can't be carried")
            package = module.split(".")[0]  # people write `from einops import rearrange`
            module = package if getattr(sys.modules[package], called, None) is value else module
            called = called if called == name else f"{called} as {name}"
            self.imports.add(f"from {module} import {called}")
        else:
            raise ValueError(f"{name} = {value!r} can't be carried")

    def _define_function(self, name: str, function: FunctionType) -> None:
        node = _node_of(function)
        for used, value in _needs(function, node):
            self.define(used, value)
        if isinstance(node, ast.Lambda):
            self.definitions.append(f"{name} = {ast.unparse(node)}")
            return
        if node.name != name and node.name not in self.meaning:
            self.meaning[node.name] = function
        self.definitions.append(ast.unparse(node))
        if node.name != name:
            self.definitions.append(f"{name} = {node.name}")


def _needs(function: FunctionType, node: ast.FunctionDef | ast.Lambda) -> Iterator[tuple[str, Any]]:
    """What a function uses and does not make itself, by the names that it uses."""
    closed = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    for name, cell in closed.items():
        if cell.cell_contents is not function:
            yield name, cell.cell_contents
    defaults = [*node.args.defaults, *(default for default in node.args.kw_defaults if default)]
    used = {name.id for one in defaults for name in ast.walk(one) if isinstance(name, ast.Name)}
    for name in sorted(used | set(_global_names(function.__code__))):
        value = function.__globals__.get(name, function)
        if name not in closed and value is not function:
            yield name, value


def _global_names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _global_names(constant)


def _node_of(function: FunctionType) -> ast.FunctionDef | ast.Lambda:
    """Its text, as Python's own tree, without what is only for readers: types, docstring, decorators."""
    code = function.__code__
    where = [place for place in code.co_positions() if None not in place and place[2:] != (0, 0)]
    around = [node for node in _functions_in(inspect.getsourcefile(function)) if _holds(node, code, where)]
    if not around:
        raise ValueError(f"the text of {function.__qualname__} was not found")
    node = min(around, key=lambda node: (node.end_lineno - node.lineno, node.end_col_offset))
    return _Bare().visit(ast.parse(ast.unparse(node)).body[0])


def _holds(node: ast.FunctionDef | ast.Lambda, code: CodeType, where: list[tuple[int, ...]]) -> bool:
    if isinstance(node, ast.Lambda) != (code.co_name == "<lambda>"):
        return False
    if isinstance(node, ast.FunctionDef):
        return node.name == code.co_name and code.co_firstlineno in (
            node.lineno,
            *(one.lineno for one in node.decorator_list),
        )
    begin, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
    inside = [place for place in where if place[0] >= code.co_firstlineno]
    return node.lineno == code.co_firstlineno and all(
        begin <= (first, left) and (last, right) <= end for first, last, left, right in inside
    )


@cache
def _functions_in(file: str) -> list[ast.FunctionDef | ast.Lambda]:
    with open(file, encoding="utf-8") as source:
        tree = ast.parse(source.read())
    return [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.Lambda))]


class _Bare(ast.NodeTransformer):
    """Takes out types, docstrings and decorators."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        # A lambda was parsed as an expression that stands alone.
        return self.visit(node.value) if isinstance(node.value, ast.Lambda) else node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.returns, node.decorator_list = None, []
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return ast.Pass()
        return ast.copy_location(ast.Assign([node.target], node.value, lineno=node.lineno), node)


def _home_of(name: str, value: Any) -> str:
    """The module of the library that has a value under this name; empty if none has."""
    homes = [module for module in sorted(sys.modules) if module.startswith(LIBRARY)]
    return next((home for home in homes if getattr(sys.modules[home], name, None) is value), "")


def _is_plain(value: Any) -> bool:
    if isinstance(value, (tuple, list, set, frozenset)):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(_is_plain(key) and _is_plain(item) for key, item in value.items())
    return isinstance(value, PLAIN)


def _same(one: Any, other: Any) -> bool:
    return one is other or (_is_plain(one) and _is_plain(other) and one == other)
