"""The tasks of chapter 07: right answers pass however they are written, and wrong ones are told why."""

import re
from math import ceil

import pytest
import torch

from swin_edu import SwinConfig, SwinTransformer, count_parameters, exercises, load_checkpoint


def shapes_with_math(height, width, patch_size, embed_dim, stages):
    """One division for each stage at once: rounding up twice is rounding up once."""
    strides = [patch_size * 2**stage for stage in range(stages)]
    return [
        (ceil(height / stride), ceil(width / stride), embed_dim * stride // patch_size) for stride in strides
    ]


def shapes_by_running(height, width, patch_size, embed_dim, stages):
    with torch.device("meta"):
        depths, heads = (1,) * stages, (1,) * stages
        model = SwinTransformer(
            patch_size=patch_size, embed_dim=embed_dim, depths=depths, num_heads=heads, num_classes=2
        )
        maps = model.features(torch.empty(1, 3, height, width))
    return [(m.shape[2], m.shape[3], m.shape[1]) for m in maps]


@pytest.mark.parametrize("answer", [shapes_with_math, shapes_by_running])
def test_stage_shapes_written_otherwise_are_right(answer):
    assert exercises.stage_shapes.examine(answer)


def test_counting_is_held_against_real_networks():
    def by_building(config):
        with torch.device("meta"):
            return count_parameters(SwinTransformer(config))

    assert exercises.count_swin.examine(by_building)


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
    assert exercises.count_swin.examine(count)


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
    assert exercises.from_transformers.examine(converted)
    ((state,), *_) = exercises.from_transformers.cases()
    loaded = load_checkpoint(state)
    own = SwinTransformer(loaded.config)
    own.load_state_dict(converted(state))
    images = torch.randn(2, 3, 20, 28)
    with torch.no_grad():
        assert torch.equal(own.eval()(images), loaded(images))


def test_an_answer_that_takes_the_parts_out_of_the_given_dict_is_told_so():
    def popping(state):
        return {name: state.pop(name) for name in list(state)}

    assert "changes its input" in exercises.from_transformers.examine(popping).message


def test_a_missing_name_is_told_in_our_words():
    report = exercises.from_transformers.examine(dict)
    assert "keys are missing, such as" in report.message
    assert report.mistake is None
