"""Exercises on training: the learning rate of a step, CutMix and its targets, comparing runs over seeds.

They belong to chapter 08, and assignment 5 sets them; paper, Section 4.1 (the schedule).
"""

import math
import random
from collections.abc import Callable

from swin_edu.exercises.engine import Exercise, Mistake
from swin_edu.exercises.training_comparison import compare_seeds
from swin_edu.exercises.training_cutmix import cutmix

# ---- A: the learning rate of a step -----------------------------------------------------------------

Schedule = tuple[int, int, int, float, float]


def _warmup_cosine(step: int, steps: int, warmup: int, highest: float, lowest: float) -> float:
    if step < warmup:
        return highest * (step + 1) / warmup
    done = (step - warmup) / (steps - warmup)
    return lowest + (highest - lowest) * (1 + math.cos(math.pi * done)) / 2


def _falls_by(share: Callable[[int, int, int], float]) -> Callable[..., float]:
    """The right rise; then from highest (share 1) to lowest (share 0)."""

    def rate(step: int, steps: int, warmup: int, highest: float, lowest: float) -> float:
        if step < warmup:
            return highest * (step + 1) / warmup
        return lowest + (highest - lowest) * share(step, steps, warmup)

    return rate


def _begins_at_zero(step: int, steps: int, warmup: int, highest: float, lowest: float) -> float:
    return highest * step / warmup if step < warmup else _warmup_cosine(step, steps, warmup, highest, lowest)


def _rises_from_lowest(step: int, steps: int, warmup: int, highest: float, lowest: float) -> float:
    if step < warmup:
        return lowest + (highest - lowest) * (step + 1) / warmup
    return _warmup_cosine(step, steps, warmup, highest, lowest)


def _no_warmup(step: int, steps: int, warmup: int, highest: float, lowest: float) -> float:
    return lowest + (highest - lowest) * (1 + math.cos(math.pi * step / steps)) / 2


def _lowest_ignored(step: int, steps: int, warmup: int, highest: float, lowest: float) -> float:
    return _warmup_cosine(step, steps, warmup, highest, 0.0)


def _lowest_added(step: int, steps: int, warmup: int, highest: float, lowest: float) -> float:
    rate = _warmup_cosine(step, steps, warmup, highest, 0.0)
    return rate if step < warmup else rate + lowest


def _lowest_as_floor(step: int, steps: int, warmup: int, highest: float, lowest: float) -> float:
    rate = _warmup_cosine(step, steps, warmup, highest, 0.0)
    return rate if step < warmup else max(rate, lowest)


def _draw_schedule(generator: random.Random) -> Schedule:
    steps = generator.randint(40, 400)
    warmup = generator.randint(2, steps // 4)
    highest = generator.randint(5, 40) * 1e-4
    step = generator.choice((generator.randrange(warmup), generator.randrange(warmup + 1, steps)))
    return step, steps, warmup, highest, highest / generator.randint(5, 50)


warmup_cosine = Exercise(
    name="warmup_cosine",
    chapter="08",
    difficulty="easy",
    minutes=10,
    task="The learning rate of one step, a float; steps count from 0. First a straight rise from 0, which "
    "reaches `highest` with its last step, warmup - 1; then half a cosine from `highest` at step `warmup` to "
    "`lowest`, which step `steps` would have.",
    reference=_warmup_cosine,
    cases=lambda: [
        (0, 100, 10, 1e-3, 1e-5),
        (4, 100, 10, 1e-3, 1e-5),
        (9, 100, 10, 1e-3, 1e-5),
        (10, 100, 10, 1e-3, 1e-5),
        (40, 100, 10, 1e-3, 1e-5),
        (55, 100, 10, 2e-3, 4e-4),
        (99, 100, 10, 2e-3, 4e-4),
        (7, 30, 0, 5e-4, 1e-4),
    ],
    mistakes={
        "begins_at_zero": Mistake(
            _begins_at_zero, "At your first step nothing is learned. Which rate should step 0 have?"
        ),
        "rises_from_lowest": Mistake(
            _rises_from_lowest,
            "Your rise begins above `lowest`. Does the task say where the rise comes from?",
        ),
        "no_warmup": Mistake(
            _no_warmup, "You begin at the top. AdamW's averages are still empty then: where is the rise?"
        ),
        "cosine_over_all_steps": Mistake(
            _falls_by(lambda step, steps, warmup: (1 + math.cos(math.pi * step / steps)) / 2),
            "Your rate jumps down at the end of the warm-up. How far is the cosine at its own first step?",
        ),
        "steps_of_the_fall_not_shortened": Mistake(
            _falls_by(lambda step, steps, warmup: (1 + math.cos(math.pi * (step - warmup) / steps)) / 2),
            "Your fall ends too high. How many steps are left for it after the warm-up?",
        ),
        "quarter_of_a_cosine": Mistake(
            _falls_by(lambda step, steps, warmup: math.cos(math.pi / 2 * (step - warmup) / (steps - warmup))),
            "Your fall is steepest at the end. Which part of a cosine is flat at both ends?",
        ),
        "whole_cosine": Mistake(
            _falls_by(
                lambda step, steps, warmup: (
                    (1 + math.cos(2 * math.pi * (step - warmup) / (steps - warmup))) / 2
                )
            ),
            "Your rate comes up again. How far round does half a cosine go?",
        ),
        "degrees": Mistake(
            _falls_by(
                lambda step, steps, warmup: (1 + math.cos(180 * (step - warmup) / (steps - warmup))) / 2
            ),
            "Your rate jumps up and down. Which unit does math.cos want its angle in?",
        ),
        "straight_fall": Mistake(
            _falls_by(lambda step, steps, warmup: 1 - (step - warmup) / (steps - warmup)),
            "Your rate falls along a straight line. Where is the cosine?",
        ),
        "lowest_ignored": Mistake(_lowest_ignored, "Your rate falls to 0. Which argument did you not use?"),
        "lowest_added": Mistake(
            _lowest_added, "After the warm-up your rate is above `highest`. What is the height of the fall?"
        ),
        "lowest_as_floor": Mistake(
            _lowest_as_floor,
            "You cut the cosine off at `lowest`, so that the end is flat. Which two rates should it join?",
        ),
    },
    hints=(
        "Two pieces, and one `if`. Is the rate of step 0 already above 0?",
        "Behind the rise, which share of the fall is done? It is 0 at step `warmup`, and would be 1 at "
        "step `steps`.",
        "(1 + cos(pi * done)) / 2 goes from 1 to 0. Stretch it between two other rates.",
    ),
    draw=_draw_schedule,
)


EXERCISES = (warmup_cosine, cutmix, compare_seeds)
