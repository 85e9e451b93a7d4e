"""The exercise on the block in training: equation (3), with drop path on both branches.

It belongs to notebook 05; paper, Section 3.2, and Huang et al. 2016, "Deep networks with stochastic depth".
"""

import random
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor, nn

from swin_edu.exercises.drawing import normal, unequal
from swin_edu.exercises.engine import Exercise, Mistake
from swin_edu.model.block import SwinBlock

TokenMap = Callable[[Tensor], Tensor]
Drop = Callable[[Tensor, float, Tensor], Tensor]


def _block_in_training(
    tokens: Tensor,
    norm1: TokenMap,
    attend: TokenMap,
    norm2: TokenMap,
    mlp: TokenMap,
    rate: float,
    draws: Tensor,
) -> Tensor:
    kept = (draws >= rate)[:, :, None, None, None] / (1 - rate)  # (branch, B, 1, 1, 1)
    tokens = tokens + kept[0] * attend(norm1(tokens))
    return tokens + kept[1] * mlp(norm2(tokens))


def _drop(branch: Tensor, rate: float, draws: Tensor) -> Tensor:
    return branch * (draws >= rate)[:, None, None, None] / (1 - rate)


def _drop_by(drop: Drop) -> Callable[..., Tensor]:
    """The block with another kind of drop path."""

    def block(z, norm1, attend, norm2, mlp, rate, draws):
        z = z + drop(attend(norm1(z)), rate, draws[0])
        return z + drop(mlp(norm2(z)), rate, draws[1])

    return block


def _norm_after(z, norm1, attend, norm2, mlp, rate, draws):
    z = norm1(z + _drop(attend(z), rate, draws[0]))
    return norm2(z + _drop(mlp(z), rate, draws[1]))


def _norm_after_the_branch(z, norm1, attend, norm2, mlp, rate, draws):
    z = z + _drop(norm1(attend(z)), rate, draws[0])
    return z + _drop(norm2(mlp(z)), rate, draws[1])


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


@cache
def _block_functions(channels: int, heads: int, seed: int = 0) -> tuple[TokenMap, ...]:
    """norm1, attend, norm2 and mlp of a real block, as plain functions; the same ones for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(channels + 1000 * seed)
        block = SwinBlock(channels, heads, window_size=2, shift=1).eval()
        for norm in (block.norm1, block.norm2):  # else both norms, and norms of norms, were alike
            nn.init.normal_(norm.weight, 1, 0.4)
            nn.init.normal_(norm.bias, 0, 0.4)

    def plain(part: TokenMap) -> TokenMap:
        return lambda tokens: torch.no_grad()(part)(tokens)

    return tuple(plain(part) for part in (block.norm1, block.attend, block.norm2, block.mlp))


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
        cases.append((tokens, *_block_functions(shape[-1], heads), rate, draws))
    return cases


def _draw_training(generator: random.Random) -> tuple:
    batch, heads, (height, width) = generator.randint(4, 6), generator.randint(1, 2), unequal(generator, 2, 5)
    # Rates that a float32 holds exactly, so that a number on the border is on the border.
    channels, rate = heads * generator.choice((4, 5, 6)), generator.choice((0.125, 0.3125, 0.4375, 0.625))
    tokens = normal(generator, batch, height, width, channels)
    draws = torch.tensor([[generator.random() for _ in range(batch)] for _ in range(2)])
    for row in draws:  # in each, one is dropped, one kept, one on the border
        row[list(unequal(generator, 0, batch - 1, 3))] = torch.tensor([rate / 2, (1 + rate) / 2, rate])
    return tokens, *_block_functions(channels, heads, generator.randrange(8)), rate, draws


block_in_training = Exercise(
    name="block_in_training",
    chapter="05",
    difficulty="medium",
    minutes=10,
    task="Equation (3) with drop path on both branches, for tokens (B, H, W, C). draws is (2, B), its first "
    "row for attention: a sample keeps a branch where its draw is >= rate. What is kept is scaled so "
    "that the mean over many draws is the branch.",
    reference=_block_in_training,
    cases=_training_cases,
    draw=_draw_training,
    mistakes={
        "norm_after": Mistake(
            _norm_after, "Your norm stands behind the sum. Where does equation (3) have it?"
        ),
        "norm_after_the_branch": Mistake(
            _norm_after_the_branch,
            "You norm what a branch gives, as Swin V2 does. What does equation (3) norm?",
        ),
        "residual_of_normed": Mistake(
            _residual_of_normed, "What travels on the road in your block: the tokens, or the normed tokens?"
        ),
        "side_by_side": Mistake(
            _side_by_side, "Your MLP reads what attention read. Which tokens does equation (3) give it?"
        ),
        "no_residual": Mistake(_no_residual, "What becomes of a sample whose branch is dropped?"),
        "road_dropped": Mistake(
            _road_dropped, "You drop the road together with the branch. What is left of such a sample?"
        ),
        "norm2_forgotten": Mistake(
            lambda z, norm1, attend, norm2, mlp, rate, draws: _block_in_training(
                z, norm1, attend, lambda tokens: tokens, mlp, rate, draws
            ),
            "What does the MLP read: the road itself, or a normed copy?",
        ),
        "norm1_twice": Mistake(
            lambda z, norm1, attend, norm2, mlp, rate, draws: _block_in_training(
                z, norm1, attend, norm1, mlp, rate, draws
            ),
            "Do both branches have the same LayerNorm?",
        ),
        "attention_only": Mistake(
            _attention_only,
            "You drop only the attention branch, as a famous library does. Which branches has equation (3)?",
        ),
        "one_coin_for_both": Mistake(
            lambda *a: _block_in_training(*a[:-1], a[-1][[0, 0]]),
            "Both branches use the same row of coins. How many rows are there?",
        ),
        "rows_swapped": Mistake(
            lambda *a: _block_in_training(*a[:-1], a[-1].flip(0)),
            "Which row of coins is for the attention branch?",
        ),
        "inverted": Mistake(
            _drop_by(lambda branch, rate, draws: branch * (draws < rate)[:, None, None, None] / (1 - rate)),
            "Is a branch kept where the number is small, or where it is large?",
        ),
        "border_dropped": Mistake(
            _drop_by(lambda branch, rate, draws: branch * (draws > rate)[:, None, None, None] / (1 - rate)),
            "What happens to a sample whose number is exactly `rate`?",
        ),
        "not_divided": Mistake(
            _drop_by(lambda branch, rate, draws: branch * (draws >= rate)[:, None, None, None]),
            "Over many coins, your mean is smaller than the branch. What makes up for those dropped?",
        ),
        "divided_by_rate": Mistake(
            _drop_by(lambda branch, rate, draws: branch * (draws >= rate)[:, None, None, None] / rate),
            "By which of the two chances do you divide: to be dropped, or to be kept?",
        ),
        "along_the_channels": Mistake(
            _drop_by(lambda branch, rate, draws: branch * (draws >= rate) / (1 - rate)),
            "Along which axis do your coins lie? Broadcasting begins at the last one.",
        ),
        "never_dropped": Mistake(
            _drop_by(lambda branch, rate, draws: branch),
            "This is the block in evaluation. Where are the coins?",
        ),
    },
    hints=(
        "First the block without coins: two lines, as in the lesson. Which tokens does the second line read?",
        "The road is never dropped. A coin only decides about what is added to it.",
        "Give one row of coins as many axes as the tokens have, then multiply. What must a kept branch be "
        "divided by, so that its mean over many coins stays the same?",
    ),
)
