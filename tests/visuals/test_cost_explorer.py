"""CostExplorer as Python sees it: state that is checked and hangs together, its numbers, a picture of it."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

from swin_edu import SwinConfig, multiply_adds
from swin_edu.visuals import CostExplorer, attention_cost
from swin_edu.visuals.cost_facts import MEMORY_LIMIT, CostFacts
from swin_edu.visuals.explorer import assemble_module


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"side": 15}, r"side must be 16 \.\.\. 2048, got 15"),
        ({"side": 2049}, r"side must be 16 \.\.\. 2048, got 2049"),
        ({"window_size": 0}, r"window_size must be 1 \.\.\. 64, got 0"),
        ({"window_size": 2.5}, "window_size must be an int or a pair of ints"),
        ({"channels": 0}, r"channels must be 1 \.\.\. 2048, got 0"),
        ({"num_heads": 65}, r"num_heads must be 1 \.\.\. 64, got 65"),
        ({"patch_size": 33}, r"patch_size must be 1 \.\.\. 32, got 33"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(setting, message):
    with pytest.raises(TraitError, match=message):
        CostExplorer(**setting)
    explorer = CostExplorer()
    (name, value), before = *setting.items(), repr(explorer)
    with pytest.raises(TraitError, match=message):
        setattr(explorer, name, value)
    assert repr(explorer) == before


@pytest.mark.parametrize("name", CostExplorer.state_names)
def test_words_where_numbers_belong_are_refused(name):
    with pytest.raises(TraitError, match=f"{name} must be"):
        CostExplorer(**{name: "many"})


def test_heads_that_do_not_share_the_channels_are_refused():
    with pytest.raises(TraitError, match="num_heads must divide the 96 channels evenly, got 5"):
        CostExplorer(num_heads=5)


def test_a_later_change_keeps_channels_and_heads_possible():
    explorer = CostExplorer(channels=96, num_heads=12)
    explorer.channels = 90
    assert (explorer.channels, explorer.num_heads) == (90, 10)
    explorer.num_heads = 4
    assert explorer.num_heads == 3


def test_reset_goes_back_to_where_it_began():
    explorer = CostExplorer(448, (4, 8), 128, 4, 2)
    before = repr(explorer)
    explorer.side, explorer.window_size, explorer.channels, explorer.patch_size = 100, 3, 90, 8
    explorer.reset()
    assert repr(explorer) == before


def test_a_change_from_the_browser_arrives_whole():
    explorer = CostExplorer()
    explorer.set_state({"side": 448, "window_size": [4, 4], "channels": 192, "num_heads": 6})
    assert repr(explorer) == "CostExplorer(side=448, window_size=4, channels=192, num_heads=6, patch_size=4)"


def test_its_numbers_are_those_of_the_first_stage_of_a_network():
    for side in (224, 228, 100):
        stage = multiply_adds(SwinConfig(), side, side).stages[0]
        windows = CostExplorer(side).facts.windows
        assert (2 * windows.projections, 2 * windows.products) == (stage.projections, stage.attention)


def test_the_equations_of_the_paper_at_224_pixels():
    facts = CostExplorer().facts
    hw, c, m = 56 * 56, 96, 7
    assert facts.everywhere.multiply_adds == 4 * hw * c**2 + 2 * hw**2 * c
    assert facts.windows.multiply_adds == 4 * hw * c**2 + 2 * m**2 * hw * c
    assert facts.everywhere.pairs == 64 * facts.windows.pairs
    assert "64 times as many pairs" in facts.sentence()


@pytest.mark.parametrize(("heads", "patch"), [(1, 4), (3, 4), (24, 4), (64, 1), (3, 16)])
def test_at_the_crossing_the_matrices_no_longer_fit_and_one_patch_earlier_they_do(heads, patch):
    def bytes_at(along):
        return attention_cost(along, along, 64, num_heads=heads).matrix_bytes

    crossing = CostFacts(224, 7, 64, heads, patch).crossing
    assert bytes_at(crossing // patch) > MEMORY_LIMIT >= bytes_at(crossing // patch - 1)
    assert crossing % patch == 0


def test_the_sentence_says_when_padding_is_work_and_when_one_window_holds_all():
    assert "padding" not in CostExplorer(224).facts.sentence()
    assert (
        "padded to 63 × 63: 18 % of the windows' tokens are padding, which is work too"
        in CostExplorer(225).facts.sentence()
    )
    assert "all tokens fit into one window" in CostExplorer(28).facts.sentence()
    assert "windows of 7 × 7 make 2.34 times as many pairs" in CostExplorer(32).facts.sentence()
    assert "more than the 24 GB of a large card" in CostExplorer(896).facts.sentence()


def test_the_line_gives_the_numbers():
    explorer = CostExplorer(230, (4, 9), 64, 2, 8)
    assert explorer.code == "attention_cost(29, 29, 64, (4, 9), 2)"
    assert eval(explorer.code) == explorer.facts.windows


def test_the_module_is_one_file_with_one_export_and_unique_names():
    module = assemble_module("cost_explorer.js")
    assert not re.search(r"^\s*import\b", module, re.MULTILINE)
    assert re.findall(r"^export .*", module, re.MULTILINE) == ["export default { render };"]
    names = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", module, re.MULTILINE)
    assert sorted(names) == sorted(set(names))


# ---- the picture -----------------------------------------------------------------------------------


def pixels_of(explorer):
    return np.asarray(Image.open(io.BytesIO(explorer.picture())).convert("RGB"))


def test_the_same_state_gives_the_same_bytes_and_another_state_another_picture():
    explorer = CostExplorer()
    pictures = {explorer.picture(), CostExplorer().picture()}
    assert len(pictures) == 1
    for name, value in {
        "side": 448,
        "window_size": 4,
        "channels": 192,
        "num_heads": 6,
        "patch_size": 2,
    }.items():
        setattr(explorer, name, value)
        pictures.add(explorer.picture())
    assert len(pictures) == 6


@pytest.mark.parametrize(
    "state",
    [
        (16, 64, 1, 1, 32),
        (2048, 1, 2048, 64, 1),
        (32, 7, 96, 3, 4),
        (16, 1, 1, 1, 4),
        (2048, (1, 64), 96, 3, 4),
    ],
)
def test_every_state_can_be_drawn(state):
    assert pixels_of(CostExplorer(*state)).std() > 10


def test_the_page_gets_the_picture_at_its_width():
    data, metadata = CostExplorer()._repr_mimebundle_()
    assert Image.open(io.BytesIO(data["image/png"])).width == 1.5 * metadata["image/png"]["width"]
    assert " at 0x" not in data["text/plain"]
