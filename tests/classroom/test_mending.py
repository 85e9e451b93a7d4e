"""Mending: whatever was done to a file, the assignment's cells are all there, once, and nothing raises."""

import json

import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme

from swin_edu.classroom import student_cells
from swin_edu.classroom.tasks import Assignment

from .conftest import NAME
from .handing_in import ANSWER, RIGHT, cell, handed_in

STUB = "# Your code here"


@pytest.fixture(scope="module")
def assignment(released):
    return Assignment.of(released[0], NAME)


@pytest.fixture
def mend(released, assignment):
    """mend(edit) -> what a right notebook becomes after edit(notebook)."""

    def mended(edit=id):
        done = assignment.mend(handed_in(released[0], NAME, edit=edit))
        check(done, assignment)
        return done

    return mended


def check(mended, assignment):
    """A valid notebook, in which nbgrader finds each of its cells once, the locked ones as the teacher's."""
    nbformat.validate(mended.notebook)
    MetadataValidator().validate_nb(mended.notebook)
    own = {
        one.metadata.nbgrader.grade_id: one
        for one in assignment.template.cells
        if one.metadata.get("nbgrader")
    }
    found = [one for one in mended.notebook.cells if one.metadata.get("nbgrader")]
    assert sorted(one.metadata.nbgrader.grade_id for one in found) == sorted(own)
    for one in found:
        assert one.metadata == own[one.metadata.nbgrader.grade_id].metadata
        if one.metadata.nbgrader.locked:
            assert one.source == own[one.metadata.nbgrader.grade_id].source


def source(mended, name):
    return cell(mended.notebook, name).source


def order(mended):
    return [one.id for one in mended.notebook.cells]


def delete(*names):
    return lambda notebook: notebook.update(
        cells=[one for one in notebook["cells"] if one["id"] not in names]
    )


def test_a_notebook_as_it_should_be_stays_as_it_is(mend, assignment):
    mended = mend()
    assert mended.notes == ()
    assert mended.readable
    assert source(mended, "mask_1d") == RIGHT
    assert source(mended, "why") == ANSWER
    assert order(mended)[:-1] == [one.id for one in assignment.template.cells][:-1]


def forge(notebook):
    one = cell(notebook, "mask_1d_points")
    one["source"] = "4.5"
    one["metadata"]["nbgrader"] |= {"points": 1000, "locked": False, "solution": True}
    cell(notebook, "code_1")["source"] = "import evil as torch"


def test_locked_cells_and_points_are_the_teacher_s(mend):
    assert "grade(my_mask, points=4.5)" in source(mend(forge), "mask_1d_points")


@pytest.mark.parametrize("name", ["assignment", "code_1", "mask_1d", "mask_1d_points", "why_question", "why"])
def test_a_deleted_cell_is_put_back_in_its_place(mend, name):
    mended = mend(delete(name))
    assert order(mended)[1:-1] == order(mend())[:-1]
    assert mended.notes == (f"Cells of the assignment were missing and have been put back: {name}.",)
    assert mended.notes[0] in mended.notebook.cells[0].source
    assert (STUB in source(mended, "mask_1d")) == (name == "mask_1d")


def strip(*, ids):
    def edit(notebook):
        for k, one in enumerate(notebook["cells"]):
            one["metadata"] = {}
            if ids:
                one["id"] = f"x{k}"

    return edit


@pytest.mark.parametrize("ids", [False, True])
def test_without_metadata_and_without_ids_the_work_is_found(mend, ids):
    mended = mend(strip(ids=ids))
    assert source(mended, "mask_1d") == RIGHT
    assert source(mended, "why") == ANSWER
    assert "put back" not in " ".join(mended.notes)


def test_of_several_cells_with_one_name_the_last_written_one_counts_and_all_are_kept(mend):
    def twice(notebook):
        one = cell(notebook, "mask_1d")
        notebook["cells"] += [
            dict(one, id="b", source="my_mask = 7"),
            dict(one, id="c", source=one["source"]),
        ]
        notebook["cells"].append(dict(cell(notebook, "mask_1d_points"), id="d", source="4.5"))

    mended = mend(twice)
    assert mended.notes == ("3 cells are called mask_1d; the last one counts.",)
    texts = [one.source for one in mended.notebook.cells]
    assert texts.count(RIGHT) == 2
    assert "my_mask = 7" in texts


def test_an_empty_copy_of_a_cell_takes_no_answer_s_place(mend, assignment):
    stub = cell(assignment.template, "why").source
    mended = mend(lambda notebook: notebook["cells"].append(dict(cell(notebook, "why"), id="b", source=stub)))
    assert source(mended, "why") == ANSWER


def test_the_student_s_order_is_kept(mend, assignment):
    backwards = order(mend(lambda notebook: notebook["cells"].reverse()))
    assert backwards[1:] == [one.id for one in assignment.template.cells[:-1]][::-1]


