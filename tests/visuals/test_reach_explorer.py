"""ReachExplorer as Python sees it: state that is checked and hangs together, its words, a picture of it."""

import io
import re

import numpy as np
import pytest
import torch
from PIL import Image
from traitlets import TraitError

from swin_edu.visuals import ReachExplorer, token_reach
from swin_edu.visuals.explorer import assemble_module
from swin_edu.visuals.reach_facts import ReachFacts


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"height": 0}, r"height must be 1 \.\.\. 64, got 0"),
        ({"width": 65}, r"width must be 1 \.\.\. 64, got 65"),
        ({"window_size": 17}, r"window_size must be 1 \.\.\. 16, got 17"),
        ({"window_size": 2.5}, "window_size must be an int or a pair of ints"),
        ({"blocks": -1}, r"blocks must be 0 \.\.\. 64, got -1"),
        ({"token": (32, 0)}, r"token must be \(row, column\) on the 32x32 grid, \(0, 0\) \.\.\. \(31, 31\)"),
        ({"token": 3}, r"token must be \(row, column\) on the 32x32 grid"),
        ({"image": "cat"}, "image must be one of chelsea, astronaut, coffee, .*; got 'cat'"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(setting, message):
    with pytest.raises(TraitError, match=message):
        ReachExplorer(**setting)
    explorer = ReachExplorer()
    (name, value), before = *setting.items(), repr(explorer)
    with pytest.raises(TraitError, match=message):
        setattr(explorer, name, value)
    assert repr(explorer) == before


def test_a_smaller_grid_keeps_the_token_on_it():
    explorer = ReachExplorer(token=(31, 30))
    explorer.height, explorer.width = 9, 14
    assert explorer.token == (8, 13)
    assert explorer.facts.reached["shifted"].shape == (9, 14)


def test_reset_goes_back_to_where_it_began():
    explorer = ReachExplorer(20, 30, (4, 7), 3, (2, 3), "coffee", merging=True)
    before = repr(explorer)
    explorer.height, explorer.blocks, explorer.merging, explorer.image = 2, 9, False, "rocket"
    explorer.reset()
    assert repr(explorer) == before


def test_a_change_from_the_browser_arrives_whole():
    explorer = ReachExplorer()
    explorer.set_state(
        {"height": 9, "window_size": [4, 2], "blocks": 3, "token": [8, 0], "looking_back": True}
    )
    assert repr(explorer) == (
        "ReachExplorer(height=9, width=32, window_size=(4, 2), blocks=3, token=(8, 0), image='chelsea', "
        "merging=False, looking_back=True)"
    )


def test_the_line_gives_the_tokens_that_are_reached():
    explorer = ReachExplorer(20, 30, (4, 7), 3, (2, 3), merging=True, looking_back=True)
    assert explorer.code == "token_reach(20, 30, (4, 7), 3, (2, 3), merging=True, looking_back=True)"
    assert torch.equal(eval(explorer.code), explorer.facts.reached["shifted"])
    without = eval(explorer.code.replace(", merging", ", shifted=False, merging"))
    assert torch.equal(without, explorer.facts.reached["plain"])


def test_the_sentence_says_who_and_when_all():
    said = ReachExplorer().facts.sentence()
    assert said == (
        "After 4 blocks, token (14, 17) is heard by 256 of 1,024 tokens with shift, by 16 without. "
        "All have heard it after 9 blocks with shift; without, never."
    )
    assert "token (14, 17) has seen 256 of 1,024" in ReachExplorer(looking_back=True).facts.sentence()
    assert "A merged window covers 8 × 8 of them." in ReachExplorer(merging=True).facts.sentence()
    assert ReachFacts(32, 32, 1, 4, (0, 0)).sentence().endswith("it never reaches all.")
    assert "After 1 block, token (1, 1) is heard by 16 of 16 tokens, with and without shift." in (
        ReachFacts(4, 4, 4, 1, (1, 1)).sentence()
    )


def test_an_own_picture_can_be_used():
    explorer = ReachExplorer(image=np.zeros((40, 60, 3), dtype=np.uint8))
    assert explorer.image == "yours"
    with pytest.raises(TraitError, match=r"\(height, width, 3\) uint8 array, got float64 \(40, 60, 3\)"):
        ReachExplorer(image=np.zeros((40, 60, 3)))


def test_the_module_is_one_file_with_one_export_and_unique_names():
    module = assemble_module("reach_explorer.js")
    assert not re.search(r"^\s*import\b", module, re.MULTILINE)
    assert re.findall(r"^export .*", module, re.MULTILINE) == ["export default { render };"]
    names = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", module, re.MULTILINE)
    assert sorted(names) == sorted(set(names))


# ---- the picture -----------------------------------------------------------------------------------


def pixels_of(explorer):
    return np.asarray(Image.open(io.BytesIO(explorer.picture())).convert("RGB"))


def test_the_same_state_gives_the_same_bytes_and_another_state_another_picture():
    explorer = ReachExplorer(12, 16, 4, 2, (5, 6))
    pictures = {explorer.picture(), ReachExplorer(12, 16, 4, 2, (5, 6)).picture()}
    assert len(pictures) == 1
    changes = {
        "blocks": 3,
        "token": (0, 0),
        "window_size": 3,
        "height": 9,
        "image": "coffee",
        "looking_back": True,
    }
    for name, value in changes.items():
        setattr(explorer, name, value)
        pictures.add(explorer.picture())
    assert len(pictures) == 7


@pytest.mark.parametrize("looking_back", [False, True])
def test_the_picture_is_bright_exactly_where_the_token_reaches(looking_back):
    """On a black picture, a veiled token is light and a reached one dark."""
    black = np.zeros((80, 120, 3), dtype=np.uint8)
    explorer = ReachExplorer(8, 12, 4, 2, (5, 7), black, looking_back=looking_back)
    pixels = pixels_of(explorer).max(axis=-1)
    unit = int(224 * 1.5 / 12)
    top = round(62 * 1.5 + (224 * 1.5 - 8 * unit) / 2)
    for left, way in ((16, "plain"), (264, "shifted")):
        reached = explorer.facts.reached[way]
        for r, c in np.ndindex(8, 12):
            cell = pixels[top + r * unit : top + (r + 1) * unit, round(left * 1.5) + c * unit :][:, :unit]
            share = (cell[8:-8, 8:-8] < 40).mean()
            if (r, c) != (5, 7):
                assert (share > 0.6) == bool(reached[r, c]), (way, r, c, share)


@pytest.mark.parametrize(
    "state",
    [(1, 1, 1, 0, (0, 0)), (64, 64, 2, 64, (0, 0)), (64, 3, (16, 1), 5, (63, 2)), (5, 64, 7, 3, (4, 0))],
)
@pytest.mark.parametrize("merging", [False, True])
def test_every_state_can_be_drawn(state, merging):
    assert pixels_of(ReachExplorer(*state, merging=merging)).std() > 10


def test_code_names_what_the_library_exports():
    assert ReachExplorer().code.startswith(token_reach.__name__)
