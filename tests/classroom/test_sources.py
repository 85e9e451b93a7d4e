"""A source says what it says: directives, lines, blocks, header."""

import pytest

from swin_edu.classroom.sources import block_of, read_source, without_block

from .conftest import NAME, TEXT


@pytest.fixture
def source(course):
    return course.read(NAME)


def test_every_cell_is_read_with_its_kind_name_points_and_line(source):
    lines = TEXT.split("\n")
    assert [(cell.kind, cell.name, cell.points) for cell in source.cells] == [
        ("header", "", 9.5),
        ("code", "", None),
        ("text", "", None),
        ("exercise", "mask_1d", 4.5),
        ("question", "why", 5),
        ("code", "", None),
    ]
    assert all(lines[cell.line - 1].startswith("# %%") for cell in source.cells)
    assert len({cell.line for cell in source.cells}) == len(source.cells)
    assert [cell.free for cell in source.cells] == [False] * 5 + [True]


def test_the_header_gives_title_points_hours_and_goals_over_several_lines(source):
    assert (source.title, source.points, source.hours) == ("Assignment 7: tiny", 9.5, 1)
    assert source.goals == ("tell rows from columns", "write a mask for one dimension")


def test_marking_notes_are_the_question_s_and_not_its_text(source):
    (question,) = source.questions
    assert question.marking == "5 points: strangers from the other edge are in the window."
    assert without_block(question.text, "MARK SCHEME") == "**B.** Why is there a mask? (5 points)"


@pytest.mark.parametrize(
    ("cell", "function"),
    [
        ("def helper(): ...\ndef mine(x): ...", "mine"),
        ("x = 1", ""),
        ("def broken(:", ""),
    ],
)
def test_the_function_of_an_exercise_is_the_last_that_is_defined(tmp_path, cell, function):
    path = tmp_path / "8_x.py"
    path.write_text(f'# %% exercise="mask_1d" points=1\n{cell}\n')
    assert read_source(path).cells[0].function == function


def test_function_names_another_one(tmp_path):
    path = tmp_path / "8_x.py"
    path.write_text(
        '# %% exercise="mask_1d" points=1 function="first"\ndef first(x): ...\ndef second(): ...\n'
    )
    assert read_source(path).cells[0].function == "first"


def test_two_blocks_in_one_cell_are_both_taken():
    text = "a\n  ### BEGIN SOLUTION\n  b\n  ### END SOLUTION\nc\n### BEGIN SOLUTION\nd\n### END SOLUTION"
    assert block_of(text, "SOLUTION") == "  b\nd"
    assert without_block(text, "SOLUTION") == "a\nc"
