"""The browser's shapes, parameters, work, memory and sentences are the library's, for any network."""

import random
from dataclasses import asdict
from itertools import pairwise

import pytest
import torch

from swin_edu import SwinConfig, SwinTransformer, count_parameters, multiply_adds
from swin_edu.visuals import ModelExplorer, ModelFacts
from swin_edu.visuals.model_explorer import PRESETS, SETTINGS, settle_heads
from swin_edu.visuals.model_facts import PARTS
from swin_edu.visuals.model_figure import short

EXPLORER = "model_explorer.js"
NAMES = {"parameters": "parameters", "multiplyAdds": "multiply_adds", "memory": "memory"}


def random_states(count):
    """Networks and images: odd and even sides, windows larger and smaller than the maps, 1 to 4 stages."""
    draw = random.Random(0)
    states = []
    for _ in range(count):
        embed_dim = draw.choice((8, 12, 18, 24, 40, 96))
        depths = [draw.randint(1, 4) for _ in range(draw.randint(1, 4))]
        heads = settle_heads(embed_dim, tuple(depths), tuple(draw.randint(1, 9) for _ in depths))
        states.append(
            {
                "height": draw.randint(1, draw.choice((30, 260))),
                "width": draw.randint(1, draw.choice((30, 260))),
                "embed_dim": embed_dim,
                "depths": depths,
                "num_heads": list(heads),
                "window_size": draw.choice((1, 4, 7, [4, 7], [9, 2], [1, 24])),
                "patch_size": draw.choice((1, 2, 4, 5)),
                "in_channels": draw.choice((1, 3)),
                "num_classes": draw.choice((0, 10, 1000)),
                "mlp_ratio": draw.choice((0.5, 2.0, 2.5, 3.3, 4.0)),
            }
        )
    return states


STATES = random_states(400)


def facts_of(state):
    settings = {name: state[name] for name in SETTINGS}
    settings["window_size"] = tuple(w) if isinstance(w := state["window_size"], list) else w
    return ModelFacts(SwinConfig(**settings), state["height"], state["width"])


def test_the_states_hold_every_kind():
    facts = [facts_of(state) for state in STATES]
    stages = [stage for fact in facts for stage in fact.stages]
    padded = sum(stage.padded != stage.grid for stage in stages)
    single = sum(stage.windows == 1 for stage in stages)
    shifted = sum(stage.shift != (0, 0) for stage in stages)
    assert min(padded, single, shifted, len(stages) - padded, len(stages) - single) > 120


def test_every_count_of_every_part_of_every_stage_equals_the_library(run_javascript):
    for state, network in zip(STATES, run_javascript(EXPLORER, "networkOf(c)", STATES), strict=True):
        facts = facts_of(state)
        assert len(network["stages"]) == len(facts.stages)
        for got, stage in zip(network["stages"], facts.stages, strict=True):
            for name in ("grid", "window", "shift", "padded"):
                assert tuple(got[name]) == getattr(stage, name), (state, name)
            for name in ("number", "channels", "heads", "depth", "windows"):
                assert got[name] == getattr(stage, name), (state, name)
            for theirs, ours in NAMES.items():
                assert {part: got[theirs][part] for part in PARTS} == getattr(stage, ours), (state, ours)
        for theirs, ours in NAMES.items():
            assert network["head"][theirs] == facts.head[ours]
            assert network["totals"][theirs] == facts.total(ours)


def test_totals_are_those_of_real_networks(run_javascript):
    states = [state for state in STATES if state["num_classes"]][:25]
    for state, network in zip(states, run_javascript(EXPLORER, "networkOf(c)", states), strict=True):
        config = facts_of(state).config
        with torch.device("meta"):
            assert network["totals"]["parameters"] == count_parameters(SwinTransformer(config))
        cost = multiply_adds(config, state["height"], state["width"])
        assert network["totals"]["multiplyAdds"] == cost.total


def test_the_sentence_is_the_one_that_python_says(run_javascript):
    expression = "((n) => n.stages.map((stage) => describeStage(n, stage)))(networkOf(c))"
    for state, sentences in zip(STATES, run_javascript(EXPLORER, expression, STATES), strict=True):
        facts = facts_of(state)
        assert sentences == [facts.sentence(stage.number) for stage in facts.stages], state


