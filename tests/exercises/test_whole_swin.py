"""The tasks of chapter 07: right answers pass however they are written, and wrong ones are told why."""

import itertools
import re
from math import ceil

import pytest
import torch

from swin_edu import SwinConfig, SwinTransformer, count_parameters, exercises, load_checkpoint
from swin_edu.exercises import (
    whole_swin,
    whole_swin_operations,
    whole_swin_parameters,
    whole_swin_reach,
    whole_swin_weights,
)
from swin_edu.model.counting import multiply_adds
from swin_edu.model.layouts import LAYOUTS
from swin_edu.model.renaming import to_our_names


def is_right(name, answer, seeds=5):
    """In the visible cases, and in the hidden ones of each seed."""
    return all(getattr(exercises, name).grade(answer, points=1, seed=seed) == 1 for seed in range(seeds))


def shapes_with_math(height, width, patch_size, embed_dim, stages):
    """One division for each stage at once: rounding up twice is rounding up once."""
    strides = [patch_size * 2**stage for stage in range(stages)]
    return [
        (ceil(height / stride), ceil(width / stride), embed_dim * stride // patch_size) for stride in strides
    ]


def shapes_by_slices(height, width, patch_size, embed_dim, stages):
    grid = torch.empty(height, width)[::patch_size, ::patch_size]
    shapes = []
    for stage in range(stages):
        shapes.append((*grid.shape, embed_dim << stage))
        grid = grid[::2, ::2]
    return shapes


@pytest.mark.parametrize("answer", [shapes_with_math, shapes_by_slices])
def test_stage_shapes_written_otherwise_are_right(answer):
    assert is_right("stage_shapes", answer)


def test_a_network_has_maps_of_these_shapes():
    model = SwinTransformer(patch_size=3, embed_dim=8, depths=(1, 1, 1), num_heads=(1, 1, 1), num_classes=2)
    maps = model.features(torch.zeros(1, 3, 50, 73))
    assert [(m.shape[2], m.shape[3], m.shape[1]) for m in maps] == exercises.stage_shapes.reference(
        50, 73, 3, 8, 3
    )


def test_counting_is_held_against_real_networks():
    def by_building(config):
        with torch.device("meta"):
            return count_parameters(SwinTransformer(config))

    by_building(SwinConfig())  # the first use of the meta device imports a lot, and is no endless loop
    assert is_right("count_swin", by_building)


def test_counting_in_one_formula_a_stage_is_right():
    def count(config):
        total, c = config.patch_size**2 * config.in_channels * config.embed_dim + 3 * config.embed_dim, 0
        for stage, depth in enumerate(config.depths):
            c = config.embed_dim * 2**stage
            f, (mh, mw) = round(config.mlp_ratio * c), config.window
            table = (2 * mh - 1) * (2 * mw - 1) * config.num_heads[stage]
            total += depth * (4 * c * c + 2 * c * f + (6 + 3 * config.qkv_bias) * c + f + table)
            total += (4 * c + 2 * c * c) * (stage > 0)
        return total + 2 * c + (c + 1) * config.num_classes

    config = SwinConfig()
    assert count(config) == exercises.count_swin.reference(config)
    assert is_right("count_swin", count)


def operations_of_the_library(config, height, width):
    return [stage.total for stage in multiply_adds(config, height, width).stages]


def operations_window_by_window(config, height, width):
    """Counts along: every window of every block, every token of every layer."""
    costs, channels = [], config.embed_dim
    sides = [ceil(side / config.patch_size) for side in (height, width)]
    for stage, depth in enumerate(config.depths):
        cost = 0
        if stage == 0:
            for _ in range(sides[0] * sides[1]):
                cost += config.in_channels * config.patch_size**2 * channels
        else:
            sides, channels = [(side + 1) // 2 for side in sides], 2 * channels
            for _ in range(sides[0] * sides[1]):
                cost += 4 * (channels // 2) * channels
        window = [min(pair) for pair in zip(config.window, sides, strict=True)]
        n = window[0] * window[1]
        for _ in range(depth):
            for _ in itertools.product(range(0, sides[0], window[0]), range(0, sides[1], window[1])):
                cost += n * channels * 3 * channels + n * channels * channels  # query, key, value; projection
                cost += n * n * channels + n * n * channels
            hidden = round(config.mlp_ratio * channels)
            cost += sides[0] * sides[1] * (channels * hidden + hidden * channels)
        costs.append(cost)
    return costs


@pytest.mark.parametrize("answer", [operations_of_the_library, operations_window_by_window])
def test_counted_operations_written_otherwise_are_right(answer):
    assert is_right("count_operations", answer)


def pixels_by_gradient(config, height, width, stage, row, column):
    torch.manual_seed(0)
    model = SwinTransformer(config, embed_dim=8).eval().double()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    image = torch.randn(1, 3, height, width, dtype=torch.float64, requires_grad=True)
    with torch.enable_grad():
        token = model.features(image)[stage][0, :, row, column]
        (gradient,) = torch.autograd.grad((token * torch.randn_like(token)).sum(), image)
    return (gradient[0] != 0).any(dim=0)


def pixels_by_sets(config, height, width, stage, row, column):
    """Sets of tokens, both axes together, and a plain scan of the grid for each block."""
    grids = [(ceil(height / config.patch_size), ceil(width / config.patch_size))]
    for _ in range(stage):
        grids.append(tuple(ceil(side / 2) for side in grids[-1]))
    seen = {(row, column)}
    for level in range(stage, -1, -1):
        for block in range(config.depths[level])[::-1]:
            (mh, mw), (sh, sw) = config.window, config.shift if block % 2 else (0, 0)
            windows = {((r - sh) // mh, (c - sw) // mw) for r, c in seen}
            everywhere = itertools.product(*map(range, grids[level]))
            seen = {(r, c) for r, c in everywhere if ((r - sh) // mh, (c - sw) // mw) in windows}
        if level:
            seen = {(2 * r + i, 2 * c + j) for (r, c), i, j in itertools.product(seen, (0, 1), (0, 1))}
    p = config.patch_size
    return torch.tensor([[(r // p, c // p) in seen for c in range(width)] for r in range(height)])


@pytest.mark.parametrize(("answer", "seeds"), [(pixels_by_gradient, 2), (pixels_by_sets, 5)])
def test_seen_pixels_written_otherwise_are_right(answer, seeds):
    assert is_right("seen_in_image", answer, seeds)


def test_every_token_sees_its_own_pixels_and_most_do_not_see_all():
    cases = exercises.seen_in_image.cases()
    cases += [case for seed in range(20) for case in exercises.seen_in_image.hidden_cases(seed)]
    shares = [exercises.seen_in_image.reference(*case).float().mean() for case in cases]
    assert min(shares) > 0
    assert sum(share < 0.5 for share in shares) > 0.9 * len(shares)


def test_what_the_mistakes_twist_is_right_without_a_twist():
    assert exercises.stage_shapes.examine(whole_swin._shapes)
    assert exercises.count_swin.examine(whole_swin_parameters._count)
    assert exercises.count_operations.examine(whole_swin_operations._twisted)
    assert exercises.seen_in_image.examine(whole_swin_reach._twisted)
    assert exercises.from_transformers.examine(whole_swin_weights._renamed("x", lambda found: found[0]))


def converted(state):
    """A right answer with one regular expression after the other, as a learner may write it."""
    parts = {"q_proj": 0, "k_proj": 1, "v_proj": 2}
    names = {
        "attention.o_proj": "attention.projection",
        "attention.relative_position_bias.relative_position_bias_table": "attention.position.table",
        "layernorm_before": "norm1",
        "layernorm_after": "norm2",
        "mlp.fc1": "mlp.expand",
        "mlp.fc2": "mlp.contract",
        "swin.embeddings.patch_embeddings.": "patch_embedding.",
        "swin.embeddings.norm": "patch_embedding.norm",
        "swin.layernorm": "norm",
        "classifier": "head",
    }
    ours, waiting = {}, {}
    for name, tensor in state.items():
        name = re.sub(
            r"swin\.encoder\.layers\.(\d+)\.downsample", lambda m: f"stages.{int(m[1]) + 1}.merging", name
        )
        name = name.replace("swin.encoder.layers.", "stages.")
        for theirs, own in names.items():
            name = name.replace(theirs, own)
        if found := re.search(r"\.([qkv]_proj)\.", name):
            key = name.replace(found[1], "qkv")
            waiting.setdefault(key, [None] * 3)[parts[found[1]]] = tensor
        else:
            ours[name] = tensor
    return ours | {name: torch.cat(three) for name, three in waiting.items()}


def test_weights_converted_by_hand_are_right_and_make_the_network_of_load_checkpoint():
    assert is_right("from_transformers", converted)
    ((state,), *_) = exercises.from_transformers.cases()
    loaded = load_checkpoint(state)
    own = SwinTransformer(loaded.config)
    own.load_state_dict(converted(state))
    images = torch.randn(2, 3, 20, 28)
    with torch.no_grad():
        assert torch.equal(own.eval()(images), loaded(images))


def test_weights_under_the_library_s_names_are_right():
    assert is_right("from_transformers", lambda state: to_our_names(state, LAYOUTS["transformers"])[0])


def test_an_answer_that_takes_the_parts_out_of_the_given_dict_is_told_so():
    def popping(state):
        return {name: state.pop(name) for name in list(state)}

    assert "changes its input" in exercises.from_transformers.examine(popping).message


def test_a_missing_name_is_told_in_our_words():
    report = exercises.from_transformers.examine(dict)
    assert "keys are missing, such as" in report.message
    assert report.mistake is None
