"""Loading and saving: settings from shapes, overrides, and one clear error for what cannot be used."""

import json

import pytest
import torch
from safetensors import safe_open

from swin_edu import (
    CheckpointError,
    SwinTransformer,
    export_state_dict,
    load_checkpoint,
    resize_bias_table,
    save_checkpoint,
)


def small_swin(**options):
    settings = {"depths": (2, 2), "num_heads": (2, 4), "embed_dim": 16, "num_classes": 5, "window_size": 4}
    model = SwinTransformer(**{**settings, **options}).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return model


def some_images(model, size=(40, 48)):
    return torch.randn(2, model.config.in_channels, *size)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"window_size": (4, 7)},
        {"relative_position_bias": False},
        {"shift_windows": False, "drop_path_rate": 0.3, "checkpoint_blocks": True, "qkv_bias": False},
        {"num_classes": 0},
    ],
)
@torch.no_grad()
def test_saved_and_loaded_is_the_same_network_with_the_same_config(tmp_path, options):
    model = small_swin(**options)
    save_checkpoint(model, tmp_path / "new folder" / "swin.safetensors")
    loaded = load_checkpoint(tmp_path / "new folder" / "swin.safetensors")
    assert loaded.config == model.config
    assert not loaded.training
    images = some_images(model)
    assert torch.equal(loaded(images), model(images))
    assert [file.name for file in (tmp_path / "new folder").iterdir()] == ["swin.safetensors"]


def test_the_saved_config_can_be_read_by_anyone_as_json(tmp_path):
    save_checkpoint(small_swin(), tmp_path / "swin.safetensors")
    with safe_open(tmp_path / "swin.safetensors", "pt") as file:
        assert json.loads(file.metadata()["config"])["depths"] == [2, 2]


def test_a_compiled_network_is_saved_under_plain_names(tmp_path):
    model = small_swin()
    save_checkpoint(torch.compile(model), tmp_path / "swin.safetensors")
    assert load_checkpoint(tmp_path / "swin.safetensors").config == model.config


def test_saving_something_else_or_under_another_ending_is_refused(tmp_path):
    with pytest.raises(ValueError, match="expected a SwinTransformer, got Linear"):
        save_checkpoint(torch.nn.Linear(2, 2), tmp_path / "swin.safetensors")
    with pytest.raises(ValueError, match=r"\.safetensors, got 'swin\.pth'"):
        save_checkpoint(small_swin(), tmp_path / "swin.pth")


@torch.no_grad()
def test_a_new_number_of_classes_gets_a_new_head_and_keeps_the_rest():
    model = small_swin()
    state = export_state_dict(model, "official")
    for classes in (3, 0):
        loaded = load_checkpoint(state, num_classes=classes)
        assert loaded(some_images(model)).shape == (2, classes or 32)
        for a, b in zip(loaded.features(some_images(model)), model.features(some_images(model)), strict=True):
            assert a.shape == b.shape
        assert torch.equal(loaded.norm.weight, model.norm.weight)
    same = load_checkpoint(state, num_classes=5)
    assert torch.equal(same.head.weight, model.head.weight)
    headless = {name: t for name, t in state.items() if not name.startswith("head.")}
    new_head = load_checkpoint(headless, num_classes=7).head.weight
    assert new_head.shape == (7, 32)
    assert new_head.std() > 0.01


@pytest.mark.parametrize("window", [8, 3, (4, 6)])
@torch.no_grad()
def test_a_new_window_resizes_every_table(window):
    model = small_swin()
    loaded = load_checkpoint(export_state_dict(model, "timm"), window_size=window)
    assert loaded.config.window_size == window
    for name, table in loaded.state_dict().items():
        if name.endswith("table"):
            assert torch.equal(table, resize_bias_table(model.state_dict()[name], 4, window)), name
    assert loaded(some_images(model)).isfinite().all()


