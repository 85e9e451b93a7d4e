"""Results: kept whole, read back alike, and a table that no spreadsheet runs."""

import csv
import json

import pytest

from swin_edu.classroom.results import Answer, Result, Results

NAME = "9_far"


def result(student, exercise, points=0.0, right=0, trouble=""):
    return Result(student, NAME, exercise, points, 6.0, right, 8, None, "words", trouble)


@pytest.fixture
def results():
    return Results(
        NAME,
        (
            result("zoë", "mask_1d", 6.0, 8),
            result("zoë", "mask_any", 1.5, 4),
            result("=cmd|' /C calc'!A0", "mask_1d", trouble="-2+3 is no answer"),
            result("=cmd|' /C calc'!A0", "mask_any"),
        ),
        (Answer("zoë", "why", 2.5, 3.0), Answer("=cmd|' /C calc'!A0", "why", None, 3.0)),
        {"@bo": ("+handed in something that is no notebook",)},
    )


def test_what_was_saved_is_loaded_the_same(results, tmp_path):
    results.save(tmp_path / "new" / "9_far.json")
    assert Results.load(tmp_path / "new" / "9_far.json") == results
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["9_far.json"]


def test_the_table_has_a_row_a_student_and_nothing_in_it_is_a_formula(results, tmp_path):
    results.save_csv(tmp_path / "9_far.csv")
    assert (tmp_path / "9_far.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with open(tmp_path / "9_far.csv", encoding="utf-8-sig", newline="") as file:
        title, *rows = csv.reader(file)
    assert title == ["student", "mask_1d (6)", "mask_any (6)", "why (3)", "total", "out of", "trouble"]
    assert rows == [
        ["'=cmd|' /C calc'!A0", "0", "0", "", "0", "15", "mask_1d: -2+3 is no answer"],
        ["'@bo", "", "", "", "0", "15", "'+handed in something that is no notebook"],
        ["zoë", "6", "1.5", "2.5", "10", "15", ""],
    ]


def test_a_trouble_of_the_whole_submission_is_told_once():
    each = tuple(result("bo", name, trouble="no notebook") for name in ("mask_1d", "mask_any"))
    assert Results(NAME, each, notes={"bo": ("no notebook",)}).trouble("bo") == "no notebook"


def test_states_are_right_half_and_none(results):
    assert [one.state for one in results.results] == ["right", "half", "none", "none"]


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"format": 0}', json.dumps({"format": 1, "assignment": "x", "results": [{}]})]
)
def test_a_file_of_something_else_says_what_to_do(tmp_path, text):
    path = tmp_path / "9_far.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"9_far.json does not hold results .*: run `swin-edu grade` again"):
        Results.load(path)
