"""One function that loads any of the course's data sets by name or by folder, checked and cached.

Notebooks 08 and 09 and the training command start here.
"""

import hashlib
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from swin_edu.data.atomic_files import sha256_of
from swin_edu.data.cache import load_decoded, load_if_current, save_decoded
from swin_edu.data.dataset import ImageDataset
from swin_edu.data.decoding import decode_images
from swin_edu.data.errors import DataError, MissingDataError
from swin_edu.data.hub import (
    HUB_DATASETS,
    check_content,
    download,
    download_folder,
    is_downloaded,
    missing_message,
)
from swin_edu.data.image_folder import list_image_folder
from swin_edu.data.parquet import read_parquet
from swin_edu.data.places import cache_folder, data_places, find_in_places
from swin_edu.data.shapes import make_shapes
from swin_edu.data.shards import find_shards, has_parquet

SHAPES_COUNT = {"train": 10_000, "test": 2_000}


def load_dataset(
    name_or_path: str | Path,
    split: str = "train",
    *,
    image_size: int | None = None,
    cache_dir: str | Path | None = None,
) -> ImageDataset:
    """Load one split of a data set into memory.

    A name is looked for in this order: ``shapes`` (made on the spot), a folder of that name in the
    places of SWIN_EDU_DATA, ``cifar10`` and ``cifar100`` (downloaded once into the cache), a folder in
    the current folder. A folder holds parquet files, or one subfolder of images a class.

    Args:
        name_or_path: a name, or a path (anything with a slash, or a `Path`).
        split: "train" or "test". Sets that name their held-out part validation, valid, val or dev give
            that as "test".
        image_size: None keeps the images' own size, which must then be the same for all. Otherwise the
            largest centred square of each image is scaled to this side.
        cache_dir: where downloads and decoded images are kept; ``data/cache`` of the course unless given.

    Returns:
        The split; decoded again only when the source has changed.

    Raises:
        MissingDataError: not here and not to be had; says which command to run where.
        BrokenDataError: a file is damaged, truncated or missing; names it and the row.
        DataError: the images have several sizes and ``image_size`` is None.
        ValueError: if ``split`` or ``image_size`` is impossible.

    Example:
        >>> load_dataset("shapes", "test").images.shape
        torch.Size([2000, 3, 32, 32])
    """
    if split not in SHAPES_COUNT:
        raise ValueError(f"split must be 'train' or 'test', got {split!r}")
    if image_size is not None and image_size < 1:
        raise ValueError(f"image_size must be at least 1 pixel, got {image_size}")
    if str(name_or_path) == "shapes":
        if image_size not in (None, 32):
            raise ValueError(f"shapes are 32 x 32 pixels, got image_size={image_size}")
        return make_shapes(SHAPES_COUNT[split], split)
    folder = find_data(name_or_path, cache_dir) or _download(str(name_or_path), split, cache_dir)
    hub_name = _hub_name(folder, cache_dir)
    if hub_name and not is_downloaded(hub_name, split, cache_dir):
        download(hub_name, cache_dir, (split,))
    return _load_folder(folder, split, image_size, cache_folder(cache_dir), hub_name)


def find_data(name_or_path: str | Path, cache_dir: str | Path | None = None) -> Path | None:
    """The folder on this machine that a name or path stands for.

    Args:
        name_or_path: as in `load_dataset`.
        cache_dir: as in `load_dataset`.

    Returns:
        A folder that exists, or None if the name could only be downloaded.

    Raises:
        MissingDataError: if it is a path that is no folder, or a name that nobody knows.

    Example:
        >>> find_data("./no-such-folder")
        Traceback (most recent call last):
        swin_edu.data.errors.MissingDataError: no-such-folder is not a folder; expected one with parquet ...
    """
    name = os.fspath(name_or_path)
    path = Path(name).expanduser()
    is_path = isinstance(name_or_path, Path) or "/" in name or os.sep in name
    if is_path:
        if not path.is_dir():
            raise MissingDataError(
                f"{path} is not a folder; expected one with parquet files, or with one subfolder of images "
                "a class."
            )
        return path
    if (place := find_in_places(name)) is not None:
        return place
    if name in HUB_DATASETS:
        folder = download_folder(name, cache_dir)
        return folder if folder.is_dir() else None
    if path.is_dir():
        return path
    places = ", ".join(
        str(place) + ("" if place.is_dir() else " (no such folder)") for place in data_places()
    )
    raise MissingDataError(
        f"No data set is called {name!r}. Known are shapes, {', '.join(HUB_DATASETS)}, any folder, and the "
        f"folders in SWIN_EDU_DATA ({places or 'not set'})."
    )


