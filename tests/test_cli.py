"""The command line: help reads well, runs end to end, and what cannot work is said without a traceback."""

import inspect
import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from swin_edu.cli import app
from swin_edu.commands.train import train
from swin_edu.commands.train_options import OPTIONS
from swin_edu.data import make_shapes
from swin_edu.training import RECIPES, TrainingSettings

from .training.conftest import TINY, write_as_parquet


@pytest.fixture(autouse=True)
def own_places(tmp_path, monkeypatch):
    """Neither the course's cache nor what this machine has in SWIN_EDU_DATA takes part."""
    monkeypatch.delenv("SWIN_EDU_DATA", raising=False)
    for module in ("sources", "hub"):
        monkeypatch.setattr(f"swin_edu.data.{module}.cache_folder", lambda cache_dir=None: tmp_path / "cache")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def pets(tmp_path) -> Path:
    for split, count in (("train", 40), ("test", 20)):
        write_as_parquet(make_shapes(count, split), tmp_path / "places" / "pets" / f"{split}.parquet")
    return tmp_path / "places" / "pets"


def call(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1"}).invoke(app, [str(part) for part in arguments])


def small(pets: Path, out: str = "runs/small", *more: str) -> list[str]:
    options = [f"--set={name}={value!r}" for name, value in TINY.items()]
    return ["train", "--data", pets, "--out", out, "--batch-size", 20, "--epochs", 2, *options, *more]


def without_breaks(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_every_command_is_there_and_explains_itself_without_naming_python():
    result = call("--help")
    assert result.exit_code == 0
    names = "doctor lab data train evaluate compare release collect feedback practice"
    for name in names.split():
        assert name in result.output
        page = call(name, "--help")
        assert page.exit_code == 0
        assert not re.search(r"Args:|Raises:|>>>", page.output), "sections for readers of the code"


def test_the_version_is_that_of_the_package():
    from importlib.metadata import version

    assert call("--version").output.strip() == f"swin-edu {version('swin-edu')}"


def test_the_defaults_of_the_command_are_those_of_the_settings():
    parameters = inspect.signature(train).parameters
    settings = TrainingSettings()
    for setting in fields(TrainingSettings):
        if setting.name != "model_options":
            assert parameters[setting.name].default == getattr(settings, setting.name), setting.name


def test_every_setting_but_the_network_s_own_has_an_option():
    names = {setting.name for setting in fields(TrainingSettings)}
    assert set(OPTIONS) == names - {"model_options"}


def test_recipes_are_listed_and_their_settings_are_taken_unless_an_option_says_otherwise(pets):
    assert "laptop: " in call("train", "--recipe", "list").output
    words = small(pets, "runs/laptop", "--recipe", "laptop")
    result = call(*words)
    assert result.exit_code == 0, result.output
    settings = json.loads(Path("runs/laptop/settings.json").read_text())
    recipe = RECIPES["laptop"].settings
    assert settings["learning_rate"] == recipe["learning_rate"]
    assert (settings["epochs"], settings["data"]) == (2, str(pets))
    result = call("train", "--recipe", "desktop")
    assert result.exit_code == 1
    assert "recipe must be one of laptop" in result.output


def test_an_accuracy_on_held_out_images_is_not_called_a_test_accuracy(pets):
    result = call(*small(pets, "runs/held", "--validation", "10"))
    assert result.stdout.startswith("validation accuracy "), result.output
    assert json.loads(Path("runs/held/results.json").read_text())["tested_on"] == "validation"


def test_a_run_from_start_to_end_prints_its_accuracy_and_leaves_everything(pets):
    result = call(*small(pets))
    assert result.exit_code == 0, result.output
    results = json.loads(Path("runs/small/results.json").read_text())
    assert result.stdout == f"test accuracy {100 * results['test_accuracy']:.2f} %\n"
    assert sorted(path.name for path in Path("runs/small").iterdir()) == sorted(
        ["settings.json", "log.jsonl", "checkpoints", "model.safetensors", "results.json", "curves.png"]
    )
    saved = json.loads(Path("runs/small/settings.json").read_text())
    assert saved["epochs"] == 2
    assert saved["model_options"]["depths"] == [1, 1]


def test_a_run_is_not_overwritten_unless_asked_for(pets):
    call(*small(pets))
    before = Path("runs/small/results.json").read_bytes()
    again = call(*small(pets))
    assert again.exit_code == 1
    assert "already holds a run" in without_breaks(again.stderr)
    assert Path("runs/small/results.json").read_bytes() == before
    anew = call(*small(pets, "runs/small", "--overwrite", "--seed", "5"))
    assert anew.exit_code == 0, anew.output
    assert json.loads(Path("runs/small/settings.json").read_text())["seed"] == 5


def test_a_finished_run_can_be_resumed_and_says_the_same_again(pets):
    first = call(*small(pets))
    again = call("train", "--out", "runs/small", "--resume")
    assert again.exit_code == 0, again.output
    assert again.stdout == first.stdout


def test_resuming_with_other_settings_is_refused_and_named(pets):
    call(*small(pets))
    result = call("train", "--out", "runs/small", "--resume", "--epochs", "9")
    assert result.exit_code == 1
    assert "was started with epochs=2, not 9" in without_breaks(result.stderr)
    assert call("train", "--out", "runs/small", "--resume", "--epochs", "2", "--threads", "1").exit_code == 0
    assert call("train", "--out", "runs/small", "--resume", "--overwrite").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "cats"], "No data set is called 'cats'"),
        (["--data", "./gone"], "gone is not a folder"),
        (["--model", "swin_huge"], "model must be one of"),
        (["--device", "toaster"], "knows no device 'toaster'"),
        (["--epochs", "0"], "epochs must be at least 1"),
        (["--resume"], "holds no run"),
        (["--set", "window_size=0"], "window_size needs positive"),
    ],
)
def test_what_cannot_work_is_said_in_words_with_exit_code_1(arguments, message):
    result = call("train", "--out", "runs/x", "--limit-train", 10, "--limit-test", 10, *arguments)
    assert result.exit_code == 1, result.output
    assert message in without_breaks(result.stderr)
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.output


