"""The exercise on a real bug: a library pads after the roll, and mixes tokens of opposite edges.

It is set in assignment 4, for notebook 05; `SwinBlock.attend` does it in the right order.
"""

import inspect
import random
from collections.abc import Callable
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from swin_edu.exercises.drawing import normal
from swin_edu.exercises.engine import Exercise, Mistake
from swin_edu.model.attention import attention_plain
from swin_edu.model.config import Pair
from swin_edu.model.windows import shift_mask, window_partition, window_reverse

Attention = Callable[[Tensor, Tensor | None], Tensor]


def attend(tokens: Tensor, window: Pair, shift: Pair, attention: Attention) -> Tensor:
    """(B, H, W, C) -> (B, H, W, C); attention takes windows (B*nW, N, C) and a mask (nW, N, N)."""
    (_, H, W, _), (Mh, Mw), (sh, sw) = tokens.shape, window, shift
    tokens = tokens.roll((-sh, -sw), dims=(1, 2))
    tokens = F.pad(tokens, (0, 0, 0, -W % Mw, 0, -H % Mh))
    _, Hp, Wp, _ = tokens.shape
    windows = window_partition(tokens, window).flatten(1, 2)
    windows = attention(windows, shift_mask(H, W, window, shift))
    tokens = window_reverse(windows.unflatten(1, window), window, Hp, Wp)
    tokens = tokens[:, :H, :W]
    return tokens.roll((sh, sw), dims=(1, 2))


GIVEN = inspect.getsource(attend)


def _mend_attention(tokens: Tensor, window: Pair, shift: Pair, attention: Attention) -> Tensor:
    (_, H, W, _), (Mh, Mw), (sh, sw) = tokens.shape, window, shift
    tokens = F.pad(tokens, (0, 0, 0, -W % Mw, 0, -H % Mh))
    tokens = tokens.roll((-sh, -sw), dims=(1, 2))
    _, Hp, Wp, _ = tokens.shape
    windows = window_partition(tokens, window).flatten(1, 2)
    windows = attention(windows, shift_mask(H, W, window, shift))
    tokens = window_reverse(windows.unflatten(1, window), window, Hp, Wp)
    tokens = tokens.roll((sh, sw), dims=(1, 2))
    return tokens[:, :H, :W]


def _twisted(
    tokens: Tensor,
    window: Pair,
    shift: Pair,
    attention: Attention,
    *,
    pads: Callable[[int, int, int, int], tuple[int, ...]] = lambda H, W, Mh, Mw: (0, -W % Mw, 0, -H % Mh),
    mask: Callable[..., Tensor | None] = lambda grid, padded, window, shift: shift_mask(*grid, window, shift),
    back: int = 1,
    cut_first: bool = False,
    forth: int = -1,
) -> Tensor:
    """The right answer, or one with a twist; `forth` and `back` are the directions of the two rolls."""
    (_, H, W, _), (sh, sw) = tokens.shape, shift
    tokens = F.pad(tokens, (0, 0, *pads(H, W, *window)))
    Hp, Wp = tokens.shape[1:3]
    tokens = tokens.roll((forth * sh, forth * sw), dims=(1, 2))
    windows = window_partition(tokens, window).flatten(1, 2)
    windows = attention(windows, mask((H, W), (Hp, Wp), window, shift))
    tokens = window_reverse(windows.unflatten(1, window), window, Hp, Wp)
    if cut_first:
        return tokens[:, :H, :W].roll((back * sh, back * sw), dims=(1, 2))
    return tokens.roll((back * sh, back * sw), dims=(1, 2))[:, :H, :W]


