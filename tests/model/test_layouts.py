"""Names of other libraries: recognised from keys alone, both directions, all ages of files."""

import pytest
import torch

from swin_edu import SwinTransformer, export_state_dict, load_checkpoint
from swin_edu.model.layouts import LAYOUTS, recognise_layout
from swin_edu.model.renaming import weight_names


def small_swin(**options):
    settings = {
        "depths": (2, 4, 2),
        "num_heads": (2, 4, 8),
        "embed_dim": 16,
        "num_classes": 5,
        "window_size": 4,
    }
    model = SwinTransformer(**{**settings, **options}).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return model


def assert_same_network(loaded, model, size=(32, 48)):
    for name, tensor in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name
    with torch.no_grad():
        images = torch.randn(2, model.config.in_channels, *size)
        assert torch.equal(loaded(images), model(images))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"qkv_bias": False},
        {"num_classes": 0},
        {"patch_size": 2, "in_channels": 1, "mlp_ratio": 2.5},
        {"depths": (1,), "num_heads": (4,)},
    ],
    ids=["usual", "no qkv bias", "no head", "grey, patch 2, mlp 2.5", "one stage"],
)
def test_every_layout_there_and_back_gives_the_same_network(layout, options):
    model = small_swin(**options)
    exported = export_state_dict(model, layout)
    loaded = load_checkpoint(exported)
    assert loaded.config == model.config
    assert_same_network(loaded, model)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_export_names_every_weight_once_and_copies_it(layout):
    model = small_swin()
    exported = export_state_dict(model, layout)
    weights = {n: t for n, t in exported.items() if not n.endswith("relative_position_index")}
    assert sum(t.numel() for t in weights.values()) == sum(p.numel() for p in model.parameters())
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for tensor in exported.values():
        tensor.zero_()
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_export_says_which_layouts_there_are():
    with pytest.raises(ValueError, match="official, timm, torchvision"):
        export_state_dict(small_swin(), "keras")


def test_layouts_are_recognised_from_names_alone():
    for name, layout in LAYOUTS.items():
        keys = [key for ours in weight_names((2, 2)) for key in layout.theirs(ours)]
        assert recognise_layout(keys).title == layout.title, name


@pytest.mark.parametrize(
    "keys", [[], ["conv1.weight", "layer1.0.conv1.weight"], ["features.1.0.block.0.weight"]]
)
def test_other_networks_are_not_taken_for_a_swin(keys):
    assert recognise_layout(keys) is None


def test_older_timm_files_with_the_merging_at_its_official_place_and_with_buffers():
    """timm before 0.9: `layers.i.downsample`, `head.weight`, index and mask buffers."""
    model = small_swin()
    state = export_state_dict(model, "official")
    state["layers.0.blocks.1.attn_mask"] = torch.zeros(4, 16, 16)
    assert_same_network(load_checkpoint(state), model)


def test_timm_files_between_the_two_with_the_merging_moved_but_the_head_not():
    model = small_swin()
    state = {n.replace("head.fc.", "head."): t for n, t in export_state_dict(model, "timm").items()}
    assert_same_network(load_checkpoint(state), model)


@pytest.mark.parametrize("layout", ["transformers", "transformers_4"])
def test_the_bare_model_of_transformers_without_prefix_and_head(layout):
    model = small_swin(num_classes=0)
    state = export_state_dict(model, layout)
    bare = {name.removeprefix("swin."): tensor for name, tensor in state.items()}
    assert bare.keys().isdisjoint(state)
    assert_same_network(load_checkpoint(bare), model)


@pytest.mark.parametrize("layout", ["official", "torchvision"])
@pytest.mark.parametrize("window", [(4, 7), (7, 4), (3, 2), (5, 13), 1, 8])
def test_the_index_in_a_file_tells_the_window_also_a_non_square_one(layout, window):
    model = small_swin(window_size=window)
    assert load_checkpoint(export_state_dict(model, layout)).config.window == model.config.window


