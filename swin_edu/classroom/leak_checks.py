"""What must not reach students: solutions, hidden tests, marking notes, outputs; looked for in the notebook.

`guards.py` has nbgrader itself run it on what it made, so that `swin-edu release`, nbgrader's pages and its
command line cannot hand out a leak.
"""

import inspect
import re
from collections import Counter
from collections.abc import Iterator

from nbformat import NotebookNode

from swin_edu import exercises
from swin_edu.classroom.release_checks import Finding
from swin_edu.classroom.sources import BLOCKS, block_of, without_block

__all__ = ["check_release", "check_source_notebook"]

CHECK = r"^exercises\.(\w+)\.check\((\w+)\)$"
GRADE = r"^exercises\.(\w+)\.grade\((\w+), points=[\d.]+\)$"
# A shorter line may well be written twice without one giving the other away.
TELLING = 20


def check_source_notebook(notebook: NotebookNode) -> list[Finding]:
    """What is wrong with nbgrader's source version: ids, points, hidden tests.

    A teacher may edit that version in nbgrader's own pages, so it is looked at once more.

    Args:
        notebook: with solutions and hidden tests.

    Returns:
        What is wrong; empty where all is well.
    """
    findings = []
    seen: Counter[str] = Counter()
    for place, cell in _cells(notebook, "source"):
        nbgrader = cell.metadata.get("nbgrader", {})
        grade, grade_id = nbgrader.get("grade", False), nbgrader.get("grade_id", "")
        seen[grade_id] += bool(nbgrader)
        if seen[grade_id] > 1:
            findings.append(Finding(place, f"the id {grade_id!r} is there twice"))
        if grade and not (nbgrader.get("points") or 0) > 0:
            findings.append(Finding(place, "a graded cell without points"))
        hidden = block_of(cell.source, "HIDDEN TESTS")
        visible = re.findall(CHECK, without_block(cell.source, "HIDDEN TESTS"), re.M)
        if hidden and not grade:
            findings.append(Finding(place, "hidden tests in a cell that is not graded"))
        elif hidden and not visible:
            findings.append(Finding(place, "hidden tests without a check that students see"))
        elif hidden and re.findall(GRADE, hidden, re.M) != visible:
            findings.append(Finding(place, "the hidden tests are on another function than the visible check"))
    return findings


def check_release(released: NotebookNode, source: NotebookNode) -> list[Finding]:
    """What is in the student's version and must not be.

    Args:
        released: the student's version.
        source: the version with solutions that it was made from.

    Returns:
        What is wrong; empty where all is well.
    """
    secrets = dict(_secret_lines(source))
    findings = []
    for place, cell in _cells(released, "student's version"):
        for block in BLOCKS:
            if f"BEGIN {block}" in cell.source or f"END {block}" in cell.source:
                findings.append(Finding(place, f"a block {block} was not taken out"))
        told = [line for line in map(str.strip, cell.source.split("\n")) if line in secrets]
        findings += [Finding(place, f"shows {secrets[line]}: {line!r}") for line in told]
        if cell.get("outputs") or cell.get("execution_count") is not None:
            findings.append(Finding(place, "outputs are in it: clear them"))
        if cell.get("attachments"):
            findings.append(Finding(place, "an attached file is in it, and may hold what it should not"))
    before, after = (_ids(notebook) for notebook in (source, released))
    if before != after:
        changed = sorted((before - after) | (after - before))
        findings.append(
            Finding("student's version", f"its cells are not those of the source: {', '.join(changed)}")
        )
    return findings


def _cells(notebook: NotebookNode, version: str) -> Iterator[tuple[str, NotebookNode]]:
    for number, cell in enumerate(notebook.cells, 1):
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        yield f"{version}, cell {number}{f' ({grade_id})' if grade_id else ''}", cell


def _ids(notebook: NotebookNode) -> Counter[str]:
    return Counter(
        cell.metadata.get("nbgrader", {}).get("grade_id", "a free cell") for cell in notebook.cells
    )


def _secret_lines(source: NotebookNode) -> Iterator[tuple[str, str]]:
    """Lines that give something away, and what they are."""
    for cell in source.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        for block, words in (("SOLUTION", "the solution of"), ("MARK SCHEME", "the marking notes of")):
            for line in _telling(block_of(cell.source, block)):
                yield line, f"{words} {grade_id}"
        for name, _ in re.findall(CHECK, cell.source, re.M):
            reference = getattr(exercises, name).reference
            if inspect.isfunction(reference) and reference.__name__ != "<lambda>":
                _, _, body = inspect.getsource(reference).partition(":\n")
                for line in _telling(body):
                    yield line, f"the reference solution of {name}"
        for line in _telling(block_of(cell.source, "HIDDEN TESTS")):
            yield line, f"the hidden tests of {grade_id}"


def _telling(text: str) -> Iterator[str]:
    for line in map(str.strip, text.split("\n")):
        if len(line) >= TELLING and not line.startswith(("#", "import ", "from ", '"""')):
            yield line
