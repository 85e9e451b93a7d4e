"""The exercise on windows of a video: pad, cut, let a function work on each window, and put all back.

It belongs to notebook 02; Video Swin (Liu et al. 2022) attends in such windows.
"""

import random

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from swin_edu.exercises.drawing import normal, unequal
from swin_edu.exercises.engine import Answer, Exercise, Mistake

Window = tuple[int, int, int]
GRID = "b (nt mt) (nh mh) (nw mw) c"
WINDOWS = "(b nt nh nw) (mt mh mw) c"


def _in_video_windows(video: Tensor, window: Window, function: Answer) -> Tensor:
    frames, height, width = video.shape[1:4]
    mt, mh, mw = window
    # F.pad begins at the last axis: channels, columns, rows, frames.
    padded = F.pad(video, (0, 0, 0, -width % mw, 0, -height % mh, 0, -frames % mt))
    nt, nh, nw = padded.shape[1] // mt, padded.shape[2] // mh, padded.shape[3] // mw
    sides = {"mt": mt, "mh": mh, "mw": mw}
    windows = rearrange(padded, "b (nt mt) (nh mh) (nw mw) c -> (b nt nh nw) (mt mh mw) c", **sides)
    windows = function(windows)
    pattern = "(b nt nh nw) (mt mh mw) c -> b (nt mt) (nh mh) (nw mw) c"
    joined = rearrange(windows, pattern, nt=nt, nh=nh, nw=nw, **sides)
    return joined[:, :frames, :height, :width]


