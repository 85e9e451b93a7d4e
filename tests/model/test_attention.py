"""Attention inside windows: the fast path, the plain path and loops give the same numbers."""

from math import sqrt

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck

from swin_edu import WindowAttention, attention_plain


def random_attention(window, heads=2, channels=8, **options):
    attention = WindowAttention(channels, heads, window, **options).double()
    for parameter in attention.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return attention


def some_mask(count, tokens):
    """Random, but everyone may at least attend to itself, as in every `shift_mask`."""
    return (torch.rand(count, tokens, tokens) < 0.5) | torch.eye(tokens, dtype=torch.bool)


def loops(attention, windows, window, mask):
    """The definition, one query and one head at a time."""
    count, tokens, channels = windows.shape
    depth = channels // attention.num_heads
    full_h, full_w = attention.position.window if attention.position else (0, 0)
    out = torch.zeros_like(windows)
    qkv = windows @ attention.qkv.weight.T
    if attention.qkv.bias is not None:
        qkv = qkv + attention.qkv.bias
    for w in range(count):
        for head in range(attention.num_heads):
            q, k, v = (qkv[w, :, i * channels + head * depth :][:, :depth] for i in range(3))
            for a in range(tokens):
                keys = [b for b in range(tokens) if mask is None or mask[w % len(mask), a, b]]
                scores = torch.stack([q[a] @ k[b] / sqrt(depth) for b in keys])
                if attention.position:
                    rows = [
                        (a // window[1] - b // window[1] + full_h - 1) * (2 * full_w - 1)
                        + (a % window[1] - b % window[1] + full_w - 1)
                        for b in keys
                    ]
                    scores = scores + attention.position.table[rows, head]
                out[w, a, head * depth : (head + 1) * depth] = scores.softmax(0) @ v[keys]
    return out @ attention.projection.weight.T + attention.projection.bias


@settings(deadline=None, max_examples=40)
@given(
    st.tuples(st.integers(1, 3), st.integers(1, 4)),
    st.integers(1, 3),
    st.integers(1, 2),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
@torch.no_grad()
def test_fast_path_equals_plain_path_equals_loops(
    window, grid_windows, batch, masked, qkv_bias, position, same_window
):
    # A window smaller than the table's is what a small map gets.
    full = window if same_window else (window[0] + 1, window[1] + 2)
    attention = random_attention(full, qkv_bias=qkv_bias, relative_position_bias=position)
    tokens = window[0] * window[1]
    windows = torch.randn(batch * grid_windows, tokens, 8, dtype=torch.float64)
    mask = some_mask(grid_windows, tokens) if masked else None
    expected = loops(attention, windows, window, mask)
    torch.testing.assert_close(attention(windows, window, mask), expected)
    torch.testing.assert_close(attention.forward_plain(windows, window, mask), expected)


def test_mask_belongs_to_the_window_not_to_the_image():
    attention = random_attention((2, 2))
    image = torch.randn(3, 4, 8, dtype=torch.float64)
    mask = some_mask(3, 4)
    alone = attention(image, mask=mask)
    together = attention(torch.cat([image, image.flip(0), image]), mask=mask)
    torch.testing.assert_close(together[:3], alone)
    torch.testing.assert_close(together[6:], alone)


def test_tokens_in_any_memory_layout_give_the_same():
    attention = random_attention((2, 3))
    windows = torch.randn(4, 6, 8, dtype=torch.float64)
    strided = windows.transpose(1, 2).contiguous().transpose(1, 2)
    assert not strided.is_contiguous()
    torch.testing.assert_close(attention(strided), attention(windows))


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("path", ["forward", "forward_plain"])
def test_gradients_are_right_in_float64(path, masked):
    torch.manual_seed(0)
    attention = random_attention((2, 2), channels=4)
    windows = torch.randn(4, 4, 4, dtype=torch.float64, requires_grad=True)
    mask = some_mask(2, 4) if masked else None
    names = [name for name, _ in attention.named_parameters()]

    def run(windows, *parameters):
        arguments = (windows, None, mask)
        with torch.nn.utils.stateless._reparametrize_module(
            attention, dict(zip(names, parameters, strict=True))
        ):
            return getattr(attention, path)(*arguments)

    assert gradcheck(run, (windows, *[p.detach().requires_grad_() for p in attention.parameters()]))


def test_attention_plain_is_a_mean_of_values_with_softmax_weights():
    query, key, value = (torch.randn(2, 3, 5, 4, dtype=torch.float64) for _ in range(3))
    weights = torch.einsum("bhqd,bhkd->bhqk", query, key).div(2).exp()
    expected = torch.einsum("bhqk,bhkd->bhqd", weights / weights.sum(-1, keepdim=True), value)
    torch.testing.assert_close(attention_plain(query, key, value), expected)


def test_a_masked_key_has_no_influence_at_all():
    attention = random_attention((2, 2))
    windows = torch.randn(1, 4, 8, dtype=torch.float64)
    mask = torch.ones(1, 4, 4, dtype=torch.bool)
    mask[:, :3, 3] = False
    changed = windows.clone()
    changed[:, 3] += 1e6
    before, after = attention(windows, mask=mask), attention(changed, mask=mask)
    assert torch.equal(before[:, :3], after[:, :3])
    assert not torch.allclose(before[:, 3], after[:, 3])


def test_no_position_leaves_the_table_out_and_order_does_not_matter():
    attention = random_attention((2, 3), relative_position_bias=False)
    assert not any("table" in name for name, _ in attention.named_parameters())
    windows = torch.randn(2, 6, 8, dtype=torch.float64)
    order = torch.randperm(6)
    torch.testing.assert_close(attention(windows[:, order]), attention(windows)[:, order])


def test_qkv_bias_false_has_none_but_the_projection_keeps_its_own():
    attention = WindowAttention(8, 2, 2, qkv_bias=False)
    assert attention.qkv.bias is None
    assert attention.projection.bias is not None


def test_wrong_inputs_say_what_was_expected():
    attention = WindowAttention(8, 2, 2)
    with pytest.raises(ValueError, match="windows must be"):
        attention(torch.zeros(1, 2, 2, 8))
    with pytest.raises(ValueError, match="4 tokens"):
        attention(torch.zeros(1, 6, 8))
    with pytest.raises(ValueError, match="3 windows"):
        attention(torch.zeros(3, 4, 8), mask=torch.ones(2, 4, 4, dtype=torch.bool))
    with pytest.raises(ValueError, match="bool"):
        attention(torch.zeros(2, 4, 8), mask=torch.zeros(2, 4, 4))
    with pytest.raises(ValueError, match="num_heads"):
        WindowAttention(8, 3, 2)
