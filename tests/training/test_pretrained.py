"""Weights of the course say what they know and what they expect, and reach what their card says."""

import json
import re
from pathlib import Path

import pytest
import torch

import swin_edu
from swin_edu.data import load_dataset, make_shapes, normalise
from swin_edu.model import CheckpointError
from swin_edu.training import Training, TrainingSettings, finish_run, load_pretrained, start_run

CARD = Path(__file__).parents[2] / "data" / "README.md"
NAMES = sorted(file.stem for file in CARD.parent.glob("swin_*.safetensors"))


def test_the_shipped_shapes_network_reaches_the_accuracy_on_its_card():
    claimed = float(re.search(r"swin_shapes.*?\*\*([\d.]+) %\*\*", CARD.read_text(), re.DOTALL)[1])
    test = load_dataset("shapes", "test")
    said = load_pretrained("swin_shapes").predict(test.images).argmax(dim=1)
    assert (said == test.labels).float().mean().item() * 100 == pytest.approx(claimed, abs=0.06)


@pytest.mark.parametrize("name", NAMES)
def test_shipped_weights_are_small_and_stand_on_the_card(name: str):
    assert (CARD.parent / f"{name}.safetensors").stat().st_size < 8_000_000
    assert f"`{name}`" in CARD.read_text()
    assert len(load_pretrained(name).class_names) == load_pretrained(name).model.config.num_classes == 10


def test_a_run_leaves_weights_that_answer_as_the_run_did(tmp_path: Path):
    settings = TrainingSettings(limit_train=40, limit_test=20, epochs=1, model_options={"embed_dim": 16})
    training = Training(settings, start_run(tmp_path / "run", settings))
    list(training.steps())
    finish_run(training)
    again = load_pretrained(tmp_path / "run" / "model.safetensors")
    images = make_shapes(10, "test").images
    torch.testing.assert_close(again.predict(images, batch_size=3), training.predict(images))
    assert again.class_names == training.train_set.class_names


def test_predicting_leaves_a_network_in_training_mode_as_it_was():
    pretrained = load_pretrained("swin_shapes")
    pretrained.model.train()
    images = make_shapes(3).images
    assert pretrained.predict(images).requires_grad is False
    assert pretrained.model.training
    x = normalise(images, pretrained.mean, pretrained.deviation)
    torch.testing.assert_close(pretrained.predict(images), pretrained.model.eval()(x).detach())


def test_another_window_and_head_are_made_on_loading():
    config = load_pretrained("swin_shapes", window_size=8, num_classes=3).model.config
    assert (config.window_size, config.num_classes) == (8, 3)


def test_unknown_weights_name_those_that_are_there():
    with pytest.raises(CheckpointError, match=r"no weights called 'swin_moon' .* there are .*swin_shapes"):
        load_pretrained("swin_moon")


def test_a_file_without_its_facts_is_sent_to_load_checkpoint(tmp_path: Path):
    swin_edu.save_checkpoint(swin_edu.swin_cifar(embed_dim=16), tmp_path / "bare.safetensors", mean=[0.5] * 3)
    with pytest.raises(CheckpointError, match=r"does not say its class_names, deviation; .*load_checkpoint"):
        load_pretrained(tmp_path / "bare.safetensors")


def test_notes_beside_the_weights_are_kept_as_json(tmp_path: Path):
    path = tmp_path / "noted.safetensors"
    swin_edu.save_checkpoint(swin_edu.swin_cifar(embed_dim=16), path, class_names=["é", 'a "b"'])
    _, metadata = swin_edu.model.weight_files.read_weights(path)
    assert json.loads(metadata["class_names"]) == ["é", 'a "b"']
    assert json.loads(metadata["config"])["embed_dim"] == 16


def test_where_only_the_package_is_installed_the_message_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("swin_edu.training.pretrained.course_folder", lambda: None)
    with pytest.raises(CheckpointError, match=r"only the package is installed here; clone"):
        load_pretrained("swin_shapes")
