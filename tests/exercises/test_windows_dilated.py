"""Chapter 02, dilated and video windows: right answers pass however they are written."""

import pytest
import torch
import torch.nn.functional as F

from swin_edu import exercises, window_partition


def dilated_by_slices(tokens, window, dilation):
    """Window by window, from its first token on."""
    (mh, mw), (dh, dw) = window, dilation
    _, height, width, _ = tokens.shape
    firsts = [
        (row, column)
        for row in range(height)
        for column in range(width)
        if row % (mh * dh) < dh and column % (mw * dw) < dw
    ]
    windows = [tokens[:, r : r + mh * dh : dh, c : c + mw * dw : dw] for r, c in firsts]
    return torch.stack(windows, dim=1).flatten(0, 1)


def dilated_by_view_and_permute(tokens, window, dilation):
    (b, h, w, c), (mh, mw), (dh, dw) = tokens.shape, window, dilation
    axes = tokens.view(b, h // (mh * dh), mh, dh, w // (mw * dw), mw, dw, c)
    return axes.permute(0, 1, 3, 4, 6, 2, 5, 7).reshape(-1, mh, mw, c)


def dilated_by_sorting_rows(tokens, window, dilation):
    """Bring the rows and columns of each window together, then cut as always."""
    for axis in (0, 1):
        m, d = window[axis], dilation[axis]
        order = torch.arange(tokens.shape[axis + 1]).view(-1, m, d).mT.flatten()
        tokens = tokens.index_select(axis + 1, order)
    return window_partition(tokens, window)


def video_by_slices(video, window, function):
    mt, mh, mw = window
    sizes = [-(-n // m) * m for n, m in zip(video.shape[1:4], window, strict=True)]
    padded = video.new_zeros(len(video), *sizes, video.shape[-1])
    padded[:, : video.shape[1], : video.shape[2], : video.shape[3]] = video
    places = [
        (b, slice(t, t + mt), slice(r, r + mh), slice(c, c + mw))
        for b in range(len(video))
        for t in range(0, sizes[0], mt)
        for r in range(0, sizes[1], mh)
        for c in range(0, sizes[2], mw)
    ]
    worked = function(torch.stack([padded[place].flatten(0, 2) for place in places]))
    for place, new in zip(places, worked, strict=True):
        padded[place] = new.unflatten(0, window)
    return padded[:, : video.shape[1], : video.shape[2], : video.shape[3]]


def video_by_view_and_permute(video, window, function):
    b, t, h, w, c = video.shape
    mt, mh, mw = window
    padded = F.pad(video, (0, 0, 0, -w % mw, 0, -h % mh, 0, -t % mt))
    shape = [side for n, m in zip(padded.shape[1:4], window, strict=True) for side in (n // m, m)]
    order = (0, 1, 3, 5, 2, 4, 6, 7)
    axes = padded.view(b, *shape, c).permute(order)
    worked = function(axes.reshape(-1, mt * mh * mw, c)).view(axes.shape)
    back = torch.tensor(order).argsort().tolist()
    return worked.permute(back).reshape(padded.shape)[:, :t, :h, :w]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("dilated_windows", dilated_by_slices),
        ("dilated_windows", dilated_by_view_and_permute),
        ("dilated_windows", dilated_by_sorting_rows),
        ("in_video_windows", video_by_slices),
        ("in_video_windows", video_by_view_and_permute),
    ],
)
def test_a_right_answer_passes_however_it_is_written(name, answer, right_everywhere):
    right_everywhere(name, answer, (torch.bfloat16,) if name == "dilated_windows" else (torch.float32,))


def test_without_dilation_they_are_the_windows_of_the_library():
    tokens = torch.randn(2, 8, 12, 3)
    assert exercises.dilated_windows.reference(tokens, (4, 2), (1, 1)).equal(window_partition(tokens, (4, 2)))


def test_a_cut_with_the_dilations_exchanged_is_named():
    report = exercises.dilated_windows.examine(lambda x, m, d: dilated_by_view_and_permute(x, m, d[::-1]))
    assert report.mistake == "dilations_swapped"
