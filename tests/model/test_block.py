"""The Swin block against the brute force: every size, window, shift, batch and memory layout."""

from types import MethodType

import brute_force
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck

from swin_edu import MLP, DropPath, SwinBlock


@st.composite
def geometry(draw, largest=9):
    """A grid size, a window and a shift: square or not, divisible or not, larger than the map or not."""
    size = (draw(st.integers(1, largest)), draw(st.integers(1, largest)))
    window = (draw(st.integers(1, 5)), draw(st.integers(1, 5)))
    shift = (draw(st.integers(0, window[0] - 1)), draw(st.integers(0, window[1] - 1)))
    return size, window, shift


def random_block(window, shift, channels=4, heads=2, **options):
    """A block in float64 whose weights are large enough that every influence shows."""
    block = SwinBlock(channels, heads, window, shift, mlp_ratio=2.0, **options).double().eval()
    for parameter in block.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return block


def use_plain_attention(block):
    """The same block on the path that the lessons explain."""
    block.attention.forward = MethodType(type(block.attention).forward_plain, block.attention)
    return block


@settings(deadline=None, max_examples=60)
@given(geometry(), st.integers(1, 3), st.booleans(), st.booleans())
@torch.no_grad()
def test_fast_path_equals_plain_path_equals_brute_force(geometry, batch, transposed, position):
    size, window, shift = geometry
    block = random_block(window, shift, relative_position_bias=position)
    tokens = torch.randn(batch, *size, 4, dtype=torch.float64)
    if transposed:  # the same tokens, laid out in memory as (B, C, W, H)
        tokens = tokens.permute(0, 3, 2, 1).contiguous().permute(0, 3, 2, 1)
    before = tokens.clone()
    expected = brute_force.block(tokens, block.state_dict(), 2, window, shift)
    torch.testing.assert_close(block(tokens), expected, rtol=1e-9, atol=1e-9)
    assert torch.equal(tokens, before), "the block changed its input"
    torch.testing.assert_close(use_plain_attention(block)(tokens), expected, rtol=1e-9, atol=1e-9)


@settings(deadline=None, max_examples=40)
@given(geometry(largest=11), st.data())
@torch.no_grad()
def test_changing_one_token_changes_exactly_the_tokens_of_its_window(geometry, data):
    size, window, shift = geometry
    changed = (data.draw(st.integers(0, size[0] - 1)), data.draw(st.integers(0, size[1] - 1)))
    block = random_block(window, shift)
    tokens = torch.randn(2, *size, 4, dtype=torch.float64)
    other = tokens.clone()
    other[1, changed[0], changed[1]] += torch.tensor([3.0, -2.0, 1.0, 5.0], dtype=torch.float64)
    differs = (block(tokens) != block(other)).any(-1)
    assert not differs[0].any(), "it leaked into another image of the batch"
    reached = {tuple(position) for position in differs[1].nonzero().tolist()}
    assert reached == brute_force.reach_of_block({changed}, size, window, shift)


@settings(deadline=None, max_examples=25)
@given(geometry(largest=11), st.data())
@torch.no_grad()
def test_two_blocks_reach_exactly_the_windows_of_the_windows(geometry, data):
    size, window, _ = geometry
    shift = (window[0] // 2, window[1] // 2)
    changed = (data.draw(st.integers(0, size[0] - 1)), data.draw(st.integers(0, size[1] - 1)))
    blocks = torch.nn.Sequential(random_block(window, (0, 0)), random_block(window, shift))
    tokens = torch.randn(1, *size, 4, dtype=torch.float64)
    other = tokens.clone()
    other[0, changed[0], changed[1]] += torch.tensor([3.0, -2.0, 1.0, 5.0], dtype=torch.float64)
    differs = (blocks(tokens) != blocks(other)).any(-1)
    after_one = brute_force.reach_of_block({changed}, size, window, (0, 0))
    after_two = brute_force.reach_of_block(after_one, size, window, shift)
    assert {tuple(position) for position in differs[0].nonzero().tolist()} == after_two


@settings(deadline=None, max_examples=15)
@given(geometry(), st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=4))
@torch.no_grad()
def test_the_answer_does_not_depend_on_sizes_seen_before(geometry, seen_before):
    size, window, shift = geometry
    block = random_block(window, shift)
    tokens = torch.randn(2, *size, 4, dtype=torch.float64)
    fresh = block(tokens)
    for other in seen_before:
        block(torch.randn(1, *other, 4, dtype=torch.float64))
    assert torch.equal(block(tokens), fresh)


# Sizes of their own for the next tests, so that no other test has met them before.
def test_a_size_first_seen_under_inference_mode_can_be_trained_afterwards():
    block = random_block((3, 4), (1, 2)).train()
    tokens = torch.randn(1, 17, 19, 4, dtype=torch.float64)
    with torch.inference_mode():
        seen = block(tokens)
    trained = block(tokens)
    trained.square().sum().backward()
    torch.testing.assert_close(trained, seen.clone())  # another kernel, so equal only to rounding
    assert all(parameter.grad is not None for parameter in block.parameters())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_moving_to_another_dtype_and_back_leaves_nothing_behind(dtype):
    block = random_block((3, 4), (1, 2))
    for parameter in block.parameters():  # values that every dtype holds exactly
        parameter.data = parameter.data.bfloat16().half().double()
    tokens = torch.randn(1, 16, 18, 4, dtype=torch.float64)
    expected = block(tokens)
    low = block.to(dtype)(tokens.to(dtype))
    assert low.dtype == dtype
    assert low.isfinite().all()
    torch.testing.assert_close(low.double(), expected, rtol=0.1, atol=0.3 if dtype != torch.float32 else 1e-4)
    torch.testing.assert_close(block.double()(tokens), expected)


