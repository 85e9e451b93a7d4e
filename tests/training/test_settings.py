"""Settings: saved and read back equal, and impossible ones are named."""

import pytest

from swin_edu.training import TrainingError, TrainingSettings
from swin_edu.training.settings import settings_from_json, settings_to_json


def test_settings_survive_json_with_their_tuples():
    settings = TrainingSettings(epochs=7, model_options={"depths": (2, 2), "window_size": 8}, flip=False)
    assert settings_from_json(settings_to_json(settings)) == settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("batch_size", 0),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("warmup_fraction", 1.0),
        ("label_smoothing", -0.1),
        ("clip_norm", 0.0),
        ("weight_decay", -1.0),
        ("crop_padding", -1),
        ("precision", "float16"),
        ("threads", -1),
        ("limit_train", 0),
        ("image_size", 0),
        ("validation", -1),
        ("accumulate", 0),
        ("accumulate", 129),
        ("record_every", 0),
        ("optimizer", "sgd"),
        ("ema_decay", 1.0),
        ("mixup_alpha", -0.1),
        ("cutmix_alpha", -1.0),
        ("mix_probability", 1.1),
        ("erasing_probability", -0.1),
    ],
)
def test_an_impossible_setting_is_named_with_its_value(name, value):
    with pytest.raises(TrainingError, match=f"{name} must be .*, got {value!r}"):
        TrainingSettings(**{name: value})


def test_damaged_settings_are_named():
    with pytest.raises(TrainingError, match=r"run/settings\.json is damaged"):
        settings_from_json('{"epochs": 3', "run/settings.json")


def test_settings_of_another_version_are_refused():
    with pytest.raises(TrainingError, match="does not know: sharpness"):
        settings_from_json('{"epochs": 3, "sharpness": 0.8}')


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 2.5),
        ("epochs", "3"),
        ("seed", True),
        ("flip", 1),
        ("data", 5),
        ("learning_rate", "fast"),
        ("classes", "cat"),
    ],
)
def test_a_setting_of_another_type_is_named_with_its_value(name, value):
    with pytest.raises(TrainingError, match=f"{name} must be .*, got {value!r}"):
        TrainingSettings(**{name: value})


@pytest.mark.parametrize("text", ['{"epochs": "3"}', "[1, 2]", '"epochs"', "3", '{"model_options": [1]}'])
def test_json_that_is_no_settings_is_refused_with_its_file(text):
    with pytest.raises(TrainingError, match=r"run/settings\.json"):
        settings_from_json(text, "run/settings.json")
