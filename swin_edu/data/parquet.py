"""Data sets as parquet files in the schema of the public hub: an image struct with bytes, an integer label.

Notebooks 08 and 09 read CIFAR and Tiny-ImageNet this way; a broken row is named.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from swin_edu.data.classes import choose_classes
from swin_edu.data.encoded import IMAGES_AT_ONCE, EncodedBatch, EncodedImages
from swin_edu.data.errors import BrokenDataError, DataError

_LABEL_NAMES = ("label", "fine_label", "labels", "target")


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


def open_parquet(files: list[Path], classes: Sequence[str] | None = None) -> EncodedImages:
    """Read the labels of a split, and make its images ready to be read a batch at a time.

    Args:
        files: the shards, in order.
        classes: keep only images of these, numbered in this order; see `choose_classes`. None keeps all.

    Returns:
        N images with their labels, and the class names ("0", "1", ... where the files name none).

    Raises:
        BrokenDataError: names the file, and the row where one is to blame.
        DataError: if a class is unknown.

    Example:
        >>> open_parquet([])
        Traceback (most recent call last):
        swin_edu.data.errors.DataError: no parquet files given
    """
    if not files:
        raise DataError("no parquet files given")
    labels, first = [], None
    for file in files:
        columns, part = _read_labels(file)
        first = first or columns
        if columns.class_names != first.class_names:
            raise BrokenDataError(
                f"{file} has other class names than {files[0].name}: not the same data set."
            )
        labels.append(part)
    highest = max(int(part.max()) for part in labels)
    names = first.class_names or [str(number) for number in range(highest + 1)]
    # Old label -> new label; -1 where the class is not wanted.
    numbers = np.arange(len(names))
    if classes is not None:
        chosen = choose_classes(names, classes)
        numbers = np.full(len(names), -1)
        numbers[chosen] = np.arange(len(chosen))
        names = [names[index] for index in chosen]
    kept = [np.flatnonzero(numbers[part] >= 0) for part in labels]

    def batches() -> Iterator[EncodedBatch]:
        for file, rows in zip(files, kept, strict=True):
            yield from _read_images(file, rows)

    all_labels = np.concatenate([numbers[part[rows]] for part, rows in zip(labels, kept, strict=True)])
    return EncodedImages(all_labels, names, batches)


def _read_labels(file: Path) -> tuple[Columns, np.ndarray]:
    with _said_in_words(file, lambda: 0), _open(file) as parquet:
        columns = read_columns(parquet.schema_arrow, file)
        column = parquet.read([columns.label]).column(columns.label)
    if len(column) == 0:
        raise BrokenDataError(f"{file} has no rows.")
    return columns, _checked_labels(column, columns.class_names, file)


def _read_images(file: Path, rows: np.ndarray) -> Iterator[EncodedBatch]:
    """The images of some rows of one file, in order; the encoded bytes never pile up."""
    start = 0
    with _said_in_words(file, lambda: start), _open(file) as parquet:
        image = read_columns(parquet.schema_arrow, file).image
        for batch in parquet.iter_batches(IMAGES_AT_ONCE, columns=[f"{image}.bytes"]):
            wanted = rows[np.searchsorted(rows, start) : np.searchsorted(rows, start + len(batch))]
            if len(wanted):
                encoded = batch.column(image).field("bytes").take(pa.array(wanted - start)).to_pylist()
                yield EncodedBatch(encoded, lambda position, wanted=wanted: f"{file}, row {wanted[position]}")
            start += len(batch)


def _open(file: Path) -> pq.ParquetFile:
    # Without pre_buffer and with a small buffer, pages are read as they are needed. With pre_buffer whole row
    # groups are, and some public sets have all their images in one.
    return pq.ParquetFile(file, page_checksum_verification=True, pre_buffer=False, buffer_size=2**20)


@contextmanager
def _said_in_words(file: Path, row: Callable[[], int]) -> Iterator[None]:
    """Damage as pyarrow reports it becomes an error that names the file and how far it could be read."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        place = f"after row {row()}" if row() else "from its beginning"
        raise BrokenDataError(
            f"{file} cannot be read {place}: {reason} It is truncated, half downloaded or no parquet file; "
            "get it again."
        ) from error


def _checked_labels(column: pa.ChunkedArray, class_names: list[str] | None, file: Path) -> np.ndarray:
    """(n,) int64; a missing or impossible label names its row."""
    labels = column.cast(pa.int64()).fill_null(-1).to_numpy()
    limit = len(class_names) if class_names else np.iinfo(np.int64).max
    bad = np.flatnonzero((labels < 0) | (labels >= limit))
    if len(bad):
        row = int(bad[0])
        expected = f"0..{limit - 1}" if class_names else "0 or more"
        raise BrokenDataError(
            f"{file}, row {row} has the label {column[row]}, expected {expected}. "
            "Splits without labels cannot be trained on or tested."
        )
    return labels