CANNOT_START = [["--data", "no-such-data"], ["--model", "swin_huge"], ["--set", "x=1"], ["--device", "tpu"]]


@pytest.mark.parametrize("wrong", CANNOT_START)
def test_an_overwrite_that_cannot_start_leaves_every_byte_of_the_old_run(pets, wrong):
    call(*small(pets))
    before = {path: path.read_bytes() for path in Path("runs").rglob("*") if path.is_file()}
    assert len(before) == 7
    result = call(*small(pets, "runs/small", "--overwrite", *wrong))
    assert result.exit_code == 1, result.output
    assert {path: path.read_bytes() for path in Path("runs").rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("wrong", CANNOT_START)
def test_a_first_start_that_fails_leaves_nothing_so_the_mended_command_works(pets, wrong):
    assert call(*small(pets, "runs/small", *wrong)).exit_code == 1
    assert not Path("runs").exists()
    mended = call(*small(pets))
    assert mended.exit_code == 0, mended.output


def test_ctrl_c_while_the_data_is_loaded_leaves_the_old_run_and_says_so(pets, monkeypatch):
    def interrupt(settings):
        raise KeyboardInterrupt

    call(*small(pets))
    before = Path("runs/small/settings.json").read_bytes()
    monkeypatch.setattr("swin_edu.training.loop.load_splits", interrupt)
    result = call(*small(pets, "runs/small", "--overwrite", "--seed", "5"))
    assert result.exit_code == 130
    assert "Stopped before training began; runs/small is as it was" in without_breaks(result.stderr)
    assert Path("runs/small/settings.json").read_bytes() == before


def test_ctrl_c_while_the_old_run_is_deleted_says_how_to_begin_again(pets, monkeypatch):
    def interrupt(folder, *_, **__):
        raise KeyboardInterrupt

    call(*small(pets))
    with monkeypatch.context() as patch:
        patch.setattr("swin_edu.training.run_folder.atomic_write", interrupt)
        result = call(*small(pets, "runs/small", "--overwrite"))
    assert result.exit_code == 130
    assert "runs/small may be begun; start it again with --overwrite" in without_breaks(result.stderr)
    assert call(*small(pets, "runs/small", "--overwrite")).exit_code == 0


def test_one_of_several_processes_says_which_one_it_is(pets, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    result = call(*small(pets))
    assert result.exit_code == 1
    assert "process 1: WORLD_SIZE is set but MASTER_ADDR is not" in without_breaks(result.stderr)
    monkeypatch.setenv("WORLD_SIZE", "1")
    monkeypatch.delenv("RANK")
    alone = call(*small(pets, "runs/other", "--epochs", "0"))
    assert alone.exit_code == 1
    assert without_breaks(alone.stderr).startswith("Error: ")


@pytest.mark.parametrize("text", ["window_size", "window_size=eight", "=3"])
def test_a_misspelled_set_is_explained(text):
    result = call("train", "--set", text)
    assert result.exit_code == 2
    assert "NAME=VALUE" in result.stderr


def test_data_list_shows_what_is_here_and_how_to_get_the_rest(pets, monkeypatch):
    monkeypatch.setenv("SWIN_EDU_DATA", str(pets.parent))
    result = call("data", "list")
    assert result.exit_code == 0, result.output
    lines = {line.split()[0]: line for line in result.output.splitlines() if line.strip()}
    assert "built in" in lines["shapes"]
    assert "swin-edu data get cifar10" in lines["cifar10"]
    assert "144 MB to download" in lines["cifar10"]
    assert {"cifar100", "tiny-imagenet", "imagenette", "pets"} <= set(lines)
    size = sum(file.stat().st_size for file in pets.iterdir())
    assert f"{size / 1e3:,.0f} kB" in lines["pets"]
    call("data", "get", "pets")
    assert re.search(r" kB \+ \d+ kB decoded ", call("data", "list").output)


def test_data_get_without_a_network_says_what_else_can_be_done(monkeypatch):
    import huggingface_hub.constants

    template = "http://127.0.0.1:9/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    result = call("data", "get", "cifar10")
    assert result.exit_code == 1
    assert "SWIN_EDU_DATA=../shared/data" in without_breaks(result.stderr)
    assert "Traceback" not in result.output


def test_data_get_of_something_here_loads_it(pets):
    result = call("data", "get", f"./{pets.relative_to(Path.cwd())}")
    assert result.exit_code == 0, result.output
    assert "40 images for training, 20 for the test, 32 x 32 pixels, 10 classes" in result.output


def test_data_verify_names_the_broken_file_and_checks_the_others(pets, monkeypatch):
    monkeypatch.setenv("SWIN_EDU_DATA", str(pets.parent))
    good = call("data", "verify")
    assert good.exit_code == 0, good.output
    assert good.output.splitlines() == [
        "ok    shapes: train 10,000, test 2,000",
        "ok    pets: train 40, test 20",
    ]
    content = (pets / "test.parquet").read_bytes()
    (pets / "test.parquet").write_bytes(content[: len(content) // 2])
    bad = call("data", "verify")
    assert bad.exit_code == 1
    assert "ok    shapes" in bad.output
    assert re.search(r"BROKEN pets: .*test\.parquet cannot be read", without_breaks(bad.output))


def test_a_full_disk_ends_the_run_in_words(pets, monkeypatch):
    def full(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("swin_edu.training.run_checkpoints.torch.save", lambda *a: full(None))
    result = call(*small(pets))
    assert result.exit_code == 1
    assert "No space left on device. Finished epochs are safe; go on with --resume" in without_breaks(
        result.stderr
    )
    assert "Traceback" not in result.output
