"""The exercise on what becomes of the gradients of several processes that have unequal shares of a batch.

Chapter 09 uses it. `swin_edu.training.forward` needs a plain mean only: there each process weights its loss.
"""

import math
import random
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from swin_edu.exercises.drawing import normal
from swin_edu.exercises.engine import Exercise, Mistake

Counts = Sequence[int]


def _mean_of_gradients(gradients: Tensor, counts: Counts) -> Tensor:
    mean = torch.zeros_like(gradients[0])
    for gradient, count in zip(gradients, counts, strict=True):
        if count > 0:  # 0 * NaN would be NaN
            mean += gradient * (count / sum(counts))
    return mean


# ---- What goes wrong ----------------------------------------------------------------------------------


def _weighted(gradients: Tensor, weights: Sequence[float], divisor: float) -> Tensor:
    """The weighted sum of those with a weight, over a divisor."""
    pairs = zip(gradients, weights, strict=True)
    return sum(gradient * weight for gradient, weight in pairs if weight) / divisor


def _with_weights(
    weight: Callable[[int], float], divisor: Callable[[Counts], float]
) -> Callable[[Tensor, Counts], Tensor]:
    """Only those with images have a say."""

    def mean_of_gradients(gradients: Tensor, counts: Counts) -> Tensor:
        return _weighted(gradients, [weight(count) if count else 0 for count in counts], divisor(counts))

    return mean_of_gradients


def _of_all(
    weight: Callable[[int], float], divisor: Callable[[Counts], float]
) -> Callable[[Tensor, Counts], Tensor]:
    """A NaN comes through, even with the weight 0."""

    def mean_of_gradients(gradients: Tensor, counts: Counts) -> Tensor:
        pairs = zip(gradients, counts, strict=True)
        return sum(gradient * weight(count) for gradient, count in pairs) / divisor(counts)

    return mean_of_gradients


def _all_alike(count: int) -> float:
    return 1


def _own_count(count: int) -> float:
    return count


def _nan_hidden(gradients: Tensor, counts: Counts) -> Tensor:
    return _weighted(gradients.nan_to_num(), counts, sum(counts))


def _nan_processes_left_out(gradients: Tensor, counts: Counts) -> Tensor:
    kept = [0 if g.isnan().any() else count for g, count in zip(gradients, counts, strict=True)]
    return _weighted(gradients, kept, sum(kept))


def _input_changed(gradients: Tensor, counts: Counts) -> Tensor:
    """Everything is gathered in the first process's gradient, as a view of the input."""
    mean = _mean_of_gradients(gradients, counts)
    return gradients[0].copy_(mean).clone()


SAME_SAY = "All your processes have the same say. Should one with fewer images count as much?"
ADDED_UP = "You add the gradients up. If all of them were alike, what should their mean be?"
BY_PROCESSES = "Each gradient has its weight. What do these weights sum to, and what did you divide by?"
OF_THE_SUM = "That is the gradient of the summed loss. How does the mean differ from it?"
TAKEN_FOR_SUMS = (
    "You divide by all images, as if each gradient was a sum over its own. What were they divided by already?"
)


def _draw_gradients(generator: random.Random) -> tuple[Tensor, tuple[int, ...]]:
    """Unequal counts; in half of the cases the last process has no images."""
    processes = generator.randint(2, 5)
    shape = generator.choice(((3,), (2, 4), (3, 2, 5)))
    counts = [generator.randint(1, 9) for _ in range(processes)]
    counts[0] = counts[1] + generator.randint(1, 4)
    gradients = normal(generator, processes, *shape)
    if processes > 2 and generator.random() < 0.5:
        counts[-1] = 0
        gradients[-1] = math.nan
    return gradients, tuple(counts)


def _cases() -> list[tuple[Tensor, tuple[int, ...]]]:
    without_images = normal(random.Random(2), 4, 2, 3)
    without_images[3] = math.nan
    zeros = normal(random.Random(3), 3, 5)
    zeros[1] = 0
    broken = normal(random.Random(4), 3, 3, 2, dtype=torch.float64)
    broken[1, 2, 0] = math.nan
    return [
        (torch.tensor([[1.0, 2.0, 3.0], [5.0, 6.0, 7.0]]), (3, 1)),
        (normal(random.Random(1), 3, 4, 5), (4, 4, 2)),
        (without_images, (4, 4, 1, 0)),
        (zeros, (2, 0, 3)),
        (broken, (5, 4, 2)),
    ]


mean_of_gradients = Exercise(
    name="mean_of_gradients",
    chapter="09",
    difficulty="medium",
    minutes=15,
    task="Of one weight, gradients[p] is the gradient that process p found: of the mean loss over its own "
    "counts[p] images. Return the gradient of the mean loss over all images: (processes, *shape) -> "
    "(*shape). A process with 0 images has no say, even if its gradient is NaN; the NaN of a process that "
    "has images must show in the answer. Leave `gradients` as it was.\n\n"
    "mean_of_gradients(torch.tensor([[1.0, 2.0], [4.0, 8.0]]), (2, 1))  # [2, 4]",
    reference=_mean_of_gradients,
    cases=_cases,
    mistakes={
        # Whoever has not thought of NaN yet, and whoever has.
        "plain_mean": Mistake(_of_all(_all_alike, len), SAME_SAY),
        "plain_mean_of_those_with_images": Mistake(
            _with_weights(_all_alike, lambda counts: sum(count > 0 for count in counts)), SAME_SAY
        ),
        "plain_sum": Mistake(_of_all(_all_alike, lambda counts: 1), ADDED_UP),
        "plain_sum_of_those_with_images": Mistake(_with_weights(_all_alike, lambda counts: 1), ADDED_UP),
        "divided_by_the_processes": Mistake(_of_all(_own_count, len), BY_PROCESSES),
        "divided_by_the_processes_without_nan": Mistake(_with_weights(_own_count, len), BY_PROCESSES),
        "not_divided": Mistake(_of_all(_own_count, lambda counts: 1), OF_THE_SUM),
        "not_divided_without_nan": Mistake(_with_weights(_own_count, lambda counts: 1), OF_THE_SUM),
        "taken_for_sums": Mistake(_of_all(_all_alike, sum), TAKEN_FOR_SUMS),
        "taken_for_sums_without_nan": Mistake(_with_weights(_all_alike, sum), TAKEN_FOR_SUMS),
        "weights_the_wrong_way_round": Mistake(
            _with_weights(
                lambda count: 1 / count, lambda counts: sum(1 / count for count in counts if count)
            ),
            "Your processes with few images count most. Which way round should it be?",
        ),
        "nothing_times_nan": Mistake(
            _of_all(_own_count, sum), "Right as long as all processes have images. What is 0 * NaN?"
        ),
        "nan_hidden": Mistake(
            _nan_hidden,
            "You replace every NaN. How should anybody notice that a process with images has broken down?",
        ),
        "nan_processes_left_out": Mistake(
            _nan_processes_left_out,
            "You leave out whoever has a NaN. Which processes have no say: those, or those without images?",
        ),
        "first_process_only": Mistake(
            lambda gradients, counts: gradients[0].clone(),
            "That is what the first process found. And the images of the others?",
        ),
        "input_changed": Mistake(
            _input_changed, "gradients[0] is a part of the input. What could you begin with?"
        ),
    },
    hints=(
        "A process's mean, times its count, is the sum over its images.",
        "Add these sums up. By what do you divide, to get a mean over all images?",
        "0 * NaN is NaN: multiplying does not silence a process without images. What does, in a loop over "
        "the processes?",
    ),
    draw=_draw_gradients,
)
