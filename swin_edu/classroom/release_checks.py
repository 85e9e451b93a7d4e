"""What is wrong with an assignment's text, said with its place, before anybody gets it.

`swin-edu release` and `assignments/build.py` stop at the first assignment with findings; what must not reach
students is looked for in `leak_checks.py`.
"""

import contextlib
import difflib
import inspect
import io
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from swin_edu import exercises
from swin_edu.classroom.definitions import fits, names_of, run_definitions
from swin_edu.classroom.sources import BLOCKS, Source, SourceCell, block_of, without_block

__all__ = ["Finding", "check_solutions", "check_source"]

DIRECTIVES = {"assignment", "exercise", "question", "points", "hours", "seconds", "function", "tags"}
NAME = re.compile(r"[a-z][a-z0-9_]*")
# Which block may stand in which kind of cell; the hidden tests are written by the builder alone.
BELONGS = {"SOLUTION": "exercise", "MARK SCHEME": "question", "HIDDEN TESTS": None}


@dataclass(frozen=True)
class Finding:
    """Something that has to be mended before a release.

    Args:
        place: file, line and name.
        words: what is wrong, and what to do.

    Example:
        >>> print(Finding("2_shifted_windows.py, line 7", "no points"))
        2_shifted_windows.py, line 7: no points
    """

    place: str
    words: str

    def __str__(self) -> str:
        return f"{self.place}: {self.words}"


def check_source(source: Source) -> list[Finding]:
    """Everything that can be seen without running anything.

    Args:
        source: what `read_source` gave.

    Returns:
        What is wrong, in the order of the file; empty where all is well.

    Example:
        >>> for finding in check_source(Source("9_x", ())): print(finding)
        9_x.py: no header: open with `# %% [markdown] assignment="..." points=... hours=...`
    """
    findings = [*_header(source)]
    for cell in source.cells:
        findings += [Finding(_place(source, cell), words) for words in _cell(cell)]
    findings += [*_names(source), *_said_points(source), *_total(source)]
    return findings


def check_solutions(source: Source) -> list[Finding]:
    """Run every solution of the source against its exercise: visible cases and hidden ones.

    Only imports, definitions and constants of the other cells are run; no training, no drawing.

    Args:
        source: without findings of `check_source`.

    Returns:
        One finding for each solution that is not right.
    """
    findings = []
    names = run_definitions(source)
    for cell in source.exercises:
        function, exercise = names.get(cell.function), getattr(exercises, cell.name)
        if isinstance(function, Exception) or function is None:
            findings.append(Finding(_place(source, cell), f"its solution cannot be run: {function!r}"))
            continue
        with contextlib.redirect_stdout(io.StringIO()):
            right = exercise.examine(function)
            marks = exercise.grade(function, points=cell.points)
        if not right:
            findings.append(Finding(_place(source, cell), f"its solution is wrong: {right.message}"))
        elif marks != cell.points:
            findings.append(Finding(_place(source, cell), "its solution is wrong in a hidden case"))
    return findings


def _place(source: Source, cell: SourceCell) -> str:
    line = f", line {cell.line}" if cell.line else ""
    name = f" ({cell.kind} {cell.name})" if cell.name else ""
    return f"{source.name}.py{line}{name}"


def _header(source: Source) -> Iterator[Finding]:
    headers = [cell for cell in source.cells if cell.kind == "header"]
    if not headers:
        words = 'no header: open with `# %% [markdown] assignment="..." points=... hours=...`'
        yield Finding(f"{source.name}.py", words)
        return
    place = _place(source, headers[0])
    if len(headers) > 1:
        yield Finding(_place(source, headers[1]), "a second header; an assignment has one")
    if headers[0] is not source.cells[0]:
        yield Finding(place, "the header has to be the first cell")
    if not source.title:
        yield Finding(place, 'assignment="" needs a title')
    if source.points is None:
        yield Finding(place, "the header states no total: add points=...")
    if not source.hours or source.hours <= 0:
        yield Finding(place, "the header states no hours: add hours=...")
    if not source.goals:
        yield Finding(place, "no learning goals: list them in the header, each line opening with `- `")


