"""Exercises on the Swin block, and the count of its parameters as the first of them.

Notebook 05 and assignment 4 set them; paper, Section 3.2 and equation (3).
"""

import random
from collections.abc import Callable

from swin_edu.exercises.block_padding import mend_attention
from swin_edu.exercises.block_reach import seen_through_blocks
from swin_edu.exercises.block_training import block_in_training
from swin_edu.exercises.drawing import unequal
from swin_edu.exercises.engine import Exercise, Mistake
from swin_edu.model.config import Pair


def _block_parameters(channels: int, num_heads: int, window: Pair, mlp_ratio: float, qkv_bias: bool) -> int:
    (Mh, Mw), hidden = window, round(channels * mlp_ratio)
    norms = 2 * (channels + channels)  # weight and bias of each
    qkv = channels * 3 * channels + 3 * channels * qkv_bias
    table = (2 * Mh - 1) * (2 * Mw - 1) * num_heads
    projection = channels * channels + channels
    mlp = channels * hidden + hidden + hidden * channels + channels
    return norms + qkv + table + projection + mlp


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
    """The right answer, or one with a twist."""
    c, hidden = channels, round(channels * mlp_ratio)
    attention = 4 * c * c + 3 * c * qkv_bias + c * projection_bias
    table = offsets(*window) * (num_heads if tables is None else tables)
    return norms * 2 * c + attention + table + 2 * c * hidden + (hidden + c) * mlp_bias


def _draw_block(generator: random.Random) -> tuple:
    heads = generator.randint(1, 6)
    channels = 4 * heads * generator.randint(2, 9)  # so that every ratio gives a whole number
    window, ratio = unequal(generator, 2, 9), generator.choice((1.5, 2.5, 3.0, 5.25))
    return channels, heads, window, ratio, generator.random() < 0.5


block_parameters = Exercise(
    name="block_parameters",
    chapter="05",
    difficulty="easy",
    minutes=5,
    task="How many parameters a Swin block has, as an int, for any window (Mh, Mw), MLP ratio and qkv bias.",
    reference=_block_parameters,
    cases=lambda: [(96, 3, (7, 5), 4.0, True), (64, 4, (4, 8), 2.0, False), (48, 2, (3, 6), 3.5, True)],
    draw=_draw_block,
    mistakes={
        "no_norms": Mistake(
            lambda *a: _count(*a, norms=0),
            "You are a little below. Which parts of a block are no matrices?",
        ),
        "one_norm": Mistake(
            lambda *a: _count(*a, norms=1), "Two branches begin in a block. How many LayerNorms has it?"
        ),
        "no_table": Mistake(
            lambda *a: _count(*a, tables=0),
            "Something of chapter 04 is missing. What does attention learn besides its matrices?",
        ),
        "one_table_for_all_heads": Mistake(
            lambda *a: _count(*a, tables=1),
            "You count one table for the whole block. Do all heads share one position bias?",
        ),
        "table_of_pairs": Mistake(
            lambda *a: _count(*a, offsets=lambda mh, mw: (mh * mw) ** 2),
            "You count a bias for each pair of tokens. Which pairs share one?",
        ),
        "table_of_tokens": Mistake(
            lambda *a: _count(*a, offsets=lambda mh, mw: mh * mw),
            "You count a bias for each token of a window. How many offsets are there between two tokens?",
        ),
        "square_table": Mistake(
            lambda *a: _count(*a, offsets=lambda mh, mw: (2 * mh - 1) ** 2),
            "Your table is that of a square window. How many offsets are there along the other axis?",
        ),
        "qkv_bias_ignored": Mistake(
            lambda c, h, w, r, b: _count(c, h, w, r, True),
            "You always count a bias of queries, keys and values. What does qkv_bias=False leave out?",
        ),
        "no_bias_at_all": Mistake(
            lambda c, h, w, r, b: _count(c, h, w, r, False, projection_bias=False, mlp_bias=False),
            "You count no bias of any linear layer. Which layers have one, and how long is each?",
        ),
        "projection_bias_goes_too": Mistake(
            lambda c, h, w, r, b: _count(c, h, w, r, b, projection_bias=b),
            "qkv_bias speaks of queries, keys and values. What of the projection that comes after them?",
        ),
        "ratio_always_4": Mistake(
            lambda c, h, w, r, b: _count(c, h, w, 4.0, b),
            "Your MLP is always four times as wide. What does mlp_ratio say?",
        ),
    },
    hints=(
        "Section 6 of the lesson is the case Mh = Mw, ratio 4, with bias.",
        "Which terms does each new argument touch? Write one line for each: norms, qkv, table, projection, "
        "MLP.",
        "A linear layer from a to b channels has a*b numbers, and b more with a bias. print(block) of a "
        "SwinBlock lists its linear layers.",
    ),
)

EXERCISES = (block_parameters, block_in_training, mend_attention, seen_through_blocks)
