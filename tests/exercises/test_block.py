"""Chapter 05: differently written right answers pass, and the references are what the network really does."""

import pytest
import torch

from swin_edu import SwinBlock, exercises
from swin_edu.exercises.block import _training_cases


def parameters_by_hand(channels, num_heads, window, mlp_ratio, qkv_bias):
    c, hidden = channels, round(mlp_ratio * channels)
    norms = 4 * c
    qkv = c * 3 * c + (3 * c if qkv_bias else 0)
    table = (2 * window[0] - 1) * (2 * window[1] - 1) * num_heads
    return norms + qkv + table + (c * c + c) + (c * hidden + hidden) + (hidden * c + c)


def parameters_by_shapes(channels, num_heads, window, mlp_ratio, qkv_bias):
    block = SwinBlock(channels, num_heads, window, mlp_ratio=mlp_ratio, qkv_bias=qkv_bias)
    return sum(torch.Size(p.shape).numel() for p in block.state_dict().values())


def training_sample_by_sample(tokens, norm1, attend, norm2, mlp, rate, draws):
    samples = []
    for z, one, other in zip(tokens.split(1), draws[0].tolist(), draws[1].tolist(), strict=True):
        if one >= rate:
            z = z + attend(norm1(z)) / (1 - rate)
        if other >= rate:
            z = z + mlp(norm2(z)) / (1 - rate)
        samples.append(z)
    return torch.cat(samples)


def training_with_where(tokens, norm1, attend, norm2, mlp, rate, draws):
    out = tokens.clone()
    for row, branch in ((0, lambda z: attend(norm1(z))), (1, lambda z: mlp(norm2(z)))):
        added = branch(out) / (1 - rate)
        out = out + torch.where((draws[row] >= rate).view(-1, 1, 1, 1), added, torch.zeros_like(added))
    return out


def seen_by_loops(height, width, blocks, row, column):
    def window_of(position, length, m, s):
        return 0 if length <= m else (position - s) // m

    seen = {(row, column)}
    for (mh, mw), (sh, sw) in blocks[::-1]:
        windows = {(window_of(r, height, mh, sh), window_of(c, width, mw, sw)) for r, c in seen}
        seen = {
            (r, c)
            for r in range(height)
            for c in range(width)
            if (window_of(r, height, mh, sh), window_of(c, width, mw, sw)) in windows
        }
    return torch.tensor([[(r, c) in seen for c in range(width)] for r in range(height)])


def seen_by_gradient(height, width, blocks, row, column):
    torch.manual_seed(0)
    tokens = torch.randn(1, height, width, 8, dtype=torch.float64, requires_grad=True)
    with torch.enable_grad():
        z = tokens
        for window, shift in blocks:
            z = SwinBlock(8, 2, window, shift).double()(z)
        (gradient,) = torch.autograd.grad((z[0, row, column] * torch.randn(8)).sum(), tokens)
    return (gradient[0] != 0).any(dim=-1)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("block_parameters", parameters_by_hand),
        ("block_parameters", parameters_by_shapes),
        ("block_in_training", training_sample_by_sample),
        ("block_in_training", training_with_where),
        ("seen_through_blocks", seen_by_loops),
        ("seen_through_blocks", seen_by_gradient),
    ],
)
def test_a_right_answer_passes_however_it_is_written(name, answer):
    report = getattr(exercises, name).examine(answer)
    assert report, report


def test_the_coins_of_each_case_drop_keep_and_stand_on_the_border():
    for *_, rate, draws in _training_cases():
        assert (draws[0] == rate).any()
        assert ((draws < rate).any(dim=1) & (draws > rate).any(dim=1)).all()


def test_coins_along_the_channels_are_named_though_most_shapes_refuse_them():
    def answer(tokens, norm1, attend, norm2, mlp, rate, draws):
        keep = (draws >= rate) / (1 - rate)
        tokens = tokens + keep[0] * attend(norm1(tokens))
        return tokens + keep[1] * mlp(norm2(tokens))

    assert exercises.block_in_training.examine(answer).mistake == "along_the_channels"


def test_looking_forward_is_named_as_such():
    def answer(height, width, blocks, row, column):
        return seen_by_loops(height, width, blocks[::-1], row, column)

    report = exercises.seen_through_blocks.examine(answer)
    assert report.mistake == "who_hears"
    assert "who hears the token" in report.message
