"""A release is whole or nothing: the student's version, its zip, the gradebook; and what stops it."""

import json
import runpy
import stat
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from swin_edu.classroom.course import ClassroomError
from swin_edu.classroom.nbgrader_log import reasons
from swin_edu.classroom.releasing import build, release

from .conftest import NAME, ROOT


def files(course):
    return {path: path.read_bytes() for path in course.release.rglob("*") if path.is_file()}


def test_a_release_is_a_notebook_and_a_zip_of_it(released):
    course, made = released
    with zipfile.ZipFile(made.archive) as archive:
        assert archive.namelist() == [f"{NAME}/{NAME}.ipynb"]
        assert archive.read(f"{NAME}/{NAME}.ipynb") == made.notebook.read_bytes()
    nbformat.validate(json.loads(made.notebook.read_text()))
    assert not list(course.root.glob(".release_*")), "nothing half done is left"


def test_the_gradebook_knows_every_point(released):
    course, made = released
    with Gradebook(f"sqlite:///{course.gradebook}", "swin") as gradebook:
        notebook = gradebook.find_notebook(NAME, NAME)
        points = {cell.name: cell.max_score for cell in notebook.grade_cells}
    assert points == {"mask_1d_points": 4.5, "why": 5}
    assert sum(points.values()) == made.points


def test_the_secret_is_made_once_and_is_for_its_owner_alone(released):
    course, _ = released
    secret = course.secret_file.read_text()
    assert len(secret.strip()) == 64
    assert course.secret() == secret.strip()
    if sys.platform != "win32":
        assert stat.S_IMODE(course.secret_file.stat().st_mode) == 0o600
    for path in (*course.release.rglob("*"), *course.source.rglob("*")):
        assert not path.is_file() or secret.strip().encode() not in path.read_bytes()


def test_released_again_it_is_the_same_bytes(own_copy, released):
    _, made = released
    other = release(own_copy, NAME)
    assert other.notebook.read_bytes() == made.notebook.read_bytes()
    assert other.archive.read_bytes() == made.archive.read_bytes()


def test_a_source_with_findings_leaves_the_last_release_as_it_is(own_copy):
    course = own_copy
    before = files(course)
    source = course.src / f"{NAME}.py"
    source.write_text(source.read_text().replace("points=9.5", "points=10"))
    with pytest.raises(
        ClassroomError, match=r"(?s)7_tiny was not released:.*line 1: the header says 10 points"
    ):
        release(course, NAME)
    assert files(course) == before


@pytest.mark.filterwarnings("ignore:Object of type")  # nbgrader's own
def test_what_nbgrader_refuses_is_said_and_leaves_the_last_release_as_it_is(own_copy):
    course = own_copy
    with Gradebook(f"sqlite:///{course.gradebook}", "swin") as gradebook:
        gradebook.add_student("ada")
        gradebook.add_submission(NAME, "ada")
    before = files(course)
    source = course.src / f"{NAME}.py"
    source.write_text(source.read_text().replace('question="why"', 'question="wherefore"'))
    with pytest.raises(ClassroomError, match="there are submissions associated with it"):
        release(course, NAME)
    assert files(course) == before


def test_nbgrader_itself_refuses_a_source_version_that_was_changed_by_hand(own_copy):
    course, path = own_copy, build(own_copy, NAME)
    path.write_text(path.read_text().replace("exercises.mask_1d.check(my_mask)", "pass"))
    outcome = course.api().generate_assignment(NAME)
    assert not outcome["success"]
    assert "hidden tests without a check that students see" in reasons(outcome)
    assert "Traceback" not in reasons(outcome)


def test_a_release_works_where_the_environment_is_not_activated(released):
    course, _ = released  # made with a path on which nothing of the environment is
    assert course.gradebook.exists()


def test_the_builder_s_own_command_builds_and_says_what_is_wrong(course, capsys):
    builder = course.root / "build.py"
    builder.write_text((ROOT / "assignments" / "build.py").read_text())
    main = runpy.run_path(str(builder))["main"]
    assert main(["7"]) == 0
    assert capsys.readouterr().out == f"{Path('source/7_tiny/7_tiny.ipynb')}: built\n"
    with pytest.raises(SystemExit, match="No assignment is called '8'; there are: 7_tiny"):
        main(["8"])
    source = course.src / f"{NAME}.py"
    source.write_text(source.read_text().replace(" hours=1", ""))
    assert main(["7", "--check"]) == 1
    assert capsys.readouterr().out == "7_tiny.py, line 1: the header states no hours: add hours=...\n"
