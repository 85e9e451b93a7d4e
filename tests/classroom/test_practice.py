"""Practice goes the whole way for real: released, handed in, graded in isolation, given back, compared."""

import pytest

from swin_edu.classroom.course import ClassroomError
from swin_edu.classroom.practice import practise

NAME = "7_tiny"


@pytest.fixture(scope="module")
def done(released, sandbox, tmp_path_factory):
    course, _ = released
    return practise(course, NAME, tmp_path_factory.mktemp("practice") / "new", students=8, seed=1)


def test_every_made_up_student_gets_what_they_should(done):
    assert done.differences == []
    assert len(done.graded.results.students) == 8
    assert {result.state for result in done.graded.results.results} == {"right", "half", "none"}


def test_page_and_feedback_are_there(done):
    page = done.graded.page.read_text(encoding="utf-8")
    student = done.graded.results.students[0]
    assert (done.graded.feedback / f"{student}.html").is_file()
    assert f'href="{done.graded.feedback.name}/' in page


def test_real_course_is_not_touched(done, released):
    course, _ = released
    assert done.course.root != course.root
    assert not course.submitted.exists()
    assert not course.gradebook.exists() or done.course.gradebook != course.gradebook


def test_folder_with_something_in_it_is_refused_and_kept(released, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ClassroomError, match="is not empty: name a new folder"):
        practise(released[0], NAME, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