@dataclass(frozen=True)
class _Source:
    """The files of one split and what identifies their present content."""

    files: list[Path]
    labels: list[int] | None  # None: the files are parquet and hold their labels
    class_names: list[str] | None
    fingerprint: str


def verify_data(name_or_path: str | Path, *, cache_dir: str | Path | None = None) -> dict[str, int]:
    """Read a whole data set anew, every image and label of it, and check the decoded copies that are kept.

    Args:
        name_or_path: as in `load_dataset`; nothing is downloaded.
        cache_dir: as in `load_dataset`.

    Returns:
        Number of images in each split.

    Raises:
        DataError: names the first file, and row, that is damaged or missing.

    Example:
        >>> verify_data("shapes")
        {'train': 10000, 'test': 2000}
    """
    if str(name_or_path) == "shapes":
        return {split: len(make_shapes(count, split)) for split, count in SHAPES_COUNT.items()}
    folder = find_data(name_or_path, cache_dir)
    if folder is None:
        name = str(name_or_path)
        raise MissingDataError(missing_message(name, download_folder(name, cache_dir)))
    hub_name = _hub_name(folder, cache_dir)
    counts = {}
    for split in SHAPES_COUNT:
        # Decoding reads every byte; one small size for all spares photographs of all sizes a complaint.
        counts[split] = len(_decode(folder, split, _inspect(folder, split, 32), 32, hub_name))
        for copy in (cache_folder(cache_dir) / "decoded").glob("*.safetensors"):
            if copy.name.startswith(_cache_name(folder, split)):
                load_decoded(copy)
    return counts


def _hub_name(folder: Path, cache_dir: str | Path | None) -> str | None:
    """The hub's name for a folder of ours that its files were downloaded into; None for any other folder."""
    return next((name for name in HUB_DATASETS if folder == download_folder(name, cache_dir)), None)


def _download(name: str, split: str, cache_dir: str | Path | None) -> Path:
    for place in data_places():
        if not place.is_dir():
            warnings.warn(f"SWIN_EDU_DATA names {place}, which is not a folder.", stacklevel=3)
    return download(name, cache_dir, (split,))


def _inspect(folder: Path, split: str, image_size: int | None) -> _Source:
    digest = hashlib.sha256(f"{split} {image_size}".encode())
    if has_parquet(folder):
        files = find_shards(folder, split)
        for file in files:
            digest.update(f"{file.name} {sha256_of(file)}".encode())
        return _Source(files, None, None, digest.hexdigest())
    listing = list_image_folder(folder, split)
    for file, label in zip(listing.files, listing.labels, strict=True):
        # Reading every photograph only to see that nothing changed would take as long as decoding them;
        # size and time of the last change are what make and git go by, too.
        state = file.stat()
        digest.update(f"{file.relative_to(folder)} {label} {state.st_size} {state.st_mtime_ns}".encode())
    digest.update("\n".join(listing.class_names).encode())
    return _Source(listing.files, listing.labels, listing.class_names, digest.hexdigest())


def _cache_name(folder: Path, split: str) -> str:
    # Two folders of the same name must not take turns in overwriting each other's cache.
    place = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]
    return f"{folder.resolve().name}-{split}-{place}"


def _load_folder(
    folder: Path, split: str, image_size: int | None, cache: Path, hub_name: str | None
) -> ImageDataset:
    source = _inspect(folder, split, image_size)
    size = f"-{image_size}px" if image_size else ""
    cached = cache / "decoded" / f"{_cache_name(folder, split)}{size}.safetensors"
    dataset = load_if_current(cached, source.fingerprint)
    if dataset is not None:
        return dataset
    dataset = _decode(folder, split, source, image_size, hub_name)
    try:
        save_decoded(dataset, cached)
    except OSError as error:
        warnings.warn(f"The decoded images cannot be kept in {cached}: {error}", stacklevel=3)
    return dataset


def _decode(
    folder: Path, split: str, source: _Source, image_size: int | None, hub_name: str | None
) -> ImageDataset:
    if source.labels is None:
        if hub_name:
            for file in source.files:
                check_content(hub_name, file)
        images, labels, class_names = read_parquet(source.files, image_size)
    else:
        images = decode_images(source.files, lambda row: str(source.files[row]), image_size)
        labels, class_names = np.array(source.labels, dtype=np.int64), source.class_names or []
    try:
        return ImageDataset(
            images=torch.from_numpy(images),
            labels=torch.from_numpy(labels),
            class_names=class_names,
            name=folder.resolve().name,
            split=split,
            fingerprint=source.fingerprint,
        )
    except ValueError as error:
        raise DataError(f"{folder}: {error}") from error
