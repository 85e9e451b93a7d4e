"""The exercise on counting the parameters of a whole network without building it.

It belongs to notebook 07; paper, Section 3.3.
"""

import random
from collections.abc import Callable
from dataclasses import replace

from swin_edu.exercises.drawing import unequal
from swin_edu.exercises.engine import Exercise, Mistake
from swin_edu.model.config import SwinConfig


def _count_swin(config: SwinConfig) -> int:
    def linear(inputs: int, outputs: int, bias: bool = True) -> int:
        return inputs * outputs + outputs * bias

    def norm(channels: int) -> int:
        return 2 * channels

    Mh, Mw = config.window
    offsets, c = (2 * Mh - 1) * (2 * Mw - 1), config.embed_dim
    total = linear(config.patch_size**2 * config.in_channels, c) + norm(c)
    for stage, (depth, heads) in enumerate(zip(config.depths, config.num_heads, strict=True)):
        if stage:
            total += norm(4 * c) + linear(4 * c, 2 * c, bias=False)
            c = 2 * c
        hidden = round(c * config.mlp_ratio)
        attention = linear(c, 3 * c, config.qkv_bias) + offsets * heads + linear(c, c)
        total += depth * (norm(c) + attention + norm(c) + linear(c, hidden) + linear(hidden, c))
    return total + norm(c) + linear(c, config.num_classes)


def _count(
    config: SwinConfig,
    *,
    bias: bool = True,
    merging_bias: bool = False,
    merging_norm: int = 4,
    table_rows: Callable[[int, int], int] = lambda mh, mw: (2 * mh - 1) * (2 * mw - 1),
    table_heads: bool = True,
    table_in_each_block: bool = True,
    block_norms: int = 2,
    norm_numbers: int = 2,
    embedding_norm: bool = True,
    last_norm: bool = True,
    output_projection: bool = True,
    merged_stages: int = 1,
) -> int:
    """The right answer, or one with a twist."""

    def linear(inputs: int, outputs: int, with_bias: bool = True) -> int:
        return inputs * outputs + outputs * (with_bias and bias)

    c = config.embed_dim
    total = linear(config.patch_size**2 * config.in_channels, c) + norm_numbers * c * embedding_norm
    for stage, (depth, heads) in enumerate(zip(config.depths, config.num_heads, strict=True)):
        if stage >= merged_stages:
            before = c if stage == 0 else c // 2
            total += norm_numbers * merging_norm * before + linear(4 * before, 2 * before, merging_bias)
        hidden = round(c * config.mlp_ratio)
        block = linear(c, 3 * c, config.qkv_bias) + linear(c, hidden) + linear(hidden, c)
        block += linear(c, c) * output_projection + block_norms * norm_numbers * c
        table = table_rows(*config.window) * (heads if table_heads else 1)
        total += depth * block + (depth if table_in_each_block else 1) * table
        c *= 2
    c //= 2
    return total + norm_numbers * c * last_norm + linear(c, config.num_classes)


def _draw_config(generator: random.Random) -> tuple[SwinConfig]:
    stages, heads = generator.randint(2, 4), generator.choice((1, 2, 3))
    config = SwinConfig(
        patch_size=generator.choice((1, 2, 3, 4)),
        in_channels=generator.choice((1, 2, 4)),
        num_classes=generator.choice((0, 5, 100)),
        embed_dim=8 * heads * generator.randint(1, 4),  # every mlp_ratio gives a whole number
        depths=[generator.randint(1, 4) for _ in range(stages)],
        num_heads=[heads * 2**stage for stage in range(stages)],
        window_size=unequal(generator, 2, 9),
        mlp_ratio=generator.choice((1.5, 2.5, 3.0)),
        qkv_bias=generator.random() < 0.5,
    )
    return (config,)


def _count_mistake(hint: str, **twist: object) -> Mistake:
    return Mistake(lambda config: _count(config, **twist), hint)


