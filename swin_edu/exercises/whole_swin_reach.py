"""The exercise on the receptive field of a whole network: the pixels that one token of a stage can see.

It is set in assignment 4, for notebook 07: blocks, mergings and patches, all of them backwards.
"""

import random
from collections.abc import Callable

import torch
from torch import Tensor

from swin_edu.exercises.drawing import unequal
from swin_edu.exercises.engine import Exercise, Mistake
from swin_edu.model.config import SwinConfig


def _seen_in_image(config: SwinConfig, height: int, width: int, stage: int, row: int, column: int) -> Tensor:
    def along(length: int, m: int, place: int) -> Tensor:
        """(length,) bool: rows and columns never mix, so each axis is looked at alone."""
        sides = [-(-length // config.patch_size)]
        for _ in range(stage):
            sides.append(-(-sides[-1] // 2))
        seen = torch.arange(sides[stage]) == place
        for level in range(stage, -1, -1):
            for block in reversed(range(config.depths[level])):
                number = (torch.arange(sides[level]) - m // 2 * (block % 2)) // m  # every second is shifted
                seen = torch.isin(number, number[seen])
            # What the stage was made of: pairs of tokens, or patches of pixels; some of them only padding.
            seen = seen.repeat_interleave(2 if level else config.patch_size)
            seen = seen[: sides[level - 1] if level else length]
        return seen

    rows, columns = along(height, config.window[0], row), along(width, config.window[1], column)
    return rows[:, None] & columns[None, :]


def _double(seen: Tensor) -> Tensor:
    return seen.repeat_interleave(2)


def _first_of_two(seen: Tensor) -> Tensor:
    return torch.stack([seen, torch.zeros_like(seen)], dim=1).flatten()


def _shifts(config: SwinConfig, level: int, block: int) -> bool:
    return block % 2 == 1


def _twisted(
    config: SwinConfig,
    height: int,
    width: int,
    stage: int,
    row: int,
    column: int,
    *,
    shifted: Callable[[SwinConfig, int, int], bool] = _shifts,
    backwards: bool = True,
    window: Callable[[tuple[int, int]], tuple[int, int]] = lambda window: window,
    wraps: bool = False,
    looks: Callable[[int, int], bool] = lambda level, stage: True,
    split: Callable[[Tensor], Tensor] = _double,
) -> Tensor:
    """The right answer, or one with a twist; `split` undoes a merging."""
    axes = []
    for length, m, place in zip((height, width), window(config.window), (row, column), strict=True):
        sides = [-(-length // config.patch_size)]
        for _ in range(stage):
            sides.append(-(-sides[-1] // 2))
        seen = torch.arange(sides[stage]) == place
        for level in range(stage, -1, -1):
            side, blocks = sides[level], range(config.depths[level] if looks(level, stage) else 0)
            for block in reversed(blocks) if backwards else blocks:
                position = torch.arange(side) - m // 2 * shifted(config, level, block)
                number = (position % side if wraps else position) // m
                seen = torch.isin(number, number[seen])
            if level:
                seen = split(seen)[: sides[level - 1]]
        axes.append(seen.repeat_interleave(config.patch_size)[:length])
    return axes[0][:, None] & axes[1][None, :]


def _shifts_through(config: SwinConfig, level: int, block: int) -> bool:
    """Plain and shifted in turn, without a new start in each stage."""
    return (sum(config.depths[:level]) + block) % 2 == 1


def _mistake(hint: str, **twist: object) -> Mistake:
    return Mistake(lambda *arguments: _twisted(*arguments, **twist), hint)


def _tokens_as_pixels(config: SwinConfig, height: int, width: int, *place: int) -> Tensor:
    """The tokens of the first stage that are seen, in the corner of a picture of pixels."""
    seen = _twisted(config, height, width, *place)[:: config.patch_size, :: config.patch_size]
    picture = torch.zeros(height, width, dtype=torch.bool)
    picture[: seen.shape[0], : seen.shape[1]] = seen
    return picture


def _network(patch_size: int, depths: tuple[int, ...], window: tuple[int, int]) -> SwinConfig:
    heads = (1,) * len(depths)
    return SwinConfig(
        patch_size=patch_size, embed_dim=4, depths=depths, num_heads=heads, window_size=window, num_classes=3
    )


def _draw_place(generator: random.Random) -> tuple:
    patch_size, stages = generator.choice((2, 3)), generator.randint(2, 3)
    depths = tuple(generator.randint(1, 5 - stages) for _ in range(stages))
    config = _network(patch_size, depths, unequal(generator, 2, 5))
    stage = generator.randint(1, stages - 1)
    sides = [patch_size * side - generator.randrange(patch_size) for side in unequal(generator, 34, 60)]
    place = [generator.randrange(-(-side // (patch_size * 2**stage))) for side in sides]
    return config, *sides, stage, *place


seen_in_image = Exercise(
    name="seen_in_image",
    chapter="07",
    difficulty="hard",
    minutes=25,
    task="(height, width) bool: which pixels can change the token at (row, column) of a stage's map, "
    "config and image size given. Stages count from 0; in each, the first block is plain, the second is "
    "shifted by half a window (M // 2), and so on in turn.",
    reference=_seen_in_image,
    cases=lambda: [
        (_network(2, (2, 1), (2, 3)), 45, 70, 1, 5, 8),
        (_network(3, (3, 2), (4, 2)), 80, 100, 1, 6, 10),
        (_network(2, (1, 2, 1), (3, 2)), 70, 91, 2, 7, 3),
        (_network(4, (3, 2), (2, 5)), 50, 130, 0, 4, 20),
        (_network(2, (2, 2), (7, 4)), 13, 90, 1, 3, 9),
    ],
    draw=_draw_place,
    mistakes={
        "this_stage_only": _mistake(
            "You look through the blocks of one stage. And its input, what had that seen?",
            looks=lambda level, stage: level == stage,
        ),
        "first_stage_only": _mistake(
            "You look through the blocks of the first stage only. What of those that come later?",
            looks=lambda level, stage: level == 0,
        ),
        "no_attention": _mistake(
            "These are the pixels that the token was merged from. Whom does it meet in its windows?",
            looks=lambda level, stage: False,
        ),
        "never_shifted": _mistake(
            "All your windows begin at 0. Where do those of every second block begin?",
            shifted=lambda config, level, block: False,
        ),
        "shifted_first": _mistake(
            "Your first block of a stage is shifted. Which kind does a stage begin with?",
            shifted=lambda config, level, block: block % 2 == 0,
        ),
        "shift_counted_through": _mistake(
            "You count plain and shifted blocks through the whole network. What does a new stage begin with?",
            shifted=_shifts_through,
        ),
        "forwards": _mistake(
            "Your blocks of a stage run in the order of the network. Which of them comes first if you look "
            "back?",
            backwards=False,
        ),
        "first_neighbour_only": _mistake(
            "You go back through a merging to one token. How many rows and columns was it made of?",
            split=_first_of_two,
        ),
        "wrapped": _mistake(
            "In your windows, tokens of opposite edges meet. What did the mask of chapter 03 say to that?",
            wraps=True,
        ),
        "window_sides_swapped": _mistake(
            "Your rows have the window of the columns. Which number of a pair belongs to the rows?",
            window=lambda window: window[::-1],
        ),
        "tokens_as_pixels": Mistake(
            _tokens_as_pixels, "You end at the tokens of the first stage. How many pixels has each of them?"
        ),
    },
    hints=(
        "Rows and columns never mix: write it for one axis, and join two bool vectors at the end.",
        "First the sides: how many tokens along this axis has each stage, up to the one you are asked about?",
        "Then backwards, from the one token: through the blocks of its stage, last block first, as in "
        "chapter 05. What was each of those tokens made of, one stage before?",
        "At odd sides, a merging filled up with zeros; so did the patches. What you can't have seen has to "
        "be cut off on the way back.",
    ),
)
