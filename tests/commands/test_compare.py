"""`swin-edu compare`: every readable run is in picture and table, and no unreadable one stops it."""

import json

import pytest
from PIL import Image
from typer.testing import CliRunner

from swin_edu.cli import app
from swin_edu.training import EpochRecord, TrainingSettings, start_run


def begin(path, epochs=2, **settings):
    """A run with a log, as one that is still going."""
    run = start_run(path, TrainingSettings(epochs=9, **settings))
    for epoch in range(1, epochs + 1):
        run.append(EpochRecord(epoch, 9, 2.0, 0.1, 2.0, 0.1 * epoch, 30.0, 1500.0))
    return run


def call(*arguments, columns="160"):
    return CliRunner(env={"COLUMNS": columns, "NO_COLOR": "1"}).invoke(app, ["compare", *map(str, arguments)])


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_runs_are_drawn_and_only_what_differs_is_in_the_table(tmp_path):
    begin(tmp_path / "a", learning_rate=1e-3)
    finished = begin(tmp_path / "b", 9, learning_rate=2e-3, model_options={"window_size": 8})
    finished.write_results({"test_accuracy": 0.9, "class_names": [], "channel_mean": [], "parameters": 12345})
    result = call("a", "b", columns="100")
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["a", "2", "of", "9", "20.00", "%", "1", "min", "00", "s", "1,500", "–"] in lines
    assert ["b", "9", "90.00", "%", "4", "min", "30", "s", "1,500", "12,345"] in lines
    assert ["learning_rate", "0.001", "0.002"] in lines or ["a", "0.001", "default"] in lines
    assert "weight_decay" not in result.stdout
    assert result.stdout.splitlines()[-1] == "curves in comparison.png"
    with Image.open("comparison.png") as image:
        assert image.format == "PNG"


def test_a_foreign_and_a_damaged_folder_are_said_and_stop_no_other(tmp_path):
    begin(tmp_path / "good")
    begin(tmp_path / "fresh", epochs=0)
    begin(tmp_path / "bad").settings.write_text(json.dumps({"epochs": "many"}))
    (tmp_path / "foreign").mkdir()
    (tmp_path / "file").write_text("x")
    result = call("gone", "foreign", "bad", "file", "fresh", "good", "--out", "curves/all.png")
    assert result.exit_code == 0, result.output
    said = result.stderr.splitlines()
    for name in ("gone", "foreign", "bad", "file", "fresh"):
        assert any(line.startswith(f"Left out: {name}") for line in said), name
    assert (tmp_path / "curves" / "all.png").is_file()
    assert "good" in result.stdout


def test_no_readable_run_is_an_error(tmp_path):
    result = call("gone")
    assert result.exit_code == 1
    assert "none of these folders holds a run" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_another_test_is_said_and_one_run_named_twice_is_one(tmp_path):
    begin(tmp_path / "a")
    assert "say little about each other" not in call("a", "./a").stdout
    assert call("a", "./a").stdout.count("20.00 %") == 1
    begin(tmp_path / "b", data="cifar10")
    assert "say little about each other" in call("a", "b").stdout


def test_another_ending_than_png_is_refused(tmp_path):
    begin(tmp_path / "a")
    result = call("a", "--out", "curves.pdf")
    assert result.exit_code == 2
    assert not (tmp_path / "curves.pdf").exists()
