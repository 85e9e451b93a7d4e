"""Find the bug: masks that depend on the sizes that came before, as a released transformers library had them.

It belongs to notebook 03. The text of the given function is part of the task; the check runs the mended one.
"""

import inspect
import random

import torch
from einops import rearrange
from torch import Tensor

from swin_edu.exercises.drawing import unequal
from swin_edu.exercises.engine import Exercise, Mistake

Pair = tuple[int, int]
Sizes = tuple[Pair, ...]


def masks_one_by_one(sizes, window, shift):
    """((H, W), ...), (Mh, Mw), (sh, sw) -> the mask of each size, (nW, N, N) bool, True = may attend.

    Each side is a multiple of the window's, or no longer than it.
    Such a short axis is one window, not shifted.
    """
    window, shift, masks = list(window), list(shift), []
    for size in sizes:
        bands = []
        for axis, length in enumerate(size):
            if length <= window[axis]:
                window[axis], shift[axis] = length, 0
            position = torch.arange(length)
            wrapped = position >= length - shift[axis]
            bands.append((position >= length - window[axis]).long() + wrapped.long())
        ids = 3 * bands[0][:, None] + bands[1]
        ids = rearrange(ids, "(nh mh) (nw mw) -> (nh nw) (mh mw)", mh=window[0], mw=window[1])
        masks.append(ids[:, :, None] == ids[:, None, :])
    return masks


def _masks(sizes: Sizes, window: Pair, shift: Pair) -> list[Tensor]:
    masks = []
    for size in sizes:
        bands, sides = [], []
        for length, m, s in zip(size, window, shift, strict=True):
            if length <= m:
                m, s = length, 0  # for this size only
            position = torch.arange(length)
            bands.append((position >= length - m).long() + (position >= length - s).long())
            sides.append(m)
        ids = 3 * bands[0][:, None] + bands[1]
        ids = rearrange(ids, "(nh mh) (nw mw) -> (nh nw) (mh mw)", mh=sides[0], mw=sides[1])
        masks.append(ids[:, :, None] == ids[:, None, :])
    return masks


def _mask(size: Pair, window: Pair, shift: Pair) -> Tensor:
    """Of one size with this window and shift, whatever they are."""
    bands = []
    for length, m, s in zip(size, window, shift, strict=True):
        position = torch.arange(length)
        bands.append((position >= length - m).long() + (position >= length - s).long())
    ids = 3 * bands[0][:, None] + bands[1]
    ids = rearrange(ids, "(nh mh) (nw mw) -> (nh nw) (mh mw)", mh=window[0], mw=window[1])
    return ids[:, :, None] == ids[:, None, :]


def _shift_not_given_back(sizes: Sizes, window: Pair, shift: Pair) -> list[Tensor]:
    masks, shift = [], list(shift)
    for size in sizes:
        shift = [0 if n <= m else s for n, m, s in zip(size, window, shift, strict=True)]
        masks.append(_mask(size, tuple(map(min, size, window)), shift))
    return masks


def _shift_kept(sizes: Sizes, window: Pair, shift: Pair) -> list[Tensor]:
    return [_mask(size, tuple(map(min, size, window)), shift) for size in sizes]


def _only_where_shorter(sizes: Sizes, window: Pair, shift: Pair) -> list[Tensor]:
    masks = []
    for size in sizes:
        fitted = [(n, 0) if n < m else (m, s) for n, m, s in zip(size, window, shift, strict=True)]
        masks.append(_mask(size, *zip(*fitted, strict=True)))
    return masks


def _both_axes_at_once(sizes: Sizes, window: Pair, shift: Pair) -> list[Tensor]:
    masks = []
    for size in sizes:
        short = any(n <= m for n, m in zip(size, window, strict=True))
        masks.append(_mask(size, tuple(map(min, size, window)), (0, 0) if short else shift))
    return masks


def _first_for_all(sizes: Sizes, window: Pair, shift: Pair) -> list[Tensor]:
    return _masks(sizes[:1], window, shift) * len(sizes)


def _kept_by_area(sizes: Sizes, window: Pair, shift: Pair) -> list[Tensor]:
    kept: dict[int, Tensor] = {}
    for height, width in sizes:
        kept.setdefault(height * width, _masks([(height, width)], window, shift)[0])
    return [kept[height * width] for height, width in sizes]


def _draw_memory(generator: random.Random) -> tuple[Sizes, Pair, Pair]:
    window = unequal(generator, 3, 5)
    shift = tuple(generator.randint(1, side - 1) for side in window)

    def side(m: int, short: bool) -> int:
        return generator.randint(2, m) if short else m * generator.randint(2, 3)

    sizes = [(side(window[0], i == 1), side(window[1], i == 2)) for i in range(4)]
    return (*generator.sample(sizes, 3), sizes[3]), window, shift


mend_memory = Exercise(
    name="mend_memory",
    chapter="03",
    difficulty="medium",
    minutes=15,
    task="This function is right for a single size.\n"
    "For several, what came before can change what comes after.\n"
    "A well-known library had this defect. Find it, and mend it.\n\n" + inspect.getsource(masks_one_by_one),
    reference=_masks,
    cases=lambda: [
        (((8, 12), (8, 9), (4, 6)), (4, 3), (2, 1)),
        (((2, 6), (8, 9)), (4, 3), (2, 1)),
        (((6, 5), (12, 10), (12, 15), (6, 20)), (3, 5), (1, 2)),
        (((4, 12), (8, 6), (8, 4), (16, 6), (8, 12)), (4, 6), (1, 3)),
    ],
    mistakes={
        "as_given": Mistake(
            masks_one_by_one,
            "Your function still answers as the given one does. Give it a small size and then a large one. "
            "Which names still hold what the small one left there?",
        ),
        "shift_not_given_back": Mistake(
            _shift_not_given_back,
            "After a small size the window recovers, the shift does not. Who sets it for the next size?",
        ),
        "shift_kept": Mistake(
            _shift_kept,
            "Nothing is remembered now, but an axis that is one window is shifted. Which strangers are in "
            "it?",
        ),
        "only_where_shorter": Mistake(
            _only_where_shorter,
            "An axis as long as its window is shifted now. How many windows does it have?",
        ),
        "both_axes_at_once": Mistake(
            _both_axes_at_once,
            "Where one axis is short, you shift neither. Does a short axis change anything for the other "
            "one?",
        ),
        "first_for_all": Mistake(
            _first_for_all, "Every size gets the mask of the first. What of a mask depends on the size?"
        ),
        "kept_by_area": Mistake(
            _kept_by_area,
            "You keep masks, and two sizes share one. Do 4 x 12 and 8 x 6 have more than their area in "
            "common?",
        ),
    },
    hints=(
        "Call it with two sizes, and with the second alone. Which of the two answers changes?",
        "Print `window` and `shift` at the start of each round of the outer loop.",
        "For whom is a short axis one window: for this size, or for all that come later?",
        "What is decided for one size has to live in names that are made anew for each size.",
    ),
    draw=_draw_memory,
)