def _way(
    windows: str = WINDOWS, back: str | None = None, front: bool = False, crop: bool = True, same: bool = True
) -> Answer:
    """The same with a step gone wrong; `back` is the order in which the windows are read when joined."""

    def in_video_windows(video: Tensor, window: Window, function: Answer) -> Tensor:
        sizes = video.shape[1:4]
        missing = [-size % side for size, side in zip(sizes, window, strict=True)]
        ends = [(amount, 0) if front else (0, amount) for amount in reversed(missing)]
        padded = F.pad(video, (0, 0, *(number for pair in ends for number in pair)))
        counts = [side // m for side, m in zip(padded.shape[1:4], window, strict=True)]
        names = dict(zip(("mt", "mh", "mw", "nt", "nh", "nw"), (*window, *counts), strict=True))
        worked = function(rearrange(padded, f"{GRID} -> {windows}", **names))
        joined = rearrange(worked, f"{back or windows} -> {GRID}", b=len(video), **names)
        if not crop:
            return joined
        starts = missing if front and same else (0, 0, 0)
        places = (slice(start, start + size) for start, size in zip(starts, sizes, strict=True))
        return joined[(slice(None), *places)]

    return in_video_windows


def _reshaped(video: Tensor, window: Window, function: Answer) -> Tensor:
    """Cut and joined without moving anything: runs of tokens in memory."""
    frames, height, width = video.shape[1:4]
    mt, mh, mw = window
    padded = F.pad(video, (0, 0, 0, -width % mw, 0, -height % mh, 0, -frames % mt))
    windows = function(padded.reshape(-1, mt * mh * mw, video.shape[-1]))
    return windows.reshape(padded.shape)[:, :frames, :height, :width]


def _joined_by_reshape(video: Tensor, window: Window, function: Answer) -> Tensor:
    frames, height, width = video.shape[1:4]
    mt, mh, mw = window
    padded = F.pad(video, (0, 0, 0, -width % mw, 0, -height % mh, 0, -frames % mt))
    windows = function(rearrange(padded, f"{GRID} -> {WINDOWS}", mt=mt, mh=mh, mw=mw))
    return windows.reshape(padded.shape)[:, :frames, :height, :width]


def _frame_by_frame(video: Tensor, window: Window, function: Answer) -> Tensor:
    return _in_video_windows(video, (1, *window[1:]), function)


def _whole_windows_only(video: Tensor, window: Window, function: Answer) -> Tensor:
    """What does not fill a window goes through unchanged."""
    result = video.clone()
    whole = tuple(slice(n // m * m) for n, m in zip(video.shape[1:4], window, strict=True))
    result[(slice(None), *whole)] = _in_video_windows(video[(slice(None), *whole)], window, function)
    return result


# What a case's function does shows the order of the tokens in a window, of the windows, or both.


def running_total(windows: Tensor) -> Tensor:
    """Each token becomes the sum of those up to it in its window."""
    return windows.cumsum(dim=1)


def total_and_number(windows: Tensor) -> Tensor:
    """The same, times the number of the window, counted from 1."""
    number = torch.arange(1, len(windows) + 1, dtype=windows.dtype)
    return windows.cumsum(dim=1) * number[:, None, None]


def away_from_the_mean(windows: Tensor) -> Tensor:
    """Each token plus its place, less the mean of its window: what padding brings in shows."""
    place = torch.arange(windows.shape[1], dtype=windows.dtype)
    return windows + place[:, None] - windows.mean(dim=1, keepdim=True)


def _video(seed: int, *shape: int) -> Tensor:
    return normal(random.Random(seed), *shape, dtype=torch.float64)


def _draw(generator: random.Random) -> tuple[Tensor, Window, Answer]:
    window = unequal(generator, 2, 4, count=3)
    while True:
        grid = tuple(side + generator.randint(0, 4) for side in window)
        if len(set(grid)) == 3:
            break
    video = normal(generator, generator.randint(2, 3), *grid, generator.randint(2, 3), dtype=torch.float64)
    return video, window, generator.choice((running_total, total_and_number, away_from_the_mean))


in_video_windows = Exercise(
    name="in_video_windows",
    chapter="02",
    difficulty="medium",
    minutes=20,
    task="Let a function work on each window of a video (B, T, H, W, C) and put the windows back: pad each "
    "axis at its end with zeros to whole windows (Mt, Mh, Mw), give the function all windows at once, "
    "(B*nW, Mt*Mh*Mw, C) with frame before row before column, and crop what it returns to (B, T, H, W, C).",
    reference=_in_video_windows,
    cases=lambda: [
        (_video(0, 2, 4, 6, 8, 2), (2, 3, 4), running_total),
        (_video(1, 2, 4, 6, 8, 2), (4, 2, 2), total_and_number),
        (_video(2, 3, 3, 5, 4, 2), (2, 4, 3), total_and_number),
        (_video(3, 2, 5, 4, 7, 3), (3, 2, 4), away_from_the_mean),
    ],
    mistakes={
        "permute_forgotten": Mistake(
            _reshaped, "Your windows are runs of tokens in memory. What has to happen between two reshapes?"
        ),
        "joined_by_reshape": Mistake(
            _joined_by_reshape,
            "The cut is right; the windows are then laid back one after another in memory. How is a permute "
            "undone?",
        ),
        "frame_by_frame": Mistake(
            _frame_by_frame, "Each frame is cut alone. How many frames does one window hold?"
        ),
        "frames_fastest": Mistake(
            _way("(b nt nh nw) (mh mw mt) c"),
            "Each window holds the right tokens in another order: the frames change fastest. Which axis "
            "should be slowest?",
        ),
        "columns_before_rows": Mistake(
            _way("(b nt nh nw) (mt mw mh) c"),
            "Each window holds the right tokens in another order. Inside a frame, which comes first: the "
            "next row or the next column?",
        ),
        "windows_in_another_order": Mistake(
            _way("(b nh nw nt) (mt mh mw) c"),
            "Each window is right, but not its number. Which window should come after window 0?",
        ),
        "images_interleaved": Mistake(
            _way("(nt nh nw b) (mt mh mw) c"),
            "Each window is right, but the videos take turns. Whose windows should all come first?",
        ),
        "padded_at_the_front": Mistake(
            _way(front=True), "Your zeros come before the video. Which of F.pad's two numbers is 'after'?"
        ),
        "cropped_at_the_wrong_end": Mistake(
            _way(front=True, same=False),
            "You pad at one end and crop at the other. Where did F.pad put the zeros?",
        ),
        "not_cropped": Mistake(_way(crop=False), "The padding is still there. How large was the video?"),
        "whole_windows_only": Mistake(
            _whole_windows_only,
            "What does not fill a window comes back as it was. What has to be done for it to fill one?",
        ),
    },
    hints=(
        "Three steps and back: pad, cut, function, join, crop. Write the shape after each in a comment.",
        "F.pad begins with the last axis, and takes two numbers for each: before, after.",
        "The cut is the one for images with one axis more: eight axes after the first reshape.",
        "Joining has to send each of the eight axes back to where the cut took it from.",
    ),
    draw=_draw,
)
