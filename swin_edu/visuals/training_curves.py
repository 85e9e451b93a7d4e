"""What a training run has shown so far: curves of a fixed number of points, time left, and a sentence.

Notebook 08's TrainingDashboard and its still picture draw from it. After 100,000 steps it is as small as
after 200: neighbouring points are merged in pairs whenever there are too many.
"""

import math
from dataclasses import dataclass, field
from typing import Any

POINTS = 160  # one for every few pixels of a chart; a message to the browser stays below 10 kB


@dataclass
class ThinnedCurve:
    """A curve that keeps at most a fixed number of points, each the mean of as many values as any other.

    Args:
        limit: points, an even number; from `limit` on neighbours are merged in pairs.

    Attributes:
        points: rows of (x of the last value, mean, smallest, largest).
        stride: how many values are behind each point but the last, which may have fewer.

    Example:
        >>> curve = ThinnedCurve(limit=4)
        >>> for x in range(100):
        ...     curve.add(x, 2 * x)
        >>> len(curve.points), curve.stride, curve.points[0]
        (4, 32, (31.0, 31.0, 0.0, 62.0))
    """

    limit: int = POINTS
    points: list[tuple[float, float, float, float]] = field(default_factory=list)
    stride: int = 1
    _behind_last: int = 0  # values in the last point

    def add(self, x: float, value: float) -> None:
        """Append a value; x must not be smaller than the one before."""
        x, value = float(x), float(value)
        if not math.isfinite(value):
            return  # cannot be drawn; the loop itself says what is wrong
        if self.points and self._behind_last < self.stride:
            _, mean, low, high = self.points[-1]
            self._behind_last += 1
            mean += (value - mean) / self._behind_last
            self.points[-1] = (x, mean, min(low, value), max(high, value))
            return
        if len(self.points) == self.limit:
            pairs = zip(self.points[::2], self.points[1::2], strict=True)
            self.points = [_merge(one, other) for one, other in pairs]
            self.stride *= 2
        self.points.append((x, value, value, value))
        self._behind_last = 1

    def cut(self, x: float) -> None:
        """Forget what came after x: the run goes on from there."""
        while self.points and self.points[-1][0] > x:
            self.points.pop()
            self._behind_last = self.stride


def _merge(one: tuple[float, ...], other: tuple[float, ...]) -> tuple[float, float, float, float]:
    return other[0], (one[1] + other[1]) / 2, min(one[2], other[2]), max(one[3], other[3])


class TrainingCurves:
    """All that a dashboard draws of a run's records, and what can be said about it.

    Places along the run are in epochs: 2.5 is the middle of the third.

    Args:
        epochs: of the whole run, if that is known before the first epoch is over.

    Example:
        >>> from types import SimpleNamespace  # in a lesson: a StepRecord of the training loop
        >>> numbers = {"loss": 2.3, "learning_rate": 1e-3, "images_per_second": 200.0}
        >>> record = SimpleNamespace(epoch=1, step=5, steps=10, **numbers)
        >>> curves = TrainingCurves(epochs=2)
        >>> curves.start()
        >>> curves.add(record, seconds=3)
        >>> curves.place, curves.seconds_left  # one step has no pace yet
        (0.5, None)
    """

    def __init__(self, epochs: int | None = None) -> None:
        self.epochs = epochs
        self.loss, self.learning_rate, self.speed = ThinnedCurve(), ThinnedCurve(), ThinnedCurve()
        self.tested: list[tuple[float, float, float, float, float]] = []
        self.step: Any = None  # the newest record of each kind
        self.epoch: Any = None
        self.place = 0.0
        self.seconds = 0.0
        self._first: tuple[float, float] | None = None  # place and seconds of the first step since the start

    def start(self) -> None:
        """The clock starts anew; the curves stay, and go on where the next record says."""
        self.seconds, self._first = 0.0, None

    def add(self, record: Any, seconds: float) -> None:
        """Take in one record.

        Args:
            record: a `StepRecord` or `EpochRecord`, or anything with their attributes.
            seconds: since the start, pauses left out.
        """
        self.seconds = seconds
        if hasattr(record, "test_accuracy"):
            self._cut(record.epoch)
            self.epoch, self.epochs, self.place = record, record.epochs, float(record.epoch)
            losses = (record.train_loss, record.test_loss)
            self.tested.append((self.place, *losses, record.train_accuracy, record.test_accuracy))
            if len(self.tested) == POINTS:
                self.tested = self.tested[1::2]  # the newest stays, and every other one before it
            return
        place = record.epoch - 1 + record.step / record.steps
        self._cut(place)
        self.step, self.place = record, place
        self._first = self._first or (place, seconds)
        for curve, value in (
            (self.loss, record.loss),
            (self.learning_rate, record.learning_rate),
            (self.speed, record.images_per_second),
        ):
            curve.add(place, value)

    def _cut(self, place: float) -> None:
        """Where a run goes on from an earlier place, forget what came after it."""
        if place < self.place:
            for curve in (self.loss, self.learning_rate, self.speed):
                curve.cut(place)
            self.tested = [row for row in self.tested if row[0] < place]

    @property
    def seconds_left(self) -> float | None:
        """Until the end of the run, at the pace since the first step; None while that is unknown."""
        # The first step is left out: warming up makes it slower than the others.
        if self.epochs is None or self._first is None or self.place <= self._first[0]:
            return None
        pace = (self.seconds - self._first[1]) / (self.place - self._first[0])
        return max(0.0, pace * (self.epochs - self.place))

    def columns(self) -> dict[str, list[list[float]]]:
        """The curves as they travel to the browser, rounded to what can be seen.

        Returns:
            "loss": [place, mean, smallest, largest] each; "learning_rate", "speed": [place, mean] each;
            "tested": [place, training loss, test loss, training accuracy, test accuracy] for each epoch.
        """
        return {
            "loss": [[_round(value) for value in point] for point in self.loss.points],
            "learning_rate": [[_round(value) for value in point[:2]] for point in self.learning_rate.points],
            "speed": [[_round(value) for value in point[:2]] for point in self.speed.points],
            "tested": [[_round(value) for value in point] for point in self.tested],
        }

    def progress(self) -> dict[str, Any]:
        """How far the run is, for the bar: epoch, epochs, step, steps, place, seconds, seconds_left."""
        epoch, steps = (self.step.epoch, self.step.steps) if self.step else (0, 0)
        done = self.step.step if self.step else 0
        if self.epoch and self.epoch.epoch >= epoch:
            epoch = self.epoch.epoch
        left = self.seconds_left
        return {
            "epoch": epoch,
            "epochs": self.epochs or 0,
            "step": done,
            "steps": steps,
            "place": round(self.place, 5),
            "seconds": round(self.seconds, 1),
            "seconds_left": None if left is None else round(left, 1),
        }


def _round(value: float) -> float:
    return float(f"{value:.5g}")
