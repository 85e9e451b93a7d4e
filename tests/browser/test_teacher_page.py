"""The teacher's page in a real browser: nothing of a student's acts, the table sorts, it fits its window."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from swin_edu.classroom.teacher_page import teacher_page

sys.path.insert(0, str(Path(__file__).parents[1] / "classroom"))

from class_of_strangers import EVIL, strangers

pytestmark = pytest.mark.browser
STUDENTS = "#students tbody tr:visible th"


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """open_page(width=..., color_scheme=...) -> the page; whatever the browser complains about fails here."""
    (tmp_path / "page.html").write_text(teacher_page(strangers(), "Far"), encoding="utf-8")
    pages, complaints = [], []

    def show(width: int = 1280, **options: str) -> Page:
        page = browser.new_page(viewport={"width": width, "height": 900}, **options)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto((tmp_path / "page.html").as_uri())
        pages.append(page)
        return page

    yield show
    for page in pages:
        page.close()
    assert complaints == []


def test_no_script_of_a_student_runs_and_names_can_be_read(open_page):
    page = open_page()
    page.locator("#students > summary").click()
    assert EVIL in page.locator(STUDENTS).all_inner_texts()
    assert page.title() == "Far: the class"


def test_table_sorts_by_points_and_back_by_name(open_page):
    page = open_page()
    page.locator("#students > summary").click()
    page.get_by_role("button", name="total").click()
    assert page.locator(STUDENTS).first.inner_text() == "ada"
    totals = [float(text) for text in page.locator("#students td.total").all_inner_texts()]
    assert totals == sorted(totals, reverse=True)
    page.get_by_role("button", name="student").click()
    names = page.locator(STUDENTS).all_inner_texts()
    assert names.index("ada") < names.index("bo") < names.index("zoë")


def test_table_shows_who_needs_a_look_or_fits_a_word(open_page):
    page = open_page()
    page.locator("#students > summary").click()
    page.get_by_label("only who needs a look").check()
    assert len(page.locator(STUDENTS).all_inner_texts()) == 2
    page.get_by_label("Search").fill("no notebook")
    assert page.locator(STUDENTS).all_inner_texts() == ["zoë"]


@pytest.mark.parametrize("width", [1280, 700, 400])
def test_page_is_never_wider_than_its_window(open_page, width):
    page = open_page(width)
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_paper_is_white_where_the_screen_is_dark(open_page):
    page = open_page(color_scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) != "rgb(255, 255, 255)"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(background) == "rgb(255, 255, 255)"
