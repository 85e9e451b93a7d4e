"""The exercise on the price of windows: multiply-adds on a grid of one, two or three axes.

Notebook 02 sets it; paper, Section 3.2, equation (2).
"""

import math
import random

from swin_edu.exercises.drawing import unequal
from swin_edu.exercises.engine import Exercise, Mistake

Sizes = tuple[int, ...]


def _fitted_axes(grid: Sizes, window: Sizes) -> list[tuple[int, int]]:
    """(window, padded length) of each axis."""
    fitted = [(min(length, m), length) for length, m in zip(grid, window, strict=True)]
    return [(m, -(-length // m) * m) for m, length in fitted]


def _bill(fitted: list[tuple[int, int]], channels: int, maps: int = 4, products: int = 2) -> int:
    in_a_window, tokens = (math.prod(numbers) for numbers in zip(*fitted, strict=True))
    return maps * tokens * channels**2 + products * tokens * in_a_window * channels


def _count_multiply_adds(grid: Sizes, window: Sizes, channels: int) -> int:
    return _bill(_fitted_axes(grid, window), channels)


def _flops(grid: Sizes, window: Sizes, channels: int) -> int:
    return 2 * _count_multiply_adds(grid, window, channels)


def _padding_is_free(grid: Sizes, window: Sizes, channels: int) -> int:
    return _bill([(min(length, m), length) for length, m in zip(grid, window, strict=True)], channels)


def _equation_as_it_stands(grid: Sizes, window: Sizes, channels: int) -> int:
    return _bill(list(zip(window, grid, strict=True)), channels)


def _maps_not_padded(grid: Sizes, window: Sizes, channels: int) -> int:
    fitted = _fitted_axes(grid, window)
    return _bill(fitted, channels, maps=0) + 4 * math.prod(grid) * channels**2


def _last_windows_dropped(grid: Sizes, window: Sizes, channels: int) -> int:
    fitted = [(min(length, m), length) for length, m in zip(grid, window, strict=True)]
    return _bill([(m, length // m * m) for m, length in fitted], channels)


def _short_axis_padded(grid: Sizes, window: Sizes, channels: int) -> int:
    return _bill([(m, -(-length // m) * m) for length, m in zip(grid, window, strict=True)], channels)


def _everybody_asks_everybody(grid: Sizes, window: Sizes, channels: int) -> int:
    return _bill([(length, length) for length in grid], channels)


def _one_product(grid: Sizes, window: Sizes, channels: int) -> int:
    return _bill(_fitted_axes(grid, window), channels, products=1)


def _no_output_map(grid: Sizes, window: Sizes, channels: int) -> int:
    return _bill(_fitted_axes(grid, window), channels, maps=3)


def _maps_left_out(grid: Sizes, window: Sizes, channels: int) -> int:
    return _bill(_fitted_axes(grid, window), channels, maps=0)


def _attention_left_out(grid: Sizes, window: Sizes, channels: int) -> int:
    return _bill(_fitted_axes(grid, window), channels, products=0)


def _window_squared(grid: Sizes, window: Sizes, channels: int) -> int:
    fitted = _fitted_axes(grid, window)
    tokens = math.prod(padded for _, padded in fitted)
    return 4 * tokens * channels**2 + 2 * tokens * fitted[0][0] ** 2 * channels


def _one_window_only(grid: Sizes, window: Sizes, channels: int) -> int:
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


def _draw_count(generator: random.Random) -> tuple[Sizes, Sizes, int]:
    axes = generator.randint(1, 3)
    return unequal(generator, 5, 40, axes), unequal(generator, 2, 9, axes), 2 * generator.randint(3, 24)


count_multiply_adds = Exercise(
    name="count_multiply_adds",
    chapter="02",
    difficulty="medium",
    minutes=15,
    task="The multiply-adds of attention in windows, an int, on a grid of one, two or three axes: the maps "
    "to query, key and value, the two products of attention, and the output map. An axis no longer than"
    " its window is one window; the others are padded to whole windows, and all products run over the "
    "padding.",
    reference=_count_multiply_adds,
    cases=_count_cases,
    mistakes={
        "flops": Mistake(
            _flops,
            "Your number is exactly twice too large, as FLOPs are. What do a multiplication and its addition "
            "count for here?",
        ),
        "padding_is_free": Mistake(
            _padding_is_free,
            "Right where the windows fit. Where they do not, the grid is padded first. Do the products know "
            "which tokens are padding?",
        ),
        "equation_as_it_stands": Mistake(
            _equation_as_it_stands,
            "That is equation (2) as it stands, right where the windows fit. What does the task say of axes "
            "where they do not?",
        ),
        "maps_not_padded": Mistake(
            _maps_not_padded,
            "The two products of attention know the padding. Do the linear maps come before it or after it?",
        ),
        "last_windows_dropped": Mistake(
            _last_windows_dropped,
            "Right where the windows fit. Which tokens do you leave out where they do not?",
        ),
        "short_axis_padded": Mistake(
            _short_axis_padded,
            "You pad an axis that is shorter than its window. How long is the one window of such an axis?",
        ),
        "everybody_asks_everybody": Mistake(
            _everybody_asks_everybody,
            "That is global attention. How many tokens does one token meet in windows?",
        ),
        "one_product": Mistake(
            _one_product,
            "You count one product of attention. What happens to the weights after softmax?",
        ),
        "no_output_map": Mistake(
            _no_output_map,
            "You count three linear maps. Which one comes after attention?",
        ),
        "maps_left_out": Mistake(
            _maps_left_out,
            "You count the attention alone. Where do queries, keys and values come from?",
        ),
        "attention_left_out": Mistake(
            _attention_left_out,
            "You count the linear maps alone, as some counters do. Where are the products of attention?",
        ),
        "window_squared": Mistake(
            _window_squared,
            "You take the square of one side. How many tokens has a window of 4 x 2, and one of 4?",
        ),
        "one_window_only": Mistake(
            _one_window_only,
            "You count the pairs of one window. How many windows are there?",
        ),
    },
    hints=(
        "Settle each axis alone: its window is min(length, M), its padded length a multiple of that.",
        "After that, only two numbers count: all tokens of the padded grid, and the tokens of a window.",
        "Equation (2), with the tokens of the padded grid for hw, and the tokens of a window for M squared.",
    ),
    draw=_draw_count,
)
