"""The hard exercise on training: two variants of a network over the same seeds, and what may be concluded.

Chapter 08 and assignment 5 use it. The test by signs needs no table and no normal distribution.
"""

import itertools
import math
import random
import statistics
from collections.abc import Callable, Sequence

from swin_edu.exercises.engine import Exercise, Mistake

Counts = Sequence[int]
Verdict = tuple[float, float, float]


def _compare_seeds(first: Counts, second: Counts) -> Verdict:
    differences = [one - other for one, other in zip(first, second, strict=True)]
    gain = statistics.mean(differences)
    error = statistics.stdev(differences) / math.sqrt(len(differences))  # stdev divides by n - 1
    found, sums = abs(sum(differences)), []
    for signs in itertools.product((1, -1), repeat=len(differences)):
        sums.append(sum(sign * difference for sign, difference in zip(signs, differences, strict=True)))
    return float(gain), error, sum(abs(other) >= found for other in sums) / len(sums)


# ---- What goes wrong ---------------------------------------------------------------------------------


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _deviation(values: Sequence[float], less: int = 1) -> float:
    """The standard deviation; ``less`` 1 divides by n - 1."""
    mean = _mean(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - less))


def _flipped_sums(differences: Counts) -> list[int]:
    """The sum of the differences under every choice of signs."""
    choices = itertools.product((1, -1), repeat=len(differences))
    return [sum(s * d for s, d in zip(signs, differences, strict=True)) for signs in choices]


def _as_far(sums: Counts, found: int) -> float:
    return sum(abs(other) >= abs(found) for other in sums) / len(sums)


def _compare(
    first: Counts,
    second: Counts,
    *,
    error: Callable[[Counts, Counts, Counts], float] | None = None,
    chance: Callable[[Counts, list[int]], float] | None = None,
    mean: Callable[[Counts], float] = _mean,
) -> Verdict:
    """The right answer, or one with a twist."""
    differences = [one - other for one, other in zip(first, second, strict=True)]
    spread = error(first, second, differences) if error else _deviation(differences) / len(first) ** 0.5
    sums = _flipped_sums(differences)
    p = chance(differences, sums) if chance else _as_far(sums, sum(differences))
    return mean(differences), spread, p


def _goes_wrong(**twist: object) -> Callable[[Counts, Counts], Verdict]:
    def compare_seeds(first: Counts, second: Counts) -> Verdict:
        return _compare(first, second, **twist)

    return compare_seeds


def _unpaired_error(first: Counts, second: Counts, differences: Counts) -> float:
    return math.sqrt((_deviation(first) ** 2 + _deviation(second) ** 2) / len(first))


def _shuffled_groups(first: Counts, second: Counts) -> Verdict:
    """All runs in one pot, dealt anew into two halves, as if no two shared a seed."""
    difference, spread, _ = _compare(first, second)
    pot, n = [*first, *second], len(first)
    sums = [2 * sum(pot[i] for i in half) - sum(pot) for half in itertools.combinations(range(2 * n), n)]
    return difference, spread, _as_far(sums, sum(first) - sum(second))


def _median(values: Counts) -> float:
    ordered, half = sorted(values), len(values) // 2
    return float(ordered[half]) if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _draw_counts(generator: random.Random) -> tuple[list[int], list[int]]:
    """Some seeds are lucky for both variants; the gain is of the size of the noise."""
    seeds, gain = generator.randint(4, 6), generator.choice((-9, -5, 6, 12))
    luck = [generator.randint(-30, 30) for _ in range(seeds)]
    second = [400 + lucky + generator.randint(-8, 8) for lucky in luck]
    first = [400 + gain + lucky + generator.randint(-8, 8) for lucky in luck]
    return first, second


compare_seeds = Exercise(
    name="compare_seeds",
    chapter="08",
    difficulty="hard",
    minutes=25,
    task="Two variants were trained with the same seeds; each list holds how many test images were right. "
    "Return three floats: the mean gain of the first, its standard error, and the chance p of a gain at"
    " least as far from 0 if the variants were the same: its share among all choices of signs.",
    reference=_compare_seeds,
    cases=lambda: [
        ([71, 80, 66], [64, 77, 61]),
        ([412, 431, 398, 440, 415], [405, 433, 390, 428, 409]),
        ([903, 911, 897, 905], [908, 917, 899, 901]),
        ([55, 61, 58, 49, 66, 57], [50, 60, 61, 41, 57, 52]),
    ],
    mistakes={
        "second_minus_first": Mistake(
            lambda first, second: _compare(second, first), "Your gain has the wrong sign. Whose gain is it?"
        ),
        "deviation_of_a_sample": Mistake(
            _goes_wrong(error=lambda a, b, d: _deviation(d, less=0) / len(d) ** 0.5),
            "Your error is a little too small. The mean was found from the same few numbers: by how many is "
            "the sum of squares divided?",
        ),
        "deviation_in_place_of_error": Mistake(
            _goes_wrong(error=lambda a, b, d: _deviation(d)),
            "That is how far one seed lies from the mean. How far does the mean of n seeds lie?",
        ),
        "divided_by_n": Mistake(
            _goes_wrong(error=lambda a, b, d: _deviation(d) / len(d)),
            "Four times as many seeds halve the error. Do yours?",
        ),
        "unpaired": Mistake(
            _goes_wrong(error=_unpaired_error),
            "You let lucky seeds count as noise. Both variants had the same luck: what do you take the "
            "deviation of?",
        ),
        "one_sided": Mistake(
            _goes_wrong(chance=lambda d, sums: sum(s >= sum(d) for s in sums) / len(sums)),
            "You count gains only. Would a loss of this size not have surprised you?",
        ),
        "ties_left_out": Mistake(
            _goes_wrong(chance=lambda d, sums: sum(abs(s) > abs(sum(d)) for s in sums) / len(sums)),
            "Your p can be 0. Is the choice of signs that really happened one of them?",
        ),
        "share_of_the_nearer": Mistake(
            _goes_wrong(chance=lambda d, sums: sum(abs(s) < abs(sum(d)) for s in sums) / len(sums)),
            "Your p is large where the gain is clear. Which of the sums speak for luck?",
        ),
        "signs_only": Mistake(
            _goes_wrong(
                chance=lambda d, sums: _as_far(_flipped_sums([1] * len(d)), sum((x > 0) - (x < 0) for x in d))
            ),
            "You count how often the first won. Does it matter by how much it won?",
        ),
        "shuffled_groups": Mistake(
            _shuffled_groups,
            "You deal the runs into two new groups. Two runs of one seed belong together: what may change "
            "places?",
        ),
        "median": Mistake(_goes_wrong(mean=_median), "You return the middle gain. What was asked for?"),
    },
    hints=(
        "One list of differences, one for each seed: everything is about these.",
        "The standard error of a mean is the standard deviation, with n - 1, over the square root of n.",
        "If the variants are the same, each difference could as well have the other sign. "
        "itertools.product((1, -1), repeat=n) gives all choices.",
        "p is the share of the choices whose sum is as far from 0 as yours, or farther, on either side.",
    ),
    draw=_draw_counts,
)
