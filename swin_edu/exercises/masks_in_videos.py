"""The hard exercise on masks: shifted windows of a video, of any size, with padding and short axes.

It belongs to notebook 03; Video Swin (Liu et al. 2022) shifts its windows in time as well.
"""

import random

import torch
from einops import rearrange
from torch import Tensor

from swin_edu.exercises.drawing import unequal
from swin_edu.exercises.engine import Answer, Exercise, Mistake

Sizes = tuple[int, int, int]


def _video_mask(grid: Sizes, window: Sizes, shift: Sizes) -> Tensor:
    # One axis alone: its window and shift, then the number of each token's window, and what is padding.
    numbers, real, sides = [], [], []
    for length, m, s in zip(grid, window, shift, strict=True):
        m, s = (length, 0) if length <= m else (m, s)
        padded = -(-length // m) * m
        before = (torch.arange(padded) + s) % padded  # where each token stood before the roll
        numbers.append((before - s) // m + 1)  # from 0
        real.append(before < length)
        sides.append(m)
    t, h, w = numbers
    ids = (1000 * t[:, None, None] + h[:, None]) * 1000 + w
    t, h, w = real
    ids = ids.masked_fill(~(t[:, None, None] & h[:, None] & w), -1)
    mt, mh, mw = sides
    ids = rearrange(ids, "(nt mt) (nh mh) (nw mw) -> (nt nh nw) (mt mh mw)", mt=mt, mh=mh, mw=mw)
    return ids[:, :, None] == ids[:, None, :]


def _axis(
    length: int, m: int, s: int, fit: str = "both", turn: int = 1, walls: int = 1, pad: str = "first"
) -> tuple:
    """(window, number of each token's window, whether it is padding) of one axis; options go wrong."""
    if length < m or (length == m and fit != "only shorter"):
        wrong = {"window": (length, s % length), "shift": (m, 0), "none": (m, s)}
        m, s = wrong.get(fit, (length, 0))
    padded = -(-length // m) * m
    before = (torch.arange(padded) + turn * s) % padded
    if pad == "last":
        before = torch.cat([(torch.arange(length) + s) % length, torch.arange(length, padded)])
    return m, (before - walls * s) // m + 1, before >= length


def _gone_wrong(
    padding: str = "its own region",
    ids: str = "digits",
    windows: str = "(nt nh nw) (mt mh mw)",
    still: tuple[int, ...] = (),
    **axis: object,
) -> Answer:
    def video_mask(grid: Sizes, window: Sizes, shift: Sizes) -> Tensor:
        axes = [_axis(*numbers, **axis) for numbers in zip(grid, window, shift, strict=True)]
        if padding == "by axis":
            axes = [(m, n.masked_fill(outside, 99), outside) for m, n, outside in axes]
        t, h, w = (n * 0 if i in still else n for i, (_, n, _) in enumerate(axes))
        digit = {"digits": 100, "added": 1}[ids]
        region = (digit * t[:, None, None] + h[:, None]) * digit + w
        t, h, w = (outside for _, _, outside in axes)
        outside = t[:, None, None] | h[:, None] | w
        names = dict(zip(("mt", "mh", "mw"), (m for m, *_ in axes), strict=True))
        both = rearrange(torch.stack([region, outside]), f"x (nt mt) (nh mh) (nw mw) -> x {windows}", **names)
        region, outside = both[0], both[1].bool()
        same = region[:, :, None] == region[:, None, :]
        taken = outside | (region == (digit + 1) * digit)  # -1 by the definition: windows 0, 0 and -1
        one, other = outside[:, :, None], outside[:, None, :]
        return {
            "its own region": (one & other) | (same & ~one & ~other),
            "nothing": same,
            "by axis": same,
            "sees nothing": same & ~one & ~other,
            "by region": same & (one == other),
            "an id that is taken": (taken[:, :, None] & taken[:, None, :]) | (same & ~one & ~other),
            "sees all": one | (same & ~other),
        }[padding]

    return video_mask


def _draw(generator: random.Random) -> tuple[Sizes, Sizes, Sizes]:
    """Any sizes, at most 48 tokens in a window; an axis may be short, or fit, or not."""
    while True:
        window = unequal(generator, 2, 4, count=3)
        shift = tuple(generator.randrange(side) for side in window)
        grid = unequal(generator, 2, 9, count=3)
        if sum(n > m and s > 0 for n, m, s in zip(grid, window, shift, strict=True)) > 1:
            return grid, window, shift


WHERE_FROM = "Where along that axis did a token stand before the roll?"

video_mask = Exercise(
    name="video_mask",
    chapter="03",
    difficulty="hard",
    minutes=30,
    task="The mask of shifted windows (Mt, Mh, Mw) in a video of any size (T, H, W), by the course's "
    "definition: (nW, N, N) bool. An axis no longer than its window is one window and not shifted; the "
    "others are padded at their ends to whole windows, then rolled by -s. Padding attends to padding only. "
    "Windows, and the tokens in one, count frame by frame, then row by row.",
    reference=_video_mask,
    cases=lambda: [
        ((4, 6, 9), (2, 3, 3), (1, 1, 2)),
        ((3, 5, 8), (4, 3, 4), (2, 1, 2)),
        ((5, 4, 6), (2, 4, 4), (1, 2, 1)),
        ((7, 9, 4), (3, 4, 2), (2, 3, 1)),
    ],
    mistakes={
        "frames_never_strangers": Mistake(
            _gone_wrong(still=(0,)),
            "Two frames are never strangers in your mask. What does the roll do to the first frames?",
        ),
        "pixels_never_strangers": Mistake(
            _gone_wrong(still=(1, 2)),
            "Inside a frame nobody is a stranger. What comes round the edge in rows and columns?",
        ),
        "ids_added": Mistake(
            _gone_wrong(ids="added"),
            "Some different regions get one id. How do three digits make one number?",
        ),
        "padding_takes_part": Mistake(
            _gone_wrong(padding="nothing"),
            "Right where the windows fit. Where they do not: whom do the zeros belong to?",
        ),
        "padding_sees_nothing": Mistake(
            _gone_wrong(padding="sees nothing"),
            "The padding has nobody left to attend to. What is softmax over nothing?",
        ),
        "padding_sees_all": Mistake(
            _gone_wrong(padding="sees all"),
            "Nobody sees the padding, but the padding sees everybody. Whom does the task leave it?",
        ),
        "padding_by_region": Mistake(
            _gone_wrong(padding="by region"),
            "Your padding is cut into regions as well. Does it matter to padding where it stood?",
        ),
        "padding_by_axis": Mistake(
            _gone_wrong(padding="by axis"),
            "In your mask the padding of one axis does not see that of another. Does it matter to padding on "
            "which side it stood?",
        ),
        "padding_has_an_id_that_is_taken": Mistake(
            _gone_wrong(padding="an id that is taken"),
            "Some real tokens have the padding's id. Which window numbers does the definition give to the "
            "first tokens of an axis?",
        ),
        "short_axis_shifted": Mistake(
            _gone_wrong(fit="window"),
            "A short axis is one window, and you still shift it. Who is a stranger to whom in a single "
            "window?",
        ),
        "short_axis_padded": Mistake(
            _gone_wrong(fit="shift"),
            "You pad a short axis up to the window. How long is the window of an axis that is shorter "
            "than it?",
        ),
        "short_axis_like_any": Mistake(
            _gone_wrong(fit="none"),
            "You treat a short axis like a long one. What does the task say of an axis no longer than its "
            "window?",
        ),
        "only_where_shorter": Mistake(
            _gone_wrong(fit="only shorter"),
            "An axis as long as its window is shifted now. How many windows does it have?",
        ),
        "rolled_the_other_way": Mistake(
            _gone_wrong(turn=-1, walls=-1),
            f"Your regions stand at the wrong end of the rolled axis. {WHERE_FROM}",
        ),
        "ids_rolled_the_other_way": Mistake(
            _gone_wrong(turn=-1),
            f"Your regions are rolled, but the other way from the tokens. {WHERE_FROM}",
        ),
        "padded_after_the_roll": Mistake(
            _gone_wrong(pad="last"),
            "Your padding stands at the end of the rolled axis. What does a roll do to zeros that were there "
            "before?",
        ),
        "windows_in_another_order": Mistake(
            _gone_wrong(windows="(nw nh nt) (mt mh mw)"),
            "Each window is right, but not its number. Which window comes after window 0: the next in time, "
            "or the next along the row?",
        ),
    },
    hints=(
        "Settle each axis alone, in this order: its window and shift, its padded length, the roll.",
        "For each place of the rolled axis: where did the token stand before? From that follow both the "
        "window that it is in by the definition, and whether it is padding.",
        "Three numbers make one id when no two of them can be mixed up. Padding gets an id that nobody "
        "else has.",
        "The rest is as in two dimensions: cut the ids into windows, compare each with each.",
    ),
    draw=_draw,
)
