"""Curves of a fixed number of points that still tell the truth, time left, and words for both."""

import json
import random
from types import SimpleNamespace as Made

import pytest

from swin_edu.visuals.training_curves import POINTS, ThinnedCurve, TrainingCurves
from swin_edu.visuals.training_words import about, describe_training, duration


def step(epoch, number, steps=10, loss=1.0):
    return Made(epoch=epoch, step=number, steps=steps, loss=loss, learning_rate=1e-3, images_per_second=100.0)


def epoch_end(epoch, epochs=5, test=0.5):
    losses = {"train_loss": 1.0, "test_loss": 1.1, "train_accuracy": 0.6, "test_accuracy": test}
    return Made(epoch=epoch, epochs=epochs, **losses)


@pytest.mark.parametrize("count", [1, 7, 8, 9, 63, 64, 65, 1000, 4321])
def test_a_thinned_curve_keeps_mean_range_and_last_place_of_what_it_merged(count):
    draw = random.Random(count)
    values = [draw.uniform(-3, 9) for _ in range(count)]
    curve = ThinnedCurve(limit=8)
    for x, value in enumerate(values):
        curve.add(x, value)
    assert len(curve.points) <= 8
    groups = [values[i : i + curve.stride] for i in range(0, count, curve.stride)]
    assert len(groups) == len(curve.points)
    for number, (group, (x, mean, low, high)) in enumerate(zip(groups, curve.points, strict=True)):
        assert x == min((number + 1) * curve.stride, count) - 1
        assert (low, high) == (min(group), max(group))
        assert mean == pytest.approx(sum(group) / len(group))


def test_after_100000_steps_no_more_travels_to_the_browser_than_after_200():
    sizes = {}
    curves = TrainingCurves()
    for number in range(100_000):
        curves.add(step(number // 100 + 1, number % 100 + 1, 100, random.random()), number)
        if number % 100 == 99:
            curves.add(epoch_end(number // 100 + 1, 1000), number)
        if number in (199, 99_999):
            sizes[number] = len(json.dumps(curves.columns()))
    assert len(curves.loss.points) <= POINTS
    assert len(curves.tested) <= POINTS
    assert curves.tested[-1][0] == 1000
    assert sizes[99_999] < 25_000
    assert sizes[99_999] < 4 * sizes[199]


def test_what_is_no_number_is_not_drawn():
    curve = ThinnedCurve()
    for value in (1.0, float("nan"), float("inf"), 2.0):
        curve.add(0, value)
    assert [point[1] for point in curve.points] == [1.0, 2.0]


def test_the_time_left_follows_from_the_pace_since_the_first_step():
    curves = TrainingCurves(epochs=2)
    curves.start()
    assert curves.seconds_left is None
    curves.add(step(1, 1), 30)  # warming up is slow and does not count
    assert curves.seconds_left is None
    curves.add(step(1, 2), 31)
    curves.add(step(1, 3), 32)
    assert curves.seconds_left == pytest.approx(17)
    curves.add(epoch_end(2, 2), 60)
    assert curves.seconds_left == 0


def test_a_resumed_run_knows_its_own_pace_and_forgets_what_is_trained_again():
    curves = TrainingCurves(epochs=5)
    for number in range(1, 11):
        curves.add(step(3, number), number)
    curves.add(epoch_end(3), 11)
    for number in range(1, 6):
        curves.add(step(4, number, loss=9), 11 + number)
    curves.start()  # stopped in the middle of epoch 4, which begins again
    curves.add(step(4, 1, loss=2), 0.5)
    curves.add(step(4, 2, loss=2), 1.5)
    places = [point[0] for point in curves.loss.points]
    assert places == sorted(places)
    assert [point[1] for point in curves.loss.points][-2:] == [2, 2]
    assert [row[0] for row in curves.tested] == [3]
    assert curves.seconds_left == pytest.approx(18)


def test_an_epoch_that_is_tested_again_is_there_once():
    curves = TrainingCurves()
    for _ in range(2):
        curves.add(step(1, 10), 1)
        curves.add(epoch_end(1), 2)
        curves.add(step(2, 1), 3)
    assert [row[0] for row in curves.tested] == [1]


@pytest.mark.parametrize(
    ("seconds", "exact", "guessed"),
    [
        (0, "1 s", "a few seconds"),
        (59.4, "59 s", "about 1 min"),
        (60, "1 min", "about 1 min"),
        (150, "2 min 30 s", "about 2 min"),
        (3590, "1 h 0 min", "about 1 h"),
        (90 * 60, "1 h 30 min", "about 1.5 h"),
    ],
)
def test_times_in_words(seconds, exact, guessed):
    assert (duration(seconds), about(seconds)) == (exact, guessed)


def test_the_sentence_says_where_the_run_is_and_what_it_reached():
    curves = TrainingCurves(epochs=5)
    curves.add(step(1, 4, loss=1.234), 1)
    said = describe_training(curves, None, "running")
    assert said == "Epoch 1 of 5, step 4 of 10, loss 1.23 in this batch."
    curves.add(epoch_end(1, test=0.4321), 2)
    said = describe_training(curves, None, "paused")
    assert said.startswith("Paused: epoch 1 of 5 is done. After epoch 1, 43.2 % of the test images")
    assert describe_training(curves, None, "finished").startswith("Training is done. After epoch 1")
    assert describe_training(curves, None, "failed").startswith("Training ended with an error: epoch 1")
