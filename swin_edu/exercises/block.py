"""Exercises on the Swin block: its parameters, the block in training, what a stack lets one token see.

They belong to notebook 05; paper, Section 3.2 and equation (3).
"""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor, nn

from swin_edu.exercises.engine import Exercise, Mistake
from swin_edu.model.block import SwinBlock
from swin_edu.model.config import Pair
from swin_edu.model.counting import count_parameters
from swin_edu.model.windows import effective_window

# ---- A: parameters ----------------------------------------------------------------------------------


def _count(
    channels: int,
    num_heads: int,
    window: Pair,
    mlp_ratio: float,
    qkv_bias: bool,
    *,
    norms: int = 2,
    tables: int | None = None,
    offsets: Callable[[int, int], int] = lambda mh, mw: (2 * mh - 1) * (2 * mw - 1),
    projection_bias: bool = True,
    mlp_bias: bool = True,
) -> int:
    c, hidden = channels, round(channels * mlp_ratio)
    attention = 4 * c * c + 3 * c * qkv_bias + c * projection_bias
    table = offsets(*window) * (num_heads if tables is None else tables)
    return norms * 2 * c + attention + table + 2 * c * hidden + (hidden + c) * mlp_bias


block_parameters = Exercise(
    name="block_parameters",
    chapter="05",
    difficulty="easy",
    minutes=5,
    task="How many parameters a Swin block has, as an int, for any window, MLP ratio and qkv bias.",
    reference=lambda c, h, w, r, b: count_parameters(SwinBlock(c, h, w, mlp_ratio=r, qkv_bias=b)),
    cases=lambda: [(96, 3, (7, 5), 4.0, True), (64, 4, (4, 8), 2.0, False), (48, 2, (3, 6), 3.5, True)],
    mistakes={
        "no_norms": Mistake(
            lambda *a: _count(*a, norms=0), "You are a little below. Which parts of a block are no matrices?"
        ),
        "one_norm": Mistake(lambda *a: _count(*a, norms=1), "How many LayerNorms does a block have?"),
        "no_table": Mistake(
            lambda *a: _count(*a, tables=0), "Something of chapter 04 is missing, and it is learned too."
        ),
        "one_table_for_all_heads": Mistake(
            lambda *a: _count(*a, tables=1), "Do all heads share one position bias?"
        ),
        "table_of_pairs": Mistake(
            lambda *a: _count(*a, offsets=lambda mh, mw: (mh * mw) ** 2),
            "A bias for each pair of tokens? Many pairs have the same offset.",
        ),
        "square_table": Mistake(
            lambda *a: _count(*a, offsets=lambda mh, mw: (2 * mh - 1) ** 2),
            "How many offsets are there along the other axis of the window?",
        ),
        "qkv_bias_ignored": Mistake(
            lambda c, h, w, r, b: _count(c, h, w, r, True), "What does qkv_bias=False leave out?"
        ),
        "no_bias_at_all": Mistake(
            lambda c, h, w, r, b: _count(c, h, w, r, False, projection_bias=False, mlp_bias=False),
            "Which linear layers have a bias, and how long is each?",
        ),
        "projection_bias_goes_too": Mistake(
            lambda c, h, w, r, b: _count(c, h, w, r, b, projection_bias=b),
            "qkv_bias speaks of queries, keys and values. What of the projection that comes after them?",
        ),
        "ratio_always_4": Mistake(
            lambda c, h, w, r, b: _count(c, h, w, 4.0, b), "Is the MLP four times as wide in every case?"
        ),
    },
    hints=("Section 6 is the case Mh = Mw, ratio 4, with bias.", "Which terms does each new argument touch?"),
)


# ---- B: the block in training -----------------------------------------------------------------------

TokenMap = Callable[[Tensor], Tensor]


