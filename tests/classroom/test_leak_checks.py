"""What must not reach students is put into a released notebook, once for each rule, and is found."""

import copy
import re

import nbformat
import pytest

from swin_edu.classroom.leak_checks import check_release, check_source_notebook

from .conftest import NAME

CHECK = "exercises.mask_1d.check(my_mask)"
REFERENCE = "ids = (position >= length - M).long() + (position >= length - s).long()"  # of shifted_windows.py


def read(path):
    return nbformat.read(path, as_version=4)


@pytest.fixture
def versions(released):
    """The source and the student's version, to be changed."""
    course, made = released
    return read(course.source / NAME / f"{NAME}.ipynb"), read(made.notebook)


def cell(notebook, name):
    return next(cell for cell in notebook.cells if cell.id == name)


def put(text):
    """Into the text of the free cell, which nobody would look at."""
    return lambda notebook: cell(notebook, "code_2").update(source=text)


def undo(notebook):
    cell(notebook, "mask_1d").source += "\n### BEGIN SOLUTION\n    x\n    ### END SOLUTION"


LEAKS = {
    "solution block": (undo, r"cell 4 \(mask_1d\): a block SOLUTION was not taken out"),
    "a solution's line": (put("x = (torch.arange(length) + s) % length"), None),
    "a solution's line, indented": (
        put("  rolled = (torch.arange(length) + s) % length"),
        r"cell 8.*shows the solution of mask_1d: 'rolled = ",
    ),
    "the library's solution": (put(REFERENCE), "cell 8.*shows the reference solution of mask_1d"),
    "marking notes": (
        put("5 points: strangers from the other edge are in the window."),
        "shows the marking notes of why_question",
    ),
    "mark scheme": (put("### BEGIN MARK SCHEME"), "a block MARK SCHEME was not taken out"),
    "hidden test": (
        put("exercises.mask_1d.grade(my_mask, points=4.5)"),
        "shows the hidden tests of mask_1d_points",
    ),
    "outputs": (
        lambda notebook: cell(notebook, "code_1").update(
            outputs=[nbformat.v4.new_output("stream", text="the answer is 4")]
        ),
        r"cell 2 \(code_1\): outputs are in it",
    ),
    "count": (lambda notebook: cell(notebook, "code_1").update(execution_count=7), "outputs are in it"),
    "attachment": (
        lambda notebook: cell(notebook, "text_1").update(attachments={"a.png": {"image/png": ""}}),
        "an attached file",
    ),
    "lost cell": (lambda notebook: notebook.cells.pop(3), "not those of the source: mask_1d$"),
}


def test_nothing_leaks_from_what_nbgrader_made(versions):
    source, released = versions
    assert check_release(released, source) == []
    assert check_source_notebook(source) == []
    assert cell(released, "mask_1d_points").source == CHECK
    assert "strangers" not in cell(released, "why_question").source
    assert cell(released, "why").source == "*Your answer here.*"
    stub = '    """(length, M, M) bool."""\n    # Your code here. Take your time.\n    ...'
    assert cell(released, "mask_1d").source.endswith(stub.replace("(length,", "(length / M,"))


@pytest.mark.parametrize(("leak", "words"), LEAKS.values(), ids=LEAKS)
def test_a_leak_is_found_with_its_place(versions, leak, words):
    source, released = versions
    leak(released)
    findings = [str(finding) for finding in check_release(released, source)]
    if words is None:  # another line of one's own, however like it
        assert findings == []
    else:
        (finding,) = findings if words != LEAKS["solution block"][1] else findings[:1]
        assert_matches(words, finding)


def assert_matches(words, finding):
    assert re.search(words, finding), finding


def double(notebook):
    notebook.cells.append(copy.deepcopy(cell(notebook, "mask_1d")))


BROKEN = {
    "duplicate id": (double, r"cell 9 \(mask_1d\): the id 'mask_1d' is there twice"),
    "no points": (
        lambda notebook: cell(notebook, "mask_1d_points").metadata.nbgrader.pop("points"),
        r"\(mask_1d_points\): a graded cell without points",
    ),
    "no visible check": (
        lambda notebook: cell(notebook, "mask_1d_points").update(
            source=cell(notebook, "mask_1d_points").source.replace(CHECK, "")
        ),
        "hidden tests without a check that students see",
    ),
    "another check": (
        lambda notebook: cell(notebook, "mask_1d_points").update(
            source=cell(notebook, "mask_1d_points").source.replace(CHECK, "exercises.mask_any.check(my_mask)")
        ),
        "on another function than the visible check",
    ),
    "hidden tests not graded": (
        put("### BEGIN HIDDEN TESTS\nassert x\n### END HIDDEN TESTS"),
        "cell 8: hidden tests in a cell that is not graded",
    ),
}


@pytest.mark.parametrize(("change", "words"), BROKEN.values(), ids=BROKEN)
def test_a_source_version_changed_by_hand_is_looked_at_too(versions, change, words):
    source, _ = versions
    change(source)
    (finding,) = check_source_notebook(source)
    assert_matches(words, str(finding))
