"""Progress is one small file: right answers are remembered, nothing ever fails because of it."""

import json

import pytest

from swin_edu import exercises
from swin_edu.exercises import progress


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    path = tmp_path / "new folder" / "progress.json"
    monkeypatch.setenv("SWIN_EDU_PROGRESS", str(path))
    return path


def test_a_right_answer_is_remembered_and_a_wrong_one_or_a_silent_check_is_not(file):
    exercises.mask_1d.check(lambda *_: None)
    exercises.mask_1d.examine(exercises.mask_1d.reference)
    assert progress.done() == frozenset()
    exercises.mask_1d.check(exercises.mask_1d.reference)
    exercises.mask_any.check(exercises.mask_any.reference)
    assert progress.done() == {"mask_1d", "mask_any"}
    assert [path.name for path in file.parent.iterdir()] == ["progress.json"]
    progress.forget()
    assert progress.done() == frozenset()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"done": 3}', '{"done": [["mask_1d"]]}', "\xff"])
def test_a_broken_file_is_no_progress_and_is_mended_by_the_next_right_answer(file, text):
    file.parent.mkdir()
    file.write_text(text, encoding="latin-1")
    assert progress.done() == frozenset()
    progress.remember("mask_1d")
    assert json.loads(file.read_text()) == {"done": ["mask_1d"]}


def test_where_nothing_can_be_written_learning_goes_on(file, monkeypatch):
    file.parent.write_text("a file where the folder should be")
    assert exercises.mask_1d.check(exercises.mask_1d.reference)
    assert progress.done() == frozenset()
