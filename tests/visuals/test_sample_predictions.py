"""The strip of test images: spread over the classes, asked without changing the run, few answers kept."""

from types import SimpleNamespace as Made

import pytest
import torch

from swin_edu.visuals.sample_predictions import MOMENTS, SamplePredictions


def training(labels, classes=None, side=8, predict=None):
    count = classes or max(labels) + 1
    images = torch.arange(len(labels) * 3 * side * side).view(-1, 3, side, side) % 256
    names = [f"class {i}" for i in range(count)]
    tests = Made(images=images.to(torch.uint8), labels=torch.tensor(labels), class_names=names)
    return Made(test_set=tests, predict=predict or (lambda images: torch.zeros(len(images), count)))


@pytest.mark.parametrize(
    ("labels", "count", "expected"),
    [
        ([2, 0, 1, 0, 2], 3, [0, 1, 2]),
        ([0, 0, 0, 1], 3, [0, 0, 1]),
        ([0, 1], 10, [0, 1]),
        (list(range(200)), 10, list(range(0, 200, 20))),
        ([5, 5, 5], 2, [5, 5]),
    ],
)
def test_images_come_from_as_many_classes_as_can_be(labels, count, expected):
    samples = SamplePredictions(training(labels), count)
    assert samples.labels == expected
    assert len(samples.images) == len(expected)


def test_answers_are_those_of_predict_and_counted_rightly():
    logits = torch.tensor([[2.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 1.0, 0.5]])
    samples = SamplePredictions(training([0, 1, 2], predict=lambda images: logits), 3)
    assert samples.right_now == 0
    samples.look(0.5)
    (moment,) = samples.moments
    parts = logits.softmax(1)
    assert moment.named == (0, 1, 1)
    assert moment.confidence == pytest.approx(parts.max(1).values.tolist(), abs=1e-3)
    assert moment.truth == pytest.approx([parts[i, i].item() for i in range(3)], abs=1e-3)
    assert samples.right_now == 2


def test_only_so_many_answers_are_kept_in_order_with_the_newest():
    samples = SamplePredictions(training([0, 1]), 2)
    for number in range(1000):
        samples.look(number / 100)
        assert samples.moments[-1].place == number / 100
        assert len(samples.moments) < MOMENTS
    places = [moment.place for moment in samples.moments]
    assert places == sorted(places)
    samples.look(3.0)  # the run went back
    assert samples.moments[-1].place == 3.0
    assert all(moment.place < 3 for moment in samples.moments[:-1])


@pytest.mark.parametrize("mode", [True, False])
def test_the_network_is_asked_in_evaluation_mode_and_left_as_it_was(mode):
    seen = []
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Dropout(0.5), torch.nn.Linear(192, 2))

    def predict(images):
        seen.append((model.training, torch.is_inference_mode_enabled()))
        return model(images.float())

    watched = training([0, 1], predict=predict)
    watched.model = model.train(mode)
    before = torch.get_rng_state()
    SamplePredictions(watched, 2).look(0)
    assert seen == [(False, True)]
    assert model.training is mode
    assert torch.equal(torch.get_rng_state(), before)


def test_a_network_that_fails_is_left_in_training_mode_too():
    model = torch.nn.Dropout()

    def predict(images):
        raise RuntimeError("out of memory")

    watched = training([0], predict=predict)
    watched.model = model
    with pytest.raises(RuntimeError):
        SamplePredictions(watched, 1).look(0)
    assert model.training


def test_answers_that_are_no_numbers_are_not_shown():
    samples = SamplePredictions(training([0, 1], predict=lambda x: torch.full((2, 2), torch.nan)), 2)
    samples.look(0)
    assert samples.moments == []


def test_large_images_travel_small():
    samples = SamplePredictions(training([0, 1], side=224), 2)
    assert {pixels.shape for pixels in samples.pixels()} == {(96, 96, 3)}
    assert len(samples.atlas()) < 60_000
