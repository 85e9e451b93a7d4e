"""The run's folder: nothing is overwritten unasked, and the log survives kills without gaps or doubles."""

import json

import pytest

from swin_edu.training import EpochRecord, StepRecord, TrainingError, TrainingSettings, reopen_run, start_run


def step(epoch: int, number: int = 1) -> StepRecord:
    return StepRecord(epoch, number, 2, 2.3, 1e-3, 100.0)


def epoch(number: int) -> EpochRecord:
    return EpochRecord(number, 3, 2.0, 0.3, 1.9, 0.35, 10.0, 100.0)


@pytest.fixture
def run(tmp_path):
    return start_run(tmp_path / "runs" / "first", TrainingSettings(epochs=3))


def test_a_run_is_reopened_with_the_settings_it_was_started_with(run):
    again, settings = reopen_run(run.path)
    assert settings == TrainingSettings(epochs=3)
    assert again.path == run.path


def test_a_run_is_never_overwritten_unless_asked_for(run):
    run.append(epoch(1))
    with pytest.raises(TrainingError, match=r"already holds a run\..*--resume.*--overwrite.*--out"):
        start_run(run.path, TrainingSettings(epochs=9))
    assert reopen_run(run.path)[1].epochs == 3
    assert len(run.records()) == 1


def test_overwrite_deletes_the_run_and_nothing_else(run):
    run.append(epoch(1))
    run.checkpoints.mkdir()
    (run.checkpoints / "epoch-0001.ckpt").write_bytes(b"old")
    (run.path / "notes.txt").write_text("mine")
    start_run(run.path, TrainingSettings(epochs=9), overwrite=True)
    assert reopen_run(run.path)[1].epochs == 9
    assert run.records() == []
    assert not run.checkpoints.exists()
    assert (run.path / "notes.txt").read_text() == "mine"


def test_a_folder_with_other_files_is_not_touched_even_with_overwrite(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(TrainingError, match="holds files but no run"):
        start_run(tmp_path, TrainingSettings(), overwrite=True)
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(TrainingError, match="is a file"):
        start_run(tmp_path / "thesis.tex", TrainingSettings())


def test_what_was_never_started_cannot_be_resumed(tmp_path):
    with pytest.raises(TrainingError, match="holds no run; leave --resume out"):
        reopen_run(tmp_path / "nothing")


def test_the_log_is_one_json_object_a_line_and_comes_back_as_records(run):
    records = [step(1), step(1, 2), epoch(1)]
    for record in records:
        run.append(record)
    lines = [json.loads(line) for line in run.log_file.read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["step", "step", "epoch"]
    assert lines[2]["test_accuracy"] == 0.35
    assert run.records() == records


def test_a_line_that_a_kill_cut_off_is_left_out(run):
    run.append(step(1))
    run.append(epoch(1))
    with open(run.log_file, "a") as file:
        file.write('{"kind": "step", "epoch": 2, "st')
    assert run.records() == [step(1), epoch(1)]


def test_a_resumed_run_forgets_what_came_after_its_checkpoint(run):
    for record in (step(1), epoch(1), step(2), epoch(2), step(3)):
        run.append(record)
    with open(run.log_file, "a") as file:
        file.write('{"kind": "st')
    run.forget_after(1)
    run.append(step(2))
    assert run.records() == [step(1), epoch(1), step(2)]
