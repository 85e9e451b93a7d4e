"""The whole network: any size, in any order, nothing leaks, every weight learns."""

import itertools
import random

import brute_force
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from swin_edu import DropPath, SwinConfig, SwinTransformer, swin_cifar, swin_tiny

SIZES = [(224, 224), (256, 256), (384, 384), (448, 448), (320, 200), (97, 131)]


def small_swin(window=(4, 3), depths=(2, 2), heads=(1, 2), patch=2, **options):
    """Two stages in float64 whose weights are large enough that every influence shows."""
    model = SwinTransformer(
        patch_size=patch,
        num_classes=5,
        embed_dim=4,
        depths=depths,
        num_heads=heads,
        window_size=window,
        **options,
    )
    for name, parameter in model.named_parameters():
        torch.nn.init.normal_(parameter, mean=1.0 if "norm" in name else 0.0, std=0.4)
    return model.double().eval()


@settings(deadline=None, max_examples=15)
@given(
    st.tuples(st.integers(1, 13), st.integers(1, 13)),
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    st.integers(1, 2),
    st.booleans(),
)
@torch.no_grad()
def test_logits_and_stage_maps_equal_brute_force(size, window, batch, channels_last):
    model = small_swin(window)
    images = torch.randn(batch, 3, *size, dtype=torch.float64)
    if channels_last:
        images = images.contiguous(memory_format=torch.channels_last)
    weights = model.state_dict()
    maps = brute_force.stage_maps(images, weights, (1, 2), window)
    for ours, expected in zip(model.features(images), maps, strict=True):
        torch.testing.assert_close(ours, expected.permute(0, 3, 1, 2), rtol=1e-8, atol=1e-8)
    expected = brute_force.logits(images, weights, (1, 2), window)
    torch.testing.assert_close(model(images), expected, rtol=1e-8, atol=1e-8)


@settings(deadline=None, max_examples=25)
@given(
    st.tuples(st.integers(1, 21), st.integers(1, 21)),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.data(),
)
@torch.no_grad()
def test_changing_one_pixel_changes_exactly_the_tokens_it_can_reach(size, window, data):
    model = small_swin(window)
    pixel = (data.draw(st.integers(0, size[0] - 1)), data.draw(st.integers(0, size[1] - 1)))
    images = torch.randn(2, 3, *size, dtype=torch.float64)
    other = images.clone()
    other[1, :, pixel[0], pixel[1]] += torch.tensor([3.0, -1.0, 2.0], dtype=torch.float64)
    expected = brute_force.reach_of_network(pixel, size, 2, (2, 2), window)
    for a, b, reach in zip(model.features(images), model.features(other), expected, strict=True):
        differs = (a != b).any(1)
        assert not differs[0].any(), "it leaked into another image of the batch"
        assert {tuple(position) for position in differs[1].nonzero().tolist()} == reach


@torch.no_grad()
def test_sizes_in_any_order_give_what_a_fresh_network_gives():
    sizes = [(32, 32), (56, 40), (97, 131), (28, 28), (5, 64), (64, 64)]
    images = {size: torch.randn(1, 3, *size, dtype=torch.float64) for size in sizes}
    model = small_swin(window=7, depths=(2, 2, 2), heads=(1, 2, 4), patch=4)
    weights = model.state_dict()

    def fresh(size):
        model = small_swin(window=7, depths=(2, 2, 2), heads=(1, 2, 4), patch=4)
        model.load_state_dict(weights)
        return model(images[size])

    expected = {size: fresh(size) for size in sizes}
    orders = random.Random(0).sample(list(itertools.permutations(sizes)), 4)
    for size in itertools.chain.from_iterable(orders):
        assert torch.equal(model(images[size]), expected[size]), f"{size} changed after other sizes"


def test_swin_tiny_runs_at_every_size_of_the_course_with_the_same_weights():
    model = swin_tiny(num_classes=10).eval()
    with torch.inference_mode():
        images = {size: torch.randn(1, 3, *size) for size in SIZES}
        expected = {size: model(images[size]) for size in SIZES}
        assert all(logits.isfinite().all() for logits in expected.values())
        for size in [(97, 131), (320, 200), (224, 224)]:  # now after larger ones; all orders: test above
            assert torch.equal(model(images[size]), expected[size])


@torch.no_grad()
def test_stage_maps_halve_rounded_up_and_are_neither_merged_nor_normalised():
    model = swin_tiny().eval()
    maps = model.features(torch.randn(1, 3, 97, 131))
    assert [tuple(m.shape) for m in maps] == [
        (1, 96, 25, 33),
        (1, 192, 13, 17),
        (1, 384, 7, 9),
        (1, 768, 4, 5),
    ]
    tokens = maps[-1].permute(0, 2, 3, 1)
    assert not torch.allclose(model.norm(tokens), tokens)


