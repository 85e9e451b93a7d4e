"""Held-out images: the same ones in every run, none of them trained on, and the test split is not touched."""

from dataclasses import replace

import pytest
import torch

from swin_edu.training import Training, TrainingError, load_splits, splits


def images_of(dataset):
    return {image.numpy().tobytes() for image in dataset.images}


def test_held_out_images_are_not_trained_on_and_are_the_same_in_every_run(settings):
    whole, _ = load_splits(settings)
    train, held = load_splits(replace(settings, validation=30))
    assert (len(train), len(held), held.split) == (66, 30, "validation")
    assert images_of(train) | images_of(held) == images_of(whole)
    assert len(images_of(train)) + len(images_of(held)) == len(images_of(whole))
    again = load_splits(replace(settings, validation=30, seed=5))[1]
    assert torch.equal(held.images, again.images)


def test_the_test_split_is_not_even_loaded(settings, monkeypatch):
    asked = []
    load = splits.load_dataset

    def record(name, split, **options):
        asked.append(split)
        return load(name, split, **options)

    monkeypatch.setattr(splits, "load_dataset", record)
    Training(replace(settings, validation=30))
    assert asked == ["train"]


def test_holding_out_all_images_is_refused(settings):
    with pytest.raises(TrainingError, match="validation must be below 96"):
        load_splits(replace(settings, validation=96))
