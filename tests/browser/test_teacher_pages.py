"""nbgrader's pages as `swin-edu lab --teacher` opens them: this course, and no script of a student."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from playwright.sync_api import Browser, Page, expect

from swin_edu.classroom.course import Course
from swin_edu.classroom.releasing import release

from ..classroom.conftest import NAME, ROOT, make_course
from ..classroom.graded_class import graded_as_handed_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:Object of type"),  # nbgrader's own
]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A checkout with one assignment that a class handed in, scripts in answers and outputs."""
    checkout = tmp_path_factory.mktemp("checkout")
    course = make_course(checkout / "assignments")
    shutil.copytree(ROOT / ".jupyter", checkout / ".jupyter", ignore=shutil.ignore_patterns("lab"))
    shutil.copytree(ROOT / "assignments" / ".jupyter", course.root / ".jupyter")
    for name in ("nbgrader_config.py", "README.md"):
        shutil.copyfile(ROOT / "assignments" / name, course.root / name)
    release(course, NAME)
    return graded_as_handed_in(course)


@pytest.fixture(scope="module")
def address(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`swin-edu lab --teacher`; gives the address that it prints."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    code = (
        "import pathlib, sys, swin_edu.commands.classroom as classroom, swin_edu.commands.lab as module\n"
        "module.course_folder = classroom.course_folder = lambda: pathlib.Path(sys.argv[1])\n"
        "module.lab(browser=False, port=int(sys.argv[2]), teacher=True)"
    )
    own = tmp_path_factory.mktemp("jupyter")
    settings = {f"JUPYTER_{name}_DIR": str(own / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    command = [sys.executable, "-c", code, str(course.root.parent), str(port)]
    server = subprocess.Popen(
        command, env=os.environ | settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    lines = [""]
    while "http://127.0.0.1" not in lines[-1]:
        lines.append(server.stdout.readline())
        assert lines[-1], "".join(lines)
    yield re.search(r"http://127.0.0.1\S+", lines[-1])[0]
    server.kill()
    server.wait()


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.add_init_script("window.steal = () => { window.top.stolen = true }")
    page.goto(address)
    yield page
    page.close()


def test_the_grading_page_opens_by_itself_and_shows_the_course(page: Page) -> None:
    row = page.frame_locator("iframe[src*='formgrader']").locator("tr", has_text=NAME)
    expect(row.locator("td.num-submissions")).to_contain_text("2", timeout=60_000)
    expect(page.locator(".lm-TabBar-tabLabel", has_text="README.md")).to_have_count(1, timeout=30_000)
    expect(page.locator(".jp-DirListing-item", has_text="nbgrader_config.py")).to_have_count(
        1, timeout=30_000
    )


def test_whoever_marks_sees_notes_and_answer_and_runs_nothing_of_the_student(
    page: Page, course: Course, address: str
) -> None:
    with Gradebook(f"sqlite:///{Path(course.gradebook)}", "swin") as gradebook:
        handed_in = gradebook.find_submission_notebook(NAME, NAME, "ada").id
    page.goto(f"{address.split('/lab/')[0]}/formgrader/submissions/{handed_in}")
    page.get_by_text("strangers from the other edge").wait_for(timeout=60_000)
    text = page.inner_text("body")
    assert "because" in text
    assert "return 'of ada'" in text
    assert page.locator("input.score").count() == 2
    page.wait_for_timeout(1000)
    assert page.evaluate("window.top.stolen") is None
    assert page.locator("[onerror], a[href^='javascript']").count() == 0
