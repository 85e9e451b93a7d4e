"""The exercise on cutting windows that are not square; the library's own answer is `window_partition`.

Notebook 02 sets it. The other exercises of the chapter are in the files beside this one.
"""

import math
import random

import torch
from einops import rearrange
from torch import Tensor

from swin_edu.exercises.drawing import grid_of, normal, unequal
from swin_edu.exercises.engine import Exercise, Mistake
from swin_edu.exercises.windows_attention import attend_in_windows
from swin_edu.exercises.windows_cost import count_multiply_adds
from swin_edu.exercises.windows_dilated import dilated_windows
from swin_edu.exercises.windows_in_videos import in_video_windows


def _cut_windows(tokens: Tensor, window: tuple[int, int]) -> Tensor:
    (b, h, w, c), (mh, mw) = tokens.shape, window
    split = tokens.view(b, h // mh, mh, w // mw, mw, c)
    return split.permute(0, 1, 3, 2, 4, 5).reshape(-1, mh, mw, c)


def _without_permute(tokens: Tensor, window: tuple[int, int]) -> Tensor:
    return tokens.reshape(-1, *window, tokens.shape[-1])


def _sides_swapped(tokens: Tensor, window: tuple[int, int]) -> Tensor:
    return _cut_windows(tokens, window[::-1])


def _window_transposed(tokens: Tensor, window: tuple[int, int]) -> Tensor:
    return _cut_windows(tokens, window).transpose(1, 2)


def _window_transposed_and_reshaped(tokens: Tensor, window: tuple[int, int]) -> Tensor:
    return _window_transposed(tokens, window).reshape(-1, *window, tokens.shape[-1])


def _column_by_column(tokens: Tensor, window: tuple[int, int]) -> Tensor:
    mh, mw = window
    return rearrange(tokens, "b (nh mh) (nw mw) c -> (b nw nh) mh mw c", mh=mh, mw=mw)


def _images_interleaved(tokens: Tensor, window: tuple[int, int]) -> Tensor:
    mh, mw = window
    return rearrange(tokens, "b (nh mh) (nw mw) c -> (nh nw b) mh mw c", mh=mh, mw=mw)


def _place_before_window(tokens: Tensor, window: tuple[int, int]) -> Tensor:
    mh, mw = window
    return rearrange(tokens, "b (mh nh) (mw nw) c -> (b nh nw) mh mw c", mh=mh, mw=mw)


def _unfolded_and_reshaped(tokens: Tensor, window: tuple[int, int]) -> Tensor:
    """Tensor.unfold puts the rows and columns of a window behind the channels."""
    cut = tokens.unfold(1, window[0], window[0]).unfold(2, window[1], window[1])
    return cut.reshape(-1, *window, tokens.shape[-1])


def _only_the_first_image(tokens: Tensor, window: tuple[int, int]) -> Tensor:
    return _cut_windows(tokens[:1], window)


def _square_windows(tokens: Tensor, window: tuple[int, int]) -> Tensor:
    return _cut_windows(tokens, (window[0], window[0]))


def _numbered_tokens(batch: int, height: int, width: int, channels: int) -> Tensor:
    return torch.arange(batch * height * width * channels).view(batch, height, width, channels).float()


def _cut_cases() -> list[tuple]:
    return [
        (_numbered_tokens(2, 8, 12, 3), (4, 2)),
        (_numbered_tokens(2, 8, 12, 3), (4, 4)),
        (_numbered_tokens(3, 6, 4, 1), (2, 4)),
        (_numbered_tokens(2, 6, 12, 2), (2, 3)),
    ]


def _draw_cut(generator: random.Random) -> tuple[Tensor, tuple[int, ...]]:
    """Sides that fit swapped and square windows as well: an error would be harder to recognise."""
    window = unequal(generator, 2, 4)
    step = math.lcm(*window)
    grid = grid_of(generator, (step, step), most=3)
    return normal(generator, generator.randint(2, 4), *grid, generator.randint(2, 4)), window


cut_windows = Exercise(
    name="cut_windows",
    chapter="02",
    difficulty="easy",
    minutes=5,
    task="Cut tokens (B, H, W, C) into windows (B*nW, Mh, Mw, C), in row-major order, image after image; "
    "window = (Mh, Mw) fills the grid.",
    reference=_cut_windows,
    cases=_cut_cases,
    mistakes={
        "permute_forgotten": Mistake(
            _without_permute,
            "Your windows are runs of tokens one after another in memory. view and reshape move nothing: "
            "which axes have to change places before the last reshape?",
        ),
        "sides_swapped": Mistake(
            _sides_swapped,
            "Your windows are Mw tokens high and Mh wide. Row comes before column: whose side is window[0]?",
        ),
        "window_transposed": Mistake(
            _window_transposed,
            "Each window holds the right tokens, but lies on its side. Which of the two inner axes counts "
            "rows?",
        ),
        "window_transposed_then_reshaped": Mistake(
            _window_transposed_and_reshaped,
            "Each window holds the right tokens in the wrong places: inside it you go column by column. "
            "Which token should come second?",
        ),
        "column_by_column": Mistake(
            _column_by_column,
            "Each window is right, but in another order. Which neighbour of window 0 should be window 1?",
        ),
        "images_interleaved": Mistake(
            _images_interleaved,
            "Each window is right, but the images take turns. Whose windows should all come first?",
        ),
        "place_before_window": Mistake(
            _place_before_window,
            "Your windows take tokens with gaps between them, from the whole grid. When you split an axis in "
            "two, which half is slower: the number of the window, or the place inside it?",
        ),
        "unfolded_and_reshaped": Mistake(
            _unfolded_and_reshaped,
            "Each window has the right numbers, mixed up in it. Where does unfold put the axes of the "
            "window: before the channels or behind them?",
        ),
        "only_the_first_image": Mistake(
            _only_the_first_image,
            "The windows of the other images are missing. Does your code work for any B?",
        ),
        "square_windows": Mistake(
            _square_windows,
            "Your windows are all square. How many sides does a window have here?",
        ),
    },
    hints=(
        "Split H into (nh, Mh) and W into (nw, Mw): that gives six axes.",
        "The last step joins neighbouring axes only. So B, nh and nw have to stand side by side before it.",
        "Which order of (B, nh, Mh, nw, Mw, C) puts all the windows of an image before the next image's, and "
        "leaves each window row by row?",
    ),
    draw=_draw_cut,
)

EXERCISES = (cut_windows, dilated_windows, count_multiply_adds, in_video_windows, attend_in_windows)
