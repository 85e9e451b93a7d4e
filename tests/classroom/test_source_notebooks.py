"""nbgrader's source version is what the directives say, the same bytes every time."""

import subprocess
import sys

import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator

from swin_edu.classroom.source_notebooks import build_notebook, notebook_bytes

from .conftest import NAME, ROOT


@pytest.fixture
def notebook(course):
    return build_notebook(course.read(NAME))


@pytest.fixture
def cells(notebook):
    return {cell.id: cell for cell in notebook.cells}


def test_the_notebook_is_valid_for_jupyter_and_for_nbgrader(notebook):
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    assert notebook.metadata.kernelspec.name == "python3"


def test_an_exercise_becomes_a_solution_cell_and_a_locked_graded_check(cells):
    task, grade = cells["mask_1d"], cells["mask_1d_points"]
    assert task.metadata.nbgrader.solution
    assert not task.metadata.nbgrader.grade
    assert grade.metadata.nbgrader == {
        "grade": True,
        "grade_id": "mask_1d_points",
        "locked": True,
        "points": 4.5,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }
    assert grade.source.split("\n") == [
        "exercises.mask_1d.check(my_mask)",
        "### BEGIN HIDDEN TESTS",
        "exercises.mask_1d.grade(my_mask, points=4.5)",
        "### END HIDDEN TESTS",
    ]


def test_a_question_is_locked_with_its_notes_and_the_answer_is_a_cell_of_its_own(notebook, cells):
    question, answer = cells["why_question"], cells["why"]
    assert question.metadata.nbgrader.locked
    assert question.source.startswith("**B.** Why is there a mask?")
    assert "### BEGIN MARK SCHEME\n5 points: strangers" in question.source
    assert answer.cell_type == "markdown"
    assert answer.metadata.nbgrader.solution
    assert answer.metadata.nbgrader.grade
    assert answer.metadata.nbgrader.points == 5
    assert notebook.cells.index(answer) == notebook.cells.index(question) + 1


def test_other_cells_are_locked_unless_they_are_free(cells):
    for name in ("assignment", "code_1", "text_1"):
        assert cells[name].metadata.nbgrader.locked, name
        assert not cells[name].metadata.nbgrader.grade, name
    assert "nbgrader" not in cells["code_2"].metadata


def test_the_header_shows_the_points_and_hours_of_its_directives(cells):
    assert cells["assignment"].source.startswith(
        "# Assignment 7: tiny\n\n**9.5 points, about 1 hour**\n\nA small one."
    )


def test_a_text_that_changes_leaves_every_id_as_it_is(notebook, changed):
    other = build_notebook(changed("tell rows from columns", "tell columns from rows").read(NAME))
    assert [cell.id for cell in other.cells] == [cell.id for cell in notebook.cells]
    assert other != notebook


def test_another_process_builds_the_same_bytes(course, notebook):
    code = (
        "import sys, pathlib\n"
        "from swin_edu.classroom.sources import read_source\n"
        "from swin_edu.classroom.source_notebooks import build_notebook, notebook_bytes\n"
        "sys.stdout.buffer.write(notebook_bytes(build_notebook(read_source(pathlib.Path(sys.argv[1])))))"
    )
    path = str(course.src / f"{NAME}.py")
    run = subprocess.run([sys.executable, "-c", code, path], capture_output=True, cwd=ROOT, check=True)
    assert run.stdout == notebook_bytes(notebook)
