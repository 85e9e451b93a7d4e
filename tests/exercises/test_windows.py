"""Chapter 02: differently written right answers pass, and the references are what the library does."""

import math

import pytest
import torch
import torch.nn.functional as F
from einops import rearrange
from torch.utils.flop_counter import FlopCounterMode

from swin_edu import WindowAttention, exercises, shift_mask, window_partition, window_reverse

# ---- A ---------------------------------------------------------------------------------------------


def cut_by_the_library(tokens, window):
    return window_partition(tokens, window)


def cut_by_slices(tokens, window):
    mh, mw = window
    _, height, width, _ = tokens.shape
    return torch.stack(
        [
            image[r : r + mh, c : c + mw]
            for image in tokens
            for r in range(0, height, mh)
            for c in range(0, width, mw)
        ]
    )


def cut_by_unfold(tokens, window):
    pieces = tokens.unfold(1, window[0], window[0]).unfold(2, window[1], window[1])  # B, nh, nw, C, Mh, Mw
    return pieces.permute(0, 1, 2, 4, 5, 3).flatten(0, 2)


# ---- B ---------------------------------------------------------------------------------------------


def count_by_loops(grid, window, channels):
    tokens, inside = 1, 1
    for length, m in zip(grid, window, strict=True):
        m = min(m, length)
        tokens, inside = tokens * math.ceil(length / m) * m, inside * m
    windows = tokens // inside
    return windows * (4 * inside * channels * channels + 2 * inside * inside * channels)


def count_by_pytorch(grid, window, channels):
    window = [min(m, length) for m, length in zip(window, grid, strict=True)]
    inside = math.prod(window)
    count = math.prod(-(-length // m) for length, m in zip(grid, window, strict=True))
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        WindowAttention(channels, 1, (1, inside), relative_position_bias=False)(
            torch.empty(count, inside, channels)
        )
    return counter.get_total_flops() // 2


# ---- C ---------------------------------------------------------------------------------------------


def attend_by_slices(tokens, window, qkv_weight, num_heads):
    """Window by window, with the smaller ones at the end as they are."""
    if len(window) == 1:
        pieces = [attend_alone(part, qkv_weight, num_heads) for part in tokens.split(window[0], dim=1)]
        return torch.cat(pieces, dim=1)
    return torch.cat(
        [attend_rest(part, window, qkv_weight, num_heads, axis=2) for part in tokens.split(window[0], dim=1)],
        dim=1,
    )


def attend_rest(tokens, window, qkv_weight, num_heads, axis):
    if axis == tokens.ndim - 1:
        return attend_alone(tokens, qkv_weight, num_heads)
    parts = tokens.split(window[axis - 1], dim=axis)
    return torch.cat([attend_rest(part, window, qkv_weight, num_heads, axis + 1) for part in parts], dim=axis)


def attend_alone(tokens, qkv_weight, num_heads):
    flat = tokens.flatten(1, -2)
    q, k, v = (
        part.unflatten(-1, (num_heads, -1)).transpose(1, 2)
        for part in F.linear(flat, qkv_weight).chunk(3, dim=-1)
    )
    return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(tokens.shape)


def attend_by_padding_and_masking(tokens, window, qkv_weight, num_heads):
    """The library's way, for images; other grids get axes of length 1."""
    grid = tokens.shape[1:-1]
    if len(grid) == 3:
        return attend_by_slices(tokens, window, qkv_weight, num_heads)
    tokens4, window2 = (tokens, window) if len(grid) == 2 else (tokens[:, None], (1, *window))
    height, width = tokens4.shape[1:3]
    fitted = tuple(min(m, n) for m, n in zip(window2, (height, width), strict=True))
    bottom, right = -height % fitted[0], -width % fitted[1]
    padded = F.pad(tokens4, (0, 0, 0, right, 0, bottom))
    attention = WindowAttention(
        tokens.shape[-1], num_heads, fitted, qkv_bias=False, relative_position_bias=False
    )
    attention = attention.to(tokens.dtype).requires_grad_(False)
    attention.qkv.weight.copy_(qkv_weight)
    attention.projection.weight.copy_(torch.eye(tokens.shape[-1]))
    attention.projection.bias.zero_()
    windows = rearrange(window_partition(padded, fitted), "w i j c -> w (i j) c")
    mixed = attention(windows, mask=shift_mask(height, width, fitted, 0))
    mixed = mixed.unflatten(1, fitted)
    answer = window_reverse(mixed, fitted, *padded.shape[1:3])[:, :height, :width]
    return answer.reshape(tokens.shape)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("cut_windows", cut_by_the_library),
        ("cut_windows", cut_by_slices),
        ("cut_windows", cut_by_unfold),
        ("count_multiply_adds", count_by_loops),
        ("count_multiply_adds", count_by_pytorch),
        ("attend_in_windows", attend_by_slices),
        ("attend_in_windows", attend_by_padding_and_masking),
    ],
)
def test_a_right_answer_passes_however_it_is_written(name, answer, right_everywhere):
    dtypes = {"cut_windows": (torch.float64, torch.bfloat16), "attend_in_windows": (torch.float32,)}
    right_everywhere(name, answer, dtypes.get(name, ()))


def test_no_case_is_square_or_of_one_image():
    for name in ("cut_windows", "dilated_windows", "in_video_windows", "attend_in_windows"):
        exercise = getattr(exercises, name)
        hidden = [case for seed in range(12) for case in exercise.hidden_cases(seed)]
        for tokens, *_ in exercise.cases() + hidden:
            assert tokens.shape[0] > 1
            assert len(set(tokens.shape[1:-1])) == tokens.ndim - 2
    for seed in range(12):
        for grid, window, _ in exercises.count_multiply_adds.hidden_cases(seed):
            assert len(set(grid)) == len(set(window)) == len(grid)


def test_a_wrong_answer_of_no_known_kind_is_told_where_it_differs():
    report = exercises.count_multiply_adds.examine(lambda grid, window, channels: 7)
    assert report.mistake is None
    assert "expected" in report.message