def test_large_numbers_are_shortened_as_in_the_picture(run_javascript):
    numbers = [0, 7, 999, 1000, 4896, 9994, 9996, 99_940, 99_960, 999_400, 999_600, 28_288_354, 4_490_566_656]
    assert run_javascript(EXPLORER, "short(c)", numbers) == [short(number) for number in numbers]
    assert run_javascript(EXPLORER, "short(c, 'B')", [106_454_592]) == ["106 MB"]


def test_the_python_line_is_the_same_in_python(run_javascript):
    states = [state for state in STATES if state["in_channels"] == 3][:60]
    lines = run_javascript(EXPLORER, "pythonLine(c)", states)
    for state, line in zip(states, lines, strict=True):
        facts = facts_of(state)
        explorer = ModelExplorer(facts.config, height=state["height"], width=state["width"])
        assert line == explorer.code


def test_presets_are_the_same_in_python(run_javascript):
    (presets,) = run_javascript(EXPLORER, "PRESETS", [0])
    assert presets.keys() == PRESETS.keys()
    for name, settings in presets.items():
        expected = asdict(PRESETS[name])
        assert {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()} == {
            setting: expected[setting] for setting in SETTINGS
        }
    assert run_javascript(EXPLORER, "pythonLine({...PRESETS[c]})", list(PRESETS)) == [
        f"{n}()" for n in PRESETS
    ]


def test_heads_settle_as_in_python(run_javascript):
    draw = random.Random(1)
    cases = [
        [
            draw.randint(1, 256),
            [2] * draw.randint(1, 4),
            [draw.randint(1, 40) for _ in range(draw.randint(1, 4))],
        ]
        for _ in range(300)
    ]
    for case, heads in zip(cases, run_javascript(EXPLORER, "settleHeads(...c)", cases), strict=True):
        assert tuple(heads) == settle_heads(case[0], tuple(case[1]), tuple(case[2])), case


SHAPES = [
    [968, 248, 224, 224, 4],
    [968, 248, 97, 131, 4],
    [968, 248, 1, 1024, 4],
    [968, 248, 1024, 1, 4],
    [448, 358, 224, 224, 4],
    [448, 358, 512, 512, 2],
    [740, 190, 32, 32, 2],
]


@pytest.mark.parametrize("stages", [1, 2, 3, 4])
def test_boxes_stay_on_the_canvas_beside_each_other_and_true_to_scale(run_javascript, stages):
    expression = f"""((width, height, h, w, p) => {{
        const state = {{ height: h, width: w, patch_size: p, embed_dim: 96, in_channels: 3, num_classes: 10,
          depths: [2, 2, 6, 2].slice(0, {stages}), num_heads: [3, 6, 12, 24].slice(0, {stages}),
          window_size: 7, mlp_ratio: 4 }};
        const shape = numbersOf(networkOf(state), state);
        const narrow = width < 640;
        const scale = scaleOf(width, height, shape, narrow);
        const layout = layoutOf(width, height, shape, scale, narrow);
        const last = layout.boxes.at(-1);
        return [scale, layout, slotAt(layout, last.centre, last.middle, height)];
    }})(...c)"""
    for case, (scale, layout, last) in zip(SHAPES, run_javascript(EXPLORER, expression, SHAPES), strict=True):
        width, height, _, w, p = case
        places = [layout["image"], *layout["boxes"]]
        for one, next_one in pairwise(places):
            assert one["row"] < next_one["row"] or one["x"] + one["wide"] <= next_one["x"] + 1e-6, case
        for place in places:
            assert place["x"] >= -1e-6, case
            assert place["x"] + place["wide"] <= width + 1e-6, case
            assert place["y"] >= -1e-6, case
            assert place["y"] + place["high"] <= height, case
        for number, box in enumerate(layout["boxes"]):
            assert box["long"] == pytest.approx(96 * 2**number * scale["channel"])
            assert box["tall"] == pytest.approx(box["h"] * scale["token"])
        assert layout["image"]["wide"] == pytest.approx(w / p * scale["token"])
        assert last == stages
