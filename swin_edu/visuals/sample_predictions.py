"""A few test images that a network names again and again while it learns, and what it said each time.

Notebook 08's TrainingDashboard shows them as a strip; its still picture keeps the last answers.
"""

import io
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from PIL import Image
from torch import Tensor

MOMENTS = 60  # answers that are kept
LARGEST_SIDE = 96  # of an image on its way to the browser, in pixels


class WatchedTraining(Protocol):
    """What a dashboard needs of a training loop; `swin_edu.training.Training` has it.

    If it also has `model`, the network is asked in evaluation mode; if it has `device`, images go there;
    if it has `settings.epochs`, the time left is known from the start.

    Attributes:
        test_set: with `images` (N, 3, H, W) uint8, `labels` (N,) and `class_names`.

    Example:
        >>> hasattr(WatchedTraining, "steps")
        True
    """

    test_set: Any

    def steps(self) -> Any:
        """An iterator over the records of steps and epochs."""

    def predict(self, images: Tensor) -> Tensor:
        """Logits (B, classes) for images (B, 3, H, W) uint8."""


@dataclass(frozen=True)
class Moment:
    """What the network said about all images at one moment.

    Args:
        place: in epochs since the start of the run.
        named: class number for each image.
        confidence: softmax probability of that class, 0..1.
        truth: softmax probability of the right class, 0..1.

    Example:
        >>> Moment(0.5, (3,), (0.8,), (0.1,)).place
        0.5
    """

    place: float
    named: tuple[int, ...]
    confidence: tuple[float, ...]
    truth: tuple[float, ...]


class SamplePredictions:
    """Test images of as many classes as possible, and the answers of a network at up to 60 moments.

    Args:
        training: whose `predict` is asked.
        count: images; fewer, if the test set has fewer.

    Attributes:
        images: (count, 3, H, W) uint8.
        labels: the right class of each.
        class_names: of the data set.
        moments: the oldest first; spread evenly over the run.

    Example:
        >>> from types import SimpleNamespace as Made  # in a lesson: a Training
        >>> images = torch.zeros(4, 3, 8, 8, dtype=torch.uint8)
        >>> tests = Made(images=images, labels=torch.tensor([1, 1, 0, 1]), class_names=["cat", "dog"])
        >>> samples = SamplePredictions(Made(test_set=tests, predict=lambda images: torch.eye(2)), count=2)
        >>> samples.look(place=0.0)
        >>> samples.labels, samples.moments[0].named
        ([0, 1], (0, 1))
    """

    def __init__(self, training: WatchedTraining, count: int) -> None:
        self._training = training
        tests = training.test_set
        chosen = _spread_over_classes(torch.as_tensor(tests.labels).tolist(), count)
        self.images = torch.stack([torch.as_tensor(tests.images[i]) for i in chosen])
        self.labels = [int(tests.labels[i]) for i in chosen]
        self.class_names = list(tests.class_names)
        self.moments: list[Moment] = []

    def look(self, place: float) -> None:
        """Ask the network, as it is now, and keep the answer.

        The network is left as it was, and so is PyTorch's random state: watching changes no run.

        Args:
            place: in epochs since the start of the run.
        """
        model = getattr(self._training, "model", None)
        was_training = model is not None and model.training
        if was_training:
            model.eval()
        try:
            with torch.inference_mode():
                images = self.images.to(getattr(self._training, "device", "cpu"))
                parts = self._training.predict(images).float().softmax(dim=1).cpu()
        finally:
            if was_training:
                model.train()
        if not parts.isfinite().all():
            return
        confidence, named = parts.max(dim=1)
        truth = parts[torch.arange(len(parts)), torch.tensor(self.labels)]
        rounded = ([round(value, 3) for value in row.tolist()] for row in (confidence, truth))
        self.moments = [moment for moment in self.moments if moment.place < place]
        self.moments.append(Moment(round(place, 4), tuple(named.tolist()), *map(tuple, rounded)))
        if len(self.moments) == MOMENTS:
            self.moments = self.moments[1::2]  # the newest stays, and every other one before it

    @property
    def right_now(self) -> int:
        """How many images the network named rightly when it was last asked."""
        return sum(map(int.__eq__, self.moments[-1].named, self.labels)) if self.moments else 0

    def atlas(self) -> bytes:
        """All images side by side as a PNG file, each at most 96 pixels high and wide."""
        file = io.BytesIO()
        Image.fromarray(np.concatenate(self.pixels(), axis=1)).save(file, "PNG")
        return file.getvalue()

    def pixels(self) -> list[np.ndarray]:
        """Each image as (H, W, 3) uint8, at most 96 pixels high and wide."""
        pictures = [Image.fromarray(image.permute(1, 2, 0).cpu().numpy()) for image in self.images]
        for picture in pictures:
            picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.LANCZOS)
        return [np.asarray(picture) for picture in pictures]


def _spread_over_classes(labels: list[int], count: int) -> list[int]:
    """The first image of each class, evenly over the classes; where classes are few, second ones too."""
    of_class: dict[int, list[int]] = {}
    for index, label in enumerate(labels):
        of_class.setdefault(label, []).append(index)
    names = sorted(of_class)
    if len(names) >= count:
        return [of_class[names[i * len(names) // count]][0] for i in range(count)]
    turns = (
        of_class[name][turn]
        for turn in range(max(map(len, of_class.values()), default=0))
        for name in names
        if turn < len(of_class[name])
    )
    chosen = [index for index, _ in zip(turns, range(count), strict=False)]
    return sorted(chosen, key=lambda index: labels[index])
