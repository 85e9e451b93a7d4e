"""Exercises on the whole network, and the shape of every stage as the first of them.

Notebook 07 and assignment 4 set them; paper, Sections 3.1 and 3.3.
"""

import random
from collections.abc import Callable

from swin_edu.exercises.drawing import unequal
from swin_edu.exercises.engine import Exercise, Mistake
from swin_edu.exercises.whole_swin_operations import count_operations
from swin_edu.exercises.whole_swin_parameters import count_swin
from swin_edu.exercises.whole_swin_reach import seen_in_image
from swin_edu.exercises.whole_swin_weights import from_transformers


def _stage_shapes(
    height: int, width: int, patch_size: int, embed_dim: int, stages: int
) -> list[tuple[int, int, int]]:
    # -(-a // b) divides and rounds up: sides that do not fit are filled up with zeros.
    h, w, c = -(-height // patch_size), -(-width // patch_size), embed_dim
    shapes = [(h, w, c)]
    for _ in range(stages - 1):
        h, w, c = -(-h // 2), -(-w // 2), 2 * c
        shapes.append((h, w, c))
    return shapes


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
    task="A list of (H, W, C), one for each stage, for an image of height x width pixels: the map that the "
    "stage's blocks work on. Sides that do not fit are filled up.",
    reference=_stage_shapes,
    cases=lambda: [(224, 160, 4, 96, 4), (97, 131, 4, 96, 4), (45, 30, 2, 64, 3), (9, 40, 4, 24, 4)],
    draw=_draw_image,
    mistakes={
        "merging_rounds_down": Mistake(
            lambda *a: _shapes(*a, half=lambda side: side // 2),
            "Your mergings round down. What happens to the last row of an odd number of rows?",
        ),
        "patches_round_down": Mistake(
            lambda *a: _shapes(*a, patches=lambda side, p: side // p),
            "97 pixels and patches of 4: what happens to the pixel that is left over?",
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
            lambda *a: _shapes(*a, merged_before=1),
            "You merge before the first stage, too. Which stage begins without a merging?",
        ),
        "downsample_at_the_end": Mistake(
            _after_each_merging,
            "You list what comes after each merging. Does a stage's own map come before or after it?",
        ),
        "columns_first": Mistake(
            lambda height, width, *a: _shapes(width, height, *a),
            "Your heights are the widths. Which comes first, rows or columns?",
        ),
        "four_times_the_channels": Mistake(
            lambda *a: _shapes(*a, growth=4),
            "2 x 2 tokens make 4C channels. Is that what leaves the merging?",
        ),
        "same_channels": Mistake(
            lambda *a: _shapes(*a, growth=1),
            "All your stages have the same channels. What does merging do to their number?",
        ),
    },
    hints=(
        "Every step divides. What does it do with a remainder?",
        "Only stages after the first begin with a merging. What leaves a merging: how many rows, how many "
        "channels?",
        "97 pixels, patches of 4: 25 rows of tokens, then 13. Which way of rounding gives both?",
    ),
)

EXERCISES = (stage_shapes, count_swin, count_operations, from_transformers, seen_in_image)
