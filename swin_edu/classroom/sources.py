"""Read the text source of an assignment: jupytext's percent format and a few short directives.

`assignments/src` is written this way; `source_notebooks.py` makes nbgrader's notebook of it, and
`release_checks.py` finds what is wrong with it.
"""

import ast
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

__all__ = ["BLOCKS", "FREE", "Source", "SourceCell", "block_of", "read_source", "without_block"]

Kind = Literal["header", "exercise", "question", "text", "code"]
FREE = "free"
BLOCKS = ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME")
DIRECTIVES = {"assignment": "header", "exercise": "exercise", "question": "question"}


@dataclass(frozen=True)
class SourceCell:
    """One cell of a source, as it was written.

    Args:
        kind: "header", "exercise" and "question" have a directive; "text" and "code" have none.
        text: the cell's text, without comment signs where it is a text.
        line: the line of the file on which it opens, from 1; 0 where that is not known.
        markdown: whether it is a text cell.
        directives: what stands behind `# %%`, by name, such as `{"exercise": "mask_any", "points": 6}`.

    Example:
        >>> SourceCell("exercise", "def mine(x): ...", 3, False, {"exercise": "mask_1d"}).function
        'mine'
    """

    kind: Kind
    text: str
    line: int
    markdown: bool
    directives: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The exercise's or question's name; empty for other cells."""
        return str(self.directives.get(self.kind, "")) if self.kind in ("exercise", "question") else ""

    @property
    def points(self) -> float | None:
        """The points, None where none are given or they are no number."""
        points = self.directives.get("points")
        return points if isinstance(points, (int, float)) and not isinstance(points, bool) else None

    @property
    def free(self) -> bool:
        """Whether the student may change the cell although it is not graded."""
        return FREE in self.directives.get("tags", [])

    @cached_property
    def definition(self) -> ast.FunctionDef | None:
        """The function that an exercise asks for: the one in `function=`, else the last that is defined."""
        try:
            body = ast.parse(self.text).body
        except SyntaxError:
            return None
        wanted = self.directives.get("function")
        found = [node for node in body if isinstance(node, ast.FunctionDef) and wanted in (None, node.name)]
        return found[-1] if found else None

    @property
    def function(self) -> str:
        """Name of the function that an exercise asks for; empty where there is none."""
        return self.definition.name if self.definition else ""

    @property
    def marking(self) -> str:
        """The notes for whoever marks a question; empty where there are none."""
        return block_of(self.text, "MARK SCHEME")


@dataclass(frozen=True)
class Source:
    """A whole assignment, as it was written.

    Args:
        name: such as `2_shifted_windows`.
        cells: in the order of the file.
        file: where it was read from, for messages.

    Example:
        >>> directives = {"assignment": "Far", "points": 9, "hours": 2}
        >>> header = SourceCell("header", "- see far", 1, True, directives)
        >>> source = Source("9_far", (header,)); source.title, source.points, source.hours, source.goals
        ('Far', 9, 2, ('see far',))
    """

    name: str
    cells: tuple[SourceCell, ...]
    file: str = ""

    @property
    def header(self) -> SourceCell | None:
        """The cell with `assignment=`, None where there is none."""
        return next((cell for cell in self.cells if cell.kind == "header"), None)

    @property
    def title(self) -> str:
        """What the header calls the assignment."""
        return str(self.header.directives["assignment"]) if self.header else ""

    @property
    def points(self) -> float | None:
        """The total that the header states."""
        return self.header.points if self.header else None

    @property
    def hours(self) -> float | None:
        """How long it takes, as the header states it."""
        hours = self.header.directives.get("hours") if self.header else None
        return hours if isinstance(hours, (int, float)) and not isinstance(hours, bool) else None

    @property
    def goals(self) -> tuple[str, ...]:
        """The learning goals: the list items of the header, each as one line."""
        items = re.findall(r"^[-*] (.+(?:\n  +\S.*)*)", self.header.text, re.MULTILINE) if self.header else []
        return tuple(" ".join(item.split()) for item in items)

    @property
    def exercises(self) -> tuple[SourceCell, ...]:
        """The cells that are graded by an exercise."""
        return tuple(cell for cell in self.cells if cell.kind == "exercise")

    @property
    def questions(self) -> tuple[SourceCell, ...]:
        """The written questions, which people mark."""
        return tuple(cell for cell in self.cells if cell.kind == "question")


def read_source(path: Path) -> Source:
    """Read a source. Nothing wrong in it raises here: `release_checks.check_source` says it with its place.

    Args:
        path: `assignments/src/N_name.py`.

    Returns:
        Its cells with their directives.

    Raises:
        FileNotFoundError: there is no such file.

    Example:
        >>> import tempfile; path = Path(tempfile.mkdtemp()) / "9_x.py"
        >>> _ = path.write_text('# %% [markdown] question="why" points=2\\n# Why?\\n')
        >>> [(cell.kind, cell.name, cell.points, cell.line, cell.text) for cell in read_source(path).cells]
        [('question', 'why', 2, 1, 'Why?')]
    """
    import jupytext  # only here: learners need not have it

    text = path.read_text(encoding="utf-8")
    notebook = jupytext.reads(text, fmt="py:percent")
    openings = [number for number, line in enumerate(text.split("\n"), 1) if re.match(r"# %%(\s|$)", line)]
    lines = openings if len(openings) == len(notebook.cells) else [0] * len(notebook.cells)
    cells = []
    for cell, line in zip(notebook.cells, lines, strict=True):
        directives = {key: value for key, value in cell.metadata.items() if key != "lines_to_next_cell"}
        markdown = cell.cell_type != "code"
        plain: Kind = "text" if markdown else "code"
        kind = next((kind for key, kind in DIRECTIVES.items() if key in directives), plain)
        cells.append(SourceCell(kind, cell.source, line, markdown, directives))
    return Source(path.stem, tuple(cells), str(path))


def block_of(text: str, block: str) -> str:
    """What stands between `### BEGIN` and `### END` of a block, all such blocks together.

    Args:
        text: of a cell.
        block: one of `BLOCKS`.

    Example:
        >>> block_of("a\\n### BEGIN SOLUTION\\nb\\n### END SOLUTION\\nc", "SOLUTION")
        'b'
    """
    return "\n".join(found[1].strip("\n") for found in _block(block).finditer(text))


def without_block(text: str, block: str) -> str:
    """The text without a block and its two marks.

    Args:
        text: of a cell.
        block: one of `BLOCKS`.

    Example:
        >>> without_block("a\\n### BEGIN SOLUTION\\nb\\n### END SOLUTION\\nc", "SOLUTION")
        'a\\nc'
    """
    return _block(block).sub("", text).strip("\n")


def _block(block: str) -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*### BEGIN {block}[^\n]*\n(.*?)^[ \t]*### END {block}[^\n]*\n?", re.M | re.S)
