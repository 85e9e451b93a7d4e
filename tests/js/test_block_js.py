"""The browser's small blocks give the library's numbers: `SwinBlock` with the same weights, and its parts."""

import random

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from swin_edu.model.config import SwinConfig
from swin_edu.model.counting import count_parameters, multiply_adds
from swin_edu.visuals import BlockExplorer
from swin_edu.visuals.tiny_block import (
    embedding_matrix,
    pixels_for_browser,
    run_tiny_blocks,
    tiny_block,
    tiny_tokens,
    weights_for_browser,
)

SCRIPT = "block_numbers.js"
TOLERANCE = 1e-5
GRIDS = [
    (8, 8),
    (8, 12),
    (9, 11),
    (12, 7),
    (4, 4),
    (3, 10),
    (2, 3),
    (1, 1),
    (5, 6),
]  # fit, do not, within a window


def close(answer, expected):
    return np.abs(np.asarray(answer) - expected.numpy().ravel()).max() < TOLERANCE


@pytest.mark.parametrize("norm_first", [True, False])
@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize("shift", [True, False])
def test_a_stack_equals_swin_blocks_on_every_grid(run_javascript, norm_first, residual, shift):
    how = {"blocks": 5, "normFirst": norm_first, "residual": residual, "shift": shift}
    cases, expected = [], []
    for height, width in GRIDS:
        tokens = torch.randn(1, height, width, 8, generator=torch.Generator().manual_seed(height)).double()
        cases.append([tokens.flatten().tolist(), {"height": height, "width": width, **how}])
        how_there = {"norm_first": norm_first, "residual": residual, "shift": shift}
        expected.append(run_tiny_blocks(height, width, blocks=5, tokens=tokens, **how_there))
    weights = f"readWeights('{weights_for_browser()}')"
    expression = f"historyOf(c[0], runStack(Float64Array.from(c[0]), c[1], {weights})).map((z) => [...z])"
    for grid, answer, wanted in zip(GRIDS, run_javascript(SCRIPT, expression, cases), expected, strict=True):
        assert len(answer) == 6
        assert close(np.concatenate(answer), wanted), grid


@pytest.mark.parametrize("number", range(12))
def test_every_block_of_the_twelve_is_a_swin_block(run_javascript, number):
    tokens = torch.randn(1, 9, 14, 8, generator=torch.Generator().manual_seed(number)).double()
    weights = f"readWeights('{weights_for_browser()}')[{number}]"
    run = f"runBlock(Float64Array.from(c), axesOf(9, 14, 4, {number % 2 * 2}), {weights}, "
    expression = f"[...{run}{{ normFirst: true, residual: true }}).steps.at(-1)]"
    (answer,) = run_javascript(SCRIPT, expression, [tokens.flatten().tolist()])
    assert close(answer, tiny_block(number)(tokens))


def test_what_stands_between_the_steps_is_what_the_block_computes(run_javascript):
    block, tokens = tiny_block(1), tiny_tokens(9, 14)
    normed = block.norm1(tokens)
    added = block.attend(normed)
    middle = tokens + added
    normed2 = block.norm2(middle)
    expected = [tokens, normed, added, middle, normed2, block.mlp(normed2), block(tokens)]
    run = f"runBlock(Float64Array.from(c), axesOf(9, 14, 4, 2), readWeights('{weights_for_browser()}')[1], "
    expression = (
        f"((b) => [b.steps.map((z) => [...z]), [...b.hidden]])({run}{{ normFirst: true, residual: true }}))"
    )
    ((steps, hidden),) = run_javascript(SCRIPT, expression, [tokens.flatten().tolist()])
    assert all(close(answer, wanted) for answer, wanted in zip(steps, expected, strict=True))
    assert close(hidden, F.gelu(block.mlp.expand(normed2)))


def test_attention_weights_sum_to_one_over_the_tokens_of_the_window(run_javascript):
    expression = (
        "((t) => { const { weights } = windowAttention(t, axesOf(5, 6, 4, 2), "
        f"readWeights('{weights_for_browser()}')[0]); return [...weights]; }})(Float64Array.from(c))"
    )
    (weights,) = run_javascript(SCRIPT, expression, [torch.randn(240).tolist()])
    sums = np.reshape(weights, (5 * 6 * 2, 16)).sum(axis=1)
    assert np.abs(sums - 1).max() < 1e-12
    assert (
        np.count_nonzero(np.reshape(weights, (30, 2, 16))[0, 0]) == 4
    )  # the corner's window has 2 x 2 tokens


