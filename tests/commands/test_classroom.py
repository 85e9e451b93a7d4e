"""The teacher's commands: what they say, where things lie then, and what cannot work is said."""

import re
import shutil
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from swin_edu.classroom.course import Course
from swin_edu.cli import app

from ..classroom.conftest import NAME, make_course


@pytest.fixture(scope="session")
def released_once(tmp_path_factory) -> Path:
    """A course with a gradebook; making one takes seconds."""
    from swin_edu.classroom.releasing import release

    course = make_course(tmp_path_factory.mktemp("checkout") / "assignments")
    release(course, NAME)
    return course.root


@pytest.fixture
def course(released_once, tmp_path, monkeypatch) -> Course:
    root = Path(shutil.copytree(released_once, tmp_path / "assignments"))
    monkeypatch.setattr("swin_edu.commands.classroom.course_folder", lambda: tmp_path)
    monkeypatch.chdir(tmp_path)
    return Course(root)


def call(*arguments: object) -> Result:
    return CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1"}).invoke(app, [str(part) for part in arguments])


@pytest.mark.parametrize("wanted", ["7", NAME, "all"])
def test_release_says_where_the_students_version_lies(course, wanted):
    shutil.rmtree(course.release)
    result = call("release", wanted)
    assert result.exit_code == 0, result.output
    notebook, archive = (
        Path("assignments/release") / place for place in (f"{NAME}/{NAME}.ipynb", f"{NAME}.zip")
    )
    assert result.stdout == (
        f"ok    7_tiny: 9.5 points. For students: {notebook}; as a zip to upload: {archive}\n"
    )
    assert notebook.exists()
    assert archive.exists()


def test_release_names_every_line_that_has_to_be_mended_and_releases_the_others(course):
    text = (course.src / f"{NAME}.py").read_text()
    (course.src / "8_wrong.py").write_text(text.replace(" hours=1", "").replace("points=9.5", "points=10"))
    result = call("release", "all")
    assert result.exit_code == 1
    assert "ok    7_tiny" in result.stdout
    assert "Error: 8_wrong was not released:" in result.stderr
    assert "8_wrong.py, line 1: the header states no hours" in result.stderr
    assert "8_wrong.py, line 1: the header says 10 points, but the cells add up to 9.5" in result.stderr
    assert not (course.release / "8_wrong").exists()


def test_collect_counts_names_troubles_and_says_what_comes_next(course, tmp_path):
    downloaded = tmp_path / "downloaded"
    for student in ("ada", "bo"):
        (downloaded / student).mkdir(parents=True)
        shutil.copyfile(course.release / NAME / f"{NAME}.ipynb", downloaded / student / "x.ipynb")
    (downloaded / "cy.zip").write_bytes(b"PK broken")
    first = call("collect", "downloaded", "7")
    assert first.exit_code == 0, first.output
    assert re.match(r"look  cy\.zip: is a broken zip", first.stderr)
    assert first.stdout == (
        f"7_tiny: 2 students (2 new).\nThey are in {Path('assignments/submitted')}. "
        f"Next: swin-edu grade {Path('assignments/submitted')}\n"
    )
    assert "2 students (2 as before)" in call("collect", "downloaded", "7").stdout


def test_feedback_before_grading_says_what_to_do_first(course):
    result = call("feedback", "7")
    assert result.exit_code == 1
    assert result.stderr == "Error: Nothing of 7_tiny is graded yet: run `swin-edu grade` first.\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["release", "8"], "No assignment is called '8'; there are: 7_tiny."),
        (["feedback", "8"], "No assignment is called '8'; there are: 7_tiny."),
        (["collect", ".", "8"], "No assignment is called '8'; there are: 7_tiny."),
        (["collect", "gone", "7"], "There is no folder or zip gone."),
        (["collect", "assignments/src", "7"], "No notebook for 7_tiny was found in assignments/src."),
        (["collect", ".", "7", "--names", "("], "--names is no pattern that can be used"),
        (["collect", ".", "7", "--names", "x"], "the pattern needs a group (?P<student_id>...)"),
    ],
)
def test_what_cannot_work_is_said_in_words(course, arguments, words):
    result = call(*arguments)
    assert result.exit_code == 1
    assert words in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "arguments", [["release", "7"], ["collect", ".", "7"], ["feedback", "7"], ["lab", "--teacher"]]
)
def test_without_nbgrader_each_says_how_to_get_it(course, monkeypatch, arguments):
    monkeypatch.setattr("swin_edu.commands.classroom.find_spec", lambda name: None)
    monkeypatch.setattr("swin_edu.commands.lab.course_folder", lambda: course.root.parent)
    result = call(*arguments)
    assert result.exit_code == 1
    assert 'pip install "swin-edu[classroom]"' in result.stderr


def test_without_the_repository_it_says_what_to_do(monkeypatch):
    monkeypatch.setattr("swin_edu.commands.classroom.course_folder", lambda: None)
    result = call("release", "7")
    assert result.exit_code == 1
    assert "Clone it" in result.stderr


def test_a_name_in_a_download_says_nothing_to_the_terminal(course, tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("ada.ipynb", "{}")
        archive.writestr("bo\x1b[2J\u202e.zip", "no zip")
    result = call("collect", tmp_path / "all.zip", 7)
    assert result.exit_code == 0, result.output
    assert "bo\ufffd[2J\ufffd.zip: is a broken zip" in result.stderr
    assert not {"\x1b", "\u202e"} & set(result.output)