def test_first_seen_under_inference_mode_then_trained():
    model = swin_cifar().eval()
    images = torch.randn(2, 3, 44, 36)
    with torch.inference_mode():
        seen = model(images)
    model(images).sum().backward()
    with torch.no_grad():
        torch.testing.assert_close(model(images), seen.clone())


@pytest.mark.parametrize("options", [{}, {"qkv_bias": False}, {"relative_position_bias": False}])
def test_every_parameter_gets_a_gradient(options):
    model = SwinTransformer(
        SwinConfig(num_classes=3, embed_dim=8, depths=(2, 2), num_heads=(2, 4), window_size=4), **options
    ).train()
    model(torch.randn(2, 3, 45, 52)).square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_drop_path_grows_linearly_over_all_blocks_and_stands_on_both_branches():
    model = SwinTransformer(depths=(2, 2, 6, 2), embed_dim=24, drop_path_rate=0.22)
    rates = [module.rate for module in model.modules() if isinstance(module, DropPath)]
    assert rates == pytest.approx([0.02 * block for block in range(12)])
    assert SwinTransformer(depths=(1,), num_heads=(3,)).stages[0].blocks[0].drop_path.rate == 0


def test_training_with_drop_path_differs_from_evaluation_and_evaluation_repeats():
    model = swin_cifar(drop_path_rate=0.5)
    images = torch.randn(8, 3, 32, 32)
    with torch.no_grad():
        assert not torch.allclose(model.train()(images), model(images))
        assert torch.equal(model.eval()(images), model(images))


def test_every_second_block_is_shifted_and_the_ablation_shifts_none():
    def shifts(model):
        return [block.shift for stage in model.stages for block in stage.blocks]

    assert shifts(small_swin((4, 3), depths=(3, 2))) == [(0, 0), (2, 1), (0, 0), (0, 0), (2, 1)]
    assert set(shifts(small_swin((4, 3), shift_windows=False))) == {(0, 0)}


@torch.no_grad()
def test_without_classes_the_network_gives_the_pooled_normed_features():
    model = small_swin()
    images = torch.randn(2, 3, 20, 18, dtype=torch.float64)
    headless = SwinTransformer(model.config, num_classes=0).double().eval()
    headless.load_state_dict({k: v for k, v in model.state_dict().items() if not k.startswith("head.")})
    pooled = headless(images)
    assert pooled.shape == (2, 8)
    torch.testing.assert_close(model.head(pooled), model(images))


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.zeros(3, 32, 32), r"images must be \(B, 3, H, W\)"),
        (torch.zeros(1, 1, 32, 32), r"images must be \(B, 3, H, W\)"),
        (torch.zeros(1, 32, 32, 3), r"images must be \(B, 3, H, W\)"),
        (torch.zeros(1, 3, 0, 32), "at least one pixel"),
        (torch.zeros(1, 3, 32, 32, dtype=torch.uint8), "must be float"),
    ],
)
def test_wrong_images_say_what_was_expected(images, message):
    model = swin_cifar()
    for function in (model, model.features):
        with pytest.raises(ValueError, match=message):
            function(images)


def test_a_setting_that_does_not_exist_is_named():
    with pytest.raises(TypeError, match="image_size"):
        swin_tiny(image_size=224)


@torch.no_grad()
def test_a_batch_of_zero_images_gives_zero_rows():
    assert swin_cifar()(torch.zeros(0, 3, 40, 32)).shape == (0, 10)


@pytest.mark.parametrize("assign", [False, True])
def test_a_network_made_on_the_meta_device_answers_right_once_it_has_weights(assign):
    torch.manual_seed(0)
    weights, images = swin_cifar().eval(), torch.randn(2, 3, 32, 32)
    with torch.device("meta"):
        model = swin_cifar().eval()
    if not assign:
        model = model.to_empty(device="cpu")
    model.load_state_dict(weights.state_dict(), assign=assign)
    torch.testing.assert_close(model(images), weights(images))


def test_a_transform_of_torch_func_leaves_nothing_behind_for_later_calls():
    torch.manual_seed(0)
    model, images = swin_cifar().eval(), torch.randn(1, 3, 36, 52)  # a size that no other test uses
    transformed = torch.func.functionalize(model)(images)
    plain = model(images)
    assert not torch._is_functional_tensor(plain)
    torch.testing.assert_close(transformed, plain, atol=1e-4, rtol=1e-4)
