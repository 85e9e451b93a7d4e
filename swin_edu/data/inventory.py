"""Which data sets the course knows, which are on this machine, and how much room they take.

`swin-edu data list` shows it.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from swin_edu.data.hub import HUB_DATASETS, is_downloaded
from swin_edu.data.image_folder import list_image_folder
from swin_edu.data.places import data_places
from swin_edu.data.shards import has_parquet
from swin_edu.data.sources import SHAPES_COUNT, decoded_copies, find_data

# Counting a million photographs takes a minute; nobody waits for that to see a list.
_FILES_AT_MOST = 20_000


@dataclass(frozen=True)
class KnownDataset:
    """One data set, on this machine or not.

    Args:
        name: what `load_dataset` calls it.
        about: one line.
        folder: where it lies; None where it is built in or absent.
        built_in: made on the spot.
        download_size: bytes that `swin-edu data get` would fetch; None where not known, 0 where there is
            nothing to fetch.

    Example:
        >>> known_datasets()[0].name
        'shapes'
    """

    name: str
    about: str
    folder: Path | None = None
    built_in: bool = False
    download_size: int | None = 0

    @property
    def is_here(self) -> bool:
        """Whether it can be loaded without a network."""
        return self.built_in or self.folder is not None

    def size_on_disk(self) -> tuple[int, bool]:
        """Bytes of all files in its folder.

        Returns:
            (bytes, whether that is all): of folders with very many files only the first are counted.

        Example:
            >>> KnownDataset("shapes", "built in", built_in=True).size_on_disk()
            (0, True)
        """
        files = _files(self.folder) if self.folder else iter(())
        size = sum(file.stat().st_size for file in islice(files, _FILES_AT_MOST))
        return size, next(files, None) is None

    def size_of_copies(self) -> int:
        """Bytes of its decoded copies in the cache, which may be deleted: they are made again when needed.

        Example:
            >>> KnownDataset("shapes", "built in", built_in=True).size_of_copies()
            0
        """
        if self.folder is None:
            return 0
        copies = (copy for split in SHAPES_COUNT for copy in decoded_copies(self.folder, split))
        return sum(copy.stat().st_size for copy in copies)


def known_datasets() -> list[KnownDataset]:
    """The built-in set, those of the hub, and all others in the places of SWIN_EDU_DATA, in this order.

    Returns:
        Each data set once.

    Example:
        >>> [known.name for known in known_datasets()][:5]
        ['shapes', 'cifar10', 'cifar100', 'tiny-imagenet', 'imagenette']
    """
    known = [KnownDataset("shapes", "12,000 drawings in 10 classes, made in a moment", built_in=True)]
    for name, hub in HUB_DATASETS.items():
        folder = find_data(name)
        # Half a download does not count.
        if (
            folder
            and folder.parent not in data_places()
            and not all(is_downloaded(name, s) for s in hub.files)
        ):
            folder = None
        sizes = [file.size for file in hub.files.values()]
        known.append(
            KnownDataset(name, hub.about, folder, download_size=None if None in sizes else sum(sizes))
        )
    names = {dataset.name for dataset in known} | {
        dataset.folder.name for dataset in known if dataset.folder is not None
    }
    for place in data_places():
        for folder in sorted(place.iterdir()) if place.is_dir() else []:
            if folder.is_dir() and folder.name not in names and _usable(folder):
                known.append(KnownDataset(folder.name, "in SWIN_EDU_DATA", folder))
                names.add(folder.name)
    return known


def _usable(folder: Path) -> bool:
    try:
        return has_parquet(folder) or bool(list_image_folder(folder, "train").files)
    except (RuntimeError, OSError):
        return False


def _files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent) / name for name in names)
