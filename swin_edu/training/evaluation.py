"""What a trained network gets right, class by class, how sure it is, and where it is wrong.

Notebook 08 reads it; `swin-edu evaluate` writes it down. Everything follows from logits and labels.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from swin_edu.data import ImageDataset, normalise
from swin_edu.training.calibration import Calibration, calibrate
from swin_edu.training.errors import TrainingError

_QUANTILE = 1.959963984540054  # of the normal distribution: 95 % lie within so many deviations


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Answers of a network beside the truth, for N test images and K classes. Made by `evaluate_logits`.

    Args:
        class_names: K names.
        labels: (N,), int64: the true classes.
        predictions: (N,), int64: the classes with the largest logits.
        confidences: (N,), float64: the probability that the network gave to its prediction, 0..1.
        loss: mean cross-entropy, without label smoothing.
        flip_accuracy: with the mean of the logits of image and mirror image; None where that was not tried.

    Example:
        >>> seen = evaluate_logits(torch.eye(2), torch.tensor([0, 0]), ["cat", "dog"])
        >>> seen.accuracy, seen.confusion.tolist()
        (0.5, [[1, 1], [0, 0]])
    """

    class_names: list[str] = field(repr=False)
    labels: Tensor = field(repr=False)
    predictions: Tensor = field(repr=False)
    confidences: Tensor = field(repr=False)
    loss: float
    flip_accuracy: float | None = None

    @property
    def images(self) -> int:
        """Number of test images N."""
        return len(self.labels)

    @property
    def right(self) -> Tensor:
        """(N,), bool: which images were named rightly."""
        return self.predictions == self.labels

    @property
    def accuracy(self) -> float:
        """Part of the images named rightly, 0..1."""
        return int(self.right.sum()) / self.images

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the accuracy, as far as it depends on which images were drawn for the test."""
        return wilson_interval(int(self.right.sum()), self.images)

    @cached_property
    def confusion(self) -> Tensor:
        """(K, K), int64: how many images of class ``row`` were called class ``column``."""
        return confusion_matrix(self.labels, self.predictions, len(self.class_names))

    @property
    def counts(self) -> Tensor:
        """(K,), int64: how many test images each class has."""
        return self.confusion.sum(dim=1)

    @property
    def recall(self) -> Tensor:
        """(K,), float64: part of a class's images that got its name; nan where it has no images."""
        return self.confusion.diagonal().double() / self.counts

    @property
    def precision(self) -> Tensor:
        """(K,), float64: part of the images with a class's name that are of it; nan where none got it."""
        return self.confusion.diagonal().double() / self.confusion.sum(dim=0)

    @cached_property
    def calibration(self) -> Calibration:
        """Confidence beside accuracy in 15 bins."""
        return calibrate(self.confidences, self.right)

    def worst_mistakes(self, count: int = 18) -> list[int]:
        """The images with the highest confidence in a wrong class.

        Args:
            count: how many at most.

        Returns:
            Places in the test split, the surest mistake first.
        """
        wrong = (~self.right).nonzero().flatten()
        order = self.confidences[wrong].argsort(descending=True, stable=True)
        return wrong[order][:count].tolist()

    def most_confused(self, count: int = 20) -> list[tuple[int, int, int]]:
        """The pairs of classes that were mixed up most often.

        Args:
            count: how many at most.

        Returns:
            (true class, predicted class, number of images), the most frequent first.
        """
        mixed = self.confusion - torch.diag(self.confusion.diagonal())
        pairs = [(row, column, int(mixed[row, column])) for row, column in mixed.nonzero().tolist()]
        return sorted(pairs, key=lambda pair: -pair[2])[:count]


def confusion_matrix(labels: Tensor, predictions: Tensor, classes: int) -> Tensor:
    """Count how often each class was called each class.

    Args:
        labels, predictions: (N,), int64, each in ``0 .. classes - 1``.
        classes: their number K.

    Returns:
        (K, K), int64: row = true class, column = predicted class.

    Example:
        >>> confusion_matrix(torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1]), 2).tolist()
        [[1, 1], [0, 1]]
    """
    return torch.bincount(labels * classes + predictions, minlength=classes**2).view(classes, classes)


