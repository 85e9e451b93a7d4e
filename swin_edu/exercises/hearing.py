"""The exercise on how far word travels: whom a token can have had an effect on after k blocks.

Notebook 03 sets it; the answer needs the definition of a window only, and no attention.
"""

import random

import torch
from torch import Tensor

from swin_edu.exercises.drawing import grid_of
from swin_edu.exercises.engine import Answer, Exercise, Mistake


def _who_hears(H: int, W: int, M: int, k: int, row: int, column: int) -> Tensor:
    knows = torch.zeros(H, W, dtype=torch.bool)
    knows[row, column] = True
    for block in range(k):
        s = 0 if block % 2 == 0 else M // 2
        # One number for each window; 1000 is more than a row of windows has.
        window = 1000 * ((torch.arange(H) - s) // M)[:, None] + (torch.arange(W) - s) // M
        knows = torch.isin(window, window[knows])
    return knows


def _spread(
    plain: float = 0.0,
    shifted: float = 0.5,
    more: int = 0,
    axes: tuple[int, int] = (1, 1),
    wraps: bool = False,
) -> Answer:
    """The same with other shifts (as a share of M), more blocks, one axis shifted, or the roll not undone."""

    def who_hears_after(H: int, W: int, M: int, k: int, row: int, column: int) -> Tensor:
        knows = torch.zeros(H, W, dtype=torch.bool)
        knows[row, column] = True
        for block in range(k + more):
            s = int(M * (plain, shifted)[block % 2])
            rows, columns = ((torch.arange(n) - s * on) // M for n, on in zip((H, W), axes, strict=True))
            if wraps:
                rows, columns = rows % (H // M), columns % (W // M)
            window = 1000 * rows[:, None] + columns
            knows = torch.isin(window, window[knows])
        return knows

    return who_hears_after


def _square(H: int, W: int, M: int, k: int, row: int, column: int) -> Tensor:
    rows, columns = (torch.arange(H) - row).abs(), (torch.arange(W) - column).abs()
    return (rows[:, None] <= k * M // 2) & (columns[None, :] <= k * M // 2)


def _square_of_side_kM(H: int, W: int, M: int, k: int, row: int, column: int) -> Tensor:
    rows, columns = torch.arange(H) - row, torch.arange(W) - column
    half = k * M // 2
    return ((rows >= -half) & (rows < half))[:, None] & ((columns >= -half) & (columns < half))


def _who_is_heard(H: int, W: int, M: int, k: int, row: int, column: int) -> Tensor:
    """The blocks taken from the last to the first: whom the token hears."""
    return _spread()(H, W, M, k, row, column) if k % 2 else _spread(0.5, 0.0)(H, W, M, k, row, column)


SQUARE = "You grow a square around the token. Is a token always in the middle of its window?"


def _draw(generator: random.Random) -> tuple[int, int, int, int, int, int]:
    M = generator.randint(2, 6)
    H, W = grid_of(generator, (M, M), most=6)
    return H, W, M, generator.randint(1, 5), generator.randrange(H), generator.randrange(W)


who_hears_after = Exercise(
    name="who_hears_after",
    chapter="03",
    difficulty="hard",
    minutes=15,
    task="(H, W) bool: which tokens can have heard of token (row, column) after k blocks. Windows are M x M "
    "and fill the grid; the first block is plain, every second one is shifted by M // 2.",
    reference=_who_hears,
    cases=lambda: [
        (8, 12, 4, 1, 2, 5),
        (8, 12, 4, 2, 2, 5),
        (32, 24, 4, 3, 14, 17),
        (12, 20, 4, 4, 1, 18),
        (12, 18, 6, 2, 5, 9),
        (10, 15, 5, 3, 4, 7),
    ],
    mistakes={
        "never_shifted": Mistake(
            _spread(shifted=0.0), "Your windows never move. Where do they stand in the second block?"
        ),
        "always_shifted": Mistake(
            _spread(plain=0.5), "All blocks have the same windows. Is the first one shifted?"
        ),
        "who_is_heard": Mistake(
            _who_is_heard,
            "You go from the last block to the first. Does the token speak or listen?",
        ),
        "shifted_first": Mistake(
            _spread(plain=0.5, shifted=0.0), "You begin with a shifted block. Which kind comes first?"
        ),
        "roll_not_undone": Mistake(
            _spread(wraps=True),
            "In your answer word jumps from one edge to the other. Do a token at the top and one at the "
            "bottom share a window by the definition?",
        ),
        "rows_only": Mistake(
            _spread(axes=(1, 0)),
            "Word crosses the walls between rows and none between columns. What is shifted?",
        ),
        "one_block_too_many": Mistake(
            _spread(more=1),
            "Word has gone on for one block more. How many rounds does your loop make for k = 1?",
        ),
        "one_block_too_few": Mistake(
            _spread(more=-1), "Word stops one block early. Who has heard it after the first block?"
        ),
        "square_around_the_token": Mistake(_square, SQUARE),
        "square_of_side_kM": Mistake(_square_of_side_kM, SQUARE),
    },
    hints=(
        "Keep a bool grid of those who know.",
        "In each block, a token learns it if somebody in its window knows.",
        "The first block is plain.",
        "Give each window a number: (H, W) integers from the definition. Which numbers belong to somebody "
        "who knows?",
    ),
    draw=_draw,
)
