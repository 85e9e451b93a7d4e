"""ModelFacts against real networks: parameters, multiply-adds, and the memory that autograd really keeps."""

import pytest
import torch

from swin_edu import (
    PatchMerging,
    SwinConfig,
    SwinTransformer,
    count_parameters,
    multiply_adds,
    swin_base,
    swin_cifar,
    swin_tiny,
)
from swin_edu.visuals import ModelFacts
from swin_edu.visuals.model_facts import BYTES, PARTS, percent

SMALL = {"embed_dim": 16, "depths": (1, 2, 3), "num_heads": (2, 4, 8), "num_classes": 7}
CONFIGS = [
    SwinConfig(),
    SwinConfig(**SMALL),
    SwinConfig(**SMALL, window_size=(4, 9), mlp_ratio=2.5, qkv_bias=False, in_channels=1, patch_size=2),
    SwinConfig(embed_dim=24, depths=(3,), num_heads=(3,), num_classes=0, relative_position_bias=False),
]
SIZES = [(224, 224), (97, 131), (5, 300)]


def shapes_only(config):
    with torch.device("meta"):
        return SwinTransformer(config)


@pytest.mark.parametrize("config", CONFIGS)
def test_the_parameters_of_each_part_are_those_of_the_real_modules(config):
    model, facts = shapes_only(config), ModelFacts(config, 32, 32)
    for stage, module in zip(facts.stages, model.stages, strict=True):
        entry = model.patch_embedding if stage.number == 1 else module.merging
        blocks = list(module.blocks)
        assert stage.parameters["entry"] == count_parameters(entry)
        projections = [block.attention.qkv for block in blocks] + [b.attention.projection for b in blocks]
        assert stage.parameters["projections"] == sum(map(count_parameters, projections))
        tables = [block.attention.position for block in blocks if block.attention.position is not None]
        assert stage.parameters["attention"] == sum(map(count_parameters, tables))
        assert stage.parameters["mlp"] == sum(count_parameters(block.mlp) for block in blocks)
        norms = [norm for block in blocks for norm in (block.norm1, block.norm2)]
        assert stage.parameters["norms"] == sum(map(count_parameters, norms))
    if config.num_classes:
        assert facts.head["parameters"] == count_parameters(model.norm) + count_parameters(model.head)
        assert facts.total("parameters") == count_parameters(model)


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("size", SIZES)
def test_multiply_adds_are_those_of_the_library(config, size):
    facts, cost = ModelFacts(config, *size), multiply_adds(config, *size)
    assert facts.total("multiply_adds") == cost.total
    assert [sum(stage.multiply_adds.values()) for stage in facts.stages] == [s.total for s in cost.stages]
    assert [stage.grid for stage in facts.stages] == [stage.grid for stage in cost.stages]


def kept_by_autograd(model, images):
    """Bytes of all float tensors that the graph holds for the backward pass, weights left out."""
    weights = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    kept = {}

    def note(tensor):
        if tensor.dtype == torch.float32:
            kept[tensor.untyped_storage().data_ptr()] = tensor  # also keeps it alive: no address comes twice
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        model(images)
    return sum(t.untyped_storage().nbytes() for pointer, t in kept.items() if pointer not in weights)


def tokens_that_are_normed(facts):
    grids = [stage.grid[0] * stage.grid[1] for stage in facts.stages]
    in_blocks = sum(tokens * 2 * stage.depth for tokens, stage in zip(grids, facts.stages, strict=True))
    return sum(grids) + in_blocks + grids[-1]  # patch embedding and mergings, blocks, the last norm


@pytest.mark.parametrize(
    ("build", "options", "size"),
    [
        (swin_cifar, {}, (32, 32)),
        (swin_cifar, {}, (45, 61)),
        (swin_tiny, {"window_size": (4, 9), "mlp_ratio": 2.5, "embed_dim": 48}, (97, 131)),
        (swin_tiny, {"depths": (1, 1), "num_heads": (3, 6)}, (224, 160)),
    ],
)
def test_memory_is_to_the_byte_what_a_training_step_keeps(build, options, size):
    model = build(drop_path_rate=0.0, **options).train()
    facts = ModelFacts(model.config, *size)
    images = torch.randn(1, 3, *facts.stages[0].grid).repeat_interleave(model.config.patch_size, 2)
    images = images.repeat_interleave(model.config.patch_size, 3)  # whole patches, as the count has it
    statistics = 2 * BYTES * tokens_that_are_normed(facts)  # mean and scale: the two numbers left out
    assert kept_by_autograd(model, images) == facts.total("memory") + statistics


def test_stages_say_their_windows_shift_and_padding_as_the_blocks_use_them():
    facts = ModelFacts(SwinConfig(), 97, 131)
    assert [stage.padded for stage in facts.stages] == [(28, 35), (14, 21), (7, 14), (4, 5)]
    assert [stage.window for stage in facts.stages] == [(7, 7), (7, 7), (7, 7), (4, 5)]
    assert [stage.shift for stage in facts.stages] == [(3, 3), (3, 3), (0, 3), (0, 0)]
    assert [stage.windows for stage in facts.stages] == [20, 6, 2, 1]
    assert ModelFacts(SwinConfig(depths=(1,), num_heads=(3,)), 97, 131).stages[0].shift == (0, 0)


def test_the_paper_s_networks_have_the_paper_s_numbers():
    base = ModelFacts(shapes_only(swin_base(depths=(1, 1, 1, 1)).config).config, 224, 224)
    assert base.stages[3].channels == 1024
    tiny = ModelFacts(SwinConfig(), 224, 224)
    assert tiny.total("parameters") == 28_288_354
    assert round(tiny.total("multiply_adds") / 1e9, 2) == 4.49


def test_the_sentence_has_the_numbers_of_its_stage():
    facts = ModelFacts(SwinConfig(depths=(2, 1, 6, 2)), 97, 131)
    assert "25 × 33 tokens of 96 channels, padded to 28 × 35, make 20 windows of 7 × 7" in facts.sentence(1)
    assert "1 block, not shifted" in facts.sentence(2)
    assert "every second one shifted by (0, 3)" in facts.sentence(3)
    assert "are one window, so no block shifts" in facts.sentence(4)
    assert "none of them shifted" in ModelFacts(SwinConfig(window_size=1), 97, 131).sentence(1)


def test_shares_are_whole_percents_and_never_lie_about_nothing():
    assert [percent(*pair) for pair in ((0, 9), (1, 900), (5, 1000), (1, 2), (9, 9))] == [
        "0 %",
        "<1 %",
        "1 %",
        "50 %",
        "100 %",
    ]


def test_every_part_is_counted_in_every_stage():
    for stage in ModelFacts(SwinConfig(**SMALL), 64, 48).stages:
        for counts in (stage.parameters, stage.multiply_adds, stage.memory):
            assert tuple(counts) == PARTS
        assert min(stage.memory.values()) > 0
    merging = PatchMerging(16)
    second = ModelFacts(SwinConfig(**SMALL), 64, 48).stages[1]
    assert second.parameters["entry"] == count_parameters(merging)
