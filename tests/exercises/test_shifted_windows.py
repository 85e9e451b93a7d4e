"""Chapter 03: differently written right answers pass, and the reference is what the network really does."""

import pytest
import torch

from swin_edu import SwinBlock, exercises


def mask_1d_by_loops(length, M, s):
    mask = torch.zeros(length // M, M, M, dtype=torch.bool)
    place = [(r + s) % length for r in range(length)]  # who stands there after the roll
    for w in range(length // M):
        for q in range(M):
            for k in range(M):
                one, other = ((place[w * M + i] - s) // M for i in (q, k))
                mask[w, q, k] = one == other
    return mask


def mask_1d_by_unfold(length, M, s):
    window = ((torch.arange(length) - s) // M).roll(-s).view(-1, M)
    return (window.unsqueeze(-1) - window.unsqueeze(-2)) == 0


def mask_any_by_view_and_permute(H, W, Mh, Mw, sh, sw):
    rows, columns = (torch.arange(H) - sh) // Mh, (torch.arange(W) - sw) // Mw
    ids = (rows[:, None] * 999 + columns).roll((-sh, -sw), (0, 1))
    ids = ids.view(H // Mh, Mh, W // Mw, Mw).permute(0, 2, 1, 3).reshape(-1, Mh * Mw)
    return ids[:, None, :] == ids[:, :, None]


def mask_any_from_axes(H, W, Mh, Mw, sh, sw):
    rows, columns = mask_1d_by_unfold(H, Mh, sh), mask_1d_by_unfold(W, Mw, sw)
    both = rows[:, None, :, None, :, None] & columns[None, :, None, :, None, :]
    return both.reshape(-1, Mh * Mw, Mh * Mw)


def who_hears_by_loops(H, W, M, k, row, column):
    known = {(row, column)}
    for block in range(k):
        s = 0 if block % 2 == 0 else M // 2
        windows = {((r - s) // M, (c - s) // M) for r, c in known}
        known = {(r, c) for r in range(H) for c in range(W) if ((r - s) // M, (c - s) // M) in windows}
    return torch.tensor([[(r, c) in known for c in range(W)] for r in range(H)])


def who_hears_really(H, W, M, k, row, column):
    torch.manual_seed(0)
    before = torch.randn(1, H, W, 8, dtype=torch.float64)
    after = before.clone()
    after[0, row, column, 0] += 1
    with torch.no_grad():
        for block in range(k):
            layer = SwinBlock(8, 2, M, shift=M // 2 * (block % 2)).double()
            before, after = layer(before), layer(after)
    return (before != after)[0].any(dim=-1)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("mask_1d", mask_1d_by_loops),
        ("mask_1d", mask_1d_by_unfold),
        ("mask_any", mask_any_by_view_and_permute),
        ("mask_any", mask_any_from_axes),
        ("who_hears_after", who_hears_by_loops),
        ("who_hears_after", who_hears_really),
    ],
)
def test_a_right_answer_passes_however_it_is_written(name, answer, right_everywhere):
    right_everywhere(name, answer)


def mask_1d_for_all_windows(length, M, s):
    mask = torch.ones(length // M, M, M, dtype=torch.bool)
    mask[:, : M - s, M - s :] = mask[:, M - s :, : M - s] = False
    return mask


def mask_any_by_slices_painted_from_the_start(H, W, Mh, Mw, sh, sw):
    """The painted counter, on the wrong end of each axis: it gives other masks, of no known kind."""
    ids = torch.zeros(H, W, dtype=torch.long)
    ids[:sh] += 3
    ids[:, :sw] += 1
    ids = ids.view(H // Mh, Mh, W // Mw, Mw).permute(0, 2, 1, 3).reshape(-1, Mh * Mw)
    return ids[:, None, :] == ids[:, :, None]


def hears_as_the_roll_leaves_it(H, W, M, k, row, column):
    """Rolled, spread in plain windows, rolled back: without a mask, the edges meet."""
    knows = torch.zeros(H, W, dtype=torch.bool)
    knows[row, column] = True
    for block in range(k):
        s = M // 2 if block % 2 else 0
        rolled = knows.roll((-s, -s), (0, 1)).view(H // M, M, W // M, M)
        rolled = rolled.any(dim=3, keepdim=True).any(dim=1, keepdim=True).expand(-1, M, -1, M)
        knows = rolled.reshape(H, W).roll((s, s), (0, 1))
    return knows


@pytest.mark.parametrize(
    ("name", "answer", "mistake"),
    [
        ("mask_1d", mask_1d_for_all_windows, "every_window"),
        ("mask_any", mask_any_by_slices_painted_from_the_start, None),
        ("who_hears_after", hears_as_the_roll_leaves_it, "roll_not_undone"),
    ],
)
def test_a_learners_own_version_of_a_mistake_is_named_where_it_is_known(name, answer, mistake):
    report = getattr(exercises, name).examine(answer)
    assert (report.passed, report.mistake) == (False, mistake)


def test_no_case_is_square_whatever_the_seed():
    for seed in range(12):
        for H, W, Mh, Mw, sh, sw in exercises.mask_any.hidden_cases(seed):
            assert H != W
            assert Mh != Mw
            assert sh != sw
        for H, W, *_ in exercises.who_hears_after.hidden_cases(seed):
            assert H != W
        for tokens, *_ in exercises.mend_padding.hidden_cases(seed):
            assert tokens.shape[0] > 1
            assert tokens.shape[1] != tokens.shape[2]
        for grid, window, shift in exercises.video_mask.hidden_cases(seed):
            assert len(set(grid)) == len(set(window)) == 3
            assert all(0 <= s < m for m, s in zip(window, shift, strict=True))
        for sizes, window, shift in exercises.mend_memory.hidden_cases(seed):
            assert len(set(sizes)) > 1
            assert all(n <= m or n % m == 0 for size in sizes for n, m in zip(size, window, strict=True))
            assert all(0 < s < m for m, s in zip(window, shift, strict=True))