@pytest.mark.parametrize(
    "overrides",
    [{"drop_path_rate": 0.3}, {"checkpoint_blocks": True}, {"shift_windows": False}, {"depths": [2, 2]}],
)
def test_settings_that_tensors_do_not_tell_can_be_chosen_and_the_right_ones_repeated(overrides):
    config = load_checkpoint(export_state_dict(small_swin(), "torchvision"), **overrides).config
    for name, value in overrides.items():
        assert getattr(config, name) == (tuple(value) if isinstance(value, list) else value)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"embed_dim": 128}, "embed_dim=128 was asked for, but its tensors say embed_dim=16"),
        ({"depths": (2, 6)}, "depths=(2, 6) was asked for, but its tensors say depths=(2, 2)"),
        ({"num_heads": (1, 2)}, "num_heads"),
        ({"patch_size": 2}, "patch_size"),
        ({"in_channels": 1}, "in_channels"),
        ({"mlp_ratio": 2.0}, "mlp_ratio"),
        ({"qkv_bias": False}, "qkv_bias"),
        ({"relative_position_bias": False}, "relative_position_bias"),
    ],
)
def test_an_override_that_contradicts_the_tensors_is_one_clear_error(overrides, message):
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(export_state_dict(small_swin(), "official"), **overrides)
    assert message in str(caught.value)


def test_overrides_that_are_no_setting_or_no_value_are_refused():
    state = export_state_dict(small_swin(), "official")
    with pytest.raises(TypeError, match="'img_size' is no setting"):
        load_checkpoint(state, img_size=224)
    with pytest.raises(ValueError, match="drop_path_rate must be"):
        load_checkpoint(state, drop_path_rate=1.5)
    with pytest.raises(ValueError, match="window_size"):
        load_checkpoint(state, window_size="8")


@torch.no_grad()
def test_a_smaller_table_of_a_late_stage_gives_exactly_its_answers_at_that_size():
    """Where the map of stage 2 is 4x4 and the window 6, other libraries keep a table for 4 there."""
    model = small_swin(window_size=6)
    state = export_state_dict(model, "timm")
    for name, table in state.items():
        if name.startswith("layers.1.") and name.endswith("bias_table"):
            state[name] = table.reshape(11, 11, 4)[2:9, 2:9].reshape(49, 4)  # the middle, for window 4
    loaded = load_checkpoint(state)
    assert loaded.config.window_size == 6
    images = torch.randn(2, 3, 32, 32)  # 8x8 tokens, then 4x4
    assert torch.equal(loaded(images), model(images))
    table = loaded.stages[1].blocks[0].attention.position.table.reshape(11, 11, 4)
    assert torch.equal(table[0, 0], table[2, 2]), "farther offsets take after the farthest known one"
    assert load_checkpoint(state, window_size=9)(images).isfinite().all()


def test_a_non_square_window_is_asked_for_where_the_file_does_not_tell():
    state = export_state_dict(small_swin(window_size=(4, 7)), "transformers")
    with pytest.raises(CheckpointError, match=r"91 rows.*\(4, 7\), \(7, 4\).*window_size="):
        load_checkpoint(state)
    assert load_checkpoint(state, window_size=(4, 7)).config.window_size == (4, 7)
    assert load_checkpoint(state, window_size=(7, 4)).config.window_size == (7, 4)
    line = export_state_dict(small_swin(window_size=(1, 5)), "official")
    with pytest.raises(CheckpointError, match=r"\(1, 5\), \(5, 1\)"):
        load_checkpoint(line)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_another_precision_become_float32(dtype):
    state = {n: t.to(dtype) for n, t in export_state_dict(small_swin(), "timm").items()}
    loaded = load_checkpoint(state)
    assert {parameter.dtype for parameter in loaded.parameters()} == {torch.float32}
    assert torch.equal(loaded.head.weight, state["head.fc.weight"].float())


def test_the_network_does_not_share_memory_with_the_state_dict():
    state = export_state_dict(small_swin(), "swin_edu")
    loaded = load_checkpoint(state)
    state["norm.weight"].fill_(7)
    assert not loaded.norm.weight.eq(7).any()


