"""The list of exercises and the cards: everything a learner needs to start, and nothing read as HTML."""

import inspect
import re
from html.parser import HTMLParser

import pytest

from swin_edu import exercises
from swin_edu.exercises import Exercise, overview, progress
from swin_edu.exercises.answer_table import AnswerTable
from swin_edu.exercises.overview import ExerciseList

ALL = exercises.list()
EVIL = "<script>alert(1)</script> & `<img onerror=x>`"


@pytest.fixture(autouse=True)
def nothing_done(monkeypatch, tmp_path):
    monkeypatch.setenv("SWIN_EDU_PROGRESS", str(tmp_path / "progress.json"))


class Page(HTMLParser):
    """Checks that tags are closed in order, and collects them and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open, self.tags, self.text = [], [], ""
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in ("br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += f" {data}"


def evil_exercise():
    return Exercise(
        EVIL,
        "00",
        "easy",
        1,
        f'{EVIL} """ \\n {EVIL}\n\ndef given(x): return x < 1',
        lambda x: x,
        lambda: [(1,)],
    )


def test_the_list_is_a_list_and_shows_each_exercise_once_with_what_is_done():
    assert isinstance(ALL, list)
    progress.remember("mask_1d")
    for text in (repr(ALL), Page(ALL._repr_html_()).text):
        for exercise in ALL:
            (found,) = re.findall(rf"(?<!\w){exercise.name}(?!\w)", text)
            assert found
        assert f"1 of {len(ALL)} done, {len(ALL) - 1} open" in text
        assert text.count("✓") == 1
    line = next(line for line in repr(ALL).splitlines() if "mask_1d" in line)
    assert line.split() == ["✓", "03", "mask_1d", "easy", "5"]
    row = next(row for row in ALL._repr_html_().split("<tr>") if ">mask_1d<" in row)
    assert "✓" in row
    assert "exercises.NAME.check(your_function)" in ALL._repr_html_()


def test_the_list_counts_for_the_map_what_is_done_in_each_chapter():
    progress.remember("mask_any")
    counts = ALL.done_by_chapter()
    assert counts["03"] == (1, sum(exercise.chapter == "03" for exercise in ALL))
    assert {solved for chapter, (solved, _) in counts.items() if chapter != "03"} == {0}
    assert sum(there for _, there in counts.values()) == len(ALL)


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_a_stub_is_code_that_takes_every_case_and_is_not_written_yet(exercise):
    names: dict = {}
    exec(exercise.stub, names)
    function = names[exercise.name]
    for arguments in exercise.cases():
        inspect.signature(function).bind(*arguments)
    assert function.__doc__.split() == exercise.task.split("\n\n")[0].split()
    assert "not written yet" in exercise.examine(function).message


def test_a_card_says_all_that_is_needed_to_start_as_text_and_as_a_page():
    exercise = exercises.mask_1d
    for text in (repr(exercise), Page(exercise._repr_html_()).text):
        for words in ("mask_1d", "easy", "5 minutes", "chapter 03", "def mask_1d(length, M, s):"):
            assert words in text
        for call in ("check(mask_1d)", "hint()", "solution()"):
            assert f"exercises.mask_1d.{call}" in text
        assert "✓" not in text
    progress.remember("mask_1d")
    assert "✓ done" in exercise._repr_html_()
    assert "done)" in repr(exercise)


def test_nothing_of_an_exercise_or_an_answer_is_read_as_html():
    exercise = evil_exercise()
    pages = [
        ExerciseList([exercise])._repr_html_(),
        exercise._repr_html_(),
        AnswerTable.of({EVIL: EVIL}, {EVIL: 2, "more" + EVIL: EVIL})._repr_html_(),
        AnswerTable.of(EVIL, EVIL + "!")._repr_html_(),
    ]
    for page in pages:
        assert not {"script", "img"} & set(Page(page).tags)
        assert "<script>alert(1)</script>" in Page(page).text  # it is there to be read
    names: dict = {}
    exec(overview.stub_of(exercise).replace(f"def {EVIL}", "def evil"), names)
    assert EVIL in names["evil"].__doc__
    assert "def given" not in names["evil"].__doc__


def test_cards_and_lists_take_their_colours_from_the_notebook():
    for page in (exercises.mask_1d._repr_html_(), ALL._repr_html_(), AnswerTable.of(1, 2)._repr_html_()):
        bare = re.sub(r"var\([^()]*(?:\([^()]*\))?[^()]*\)", "", page)  # each has a way out for other viewers
        assert not re.search(r"(?<![-\w])color:[^;\"]|background-color:(?!rgba)", bare)
        assert "var(--jp-" in page


# ---- tables of numbers, tuples and dicts ------------------------------------------------------------


def test_a_table_marks_the_rows_that_differ_and_no_others():
    table = AnswerTable.of([(1, 2), (3, 4), 0.5], [(1, 2), (3, 5), 0.5])
    assert [row[3] for row in table.rows] == [False, True, False]
    assert table._repr_html_().count("≠") == 1
    assert repr(table).splitlines()[2].startswith("*  1")


def test_a_long_table_shows_what_differs_and_counts_the_rest():
    expected = {f"name {n}": n for n in range(40)}
    got = {**expected, "name 3": 0, "name 39": 0, "new": 1}
    del got["name 7"]
    table = AnswerTable.of(expected, got)
    assert [row[0] for row in table.rows] == ["name 3", "name 7", "name 39", "new"]
    assert (table.rows[1][2], table.rows[3][1]) == ("—", "—")
    assert "37 more are right" in repr(table)
    assert "37 more are right" in table._repr_html_()


@pytest.mark.parametrize(
    ("expected", "got", "words"),
    [
        (23040, 46080, ["23,040", "46,080", "+23,040"]),
        (0.25, 0.5, ["0.25", "0.5"]),
        ((1, 2, 3), (1, 2), ["3", "—"]),
        (True, False, ["True", "False"]),
        ("x" * 99, "y", ["x" * 50, "..."]),
    ],
)
def test_a_table_of_each_kind_says_both_answers(expected, got, words):
    table = AnswerTable.of(expected, got)
    for word in words:
        assert word in repr(table)
        assert word in table._repr_html_()


@pytest.mark.parametrize(("expected", "got"), [(3, 3), ((1, 2), [1, 2]), (3, (3,)), ({}, {}), (None, 3)])
def test_there_is_no_table_of_what_is_alike_or_of_another_kind(expected, got):
    assert AnswerTable.of(expected, got) is None