def test_shapes_can_be_tried_without_memory_before_the_real_run():
    """On the meta device and with fake tensors, which must not stay behind in anything remembered."""
    from torch._subclasses.fake_tensor import FakeTensorMode

    block = random_block((3, 4), (1, 2))
    tokens = torch.randn(1, 15, 21, 4, dtype=torch.float64)
    with FakeTensorMode(allow_non_fake_inputs=True):
        assert block(torch.empty(1, 15, 21, 4, dtype=torch.float64)).shape == (1, 15, 21, 4)
    with torch.device("meta"):
        empty = SwinBlock(4, 2, (3, 4), (1, 2))
        assert empty(torch.empty(1, 15, 21, 4)).shape == (1, 15, 21, 4)
    expected = brute_force.block(tokens, block.state_dict(), 2, (3, 4), (1, 2))
    torch.testing.assert_close(block(tokens), expected)


@pytest.mark.parametrize(("size", "window", "shift"), [((2, 4), (2, 2), (1, 1)), ((3, 3), (2, 3), (1, 1))])
def test_gradients_are_right_in_float64(size, window, shift):
    torch.manual_seed(0)
    block = random_block(window, shift, channels=2, heads=1)
    names = [name for name, _ in block.named_parameters()]
    tokens = torch.randn(1, *size, 2, dtype=torch.float64, requires_grad=True)

    def run(tokens, *parameters):
        return torch.func.functional_call(block, dict(zip(names, parameters, strict=True)), (tokens,))

    assert gradcheck(run, (tokens, *[p.detach().requires_grad_() for p in block.parameters()]))


@torch.no_grad()
def test_a_batch_of_zero_images_gives_zero_images():
    assert random_block((3, 4), (1, 2))(torch.zeros(0, 7, 9, 4, dtype=torch.float64)).shape == (0, 7, 9, 4)


def test_drop_path_keeps_the_mean_and_decides_for_each_sample():
    torch.manual_seed(0)
    drop = DropPath(0.3).train()
    out = drop(torch.ones(20_000, 2, 3))
    assert torch.equal(out.flatten(1).amin(1), out.flatten(1).amax(1)), "one decision for a whole sample"
    values = out[:, 0, 0].unique()
    torch.testing.assert_close(values, torch.tensor([0.0, 1 / 0.7]))
    assert out.mean().item() == pytest.approx(1.0, abs=0.02)  # standard deviation of the mean: 0.0046


def test_drop_path_does_nothing_in_evaluation_or_at_rate_zero():
    x = torch.randn(4, 2)
    assert DropPath(0.9).eval()(x) is x
    assert DropPath(0.0).train()(x) is x


@pytest.mark.parametrize("rate", [-0.1, 1.0, 2])
def test_drop_path_refuses_a_rate_outside_0_to_1(rate):
    with pytest.raises(ValueError, match=r"\[0, 1\)"):
        DropPath(rate)


def test_drop_path_works_on_both_branches_independently():
    torch.manual_seed(0)
    block = random_block((2, 2), (1, 1), drop_path=0.5).train()
    tokens = torch.randn(1, 4, 4, 4, dtype=torch.float64).repeat(400, 1, 1, 1)
    with torch.no_grad():
        out = block(tokens)
        attention = block.attend(block.norm1(tokens[:1]))
        kinds = []
        for keep_attention in (0, 2):
            for keep_mlp in (0, 2):
                mixed = tokens[:1] + keep_attention * attention
                kinds.append(mixed + keep_mlp * block.mlp(block.norm2(mixed)))
    which = torch.stack([(out - kind).abs().amax((1, 2, 3)) for kind in kinds]).min(0)
    assert which.values.max() < 1e-9, "each sample has lost none, one or both branches, whole"
    counts = which.indices.bincount(minlength=4)
    assert (counts > 60).all(), (
        f"each of the four happens a quarter of the time, got {counts.tolist()} of 400"
    )


def test_mlp_is_linear_gelu_linear():
    mlp = MLP(4, 8).double()
    x = torch.randn(5, 4, dtype=torch.float64)
    weights = {name: tensor.detach() for name, tensor in mlp.state_dict().items()}
    hidden = brute_force.gelu(brute_force.linear(x, weights, "expand"))
    torch.testing.assert_close(mlp(x), brute_force.linear(hidden, weights, "contract"))


def test_wrong_inputs_say_what_was_expected():
    block = SwinBlock(4, 2, 3, 1)
    with pytest.raises(ValueError, match=r"tokens must be \(B, H, W, 4\)"):
        block(torch.zeros(1, 36, 4))
    with pytest.raises(ValueError, match=r"tokens must be \(B, H, W, 4\)"):
        block(torch.zeros(1, 4, 6, 6))
    with pytest.raises(ValueError, match="at least 1"):
        block(torch.zeros(1, 0, 6, 4))
    with pytest.raises(ValueError, match=r"shift must be 0 \.\.\. 2"):
        SwinBlock(4, 2, 3, 3)
