"""A labelled set of images as three plain things: a uint8 tensor, its labels and the names of the classes.

Every source gives this same object; notebooks 08 and 09 train on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from swin_edu.data.classes import choose_classes
from swin_edu.data.words import class_words

# Images that are looked at together where a whole set is counted.
_IMAGES_AT_ONCE = 4096


@dataclass(frozen=True)
class ImageDataset:
    """Images that all have one size, ready to be cut into batches.

    Args:
        images: (N, 3, H, W), uint8, RGB. In memory, or a memory map of a file: then only the images that are
            used, ``images[rows]``, are read, and the set may be larger than memory.
        labels: (N,), int64, each in ``0 .. len(class_names) - 1``.
        class_names: one name a class.
        name: where the images come from, such as "cifar10".
        split: "train" or "test".
        mirror_keeps_label: False where a mirrored image belongs to another class ("left of"), so that
            training must not flip.
        fingerprint: a digest of the source, so that a run notices when its data has changed.

    Raises:
        ValueError: if the shapes, dtypes or labels do not fit together; says what came.

    Example:
        >>> images = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
        >>> two = ImageDataset(images, torch.tensor([0, 1]), ["cat", "dog"], "two")
        >>> len(two), two.num_classes
        (2, 2)
    """

    images: Tensor = field(repr=False)
    labels: Tensor = field(repr=False)
    class_names: list[str] = field(repr=False)
    name: str
    split: str = "train"
    mirror_keeps_label: bool = True
    fingerprint: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.images.dtype != torch.uint8 or self.images.ndim != 4 or self.images.shape[1] != 3:
            raise ValueError(
                f"images must be uint8 (N, 3, H, W), got {self.images.dtype} {tuple(self.images.shape)}"
            )
        if self.labels.dtype != torch.int64 or self.labels.shape != self.images.shape[:1]:
            raise ValueError(
                f"labels must be int64 ({len(self.images)},), one an image, "
                f"got {self.labels.dtype} {tuple(self.labels.shape)}"
            )
        if len(self) == 0:
            raise ValueError(f"the {self.split} split of {self.name} has no images")
        low, high = int(self.labels.min()), int(self.labels.max())
        if low < 0 or high >= len(self.class_names):
            raise ValueError(
                f"labels must lie in 0..{len(self.class_names) - 1} ({len(self.class_names)} class names), "
                f"got {low}..{high}"
            )

    def __len__(self) -> int:
        """Number of images N."""
        return len(self.images)

    @property
    def num_classes(self) -> int:
        """Number of classes, whether or not each has an image."""
        return len(self.class_names)

    @property
    def class_words(self) -> list[str]:
        """The class names for people: WordNet ids in words, all other names as they are."""
        return class_words(self.class_names)

    def only_classes(self, classes: Sequence[str]) -> "ImageDataset":
        """The images of some classes, copied into memory.

        Args:
            classes: names as `choose_classes` finds them; they are numbered in this order.

        Returns:
            A dataset with ``len(classes)`` classes, its images in their old order.

        Raises:
            DataError: if a class is unknown; names the closest ones.

        Example:
            >>> images = torch.zeros(3, 3, 8, 8, dtype=torch.uint8)
            >>> pets = ImageDataset(images, torch.tensor([0, 1, 2]), ["cat", "dog", "fish"], "pets")
            >>> pets.only_classes(["fish", "cat"]).labels
            tensor([1, 0])
        """
        chosen = choose_classes(self.class_names, classes)
        numbers = torch.full((self.num_classes,), -1)
        numbers[chosen] = torch.arange(len(chosen))
        kept = (numbers[self.labels] >= 0).nonzero().flatten()
        return replace(
            self,
            images=self.images[kept],
            labels=numbers[self.labels[kept]],
            class_names=[self.class_names[index] for index in chosen],
            fingerprint=f"{self.fingerprint} {' '.join(map(str, chosen))}",
        )

    def subset(self, count: int, seed: int = 0) -> "ImageDataset":
        """A random part, so that sets stored class by class stay mixed.

        Args:
            count: images to keep; at least 1. All are kept where there are no more.
            seed: the same seed gives the same part.

        Returns:
            A dataset of ``min(count, len(self))`` images in their old order.

        Raises:
            ValueError: if ``count`` is below 1.

        Example:
            >>> from swin_edu.data import make_shapes
            >>> len(make_shapes(100).subset(10))
            10
        """
        if count < 1:
            raise ValueError(f"a subset needs at least 1 image, got count={count}")
        if count >= len(self):
            return self
        order = torch.randperm(len(self), generator=torch.Generator().manual_seed(seed))
        kept = order[:count].sort().values
        return replace(self, images=self.images[kept], labels=self.labels[kept])

    def channel_statistics(self) -> tuple[list[float], list[float]]:
        """Mean and standard deviation of each colour channel over all pixels.

        Returns:
            (means, deviations), three floats each, on the scale 0..1.

        Example:
            >>> images = torch.full((1, 3, 4, 4), 255, dtype=torch.uint8)
            >>> ImageDataset(images, torch.tensor([0]), ["white"], "x").channel_statistics()
            ([1.0, 1.0, 1.0], [0.0, 0.0, 0.0])
        """
        levels = torch.arange(256, dtype=torch.float64) / 255
        means, deviations = [], []
        # Counting how often each of the 256 values occurs is exact and needs no float copy of the set.
        histograms = torch.zeros(3, 256, dtype=torch.int64)
        for part in self.images.split(_IMAGES_AT_ONCE):
            for histogram, channel in zip(histograms, part.unbind(dim=1), strict=True):
                histogram += torch.bincount(channel.flatten(), minlength=256)
        for counts in histograms.double():
            mean = (counts * levels).sum() / counts.sum()
            variance = (counts * (levels - mean).square()).sum() / counts.sum()
            means.append(float(mean))
            deviations.append(float(variance.sqrt()))
        return means, deviations
