"""Parameters and multiply-adds: the paper's numbers, a count by hand, and PyTorch's own counter."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from swin_edu import (
    SwinConfig,
    SwinTransformer,
    count_parameters,
    multiply_adds,
    swin_base,
    swin_cifar,
    swin_large,
    swin_small,
    swin_tiny,
)

PAPER = [  # parameters, multiply-adds at 224 px in 10^9
    pytest.param(swin_tiny, 28_288_354, 4.49, id="tiny"),
    pytest.param(swin_small, 49_606_258, 8.75, id="small"),
    pytest.param(swin_base, 87_768_224, 15.44, id="base"),
    pytest.param(swin_large, 196_532_476, 34.5, id="large"),
]


def without_memory(build, **options):
    with torch.device("meta"):  # shapes only: Swin-L would take 0.8 GB
        return build(**options).eval()


def parameters_by_hand(c, depths, heads, classes, window=7):
    total = (4 * 4 * 3 * c + c) + 2 * c  # patch embedding, norm
    for stage, (depth, head) in enumerate(zip(depths, heads, strict=True)):
        if stage:
            c = 2 * c
            total += 2 * (2 * c) + (2 * c) * c  # merging: norm over 4 * c/2, linear without bias
        attention = (c * 3 * c + 3 * c) + (c * c + c) + (2 * window - 1) ** 2 * head
        mlp = (c * 4 * c + 4 * c) + (4 * c * c + c)
        total += depth * (attention + mlp + 2 * 2 * c)
    return total + 2 * c + (c * classes + classes)


@pytest.mark.parametrize(("build", "parameters", "giga"), PAPER)
def test_parameters_and_multiply_adds_are_those_of_the_paper(build, parameters, giga):
    model = without_memory(build)
    config = model.config
    assert count_parameters(model) == parameters
    assert parameters_by_hand(config.embed_dim, config.depths, config.num_heads, 1000) == parameters
    assert multiply_adds(config, 224, 224).total / 1e9 == pytest.approx(giga, rel=0.01)


@pytest.mark.parametrize("size", [(224, 224), (97, 131), (320, 200), (16, 400)])
@pytest.mark.parametrize(
    ("build", "options"),
    [
        (swin_tiny, {}),
        (swin_cifar, {}),
        (swin_tiny, {"window_size": (4, 9), "mlp_ratio": 2.5, "qkv_bias": False, "num_classes": 0}),
    ],
)
def test_multiply_adds_equal_what_pytorch_counts_while_it_runs(build, options, size):
    model = without_memory(build, **options)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.empty(3, 3, *size, device="meta"))
    assert counter.get_total_flops() == 2 * 3 * multiply_adds(model.config, *size).total


def test_the_parts_add_up_and_belong_to_the_stage_they_are_named_after():
    cost = multiply_adds(SwinConfig(), 224, 224)
    assert [stage.grid for stage in cost.stages] == [(56, 56), (28, 28), (14, 14), (7, 7)]
    assert cost.total == sum(stage.total for stage in cost.stages) + cost.head
    first = cost.stages[0]
    assert first.entry == 56 * 56 * 48 * 96
    assert first.projections == 2 * 56 * 56 * 4 * 96**2
    assert first.attention == 2 * 2 * 64 * 49**2 * 96
    assert first.mlp == 2 * 56 * 56 * 8 * 96**2
    assert cost.head == 768 * 1000


def test_cost_grows_with_the_area_not_with_its_square():
    small, large = (multiply_adds(SwinConfig(num_classes=0), s, s).total for s in (224, 896))
    assert large == 16 * small


def test_padding_is_counted():
    fits, padded = (multiply_adds(SwinConfig(), s, s).stages[0] for s in (224, 228))
    assert padded.attention == fits.attention * 81 // 64  # 57 rows take 9 windows of 7, not 8


def test_an_image_without_pixels_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        multiply_adds(SwinConfig(), 0, 224)


def test_a_parameter_that_two_modules_share_counts_once():
    layer = torch.nn.Linear(4, 4, bias=False)
    assert count_parameters(torch.nn.Sequential(layer, layer)) == 16


def test_the_ablations_leave_out_what_they_say():
    full = SwinTransformer(SwinConfig(depths=(2,), num_heads=(3,)))
    no_position = SwinTransformer(full.config, relative_position_bias=False)
    no_bias = SwinTransformer(full.config, qkv_bias=False)
    assert count_parameters(full) - count_parameters(no_position) == 2 * 169 * 3
    assert count_parameters(full) - count_parameters(no_bias) == 2 * 3 * 96
