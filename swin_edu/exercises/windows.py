"""Exercises on windows: cut them when they are not square, count what they cost, attend in them anywhere.

Notebook 02 sets these tasks; the library's own answers are `window_partition` and `WindowAttention`.
"""

import math
from itertools import product

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from swin_edu.exercises.engine import Exercise, Mistake

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


cut_windows = Exercise(
    name="cut_windows",
    chapter="02",
    difficulty="easy",
    minutes=5,
    task="Cut tokens (B, H, W, C) into windows (B*nW, Mh, Mw, C), in row-major order, image after image.",
    reference=_cut_windows,
    cases=_cut_cases,
    mistakes={
        "permute forgotten": Mistake(
            _without_permute,
            "Your windows are runs of tokens one after another in memory. view and reshape move nothing: "
            "which axes have to change places before the last reshape?",
        ),
        "sides swapped": Mistake(
            _sides_swapped,
            "Your windows are Mw tokens high and Mh wide. Row comes before column: window[0] belongs to H.",
        ),
        "window transposed": Mistake(
            _window_transposed,
            "Each window holds the right tokens, but lies on its side: inside it, columns come before rows.",
        ),
        "window transposed, then reshaped": Mistake(
            _window_transposed_and_reshaped,
            "Each window holds the right tokens in the wrong places: inside it you go column by column. "
            "Look at the order of the two inner axes.",
        ),
        "column by column": Mistake(
            _column_by_column,
            "Each window is right, but they are numbered column by column. Window 1 is the right neighbour "
            "of window 0.",
        ),
        "images interleaved": Mistake(
            _images_interleaved,
            "Each window is right, but the images take turns. All windows of image 0 come first: number "
            "b * nW + w.",
        ),
        "place before window": Mistake(
            _place_before_window,
            "Your windows take tokens with gaps between them, from the whole grid. When you split an axis in "
            "two, the slow half is the window, the fast half the place inside it.",
        ),
        "only the first image": Mistake(
            _only_the_first_image,
            "The windows of the other images are missing. Does your code work for any B?",
        ),
        "square windows": Mistake(
            _square_windows,
            "Your windows are Mh x Mh. The window has two sides here; use both.",
        ),
    },
    hints=(
        "Split H into (nh, Mh) and W into (nw, Mw): that gives six axes.",
        "The last step joins neighbouring axes only. So B, nh and nw have to stand side by side before it.",
    ),
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


count_multiply_adds = Exercise(
    name="count_multiply_adds",
    chapter="02",
    difficulty="medium",
    minutes=15,
    task="Count the multiply-adds of attention in windows on a grid of one, two or three axes.",
    reference=_count_multiply_adds,
    cases=_count_cases,
    mistakes={
        "FLOPs": Mistake(
            _flops,
            "Your number is exactly twice too large: that is FLOPs. Here one multiplication with its addition "
            "counts as one.",
        ),
        "padding is free": Mistake(
            _padding_is_free,
            "Right where the windows fit. Where they do not, the grid is padded first, and padding goes "
            "through the same products as all other tokens.",
        ),
        "last windows dropped": Mistake(
            _last_windows_dropped,
            "Right where the windows fit. Where they do not, you leave out the tokens at the end: // rounds "
            "down, and padding rounds up.",
        ),
        "short axis padded": Mistake(
            _short_axis_padded,
            "You pad an axis that is shorter than its window. Such an axis is one window, as long as the axis.",
        ),
        "everybody asks everybody": Mistake(
            _everybody_asks_everybody,
            "That is global attention. A token meets only the tokens of its own window.",
        ),
        "one product": Mistake(
            _one_product,
            "Attention has two products: the scores, and the weights times the values. You count one.",
        ),
        "no output map": Mistake(
            _no_output_map,
            "You count three linear maps. Queries, keys and values are three; the output has one, too.",
        ),
        "maps left out": Mistake(
            _maps_left_out,
            "You count the attention alone. The linear maps before and after it are most of the work.",
        ),
        "attention left out": Mistake(
            _attention_left_out,
            "You count the linear maps alone, as some counters do. The products of attention are missing.",
        ),
        "window squared": Mistake(
            _window_squared,
            "You take the square of one side. A window has as many tokens as the product of all its sides, and "
            "only a square has M*M.",
        ),
        "one window only": Mistake(
            _one_window_only,
            "You count the pairs of one window. There are many windows, each with its own pairs.",
        ),
    },
    hints=(
        "Settle each axis alone: its window is min(length, M); its padded length is the next multiple of that.",
        "Equation (2), with the tokens of the padded grid for hw, and the tokens of a window for M squared.",
    ),
)


# ---- C: attention in any windows --------------------------------------------------------------------


def _window_numbers(grid: tuple[int, ...], window: tuple[int, ...]) -> Tensor:
    """The window of each token, one number for each, (number of tokens,)."""
    places = product(*(range(length) for length in grid))
    windows = [tuple(p // m for p, m in zip(place, window, strict=True)) for place in places]
    order = {name: number for number, name in enumerate(dict.fromkeys(windows))}
    return torch.tensor([order[name] for name in windows])


def _heads(tokens: Tensor, qkv_weight: Tensor, num_heads: int, pattern: str = "three h d") -> Tensor:
    """q, k and v as (3, B, h, N, d)."""
    mapped = F.linear(tokens.flatten(1, -2), qkv_weight)
    return rearrange(mapped, f"b n ({pattern}) -> three b h n d", three=3, h=num_heads)


def _attend(
    tokens: Tensor,
    window: tuple[int, ...],
    qkv_weight: Tensor,
    num_heads: int,
    *,
    pattern: str = "three h d",
    scale: str = "d",
    axis: int = -1,
    swapped: bool = False,
    joined: str = "b n (h d)",
    everywhere: bool = False,
) -> Tensor:
    """The definition: attention among all tokens, allowed where two share a window. Options go wrong."""
    *grid, channels = tokens.shape[1:]
    number = _window_numbers(tuple(grid), window)
    together = number[:, None] == number[None, :]
    if everywhere:
        together = torch.ones_like(together)
    q, k, v = _heads(tokens, qkv_weight, num_heads, pattern)
    if swapped:
        q, k = k, q
    root = {"d": channels // num_heads, "C": channels, "none": 1, "d squared": (channels // num_heads) ** 2}
    scores = q @ k.mT / root[scale] ** 0.5
    weights = scores.masked_fill(~together, float("-inf")).softmax(dim=axis)
    return rearrange(weights @ v, f"b h n d -> {joined}").reshape(tokens.shape)


def _attend_in_windows(tokens: Tensor, window: tuple[int, ...], qkv_weight: Tensor, num_heads: int) -> Tensor:
    return _attend(tokens, window, qkv_weight, num_heads)


def _gone_wrong(**options: object):
    def attend_in_windows(
        tokens: Tensor, window: tuple[int, ...], qkv_weight: Tensor, num_heads: int
    ) -> Tensor:
        return _attend(tokens, window, qkv_weight, num_heads, **options)

    return attend_in_windows


def _padding_attended(tokens: Tensor, window: tuple[int, ...], qkv_weight: Tensor, num_heads: int) -> Tensor:
    """Zeros at the end of each axis up to whole windows, which then take part like tokens."""
    grid = tokens.shape[1:-1]
    missing = [-length % m for length, m in zip(grid, window, strict=True)]
    ends = [amount for extra in reversed(missing) for amount in (0, extra)]
    answers = _attend(F.pad(tokens, (0, 0, *ends)), window, qkv_weight, num_heads)
    return answers[(slice(None), *(slice(length) for length in grid))]


def _runs_in_memory(tokens: Tensor, window: tuple[int, ...], qkv_weight: Tensor, num_heads: int) -> Tensor:
    """Windows cut by reshape alone: the next prod(window) tokens in memory, whatever the grid."""
    flat = tokens.flatten(1, -2)
    return _attend(flat, (math.prod(window),), qkv_weight, num_heads).reshape(tokens.shape)


def _only_full_windows(tokens: Tensor, window: tuple[int, ...], qkv_weight: Tensor, num_heads: int) -> Tensor:
    """The tokens of the last, smaller windows get no answer."""
    answers = _attend(tokens, window, qkv_weight, num_heads)
    result = torch.zeros_like(tokens)
    full = (slice(None), *(slice(n // m * m) for n, m in zip(tokens.shape[1:-1], window, strict=True)))
    result[full] = answers[full]
    return result


def _attend_cases() -> list[tuple]:
    draw = torch.Generator().manual_seed(2)
    cases = []
    for grid, window in (((4, 6), (2, 3)), ((10,), (4,)), ((5, 7), (2, 3)), ((3, 4, 5), (2, 7, 3))):
        tokens = torch.randn(2, *grid, 12, generator=draw, dtype=torch.float64)
        weight = torch.randn(36, 12, generator=draw, dtype=torch.float64) / 2
        cases.append((tokens, window, weight, 3))
    return cases


attend_in_windows = Exercise(
    name="attend_in_windows",
    chapter="02",
    difficulty="hard",
    minutes=25,
    task="Multi-head attention inside windows, on a grid of one, two or three axes and of any size.",
    reference=_attend_in_windows,
    cases=_attend_cases,
    mistakes={
        "padding attended": Mistake(
            _padding_attended,
            "Right where the windows fit. Where they do not, padding gets attention: a zero vector scores 0, "
            "and softmax gives that a weight. Forbid these keys.",
        ),
        "only full windows": Mistake(
            _only_full_windows,
            "The tokens of the last, smaller windows have no answer. They attend, too, to fewer tokens.",
        ),
        "runs in memory": Mistake(
            _runs_in_memory,
            "Your windows are runs of tokens in memory. Where did the permute go?",
        ),
        "no windows": Mistake(
            _gone_wrong(everywhere=True), "Everybody asks everybody. Where are the windows?"
        ),
        "scale missing": Mistake(
            _gone_wrong(scale="none"), "The scores are not divided by the square root of d."
        ),
        "scale by channels": Mistake(
            _gone_wrong(scale="C"),
            "You divide the scores by the square root of C. A query of one head has only d = C / h numbers.",
        ),
        "scale without the root": Mistake(
            _gone_wrong(scale="d squared"),
            "You divide the scores by d. The paper divides by its square root.",
        ),
        "softmax over queries": Mistake(
            _gone_wrong(axis=-2),
            "Your weights sum to 1 over the queries. Each query shares out one whole attention among the keys.",
        ),
        "query and key swapped": Mistake(
            _gone_wrong(swapped=True),
            "Query and key have changed places: the first C rows of qkv_weight make q, the next C make k.",
        ),
        "one head": Mistake(
            lambda tokens, window, qkv_weight, num_heads: _attend(tokens, window, qkv_weight, 1),
            "You attend once, with all channels. Each head has its own d = C / h channels and its own weights.",
        ),
        "head is the fast axis": Mistake(
            _gone_wrong(pattern="three d h", joined="b n (d h)"),
            "Your heads take every h-th channel. A head is d channels that lie side by side: (h d), not (d h).",
        ),
        "heads before q, k and v": Mistake(
            _gone_wrong(pattern="h three d"),
            "You split the 3C numbers into heads first. First come all of q, then all of k, then all of v.",
        ),
        "heads not brought home": Mistake(
            _gone_wrong(joined="b h n d"),
            "The heads are joined by reshape alone, so tokens and heads are mixed up. Bring the head axis "
            "beside d first.",
        ),
    },
    hints=(
        "Number the windows: along one axis, the token at position r is in window r // M.",
        "Compare the numbers of all tokens, each with each: that is a mask for attention among all of them.",
        "A score of minus infinity becomes a weight of exactly 0.",
    ),
)


EXERCISES = (cut_windows, count_multiply_adds, attend_in_windows)