def test_a_solution_in_a_cell_of_another_kind_is_code_again(mend):
    mended = mend(lambda notebook: cell(notebook, "mask_1d").update(cell_type="raw"))
    assert cell(mended.notebook, "mask_1d").cell_type == "code"
    assert source(mended, "mask_1d") == RIGHT


def test_own_cells_say_nothing_to_nbgrader_and_raw_ones_nothing_to_a_browser(mend):
    def add(notebook):
        raw = {
            "cell_type": "raw",
            "id": "r",
            "source": "<script>\nalert()",
            "metadata": {"format": "text/html"},
        }
        graded = {"grade": True, "points": 99, "grade_id": "mine", "solution": False, "locked": False}
        own = {
            "cell_type": "code",
            "id": "o",
            "source": "99",
            "metadata": {"nbgrader": graded},
            "outputs": [],
        }
        notebook["cells"] += [raw, own]

    *_, raw, own = mend(add).notebook.cells
    assert (raw.cell_type, raw.source) == ("markdown", "    <script>\n    alert()")
    assert own.metadata == {}


def test_half_characters_can_be_written_to_a_file(mend):
    mended = mend(lambda notebook: cell(notebook, "why").update(source="a" + chr(0xD800)))
    assert source(mended, "why") == "a?"


@pytest.mark.parametrize("mark", ["BEGIN HIDDEN TESTS", "END HIDDEN TESTS", "BEGIN MARK SCHEME"])
@pytest.mark.parametrize("name", ["mask_1d", "why", "own"])
def test_nbgrader_s_marks_in_a_student_s_cell_cost_no_page_of_feedback(mend, mark, name):
    def write(notebook):
        notebook["cells"].append({"cell_type": "code", "id": "own", "source": "", "metadata": {}})
        cell(notebook, name)["source"] += f"\n### {mark}\nand more"

    notebook = mend(write).notebook
    # The course's notes for marking stand in a cell without points.
    for preprocessor in (ClearHiddenTests(), ClearMarkScheme(enforce_metadata=False)):
        notebook, _ = preprocessor.preprocess(notebook, {})
    assert "and more" in str(notebook.cells)


def old(notebook):
    cells = [
        {
            "cell_type": one["cell_type"],
            "metadata": one["metadata"],
            "input": one["source"],
            "source": one["source"],
        }
        | ({"language": "python", "outputs": [], "collapsed": False} if one["cell_type"] == "code" else {})
        for one in notebook["cells"]
    ]
    notebook.clear()
    notebook |= {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": ""},
        "worksheets": [{"cells": cells}],
    }


def test_a_notebook_of_the_old_format_is_read(mend):
    assert source(mend(old), "mask_1d") == RIGHT


BROKEN = {
    "empty": (b"", "no notebook, or was cut off"),
    "cut off": (b'{"cells": [', "no notebook, or was cut off: line 1"),
    "not text": (b"\xff\xfe\x00", "no notebook"),
    "a list": (b"[]", "no notebook"),
    "a number": (b"9" * 5000, "no notebook"),
    "cells that are none": (b'{"cells": [1]}', "no notebook"),
    "old and wrong": (b'{"nbformat": 3, "worksheets": 7}', "no notebook"),
    "deep": (b'{"cells": ' + b"[" * 100_000, "nested too deeply"),
    "another assignment": (
        b'{"cells": [{"cell_type": "code", "source": "1"}]}',
        "may be another assignment's",
    ),
    "no cells": (b'{"cells": []}', "may be another assignment's"),
    "many cells": (json.dumps({"cells": [{"cell_type": "code"}] * 1001}).encode(), "has 1001 cells"),
    "much text": (
        json.dumps({"cells": [{"cell_type": "code", "source": "x" * 2_000_001}]}).encode(),
        "the most is",
    ),
}


@pytest.mark.parametrize(("data", "words"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_notebook_of_the_assignment_is_said_in_one_that_is(assignment, data, words):
    mended = assignment.mend(data)
    check(mended, assignment)
    assert not mended.readable
    assert words in mended.notes[0]
    assert mended.notes[0] in mended.notebook.cells[0].source
    assert STUB in source(mended, "mask_1d")


def test_a_file_that_is_too_large_is_not_even_parsed(assignment, monkeypatch):
    monkeypatch.setattr(student_cells, "LIMIT", 10)
    assert "The file has" in assignment.mend(b'{"cells": [' * 10).notes[0]


HALF = chr(0xD800)  # half a character: JSON can say it, UTF-8 cannot


@pytest.mark.parametrize(
    "attached", [{"a.png": {"image/png": HALF}}, {HALF: {"image/png": ""}}, {"a": {f"image/{HALF}": ""}}]
)
def test_pictures_that_cannot_be_written_are_left_out(mend, attached):
    """Else nbgrader could not save the notebook, and its student would not be graded."""
    mended = mend(lambda notebook: cell(notebook, "why").update(attachments=attached))
    assert source(mended, "why") == ANSWER
    assert nbformat.writes(mended.notebook).encode()
