"""The browser's patch merging is the library's: tokens, orders, norm, matrix, outputs and sentences."""

import base64
import random

import numpy as np
import pytest
import torch
from torch import nn

from swin_edu import PatchMerging, gather_neighbours
from swin_edu.visuals import MergeExplorer, MergeFacts
from swin_edu.visuals.merge_facts import (
    COLOURS,
    ORDERS,
    in_order,
    photo_tokens,
    photographs_with_grain,
    readable_merging,
)

EXPLORER = "merge_explorer.js"
DRAW = random.Random(0)


def random_map(height, width, channels):
    values = [DRAW.uniform(-2, 2) for _ in range(height * width * channels)]
    return {"height": height, "width": width, "channels": channels, "values": values}


def as_tensor(map_):
    return torch.tensor(map_["values"], dtype=torch.float64).view(
        1, map_["height"], map_["width"], map_["channels"]
    )


MAPS = [random_map(h, w, c) for h in (1, 2, 3, 5, 8) for w in (1, 2, 4, 7) for c in (1, 3, 6)]
PHOTOS = {
    name: {k: photo[k] for k in ("size", "focus", "grain")}
    for name, photo in photographs_with_grain().items()
}


def random_states(count):
    draw, states = random.Random(1), []
    for _ in range(count):
        height, width, level = draw.randint(1, 16), draw.randint(1, 16), draw.randint(1, 3)
        sides = (-(-height // 2**level), -(-width // 2**level))
        states.append(
            {
                "height": height,
                "width": width,
                "level": level,
                "token": [draw.randrange(side) for side in sides],
                "order": draw.choice(list(ORDERS)),
                "image": draw.choice(list(PHOTOS)),
            }
        )
    return states


STATES = random_states(150)
CASES = [{**state, "photo": PHOTOS[state["image"]]} for state in STATES]
FACTS = [MergeFacts(**{**state, "token": tuple(state["token"])}) for state in STATES]
MAPS_JS = "pyramidOf(c.photo, c.height, c.width, c.order)"
FACTS_JS = (
    f'mergeFacts({MAPS_JS}, pyramidOf(c.photo, c.height, c.width, "by column"), c.level, c.token, c.order)'
)


def test_the_states_hold_every_kind():
    assert {state["order"] for state in STATES} == set(ORDERS)
    assert sum(facts.padded > 0 for facts in FACTS) > 20
    assert sum(state["height"] != state["width"] for state in STATES) > 100


@pytest.mark.parametrize("order", ORDERS)
def test_gathered_numbers_equal_the_library_for_every_size_and_order(run_javascript, order):
    groups_of = (
        "(_, r) => Array.from({length: Math.ceil(c.width / 2)}, (_, k) => [...gatherGroup(c, [r, k], order)])"
    )
    expression = f'((order) => Array.from({{length: Math.ceil(c.height / 2)}}, {groups_of}))("{order}")'
    for map_, groups in zip(MAPS, run_javascript(EXPLORER, expression, MAPS), strict=True):
        expected = in_order(as_tensor(map_), order)
        assert np.array_equal(np.array(groups), expected[0].numpy())
        if order == "by column":
            assert torch.equal(expected, gather_neighbours(as_tensor(map_)))


def test_merging_equals_patch_merging_with_the_same_weights(run_javascript):
    answers = run_javascript(
        EXPLORER, '((m) => [m.height, m.width, m.channels, [...m.values]])(mergeMap(c, "by column"))', MAPS
    )
    for map_, (height, width, channels, values) in zip(MAPS, answers, strict=True):
        expected = readable_merging(map_["channels"])(as_tensor(map_))
        assert expected.shape == (1, height, width, channels)
        assert np.allclose(np.reshape(values, expected.shape), expected, atol=1e-11)


@pytest.mark.parametrize("channels", [1, 3, 6, 12])
def test_weights_are_the_library_s(run_javascript, channels):
    row = f"Array.from({{length: 2 * c}}, (_, o) => weightAt(o, i, {channels}))"
    expression = f"Array.from({{length: 4 * c}}, (_, i) => {row})"
    (columns,) = run_javascript(EXPLORER, expression, [channels])
    merging = readable_merging(channels)
    assert np.array_equal(np.array(columns).T, merging.reduction.weight.numpy())
    assert isinstance(merging, PatchMerging)
    assert isinstance(merging.norm, nn.LayerNorm)


def test_a_number_s_slot_and_index_undo_each_other(run_javascript):
    cases = [[order, channels] for order in ORDERS for channels in (1, 3, 6, 12)]
    expression = "Array.from({length: 4 * c[1]}, (_, i) => indexOf(c[0], slotAt(c[0], i, c[1]), c[1]))"
    for (_, channels), indices in zip(cases, run_javascript(EXPLORER, expression, cases), strict=True):
        assert indices == list(range(4 * channels))


def test_tokens_of_a_photograph_are_the_same_on_every_grid(run_javascript):
    cases = [[name, h, w] for name in PHOTOS for h, w in ((1, 1), (7, 8), (16, 16), (3, 16), (16, 5), (1, 9))]
    given = [[PHOTOS[name], h, w] for name, h, w in cases]
    answers = run_javascript(EXPLORER, "[...photoTokens(...c).values]", given)
    for (name, h, w), values in zip(cases, answers, strict=True):
        expected = photo_tokens(PHOTOS[name], h, w)
        assert np.allclose(np.reshape(values, (1, h, w, 3)), expected, atol=1e-12)


def test_a_token_is_the_mean_colour_of_its_cell():
    """On a grid that the grain divides evenly, so that it can be said without shares."""
    photo = {**PHOTOS["coffee"], "size": [72, 48], "focus": [0.5, 0.5]}
    grain = np.frombuffer(base64.b64decode(photo["grain"]), np.uint8).reshape(48, 72, 3) / 255
    expected = grain.reshape(8, 6, 12, 6, 3).mean(axis=(1, 3))
    assert np.allclose(photo_tokens(photo, 8, 12)[0], expected)


def test_everything_on_a_merged_token_equals_the_library(run_javascript):
    names = ("gathered", "normed", "outputs", "official")
    lists = ", ".join(f"{name}: [...f.{name}]" for name in names)
    expression = f"((f) => ({{...f, {lists}}}))({FACTS_JS})"
    for facts, answer in zip(FACTS, run_javascript(EXPLORER, expression, CASES), strict=True):
        assert [tuple(place) for place in answer["sources"]] == facts.sources
        assert answer["padded"] == facts.padded
        for name in names:
            assert np.allclose(answer[name], getattr(facts, name), atol=1e-9), (facts, name)


def test_the_sentence_is_the_one_that_python_says(run_javascript):
    sentences = run_javascript(EXPLORER, f"describeMerge(c, c.token, {MAPS_JS}, {FACTS_JS})", CASES)
    for facts, sentence in zip(FACTS, sentences, strict=True):
        assert sentence == facts.sentence()


def test_what_an_output_means_is_what_python_says(run_javascript):
    expression = f"((f) => [...f.outputs].map((_, o) => outputName(c.level, o, f.channels)))({FACTS_JS})"
    for facts, names in zip(FACTS, run_javascript(EXPLORER, expression, CASES), strict=True):
        assert names == [facts.output_name(out) for out in range(2 * facts.channels)]


def test_the_sentence_on_a_part_has_the_right_numbers(run_javascript):
    draw, cases, expected = random.Random(2), [], []
    for facts, case in zip(FACTS, CASES, strict=True):
        index, output = draw.randrange(4 * facts.channels), draw.randrange(2 * facts.channels)
        cases.append({**case, "index": index, "output": output})
        weight = readable_merging(facts.channels).reduction.weight[output, index]
        expected.append([facts.outputs[output], facts.gathered[index], weight * facts.normed[index]])
    slot = f"slotAt(c.order, c.index, {FACTS_JS}.channels)"
    for k, part in enumerate(("{output: c.output}", slot, f"{{...{slot}, output: c.output}}")):
        said = run_javascript(EXPLORER, f"describePart(c, {part}, c.token, {MAPS_JS}, {FACTS_JS})", cases)
        for numbers, sentence in zip(expected, said, strict=True):
            # Two zeros are written alike; a number and its rounding may differ in the last digit at a tie.
            written = f"{float(numbers[k]):.2f}".replace("-", "−")
            assert written in sentence or f"{abs(float(numbers[k])):.2f}" in sentence, (numbers[k], sentence)


def test_the_python_line_gives_the_merged_token_on_show(run_javascript):
    lines = run_javascript(EXPLORER, "mergeLine(c)", CASES)
    for state, facts, line in zip(STATES, FACTS, lines, strict=True):
        assert torch.equal(eval(line, {"MergeFacts": MergeFacts}), facts.outputs)
        height, width = state["height"], state["width"]
        more = {name: state[name] for name in ("level", "token", "order", "image")}
        assert line == MergeExplorer(height, width, **more).code


def test_arrow_keys_walk_over_numbers_and_outputs_and_stop_at_the_ends(run_javascript):
    steps = [[0, 1], [0, 1], [1, 0], [0, -9], [99, 0], [-99, 0]]
    expression = f"{steps}.reduce((all, step) => [...all, stepPart(all.at(-1), step, 3, c)], [null]).slice(1)"
    (parts,) = run_javascript(EXPLORER, expression, ["by column"])
    assert parts[0] == {"place": 0, "channel": 0}
    assert parts[1] == {"place": 0, "channel": 1}
    assert parts[2] == {"place": 0, "channel": 1, "output": 0}
    assert parts[3] == {"place": 0, "channel": 0, "output": 0}
    assert parts[4]["output"] == 5
    assert "output" not in parts[5]


def test_by_row_only_two_differences_change_in_the_first_merging():
    """What the lesson asks the reader to find: means and the diagonal do not care."""
    facts = MergeFacts(8, 8, token=(1, 2), order="by row")
    changed = (facts.outputs - facts.official).abs() > 1e-9
    assert [facts.output_name(out) for out in changed.nonzero().flatten().tolist()] == [
        f"{COLOURS[0]}, upper − lower",
        f"{COLOURS[1]}, left − right",
    ]
