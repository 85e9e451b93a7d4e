"""Encoded images (JPEG, PNG, ...) to uint8 arrays, in several threads, with every bad image named.

Used by the parquet and folder sources of notebooks 08 and 09.
"""

import io
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from swin_edu.data.errors import BrokenDataError, DataError

# A task of this many images is long enough that handing it to a thread costs nothing beside it, and short
# enough that a batch keeps all threads busy.
_IMAGES_PER_TASK = 16
_END_MARKERS = {"JPEG": b"\xff\xd9", "PNG": b"IEND"}


def decode_image(encoded: bytes, image_size: int | None = None) -> np.ndarray:
    """One encoded image to RGB pixels.

    Args:
        encoded: the bytes of an image file; grey and palette images become RGB.
        image_size: None keeps the size. Otherwise the largest centred square is cut out and scaled to
            this side.

    Returns:
        (H, W, 3) uint8.

    Raises:
        BrokenDataError: if the bytes are no image, are cut off, or hold more than 8 bits a channel.

    Example:
        >>> file = io.BytesIO(); Image.new("L", (6, 4)).save(file, "png")
        >>> decode_image(file.getvalue()).shape
        (4, 6, 3)
    """
    try:
        image = Image.open(io.BytesIO(encoded))
        # An image that lost only its last bytes still decodes, some with grey in the missing corner.
        if _END_MARKERS.get(image.format, b"") not in encoded:
            raise BrokenDataError(f"the {image.format} is cut off: its end marker is missing")
        if image.mode in ("I", "F") or image.mode.startswith("I;"):
            raise BrokenDataError(f"expected 8 bits a channel, got Pillow mode {image.mode!r}")
        image = ImageOps.exif_transpose(image) if image.getexif() else image
        if image.mode != "RGB":
            image = image.convert("RGB")
        if image_size is not None and image.size != (image_size, image_size):
            image = ImageOps.fit(image, (image_size, image_size), method=Image.Resampling.BICUBIC)
        return np.asarray(image)
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        # Pillow reports damage by any of these (a broken PNG chunk is a SyntaxError).
        reason = "not an image file" if isinstance(error, UnidentifiedImageError) else str(error)
        raise BrokenDataError(reason) from error


class BatchDecoder:
    """Decodes batch after batch in several threads; all images of all batches must come out in one size.

    Threads and not processes: Pillow lets other threads run while it decodes and scales, whereas each process
    would first import PyTorch and hold a few hundred megabytes.

    Args:
        image_size: as in `decode_image`; needed where the images have different sizes.

    Example:
        >>> file = io.BytesIO(); Image.new("RGB", (4, 4)).save(file, "png")
        >>> with BatchDecoder() as decoder: decoder.decode([file.getvalue()] * 3, "image {}".format).shape
        (3, 3, 4, 4)
    """

    def __init__(self, image_size: int | None = None) -> None:
        self._image_size = image_size
        self._first: tuple[tuple[int, int], str] | None = None  # (H, W) of the first image, and its place
        self._pool = ThreadPoolExecutor(min(16, os.cpu_count() or 1))

    def __enter__(self) -> "BatchDecoder":
        """Keep the threads for all batches of a ``with`` block."""
        return self

    def __exit__(self, *reason: object) -> None:
        """Let the threads go; what has not begun is not begun any more."""
        self._pool.shutdown(cancel_futures=True)

    def decode(self, encoded: Sequence[bytes | Path | None], describe: Callable[[int], str]) -> np.ndarray:
        """One batch of encoded images to one array; the first bad one stops everything and is named.

        Args:
            encoded: n byte strings, or files to read; at least 1. None counts as a missing image.
            describe: position in the batch -> where that image is ("train.parquet, row 7"), for messages.

        Returns:
            (n, 3, H, W) uint8.

        Raises:
            BrokenDataError: names the image that cannot be decoded.
            DataError: if an image has another size than the very first one.

        Example:
            >>> BatchDecoder().decode([b"no image"], "row {}".format)
            Traceback (most recent call last):
            swin_edu.data.errors.BrokenDataError: row 0 cannot be decoded: not an image file. The file is ...
        """
        if self._first is None:
            height, width, _ = _decode_named(encoded[0], describe(0), self._image_size).shape
            self._first = (height, width), describe(0)
        (height, width), first_place = self._first
        decoded = np.empty((len(encoded), 3, height, width), dtype=np.uint8)

        def decode_range(start: int) -> None:
            for position in range(start, min(start + _IMAGES_PER_TASK, len(encoded))):
                pixels = _decode_named(encoded[position], describe(position), self._image_size)
                if pixels.shape[:2] != (height, width):
                    raise DataError(
                        f"{describe(position)} is {pixels.shape[1]} x {pixels.shape[0]} pixels but "
                        f"{first_place} is {width} x {height}. Give one size for all, image_size=64 in "
                        "Python or --image-size 64 on the command line: the largest centred square is scaled "
                        "to it."
                    )
                decoded[position] = pixels.transpose(2, 0, 1)

        # list() waits for all tasks and raises the first error, in order, so the message is always the same.
        list(self._pool.map(decode_range, range(0, len(encoded), _IMAGES_PER_TASK)))
        return decoded


def _decode_named(encoded: bytes | Path | None, place: str, image_size: int | None) -> np.ndarray:
    if encoded is None:
        raise BrokenDataError(f"{place} holds no image bytes.")
    try:
        content = encoded.read_bytes() if isinstance(encoded, Path) else encoded
        return decode_image(content, image_size)
    except BrokenDataError as error:
        raise BrokenDataError(
            f"{place} cannot be decoded: {error}. The file is damaged or was not fully copied; get it again."
        ) from error
    except OSError as error:
        raise BrokenDataError(f"{place} cannot be read: {error}.") from error
