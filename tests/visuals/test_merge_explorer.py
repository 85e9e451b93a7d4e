"""MergeExplorer as Python sees it: state that is checked and hangs together, and a picture of it."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from traitlets import TraitError

from swin_edu.visuals import MergeExplorer, MergeFacts
from swin_edu.visuals.explorer import assemble_module
from swin_edu.visuals.merge_facts import readable_merging
from swin_edu.visuals.merge_figure import MATRIX_HEIGHT, MATRIX_TOP, STRIP, STRIP_WIDTH
from swin_edu.visuals.palette import colour
from swin_edu.visuals.sheet import SCALE


def pixels_of(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def rgb_of(name: str) -> list[int]:
    return [int(colour(name)[i : i + 2], 16) for i in (1, 3, 5)]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"height": 0}, r"height must be 1 \.\.\. 16, got 0"),
        ({"width": 17}, r"width must be 1 \.\.\. 16, got 17"),
        ({"level": 4}, r"level must be 1 \.\.\. 3, got 4"),
        (
            {"token": (4, 0)},
            r"token must be \(row, column\) on the 4x4 grid of merged tokens, .*got \(4, 0\)",
        ),
        ({"token": 3}, r"token must be \(row, column\) on the 4x4 grid"),
        ({"token": (1.0, 2)}, r"token must be \(row, column\)"),
        ({"order": "rows"}, "order must be one of by column, by row, by channel; got 'rows'"),
        ({"image": "cat"}, "image must be one of chelsea, astronaut, coffee, .*; got 'cat'"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(setting, message):
    with pytest.raises(TraitError, match=message):
        MergeExplorer(**setting)
    explorer = MergeExplorer()
    (name, value), before = *setting.items(), repr(explorer)
    with pytest.raises(TraitError, match=message):
        setattr(explorer, name, value)
    assert repr(explorer) == before


@pytest.mark.parametrize("setting", [{"height": 0}, {"level": 0}, {"order": "rows"}, {"token": (4, 0)}])
def test_facts_refuse_what_cannot_be(setting):
    with pytest.raises(TraitError):
        MergeFacts(**{"height": 8, "width": 8, **setting})


def test_a_smaller_grid_or_a_higher_level_keeps_the_token_on_the_grid():
    explorer = MergeExplorer(8, 12, token=(3, 5))
    explorer.level = 2
    assert explorer.token == (1, 2)
    explorer.width = 3
    assert explorer.token == (1, 0)
    assert explorer.facts.outputs.shape == (12,)


def test_a_change_from_the_browser_arrives_whole():
    explorer = MergeExplorer()
    explorer.set_state({"height": 16, "width": 16, "level": 1, "token": [7, 5], "order": "by row"})
    assert repr(explorer) == (
        "MergeExplorer(height=16, width=16, level=1, token=(7, 5), order='by row', image='chelsea')"
    )


def test_reset_goes_back_to_where_it_began():
    explorer = MergeExplorer(7, 10, token=(3, 4), image="coffee")
    before = repr(explorer)
    explorer.level, explorer.order, explorer.image = 3, "by channel", "rocket"
    explorer.reset()
    assert repr(explorer) == before


def test_an_own_picture_can_be_used_and_its_tokens_are_its_colours():
    picture = np.zeros((40, 60, 3), dtype=np.uint8)
    picture[:, :, 1] = 255
    explorer = MergeExplorer(4, 4, image=picture, token=(0, 0))
    assert explorer.image == "yours"
    red, green, blue = explorer.facts.maps[0][0, 1, 1].tolist()
    assert green > 0.97 > 0.03 > max(red, blue)
    with pytest.raises(TraitError, match=r"\(height, width, 3\) uint8 array"):
        MergeExplorer(image=picture / 255)


def test_code_gives_the_merged_token():
    for explorer in (
        MergeExplorer(9, 14, level=2, token=(1, 2), order="by row", image="rocket"),
        MergeExplorer(),
    ):
        assert torch.equal(eval(explorer.code), explorer.facts.outputs)
    own = MergeExplorer(4, 4, image=np.zeros((8, 8, 3), dtype=np.uint8))
    assert own.code == "explorer.facts.outputs"


def test_facts_are_patch_merging_s_own_numbers():
    facts = MergeFacts(7, 9, level=2, token=(1, 0), image="coffee")
    assert torch.equal(readable_merging(6)(facts.maps[1]), facts.maps[2])
    assert torch.equal(facts.outputs, facts.official)
    weights = readable_merging(6).reduction.weight
    torch.testing.assert_close(weights @ facts.normed, facts.outputs)


def test_sentences_name_padding_and_wrong_outputs():
    assert "padding" not in MergeFacts(8, 8).sentence()
    assert "One of the four" not in MergeFacts(7, 8, token=(3, 1)).sentence()
    assert "2 of the four are padding" in MergeFacts(7, 8, token=(3, 1)).sentence()
    assert "3 of the four are padding" in MergeFacts(7, 7, token=(3, 3)).sentence()
    assert "2 of 6 outputs are wrong" in MergeFacts(8, 8, token=(1, 2), order="by row").sentence()


def test_the_module_is_one_file_with_one_export_and_no_name_twice():
    import re

    module = assemble_module("merge_explorer.js")
    assert not re.search(r"^\s*import\b", module, re.MULTILINE)
    assert re.findall(r"^export .*", module, re.MULTILINE) == ["export default { render };"]
    names = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", module, re.MULTILINE)
    assert sorted(names) == sorted(set(names))


# ---- the picture ---------------------------------------------------------------------------------


def test_the_same_state_gives_the_same_bytes_and_another_state_other_ones():
    assert MergeExplorer(7, 9).picture() == MergeExplorer(7, 9).picture()
    explorer = MergeExplorer()
    pictures = {explorer.picture()}
    for name, value in (
        ("token", (0, 0)), ("order", "by row"), ("order", "by channel"), ("image", "coffee"), ("level", 2),
        ("height", 7),
    ):  # fmt: skip
        setattr(explorer, name, value)
        pictures.add(explorer.picture())
    assert len(pictures) == 7


def test_the_matrix_in_the_picture_has_the_signs_of_the_weights():
    pixels = pixels_of(MergeExplorer().picture())
    weight = readable_merging(3).reduction.weight
    for out, index in np.ndindex(6, 12):
        x = round((STRIP + (index + 0.5) * STRIP_WIDTH / 12) * SCALE)
        y = round((MATRIX_TOP + (out + 0.5) * MATRIX_HEIGHT / 6) * SCALE)
        name = {1: "positive", -1: "negative", 0: "surface"}[int(weight[out, index].sign())]
        assert np.abs(pixels[y, x] - rgb_of(name)).max() < 12, (out, index)


@pytest.mark.parametrize("order", ["by column", "by row", "by channel"])
def test_the_numbers_in_the_picture_have_the_colours_of_their_neighbours(order):
    explorer = MergeExplorer(order=order)
    pixels, facts = pixels_of(explorer.picture()), explorer.facts
    tokens = facts.maps[0][0]
    colours = {}
    for place, (row, column) in enumerate([(2, 4), (3, 4), (2, 5), (3, 5)]):
        for value in tokens[row, column].tolist():
            colours[value] = f"series_{place}"
    for index, value in enumerate(facts.gathered.tolist()):
        x, y = round((STRIP + (index + 0.1) * STRIP_WIDTH / 12) * SCALE), round(83 * SCALE)
        assert np.abs(pixels[y, x] - rgb_of(colours[value])).max() < 12, index


@pytest.mark.parametrize("grid", [(1, 1, 1), (1, 1, 3), (16, 16, 3), (3, 16, 2), (16, 1, 1)])
def test_every_grid_can_be_drawn(grid):
    height, width, level = grid
    assert pixels_of(MergeExplorer(height, width, level=level).picture()).std() > 10
