"""Chapter 05: differently written right answers pass, and the references are what the network really does."""

import pytest
import torch
import torch.nn.functional as F

from swin_edu import SwinBlock, count_parameters, exercises
from swin_edu.exercises import block, block_padding, block_reach, block_training, running
from swin_edu.model.windows import effective_window, shift_mask, window_partition, window_reverse


def parameters_by_hand(channels, num_heads, window, mlp_ratio, qkv_bias):
    c, hidden = channels, round(mlp_ratio * channels)
    norms = 4 * c
    qkv = c * 3 * c + (3 * c if qkv_bias else 0)
    table = (2 * window[0] - 1) * (2 * window[1] - 1) * num_heads
    return norms + qkv + table + (c * c + c) + (c * hidden + hidden) + (hidden * c + c)


def parameters_by_building(channels, num_heads, window, mlp_ratio, qkv_bias):
    return count_parameters(SwinBlock(channels, num_heads, window, mlp_ratio=mlp_ratio, qkv_bias=qkv_bias))


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


def attention_in_one_window(tokens, window, shift, attention):
    """No roll, no padding: the whole grid is one window, and a mask says who shares one of the real ones."""
    batch, height, width, channels = tokens.shape
    (mh, mw), (sh, sw) = window, shift
    rows, columns = (torch.arange(height) - sh) // mh, (torch.arange(width) - sw) // mw
    number = (100 * rows[:, None] + columns).flatten()
    mask = (number[:, None] == number)[None]
    return attention(tokens.flatten(1, 2), mask).view(batch, height, width, channels)


def attention_with_the_mask_of_the_course(tokens, window, shift, attention):
    (_, height, width, _), (mh, mw) = tokens.shape, window
    grid = F.pad(tokens, (0, 0, 0, -width % mw, 0, -height % mh)).roll((-shift[0], -shift[1]), (1, 2))
    mask = shift_mask(height, width, window, shift)
    windows = attention(window_partition(grid, window).flatten(1, 2), mask)
    out = window_reverse(windows.unflatten(1, window), window, *grid.shape[1:3])
    return out.roll(shift, (1, 2))[:, :height, :width]


def attention_window_by_window(tokens, window, shift, attention):
    """Each window cut out where it is, as large as it is."""
    _, height, width, _ = tokens.shape
    (mh, mw), (sh, sw) = window, shift
    out = torch.empty_like(tokens)
    for top in range(sh - mh, height, mh):
        for left in range(sw - mw, width, mw):
            place = slice(max(top, 0), top + mh), slice(max(left, 0), left + mw)
            here = tokens[:, *place]
            if here.numel():
                n = here.shape[1] * here.shape[2]
                mask = torch.ones(1, n, n, dtype=torch.bool)
                out[:, *place] = attention(here.flatten(1, 2), mask).view(here.shape)
    return out


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("block_parameters", parameters_by_hand),
        ("block_parameters", parameters_by_building),
        ("block_parameters", parameters_by_shapes),
        ("block_in_training", training_sample_by_sample),
        ("block_in_training", training_with_where),
        ("mend_attention", attention_in_one_window),
        ("mend_attention", attention_with_the_mask_of_the_course),
        ("mend_attention", attention_window_by_window),
        ("seen_through_blocks", seen_by_loops),
        ("seen_through_blocks", seen_by_gradient),
    ],
)
def test_a_right_answer_passes_however_it_is_written(name, answer):
    for seed in range(5):
        assert getattr(exercises, name).grade(answer, points=1, seed=seed) == 1


def test_the_coins_of_each_case_drop_keep_and_stand_on_the_border():
    hidden = [case for seed in range(5) for case in exercises.block_in_training.hidden_cases(seed)]
    for *_, rate, draws in exercises.block_in_training.cases() + hidden:
        assert (draws[0] == rate).any()
        assert ((draws < rate).any(dim=1) & (draws > rate).any(dim=1)).all()


def test_what_the_mistakes_twist_is_right_without_a_twist():
    assert exercises.block_parameters.examine(block._count)
    assert exercises.block_in_training.examine(block_training._drop_by(block_training._drop))
    assert exercises.mend_attention.examine(block_padding._twisted)
    assert exercises.seen_through_blocks.examine(block_reach._look_back)


def test_the_given_attention_is_wrong_in_every_case_and_in_the_task_as_it_is():
    exercise = exercises.mend_attention
    hidden = [case for seed in range(20) for case in exercise.hidden_cases(seed)]
    outcomes = [running.run(block_padding.attend, case) for case in hidden]
    assert exercise.judge(outcomes, hidden).right == 0
    assert exercise.examine(block_padding.attend).right == 0
    assert block_padding.GIVEN in exercise.task


def test_real_tokens_of_the_given_attention_attend_to_padding():
    """8 rows, M = 7, s = 3: row 7 shares a window with 4 real rows and 2 of zeros, and sees them all."""

    def those_allowed(windows, mask):
        return (mask.double() / mask.sum(-1, keepdim=True)) @ windows

    tokens = torch.ones(1, 8, 6, 1, dtype=torch.float64)  # what is below 1 afterwards met zeros
    given = block_padding.attend(tokens, (7, 3), (3, 1), those_allowed)
    assert float(given[0, 7, 0, 0]) == pytest.approx(5 / 7)
    right = exercises.mend_attention.reference(tokens, (7, 3), (3, 1), those_allowed)
    torch.testing.assert_close(right, tokens)


def test_every_axis_of_a_drawn_grid_is_longer_than_its_window():
    for seed in range(20):
        for tokens, window, shift, _ in exercises.mend_attention.hidden_cases(seed):
            assert effective_window(*tokens.shape[1:3], window, shift) == (window, shift)
            assert all(0 < s < m for s, m in zip(shift, window, strict=True))


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