def broken(change):
    state = export_state_dict(small_swin(), "official")
    change(state)
    return state


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.pop("layers.1.blocks.0.mlp.fc2.bias"), ["1 missing", "layers.1.blocks.0.mlp.fc2.bias"]),
        (lambda s: s.pop("patch_embed.proj.weight"), ["patch_embed.proj.weight is missing"]),
        (lambda s: s.pop("head.bias"), ["1 missing", "head.bias"]),
        (lambda s: s.pop("norm.bias"), ["1 missing", "norm.bias"]),
        (
            lambda s: [s.pop(n) for n in list(s) if n.startswith("layers.0.blocks.0.norm1")],
            ["2 missing", "layers.0.blocks.0.norm1.weight"],
        ),
        (
            lambda s: [s.pop(n) for n in list(s) if n.startswith("layers.1.") and "table" in n],
            ["layers.1.blocks.0.attn.relative_position_bias_table is missing"],
        ),
        (lambda s: s.update({"decoder.weight": torch.ones(1)}), ["1 not part of a Swin", "decoder.weight"]),
        (
            lambda s: s.update({"layers.0.downsample.reduction.bias": torch.ones(32)}),
            ["not part of a Swin", "layers.0.downsample.reduction.bias"],
        ),
        (
            lambda s: s.update({"norm.weight": torch.ones(31)}),
            ["1 of another shape", "norm.weight must be (32,), got (31,)"],
        ),
        (
            lambda s: s.update({"layers.1.blocks.1.attn.relative_position_bias_table": torch.ones(25, 4)}),
            ["layers.1.blocks.1.attn.relative_position_bias_table must be (49, 4), got (25, 4)"],
        ),
        (
            lambda s: s.update({"patch_embed.proj.weight": torch.ones(16, 3, 2, 4, 4)}),
            ["patch_embed.proj.weight must have 4 dimensions"],
        ),
        (lambda s: s.update({"patch_embed.proj.weight": torch.ones(16, 3, 4, 2)}), ["square", "4x2"]),
        (
            lambda s: s["layers.0.blocks.1.norm2.weight"].fill_(torch.nan),
            ["layers.0.blocks.1.norm2.weight", "NaN"],
        ),
        (
            lambda s: s.update({"layers.0.blocks.0.attn.relative_position_index": torch.ones(7).long()}),
            ["layers.0.blocks.0.attn.relative_position_index must be (N, N)"],
        ),
        (lambda s: s["head.bias"].fill_(torch.inf), ["head.bias", "infinite"]),
        (lambda s: s.update({"absolute_pos_embed": torch.ones(1, 64, 16)}), ["absolute position embedding"]),
        (lambda s: s.update({"layers.0.blocks.0.attn.logit_scale": torch.ones(2, 1, 1)}), ["Swin V2"]),
    ],
)
def test_a_file_that_does_not_fit_names_the_first_wrong_tensor(change, words):
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(broken(change))
    assert str(caught.value).startswith("cannot load the state dict: ")
    for word in words:
        assert word in str(caught.value)


def test_a_missing_part_of_query_key_value_is_named_as_the_file_would():
    state = export_state_dict(small_swin(), "transformers")
    del state["swin.encoder.layers.0.blocks.1.attention.k_proj.weight"]
    with pytest.raises(CheckpointError, match=r"encoder\.layers\.0\.blocks\.1\.attention\.k_proj\.weight"):
        load_checkpoint(state)


def test_another_network_is_told_apart_with_names_expected_and_found():
    resnet = {
        "conv1.weight": torch.ones(64, 3, 7, 7),
        "bn1.weight": torch.ones(64),
        "fc.bias": torch.ones(10),
    }
    with pytest.raises(
        CheckpointError, match=r"layers\.0\.blocks\.0\.attn\.proj\.weight.*found conv1\.weight"
    ):
        load_checkpoint(resnet)


def test_a_broken_config_in_our_own_file_is_named(tmp_path):
    from safetensors.torch import save_file

    state = export_state_dict(small_swin(), "swin_edu")
    save_file(state, tmp_path / "swin.safetensors", metadata={"config": "{broken"})
    with pytest.raises(CheckpointError, match="metadata cannot be read"):
        load_checkpoint(tmp_path / "swin.safetensors")


def test_metadata_of_other_libraries_is_not_believed(tmp_path):
    from safetensors.torch import save_file

    state = export_state_dict(small_swin(), "timm")
    save_file(state, tmp_path / "swin.safetensors", metadata={"config": '{"embed_dim": 128}'})
    assert load_checkpoint(tmp_path / "swin.safetensors").config.embed_dim == 16


def test_windows_that_grow_from_stage_to_stage_are_refused():
    model = SwinTransformer(embed_dim=16, depths=(1, 1), num_heads=(2, 4), num_classes=5, window_size=8)
    state = export_state_dict(model, "timm")
    state["layers.0.blocks.0.attn.relative_position_bias_table"] = torch.zeros(7 * 7, 2)
    with pytest.raises(CheckpointError, match="stage 0 has windows of 4x4 and the next of 8x8"):
        load_checkpoint(state)
