"""The hard exercise on windows: attention in any windows, on a grid of one, two or three axes.

Notebook 02 sets it; the library's own answer for images is `WindowAttention` with a mask.
"""

import math
import random
from itertools import product

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from swin_edu.exercises.drawing import normal, unequal
from swin_edu.exercises.engine import Answer, Exercise, Mistake


def _attend_in_windows(tokens: Tensor, window: tuple[int, ...], qkv_weight: Tensor, num_heads: int) -> Tensor:
    *grid, C = tokens.shape[1:]
    # Along each axis the window of position r is r // M; two tokens meet where all axes agree.
    axes = [torch.arange(length) // m for length, m in zip(grid, window, strict=True)]
    windows = torch.cartesian_prod(*axes).view(-1, len(grid))  # (N, axes), N tokens in all
    together = (windows[:, None] == windows[None, :]).all(dim=-1)
    q, k, v = F.linear(tokens.flatten(1, -2), qkv_weight).chunk(3, dim=-1)
    q, k, v = (rearrange(x, "b n (h d) -> b h n d", h=num_heads) for x in (q, k, v))
    scores = q @ k.mT / (C // num_heads) ** 0.5
    weights = scores.masked_fill(~together, float("-inf")).softmax(dim=-1)
    return rearrange(weights @ v, "b h n d -> b n (h d)").reshape(tokens.shape)


# ---- What goes wrong ---------------------------------------------------------------------------------


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


def _gone_wrong(**options: object) -> Answer:
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
    sizes = [
        (2, (4, 6), (2, 3), 12, 3),
        (3, (10,), (4,), 10, 2),
        (2, (5, 7), (2, 3), 12, 3),
        (2, (3, 4, 5), (2, 7, 3), 8, 4),
    ]
    for batch, grid, window, channels, num_heads in sizes:
        tokens = torch.randn(batch, *grid, channels, generator=draw, dtype=torch.float64)
        weight = torch.randn(3 * channels, channels, generator=draw, dtype=torch.float64) / 2
        cases.append((tokens, window, weight, num_heads))
    return cases


def _draw_attend(generator: random.Random) -> tuple[Tensor, tuple[int, ...], Tensor, int]:
    axes = generator.randint(1, 3)
    grid = unequal(generator, 3, 6 if axes == 3 else 9, axes)
    window = tuple(generator.randint(2, length) for length in grid)
    num_heads, d = unequal(generator, 2, 4)
    channels = num_heads * d
    tokens = normal(generator, generator.randint(2, 3), *grid, channels, dtype=torch.float64)
    weight = normal(generator, 3 * channels, channels, dtype=torch.float64) / 2
    return tokens, window, weight, num_heads


attend_in_windows = Exercise(
    name="attend_in_windows",
    chapter="02",
    difficulty="hard",
    minutes=25,
    task="Multi-head attention inside windows: tokens (B, *grid, C), a grid of one, two or three axes, to "
    "the same shape. Windows of the sides `window` begin at 0 on each axis; where they do not fit, the "
    "last ones are smaller, and no padding takes part. qkv_weight is (3C, C), query before key before "
    "value, each head after head; scores are scaled as in equation (4); no bias and no output map.",
    reference=_attend_in_windows,
    cases=_attend_cases,
    mistakes={
        "padding_attended": Mistake(
            _padding_attended,
            "Right where the windows fit. Where not: what does softmax do with the score of a zero vector?",
        ),
        "only_full_windows": Mistake(
            _only_full_windows,
            "The tokens of the last, smaller windows have no answer. To whom can they attend?",
        ),
        "runs_in_memory": Mistake(
            _runs_in_memory,
            "Your windows are runs of tokens in memory. Where did the permute go?",
        ),
        "no_windows": Mistake(
            _gone_wrong(everywhere=True), "Everybody asks everybody. Where are the windows?"
        ),
        "scale_missing": Mistake(
            _gone_wrong(scale="none"),
            "Your weights are too sharp. What does the paper do with the scores before softmax?",
        ),
        "scale_by_channels": Mistake(
            _gone_wrong(scale="C"),
            "You divide the scores by the square root of C. How many numbers has the query of one head?",
        ),
        "scale_without_the_root": Mistake(
            _gone_wrong(scale="d squared"),
            "You divide the scores by d. Look at equation (4) again: is that what it says?",
        ),
        "softmax_over_queries": Mistake(
            _gone_wrong(axis=-2),
            "Your weights sum to 1 over the queries. Who shares out one whole attention, query or key?",
        ),
        "query_and_key_swapped": Mistake(
            _gone_wrong(swapped=True),
            "Query and key have changed places. Which rows of qkv_weight make which?",
        ),
        "one_head": Mistake(
            lambda tokens, window, qkv_weight, num_heads: _attend(tokens, window, qkv_weight, 1),
            "You attend once, with all channels. How many channels does one head see, and whose weights "
            "are they?",
        ),
        "head_is_the_fast_axis": Mistake(
            _gone_wrong(pattern="three d h", joined="b n (d h)"),
            "Your heads take every h-th channel. Which channels does one head own?",
        ),
        "heads_before_q_k_and_v": Mistake(
            _gone_wrong(pattern="h three d"),
            "You split the 3C numbers into heads first. What do the first C of them make?",
        ),
        "heads_not_brought_home": Mistake(
            _gone_wrong(joined="b h n d"),
            "The heads are joined by reshape alone: tokens and heads are mixed up. What must stand beside d?",
        ),
    },
    hints=(
        "Number the windows: along one axis, the token at position r is in window r // M.",
        "Compare the numbers of all tokens, each with each: that is a mask for attention among all of them.",
        "A score of minus infinity becomes a weight of exactly 0.",
        "q, k and v are (B, N, C) each. A head owns d = C / h channels that stand side by side.",
    ),
    draw=_draw_attend,
)
