"""The teacher's page as a file: valid, whole, with the right numbers, and no word of a student that acts."""

import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from swin_edu.classroom.course import Course
from swin_edu.classroom.html_tags import VOID
from swin_edu.classroom.page_style import SCRIPT
from swin_edu.classroom.results import Results
from swin_edu.classroom.teacher_page import teacher_page, write_teacher_page
from swin_edu.exercises import mask_any

sys.path.insert(0, str(Path(__file__).parent))  # for the module that stands beside the tests

from class_of_strangers import CLOSING, EVIL, NAME, result, strangers


class Reader(HTMLParser):
    """Reads a page, and complains where elements are not closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.folded: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, name, attributes):
        self.seen.append((name, dict(attributes)))
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name):
        assert self.open.pop() == name

    def handle_data(self, data):
        (self.folded if "details" in self.open and "summary" not in self.open else self.words).append(data)


@pytest.fixture(scope="module")
def page() -> str:
    return teacher_page(strangers(), "Far", {"ada": "9_far_feedback/ada.html"})


@pytest.fixture(scope="module")
def read(page) -> Reader:
    return Reader(page)


def test_only_the_pages_own_script_and_nothing_that_acts_is_in_it(read):
    names = [name for name, _ in read.seen]
    assert names.count("script") == 1
    assert not {"img", "iframe", "object", "link", "base", "form"} & set(names)
    assert not [a for _, attributes in read.seen for a in attributes if a.startswith("on")]


def test_hostile_names_stand_there_as_text(read):
    text = "".join(read.folded)
    assert EVIL in text
    assert CLOSING.replace("\u202e", "\ufffd") in text


def test_nothing_is_loaded_from_anywhere(page, read):
    addresses = [v for _, a in read.seen for k, v in a.items() if k in ("href", "src", "srcset", "action")]
    assert {a for a in addresses if not a.startswith("#")} == {"9_far_feedback/ada.html"}
    assert not re.search(r"url\(|@import|fetch|XMLHttp", page)


def test_names_are_folded_away_and_counts_are_not(read):
    text = " ".join(read.words)
    for student in strangers().students:
        assert not re.search(rf"\b{re.escape(student)}\b", text), student
    assert "8" in text
    assert "Most frequent mistake" in text
    assert "rows only" in text
    assert mask_any.mistakes["rows_only"].hint in text


def test_five_seconds_say_the_right_numbers(page):
    glance = re.sub(r"<[^>]+>", " ", page[page.index("At a glance") : page.index("Exercises, the hardest")])
    glance = " ".join(glance.split())
    for words in (
        "Handed in 8 1 solved every exercise. 1 written answer waits for marking.",
        "Median 6.25 of 12 points The middle half has 4.5 to 6.8. 3 more are marked by hand.",
        "Need a look 2",
        "Hardest exercise mask_ any 1 of 8 right; 1.1 of 6 points on average.",
        "Most frequent mistake rows only 2 of 8 in mask_any",
    ):
        assert words in glance


def test_bars_are_as_wide_as_the_counts(page):
    bar = page[page.index('aria-label="mask_any: ') :]
    bar = bar[: bar.index('class="share"')]
    widths = [float(width) for width in re.findall(r'<svg x="[\d.]+%" width="([\d.]+)%"', bar)]
    assert widths == [12.5, 25, 12.5, 25, 12.5, 12.5]  # both that have no name of their own are one piece


@pytest.mark.parametrize(
    "results",
    [
        Results(NAME),
        Results(NAME, (result("ada", "mask_1d", 7),)),
        Results(NAME, (), (), {"ada": ("no notebook",)}),
        Results(NAME, (result("ada", "long gone"),)),
        Results(NAME, tuple(result(f"s{k}", "mask_1d", 7) for k in range(200))),
    ],
    ids=["nobody", "one", "a note", "a lost exercise", "two hundred"],
)
def test_every_class_gets_a_whole_page(results):
    assert "Far" in "".join(Reader(teacher_page(results, "Far")).words)


def test_script_is_the_one_that_the_policy_names(page):
    assert f"<script>{SCRIPT}</script>" in page
    assert "script-src &#x27;sha256-" in page


def test_page_is_written_with_the_title_and_links_to_the_feedback_that_is_there(tmp_path):
    course = Course(tmp_path)
    course.src.mkdir()
    course.results.mkdir()
    (course.src / f"{NAME}.py").write_text('# %% [markdown] assignment="Very far" points=9 hours=1\n# Far.\n')
    (course.results / f"{NAME}_feedback").mkdir()
    (course.results / f"{NAME}_feedback" / "zoë.html").write_text("page")
    path = write_teacher_page(course, strangers())
    text = path.read_text(encoding="utf-8")
    assert path == course.results / f"{NAME}.html"
    assert "<h1>Very far</h1>" in text
    links = re.findall(r'href="([^#"]+)"', text)
    assert set(links) == {f"{NAME}_feedback/zo%C3%AB.html"}
    assert json.dumps(EVIL) not in text
