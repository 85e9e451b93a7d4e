"""Every number of an evaluation is what its definition says, counted one image at a time."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from swin_edu.data import ImageDataset, make_shapes, normalise
from swin_edu.training import TrainingError
from swin_edu.training.evaluation import evaluate_logits, evaluate_model, wilson_interval

NAMES = ["ant", "bee", "cow", "dog"]


@pytest.fixture
def guesses():
    """60 guesses that are often right; nobody is a dog, and nobody is called an ant."""
    random = torch.Generator().manual_seed(3)
    labels = torch.randint(3, (60,), generator=random)
    logits = torch.randn(60, 4, generator=random) + 1.5 * F.one_hot(labels, 4)
    logits[:, 0] = -9.0
    return logits, labels


def test_accuracy_and_confusion_are_those_counted_one_image_at_a_time(guesses):
    logits, labels = guesses
    seen = evaluate_logits(logits, labels, NAMES)
    counted = [[0] * 4 for _ in NAMES]
    right = 0
    for row, label in zip(logits.tolist(), labels.tolist(), strict=True):
        said = row.index(max(row))
        counted[label][said] += 1
        right += said == label
    assert seen.confusion.tolist() == counted
    assert seen.accuracy == right / 60
    assert 0 < right < 60
    assert seen.counts.tolist() == [sum(row) for row in counted]


def test_precision_and_recall_are_their_definitions_and_nan_where_there_is_nothing_to_divide_by(guesses):
    logits, labels = guesses
    seen = evaluate_logits(logits, labels, NAMES)
    said = logits.argmax(dim=1)
    for kind in (1, 2):
        both = int(((said == kind) & (labels == kind)).sum())
        assert seen.recall[kind] == both / int((labels == kind).sum())
        assert seen.precision[kind] == both / int((said == kind).sum())
        assert seen.recall[kind] != seen.precision[kind]
    assert seen.recall[0] == 0
    assert math.isnan(seen.precision[0]), "nothing was called an ant"
    assert math.isnan(seen.recall[3]), "there is no dog"
    assert seen.precision[3] == 0


def test_confidence_and_loss_are_those_of_the_softmax(guesses):
    logits, labels = guesses
    seen = evaluate_logits(logits, labels, NAMES)
    row = [math.exp(value) for value in logits[7].tolist()]
    assert float(seen.confidences[7]) == pytest.approx(max(row) / sum(row), rel=1e-6)
    losses = [
        math.log(sum(math.exp(value) for value in row)) - row[label]
        for row, label in zip(logits.tolist(), labels.tolist(), strict=True)
    ]
    assert seen.loss == pytest.approx(sum(losses) / 60, rel=1e-6)


def test_the_worst_mistakes_are_wrong_and_the_surest_first(guesses):
    logits, labels = guesses
    seen = evaluate_logits(logits, labels, NAMES)
    wrong = [place for place in range(60) if int(logits[place].argmax()) != int(labels[place])]
    wrong.sort(key=lambda place: -float(logits[place].softmax(0).max()))
    assert seen.worst_mistakes(1000) == wrong
    assert seen.worst_mistakes(3) == wrong[:3]


def test_the_most_confused_pairs_leave_right_answers_out_and_keep_their_direction():
    labels = torch.tensor([0, 0, 0, 1, 1, 2, 2])
    said = torch.tensor([1, 1, 0, 0, 1, 2, 0])
    seen = evaluate_logits(F.one_hot(said, 3).float(), labels, NAMES[:3])
    assert seen.most_confused() == [(0, 1, 2), (1, 0, 1), (2, 0, 1)]
    assert seen.most_confused(1) == [(0, 1, 2)]


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    # Newcombe, "Two-sided confidence intervals for the single proportion", 1998, Table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_the_published_one(right, total, low, high):
    assert wilson_interval(right, total) == pytest.approx((low, high), abs=5e-5)


def test_the_interval_stays_within_0_and_1():
    assert wilson_interval(5, 5)[1] == 1.0
    assert wilson_interval(0, 5)[0] == 0.0


def test_the_flip_accuracy_takes_the_mean_of_both_logits():
    labels = torch.tensor([0, 1])
    logits = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    mirrored = torch.tensor([[0.0, 0.5], [0.0, 3.0]])
    seen = evaluate_logits(logits, labels, NAMES[:2], mirrored)
    assert (seen.accuracy, seen.flip_accuracy) == (0.5, 1.0)
    assert evaluate_logits(logits, labels, NAMES[:2]).flip_accuracy is None


def test_logits_that_are_no_numbers_or_of_other_classes_are_refused():
    logits, labels = torch.zeros(3, 4), torch.zeros(3, dtype=torch.int64)
    with pytest.raises(TrainingError, match=r"need logits of shape \(3, 3\), got \(3, 4\)"):
        evaluate_logits(logits, labels, NAMES[:3])
    logits[1, 2] = float("nan")
    with pytest.raises(TrainingError, match="answer to 1 of 3 images is not a finite number"):
        evaluate_logits(logits, labels, NAMES)


class LeftOrRight(nn.Module):
    """Says class 1 where the left half is brighter; unsure while it trains."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, images):
        left, right = images.chunk(2, dim=-1)
        difference = (left.mean(dim=(1, 2, 3)) - right.mean(dim=(1, 2, 3))) * self.weight
        if self.training:
            difference = -difference
        return torch.stack([torch.zeros_like(difference), difference], dim=1)


def halves(mirror_keeps_label: bool) -> ImageDataset:
    images = torch.zeros(5, 3, 4, 4, dtype=torch.uint8)
    images[:3, :, :, :2] = 200
    images[3:, :, :, 2:] = 100
    labels = torch.tensor([1, 1, 0, 0, 0])
    return ImageDataset(images, labels, ["right", "left"], "halves", "test", mirror_keeps_label)


@pytest.mark.parametrize("batch_size", [1, 2, 500])
def test_a_model_answers_in_evaluation_mode_for_every_image_and_is_left_as_it_was(batch_size):
    model = LeftOrRight().train()
    seen = evaluate_model(model, halves(False), [0.5] * 3, [0.2] * 3, batch_size=batch_size)
    assert model.training
    assert seen.predictions.tolist() == [1, 1, 1, 0, 0]
    assert (seen.accuracy, seen.flip_accuracy) == (0.8, None)


def test_mirror_images_are_tried_only_where_they_keep_the_class():
    # Mirroring turns the difference round, so the mean knows nothing and takes the first class.
    seen = evaluate_model(LeftOrRight(), halves(True), [0.5] * 3, [0.2] * 3)
    assert seen.flip_accuracy == 0.6


def test_the_images_are_normalised_with_the_given_statistics():
    shapes, told = make_shapes(12), []

    class Listener(LeftOrRight):
        def forward(self, images):
            told.append(images)
            return torch.zeros(len(images), 10)

    evaluate_model(Listener(), shapes, [0.1, 0.2, 0.3], [0.4, 0.5, 0.6])
    assert torch.equal(torch.cat(told), normalise(shapes.images, [0.1, 0.2, 0.3], [0.4, 0.5, 0.6]))
