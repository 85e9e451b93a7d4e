"""Exercises on the Swin block: its parameters, the block in training, what a stack lets one token see.

They belong to notebook 05; paper, Section 3.2 and equation (3).
"""

import random

import torch

from swin_edu.exercises.block_answers import (
    attention_only,
    block_functions,
    count,
    drop_by,
    fit_any_shift,
    in_training,
    look_back,
    no_residual,
    norm_after,
    residual_of_normed,
    road_dropped,
    side_by_side,
    square_around,
)
from swin_edu.exercises.drawing import normal, unequal
from swin_edu.exercises.engine import Exercise, Mistake
from swin_edu.model.block import SwinBlock
from swin_edu.model.counting import count_parameters

# ---- A: parameters ----------------------------------------------------------------------------------


def _draw_block(generator: random.Random) -> tuple:
    heads = generator.randint(1, 6)
    channels = (
        4 * heads * generator.randint(2, 9)
    )  # a multiple of 4, so that every ratio gives a whole number
    window, ratio = unequal(generator, 2, 9), generator.choice((1.5, 2.5, 3.0, 5.25))
    return channels, heads, window, ratio, generator.random() < 0.5


block_parameters = Exercise(
    name="block_parameters",
    chapter="05",
    difficulty="easy",
    minutes=5,
    task="How many parameters a Swin block has, as an int, for any window, MLP ratio and qkv bias.",
    reference=lambda c, h, w, r, b: count_parameters(SwinBlock(c, h, w, mlp_ratio=r, qkv_bias=b)),
    cases=lambda: [(96, 3, (7, 5), 4.0, True), (64, 4, (4, 8), 2.0, False), (48, 2, (3, 6), 3.5, True)],
    draw=_draw_block,
    mistakes={
        "no_norms": Mistake(
            lambda *a: count(*a, norms=0),
            "You are a little below. Which parts of a block are no matrices?",
        ),
        "one_norm": Mistake(lambda *a: count(*a, norms=1), "How many LayerNorms does a block have?"),
        "no_table": Mistake(
            lambda *a: count(*a, tables=0),
            "Something of chapter 04 is missing; it is learned too.",
        ),
        "one_table_for_all_heads": Mistake(
            lambda *a: count(*a, tables=1), "Do all heads share one position bias?"
        ),
        "table_of_pairs": Mistake(
            lambda *a: count(*a, offsets=lambda mh, mw: (mh * mw) ** 2),
            "A bias for each pair of tokens? Many pairs have the same offset.",
        ),
        "square_table": Mistake(
            lambda *a: count(*a, offsets=lambda mh, mw: (2 * mh - 1) ** 2),
            "How many offsets are there along the other axis of the window?",
        ),
        "qkv_bias_ignored": Mistake(
            lambda c, h, w, r, b: count(c, h, w, r, True), "What does qkv_bias=False leave out?"
        ),
        "no_bias_at_all": Mistake(
            lambda c, h, w, r, b: count(c, h, w, r, False, projection_bias=False, mlp_bias=False),
            "Which linear layers have a bias, and how long is each?",
        ),
        "projection_bias_goes_too": Mistake(
            lambda c, h, w, r, b: count(c, h, w, r, b, projection_bias=b),
            "qkv_bias speaks of queries, keys and values. What of the projection that comes after them?",
        ),
        "ratio_always_4": Mistake(
            lambda c, h, w, r, b: count(c, h, w, 4.0, b),
            "Is the MLP four times as wide in every case?",
        ),
    },
    hints=("Section 6 is the case Mh = Mw, ratio 4, with bias.", "Which terms does each new argument touch?"),
)


# ---- B: the block in training -----------------------------------------------------------------------


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
        cases.append((tokens, *block_functions(shape[-1], heads), rate, draws))
    return cases


def _draw_training(generator: random.Random) -> tuple:
    batch, heads, (height, width) = generator.randint(4, 6), generator.randint(1, 2), unequal(generator, 2, 5)
    channels, rate = heads * generator.choice((4, 5, 6)), generator.choice((0.125, 0.3125, 0.4375, 0.625))
    tokens = normal(generator, batch, height, width, channels)
    draws = torch.tensor([[generator.random() for _ in range(batch)] for _ in range(2)])
    for row in draws:  # in each, one is dropped, one kept, one on the border
        row[list(unequal(generator, 0, batch - 1, 3))] = torch.tensor([rate / 2, (1 + rate) / 2, rate])
    return tokens, *block_functions(channels, heads, generator.randrange(8)), rate, draws


