"""ModelExplorer as Python sees it: state that is checked and hangs together, a line of code, a picture."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from traitlets import TraitError

import swin_edu
from swin_edu import SwinConfig, SwinTransformer, count_parameters
from swin_edu.visuals import ModelExplorer
from swin_edu.visuals.model_explorer import PRESETS, SETTINGS, settle_heads
from swin_edu.visuals.palette import colour


def pixels_of(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"height": 0}, r"height must be 1 \.\.\. 1024, got 0"),
        ({"width": 1025}, r"width must be 1 \.\.\. 1024, got 1025"),
        ({"width": "wide"}, "width must be"),
        ({"embed_dim": 257}, r"embed_dim must be 1 \.\.\. 256|257 channels"),
        ({"depths": (2, 0)}, r"depths must be 1 \.\.\. 24, got 0|depths needs positive"),
        ({"window_size": 25}, r"window_size must be 1 \.\.\. 24, got 25"),
        ({"window_size": "7"}, "window_size must be an int or a pair of ints"),
        ({"num_classes": -1}, "num_classes must be"),
        ({"mlp_ratio": 9}, r"mlp_ratio must be 0\.25 \.\.\. 8, got 9"),
        ({"stage": 5}, r"stage must be 1 \.\.\. 4, got 5"),
        ({"image": "cat"}, "image must be one of chelsea"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(setting, message):
    with pytest.raises(TraitError, match=message):
        ModelExplorer(**setting)
    explorer = ModelExplorer()
    (name, value), before = *setting.items(), repr(explorer)
    with pytest.raises(TraitError, match=message):
        setattr(explorer, name, value)
    assert repr(explorer) == before


def test_settings_that_swin_refuses_or_does_not_have_are_refused():
    with pytest.raises(TraitError, match="64 channels, which 3 heads cannot share"):
        ModelExplorer(embed_dim=64)
    with pytest.raises(TraitError, match="'image_size' is no setting here; there are embed_dim"):
        ModelExplorer(image_size=224)


@pytest.mark.parametrize("name", ["qkv_bias", "relative_position_bias", "shift_windows"])
def test_a_config_that_would_be_counted_wrongly_is_refused(name):
    with pytest.raises(TraitError, match=f"only networks with {name}=True can be shown"):
        ModelExplorer(SwinConfig(**{name: False}))


def test_width_and_mlp_ratio_together_must_leave_a_hidden_channel():
    explorer = ModelExplorer(embed_dim=1, num_heads=(1, 1, 1, 1))
    with pytest.raises(TraitError, match=r"at least one hidden channel; 0\.25 of 1 is none"):
        explorer.mlp_ratio = 0.25
    assert explorer.facts.total("parameters") > 0


def test_a_config_can_be_given_and_changed_and_read_back():
    config = SwinConfig(embed_dim=32, depths=(1, 3), num_heads=(2, 4), window_size=(4, 6), mlp_ratio=2)
    explorer = ModelExplorer(config, num_classes=10)
    assert explorer.config == SwinConfig(
        embed_dim=32, depths=(1, 3), num_heads=(2, 4), window_size=(4, 6), mlp_ratio=2.0, num_classes=10
    )
    assert explorer.stage == 2  # the deepest
    assert explorer.facts.total("parameters") == count_parameters(SwinTransformer(explorer.config))


def test_heads_and_stage_follow_when_the_network_changes():
    explorer = ModelExplorer(stage=4)
    explorer.embed_dim = 80
    assert explorer.num_heads == (2, 5, 10, 20)
    explorer.depths = (2, 2)
    assert (explorer.num_heads, explorer.stage) == ((2, 5), 2)
    explorer.depths = (2, 2, 2)
    assert explorer.num_heads == (2, 5, 10)
    assert explorer.config.depths == (2, 2, 2)


def test_settled_heads_always_divide_their_channels():
    for embed_dim in (1, 7, 48, 96, 250):
        for asked in ((1,), (3, 6), (5, 7, 300)):
            heads = settle_heads(embed_dim, (2, 2, 2), asked)
            assert all(embed_dim * 2**stage % h == 0 for stage, h in enumerate(heads))


def test_a_change_from_the_browser_arrives_whole_and_is_not_sent_back(monkeypatch):
    explorer, sent = ModelExplorer(), []
    monkeypatch.setattr(explorer, "_send", lambda message, buffers=None: sent.append(message))
    explorer.set_state(
        {"embed_dim": 64, "depths": [2, 2, 2], "num_heads": [2, 4, 8], "window_size": 4, "stage": 3}
    )
    assert (explorer.depths, explorer.num_heads) == ((2, 2, 2), (2, 4, 8))
    assert [message["method"] for message in sent if message["method"] != "echo_update"] == []


def test_reset_goes_back_to_where_it_began():
    explorer = ModelExplorer(height=97, depths=(1, 2), num_heads=(3, 6), image="coffee")
    before = repr(explorer)
    explorer.depths, explorer.height, explorer.image = (2, 2, 2, 2), 300, "rocket"
    explorer.reset()
    assert repr(explorer) == before


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_the_library_s_networks(name):
    with torch.device("meta"):
        config = getattr(swin_edu, name)().config
    for setting in SETTINGS:
        assert getattr(PRESETS[name], setting) == getattr(config, setting), setting
    assert ModelExplorer(PRESETS[name]).code == f"{name}()"


@pytest.mark.parametrize(
    "settings",
    [
        {"embed_dim": 32, "num_heads": (1, 2, 4, 8)},
        {"depths": (3,), "num_heads": (3,), "window_size": (4, 6), "mlp_ratio": 2.0},
        {"patch_size": 2, "in_channels": 1, "num_classes": 0, "depths": (1, 1), "num_heads": (3, 6)},
    ],
)
def test_code_makes_the_network_on_show(settings):
    explorer = ModelExplorer(**settings)
    assert (
        eval(explorer.code, vars(swin_edu) | {"SwinTransformer": SwinTransformer}).config == explorer.config
    )


def test_the_page_gets_one_view_and_its_picture():
    data, metadata = ModelExplorer()._repr_mimebundle_()
    assert sorted(data) == ["application/vnd.jupyter.widget-view+json", "image/png", "text/plain"]
    assert data["text/plain"].startswith("ModelExplorer(height=224, width=224, embed_dim=96")
    assert pixels_of(data["image/png"]).shape[1] == 1.5 * metadata["image/png"]["width"]


def test_the_picture_follows_the_state_and_the_same_state_gives_the_same_bytes():
    explorer = ModelExplorer()
    pictures = {explorer.picture(), ModelExplorer().picture()}
    assert len(pictures) == 1
    for name, value in (
        ("height", 97),
        ("stage", 1),
        ("image", "coffee"),
        ("window_size", 5),
        ("depths", (2, 2)),
    ):
        setattr(explorer, name, value)
        pictures.add(explorer.picture())
    assert len(pictures) == 6


def test_bars_in_the_picture_are_as_long_as_their_numbers():
    explorer = ModelExplorer(stage=1)
    page = pixels_of(explorer.picture())
    wanted = [int(colour("series_3")[i : i + 2], 16) for i in (1, 3, 5)]  # the MLPs
    left, right = 16 * 1.5, 258 * 1.5  # the chart of parameters
    mlp = (np.abs(page.astype(int) - wanted).max(axis=-1) <= 6)[: 550 * 3 // 2, int(left) : int(right)]
    lengths = [int(row.sum()) for row in mlp if row.sum() > 20]
    by_length = sorted(set(lengths))
    third, fourth = explorer.facts.stages[2].parameters["mlp"], explorer.facts.stages[3].parameters["mlp"]
    assert by_length[0] / by_length[-1] == pytest.approx(third / fourth, rel=0.06)


@pytest.mark.parametrize(
    "settings",
    [
        {"height": 1, "width": 1},
        {"height": 1024, "width": 3, "window_size": 24},
        {"height": 40, "width": 1000, "depths": (24,), "num_heads": (96,), "window_size": (1, 24)},
        {"depths": (24, 24, 24, 24)},
    ],
)
def test_every_network_can_be_drawn(settings):
    assert pixels_of(ModelExplorer(**settings).picture()).std() > 10