count_swin = Exercise(
    name="count_swin",
    chapter="07",
    difficulty="medium",
    minutes=12,
    task="How many parameters a network of this config has, an int, without building it.",
    reference=_count_swin,
    cases=lambda: [
        (SwinConfig(),),
        (SwinConfig(embed_dim=64, depths=(2, 3, 1), num_heads=(2, 4, 8), window_size=(4, 7)),),
        (SwinConfig(depths=(1, 2), num_heads=(3, 6), patch_size=2, in_channels=1, mlp_ratio=2.0),),
        (SwinConfig(embed_dim=40, depths=(3, 1), num_heads=(4, 5), qkv_bias=False, num_classes=10),),
    ],
    draw=_draw_config,
    mistakes={
        "no_biases": _count_mistake("You count matrices only. Which layers have a bias, too?", bias=False),
        "merging_with_bias": _count_mistake(
            "You are a little above. Has the reduction of a merging a bias?", merging_bias=True
        ),
        "merging_norm_after": _count_mistake(
            "Your norm of a merging comes after the reduction, as in Swin V2. Where does it stand here?",
            merging_norm=2,
        ),
        "merging_norm_of_one_token": _count_mistake(
            "Your norm of a merging is as wide as one token. What stands before it: gathering or not yet?",
            merging_norm=1,
        ),
        "table_of_one_head": _count_mistake(
            "You count one bias table a block. Do all heads share it?", table_heads=False
        ),
        "one_table_a_stage": _count_mistake(
            "Do all blocks of a stage share one bias table?", table_in_each_block=False
        ),
        "table_of_window": _count_mistake(
            "How many different offsets are there between two tokens of a window?",
            table_rows=lambda mh, mw: mh * mw,
        ),
        "table_of_pairs": _count_mistake(
            "You count a bias for every pair of tokens. Which pairs share one?",
            table_rows=lambda mh, mw: (mh * mw) ** 2,
        ),
        "one_norm_a_block": _count_mistake(
            "You count one norm a block. How many branches begin with one?", block_norms=1
        ),
        "norms_without_bias": _count_mistake(
            "A LayerNorm learns a weight for each channel. Is that all?", norm_numbers=1
        ),
        "outer_norms_forgotten": _count_mistake(
            "There are norms outside of blocks and mergings, too. Where?",
            embedding_norm=False,
            last_norm=False,
        ),
        "embedding_norm_forgotten": _count_mistake(
            "What happens to a patch after its linear map, before the first block?", embedding_norm=False
        ),
        "last_norm_forgotten": _count_mistake(
            "What stands between the last block and the mean?", last_norm=False
        ),
        "merging_norm_forgotten": _count_mistake(
            "A merging gathers, then something, then reduces. What learns in between?", merging_norm=0
        ),
        "tables_forgotten": _count_mistake(
            "What has each head learned about offsets, and where is it kept?", table_rows=lambda mh, mw: 0
        ),
        "qkv_bias_always": Mistake(
            lambda config: _count(replace(config, qkv_bias=True)),
            "You always count a bias of queries, keys and values. What does qkv_bias=False leave out?",
        ),
        "window_always_7": Mistake(
            lambda config: _count(replace(config, window_size=7)),
            "Your tables are those of a window of 7. Which window does this config have?",
        ),
        "output_projection_forgotten": _count_mistake(
            "After the heads have answered, what brings their channels together?", output_projection=False
        ),
        "merging_everywhere": _count_mistake(
            "You count a merging for every stage. Which one begins without?", merged_stages=0
        ),
        "no_merging": _count_mistake(
            "What stands between two stages, and what does it learn?", merged_stages=99
        ),
    },
    hints=(
        "Write a small function for the parameters of one linear layer, with or without bias.",
        "Begin with one block, print it beside count_parameters(block), and only then go on.",
        "What stands outside of the blocks? print(model) names it: the patch embedding, a merging before "
        "each stage but the first, the last norm, the head.",
    ),
)