def test_gelu_is_the_exact_one(run_javascript):
    x = torch.linspace(-6, 6, 601, dtype=torch.float64)
    assert close(run_javascript(SCRIPT, "geluOf(c)", x.tolist()), F.gelu(x))


@pytest.mark.parametrize("image", ["chelsea", "rocket", "astronaut"])
def test_photographs_become_the_same_tokens(run_javascript, image):
    photo = pixels_for_browser()[image]
    pixels = f"{{ data: bytesOf('{photo['data']}'), size: {photo['size']}, focus: {photo['focus']} }}"
    expression = f"[...tokensOfPixels({pixels}, c[0], c[1], {embedding_matrix().tolist()})]"
    for grid, answer in zip(GRIDS, run_javascript(SCRIPT, expression, GRIDS), strict=True):
        assert close(answer, tiny_tokens(*grid, image)), grid


def test_spread_size_differences_and_ranges_are_what_they_say(run_javascript):
    tokens = tiny_tokens(8, 12)[0].reshape(-1, 8)
    expression = (
        "((t) => [spreadOf(t), sizeOf(t, 5), channelRanges(t), [...differences(t, t.map((v) => v + 2))]])"
    )
    (answer,) = run_javascript(SCRIPT, f"{expression}(Float64Array.from(c))", [tokens.flatten().tolist()])
    away = (tokens - tokens.mean(dim=0)).norm(dim=1).mean() / tokens.norm(dim=1).mean()
    assert answer[0] == pytest.approx(float(away))
    assert answer[1] == pytest.approx(float(tokens[5].pow(2).mean().sqrt()))
    assert np.allclose(answer[2], torch.stack([tokens.amin(dim=0), tokens.amax(dim=0)], dim=1))
    assert np.allclose(answer[3], 2)


def test_parameters_and_multiply_adds_are_the_librarys(run_javascript):
    block = tiny_block(0)
    for (height, width), costs in zip(
        GRIDS, run_javascript(SCRIPT, "costsOf(axesOf(...c, 4, 0))", GRIDS), strict=True
    ):
        assert costs["attention"]["parameters"] == count_parameters(block.attention)
        assert costs["mlp"]["parameters"] == count_parameters(block.mlp)
        assert costs["norm"]["parameters"] == count_parameters(block.norm1)
        config = SwinConfig(patch_size=1, embed_dim=8, depths=(1,), num_heads=(2,), window_size=4)
        stage = multiply_adds(config, height, width).stages[0]
        assert costs["attention"]["operations"] == stage.projections + stage.attention, (height, width)
        assert costs["mlp"]["operations"] == stage.mlp


SIZES = {"start": "z", "attention": "attention", "mlp": "MLP", "end": "new z"}


def random_states(count):
    """States of every kind, as both sides have them."""
    draw, states = random.Random(0), []
    for _ in range(count):
        height, width, blocks = draw.randint(1, 12), draw.randint(1, 12), draw.randint(1, 6)
        place = [[draw.randrange(height), draw.randrange(width)] for _ in range(2)]
        states.append(
            {
                "height": height, "width": width, "blocks": blocks, "block": draw.randint(1, blocks),
                "token": place[0], "source": place[1], "norm_first": draw.random() < 0.7,
                "residual": draw.random() < 0.7, "shift": draw.random() < 0.7,
                "image": draw.choice(["chelsea", "coffee"]),
            }
        )  # fmt: skip
    return states


def python_side(state):
    return BlockExplorer(**{**state, "token": tuple(state["token"]), "source": tuple(state["source"])})


def test_the_copied_line_is_the_one_that_python_says(run_javascript):
    states = random_states(60)
    lines = run_javascript("block_explorer.js", "blockLine(c)", states)
    assert lines == [python_side(state).code for state in states]


def test_the_sentence_is_the_one_that_python_says(run_javascript):
    states = random_states(25)
    facts = [python_side(state).facts for state in states]
    numbers = [
        {
            "shifted": fact.kind(fact.block) == "shifted", "company": fact.company, "spread": fact.spread[-1],
            "heard": int((fact.heard[-1] > 0).sum()),
            "sizes": {
                short: fact.size(name)
                for short, name in SIZES.items()
            },
        }
        for fact in facts
    ]  # fmt: skip
    cases = list(zip(states, numbers, strict=True))
    said = run_javascript("block_explorer.js", "describeBlock(...c)", cases)
    assert said == [fact.sentence() for fact in facts]
