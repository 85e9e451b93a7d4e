"""One function that loads any of the course's data sets by name or by folder, checked and cached.

Notebooks 08 and 09 and the training command start here.
"""

import os
import warnings
from collections.abc import Sequence
from pathlib import Path

from swin_edu.data.cache import load_decoded, load_if_current
from swin_edu.data.classes import read_class_list
from swin_edu.data.dataset import ImageDataset
from swin_edu.data.encoded import EncodedImages
from swin_edu.data.errors import MissingDataError
from swin_edu.data.hub import (
    HUB_DATASETS,
    check_content,
    check_counts,
    download,
    download_folder,
    is_downloaded,
    missing_message,
)
from swin_edu.data.keeping import decode_and_keep
from swin_edu.data.places import cache_folder, data_places, find_in_places
from swin_edu.data.shapes import IMAGE_SIZE, make_shapes
from swin_edu.data.splits_on_disk import SplitOnDisk, copy_name, copy_prefix, find_split

SHAPES_COUNT = {"train": 10_000, "test": 2_000}


def load_dataset(
    name_or_path: str | Path,
    split: str = "train",
    *,
    image_size: int | None = None,
    classes: Sequence[str] | Path | None = None,
    cache_dir: str | Path | None = None,
) -> ImageDataset:
    """Load one split of a data set; its images are decoded once and kept in the cache.

    A set that takes more than 256 MB when decoded is not read into memory but mapped from there.

    A name is looked for in this order: ``shapes`` (made on the spot), a folder of that name in the
    places of SWIN_EDU_DATA (``tiny-imagenet`` also finds ``tiny-imagenet-200``), ``cifar10``, ``cifar100``,
    ``tiny-imagenet`` and ``imagenette`` (downloaded once into the cache), a folder in the current folder. A
    folder holds parquet files, or one subfolder of images a class.

    Args:
        name_or_path: a name, or a path (anything with a slash, or a `Path`).
        split: "train" or "test". Sets that name their held-out part validation, valid, val or dev give
            that as "test".
        image_size: None keeps the images' own size, which must then be the same for all (for ``imagenette``
            it means 160). Otherwise the largest centred square of each image is scaled to this side;
            shapes are drawn at this size.
        classes: keep only these classes, numbered in this order: names as the data set has them, WordNet ids
            or words of ImageNet; or a `Path` of a text file with one a line. None keeps all.
        cache_dir: where downloads and decoded images are kept; ``data/cache`` of the course unless given.

    Returns:
        The split; decoded again only when the source has changed.

    Raises:
        MissingDataError: not here and not to be had; says which command to run where.
        BrokenDataError: a file is damaged, truncated or missing; names it and the row.
        DataError: the images have several sizes and ``image_size`` is None; a class is unknown; or there is
            no room for the decoded images.
        ValueError: if ``split`` or ``image_size`` is impossible.

    Example:
        >>> load_dataset("shapes", "test").images.shape
        torch.Size([2000, 3, 32, 32])
        >>> load_dataset("shapes", classes=["triangle inside circle", "circle inside triangle"]).num_classes
        2
    """
    if split not in SHAPES_COUNT:
        raise ValueError(f"split must be 'train' or 'test', got {split!r}")
    if image_size is not None and image_size < 1:
        raise ValueError(f"image_size must be at least 1 pixel, got {image_size}")
    chosen = None
    if classes is not None:
        chosen = read_class_list(classes) if isinstance(classes, Path) else classes
    if str(name_or_path) == "shapes":
        shapes = make_shapes(SHAPES_COUNT[split], split, side=image_size or IMAGE_SIZE)
        return shapes if chosen is None else shapes.only_classes(chosen)
    if image_size is None and str(name_or_path) in HUB_DATASETS:
        image_size = HUB_DATASETS[str(name_or_path)].image_size
    folder = find_data(name_or_path, cache_dir) or _download(str(name_or_path), split, cache_dir)
    hub_name = _hub_name(folder, cache_dir)
    if hub_name and not is_downloaded(hub_name, split, cache_dir):
        download(hub_name, cache_dir, (split,))
    source = find_split(folder, split, image_size, chosen)
    copy = cache_folder(cache_dir) / "decoded" / copy_name(folder, split, image_size, chosen)
    return load_if_current(copy, source.fingerprint) or _decode(source, copy, image_size, hub_name)


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
    other_names = HUB_DATASETS[name].folders if name in HUB_DATASETS else ()
    if (place := find_in_places(name, *other_names)) is not None:
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
    counts = {}
    for split in SHAPES_COUNT:
        encoded = _open(find_split(folder, split), _hub_name(folder, cache_dir))
        # Decoding reads every byte; one small size for all spares photographs of all sizes a complaint.
        counts[split] = sum(len(images) for images in encoded.decode(32, f"Reading {folder.name} ({split})"))
        for copy in decoded_copies(folder, split, cache_dir):
            load_decoded(copy)
    return counts


def decoded_copies(folder: Path, split: str, cache_dir: str | Path | None = None) -> list[Path]:
    """The decoded copies of a split that are kept: one for each image size and list of classes.

    Args:
        folder: where the data set lies.
        split: "train" or "test".
        cache_dir: as in `load_dataset`.

    Returns:
        Files, sorted by name.

    Example:
        >>> decoded_copies(Path("/nowhere"), "train")
        []
    """
    kept = sorted((cache_folder(cache_dir) / "decoded").glob("*.safetensors"))
    return [copy for copy in kept if copy.name.startswith(copy_prefix(folder, split))]


def _hub_name(folder: Path, cache_dir: str | Path | None) -> str | None:
    """The hub's name for a folder of ours that its files were downloaded into; None for any other folder."""
    return next((name for name in HUB_DATASETS if folder == download_folder(name, cache_dir)), None)


def _download(name: str, split: str, cache_dir: str | Path | None) -> Path:
    for place in data_places():
        if not place.is_dir():
            warnings.warn(f"SWIN_EDU_DATA names {place}, which is not a folder.", stacklevel=3)
    return download(name, cache_dir, (split,))


def _open(source: SplitOnDisk, hub_name: str | None) -> EncodedImages:
    """Labels and a way to the images; files of the hub are compared with what is known of them."""
    if hub_name:
        for file in source.files:
            check_content(hub_name, file)
    encoded = source.open()
    if hub_name and source.classes is None:
        check_counts(hub_name, source.split, encoded.labels, encoded.class_names)
    return encoded


def _decode(source: SplitOnDisk, copy: Path, image_size: int | None, hub_name: str | None) -> ImageDataset:
    encoded = _open(source, hub_name)
    name = source.folder.resolve().name
    return decode_and_keep(encoded, copy, name, source.split, source.fingerprint, image_size)
