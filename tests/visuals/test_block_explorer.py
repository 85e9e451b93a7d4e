"""BlockExplorer as Python sees it: checked state, facts that are the blocks' own, a picture of them."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from traitlets import TraitError

from swin_edu import visuals
from swin_edu.model.block import SwinBlock
from swin_edu.visuals import BlockExplorer, run_tiny_blocks
from swin_edu.visuals.block_facts import CHANGE
from swin_edu.visuals.tiny_block import MOST_BLOCKS, tiny_block, tiny_tokens


def pixels_of(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"height": 0}, r"height must be 1 \.\.\. 12, got 0"),
        ({"width": 13}, r"width must be 1 \.\.\. 12, got 13"),
        ({"blocks": 13}, r"blocks must be 1 \.\.\. 12, got 13"),
        ({"block": 5}, r"block must be 1 \.\.\. 4, got 5"),
        ({"token": (8, 0)}, r"token must be \(row, column\) on the 8x8 grid, \(0, 0\) \.\.\. \(7, 7\); got"),
        ({"source": 3}, r"source must be \(row, column\) on the 8x8 grid"),
        ({"image": "cat"}, "image must be one of chelsea, astronaut, coffee, .*; got 'cat'"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(setting, message):
    with pytest.raises(TraitError, match=message):
        BlockExplorer(**setting)
    explorer = BlockExplorer()
    (name, value), before = *setting.items(), repr(explorer)
    with pytest.raises(TraitError, match=message):
        setattr(explorer, name, value)
    assert repr(explorer) == before


def test_a_smaller_grid_or_stack_keeps_everything_inside():
    explorer = BlockExplorer(8, 12, blocks=6, block=6, token=(7, 11))
    explorer.height, explorer.width, explorer.blocks = 3, 5, 2
    assert (explorer.token, explorer.source, explorer.block) == ((2, 4), (2, 4), 2)


def test_reset_brings_the_first_state_back():
    explorer = BlockExplorer(9, 11, blocks=5, block=3)
    before = repr(explorer)
    explorer.blocks, explorer.height, explorer.residual, explorer.shift = 1, 2, False, False
    explorer.reset()
    assert repr(explorer) == before


@pytest.mark.parametrize(
    "setting",
    [{}, {"norm_first": False}, {"residual": False, "image": "rocket"}, {"shift": False, "blocks": 7}],
)
def test_the_copied_line_gives_the_numbers_on_show(setting):
    explorer = BlockExplorer(5, 9, token=(1, 6), **setting)
    numbers = eval(explorer.code, vars(visuals))
    assert torch.equal(numbers, explorer.facts.history[:, 1, 6])


def test_with_all_switches_on_the_stack_is_swin_blocks():
    tokens = tiny_tokens(9, 11)
    history = run_tiny_blocks(9, 11, blocks=4)
    for number in range(4):
        block = tiny_block(number)
        assert isinstance(block, SwinBlock)
        assert block.shift == ((0, 0) if number % 2 == 0 else (2, 2))
        tokens = block(tokens)
        assert torch.allclose(history[number + 1], tokens[0], atol=1e-12)


@pytest.mark.parametrize("norm_first", [True, False])
@pytest.mark.parametrize("residual", [True, False])
def test_the_steps_lead_from_one_block_to_the_next(norm_first, residual):
    facts = BlockExplorer(9, 7, blocks=3, block=2, norm_first=norm_first, residual=residual).facts
    steps = list(facts.steps.values())
    assert len(steps) == 7
    assert torch.equal(steps[0], facts.history[1])
    assert torch.allclose(steps[-1], facts.history[2], atol=1e-12)


def test_without_residual_all_tokens_become_one_and_without_norm_in_front_sizes_stay():
    broken = BlockExplorer(blocks=12, residual=False).facts
    assert broken.spread[0] > 0.5
    assert broken.spread[3] < 0.01  # the lesson says: after three blocks
    assert broken.spread[12] < 1e-3
    sizes = {
        first: BlockExplorer(blocks=12, norm_first=first).facts.history.pow(2).mean(dim=(1, 2, 3)).sqrt()
        for first in (True, False)
    }
    assert sizes[True][-1] > 2 * sizes[True][0]
    assert (sizes[False][1:] - 1).abs().max() < 0.2


def test_without_shift_nobody_beyond_the_window_ever_hears():
    heard = BlockExplorer(8, 12, blocks=12, source=(7, 11), shift=False).facts.heard > 0
    window = torch.zeros(8, 12, dtype=torch.bool)
    window[4:, 8:] = True
    assert all(torch.equal(after, window) for after in heard[1:])
    assert (BlockExplorer(8, 12, blocks=6, source=(7, 11)).facts.heard[-1] > 0).all()


def test_the_source_is_changed_by_what_is_said():
    heard = BlockExplorer(source=(2, 5)).facts.heard[0]
    assert heard[2, 5] == pytest.approx(CHANGE)
    assert (heard > 0).sum() == 1


def test_only_blocks_that_there_are_can_be_had():
    with pytest.raises(ValueError, match=r"there are blocks 0 \.\.\. 11, got 12"):
        tiny_block(MOST_BLOCKS)


def test_the_same_state_gives_the_same_bytes_and_another_state_another_picture():
    explorer = BlockExplorer(blocks=3)
    pictures = {explorer.picture()}
    assert BlockExplorer(blocks=3).picture() in pictures
    for name, value in (("token", (0, 0)), ("block", 2), ("residual", False), ("image", "coffee")):
        setattr(explorer, name, value)
        pictures.add(explorer.picture())
    assert len(pictures) == 5


@pytest.mark.parametrize("grid", [(1, 1, 1), (12, 12, 12), (2, 9, 5), (12, 1, 3)])
@pytest.mark.parametrize("norm_first", [True, False])
def test_every_grid_can_be_drawn(grid, norm_first):
    assert pixels_of(BlockExplorer(*grid, norm_first=norm_first).picture()).std() > 10


def test_a_grid_of_one_window_has_plain_blocks_only():
    assert BlockExplorer(4, 3, 8, block=4).facts.sentence().startswith("Block 4 of 8, plain.")
    assert BlockExplorer(4, 5, 8, block=4).facts.sentence().startswith("Block 4 of 8, shifted.")
    assert [BlockExplorer(8, 8, 4).facts.kind(block) for block in (1, 2, 3, 4)] == ["plain", "shifted"] * 2