@cache
def _attention_of(channels: int, seed: int) -> Attention:
    """Attention with one head and random weights; the same function for the same seed."""
    numbers = torch.Generator().manual_seed(seed)
    maps = torch.randn(3, channels, channels, generator=numbers, dtype=torch.float64)

    def attention(windows: Tensor, mask: Tensor | None = None) -> Tensor:
        if mask is not None:
            mask = mask.repeat(len(windows) // len(mask), 1, 1)
        query, key, value = (windows @ matrix for matrix in maps)
        return attention_plain(query, key, value, mask=mask)

    return attention


def _case(generator: random.Random, shape: tuple[int, ...], window: Pair, shift: Pair) -> tuple:
    tokens = normal(generator, *shape, dtype=torch.float64)
    return tokens, window, shift, _attention_of(shape[-1], generator.randrange(2**31))


def _attention_cases() -> list[tuple]:
    generator = random.Random("mend_attention")
    return [
        _case(generator, (2, 8, 12, 3), (7, 4), (3, 2)),
        _case(generator, (2, 6, 7, 2), (3, 4), (1, 2)),
        _case(generator, (3, 7, 5, 2), (4, 3), (2, 1)),
    ]


def _draw_attention(generator: random.Random) -> tuple:
    window = tuple(generator.sample((3, 4, 5), 2))
    shift = tuple(generator.randrange(1, m) for m in window)
    # One whole window and a part along each axis, and one window more along some.
    sides = tuple(m * generator.randint(1, 2) + generator.randrange(1, m) for m in window)
    if sides[0] == sides[1]:
        sides = (sides[0] + window[0], sides[1])
    return _case(generator, (generator.randint(2, 3), *sides, generator.randint(2, 4)), window, shift)


mend_attention = Exercise(
    name="mend_attention",
    chapter="05",
    difficulty="medium",
    minutes=15,
    task="A well-known library attends in shifted windows as below (the mask is the course's, and right). "
    "On grids that whole windows do not fill, tokens of opposite edges meet. Find the one bug, and mend it. "
    "Every axis is longer than its window.\n\n" + GIVEN,
    reference=_mend_attention,
    cases=_attention_cases,
    draw=_draw_attention,
    mistakes={
        "as_given": Mistake(
            attend,
            "Nothing is mended yet. Take 8 rows, M = 7, s = 3, and write down which rows stand in the first "
            "window before it is padded. Which of them came from the other end?",
        ),
        "cut_before_rolled_back": Mistake(
            lambda *a: _twisted(*a, cut_first=True),
            "The way in is right now. On the way out, what stands in the last rows at the moment you cut?",
        ),
        "not_rolled_back": Mistake(
            lambda *a: _twisted(*a, back=0), "Your tokens come out moved. What undoes the roll?"
        ),
        "rolled_on": Mistake(
            lambda *a: _twisted(*a, back=-1),
            "Your second roll goes the same way as the first. Which way undoes it?",
        ),
        "rolled_the_other_way": Mistake(
            lambda *a: _twisted(*a, forth=1, back=-1),
            "Both rolls go the other way round now. Which way did the mask expect the first one?",
        ),
        "padded_at_top_and_left": Mistake(
            lambda *a: _twisted(*a, pads=lambda H, W, Mh, Mw: (-W % Mw, 0, -H % Mh, 0)),
            "Your zeros stand at the top and left. Where does the mask expect them?",
        ),
        "pads_swapped": Mistake(
            lambda *a: _twisted(*a, pads=lambda H, W, Mh, Mw: (0, -H % Mh, 0, -W % Mw)),
            "A grid came out that windows cannot cut. Where does F.pad start: at the first axis or the last?",
        ),
        "mask_of_the_padded_grid": Mistake(
            lambda *a: _twisted(
                *a, mask=lambda grid, padded, window, shift: shift_mask(*padded, window, shift)
            ),
            "Now real tokens attend to zeros. Which size tells the mask what is padding?",
        ),
        "no_mask": Mistake(
            lambda *a: _twisted(*a, mask=lambda *_: None),
            "You took the mask away, and it was right. Whom does it keep apart?",
        ),
        "mask_of_plain_windows": Mistake(
            lambda *a: _twisted(*a, mask=lambda grid, padded, window, shift: shift_mask(*grid, window, 0)),
            "Your mask is that of windows that are not shifted. Who meets after the roll?",
        ),
    },
    hints=(
        "Take one axis alone: 8 rows, M = 7, s = 3. Follow the numbers 0 to 7 through each line.",
        "The mask takes for granted that the grid was made up of whole windows before something happened "
        "to it. Before what?",
        "What is done last on the way in is undone first on the way out. Are both ways right?",
    ),
)
