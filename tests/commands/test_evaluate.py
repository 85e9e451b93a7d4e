"""`swin-edu evaluate`: the numbers it prints and writes agree, and what cannot work is said in words."""

import json
import re
import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from swin_edu.cli import app
from swin_edu.commands.evaluation_report import percent
from swin_edu.data import make_shapes
from swin_edu.training import Training, TrainingSettings, finish_run, start_run
from swin_edu.training.run_folder import EVALUATION_FILES
from swin_edu.visuals.picture import Picture

from ..training.conftest import TINY, write_as_parquet


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A finished run on a folder of shapes, and its results."""
    place = tmp_path_factory.mktemp("evaluate")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("swin_edu.data.sources.cache_folder", lambda cache_dir=None: place / "cache")
        for split, count in (("train", 40), ("test", 30)):
            write_as_parquet(make_shapes(count, split), place / "pets" / f"{split}.parquet")
        settings = TrainingSettings(
            data=str(place / "pets"), epochs=1, batch_size=20, model_options=TINY, device="cpu"
        )
        training = Training(settings, start_run(place / "run", settings))
        list(training.steps())
        yield place / "run", finish_run(training)


@pytest.fixture
def run(done, tmp_path):
    """A copy that a test may change."""
    return shutil.copytree(done[0], tmp_path / "run")


@pytest.fixture(scope="module")
def evaluated(done, tmp_path_factory):
    """A copy that was evaluated, and what the command said."""
    run = shutil.copytree(done[0], tmp_path_factory.mktemp("evaluated") / "run")
    return run, call(run)


@pytest.fixture
def no_figures(monkeypatch):
    """Drawing takes most of the time, and most tests do not look."""
    for name in ("confusion_figure", "calibration_figure", "worst_mistakes_figure"):
        picture = Picture(b"", "not drawn", width=10)
        monkeypatch.setattr(f"swin_edu.visuals.evaluation_figures.{name}", lambda *_, p=picture: p)


def call(*arguments):
    environment = {"COLUMNS": "160", "NO_COLOR": "1"}
    return CliRunner(env=environment).invoke(app, ["evaluate", *map(str, arguments)])


def test_the_last_line_is_the_accuracy_and_all_files_agree_with_it(evaluated, done):
    run, result = evaluated
    assert result.exit_code == 0, result.output
    accuracy = done[1]["test_accuracy"]
    assert result.stdout.splitlines()[-1] == f"test accuracy {100 * accuracy:.2f} %"
    folder = run / "evaluation"
    assert {file.name for file in folder.iterdir()} == set(EVALUATION_FILES)

    numbers = json.loads((folder / "evaluation.json").read_text())
    assert numbers["accuracy"] == numbers["accuracy_in_results_json"] == accuracy
    low, high = numbers["accuracy_95_percent_interval"]
    assert low < accuracy < high
    assert f"95 % interval {100 * low:.2f} % to {100 * high:.2f} %" in result.stdout
    assert f"with test-time flip  {percent(numbers['accuracy_with_test_time_flip'], 2)}" in result.stdout
    assert numbers["hardware"]["torch"] == torch.__version__
    assert re.match(r"\d{4}-\d\d-\d\dT", numbers["date"])
    confusion = torch.tensor(numbers["confusion"])
    assert confusion.shape == (10, 10)
    assert int(confusion.sum()) == numbers["test_images"] == 30
    assert int(confusion.diagonal().sum()) / 30 == accuracy
    assert [row["images"] for row in numbers["classes"]] == confusion.sum(dim=1).tolist()
    assert sum(numbers["calibration_bins"]["images"]) == 30
    assert all(mistake["true"] != mistake["predicted"] for mistake in numbers["worst_mistakes"])
    assert "NaN" not in (folder / "evaluation.json").read_text(), "JSON has no nan"


def test_the_page_ties_figures_and_classes_together(evaluated, done):
    folder = evaluated[0] / "evaluation"
    page = (folder / "report.md").read_text()
    for name in re.findall(r"!\[[^]]*\]\((.*?)\)", page):
        with Image.open(folder / name) as image:
            assert image.format == "PNG"
    assert page.count("![") == 3
    assert all(f"| {name} |" in page for name in done[1]["class_names"])
    assert percent(done[1]["test_accuracy"], 2) in page


def test_names_that_markdown_would_read_as_its_own_are_escaped():
    from swin_edu.commands.evaluation_report import _table

    assert _table(("class",), [("a|b [c](d) <b>",)]).splitlines()[-1] == r"| a\|b \[c\](d) \<b\> |"


def test_evaluating_again_replaces_the_old_evaluation_and_touches_nothing_else(
    no_figures, evaluated, tmp_path
):
    run = shutil.copytree(evaluated[0], tmp_path / "run")
    (run / "evaluation" / "my notes.txt").write_text("mine")
    (run / "evaluation" / "report.md").write_text("old")
    before = {file: file.read_bytes() for file in run.glob("*.*")}
    assert call(run).exit_code == 0
    assert (run / "evaluation" / "report.md").read_text() != "old"
    assert (run / "evaluation" / "my notes.txt").read_text() == "mine"
    assert {file: file.read_bytes() for file in run.glob("*.*")} == before


def test_out_and_data_and_checkpoint_can_be_named(no_figures, run, tmp_path, done):
    checkpoint = run / "checkpoints" / "epoch-0001.ckpt"
    data = done[0].parent / "pets"
    result = call(run, "--out", tmp_path / "there", "--data", data, "--checkpoint", checkpoint)
    assert result.exit_code == 0, result.output
    assert not (run / "evaluation").exists()
    numbers = json.loads((tmp_path / "there" / "evaluation.json").read_text())
    assert numbers["weights"] == str(checkpoint)
    assert numbers["accuracy"] == done[1]["test_accuracy"], (
        "one epoch: its checkpoint is the finished network"
    )


def test_an_unfinished_run_says_what_was_tested(no_figures, run):
    (run / "results.json").unlink()
    result = call(run)
    assert result.exit_code == 0, result.output
    assert "is not finished. Tested is its newest whole checkpoint, epoch 1 of 1." in result.stderr
    assert "is not finished" in (run / "evaluation" / "report.md").read_text()


def test_data_that_must_not_be_mirrored_says_that_flip_was_not_tried(no_figures, tmp_path, monkeypatch):
    monkeypatch.setattr("swin_edu.data.sources.SHAPES_COUNT", {"train": 20, "test": 10})
    settings = TrainingSettings(epochs=1, model_options=TINY, device="cpu", batch_size=20)
    training = Training(settings, start_run(tmp_path / "run", settings))
    list(training.steps())
    finish_run(training)
    result = call(tmp_path / "run")
    assert result.exit_code == 0, result.output
    assert "not tried: mirroring changes the class" in result.stdout
    numbers = json.loads((tmp_path / "run" / "evaluation" / "evaluation.json").read_text())
    assert numbers["accuracy_with_test_time_flip"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--device", "toaster"], "toaster"),
        (["--data", "no-such-data"], "No data set is called 'no-such-data'"),
        (["--checkpoint", "gone.ckpt"], "there is no file gone.ckpt"),
        (["--out", __file__], "is a file"),
        (["--out", str(Path(__file__).parent)], "holds files that are no evaluation"),
    ],
)
def test_what_cannot_work_is_said_without_a_traceback_and_writes_nothing(run, arguments, message):
    result = call(run, *arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert message in result.stderr
    assert not (run / "evaluation").exists()


def test_a_folder_that_is_no_run_is_said(tmp_path):
    result = call(tmp_path)
    assert result.exit_code == 1
    assert "holds no run (no settings.json)" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_memory_that_is_too_small_gets_a_smaller_batch_size(run, monkeypatch):
    def run_out(*_, **__):
        raise torch.OutOfMemoryError

    monkeypatch.setattr("swin_edu.training.trained_run.evaluate_model", run_out)
    result = call(run, "--batch-size", 400)
    assert result.exit_code == 1
    assert "--batch-size 100" in result.stderr


def test_overwriting_a_run_forgets_its_evaluation_and_keeps_foreign_files(evaluated, tmp_path):
    run = shutil.copytree(evaluated[0], tmp_path / "run")
    (run / "evaluation" / "my notes.txt").write_text("mine")
    start_run(run, TrainingSettings(), overwrite=True)
    assert [file.name for file in (run / "evaluation").iterdir()] == ["my notes.txt"]
