"""The course knows its assignments and its secret, and gives nbgrader the same settings on every way."""

import pytest
from nbgrader.apps.baseapp import NbGrader
from traitlets.utils.importstring import import_item

from swin_edu.classroom.course import ClassroomError, Course

from .conftest import NAME, ROOT


@pytest.mark.parametrize("wanted", ["7", NAME, f"{NAME}.py", "all"])
def test_an_assignment_is_found_by_number_and_by_name(course, wanted):
    assert course.choose(wanted) == [NAME]


@pytest.mark.parametrize("wanted", ["8", "", "7_", "tiny", "*"])
def test_what_is_not_there_is_said_with_what_there_is(course, wanted):
    with pytest.raises(ClassroomError, match=r"there are: 7_tiny"):
        course.choose(wanted)


def test_hidden_cases_differ_between_courses_assignments_and_exercises(tmp_path):
    one, other = (Course(tmp_path / name) for name in ("one", "other"))
    for course in (one, other):
        course.root.mkdir()
    seeds = {course.seed(name, exercise) for course in (one, other) for name in "ab" for exercise in "cd"}
    assert len(seeds) == 8
    assert one.seed("a", "c") == Course(one.root).seed("a", "c")


def test_an_empty_secret_is_never_taken_for_one(course):
    course.secret_file.write_text("")
    with pytest.raises(ClassroomError, match="is empty: delete it"):
        course.seed(NAME, "mask_1d")


def test_nbgrader_s_own_programs_get_the_settings_from_the_file_in_the_folder(course, monkeypatch):
    file = course.root / "nbgrader_config.py"
    file.write_text((ROOT / "assignments" / "nbgrader_config.py").read_text())
    monkeypatch.chdir(course.root)
    app = NbGrader()
    app.initialize([])
    assert app.coursedir.course_id == "swin"
    assert app.coursedir.root == str(course.root)
    assert app.config.Autograde == course.config().Autograde
    assert app.config.ClearSolutions == course.config().ClearSolutions


def test_every_step_that_the_settings_name_is_there():
    config = Course(ROOT).config()
    steps = {
        *config.GenerateAssignment.preprocessors,
        *config.Autograde.sanitize_preprocessors,
        *config.Autograde.autograde_preprocessors,
        *config.GenerateFeedback.preprocessors,
    }
    assert "nbgrader.preprocessors.Execute" not in steps, "students' code would run beside the grader"
    assert "swin_edu.classroom.isolated_execute.IsolatedExecute" in config.Autograde.autograde_preprocessors
    for step in steps - {"swin_edu.classroom.isolated_execute.IsolatedExecute"}:
        assert import_item(step).__name__ == step.rsplit(".", 1)[1]