def test_transformers_itself_accepts_our_export_and_computes_the_same():
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    try:
        model_class, config_class = transformers.SwinForImageClassification, transformers.SwinConfig
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"transformers' Swin cannot be imported here: {error}")
    model = small_swin(depths=(2, 2), num_heads=(2, 4))
    theirs = model_class(
        config_class(
            image_size=64, embed_dim=16, depths=[2, 2], num_heads=[2, 4], window_size=4, num_labels=5
        )
    ).eval()
    theirs.load_state_dict(export_state_dict(model, "transformers"), strict=True)
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(theirs(images).logits, model(images), rtol=1e-4, atol=1e-4)
        assert_same_network(load_checkpoint(theirs.state_dict()), model, size=(64, 64))
        assert_same_network(
            load_checkpoint(theirs.swin.state_dict(), num_classes=0), _headless(model), (64, 64)
        )


def _headless(model):
    headless = SwinTransformer(model.config, num_classes=0).eval()
    headless.load_state_dict({n: t for n, t in model.state_dict().items() if not n.startswith("head.")})
    return headless


# The libraries' own names of one merging, one block of the second stage, and the ends, written out:
# a round trip through our own table could not tell if the table were wrong.
WRITTEN_OUT = {
    "official": (
        "patch_embed.proj patch_embed.norm norm head layers.0.downsample.norm layers.0.downsample.reduction",
        "layers.1.blocks.0.",
        "norm1 norm2 attn.qkv attn.proj attn.relative_position_bias_table mlp.fc1 mlp.fc2",
    ),
    "timm": (
        "patch_embed.proj patch_embed.norm norm head.fc "
        "layers.1.downsample.norm layers.1.downsample.reduction",
        "layers.1.blocks.0.",
        "norm1 norm2 attn.qkv attn.proj attn.relative_position_bias_table mlp.fc1 mlp.fc2",
    ),
    "torchvision": (
        "features.0.0 features.0.2 norm head features.2.norm features.2.reduction",
        "features.3.0.",
        "norm1 norm2 attn.qkv attn.proj attn.relative_position_bias_table mlp.0 mlp.3",
    ),
    "transformers": (
        "swin.embeddings.patch_embeddings.projection swin.embeddings.norm swin.layernorm classifier "
        "swin.encoder.layers.0.downsample.norm swin.encoder.layers.0.downsample.reduction",
        "swin.encoder.layers.1.blocks.0.",
        "layernorm_before layernorm_after attention.q_proj attention.k_proj attention.v_proj "
        "attention.o_proj attention.relative_position_bias.relative_position_bias_table mlp.fc1 mlp.fc2",
    ),
    "transformers_4": (
        "swin.embeddings.patch_embeddings.projection swin.embeddings.norm swin.layernorm classifier "
        "swin.encoder.layers.0.downsample.norm swin.encoder.layers.0.downsample.reduction",
        "swin.encoder.layers.1.blocks.0.",
        "layernorm_before layernorm_after attention.self.query attention.self.key attention.self.value "
        "attention.output.dense attention.self.relative_position_bias_table intermediate.dense output.dense",
    ),
}


@pytest.mark.parametrize("layout", WRITTEN_OUT)
def test_the_names_are_those_that_the_library_itself_uses(layout):
    around, start, inside = WRITTEN_OUT[layout]
    exported = export_state_dict(small_swin(depths=(1, 1), num_heads=(2, 4)), layout)
    modules = {name.removesuffix(".weight").removesuffix(".bias") for name in exported}
    first = start.replace("layers.1.", "layers.0.").replace("features.3.", "features.1.")
    expected = set(around.split()) | {b + part for b in (start, first) for part in inside.split()}
    assert {name for name in modules if not name.endswith("relative_position_index")} == expected


@pytest.mark.parametrize("layout", ["transformers", "transformers_4"])
def test_query_key_and_value_stand_in_this_order_in_our_one_matrix(layout):
    model = small_swin(depths=(1,), num_heads=(4,))
    exported = export_state_dict(model, layout)
    parts = [t for n, t in exported.items() if ".blocks.0.attention." in n and t.shape == (16, 16)]
    names = [
        n.split(".")[-2] for n, t in exported.items() if ".blocks.0.attention." in n and t.shape == (16, 16)
    ]
    assert names[:3] in (["q_proj", "k_proj", "v_proj"], ["query", "key", "value"])
    assert torch.equal(torch.cat(parts[:3]), model.stages[0].blocks[0].attention.qkv.weight)