def _cell(cell: SourceCell) -> Iterator[str]:
    for unknown in sorted(set(cell.directives) - DIRECTIVES):
        yield f"unknown directive {unknown!r}; there are {', '.join(sorted(DIRECTIVES))}"
    if {"exercise", "question"} <= set(cell.directives):
        yield "a cell is an exercise or a question, not both"
    for block in BLOCKS:
        marks = [len(re.findall(rf"^[ \t]*### {mark} {block}", cell.text, re.M)) for mark in ("BEGIN", "END")]
        if marks[0] != marks[1] or block in without_block(cell.text, block):
            yield f"each `### BEGIN {block}` needs one `### END {block}` below it, on lines of their own"
        elif marks[0] and cell.kind != BELONGS[block]:
            where = (
                f"to a cell with {BELONGS[block]}="
                if BELONGS[block]
                else "to no source: it is made from exercise="
            )
            yield f"a block {block} does not belong here, but {where}"
    if cell.kind in ("exercise", "question"):
        yield from _graded(cell)
    elif "points" in cell.directives and cell.kind != "header":
        yield "points, but neither exercise= nor question="


def _graded(cell: SourceCell) -> Iterator[str]:
    if not NAME.fullmatch(cell.name):
        yield f"the name {cell.name!r} should be of small letters, digits and _"
    if cell.points is None:
        yield "no points: add points=..."
    elif cell.points <= 0 or cell.points * 2 % 1:
        yield f"points={cell.points} should be above 0, in steps of a half"
    if (cell.kind == "question") != cell.markdown:
        yield "a question is a text cell ([markdown]), an exercise a code cell"
    elif cell.kind == "question" and not cell.marking.strip():
        yield "no notes for whoever marks it: add ### BEGIN MARK SCHEME ... ### END MARK SCHEME"
    elif cell.kind == "exercise":
        yield from _exercise(cell)


def _exercise(cell: SourceCell) -> Iterator[str]:
    if not block_of(cell.text, "SOLUTION").strip():
        yield "no solution: put it between ### BEGIN SOLUTION and ### END SOLUTION"
    if cell.definition is None:
        yield f"no function {cell.directives.get('function', '')!s} is defined here".replace("  ", " ")
    known = {exercise.name: exercise for exercise in exercises.list()}
    if cell.name not in known:
        near = difflib.get_close_matches(cell.name, known, cutoff=0.5)
        meant = f"is it {' or '.join(near)}?" if near else "exercises.list() shows all"
        yield f"no exercise is called {cell.name!r}; {meant}"
    elif cell.definition is not None:
        exercise = known[cell.name]
        count = len(exercise.cases()[0])
        given, wanted = names_of(cell.definition), [*inspect.signature(exercise.reference).parameters][:count]
        if not fits(cell.definition, count):
            yield f"{cell.function}({', '.join(given)}) gets {count} arguments: {', '.join(wanted)}"
        elif given != wanted and sorted(given) == sorted(wanted):
            yield f"the arguments come in the order {', '.join(wanted)}; here it is {', '.join(given)}"


def _names(source: Source) -> Iterator[Finding]:
    places = defaultdict(list)
    for cell in (*source.exercises, *source.questions):
        places[cell.name].append(cell)
        places[f"{cell.name}_{'points' if cell.kind == 'exercise' else 'question'}"].append(cell)
    for name, cells in places.items():
        if len(cells) > 1:
            lines = " and ".join(str(cell.line) for cell in cells)
            yield Finding(
                _place(source, cells[1]), f"the id {name!r} is there twice, in the cells of lines {lines}"
            )


def _said_points(source: Source) -> Iterator[Finding]:
    """A student reads in the text how much each task is worth; it has to be what it is graded with."""
    texts: list[str] = []
    for cell in source.cells:
        if cell.markdown:
            texts.append(without_block(cell.text, "MARK SCHEME"))
        if cell.kind in ("exercise", "question") and cell.points is not None:
            said = "1 point" if cell.points == 1 else f"{cell.points:g} points"
            if not re.search(rf"(?<![\d.]){re.escape(said)}\b", "\n".join(texts)):
                text = "the text above it" if cell.kind == "exercise" else "its text"
                yield Finding(_place(source, cell), f"{text} does not say that it is worth {said}")
        if cell.kind in ("exercise", "question"):
            texts = []


def _total(source: Source) -> Iterator[Finding]:
    points = [cell.points for cell in (*source.exercises, *source.questions)]
    if source.header and source.points is not None and None not in points and sum(points) != source.points:
        words = f"the header says {source.points:g} points, but the cells add up to {sum(points):g}"
        yield Finding(_place(source, source.header), words)
