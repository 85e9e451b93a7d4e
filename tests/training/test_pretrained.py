"""Weights of the course say what they know and what they expect, and reach what their card says."""

import json
import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

import swin_edu
from swin_edu import export_state_dict
from swin_edu.data import SHAPE_CLASSES, find_data, load_dataset, make_shapes
from swin_edu.model import CheckpointError
from swin_edu.model.layouts import LAYOUTS
from swin_edu.training import (
    Preparation,
    RunFolder,
    Training,
    TrainingError,
    TrainingSettings,
    finish_run,
    load_pretrained,
    start_run,
)
from swin_edu.training.pretrained import normalisation_of
from swin_edu.training.run_state import normalisation_in, restore, state_of

CARD = Path(__file__).parents[2] / "data" / "README.md"
NAMES = ("swin_shapes", "swin_cifar10")


def claimed(name: str) -> float:
    """The accuracy in percent that the card claims for weights: the bold number in their part of it."""
    part = CARD.read_text(encoding="utf-8").split(f"## `{name}`")[1].split("\n## ")[0]
    return float(re.search(r"\*\*([\d.]+) %\*\*", part)[1])


def test_the_weights_of_the_course_are_those_named_here():
    assert sorted(file.stem for file in CARD.parent.glob("*.safetensors")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_weights_of_the_course_are_small_and_stand_on_the_card(name: str):
    assert (CARD.parent / f"{name}.safetensors").stat().st_size < 8_000_000
    assert claimed(name) > 50
    assert len(load_pretrained(name).class_names) == load_pretrained(name).model.config.num_classes == 10


def test_the_shapes_network_reaches_the_accuracy_on_its_card():
    test = load_dataset("shapes", "test")
    said = load_pretrained("swin_shapes").predict(test.images).argmax(dim=1)
    accuracy = 100 * (said == test.labels).float().mean().item()
    assert accuracy == pytest.approx(claimed("swin_shapes"), abs=0.06)


@pytest.mark.skipif(find_data("cifar10") is None, reason="CIFAR-10 is not on this machine")
def test_the_cifar10_network_reaches_about_the_accuracy_on_its_card():
    """On a tenth of the test images: a share of 82 % has a standard error of 1.2 points there."""
    test = load_dataset("cifar10", "test").subset(1000)
    said = load_pretrained("swin_cifar10").predict(test.images).argmax(dim=1)
    accuracy = 100 * (said == test.labels).float().mean().item()
    assert accuracy == pytest.approx(claimed("swin_cifar10"), abs=4)


def test_a_run_leaves_weights_that_answer_as_the_run_did(tmp_path: Path):
    settings = TrainingSettings(limit_train=40, limit_test=20, epochs=1, model_options={"embed_dim": 16})
    training = Training(settings, start_run(tmp_path / "run", settings))
    list(training.steps())
    finish_run(training)
    again = load_pretrained(tmp_path / "run")
    images = make_shapes(10, "test").images
    torch.testing.assert_close(again.predict(images, batch_size=3), training.predict(images))
    assert again.class_names == training.train_set.class_names


def test_predicting_is_in_evaluation_mode_and_leaves_every_module_in_its_own():
    pretrained = load_pretrained("swin_shapes", drop_path_rate=0.9)
    images = make_shapes(3).images
    expected = pretrained.predict(images)
    pretrained.model.train()
    pretrained.model.stages[0].eval()  # frozen on purpose
    assert torch.equal(pretrained.predict(images), expected)
    assert pretrained.model.training
    assert pretrained.model.stages[1].blocks[0].training
    assert not pretrained.model.stages[0].blocks[0].training
    with pytest.raises(Exception, match=r"."):
        pretrained.predict(images[:, :2])
    assert pretrained.model.training


def test_a_new_head_has_no_names_yet():
    assert load_pretrained("swin_shapes", num_classes=3).class_names == []
    assert load_pretrained("swin_shapes", window_size=8).class_names == list(SHAPE_CLASSES)


def test_another_window_and_head_are_made_on_loading():
    config = load_pretrained("swin_shapes", window_size=8, num_classes=3).model.config
    assert (config.window_size, config.num_classes) == (8, 3)


def test_unknown_weights_name_those_that_are_there():
    with pytest.raises(
        CheckpointError, match=r"cannot load swin_moon: .* there are swin_cifar10, swin_shapes"
    ):
        load_pretrained("swin_moon")


def test_a_file_without_its_facts_is_sent_to_load_checkpoint(tmp_path: Path):
    swin_edu.save_checkpoint(swin_edu.swin_cifar(embed_dim=16), tmp_path / "bare.safetensors", mean=[0.5] * 3)
    with pytest.raises(
        CheckpointError, match=r"does not say its class_names, mean, deviation; .*load_checkpoint"
    ):
        load_pretrained(tmp_path / "bare.safetensors")


@pytest.mark.parametrize(
    "wrong", [{"mean": [0.5]}, {"mean": "grey"}, {"class_names": [1, 2]}, {"deviation": None}]
)
def test_facts_that_make_no_sense_are_refused(tmp_path: Path, wrong: dict):
    facts = {"class_names": ["a"] * 10, "mean": [0.5] * 3, "deviation": [0.2] * 3, **wrong}
    swin_edu.save_checkpoint(swin_edu.swin_cifar(embed_dim=16), tmp_path / "odd.safetensors", **facts)
    with pytest.raises(CheckpointError, match=r"odd.safetensors: its .* cannot be read"):
        load_pretrained(tmp_path / "odd.safetensors")


def test_fine_tuning_shows_images_as_the_network_is_used_to_see_them(tmp_path: Path):
    facts = {"class_names": ["a"] * 10, "mean": [0.1, 0.2, 0.3], "deviation": [0.4, 0.5, 0.6]}
    swin_edu.save_checkpoint(swin_edu.swin_cifar(embed_dim=16), tmp_path / "far.safetensors", **facts)
    for weights, mean in ((str(tmp_path / "far.safetensors"), [0.1, 0.2, 0.3]), ("swin_shapes", None)):
        settings = TrainingSettings(weights=weights, limit_train=16, limit_test=8)
        mean = mean or load_pretrained(weights).mean
        assert Training(settings).prepare.mean == pytest.approx(mean)


@pytest.mark.parametrize("library", sorted(set(LAYOUTS) - {"swin_edu"}))
def test_weights_of_other_libraries_see_images_as_for_imagenet(library: str, tmp_path: Path):
    weights = tmp_path / "theirs.safetensors"
    save_file(export_state_dict(swin_edu.swin_cifar(embed_dim=16), library), weights)
    settings = TrainingSettings(weights=str(weights), limit_train=16, limit_test=8)
    prepare = Training(settings).prepare
    assert (prepare.mean, prepare.deviation) == ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])


