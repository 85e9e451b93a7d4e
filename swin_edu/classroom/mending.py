"""A student's file, made into a notebook that has every cell of the assignment, whatever was done to it.

`isolated_execute` lets nbgrader read submissions through it. What a cell counts for is decided by the
teacher's notebook alone; what the file says of itself is only used to find which cell is which.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode

from swin_edu.classroom.student_cells import StudentCell, read_cells

__all__ = ["Mended", "mend"]


@dataclass(frozen=True)
class Mended:
    """What became of a file.

    Args:
        notebook: every cell of the assignment once, and the student's own cells between them.
        notes: what was done to it, a sentence each; students see them, too.
        readable: whether there was a notebook of this assignment in it.
    """

    notebook: NotebookNode
    notes: tuple[str, ...] = ()
    readable: bool = True


def mend(data: bytes, template: NotebookNode, functions: dict[str, str]) -> Mended:
    """Put a student's work into the assignment's cells.

    Args:
        data: of the student's file.
        template: the assignment, without solutions.
        functions: name of the function that each exercise's cell defines, by the cell's grade id.

    Returns:
        The notebook. The student's order of cells is kept; locked cells have the template's text; cells
        that are missing are put back behind the one that they follow in the template. Nothing in the file
        raises here.
    """
    wanted = {cell.metadata.nbgrader.grade_id: cell for cell in template.cells if "nbgrader" in cell.metadata}
    try:
        cells = read_cells(data)
    except ValueError as error:
        return _nothing_of(template, wanted, str(error))
    found, notes = _match(cells, wanted, functions)
    if not found:
        words = "No cell of this assignment is in the file: it may be another assignment's, or an empty one."
        return _nothing_of(template, wanted, words)
    return Mended(_assemble(cells, found, template, wanted, notes), tuple(notes))


def _nothing_of(template: NotebookNode, wanted: dict[str, NotebookNode], note: str) -> Mended:
    notebook = _assemble([], {}, template, wanted, [note])
    notebook.metadata.swin_edu.readable = False
    return Mended(notebook, (note,), readable=False)


def _match(
    cells: list[StudentCell], wanted: dict[str, NotebookNode], functions: dict[str, str]
) -> tuple[dict[str, int], list[str]]:
    """Which of the student's cells is which of the assignment's, and what is strange about it."""
    found: dict[str, int] = {}
    notes: list[str] = []
    # By nbgrader's metadata; where that was taken off, by the cell's id; and last by what is in it.
    for step in ("grade id", "cell id", "content"):
        for grade_id, cell in wanted.items():
            if grade_id in found:
                continue
            free = [k for k in range(len(cells)) if k not in found.values()]
            if step == "content":
                places = _by_content(grade_id, cell, cells, free, found, functions.get(grade_id))
            else:
                names = [one.grade_id if step == "grade id" else one.cell_id for one in cells]
                places = [k for k in free if names[k] == grade_id]
            if places:
                found[grade_id] = _best(places, cells, cell)
                written = {cells[k].source for k in places} - {cell.source}
                if len(written) > 1 and not _locked(cell):
                    notes.append(f"{len(places)} cells are called {grade_id}; the last one counts.")
    missing = [grade_id for grade_id in wanted if grade_id not in found]
    if missing and found:
        named = ", ".join(missing[:6]) + (" and others" if len(missing) > 6 else "")
        notes.append(f"Cells of the assignment were missing and have been put back: {named}.")
    return found, notes


def _best(places: Iterable[int], cells: list[StudentCell], wanted: NotebookNode) -> int:
    """Of cells with one name the last that something was written in; of the kind that it should have."""
    return max(places, key=lambda k: (cells[k].kind == wanted.cell_type, cells[k].source != wanted.source, k))


def _by_content(
    grade_id: str,
    wanted: NotebookNode,
    cells: list[StudentCell],
    free: list[int],
    found: dict[str, int],
    function: str | None,
) -> list[int]:
    free = [k for k in free if cells[k].kind == wanted.cell_type]
    if function:
        return [k for k in free if function in cells[k].defines][-1:]
    if _locked(wanted):
        text = _shown(wanted.source)
        return [k for k in free if cells[k].source.strip() == text][:1]
    # An answer in words stands below its question.
    below = found.get(f"{grade_id}_question", len(cells)) + 1
    return [below] if below in free else []


def _shown(source: str) -> str:
    """A locked cell's text as students got it."""
    from swin_edu.classroom.sources import BLOCKS, without_block

    for block in BLOCKS:
        source = without_block(source, block)
    return source.strip()


def _locked(cell: NotebookNode) -> bool:
    return not cell.metadata.nbgrader.solution


def _assemble(
    cells: list[StudentCell],
    found: dict[str, int],
    template: NotebookNode,
    wanted: dict[str, NotebookNode],
    notes: Iterable[str],
) -> NotebookNode:
    names = {place: grade_id for grade_id, place in found.items()}
    made: list[NotebookNode] = []
    order: list[str | None] = []
    for k, cell in enumerate(cells):
        order.append(names.get(k))
        made.append(_filled(wanted[names[k]], cell) if k in names else _own(cell, k))
    before: str | None = None
    for grade_id, cell in wanted.items():
        if grade_id not in found:
            place = order.index(before) + 1 if before else 0
            order.insert(place, grade_id)
            made.insert(place, nbformat.from_dict(cell))
        before = grade_id
    if notes := list(notes):
        text = "**About your file**\n\n" + "\n".join(f"- {note}" for note in notes)
        made.insert(0, nbformat.v4.new_markdown_cell(text, id="about-your-file"))
    metadata = {**template.metadata, "swin_edu": {"notes": notes, "readable": True}}
    return nbformat.from_dict({**template, "cells": made, "metadata": metadata})


def _filled(wanted: NotebookNode, cell: StudentCell) -> NotebookNode:
    filled = nbformat.from_dict(wanted)
    if not _locked(wanted):
        filled.source = cell.source
        if cell.attachments and filled.cell_type == "markdown":
            filled.attachments = nbformat.from_dict(cell.attachments)
    return filled


def _own(cell: StudentCell, place: int) -> NotebookNode:
    """A cell that the student added: nothing of it counts, and its metadata says nothing."""
    name = f"own-{place}"
    if cell.kind == "code":
        return nbformat.v4.new_code_cell(cell.source, id=name)
    text = cell.source
    if cell.kind == "raw":  # which nbconvert would put into a page as it is, scripts and all
        text = "\n".join(f"    {line}" for line in text.split("\n"))
    own = nbformat.v4.new_markdown_cell(text, id=name)
    if cell.attachments:
        own.attachments = nbformat.from_dict(cell.attachments)
    return own
