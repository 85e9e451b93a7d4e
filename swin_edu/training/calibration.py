"""Whether a network is right as often as it says: confidence beside accuracy, bin by bin.

Notebook 08 draws the reliability diagram from it; Guo et al., "On Calibration of Modern Neural Networks",
2017.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor

BINS = 15  # as in the paper, so that errors can be compared with published ones


@dataclass(frozen=True, eq=False)
class Calibration:
    """Images sorted into bins by the confidence of the answer. Bin i holds ``edges[i] < p <= edges[i + 1]``.

    Args:
        edges: (bins + 1,), float64, from 0 to 1.
        counts: (bins,), int64: images in each bin.
        confidences: (bins,), float64: mean confidence in each bin; nan where it is empty.
        accuracies: (bins,), float64: part of each bin's images that was named rightly; nan where it is empty.

    Example:
        >>> round(calibrate(torch.tensor([0.9, 0.8]), torch.tensor([True, False]), bins=2).error, 3)
        0.35
    """

    edges: Tensor = field(repr=False)
    counts: Tensor = field(repr=False)
    confidences: Tensor = field(repr=False)
    accuracies: Tensor = field(repr=False)

    @property
    def error(self) -> float:
        """Expected calibration error, 0..1: mean distance of the two over the bins, weighted by images."""
        distances = (self.accuracies - self.confidences).abs().nan_to_num()
        return float((distances * self.counts).sum() / self.counts.sum())

    @property
    def confidence(self) -> float:
        """Mean confidence over all images; above the accuracy, the network is too sure of itself."""
        return float((self.confidences.nan_to_num() * self.counts).sum() / self.counts.sum())


def calibrate(confidences: Tensor, right: Tensor, bins: int = BINS) -> Calibration:
    """Sort answers into bins of equal width by their confidence.

    Args:
        confidences: (N,), 0..1: the probability given to the predicted class.
        right: (N,), bool: whether the prediction was right.
        bins: their number.

    Returns:
        What is in the bins.

    Example:
        >>> calibrate(torch.tensor([0.9, 0.8]), torch.tensor([True, False]), bins=2).counts.tolist()
        [0, 2]
    """
    edges = torch.linspace(0, 1, bins + 1, dtype=torch.float64)
    # Without right=True, bucketize's intervals are open at the left and closed at the right, as in the paper.
    place = (torch.bucketize(confidences.double(), edges) - 1).clamp(0, bins - 1)
    counts = torch.bincount(place, minlength=bins)
    sums = [torch.bincount(place, weights=v.double(), minlength=bins) for v in (confidences, right)]
    return Calibration(edges, counts, sums[0] / counts, sums[1] / counts)
