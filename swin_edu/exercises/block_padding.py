"""Find the bug: attention in shifted windows where real tokens attend to padding, as a library has it.

It belongs to notebook 05 and is set in assignment 4; `SwinBlock.attend` keeps padding apart.
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
from swin_edu.model.windows import padded_size, region_ids, shift_mask, window_partition, window_reverse

Attention = Callable[[Tensor, Tensor | None], Tensor]


def attend(tokens: Tensor, window: Pair, shift: Pair, attention: Attention) -> Tensor:
    """(B, H, W, C) -> (B, H, W, C); attention takes windows (B*nW, N, C) and a mask (nW, N, N)."""
    (_, H, W, _), (Mh, Mw), (sh, sw) = tokens.shape, window, shift
    tokens = F.pad(tokens, (0, 0, 0, -W % Mw, 0, -H % Mh))
    tokens = tokens.roll((-sh, -sw), dims=(1, 2))
    _, Hp, Wp, _ = tokens.shape
    ids = torch.zeros(1, Hp, Wp, 1)
    for i, rows in enumerate((slice(0, -Mh), slice(-Mh, -sh), slice(-sh, None))):
        for j, columns in enumerate((slice(0, -Mw), slice(-Mw, -sw), slice(-sw, None))):
            ids[:, rows, columns] = 3 * i + j
    ids = window_partition(ids, window).flatten(1)
    windows = window_partition(tokens, window).flatten(1, 2)
    windows = attention(windows, ids[:, :, None] == ids[:, None, :])
    tokens = window_reverse(windows.unflatten(1, window), window, Hp, Wp)
    tokens = tokens.roll((sh, sw), dims=(1, 2))
    return tokens[:, :H, :W]


GIVEN = inspect.getsource(attend)


def _mend_attention(tokens: Tensor, window: Pair, shift: Pair, attention: Attention) -> Tensor:
    (_, H, W, _), (Mh, Mw), (sh, sw) = tokens.shape, window, shift
    tokens = F.pad(tokens, (0, 0, 0, -W % Mw, 0, -H % Mh))
    tokens = tokens.roll((-sh, -sw), dims=(1, 2))
    _, Hp, Wp, _ = tokens.shape
    ids = torch.zeros(1, Hp, Wp, 1)
    for i, rows in enumerate((slice(0, -Mh), slice(-Mh, -sh), slice(-sh, None))):
        for j, columns in enumerate((slice(0, -Mw), slice(-Mw, -sw), slice(-sw, None))):
            ids[:, rows, columns] = 3 * i + j
    real = F.pad(torch.ones(1, H, W, 1), (0, 0, 0, Wp - W, 0, Hp - H)).roll((-sh, -sw), dims=(1, 2))
    ids[real == 0] = -1  # padding is a region of its own, whichever window it stands in
    ids = window_partition(ids, window).flatten(1)
    windows = window_partition(tokens, window).flatten(1, 2)
    windows = attention(windows, ids[:, :, None] == ids[:, None, :])
    tokens = window_reverse(windows.unflatten(1, window), window, Hp, Wp)
    tokens = tokens.roll((sh, sw), dims=(1, 2))
    return tokens[:, :H, :W]


def _mask(grid: Pair, window: Pair, shift: Pair) -> Tensor:
    return shift_mask(*grid, window, shift)


def _padding_where_it_was(grid: Pair, window: Pair, shift: Pair) -> Tensor:
    """Padding is marked where it stood before the roll."""
    padded = padded_size(*grid, window)
    ids = region_ids(*padded, window, shift)
    ids[grid[0] :] = ids[:, grid[1] :] = -1
    ids = window_partition(ids[None, :, :, None], window).flatten(1)
    return ids[:, :, None] == ids[:, None, :]


def _only_padding(grid: Pair, window: Pair, shift: Pair) -> Tensor:
    """Keeps padding apart, and nobody else."""
    ids = window_partition((region_ids(*grid, window, shift) < 0)[None, :, :, None], window).flatten(1)
    return ids[:, :, None] == ids[:, None, :]


def _twisted(
    tokens: Tensor,
    window: Pair,
    shift: Pair,
    attention: Attention,
    *,
    pads: Callable[[int, int, int, int], tuple[int, ...]] = lambda H, W, Mh, Mw: (0, -W % Mw, 0, -H % Mh),
    mask: Callable[[Pair, Pair, Pair], Tensor | None] = _mask,
    back: int = 1,
    cut_first: bool = False,
    roll_first: bool = False,
) -> Tensor:
    """The right answer, or one with a twist; `back` is the direction of the second roll."""
    (_, H, W, _), (sh, sw) = tokens.shape, shift
    tokens = tokens.roll((-sh, -sw), dims=(1, 2)) if roll_first else tokens
    tokens = F.pad(tokens, (0, 0, *pads(H, W, *window)))
    tokens = tokens if roll_first else tokens.roll((-sh, -sw), dims=(1, 2))
    Hp, Wp = tokens.shape[1:3]
    windows = window_partition(tokens, window).flatten(1, 2)
    windows = attention(windows, mask((H, W), window, shift))
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
    # One or two whole windows and a part along each axis.
    rests = [generator.randrange(1, m) for m in window]
    sides = [m * generator.randint(1, 2) + rest for m, rest in zip(window, rests, strict=True)]
    if sides[0] == sides[1]:
        sides[0] += window[0]
    # Where the shift is the part, the padding fills a region alone and the bug does not show.
    shifts = [[s for s in range(1, m) if s != rest] for m, rest in zip(window, rests, strict=True)]
    shift = tuple(generator.choice(fits) for fits in shifts)
    return _case(generator, (generator.randint(2, 3), *sides, generator.randint(2, 4)), window, shift)


mend_attention = Exercise(
    name="mend_attention",
    chapter="05",
    difficulty="medium",
    minutes=15,
    task="A well-known library attends in shifted windows as below. It pads in time, and where windows do "
    "not fill the grid it is wrong all the same: real tokens attend to what is not there. Find the one bug, "
    "and mend it. Every axis is longer than its window, and shifted.\n\n" + GIVEN,
    reference=_mend_attention,
    cases=_attention_cases,
    draw=_draw_attention,
    mistakes={
        "as_given": Mistake(
            attend,
            "Nothing is mended yet. With 8 rows and M = 7, six rows of zeros come in: which ids do they get, "
            "and who else has these?",
        ),
        "padded_after_the_roll": Mistake(
            lambda *a: _twisted(*a, roll_first=True, cut_first=True),
            "You pad after the roll now. Which rows does the mask take for padding, and where are they?",
        ),
        "padding_where_it_was": Mistake(
            lambda *a: _twisted(*a, mask=_padding_where_it_was),
            "You mark the padding where it stood before the roll. Where does it stand when windows are cut?",
        ),
        "only_padding_apart": Mistake(
            lambda *a: _twisted(*a, mask=_only_padding),
            "Padding is out. Whom did the ids keep apart before you changed them?",
        ),
        "padded_rows_only": Mistake(
            lambda *a: _twisted(
                *a,
                mask=lambda grid, window, shift: shift_mask(
                    grid[0], padded_size(*grid, window)[1], window, shift
                ),
            ),
            "The rows of padding are out. What comes in at the right?",
        ),
        "padded_columns_only": Mistake(
            lambda *a: _twisted(
                *a,
                mask=lambda grid, window, shift: shift_mask(
                    padded_size(*grid, window)[0], grid[1], window, shift
                ),
            ),
            "The columns of padding are out. What comes in at the bottom?",
        ),
        "mask_of_plain_windows": Mistake(
            lambda *a: _twisted(*a, mask=lambda grid, window, shift: shift_mask(*grid, window, 0)),
            "Your mask is that of windows that are not shifted. Who meets after the roll?",
        ),
        "no_mask": Mistake(
            lambda *a: _twisted(*a, mask=lambda *_: None),
            "You took the whole mask away, and most of it was right. Whom did it keep apart?",
        ),
        "cut_before_rolled_back": Mistake(
            lambda *a: _twisted(*a, cut_first=True),
            "The mask is right now. On the way out, what stands in the last rows at the moment you cut?",
        ),
        "not_rolled_back": Mistake(
            lambda *a: _twisted(*a, back=0), "Your tokens come out moved. What undoes the roll?"
        ),
        "rolled_on": Mistake(
            lambda *a: _twisted(*a, back=-1),
            "Your second roll goes the same way as the first. Which way undoes it?",
        ),
        "padded_at_top_and_left": Mistake(
            lambda *a: _twisted(*a, pads=lambda H, W, Mh, Mw: (-W % Mw, 0, -H % Mh, 0)),
            "Your zeros stand at the top and left. Where does your last line cut them off?",
        ),
    },
    hints=(
        "Take one axis alone: 8 rows, M = 7, s = 3. Write down what stands where after the roll, real rows "
        "by number, padding as a dash.",
        "Now write the ids below. Which real rows have the same id as a dash, in one window?",
        "A zero as a key is no nobody: its score is 0, and softmax gives it e**0. Which id would keep all "
        "padding from everybody real? And you know where padding stands: it was rolled with the rest.",
    ),
)
