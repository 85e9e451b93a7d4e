"""The cost of one attention layer: the paper's equations, PyTorch's own counter, and the library's count."""

import pytest
import torch
from einops import rearrange
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from swin_edu import SwinConfig, multiply_adds
from swin_edu.model.attention import WindowAttention
from swin_edu.model.block import SwinBlock
from swin_edu.model.windows import effective_window, padded_size
from swin_edu.visuals.attention_cost import attention_cost


@pytest.mark.parametrize(("h", "w", "c", "m"), [(56, 56, 96, 7), (8, 12, 5, 4), (14, 28, 192, 7)])
def test_where_windows_fit_it_is_equations_1_and_2(h, w, c, m):
    everywhere, windows = attention_cost(h, w, c), attention_cost(h, w, c, m)
    assert everywhere.multiply_adds == 4 * h * w * c**2 + 2 * (h * w) ** 2 * c
    assert windows.multiply_adds == 4 * h * w * c**2 + 2 * m**2 * h * w * c
    assert everywhere.pairs == (h * w) ** 2
    assert windows.pairs == m**2 * h * w
    assert everywhere.padding == windows.padding == 0


def counted_by_pytorch(height, width, channels, window, heads):
    """Multiply-adds of a real attention layer while it runs, and the attention matrices that it makes."""
    padded = padded_size(height, width, window)
    (mh, mw), _ = effective_window(height, width, window, 0)
    windows = padded[0] * padded[1] // (mh * mw)
    # A bias that learns would change the way it is computed, not how much.
    layer = WindowAttention(channels, heads, (mh, mw), relative_position_bias=False).to("meta")
    with FlopCounterMode(display=False) as counter:
        layer.forward_plain(torch.empty(windows, mh * mw, channels, device="meta"))
    return counter.get_total_flops() // 2, heads * windows * (mh * mw) ** 2


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 9), st.integers(1, 9), st.integers(1, 4))
def test_it_is_what_pytorch_counts_in_a_real_attention_layer(height, width, mh, mw, heads):
    for window in ((mh, mw), None):
        cost = attention_cost(height, width, 8 * heads, window, heads)
        done, numbers = counted_by_pytorch(height, width, 8 * heads, window or (height, width), heads)
        assert cost.multiply_adds == done
        assert cost.matrix_bytes == 4 * numbers


def test_the_bytes_are_those_of_the_matrices_that_attention_really_makes():
    """The softmax of a plain attention, caught while it runs, on a padded grid with three heads."""
    layer, made = WindowAttention(12, 3, 4), []
    windows = torch.randn(2 * 3, 16, 12)  # 6 x 9 tokens, padded to 8 x 12

    class Catch(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            result = function(*args, **(kwargs or {}))
            if function is torch.Tensor.softmax:
                made.append(result)
            return result

    with Catch():
        layer.forward_plain(windows)
    (weights,) = made
    assert attention_cost(6, 9, 12, 4, num_heads=3).matrix_bytes == weights.numel() * weights.element_size()


@pytest.mark.parametrize("size", [(224, 224), (97, 131), (320, 200), (16, 400)])
@pytest.mark.parametrize("window", [7, (4, 9), 3])
def test_it_is_the_same_count_as_that_of_whole_networks(size, window):
    config = SwinConfig(window_size=window)
    network = multiply_adds(config, *size)
    for stage, depth, channels in zip(network.stages, config.depths, config.stage_channels, strict=True):
        cost = attention_cost(*stage.grid, channels, window)
        assert (depth * cost.projections, depth * cost.products) == (stage.projections, stage.attention)


def test_a_whole_block_does_this_work_and_its_mlp():
    block = SwinBlock(24, 3, 4, shift=2).to("meta")  # the counter does not know the fused kernel of a CPU
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        block(torch.empty(1, 9, 14, 24, device="meta"))
    mlp = 2 * 9 * 14 * 24 * 96
    assert counter.get_total_flops() // 2 == attention_cost(9, 14, 24, 4).multiply_adds + mlp


def test_padding_is_counted_and_an_axis_no_longer_than_the_window_is_one_window():
    padded = attention_cost(57, 57, 96, 7)
    assert (padded.tokens, padded.padding) == (63 * 63, 63 * 63 - 57 * 57)
    assert padded.pairs == 63 * 63 * 49
    assert attention_cost(5, 7, 96, 7) == attention_cost(5, 7, 96)
    assert attention_cost(5, 14, 96, 7).pairs == (5 * 14) * (5 * 7)


def test_heads_cost_memory_but_no_multiply_adds():
    one, twelve = attention_cost(14, 14, 96, 7, num_heads=1), attention_cost(14, 14, 96, 7, num_heads=12)
    assert twelve.multiply_adds == one.multiply_adds
    assert twelve.matrix_bytes == 12 * one.matrix_bytes


def test_every_token_meets_its_window_and_nobody_else():
    """Pairs counted one by one, from the windows that the tokens fall into."""
    grid = torch.arange(8 * 12).reshape(8, 12)
    windows = rearrange(grid, "(nh mh) (nw mw) -> (nh nw) (mh mw)", mh=4, mw=3)
    met = sum(len(window) ** 2 for window in windows)
    assert attention_cost(8, 12, 1, (4, 3)).pairs == met


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 4, 8), "at least 1"),
        ((4, 4, 0), "channels must be at least 1, got 0"),
        ((4, 4, 8, 0), "at least 1"),
        ((4, 4, 8, 2, 0), "num_heads must be at least 1, got 0"),
    ],
)
def test_sizes_below_one_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        attention_cost(*arguments)
