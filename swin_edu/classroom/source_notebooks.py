"""Make nbgrader's source notebook of an assignment's text: solutions, grade cells, questions, locked cells.

`assignments/build.py` and `swin-edu release` use it; the same text always gives the same bytes.
"""

from collections import Counter
from typing import Any

import nbformat
from nbformat import NotebookNode

from swin_edu.classroom.sources import Source, SourceCell, block_of, without_block

__all__ = ["build_notebook", "notebook_bytes"]

SCHEMA = 3
# What JupyterLab itself would write.
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
ANSWER = "*What a student writes here is marked by hand; the notes stand in the cell above.*"


def build_notebook(source: Source) -> NotebookNode:
    """The source version of an assignment, solutions and marking notes included.

    Args:
        source: what `read_source` gave.

    Returns:
        A notebook (format 4.5) with nbgrader's metadata; every cell's id is its grade id, so that ids stay
        the same when texts change.

    Example:
        >>> task = SourceCell("exercise", "def mine(): ...", 1, False, {"exercise": "mask_1d", "points": 4})
        >>> print(build_notebook(Source("9_x", (task,))).cells[1].source)
        exercises.mask_1d.check(mine)
        ### BEGIN HIDDEN TESTS
        exercises.mask_1d.grade(mine, points=4)
        ### END HIDDEN TESTS
    """
    numbers: Counter[str] = Counter()
    cells: list[NotebookNode] = []
    for cell in source.cells:
        if cell.kind == "header":
            cells.append(_cell(cell, "assignment", _heading(cell), locked=True))
        elif cell.kind == "exercise":
            cells += [_cell(cell, cell.name, cell.text, solution=True), _grade_cell(cell)]
        elif cell.kind == "question":
            cells += _question_cells(cell)
        else:
            numbers[cell.kind] += 1
            cells.append(_cell(cell, f"{cell.kind}_{numbers[cell.kind]}", cell.text, locked=not cell.free))
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return nbformat.from_dict({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def notebook_bytes(notebook: NotebookNode) -> bytes:
    """A notebook as a file: keys sorted, one newline at the end, the same bytes on every system.

    Args:
        notebook: valid, else this raises.

    Raises:
        nbformat.ValidationError: it is no notebook.

    Example:
        >>> notebook_bytes(build_notebook(Source("9_x", ())))[:15]
        b'{\\n "cells": [],'
    """
    nbformat.validate(notebook)
    return (nbformat.writes(notebook).rstrip("\n") + "\n").encode()


def _heading(cell: SourceCell) -> str:
    """The header's text below the title, points and hours that stand in its directives."""
    points, hours = (cell.directives.get(name, "?") for name in ("points", "hours"))
    title = cell.directives["assignment"]
    unit = "hour" if hours == 1 else "hours"
    return f"# {title}\n\n**{points} points, about {hours} {unit}**\n\n{cell.text}".rstrip()


def _grade_cell(cell: SourceCell) -> NotebookNode:
    call = f"exercises.{cell.name}"
    hidden = f"{call}.grade({cell.function}, points={cell.points})"
    text = f"{call}.check({cell.function})\n### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS"
    return _cell(cell, f"{cell.name}_points", text, locked=True, points=cell.points, grade=True)


def _question_cells(cell: SourceCell) -> list[NotebookNode]:
    """The question, which no student can lose, and the cell for the answer.

    The marking notes stand in the question's cell: students get it without them. When a submission is graded,
    nbgrader puts the teacher's version of a locked cell back, and so they are there for marking.
    """
    notes = block_of(cell.text, "MARK SCHEME")
    text = without_block(cell.text, "MARK SCHEME")
    if notes:
        text += f"\n\n### BEGIN MARK SCHEME\n{notes}\n### END MARK SCHEME"
    return [
        _cell(cell, f"{cell.name}_question", text, locked=True),
        _cell(cell, cell.name, ANSWER, solution=True, grade=True, points=cell.points),
    ]


def _cell(
    cell: SourceCell,
    grade_id: str,
    text: str,
    *,
    locked: bool = False,
    solution: bool = False,
    grade: bool = False,
    points: float | None = None,
) -> NotebookNode:
    metadata: dict[str, Any] = {}
    if tags := cell.directives.get("tags"):
        metadata["tags"] = list(tags)
    if locked or solution or grade:
        metadata["nbgrader"] = {
            "grade": grade,
            "grade_id": grade_id,
            "locked": locked,
            "schema_version": SCHEMA,
            "solution": solution,
            "task": False,
        }
        if grade and points is not None:
            metadata["nbgrader"]["points"] = points
    # A name that a notebook would not take as an id is said by the checks, not by an error here.
    written: dict[str, Any] = {"cell_type": "code", "id": grade_id, "metadata": metadata, "source": text}
    if cell.markdown:
        written["cell_type"] = "markdown"
    else:
        written |= {"execution_count": None, "outputs": []}
    return nbformat.from_dict(written)
