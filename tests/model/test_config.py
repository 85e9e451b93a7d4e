"""Settings: what is derived from them, and that settings which cannot work say why."""

import json
from dataclasses import FrozenInstanceError, asdict

import pytest

from swin_edu import SwinConfig


def test_defaults_are_swin_tiny():
    config = SwinConfig()
    assert config.stage_channels == (96, 192, 384, 768)
    assert config.window == (7, 7)
    assert config.shift == (3, 3)


@pytest.mark.parametrize(("window", "shift"), [(4, (2, 2)), ((7, 4), (3, 2)), (1, (0, 0)), ((1, 8), (0, 4))])
def test_the_shift_is_half_a_window_along_each_axis(window, shift):
    assert SwinConfig(window_size=window).shift == shift
    assert SwinConfig(window_size=window, shift_windows=False).shift == (0, 0)


def test_a_config_survives_json():
    config = SwinConfig(window_size=(7, 4), depths=[2, 2], num_heads=[3, 6])
    again = SwinConfig(**json.loads(json.dumps(asdict(config))))
    assert again == config
    assert hash(again) == hash(config)


def test_a_config_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        SwinConfig().window_size = 8


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"patch_size": 0}, "patch_size"),
        ({"patch_size": 4.0}, "patch_size"),
        ({"in_channels": -3}, "in_channels"),
        ({"embed_dim": True}, "embed_dim"),
        ({"depths": ()}, "depths"),
        ({"depths": 2}, "depths"),
        ({"depths": (2, 0, 6, 2)}, "depths"),
        ({"num_heads": 3}, "num_heads"),
        ({"depths": (2, 2)}, "one entry a stage"),
        ({"num_heads": (3, 6, 12, 25)}, "stage 3 has 768 channels, which 25 heads cannot share"),
        ({"window_size": 0}, "window_size"),
        ({"window_size": (7, 7, 7)}, "window_size"),
        ({"window_size": "7"}, "window_size"),
        ({"mlp_ratio": 0}, "mlp_ratio"),
        ({"mlp_ratio": "4"}, "mlp_ratio"),
        ({"mlp_ratio": float("nan")}, "mlp_ratio"),
        ({"mlp_ratio": 0.001}, "mlp_ratio"),
        ({"num_classes": -1}, "num_classes"),
        ({"num_classes": 10.0}, "num_classes"),
        ({"num_classes": None}, "num_classes"),
        ({"drop_path_rate": 1.0}, "drop_path_rate"),
        ({"drop_path_rate": -0.1}, "drop_path_rate"),
        ({"drop_path_rate": "0.1"}, "drop_path_rate"),
        ({"qkv_bias": "no"}, "qkv_bias"),
        ({"shift_windows": 2}, "shift_windows"),
    ],
)
def test_a_setting_that_cannot_work_is_named(settings, message):
    with pytest.raises(ValueError, match=message):
        SwinConfig(**settings)