def wilson_interval(right: int, total: int) -> tuple[float, float]:
    """95 % interval of a proportion after Wilson (1927); it stays within 0..1 and fits few images, too.

    Args:
        right: how many of them.
        total: at least 1.

    Returns:
        (low, high).

    Example:
        >>> [round(end, 3) for end in wilson_interval(9, 10)]
        [0.596, 0.982]
    """
    part, square = right / total, _QUANTILE**2 / total
    centre = part + square / 2
    half = math.sqrt(part * (1 - part) * square + square**2 / 4)
    return max((centre - half) / (1 + square), 0.0), min((centre + half) / (1 + square), 1.0)


def evaluate_logits(
    logits: Tensor, labels: Tensor, class_names: Sequence[str], mirrored_logits: Tensor | None = None
) -> Evaluation:
    """Compare a network's answers with the truth.

    Args:
        logits: (N, K), float.
        labels: (N,), int64.
        class_names: K names.
        mirrored_logits: (N, K) for the mirror images, if the accuracy with test-time flip is wanted.

    Returns:
        The evaluation; its tensors are on the CPU.

    Raises:
        TrainingError: if the shapes do not fit together, or a logit is no finite number.

    Example:
        >>> evaluate_logits(torch.eye(2), torch.tensor([0, 1]), ["cat", "dog"]).accuracy
        1.0
    """
    logits, labels = logits.detach().cpu().double(), labels.cpu()
    if logits.shape != (len(labels), len(class_names)) or not len(labels):
        raise TrainingError(
            f"{len(labels)} labels and {len(class_names)} class names need logits of shape "
            f"({len(labels)}, {len(class_names)}), got {tuple(logits.shape)}: network and data do not belong "
            "together"
        )
    broken = int((~logits.isfinite()).any(dim=1).sum())
    if broken:
        raise TrainingError(
            f"the network's answer to {broken} of {len(labels)} images is not a finite number: its weights "
            "are broken (training diverged), or bfloat16 is too coarse for them"
        )
    predictions = logits.argmax(dim=1)
    flip_accuracy = None
    if mirrored_logits is not None:
        both = logits + mirrored_logits.detach().cpu().double()
        flip_accuracy = int((both.argmax(dim=1) == labels).sum()) / len(labels)
    confidences = logits.softmax(dim=1).gather(1, predictions[:, None])[:, 0]
    loss = float(F.cross_entropy(logits, labels))
    return Evaluation(list(class_names), labels, predictions, confidences, loss, flip_accuracy)


def evaluate_model(
    model: nn.Module,
    dataset: ImageDataset,
    mean: Sequence[float],
    deviation: Sequence[float],
    *,
    device: torch.device | str | None = None,
    precision: torch.dtype = torch.float32,
    batch_size: int = 500,
) -> Evaluation:
    """Let a network name every image of a data set, and its mirror image where that keeps the class.

    Args:
        model: images (B, 3, H, W) -> logits (B, K). It answers in evaluation mode, and is left as it was.
        dataset: the images and their classes.
        mean, deviation: of each channel of the *training* images, on the scale 0..1.
        device: where to compute; the network is moved there. None takes the place where it is.
        precision: ``torch.float32``, or ``torch.bfloat16`` for matrix products.
        batch_size: images at a time; it changes memory and speed only.

    Returns:
        The evaluation.

    Raises:
        TrainingError: as `evaluate_logits`.

    Example:
        >>> from swin_edu import swin_cifar; from swin_edu.data import make_shapes
        >>> evaluate_model(swin_cifar(embed_dim=16), make_shapes(20), [0.5] * 3, [0.2] * 3).images
        20
    """
    place = next(model.parameters()).device if device is None else torch.device(device)
    was_training = model.training
    model.to(place).eval()

    def answer(images: Tensor) -> Tensor:
        with torch.autocast(place.type, dtype=torch.bfloat16, enabled=precision is torch.bfloat16):
            return model(normalise(images, mean, deviation)).float().cpu()

    plain, mirrored = [], []
    try:
        with torch.inference_mode():
            for images in dataset.images.split(batch_size):
                images = images.to(place)
                plain.append(answer(images))
                if dataset.mirror_keeps_label:
                    mirrored.append(answer(images.flip(-1)))
    finally:
        model.train(was_training)
    both = torch.cat(mirrored) if mirrored else None
    return evaluate_logits(torch.cat(plain), dataset.labels, dataset.class_words, both)
