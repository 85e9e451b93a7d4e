"""The exercise on what a whole network costs: multiply-adds, stage by stage, with windows that need padding.

It is set in assignment 4, for notebook 07; `multiply_adds` is the library's own count.
"""

import random
from collections.abc import Callable

from swin_edu.exercises.drawing import unequal
from swin_edu.exercises.engine import Exercise, Mistake
from swin_edu.model.config import SwinConfig


def _count_operations(config: SwinConfig, height: int, width: int) -> list[int]:
    def up(a: int, b: int) -> int:
        return -(-a // b)

    p, C, costs = config.patch_size, config.embed_dim, []
    H, W = up(height, p), up(width, p)
    for stage, depth in enumerate(config.depths):
        entry = H * W * (p * p * config.in_channels) * C
        if stage:
            H, W, C = up(H, 2), up(W, 2), 2 * C
            entry = H * W * (2 * C) * C  # four tokens of C / 2 channels become one of C
        Mh, Mw = min(config.window[0], H), min(config.window[1], W)
        padded = up(H, Mh) * Mh * up(W, Mw) * Mw
        projections = padded * 4 * C * C  # query, key, value, and the output
        attention = padded * 2 * (Mh * Mw) * C  # each token meets its window: Q K^T, then weights times V
        mlp = H * W * 2 * C * round(C * config.mlp_ratio)
        costs.append(entry + depth * (projections + attention + mlp))
    return costs


def _twisted(
    config: SwinConfig,
    height: int,
    width: int,
    *,
    up: Callable[[int, int], int] = lambda a, b: -(-a // b),
    fit: bool = True,
    pad_projections: bool = True,
    pad_attention: bool = True,
    pad_mlp: bool = False,
    meets: Callable[[int, int, int, int], int] = lambda mh, mw, h, w: mh * mw,
    products: int = 2,
    projections: int = 4,
    mlp_ratio: float | None = None,
    entry: bool = True,
    reduction: int = 2,
    all_blocks: bool = True,
    each: int = 1,
    heads: bool = False,
) -> list[int]:
    """The right answer, or one with a twist; `each` is what one multiply-add counts."""
    p, c, costs = config.patch_size, config.embed_dim, []
    h, w = up(height, p), up(width, p)
    for stage, depth in enumerate(config.depths):
        first = h * w * p * p * config.in_channels * c
        if stage:
            h, w, c = up(h, 2), up(w, 2), 2 * c
            first = h * w * reduction * c * c
        mh, mw = (min(m, side) if fit else m for m, side in zip(config.window, (h, w), strict=True))
        padded, real = -(-h // mh) * mh * -(-w // mw) * mw, h * w
        cost = (padded if pad_projections else real) * projections * c * c
        times = config.num_heads[stage] if heads else 1
        cost += (padded if pad_attention else real) * products * meets(mh, mw, h, w) * c * times
        ratio = config.mlp_ratio if mlp_ratio is None else mlp_ratio
        cost += (padded if pad_mlp else real) * 2 * c * round(c * ratio)
        costs.append(each * (first * entry + cost * (depth if all_blocks else 1)))
    return costs


def _mistake(hint: str, **twist: object) -> Mistake:
    return Mistake(lambda *arguments: _twisted(*arguments, **twist), hint)


def _summed_up(*arguments: object) -> list[int]:
    costs = _count_operations(*arguments)
    return [sum(costs[: stage + 1]) for stage in range(len(costs))]


def _draw_network(generator: random.Random) -> tuple[SwinConfig, int, int]:
    stages, heads = generator.randint(2, 4), generator.choice((2, 3))
    config = SwinConfig(
        patch_size=generator.choice((2, 3, 4)),
        in_channels=generator.choice((1, 2, 4)),
        embed_dim=8 * heads * generator.randint(1, 3),  # every mlp_ratio gives a whole number
        depths=[generator.randint(2, 5) for _ in range(stages)],
        num_heads=[heads] * stages,
        window_size=unequal(generator, 3, 8),
        mlp_ratio=generator.choice((1.5, 2.5, 3.0)),
    )
    return config, *unequal(generator, 50, 210)


count_operations = Exercise(
    name="count_operations",
    chapter="07",
    difficulty="medium",
    minutes=15,
    task="The multiply-adds of all matrix products for one image, a list with one int for each stage (patch "
    "embedding and mergings count to the stage that they lead into; no head). Windows are padded: what pads "
    "them costs in attention, projections included, but not in the MLP. An axis no longer than a window is "
    "one window.",
    reference=_count_operations,
    cases=lambda: [
        (SwinConfig(), 224, 160),
        (SwinConfig(embed_dim=48, depths=(2, 3), num_heads=(2, 4), window_size=(4, 7)), 100, 66),
        (SwinConfig(depths=(1, 2, 3), num_heads=(3, 6, 12), window_size=5, mlp_ratio=2.0), 97, 150),
        (SwinConfig(embed_dim=32, depths=(2, 2), num_heads=(1, 2), patch_size=2, window_size=(8, 6)), 15, 90),
    ],
    draw=_draw_network,
    mistakes={
        "padding_ignored": _mistake(
            "Your windows hold only real tokens. How many tokens are there once windows are whole?",
            pad_projections=False,
            pad_attention=False,
        ),
        "projections_not_padded": _mistake(
            "Padding costs in your products of attention. What do the projections do with it?",
            pad_projections=False,
        ),
        "mlp_padded": _mistake(
            "You give the padding to the MLP, too. When is it cut off again?", pad_mlp=True
        ),
        "window_longer_than_the_map": _mistake(
            "One of your windows is longer than the map. Which window does such an axis get?", fit=False
        ),
        "square_windows": _mistake(
            "Your windows are square. How many tokens has one of Mh x Mw?", meets=lambda mh, mw, h, w: mh * mh
        ),
        "attention_over_all": _mistake(
            "In your count each token meets the whole map. Whom does it meet in a window?",
            meets=lambda mh, mw, h, w: h * w,
        ),
        "one_product": _mistake("Q K^T is there. What happens to the weights after the softmax?", products=1),
        "for_each_head": _mistake(
            "You count the products once for each head. How many channels does one head have?", heads=True
        ),
        "no_output_projection": _mistake(
            "Query, key and value are there. Which matrix comes after the heads?", projections=3
        ),
        "flops": _mistake(
            "Your numbers are exactly twice too large. Does the task ask for FLOPs or for multiply-adds?",
            each=2,
        ),
        "entry_forgotten": _mistake(
            "Your blocks are right. What happens to the tokens before the first block of a stage?",
            entry=False,
        ),
        "merging_too_wide": _mistake(
            "Your reduction is four times too large. How many channels has a token before the merging, and "
            "how many after it?",
            reduction=8,
        ),
        "ratio_always_4": _mistake(
            "Your MLP is always four times as wide. What does mlp_ratio say?", mlp_ratio=4.0
        ),
        "one_block_a_stage": _mistake(
            "You count one block a stage. Where does the config say how many there are?", all_blocks=False
        ),
        "rounded_down": _mistake(
            "You round down. What happens to a last row that fills no whole patch, or no whole 2 x 2 group?",
            up=lambda a, b: a // b,
        ),
        "summed_up": Mistake(
            _summed_up, "Your numbers grow from stage to stage. Is each that of its own stage alone?"
        ),
    },
    hints=(
        "A matrix product of (n, a) and (a, b) takes n*a*b multiply-adds. Begin with one block on a grid "
        "that fits its windows.",
        "In a window of N tokens, Q K^T takes N*N*C and the product with V again. How many windows are "
        "there, padded ones included?",
        "Then the entries: a patch is a vector of p*p*in_channels numbers; a merging takes 4C numbers to 2C. "
        "On how many tokens does each of the two run?",
    ),
)
