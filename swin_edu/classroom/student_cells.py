"""The cells of a student's file, in any version of the format: what is used of each, and nothing else.

`mending` puts them into the assignment's cells. The file is a stranger's: nothing in it is run or believed.
"""

import ast
import json
import re
from dataclasses import dataclass, field
from typing import Any

import nbformat

from swin_edu.classroom.downloads import LIMIT
from swin_edu.classroom.sources import BLOCKS

__all__ = ["StudentCell", "read_cells"]

MOST_CELLS = 1000
MOST_TEXT = 2_000_000  # characters of all cells together; a whole assignment has some ten thousand
# nbgrader's own marks: in a student's cell it would look for the other half, and refuse the page of feedback.
_MARK = re.compile(rf"(BEGIN|END) ({'|'.join(BLOCKS)})")
ADVICE = "Hand in the .ipynb file itself, as JupyterLab saves it."


@dataclass(frozen=True)
class StudentCell:
    """A cell of a student's file: what is used of it.

    Args:
        kind: "code", "markdown" or "raw".
        source: its text.
        grade_id: what nbgrader's metadata call it, if they are there.
        cell_id: what the notebook calls it.
        attachments: pictures in a text cell, as nbformat keeps them.

    Example:
        >>> StudentCell("code", "def f(): ...\\nf = g = 1").defines
        frozenset({'f'})
    """

    kind: str
    source: str
    grade_id: str | None = None
    cell_id: str | None = None
    attachments: dict[str, Any] = field(default_factory=dict)

    @property
    def defines(self) -> frozenset[str]:
        """The functions that it defines."""
        if self.kind != "code" or "def " not in self.source:
            return frozenset()
        try:
            body = ast.parse(self.source).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return frozenset()
        return frozenset(node.name for node in body if isinstance(node, ast.FunctionDef))


def read_cells(data: bytes) -> list[StudentCell]:
    """The cells of a file, in any version of the format.

    Args:
        data: of the file.

    Raises:
        ValueError: it is no notebook that can be graded; says why, in words for the student.

    Example:
        >>> read_cells(b'{"cells": [{"cell_type": "code", "source": ["1 +", " 1"]}]}')[0].source
        '1 + 1'
    """
    if len(data) > LIMIT:
        raise ValueError(f"The file has {len(data) / 2**20:.0f} MB; the most is {LIMIT / 2**20:.0f}.")
    try:
        content = json.loads(data)
        if isinstance(content, dict) and "cells" not in content:  # of the format before 2015
            content = nbformat.reads(json.dumps(content), as_version=4)
        cells = [_student_cell(cell) for cell in content["cells"]]
    except RecursionError:
        raise ValueError(f"The file is no notebook: it is nested too deeply. {ADVICE}") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} ({error.msg})"
        raise ValueError(
            f"The file is no notebook, or was cut off: {where} cannot be read. {ADVICE}"
        ) from None
    except Exception:  # whatever the old format's converter makes of a stranger's file
        raise ValueError(f"The file is no notebook that can be read. {ADVICE}") from None
    if len(cells) > MOST_CELLS:
        raise ValueError(f"The notebook has {len(cells)} cells; the most is {MOST_CELLS}.")
    if (length := sum(len(cell.source) for cell in cells)) > MOST_TEXT:
        raise ValueError(f"The notebook has {length} characters of code and text; the most is {MOST_TEXT}.")
    return cells


def _student_cell(cell: Any) -> StudentCell:
    kind, source = cell["cell_type"], cell.get("source", "")
    if kind not in ("code", "markdown", "raw"):
        raise ValueError("not a cell")
    text = source if isinstance(source, str) else "".join(map(str, source))
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = marks.get("grade_id") if isinstance(marks, dict) else None
    attachments = cell.get("attachments")
    return StudentCell(
        kind,
        # Half characters, for which UTF-8 has no bytes, could not be written to a file.
        _MARK.sub(lambda mark: mark[0].lower(), text.encode("utf-8", "replace").decode("utf-8")),
        grade_id if isinstance(grade_id, str) else None,
        str(cell.get("id")),
        attachments if kind == "markdown" and _are_pictures(attachments) else {},
    )


def _are_pictures(attachments: Any) -> bool:
    try:  # half characters could not be written to a file
        json.dumps(attachments, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return isinstance(attachments, dict) and all(
        isinstance(one, dict)
        and all(str(mime).startswith("image/") and isinstance(text, str) for mime, text in one.items())
        for one in attachments.values()
    )
