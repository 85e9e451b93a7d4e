"""Data sets as parquet files in the schema of the public hub: an image struct with bytes, an integer label.

Notebooks 08 and 09 read CIFAR and Tiny-ImageNet this way; a broken row is named.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from swin_edu.data.decoding import decode_images
from swin_edu.data.errors import BrokenDataError, DataError

_LABEL_NAMES = ("label", "fine_label", "labels", "target")
_ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class Columns:
    """Which columns of a parquet file hold what.

    Args:
        image: the column with the image struct.
        label: the column with the integer label.
        class_names: from the schema's metadata; None where it names none.

    Example:
        >>> Columns("img", "label", ["cat", "dog"]).image
        'img'
    """

    image: str
    label: str
    class_names: list[str] | None


def read_columns(schema: pa.Schema, file: Path) -> Columns:
    """Find the image column, the label column and the class names.

    Args:
        schema: the file's schema. Its metadata under ``huggingface`` is used where it is there.
        file: for messages.

    Returns:
        The columns; a fine label is taken before a coarse one.

    Raises:
        BrokenDataError: if there is no image column or no label column; lists the columns.

    Example:
        >>> picture = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        >>> read_columns(pa.schema([("img", picture), ("label", pa.int64())]), Path("a")).label
        'label'
    """
    features: dict = {}
    try:
        metadata = (schema.metadata or {}).get(b"huggingface", b"{}")
        features = json.loads(metadata)["info"]["features"]
    except (ValueError, KeyError, TypeError):
        pass  # not written by the hub's own library: the column types below are enough

    def kind(name: str) -> str:
        feature = features.get(name)
        return feature.get("_type", "") if isinstance(feature, dict) else ""

    def is_image(column: pa.Field) -> bool:
        return pa.types.is_struct(column.type) and column.type.get_field_index("bytes") >= 0

    images = [column.name for column in schema if is_image(column)]
    integers = [column.name for column in schema if pa.types.is_integer(column.type)]
    labels = [name for name in integers if kind(name) == "ClassLabel"] or integers
    labels.sort(key=lambda name: _LABEL_NAMES.index(name) if name in _LABEL_NAMES else len(_LABEL_NAMES))
    if not images or not labels:
        columns = ", ".join(f"{column.name}: {column.type}" for column in schema)
        raise BrokenDataError(
            f"{file} needs a column of image structs with a field 'bytes' and a column of integer labels; "
            f"it has {columns or 'no columns'}."
        )
    names = features.get(labels[0], {}).get("names") if isinstance(features.get(labels[0]), dict) else None
    return Columns(images[0], labels[0], [str(name) for name in names] if names else None)


def read_parquet(
    files: list[Path], image_size: int | None = None
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Decode every image of a split.

    Args:
        files: the shards, in order.
        image_size: None where all images have one size; else as in `decode_image`.

    Returns:
        images (N, 3, H, W) uint8, labels (N,) int64, and the class names ("0", "1", ... where the files
        name none).

    Raises:
        BrokenDataError: names the file, and the row where one is to blame.

    Example:
        >>> read_parquet([])
        Traceback (most recent call last):
        swin_edu.data.errors.DataError: no parquet files given
    """
    if not files:
        raise DataError("no parquet files given")
    images, labels, class_names = [], [], None
    for file in files:
        columns, parts = _read_file(file, image_size)
        if images and columns.class_names != class_names:
            raise BrokenDataError(
                f"{file} has other class names than {files[0].name}: not the same data set."
            )
        class_names = columns.class_names
        for part_images, part_labels in parts:
            if images and part_images.shape[1:] != images[0].shape[1:]:
                height, width = part_images.shape[2:]
                raise DataError(
                    f"{file} holds images of {width} x {height} pixels but the first ones are "
                    f"{images[0].shape[3]} x {images[0].shape[2]}. Give one size for all: image_size=64 in "
                    "Python or --image-size 64 on the command line."
                )
            images.append(part_images)
            labels.append(part_labels)
    all_labels = np.concatenate(labels)
    names = class_names or [str(number) for number in range(int(all_labels.max()) + 1)]
    return np.concatenate(images), all_labels, names


def _read_file(file: Path, image_size: int | None) -> tuple[Columns, list[tuple[np.ndarray, np.ndarray]]]:
    """Columns of one file and its rows, a few thousand at a time so that the encoded bytes never pile up."""
    parts, start = [], 0
    try:
        parquet = pq.ParquetFile(file, page_checksum_verification=True)
        columns = read_columns(parquet.schema_arrow, file)
        for batch in parquet.iter_batches(_ROWS_AT_ONCE, columns=[f"{columns.image}.bytes", columns.label]):
            labels = _checked_labels(batch.column(columns.label), columns.class_names, file, start)
            encoded = batch.column(columns.image).field("bytes").to_pylist()
            images = decode_images(encoded, lambda row, start=start: f"{file}, row {start + row}", image_size)
            parts.append((images, labels))
            start += len(batch)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        place = f"after row {start}" if start else "from its beginning"
        raise BrokenDataError(
            f"{file} cannot be read {place}: {reason} It is truncated, half downloaded or no parquet file; "
            "get it again."
        ) from error
    if not parts:
        raise BrokenDataError(f"{file} has no rows.")
    return columns, parts


def _checked_labels(column: pa.Array, class_names: list[str] | None, file: Path, start: int) -> np.ndarray:
    """(n,) int64; a missing or impossible label names its row."""
    labels = column.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
    limit = len(class_names) if class_names else np.iinfo(np.int64).max
    bad = np.flatnonzero((labels < 0) | (labels >= limit))
    if len(bad):
        row = int(bad[0])
        expected = f"0..{limit - 1}" if class_names else "0 or more"
        raise BrokenDataError(
            f"{file}, row {start + row} has the label {column[row]}, expected {expected}. "
            "Splits without labels cannot be trained on or tested."
        )
    return labels
