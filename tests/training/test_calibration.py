"""The calibration error is its definition, image by image, also at the borders of the bins."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from swin_edu.training.calibration import calibrate

ANSWERS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


def by_hand(confidences, right, bins):
    """Guo et al., equation 3: bins are open at the left and closed at the right."""
    error = 0.0
    for i in range(bins):
        low, high = torch.linspace(0, 1, bins + 1, dtype=torch.float64)[i : i + 2].tolist()
        inside = [j for j, p in enumerate(confidences) if low < p <= high or (i == 0 and p == 0)]
        if inside:
            accuracy = sum(right[j] for j in inside) / len(inside)
            confidence = sum(confidences[j] for j in inside) / len(inside)
            error += len(inside) / len(confidences) * abs(accuracy - confidence)
    return error


@given(ANSWERS, st.sampled_from([1, 2, 10, 15]))
def test_the_error_is_its_definition(answers, bins):
    confidences, right = map(list, zip(*answers, strict=True))
    found = calibrate(torch.tensor(confidences, dtype=torch.float64), torch.tensor(right), bins)
    assert found.error == pytest.approx(by_hand(confidences, right, bins), abs=1e-9)
    assert int(found.counts.sum()) == len(answers)
    assert found.confidence == pytest.approx(sum(confidences) / len(answers), abs=1e-9)


def test_an_answer_on_a_border_belongs_to_the_lower_bin():
    found = calibrate(torch.tensor([0.5, 1.0, 0.0]), torch.tensor([True, True, False]), bins=2)
    assert found.counts.tolist() == [2, 1]


def test_empty_bins_are_nan_and_count_nothing():
    found = calibrate(torch.tensor([0.9, 0.9]), torch.tensor([True, False]))
    assert len(found.counts) == 15
    assert math.isnan(found.accuracies[0])
    assert found.error == pytest.approx(0.4, abs=1e-6)


def test_a_network_that_keeps_its_promises_has_no_error():
    right = torch.tensor([True, True, True, False])
    assert calibrate(torch.full((4,), 0.75, dtype=torch.float64), right).error == 0
