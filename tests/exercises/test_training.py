"""Chapter 08: differently written right answers pass, and the references are what PyTorch and SciPy do."""

import math
import statistics

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import stats

from swin_edu import exercises
from swin_edu.training import TrainingSettings, learning_rate_at

# ---- The learning rate of a step --------------------------------------------------------------------


def rate_by_a_square(step, steps, warmup, highest, lowest):
    """cos^2 of half the angle, and numpy's interpolation for the rise."""
    if step >= warmup:
        done = (step - warmup) / (steps - warmup)
        return lowest + (highest - lowest) * math.cos(math.pi / 2 * done) ** 2
    return float(np.interp(step, [-1, warmup - 1], [0, highest]))


def rate_from_a_whole_curve(step, steps, warmup, highest, lowest):
    rise = highest * np.arange(1, warmup + 1) / max(warmup, 1)
    middle, half = (highest + lowest) / 2, (highest - lowest) / 2
    fall = middle + half * np.cos(np.linspace(0, math.pi, steps - warmup + 1))
    return float(np.concatenate([rise, fall])[step])


@pytest.mark.parametrize("step", [0, 5, 9, 10, 11, 60, 99])
def test_with_a_lowest_rate_of_0_it_is_the_rate_of_the_training_loop(step):
    settings = TrainingSettings(learning_rate=2e-3, warmup_fraction=0.1)
    rate = exercises.warmup_cosine.reference(step, 100, 10, 2e-3, 0.0)
    assert rate == pytest.approx(learning_rate_at(step, 100, settings), abs=1e-15)


# ---- CutMix -----------------------------------------------------------------------------------------


def cutmix_by_loops(images, labels, order, box, num_classes, smoothing):
    mixed, (batch, _, height, width) = images.clone(), images.shape
    targets = torch.full((batch, num_classes), smoothing / num_classes, dtype=images.dtype)
    top, left, rows, columns = box
    inside = [
        (r, c)
        for r in range(top, top + rows)
        for c in range(left, left + columns)
        if 0 <= r < height and 0 <= c < width
    ]
    for one, other in enumerate(order.tolist()):
        for r, c in inside:
            mixed[one, :, r, c] = images[other, :, r, c]
        share = len(inside) / (height * width)
        targets[one, labels[one]] += (1 - smoothing) * (1 - share)
        targets[one, labels[other]] += (1 - smoothing) * share
    return mixed, targets


def cutmix_by_a_mask(images, labels, order, box, num_classes, smoothing):
    (height, width), (top, left, rows, columns) = images.shape[-2:], box
    r, c = torch.arange(height)[:, None], torch.arange(width)
    mask = (r >= top) & (r < top + rows) & (c >= left) & (c < left + columns)
    part = mask.to(images.dtype).mean()
    eye = (1 - smoothing) * torch.eye(num_classes, dtype=images.dtype) + smoothing / num_classes
    return torch.where(mask, images[order], images), torch.lerp(eye[labels], eye[labels[order]], part)


def test_without_a_box_the_targets_are_pytorchs_label_smoothing():
    images, labels, order, *_ = exercises.cutmix.cases()[0]
    _, targets = exercises.cutmix.reference(images, labels, order, (0, 0, 0, 0), 8, 0.1)
    logits = torch.randn(len(labels), 8, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(
        F.cross_entropy(logits, targets), F.cross_entropy(logits, labels, label_smoothing=0.1)
    )


def test_a_box_beyond_the_image_pastes_nothing():
    images, labels, order, *_ = exercises.cutmix.cases()[0]
    mixed, targets = exercises.cutmix.reference(images, labels, order, (50, -90, 3, 4), 8, 0.0)
    assert torch.equal(mixed, images)
    assert torch.equal(targets, F.one_hot(labels, 8).float())


def test_targets_in_float64_are_told_their_dtype():
    def in_float64(*arguments):
        images, targets = cutmix_by_loops(*arguments)
        return images, targets.double()

    message = exercises.cutmix.examine(in_float64).message
    assert "item 1 is wrong: return torch.float32; yours is torch.float64" in message


# ---- Two variants over the same seeds ---------------------------------------------------------------


def compare_by_scipy(first, second):
    test = stats.permutation_test(
        (np.subtract(first, second),),
        lambda values, axis: np.sum(values, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
    )
    difference = np.subtract(first, second)
    return float(difference.mean()), float(stats.sem(difference)), float(test.pvalue)


def compare_by_bits(first, second):
    gains = [one - other for one, other in zip(first, second, strict=True)]
    n, found, as_far = len(gains), abs(sum(gains)), 0
    for choice in range(2**n):
        flipped = sum(gain if choice >> place & 1 else -gain for place, gain in enumerate(gains))
        as_far += abs(flipped) >= found
    return statistics.mean(gains), statistics.stdev(gains) / n**0.5, as_far / 2**n


def test_three_seeds_never_give_a_p_below_a_quarter():
    assert exercises.compare_seeds.reference([900, 910, 920], [100, 120, 110])[2] == 0.25
    assert exercises.compare_seeds.reference([900] * 6, [100] * 6)[2] == 2 / 64


def test_a_gain_that_is_given_as_a_whole_number_is_right_too():
    def compare(first, second):
        gain, error, p = compare_by_bits(first, second)
        return (int(gain) if gain == int(gain) else gain), error, p

    assert exercises.compare_seeds.examine(compare)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("warmup_cosine", rate_by_a_square),
        ("warmup_cosine", rate_from_a_whole_curve),
        ("cutmix", cutmix_by_loops),
        ("cutmix", cutmix_by_a_mask),
        ("compare_seeds", compare_by_scipy),
        ("compare_seeds", compare_by_bits),
    ],
)
def test_a_right_answer_passes_however_it_is_written(name, answer):
    exercise = getattr(exercises, name)
    assert exercise.examine(answer)
    assert exercise.grade(answer, points=4, seed=1) == 4


@pytest.mark.parametrize("name", ["warmup_cosine", "cutmix", "compare_seeds"])
def test_drawn_cases_tell_every_known_mistake_apart(name):
    """With the cases that are seen and some that are not, as in grading."""
    exercise = getattr(exercises, name)
    for mistake, known in exercise.mistakes.items():
        visible = exercise.cases()
        report = exercise._examine(known.function, visible + exercise.hidden_cases(3), len(visible))
        assert report.mistake == mistake