@pytest.mark.parametrize("kept", [True, False])
def test_a_run_goes_on_with_the_normalisation_it_began_with(tmp_path: Path, kept: bool):
    weights = tmp_path / "theirs.safetensors"
    save_file(export_state_dict(swin_edu.swin_cifar(embed_dim=16), "timm"), weights)
    settings = TrainingSettings(weights=str(weights), limit_train=16, limit_test=8)
    state = state_of(Training(settings))
    if kept:
        state["normalisation"] = [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]
    else:  # an older checkpoint, of a run that took the statistics of its data
        del state["normalisation"]
    training = Training(settings)
    restore(training, state, RunFolder(tmp_path))
    mean, deviation = training.train_set.channel_statistics()
    expected = ([0.1, 0.2, 0.3], [0.4, 0.5, 0.6]) if kept else (mean, deviation)
    assert (training.prepare.mean, training.prepare.deviation) == expected
    assert normalisation_in(None, settings, training.train_set)[0] == [0.485, 0.456, 0.406]


def test_weights_that_vanished_are_named_when_images_are_prepared():
    settings = TrainingSettings(weights="/nowhere/gone.safetensors")
    with pytest.raises(TrainingError, match=r"gone\.safetensors"):
        Preparation.of(settings, make_shapes(4))


def test_weights_of_ours_without_facts_take_the_statistics_of_the_data(tmp_path: Path):
    swin_edu.save_checkpoint(swin_edu.swin_cifar(embed_dim=16), tmp_path / "bare.safetensors")
    settings = TrainingSettings(weights=str(tmp_path / "bare.safetensors"), limit_train=16, limit_test=8)
    training = Training(settings)
    assert normalisation_of(settings.weights) is None
    assert training.prepare.mean == training.train_set.channel_statistics()[0]


@pytest.mark.parametrize(
    "note", [{"config": 1}, {"format": "x"}, {"odd": torch.zeros(1)}, {"odd": float("nan")}]
)
def test_notes_that_cannot_be_kept_are_refused_before_anything_is_written(tmp_path: Path, note: dict):
    with pytest.raises(ValueError, match=r"a note cannot be called|notes must be text, numbers"):
        swin_edu.save_checkpoint(
            swin_edu.swin_cifar(embed_dim=16), tmp_path / "sub" / "x.safetensors", **note
        )
    assert not list(tmp_path.iterdir())


def test_notes_beside_the_weights_are_kept_as_json(tmp_path: Path):
    path = tmp_path / "noted.safetensors"
    swin_edu.save_checkpoint(swin_edu.swin_cifar(embed_dim=16), path, class_names=["é", 'a "b"'])
    _, metadata = swin_edu.model.weight_files.read_weights(path)
    assert json.loads(metadata["class_names"]) == ["é", 'a "b"']
    assert json.loads(metadata["config"])["embed_dim"] == 16


def test_where_only_the_package_is_installed_the_message_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("swin_edu.training.pretrained.course_folder", lambda: None)
    with pytest.raises(CheckpointError, match=r"there are none, because only the package is installed"):
        load_pretrained("swin_shapes")
