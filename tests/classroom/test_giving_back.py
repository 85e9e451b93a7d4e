"""A page for each student: points and comments, but no notes, no hidden tests, and no script of anybody's."""

import json
import shutil
import zipfile

import bs4
import nbformat
import pytest
from jinja2 import Environment

from swin_edu.classroom.course import ClassroomError, Course
from swin_edu.classroom.giving_back import give_back
from swin_edu.classroom.places import places_file
from swin_edu.classroom.safe_pages import CleanOutputs, markdown_to_safe_html

from .conftest import NAME
from .graded_class import STUDENTS, graded_as_handed_in

pytestmark = [
    pytest.mark.filterwarnings("ignore:Object of type"),  # nbgrader's own
    pytest.mark.xdist_group("giving_back"),  # one worker makes the slow fixtures, once
]


@pytest.fixture(scope="module")
def graded_once(released, tmp_path_factory):
    course = Course(shutil.copytree(released[0].root, tmp_path_factory.mktemp("graded") / "assignments"))
    return graded_as_handed_in(course)


@pytest.fixture
def course(graded_once, tmp_path):
    return Course(shutil.copytree(graded_once.root, tmp_path / "assignments"))


@pytest.fixture(scope="module")
def made(graded_once):
    return graded_once, give_back(graded_once, NAME)


def test_every_student_has_a_page_and_all_are_in_the_zip(made):
    _, given = made
    pages = [f"{student}.html" for student in STUDENTS]
    assert sorted(path.name for path in given.folder.iterdir()) == pages
    with zipfile.ZipFile(given.archive) as archive:
        assert archive.namelist() == pages
        assert archive.read("ada.html") == (given.folder / "ada.html").read_bytes()
    assert given.students == list(STUDENTS)
    assert given.troubles == []


def test_the_page_is_the_student_s_own_with_points_and_answer(made):
    _, given = made
    page = (given.folder / "ada.html").read_text()
    assert "2.5 of 4.5 points" in page
    assert "of ada" in page
    assert "of bo" not in page
    assert "nearly" in page


def test_an_answer_that_nobody_marked_is_not_shown_as_no_points(made):
    _, given = made
    page = bs4.BeautifulSoup((given.folder / "ada.html").read_text(), "html.parser")
    heading = " ".join(page.h4.text.split())
    assert heading == f"{NAME}: 2.5 of 9.5 points so far; 1 answer is not marked yet"
    parts = [" ".join(part.text.split()) for part in page.select("#toc li")]
    assert parts == [
        "Exercise mask_1d: 2.5 of 4.5 points",
        "Question why: not marked yet, 5.0 points at most",
    ]
    labels = [label.text for label in page.select(".nbgrader-label")]
    assert labels == ["Your answer: mask_1d", "Exercise mask_1d", "Question why"]


def test_a_marked_answer_has_its_points_and_the_comment(course):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course.gradebook}", "swin") as gradebook:
        grade = gradebook.find_grade("why", NAME, NAME, "ada")
        grade.manual_score, grade.needs_manual_grade = 0, False
        gradebook.find_comment("why", NAME, NAME, "ada").manual_comment = "Look at the *other* edge."
        gradebook.db.commit()
    given = give_back(course, NAME)
    page = bs4.BeautifulSoup((given.folder / "ada.html").read_text(), "html.parser")
    assert " ".join(page.h4.text.split()) == f"{NAME}: 2.5 of 9.5 points"
    assert " ".join(page.select("#toc li")[1].text.split()) == (
        "Question why: 0.0 of 5.0 points, with a comment"
    )
    assert "Comment: Look at the other edge." in " ".join(page.select_one(".panel-footer").text.split())
    assert given.unmarked == ["bo"]


def test_marking_notes_and_hidden_tests_are_not_in_the_page(made):
    course, given = made
    graded = (course.autograded / "ada" / NAME / f"{NAME}.ipynb").read_text()
    assert "strangers from the other edge" in graded, "whoever marks sees the notes"
    page = (given.folder / "ada.html").read_text()
    for secret in ("strangers from the other edge", "MARK SCHEME", "HIDDEN TESTS", ".grade("):
        assert secret not in page, secret


def test_nothing_that_a_student_wrote_or_printed_runs_in_the_page(made):
    _, given = made
    page = bs4.BeautifulSoup((given.folder / "ada.html").read_text(), "html.parser")
    assert "because" in page.text
    scripts = [script for script in page.find_all("script") if "steal" in str(script)]
    assert scripts == []
    for tag in page.find_all(True):
        assert not [name for name in tag.attrs if name.startswith("on")], tag
        assert not str(tag.get("href", "")).startswith("javascript"), tag
        source = str(tag.get("src", "data:image/"))
        assert source.startswith(("data:image/", "https://cdnjs.cloudflare.com/")), tag


def test_whoever_marks_reads_a_title_in_place_of_nbgrader_s_marks_around_the_notes():
    page = Environment().from_string("")
    source = "Why?\n\n### BEGIN MARK SCHEME\nTwo points for *strangers*.\n### END MARK SCHEME"
    html = markdown_to_safe_html(page.new_context(), source)
    assert "MARK SCHEME" not in html
    assert "<strong>Marking notes</strong>" in html
    assert "<em>strangers</em>" in html


def test_a_picture_keeps_its_size_if_that_is_a_number_and_nothing_else():
    sizes = {"image/png": {"width": 300, "height": "1 onerror=steal()", "alt": "x"}, "isolated": True}
    picture = nbformat.v4.new_output("display_data", {"image/png": "QUJD"}, metadata=sizes)
    forged = nbformat.v4.new_output("display_data", {"image/png": '"><script>', "text/plain": "y"})
    script = nbformat.v4.new_output("display_data", {"application/javascript": "steal()"})
    cell = nbformat.v4.new_code_cell(outputs=[picture, forged, script])
    cleaned, _ = CleanOutputs().preprocess_cell(cell, {}, 0)
    assert cleaned.outputs[0].metadata == {"image/png": {"width": 300}, "image/jpeg": {}}
    assert [output.data for output in cleaned.outputs] == [{"image/png": "QUJD"}, {"text/plain": "y"}, {}]


def test_answers_that_nobody_marked_are_counted(made):
    _, given = made
    assert given.unmarked == list(STUDENTS)


def test_one_page_that_cannot_be_made_stops_no_other(course):
    (course.autograded / "ada" / NAME / f"{NAME}.ipynb").chmod(0o644)
    (course.autograded / "ada" / NAME / f"{NAME}.ipynb").write_text("{broken")
    (course.submitted / "cy" / NAME).mkdir(parents=True)
    (course.submitted / "cy" / NAME / f"{NAME}.ipynb").write_text("{}")
    given = give_back(course, NAME)
    assert given.students == ["bo"]
    assert [path.name for path in given.folder.iterdir()] == ["bo.html"]
    ada, cy = map(str, given.troubles)
    assert ada.startswith("ada: no page could be made: ")
    assert cy == "cy: handed in, but not graded yet"


def test_pages_go_back_into_moodle_s_folders(course):
    file = places_file(course, NAME)
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"ada": "Ada Ñ_17_assignsubmission_file_"}), encoding="utf-8")
    with zipfile.ZipFile(give_back(course, NAME).archive) as archive:
        assert archive.namelist() == [f"Ada Ñ_17_assignsubmission_file_/{NAME}.html", "bo.html"]


def test_nothing_graded_is_said(released):
    with pytest.raises(ClassroomError, match="Nothing of 7_tiny is graded yet"):
        give_back(released[0], NAME)
