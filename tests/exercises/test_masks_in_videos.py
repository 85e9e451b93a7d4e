"""Chapter 03, the mask of a video: right answers pass, and in two dimensions it is the library's mask."""

from itertools import product

import pytest
import torch

from swin_edu import exercises, shift_mask


def mask_by_loops(grid, window, shift):
    """Follow each token to its place, and compare each pair of a window by the definition."""
    axes = []
    for length, m, s in zip(grid, window, shift, strict=True):
        m, s = (length, 0) if length <= m else (m, s)
        padded = -(-length // m) * m
        token = [(place + s) % padded for place in range(padded)]
        axes.append((m, padded, [None if r >= length else (r - s) // m for r in token]))
    masks = []
    for starts in product(*(range(0, padded, m) for m, padded, _ in axes)):
        places = product(*(range(a, a + m) for a, (m, _, _) in zip(starts, axes, strict=True)))
        names = [tuple(name[p] for p, (_, _, name) in zip(place, axes, strict=True)) for place in places]
        names = [None if None in name else name for name in names]
        masks.append([[one == other for other in names] for one in names])
    return torch.tensor(masks)


def mask_by_axes(grid, window, shift):
    """A mask for each axis alone, joined; padding is told apart at the end."""
    same, real = torch.ones(1, 1, 1, dtype=torch.bool), torch.ones(1, 1, dtype=torch.bool)
    for length, m, s in zip(grid, window, shift, strict=True):
        m, s = (length, 0) if length <= m else (m, s)
        before = torch.cat([torch.arange(length), torch.full((-length % m,), -1)]).roll(-s).view(-1, m)
        number = torch.div(before - s, m, rounding_mode="floor")
        one = number[:, :, None] == number[:, None, :]
        w, n, k = same.shape[0], same.shape[1], len(before)
        same = (same[:, None, :, None, :, None] & one[None, :, None, :, None, :]).reshape(w * k, n * m, n * m)
        real = (real[:, None, :, None] & (before >= 0)[None, :, None, :]).reshape(w * k, n * m)
    both_real, both_padding = (x[:, :, None] & x[:, None, :] for x in (real, ~real))
    return (same & both_real) | both_padding


@pytest.mark.parametrize("answer", [mask_by_loops, mask_by_axes])
def test_a_right_answer_passes_however_it_is_written(answer, right_everywhere):
    right_everywhere("video_mask", answer)


def test_with_one_frame_it_is_the_mask_of_the_library_for_any_size():
    for H, W, m in product(range(2, 10, 3), range(3, 12, 4), (2, 4)):
        for s in range(m):
            mask = exercises.video_mask.reference((1, H, W), (2, m, m), (1, s, s))
            assert mask.equal(shift_mask(H, W, m, s)), (H, W, m, s)