block_in_training = Exercise(
    name="block_in_training",
    chapter="05",
    difficulty="medium",
    minutes=10,
    task="Equation (3) with drop path on both branches; a sample keeps a branch where its draw is >= rate.",
    reference=in_training,
    cases=_training_cases,
    draw=_draw_training,
    mistakes={
        "norm_after": Mistake(
            norm_after, "Your norm stands behind the sum. Where does equation (3) have it?"
        ),
        "residual_of_normed": Mistake(
            residual_of_normed, "What travels on the road in your block: the tokens, or the normed tokens?"
        ),
        "side_by_side": Mistake(side_by_side, "Which tokens does the MLP read: those before attention?"),
        "no_residual": Mistake(no_residual, "What becomes of a sample whose branch is dropped?"),
        "road_dropped": Mistake(road_dropped, "You drop the road together with the branch."),
        "norm2_forgotten": Mistake(
            lambda z, norm1, attend, norm2, mlp, rate, draws: in_training(
                z, norm1, attend, lambda tokens: tokens, mlp, rate, draws
            ),
            "What does the MLP read: the road itself, or a normed copy?",
        ),
        "norm1_twice": Mistake(
            lambda z, norm1, attend, norm2, mlp, rate, draws: in_training(
                z, norm1, attend, norm1, mlp, rate, draws
            ),
            "Do both branches have the same LayerNorm?",
        ),
        "attention_only": Mistake(
            attention_only,
            "You drop only the attention branch. So does a famous library; the paper drops both.",
        ),
        "one_coin_for_both": Mistake(
            lambda *a: in_training(*a[:-1], a[-1][[0, 0]]), "Both branches use the same row of coins."
        ),
        "rows_swapped": Mistake(
            lambda *a: in_training(*a[:-1], a[-1].flip(0)), "Which row of coins is for the attention branch?"
        ),
        "inverted": Mistake(
            drop_by(lambda branch, rate, draws: branch * (draws < rate)[:, None, None, None] / (1 - rate)),
            "Is a branch kept where the number is small, or where it is large?",
        ),
        "border_dropped": Mistake(
            drop_by(lambda branch, rate, draws: branch * (draws > rate)[:, None, None, None] / (1 - rate)),
            "What happens to a sample whose number is exactly `rate`?",
        ),
        "not_divided": Mistake(
            drop_by(lambda branch, rate, draws: branch * (draws >= rate)[:, None, None, None]),
            "What is the mean of your branch, over many coins? What should it be?",
        ),
        "divided_by_rate": Mistake(
            drop_by(lambda branch, rate, draws: branch * (draws >= rate)[:, None, None, None] / rate),
            "By which of the two chances do you divide: to be dropped, or to be kept?",
        ),
        "along_the_channels": Mistake(
            drop_by(lambda branch, rate, draws: branch * (draws >= rate) / (1 - rate)),
            "Along which axis do your coins lie? Broadcasting begins at the last one.",
        ),
        "never_dropped": Mistake(
            drop_by(lambda branch, rate, draws: branch),
            "This is the block in evaluation. Where are the coins?",
        ),
    },
    hints=(
        "Give one row of coins as many axes as the tokens have, then multiply.",
        "The road is never dropped.",
    ),
)


# ---- C: what one token sees -------------------------------------------------------------------------


def _draw_stack(generator: random.Random) -> tuple:
    sides = unequal(generator, 9, 18)
    blocks = []
    for _ in range(generator.randint(2, 3)):
        window = unequal(generator, 2, 7)
        blocks.append((window, tuple(generator.randrange(m) for m in window)))
    if generator.random() < 0.5:  # a first block with one window for all rows, although a shift is given
        blocks[0] = ((sides[0] + generator.randint(0, 3), 4), (generator.randint(3, 6), 1))
    return *sides, blocks, *(generator.randrange(side) for side in sides)


seen_through_blocks = Exercise(
    name="seen_through_blocks",
    chapter="05",
    difficulty="hard",
    minutes=20,
    task="(height, width) bool: which tokens can change the one at (row, column) after the blocks.",
    reference=look_back,
    cases=lambda: [
        (9, 14, [((4, 4), (0, 0)), ((4, 4), (2, 2)), ((4, 4), (0, 0))], 4, 9),
        (8, 12, [((2, 4), (0, 0)), ((3, 5), (2, 1)), ((2, 4), (1, 3))], 5, 3),
        (6, 20, [((7, 7), (0, 0)), ((4, 6), (1, 3)), ((7, 7), (3, 3))], 2, 11),
        (5, 16, [((2, 4), (0, 0)), ((6, 4), (3, 2))], 1, 14),
        (12, 17, [((5, 7), (1, 2))], 5, 9),
    ],
    draw=_draw_stack,
    mistakes={
        "who_hears": Mistake(
            lambda h, w, blocks, r, c: look_back(h, w, blocks[::-1], r, c),
            "This is who hears the token, not whom it sees. Which block did its output leave last?",
        ),
        "never_shifted": Mistake(
            lambda h, w, blocks, r, c: look_back(h, w, [(m, (0, 0)) for m, _ in blocks], r, c),
            "Where do the windows of a shifted block begin?",
        ),
        "shift_swapped": Mistake(
            lambda h, w, blocks, r, c: look_back(
                h, w, [(m, s[::-1]) for m, s in blocks], r, c, fit=fit_any_shift
            ),
            "Which number of the shift belongs to the rows?",
        ),
        "shifted_the_other_way": Mistake(
            lambda h, w, blocks, r, c: look_back(
                h, w, [(m, (-s[0], -s[1])) for m, s in blocks], r, c, fit=fit_any_shift
            ),
            "Does floor((r - s) / M) move the walls up, or down?",
        ),
        "small_axis_shifted": Mistake(
            lambda *a: look_back(*a, fit=lambda height, width, window, shift: (window, shift)),
            "What about an axis that is no longer than the window?",
        ),
        "wrapped": Mistake(
            lambda *a: look_back(*a, wraps=True),
            "In your windows, tokens of opposite edges meet. What did the mask of chapter 03 say to that?",
        ),
        "last_block_only": Mistake(
            lambda h, w, blocks, r, c: look_back(h, w, blocks[-1:], r, c),
            "This is what the last block alone lets it see. And those that it saw, what had they seen?",
        ),
        "square_around_the_token": Mistake(
            square_around,
            "You grow a square around it. Is a token always in the middle of its window?",
        ),
    },
    hints=(
        "You ask about the output, so begin with the block that comes last.",
        "Rows and columns never mix: keep one bool vector for each.",
        "An axis no longer than the window is one window and is not shifted.",
    ),
)


EXERCISES = (block_parameters, block_in_training, seen_through_blocks)
