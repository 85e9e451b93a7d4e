"""Find the bug: attention in shifted windows that is wrong where the windows do not fit (timm's issue 2438).

It belongs to notebook 03. The text of the given function is part of the task; the check runs the mended one.
"""

import inspect
import random

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

import swin_edu
from swin_edu.exercises.drawing import normal, unequal
from swin_edu.exercises.engine import Answer, Exercise, Mistake


def attend_shifted(tokens, window, shift):
    """(B, H, W, C) -> (B, H, W, C): each token attends to its shifted window.

    H and W exceed the window.
    """
    batch, H, W, C = tokens.shape
    tokens = tokens.roll((-shift, -shift), dims=(1, 2))
    tokens = F.pad(tokens, (0, 0, 0, -W % window, 0, -H % window))
    padded = tokens.shape[1:3]
    windows = rearrange(swin_edu.window_partition(tokens, window), "w i j c -> w (i j) c")
    mask = swin_edu.shift_mask(H, W, window, shift).repeat(batch, 1, 1)  # True: may attend
    scores = windows @ windows.mT / C**0.5
    windows = scores.masked_fill(~mask, float("-inf")).softmax(dim=-1) @ windows
    windows = rearrange(windows, "w (i j) c -> w i j c", i=window)
    tokens = swin_edu.window_reverse(windows, window, *padded)[:, :H, :W]
    return tokens.roll((shift, shift), dims=(1, 2))


def _mended(tokens: Tensor, window: int, shift: int) -> Tensor:
    batch, H, W, C = tokens.shape
    tokens = F.pad(tokens, (0, 0, 0, -W % window, 0, -H % window))  # before the roll, as the mask assumes
    padded = tokens.shape[1:3]
    tokens = tokens.roll((-shift, -shift), dims=(1, 2))
    windows = rearrange(swin_edu.window_partition(tokens, window), "w i j c -> w (i j) c")
    mask = swin_edu.shift_mask(H, W, window, shift).repeat(batch, 1, 1)
    scores = windows @ windows.mT / C**0.5
    windows = scores.masked_fill(~mask, float("-inf")).softmax(dim=-1) @ windows
    windows = rearrange(windows, "w (i j) c -> w i j c", i=window)
    tokens = swin_edu.window_reverse(windows, window, *padded).roll((shift, shift), dims=(1, 2))
    return tokens[:, :H, :W]  # and the padding goes after the roll is undone


def _changed(
    first: str = "pad", last: str = "crop", mask_of: str = "grid", rolled: bool = True, back: int = 1
) -> Answer:
    """Other changes to the given function, which do not mend it."""

    def mend_padding(tokens: Tensor, window: int, shift: int) -> Tensor:
        batch, H, W, C = tokens.shape
        shift = shift if rolled else 0
        padded = swin_edu.padded_size(H, W, window)

        def pad(grid: Tensor) -> Tensor:
            return F.pad(grid, (0, 0, 0, padded[1] - grid.shape[2], 0, padded[0] - grid.shape[1]))

        there, home = (-shift, -shift), (back * shift, back * shift)
        grid = pad(tokens).roll(there, (1, 2)) if first == "pad" else pad(tokens.roll(there, (1, 2)))
        windows = rearrange(swin_edu.window_partition(grid, window), "w i j c -> w (i j) c")
        scores = windows @ windows.mT / C**0.5
        if mask_of != "nobody":
            sizes = {"grid": (H, W), "turned": (W, H), "padded": padded}
            mask = swin_edu.shift_mask(*sizes[mask_of], window, shift)
            scores = scores.masked_fill(~mask.repeat(batch, 1, 1), float("-inf"))
        windows = rearrange(scores.softmax(dim=-1) @ windows, "w (i j) c -> w i j c", i=window)
        grid = swin_edu.window_reverse(windows, window, *padded)
        if last == "crop":
            return grid.roll(home, (1, 2))[:, :H, :W]
        return grid[:, :H, :W].roll(home, (1, 2))

    return mend_padding


def _draw_padding(generator: random.Random) -> tuple[Tensor, int, int]:
    window = generator.randint(3, 4)
    H, W = unequal(generator, window + 1, 3 * window)
    while H % window == 0 and W % window == 0:
        H, W = unequal(generator, window + 1, 3 * window)
    shape = generator.randint(2, 3), H, W, generator.randint(2, 5)
    return normal(generator, *shape, dtype=torch.float64), window, generator.randint(1, window - 1)


def _tokens(seed: int, *shape: int) -> Tensor:
    return normal(random.Random(seed), *shape, dtype=torch.float64)


mend_padding = Exercise(
    name="mend_padding",
    chapter="03",
    difficulty="hard",
    minutes=20,
    task="This function is right where the windows fit and wrong where they do not.\n"
    "A well-known library had this defect. Find it by the course's definition, and mend it.\n\n"
    + inspect.getsource(attend_shifted),
    reference=_mended,
    cases=lambda: [
        (_tokens(0, 2, 8, 12, 3), 4, 1),
        (_tokens(1, 2, 8, 11, 3), 7, 3),
        (_tokens(2, 3, 6, 8, 4), 4, 3),
        (_tokens(3, 2, 9, 7, 3), 5, 1),
    ],
    mistakes={
        "as_given": Mistake(
            attend_shifted,
            "Your function still answers as the given one does. Follow 8 rows with a window of 7 and a shift "
            "of 3: with whom does row 0 attend?",
        ),
        "crop_still_first": Mistake(
            _changed(last="roll"),
            "The first half is mended. Now undo the steps from the last to the first: which comes first on "
            "the way back?",
        ),
        "only_the_crop_moved": Mistake(
            _changed(first="roll"),
            "The way back is mended, the way there is not. Where do the zeros stand in the first window row, "
            "and where does the mask expect them?",
        ),
        "mask_of_the_padded_grid": Mistake(
            _changed(mask_of="padded"),
            "The order is right now, but the mask was made for the padded size. What does it know of padding "
            "then?",
        ),
        "given_order_and_padded_mask": Mistake(
            _changed(first="roll", last="roll", mask_of="padded"),
            "You changed the mask. The mask was right; is the grid rolled and padded as it assumes?",
        ),
        "mask_turned": Mistake(
            _changed(mask_of="turned"),
            "Your mask is made for W x H tokens. Which of the two is the number of rows?",
        ),
        "mask_dropped": Mistake(
            _changed(mask_of="nobody"), "Without a mask, strangers meet. Was the mask what was wrong?"
        ),
        "shift_dropped": Mistake(
            _changed(rolled=False), "Without the roll there is no bug, and no shifted window. What is left?"
        ),
        "rolled_on": Mistake(
            _changed(back=-1), "The grid is rolled twice the same way. What undoes a roll by -s?"
        ),
    },
    hints=(
        "Take one column of 8 tokens, a window of 7, a shift of 3, and write down what each line does to "
        "0 1 2 3 4 5 6 7.",
        "By the definition, rows 0, 1 and 2 are one window. Where do they stand when the windows are cut?",
        "`shift_mask` describes a grid that was made in a certain order. Its docstring says in which.",
        "Two lines have to change places, and on the way back everything is undone in the opposite order.",
    ),
    draw=_draw_padding,
)
