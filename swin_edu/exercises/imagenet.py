"""Exercises on larger images and several GPUs: windows that fit, and how processes share one batch.

They belong to chapter 09; paper, Section 4.1 (fine-tuning at another size of image and window).
"""

import random
from collections.abc import Callable, Sequence

from swin_edu.exercises.engine import Exercise, Mistake
from swin_edu.exercises.imagenet_gradients import mean_of_gradients
from swin_edu.exercises.imagenet_processes import share_of_images
from swin_edu.exercises.imagenet_ring import ring_reduce

# ---- A: windows that fit a size of image --------------------------------------------------------------


def _fitting_windows(side: int, patch_size: int, stages: int) -> list[int]:
    sides = [side // patch_size // 2**stage for stage in range(stages)]
    return [M for M in range(2, sides[0] + 1) if all(n % M == 0 or n <= M for n in sides)]


def _fits(n: int, M: int) -> bool:
    return n % M == 0 or n <= M


def _along_sides(side: int, patch_size: int, stages: int) -> list[int]:
    return [side // patch_size // 2**stage for stage in range(stages)]


def _goes_wrong(
    *,
    fits: Callable[[int, int], bool] = _fits,
    sides: Callable[[int, int, int], Sequence[int]] = _along_sides,
    smallest: int = 2,
    largest: Callable[[int, int, int], int] = lambda side, patch_size, stages: side // patch_size,
    every: Callable[..., bool] = all,
) -> Callable[[int, int, int], list[int]]:
    """The right answer, or one with a twist."""

    def fitting_windows(side: int, patch_size: int, stages: int) -> list[int]:
        tokens = sides(side, patch_size, stages)
        sizes = range(smallest, largest(side, patch_size, stages) + 1)
        return [M for M in sizes if every(fits(n, M) for n in tokens)]

    return fitting_windows


def _draw_sides(generator: random.Random) -> tuple[int, int, int]:
    """A whole number of tokens in each stage, and in the last one a number that has divisors or none."""
    patch_size, stages = generator.choice((2, 4, 8)), generator.randint(2, 4)
    return patch_size * 2 ** (stages - 1) * generator.randint(3, 21), patch_size, stages


fitting_windows = Exercise(
    name="fitting_windows",
    chapter="09",
    difficulty="easy",
    minutes=10,
    task="A sorted list of all window sizes M that fit every stage of the network. The first stage has "
    "side // patch_size tokens along a side, each later one half as many as the one before. M fits a stage "
    "of n tokens along a side if M divides n, or if M >= n: the whole grid is then one window. Look at M "
    "from 2 up to the n of the first stage, both included.\n\n"
    "fitting_windows(48, 4, 2)  # n is 12, then 6: [2, 3, 6, 12]",
    reference=_fitting_windows,
    cases=lambda: [
        (224, 4, 4),
        (48, 2, 3),
        (384, 4, 4),
        (36, 4, 1),
        (32, 4, 4),
    ],
    mistakes={
        "first_stage_only": Mistake(
            _goes_wrong(sides=lambda side, patch_size, stages: [side // patch_size]),
            "Your windows fit the first stage. And the grids of the later ones, of half the side each?",
        ),
        "last_stage_only": Mistake(
            _goes_wrong(sides=lambda *sizes: _along_sides(*sizes)[-1:]),
            "Your windows fit the last stage. Do they cut the larger grids before it evenly, too?",
        ),
        "any_stage": Mistake(
            _goes_wrong(every=any),
            "Some of your windows fit one stage and not another. How many stages should they fit?",
        ),
        "one_stage_too_few": Mistake(
            _goes_wrong(sides=lambda *sizes: _along_sides(*sizes)[:-1]),
            "You forget the last stage. How many grids do you look at, the first one included?",
        ),
        "one_stage_too_many": Mistake(
            _goes_wrong(sides=lambda side, patch_size, stages: _along_sides(side, patch_size, stages + 1)),
            "You have one grid too many. How often is the side halved on the way from the first stage to "
            "the last?",
        ),
        "small_grids_must_be_divided": Mistake(
            _goes_wrong(fits=lambda n, M: n % M == 0),
            "Each of your sizes divides the last grid. What becomes of a grid that is smaller than the "
            "window?",
        ),
        "divided_the_wrong_way": Mistake(
            _goes_wrong(fits=lambda n, M: M % n == 0),
            "You ask whether the grid divides the window. Which of the two is cut into pieces?",
        ),
        "pixels_in_place_of_tokens": Mistake(
            _goes_wrong(
                sides=lambda side, patch_size, stages: _along_sides(side, 1, stages),
                largest=lambda side, patch_size, stages: side,
            ),
            "You cut the image into windows. How many tokens does a side of it become?",
        ),
        "quarter_along_a_side": Mistake(
            _goes_wrong(
                sides=lambda side, patch_size, stages: [side // patch_size // 4**i for i in range(stages)]
            ),
            "A merging leaves a quarter of all tokens. How many does it leave along one side?",
        ),
        "all_tokens_divided": Mistake(
            _goes_wrong(fits=lambda n, M: n * n % M == 0 or n <= M),
            "You divide the number of all tokens. A grid of 6 x 6 has 36: can windows of side 4 fill it?",
        ),
        "one_included": Mistake(
            _goes_wrong(smallest=1),
            "A window of one token leaves nobody to attend to. At which size does the list begin?",
        ),
        "largest_left_out": Mistake(
            _goes_wrong(largest=lambda side, patch_size, stages: side // patch_size - 1),
            "Only the last size is missing. What does Python's range do with its end?",
        ),
    },
    hints=(
        "First make a list of the sides: tokens along a side in stage 0, 1, 2, ... With 224 pixels, "
        "patches of 4 and 4 stages, they are 56, 28, 14 and 7.",
        "Then try each M from 2 up to the first of these sides. What has to be true for all of them?",
        "M = 14 fits 56, 28, 14 and 7: it divides the first three, and takes the last one whole. M = 8 "
        "does not: 28 is larger than 8, and 8 does not divide it.",
    ),
    draw=_draw_sides,
)


EXERCISES = (fitting_windows, share_of_images, mean_of_gradients, ring_reduce)
