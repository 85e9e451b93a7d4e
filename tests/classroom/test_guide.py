"""The guide says what the sources say, and what it tells a teacher to copy fits together."""

import json
import re
import runpy

import pytest
from traitlets.config import Config

from swin_edu.classroom.course import COURSE_ID, Course
from swin_edu.classroom.overview import overview, with_overview
from swin_edu.cli import app

from .conftest import NAME, ROOT

FOLDER = ROOT / "assignments"
GUIDE = (FOLDER / "README.md").read_text(encoding="utf-8")


def test_the_table_is_what_the_sources_say():
    assert with_overview(GUIDE, Course(FOLDER)) == GUIDE, "run python assignments/build.py"


def test_the_table_has_points_hours_goals_and_a_sum(course):
    other = (course.src / f"{NAME}.py").read_text().replace("points=9.5 hours=1", "points=9.5 hours=2.5")
    (course.src / "8_more.py").write_text(other)
    lines = overview(course).splitlines()
    assert lines[2] == (
        "| [Assignment 7: tiny](src/7_tiny.py) | 9.5 | 5 | 1 "
        "| • tell rows from columns<br>• write a mask for one dimension |"
    )
    assert lines[-1] == "| all | 19 | 10 | 3.5 | |"


def test_a_page_without_marks_is_not_written(course):
    with pytest.raises(ValueError, match="needs the marks"):
        with_overview("# A page\n", course)


def test_every_command_and_option_in_the_guide_is_there():
    from typer.main import get_command

    commands = get_command(app).commands
    named = set(re.findall(r"swin-edu ([a-z]+)(?: [^`\n#]*?(--[a-z-]+))?", GUIDE))
    assert {"release", "collect", "grade", "feedback", "lab", "doctor"} <= {name for name, _ in named}
    for name, option in named:
        assert name in commands, name
        options = {word for parameter in commands[name].params for word in parameter.opts}
        assert not option or option in options, f"swin-edu {name} {option}"


def test_every_file_that_the_guide_links_to_is_there():
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", GUIDE)
    assert links
    for link in links:
        assert (FOLDER / link).exists(), link


def read_config(name):
    config = Config()
    runpy.run_path(str(FOLDER / "jupyterhub" / name), {"get_config": lambda: config})
    return config


def test_the_hub_calls_service_group_role_and_course_alike():
    hub, nbgrader = read_config("jupyterhub_config.py"), read_config("nbgrader_config.py")
    (service,) = hub.JupyterHub.services
    (role,) = hub.JupyterHub.load_roles
    assert service["name"] == COURSE_ID == nbgrader.CourseDirectory.course_id
    assert set(hub.JupyterHub.load_groups) == set(role["groups"]) == {f"formgrade-{COURSE_ID}"}
    graders = hub.JupyterHub.load_groups[f"formgrade-{COURSE_ID}"]["users"]
    assert set(graders) < hub.Authenticator.allowed_users
    places = service["environment"]["JUPYTER_CONFIG_PATH"].split(":")
    assert all((ROOT / place.removeprefix(f"{service['cwd']}/")).is_dir() for place in places)


def test_students_on_a_hub_fetch_and_hand_in_and_see_nothing_of_grading():
    students = FOLDER / "jupyterhub" / "students"
    server = json.loads((students / "jupyter_server_config.d/nbgrader.json").read_text())
    on = {name.split(".")[-1] for name, on in server["ServerApp"]["jpserver_extensions"].items() if on}
    assert on == {"assignment_list", "validate_assignment"}
    page = json.loads((students / "labconfig/page_config.json").read_text())
    assert set(page["disabledExtensions"]) == {
        f"@jupyter/nbgrader:{part}" for part in ("course-list", "create-assignment", "formgrader")
    }
