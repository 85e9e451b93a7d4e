"""Exercises on the whole network: the shape of every stage, its parameters, and weights of another library.

They belong to notebook 07; paper, Sections 3.1 and 3.3.
"""

import random
import re
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from swin_edu.exercises.drawing import unequal
from swin_edu.exercises.engine import Exercise, Mistake
from swin_edu.model.config import SwinConfig
from swin_edu.model.layouts import LAYOUTS
from swin_edu.model.renaming import export_state_dict, to_our_names
from swin_edu.model.swin import SwinTransformer

Convert = Callable[[dict[str, Tensor]], dict[str, Tensor]]


# ---- A: the shape of every stage --------------------------------------------------------------------


def _shapes(
    height: int,
    width: int,
    patch_size: int,
    embed_dim: int,
    stages: int,
    *,
    patches: Callable[[int, int], int] = lambda side, p: -(-side // p),
    half: Callable[[int], int] = lambda side: -(-side // 2),
    growth: int = 2,
    merged_before: int = 0,
) -> list[tuple[int, int, int]]:
    """The right answer, or one with a twist; ``merged_before`` mergings come before the first stage."""
    h, w, c = patches(height, patch_size), patches(width, patch_size), embed_dim
    shapes = []
    for stage in range(stages + merged_before):
        if stage:
            h, w, c = half(h), half(w), c * growth
        shapes.append((h, w, c))
    return shapes[merged_before:]


def _after_each_merging(*arguments: int) -> list[tuple[int, int, int]]:
    shapes = _shapes(*arguments)
    return shapes[1:] + shapes[-1:]


def _draw_image(generator: random.Random) -> tuple[int, ...]:
    patch_size, embed_dim = generator.choice((2, 3, 4, 5)), 8 * generator.randint(2, 12)
    return *unequal(generator, 20, 260), patch_size, embed_dim, generator.randint(3, 5)


stage_shapes = Exercise(
    name="stage_shapes",
    chapter="07",
    difficulty="easy",
    minutes=5,
    task="A list of (H, W, C), one for each stage, for an image of height x width pixels.",
    reference=_shapes,
    cases=lambda: [(224, 160, 4, 96, 4), (97, 131, 4, 96, 4), (45, 30, 2, 64, 3), (9, 40, 4, 24, 4)],
    draw=_draw_image,
    mistakes={
        "merging_rounds_down": Mistake(
            lambda *a: _shapes(*a, half=lambda side: side // 2),
            "What happens to the last row when merging gets an odd number of rows?",
        ),
        "patches_round_down": Mistake(
            lambda *a: _shapes(*a, patches=lambda side, p: side // p),
            "97 pixels and patches of 4: are the last pixels thrown away?",
        ),
        "everything_rounds_down": Mistake(
            lambda *a: _shapes(*a, patches=lambda side, p: side // p, half=lambda side: side // 2),
            "Sides that do not fit: are they cut, or filled up with zeros?",
        ),
        "rounds_to_nearest": Mistake(
            lambda *a: _shapes(
                *a, patches=lambda side, p: round(side / p), half=lambda side: round(side / 2)
            ),
            "round() goes up or down. Which of the two do padded sides do?",
        ),
        "merged_in_every_stage": Mistake(
            lambda *a: _shapes(*a, merged_before=1), "Which stage begins without a merging?"
        ),
        "downsample_at_the_end": Mistake(
            _after_each_merging,
            "You list what comes after each merging. Does a stage's own map come before or after it?",
        ),
        "columns_first": Mistake(
            lambda height, width, *a: _shapes(width, height, *a), "Which comes first, rows or columns?"
        ),
        "four_times_the_channels": Mistake(
            lambda *a: _shapes(*a, growth=4),
            "2 x 2 tokens make 4C channels. Is that what leaves the merging?",
        ),
        "same_channels": Mistake(
            lambda *a: _shapes(*a, growth=1), "What does merging do to the number of channels?"
        ),
    },
    hints=(
        "Every step divides. What does it do with a remainder?",
        "Only stages after the first begin with a merging.",
    ),
)


# ---- B: parameters without building anything --------------------------------------------------------


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
    reference=_count,
    cases=lambda: [
        (SwinConfig(),),
        (SwinConfig(embed_dim=64, depths=(2, 3, 1), num_heads=(2, 4, 8), window_size=(4, 7)),),
        (SwinConfig(depths=(1, 2), num_heads=(3, 6), patch_size=2, in_channels=1, mlp_ratio=2.0),),
        (SwinConfig(embed_dim=40, depths=(3, 1), num_heads=(4, 5), qkv_bias=False, num_classes=10),),
    ],
    draw=_draw_config,
    mistakes={
        "no_biases": _count_mistake("Which layers have a bias besides their matrix?", bias=False),
        "merging_with_bias": _count_mistake(
            "Look at the reduction of a merging: has it a bias?", merging_bias=True
        ),
        "merging_norm_after": _count_mistake(
            "The norm of a merging: how wide are the tokens when it sees them?", merging_norm=2
        ),
        "merging_norm_of_one_token": _count_mistake(
            "The norm of a merging: how wide are the tokens when it sees them?", merging_norm=1
        ),
        "table_of_one_head": _count_mistake("Do all heads share one bias table?", table_heads=False),
        "one_table_a_stage": _count_mistake(
            "Do all blocks of a stage share one bias table?", table_in_each_block=False
        ),
        "table_of_window": _count_mistake(
            "How many different offsets are there between two tokens of a window?",
            table_rows=lambda mh, mw: mh * mw,
        ),
        "table_of_pairs": _count_mistake(
            "A bias for every pair of tokens? Pairs with the same offset share one.",
            table_rows=lambda mh, mw: (mh * mw) ** 2,
        ),
        "one_norm_a_block": _count_mistake("How many norms has a block?", block_norms=1),
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
            lambda config: _count(replace(config, qkv_bias=True)), "Did you read every setting of the config?"
        ),
        "window_always_7": Mistake(
            lambda config: _count(replace(config, window_size=7)), "Did you read every setting of the config?"
        ),
        "output_projection_forgotten": _count_mistake(
            "After the heads have answered, what brings their channels together?", output_projection=False
        ),
        "merging_everywhere": _count_mistake("Which stage begins without a merging?", merged_stages=0),
        "no_merging": _count_mistake("Between two stages there is something that learns.", merged_stages=99),
    },
    hints=(
        "Write a small function for the parameters of one linear layer, with or without bias.",
        "Begin with one block, print it beside count_parameters(block), and only then go on.",
    ),
)


# ---- C: weights of another library ------------------------------------------------------------------


def _from_transformers(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return to_our_names(state, LAYOUTS["transformers"])[0]


def _theirs(seed: int, **settings: object) -> dict[str, Tensor]:
    """A state dict as transformers writes it, every number random."""
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):  # making a network must not change the learner's random numbers
        model = SwinTransformer(SwinConfig(**{"window_size": 2, "num_classes": 3, **settings}))
    own = {name: torch.randn(w.shape, generator=generator) for name, w in model.state_dict().items()}
    model.load_state_dict(own)
    return export_state_dict(model, "transformers")


def _draw_state(generator: random.Random) -> tuple[dict[str, Tensor]]:
    stages = generator.randint(2, 4)
    settings = {
        "embed_dim": generator.choice((4, 6)),
        "depths": [generator.randint(1, 2) for _ in range(stages)],
        "num_heads": [2] * stages,
        "qkv_bias": generator.random() < 0.7,
        "window_size": generator.choice((2, 3)),
    }
    return (_theirs(generator.randrange(2**31), **settings),)


def _renamed(pattern: str, name: Callable[[re.Match], str]) -> Convert:
    """The right answer with some of its names changed."""

    def answer(state: dict[str, Tensor]) -> dict[str, Tensor]:
        return {re.sub(pattern, name, ours): tensor for ours, tensor in _from_transformers(state).items()}

    return answer


def _joined(join: Callable[[list[Tensor]], Tensor]) -> Convert:
    """The right answer with query, key and value put together in another way."""

    def answer(state: dict[str, Tensor]) -> dict[str, Tensor]:
        right = _from_transformers(state)
        return {
            name: join(list(tensor.chunk(3))) if ".attention.qkv." in name else tensor
            for name, tensor in right.items()
        }

    return answer


def _without_qkv_bias(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {n: t for n, t in _from_transformers(state).items() if not n.endswith("attention.qkv.bias")}


def _swap(pairs: dict[str, str]) -> Callable[[re.Match], str]:
    return lambda found: found[0].replace(found[1], pairs[found[1]])


from_transformers = Exercise(
    name="from_transformers",
    chapter="07",
    difficulty="hard",
    minutes=20,
    task="A state dict of transformers' Swin under our names, ready for SwinTransformer.load_state_dict.",
    reference=_from_transformers,
    cases=lambda: [
        (_theirs(0, embed_dim=6, depths=(1, 2, 1), num_heads=(1, 2, 3)),),
        (_theirs(1, embed_dim=8, depths=(2, 1), num_heads=(2, 4), qkv_bias=False),),
    ],
    draw=_draw_state,
    mistakes={
        "key_first": Mistake(
            _joined(lambda parts: torch.cat([parts[1], parts[0], parts[2]])),
            "Query, key and value are all there. In which order does our qkv expect them?",
        ),
        "value_first": Mistake(
            _joined(lambda parts: torch.cat([parts[2], parts[0], parts[1]])),
            "Query, key and value are all there. In which order does our qkv expect them?",
        ),
        "alphabetical": Mistake(
            _joined(lambda parts: torch.cat([parts[1], parts[2], parts[0]])),
            "Sorted names give another order than ours. In which order does our qkv expect them?",
        ),
        "rows_taken_in_turn": Mistake(
            _joined(lambda parts: torch.stack(parts, dim=1).flatten(0, 1)),
            "You take one row of each in turn. Which rows of our qkv belong to the query?",
        ),
        "joined_side_by_side": Mistake(
            _joined(lambda parts: torch.cat(parts, dim=-1)),
            "A linear layer's weight is (outputs, inputs). Which of the two becomes three times as many?",
        ),
        "qkv_bias_forgotten": Mistake(_without_qkv_bias, "Query, key and value have weights. Is that all?"),
        "merging_one_stage_early": Mistake(
            _renamed(r"stages\.(\d+)\.merging", lambda found: f"stages.{int(found[1]) - 1}.merging"),
            "Where do they keep the merging that leads into our stage 1?",
        ),
        "norms_swapped": Mistake(
            _renamed(r"blocks\.\d+\.(norm[12])\.", _swap({"norm1": "norm2", "norm2": "norm1"})),
            "Before and after what? Follow a token through one of their blocks.",
        ),
        "mlp_swapped": Mistake(
            _renamed(r"mlp\.(expand|contract)\.", _swap({"expand": "contract", "contract": "expand"})),
            "Which layer of an MLP makes tokens wider?",
        ),
    },
    hints=(
        "Start with a dict of the parts that are only named otherwise, and re.sub for the numbers.",
        "Query, key and value: collect the three, then join them once, weights and biases alike.",
        "Their layers.0.downsample leads out of stage 0. Where does ours lead in?",
    ),
)

EXERCISES = (stage_shapes, count_swin, from_transformers)
