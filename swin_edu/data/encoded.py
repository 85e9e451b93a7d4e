"""The images of one split as they lie on disk, read and decoded a batch at a time: memory use stays small.

Used by every source of notebooks 08 and 09; a set may be many times larger than memory.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from swin_edu.data.decoding import BatchDecoder

#: Images that are read, decoded and written at a time: of 224 x 224 pixels they take 77 MB.
IMAGES_AT_ONCE = 512
# A bar that is gone at once only flickers.
_WORTH_A_BAR = 5000


@dataclass(frozen=True)
class EncodedBatch:
    """A few images of a split.

    Args:
        images: encoded bytes, or files; None stands for a missing image.
        places: where each is ("train.parquet, row 7"), by its position in the batch; for messages.

    Example:
        >>> len(EncodedBatch([b"", None], "row {}".format))
        2
    """

    images: list[bytes | Path | None] = field(repr=False)
    places: Callable[[int], str]

    def __len__(self) -> int:
        """Number of images in the batch."""
        return len(self.images)


@dataclass(frozen=True)
class EncodedImages:
    """Labels and class names of a split, and a way to its images.

    Args:
        labels: (N,) int64.
        class_names: C names.
        batches: gives the N images in order, each time it is called anew.

    Example:
        >>> EncodedImages(np.array([0]), ["cat"], lambda: iter([EncodedBatch([None], str)])).class_names
        ['cat']
    """

    labels: np.ndarray = field(repr=False)
    class_names: list[str] = field(repr=False)
    batches: Callable[[], Iterator[EncodedBatch]] = field(repr=False)

    def decode(self, image_size: int | None = None, title: str = "") -> Iterator[np.ndarray]:
        """Decode batch after batch; only one is in memory at a time if the caller lets go of the one before.

        Args:
            image_size: as in `decode_image`; needed where the images have different sizes.
            title: what stands before the progress bar, which appears for many images on a terminal. Empty for
                no bar.

        Yields:
            (n, 3, H, W) uint8, N images in all; H and W are the same throughout.

        Raises:
            BrokenDataError: names the first image that cannot be read or decoded.
            DataError: if the sizes differ and ``image_size`` is None.

        Example:
            >>> list(EncodedImages(np.zeros(0), [], lambda: iter([])).decode())
            []
        """
        console = Console(stderr=True)
        hidden = not title or not console.is_terminal or console.is_jupyter or len(self.labels) < _WORTH_A_BAR
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with (
            BatchDecoder(image_size) as decoder,
            Progress(*columns, console=console, transient=True, disable=hidden) as progress,
        ):
            task = progress.add_task(title, total=len(self.labels))
            for batch in self.batches():
                yield decoder.decode(batch.images, batch.places)
                progress.advance(task, len(batch))

    def decode_all(self, image_size: int | None = None, title: str = "") -> np.ndarray:
        """Decode everything into memory, for sets that fit.

        Args:
            image_size: as in `decode`.
            title: as in `decode`.

        Returns:
            (N, 3, H, W) uint8.

        Raises:
            DataError: as in `decode`.

        Example:
            >>> EncodedImages(np.zeros(0), [], lambda: iter([])).decode_all().shape
            (0, 3, 1, 1)
        """
        everything, start = np.empty((0, 3, 1, 1), dtype=np.uint8), 0
        for images in self.decode(image_size, title):
            if start == 0:
                everything = np.empty((len(self.labels), *images.shape[1:]), dtype=np.uint8)
            everything[start : start + len(images)] = images
            start += len(images)
        return everything
