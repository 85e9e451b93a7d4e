"""Exercises on windows: cut them when they are not square, count what they cost, attend in them anywhere.

Notebook 02 sets these tasks; the library's own answers are `window_partition` and `WindowAttention`.
"""

import math
import random

import torch
from einops import rearrange
from torch import Tensor

from swin_edu.exercises.drawing import grid_of, normal, unequal
from swin_edu.exercises.engine import Exercise, Mistake
from swin_edu.exercises.windows_attention import attend_in_windows

# ---- A: windows that are not square -----------------------------------------------------------------


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
        (_numbered_tokens(2, 4, 9, 2), (2, 3)),
    ]


def _draw_cut(generator: random.Random) -> tuple[Tensor, tuple[int, ...]]:
    window = unequal(generator, 2, 5)
    grid = grid_of(generator, window)
    return normal(generator, generator.randint(2, 4), *grid, generator.randint(2, 4)), window


cut_windows = Exercise(
    name="cut_windows",
    chapter="02",
    difficulty="easy",
    minutes=5,
    task="Cut tokens (B, H, W, C) into windows (B*nW, Mh, Mw, C), in row-major order, image after image.",
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
            "Each window holds the right tokens, but lies on its side: inside it, columns come before rows.",
        ),
        "window_transposed_then_reshaped": Mistake(
            _window_transposed_and_reshaped,
            "Each window holds the right tokens in the wrong places: inside it you go column by column. "
            "Look at the order of the two inner axes.",
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
            "two, the slow half is the window, the fast half the place inside it.",
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
    ),
    draw=_draw_cut,
)


# ---- B: the bill for sound, pictures and video ------------------------------------------------------


def _fitted_axes(grid: tuple[int, ...], window: tuple[int, ...]) -> list[tuple[int, int]]:
    """(window, padded length) of each axis."""
    fitted = [(min(length, m), length) for length, m in zip(grid, window, strict=True)]
    return [(m, -(-length // m) * m) for m, length in fitted]


def _bill(fitted: list[tuple[int, int]], channels: int, maps: int = 4, products: int = 2) -> int:
    in_a_window, tokens = (math.prod(numbers) for numbers in zip(*fitted, strict=True))
    return maps * tokens * channels**2 + products * tokens * in_a_window * channels


def _count_multiply_adds(grid: tuple[int, ...], window: tuple[int, ...], channels: int) -> int:
    return _bill(_fitted_axes(grid, window), channels)


def _flops(grid: tuple[int, ...], window: tuple[int, ...], channels: int) -> int:
    return 2 * _count_multiply_adds(grid, window, channels)


def _padding_is_free(grid: tuple[int, ...], window: tuple[int, ...], channels: int) -> int:
    return _bill([(min(length, m), length) for length, m in zip(grid, window, strict=True)], channels)


def _last_windows_dropped(grid: tuple[int, ...], window: tuple[int, ...], channels: int) -> int:
    fitted = [(min(length, m), length) for length, m in zip(grid, window, strict=True)]
    return _bill([(m, length // m * m) for m, length in fitted], channels)


def _short_axis_padded(grid: tuple[int, ...], window: tuple[int, ...], channels: int) -> int:
    return _bill([(m, -(-length // m) * m) for length, m in zip(grid, window, strict=True)], channels)


def _everybody_asks_everybody(grid: tuple[int, ...], window: tuple[int, ...], channels: int) -> int:
    return _bill([(length, length) for length in grid], channels)


def _one_product(grid: tuple[int, ...], window: tuple[int, ...], channels: int) -> int:
    return _bill(_fitted_axes(grid, window), channels, products=1)


def _no_output_map(grid: tuple[int, ...], window: tuple[int, ...], channels: int) -> int:
    return _bill(_fitted_axes(grid, window), channels, maps=3)


def _maps_left_out(grid: tuple[int, ...], window: tuple[int, ...], channels: int) -> int:
    return _bill(_fitted_axes(grid, window), channels, maps=0)


def _attention_left_out(grid: tuple[int, ...], window: tuple[int, ...], channels: int) -> int:
    return _bill(_fitted_axes(grid, window), channels, products=0)


def _window_squared(grid: tuple[int, ...], window: tuple[int, ...], channels: int) -> int:
    fitted = _fitted_axes(grid, window)
    tokens = math.prod(padded for _, padded in fitted)
    return 4 * tokens * channels**2 + 2 * tokens * fitted[0][0] ** 2 * channels


def _one_window_only(grid: tuple[int, ...], window: tuple[int, ...], channels: int) -> int:
    fitted = _fitted_axes(grid, window)
    inside, tokens = math.prod(m for m, _ in fitted), math.prod(padded for _, padded in fitted)
    return 4 * tokens * channels**2 + 2 * inside**2 * channels


def _count_cases() -> list[tuple]:
    return [
        ((8, 12), (4, 2), 6),
        ((56, 84), (7, 7), 96),
        ((10,), (4,), 6),
        ((9, 14), (4, 5), 8),
        ((3, 20), (7, 4), 8),
        ((5, 9, 14), (8, 7, 7), 12),
    ]


def _draw_count(generator: random.Random) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    axes = generator.randint(1, 3)
    return unequal(generator, 5, 40, axes), unequal(generator, 2, 9, axes), 2 * generator.randint(3, 24)


count_multiply_adds = Exercise(
    name="count_multiply_adds",
    chapter="02",
    difficulty="medium",
    minutes=15,
    task="Count the multiply-adds of attention in windows on a grid of one, two or three axes.",
    reference=_count_multiply_adds,
    cases=_count_cases,
    mistakes={
        "flops": Mistake(
            _flops,
            "Your number is exactly twice too large: that is FLOPs. Here a multiplication and its addition "
            "together count as one.",
        ),
        "padding_is_free": Mistake(
            _padding_is_free,
            "Right where the windows fit. Where they do not, the grid is padded first, and padding goes "
            "through the same products as all other tokens.",
        ),
        "last_windows_dropped": Mistake(
            _last_windows_dropped,
            "Right where the windows fit. Which tokens do you leave out where they do not?",
        ),
        "short_axis_padded": Mistake(
            _short_axis_padded,
            "You pad an axis that is shorter than its window. Such an axis is one window, no longer.",
        ),
        "everybody_asks_everybody": Mistake(
            _everybody_asks_everybody,
            "That is global attention. A token meets only the tokens of its own window.",
        ),
        "one_product": Mistake(
            _one_product,
            "Attention has two products: the scores, and the weights times the values. You count one.",
        ),
        "no_output_map": Mistake(
            _no_output_map,
            "You count three linear maps. Which one comes after attention?",
        ),
        "maps_left_out": Mistake(
            _maps_left_out,
            "You count the attention alone. The linear maps before and after it are most of the work.",
        ),
        "attention_left_out": Mistake(
            _attention_left_out,
            "You count the linear maps alone, as some counters do. The products of attention are missing.",
        ),
        "window_squared": Mistake(
            _window_squared,
            "You take the square of one side. A window has as many tokens as the product of its sides, and "
            "only a square has M*M.",
        ),
        "one_window_only": Mistake(
            _one_window_only,
            "You count the pairs of one window. There are many windows, each with its own pairs.",
        ),
    },
    hints=(
        "Settle each axis alone: its window is min(length, M), its padded length a multiple of that.",
        "Equation (2), with the tokens of the padded grid for hw, and the tokens of a window for M squared.",
    ),
    draw=_draw_count,
)


EXERCISES = (cut_windows, count_multiply_adds, attend_in_windows)