@cache
def _functions(channels: int, heads: int) -> tuple[TokenMap, TokenMap, TokenMap, TokenMap]:
    """norm1, attend, norm2 and mlp of a real block, as plain functions."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(channels)
        block = SwinBlock(channels, heads, window_size=2, shift=1).eval()
        for norm in (block.norm1, block.norm2):  # else both norms, and norms of norms, were alike
            nn.init.normal_(norm.weight, 1, 0.4)
            nn.init.normal_(norm.bias, 0, 0.4)
    parts = (block.norm1, block.attend, block.norm2, block.mlp)

    def plain(part: TokenMap) -> TokenMap:
        return lambda tokens: torch.no_grad()(part)(tokens)

    return tuple(plain(part) for part in parts)


def _training_cases() -> list[tuple]:
    generator = torch.Generator().manual_seed(5)
    # The first has as many samples as channels: there a coin laid along the channels raises no error.
    shapes = [((6, 2, 3, 6), 2, 0.375), ((3, 4, 5, 8), 4, 0.25), ((5, 3, 2, 4), 1, 0.5)]
    cases = []
    for shape, heads, rate in shapes:
        tokens = torch.randn(shape, generator=generator)
        draws = torch.rand(2, shape[0], generator=generator)
        draws[0, :3] = torch.tensor([rate / 2, 0.9, rate])  # one is dropped, one kept, one on the border
        draws[1, :3] = torch.tensor([0.95, rate / 3, rate / 2])
        cases.append((tokens, *_functions(shape[-1], heads), rate, draws))
    return cases


def _drop(branch: Tensor, rate: float, draws: Tensor) -> Tensor:
    return branch * (draws >= rate)[:, None, None, None] / (1 - rate)


def _in_training(
    z: Tensor,
    norm1: TokenMap,
    attend: TokenMap,
    norm2: TokenMap,
    mlp: TokenMap,
    rate: float,
    draws: Tensor,
    drop: Callable[[Tensor, float, Tensor], Tensor] = _drop,
) -> Tensor:
    z = z + drop(attend(norm1(z)), rate, draws[0])
    return z + drop(mlp(norm2(z)), rate, draws[1])


def _norm_after(z, norm1, attend, norm2, mlp, rate, draws):
    z = norm1(z + _drop(attend(z), rate, draws[0]))
    return norm2(z + _drop(mlp(z), rate, draws[1]))


def _residual_of_normed(z, norm1, attend, norm2, mlp, rate, draws):
    z = norm1(z)
    z = norm2(z + _drop(attend(z), rate, draws[0]))
    return z + _drop(mlp(z), rate, draws[1])


def _side_by_side(z, norm1, attend, norm2, mlp, rate, draws):
    return z + _drop(attend(norm1(z)), rate, draws[0]) + _drop(mlp(norm2(z)), rate, draws[1])


def _no_residual(z, norm1, attend, norm2, mlp, rate, draws):
    z = _drop(attend(norm1(z)), rate, draws[0])
    return _drop(mlp(norm2(z)), rate, draws[1])


def _road_dropped(z, norm1, attend, norm2, mlp, rate, draws):
    z = _drop(z + attend(norm1(z)), rate, draws[0])
    return _drop(z + mlp(norm2(z)), rate, draws[1])


def _attention_only(z, norm1, attend, norm2, mlp, rate, draws):
    z = z + _drop(attend(norm1(z)), rate, draws[0])
    return z + mlp(norm2(z))


def _with(drop: Callable[[Tensor, float, Tensor], Tensor]) -> Callable[..., Tensor]:
    return lambda *arguments: _in_training(*arguments, drop=drop)


block_in_training = Exercise(
    name="block_in_training",
    chapter="05",
    difficulty="medium",
    minutes=10,
    task="Equation (3) with drop path on both branches; a sample keeps a branch where its draw is >= rate.",
    reference=_in_training,
    cases=_training_cases,
    mistakes={
        "norm_after": Mistake(
            _norm_after, "Your norm stands behind the sum. Where does equation (3) have it?"
        ),
        "residual_of_normed": Mistake(
            _residual_of_normed, "What travels on the road in your block: the tokens, or the normed tokens?"
        ),
        "side_by_side": Mistake(_side_by_side, "Which tokens does the MLP read: those before attention?"),
        "no_residual": Mistake(_no_residual, "What becomes of a sample whose branch is dropped?"),
        "road_dropped": Mistake(_road_dropped, "You drop the road together with the branch."),
        "norm1_twice": Mistake(
            lambda z, norm1, attend, norm2, mlp, rate, draws: _in_training(
                z, norm1, attend, norm1, mlp, rate, draws
            ),
            "Do both branches have the same LayerNorm?",
        ),
        "attention_only": Mistake(
            _attention_only,
            "You drop only the attention branch. So does a famous library; the paper drops both.",
        ),
        "one_coin_for_both": Mistake(
            lambda *a: _in_training(*a[:-1], a[-1][[0, 0]]), "Both branches use the same row of coins."
        ),
        "rows_swapped": Mistake(
            lambda *a: _in_training(*a[:-1], a[-1].flip(0)), "Which row of coins is for the attention branch?"
        ),
        "inverted": Mistake(
            _with(lambda branch, rate, draws: branch * (draws < rate)[:, None, None, None] / (1 - rate)),
            "Is a branch kept where the number is small, or where it is large?",
        ),
        "border_dropped": Mistake(
            _with(lambda branch, rate, draws: branch * (draws > rate)[:, None, None, None] / (1 - rate)),
            "What happens to a sample whose number is exactly `rate`?",
        ),
        "not_divided": Mistake(
            _with(lambda branch, rate, draws: branch * (draws >= rate)[:, None, None, None]),
            "What is the mean of your branch, over many coins? What should it be?",
        ),
        "divided_by_rate": Mistake(
            _with(lambda branch, rate, draws: branch * (draws >= rate)[:, None, None, None] / rate),
            "By which of the two chances do you divide: to be dropped, or to be kept?",
        ),
        "along_the_channels": Mistake(
            _with(lambda branch, rate, draws: branch * (draws >= rate) / (1 - rate)),
            "Along which axis do your coins lie? Broadcasting begins at the last one.",
        ),
        "never_dropped": Mistake(
            _with(lambda branch, rate, draws: branch), "This is the block in evaluation. Where are the coins?"
        ),
    },
    hints=(
        "Give one row of coins as many axes as the tokens have, then multiply.",
        "The road is never dropped.",
    ),
)


# ---- C: what one token sees -------------------------------------------------------------------------

Blocks = list[tuple[Pair, Pair]]


def _look_back(
    height: int,
    width: int,
    blocks: Blocks,
    row: int,
    column: int,
    *,
    fit: Callable[..., tuple[Pair, Pair]] = effective_window,
    wraps: bool = False,
) -> Tensor:
    seen = [torch.arange(height) == row, torch.arange(width) == column]
    for window, shift in reversed(blocks):
        window, shift = fit(height, width, window, shift)
        for axis, (length, m, s) in enumerate(zip((height, width), window, shift, strict=True)):
            position = (torch.arange(length) - s) % length if wraps else torch.arange(length) - s
            seen[axis] = torch.isin(position // m, position[seen[axis]] // m)
    return seen[0][:, None] & seen[1][None, :]


def _square(height: int, width: int, blocks: Blocks, row: int, column: int) -> Tensor:
    far = [sum(window[axis] for window, _ in blocks) / 2 for axis in (0, 1)]
    rows, columns = (torch.arange(height) - row).abs(), (torch.arange(width) - column).abs()
    return (rows[:, None] <= far[0]) & (columns[None, :] <= far[1])


seen_through_blocks = Exercise(
    name="seen_through_blocks",
    chapter="05",
    difficulty="hard",
    minutes=20,
    task="(height, width) bool: which tokens can change the one at (row, column) after the blocks.",
    reference=_look_back,
    cases=lambda: [
        (9, 14, [((4, 4), (0, 0)), ((4, 4), (2, 2)), ((4, 4), (0, 0))], 4, 9),
        (8, 12, [((2, 4), (0, 0)), ((3, 5), (2, 1)), ((2, 4), (1, 3))], 5, 3),
        (6, 20, [((7, 7), (0, 0)), ((4, 6), (1, 3)), ((7, 7), (3, 3))], 2, 11),
        (5, 16, [((2, 4), (0, 0)), ((6, 4), (3, 2))], 1, 14),
        (12, 17, [((5, 7), (1, 2))], 5, 9),
    ],
    mistakes={
        "who_hears": Mistake(
            lambda h, w, blocks, r, c: _look_back(h, w, blocks[::-1], r, c),
            "This is who hears the token, not whom it sees. Which block did its output leave last?",
        ),
        "never_shifted": Mistake(
            lambda h, w, blocks, r, c: _look_back(h, w, [(m, (0, 0)) for m, _ in blocks], r, c),
            "Where do the windows of a shifted block begin?",
        ),
        "shift_swapped": Mistake(
            lambda h, w, blocks, r, c: _look_back(
                h, w, [(m, s[::-1]) for m, s in blocks], r, c, fit=_fit_without_check
            ),
            "Which number of the shift belongs to the rows?",
        ),
        "shifted_the_other_way": Mistake(
            lambda h, w, blocks, r, c: _look_back(
                h, w, [(m, (-s[0], -s[1])) for m, s in blocks], r, c, fit=_fit_without_check
            ),
            "Does floor((r - s) / M) move the walls up, or down?",
        ),
        "small_axis_shifted": Mistake(
            lambda *a: _look_back(*a, fit=lambda height, width, window, shift: (window, shift)),
            "What about an axis that is no longer than the window?",
        ),
        "wrapped": Mistake(
            lambda *a: _look_back(*a, wraps=True),
            "In your windows, tokens of opposite edges meet. What did the mask of chapter 03 say to that?",
        ),
        "last_block_only": Mistake(
            lambda h, w, blocks, r, c: _look_back(h, w, blocks[-1:], r, c),
            "This is what the last block alone lets it see. And those that it saw, what had they seen?",
        ),
        "square_around_the_token": Mistake(
            _square, "You grow a square around the token. Is a token always in the middle of its window?"
        ),
    },
    hints=(
        "You ask about the output, so begin with the block that comes last.",
        "Rows and columns never mix: keep one bool vector for each.",
        "An axis no longer than the window is one window and is not shifted.",
    ),
)


def _fit_without_check(height: int, width: int, window: Pair, shift: Pair) -> tuple[Pair, Pair]:
    """As `effective_window`, for shifts that it would refuse."""
    window, fits = effective_window(height, width, window, 0)[0], (height > window[0], width > window[1])
    return window, (shift[0] * fits[0], shift[1] * fits[1])


EXERCISES = (block_parameters, block_in_training, seen_through_blocks)
