"""Data sets from the public hub: downloads that continue where they stopped and are verified.

Used by `swin-edu data get` and by notebooks 08 and 09 the first time they need the images.
"""

import logging
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from swin_edu.data.atomic_files import atomic_write, flush_to_disk, sha256_of
from swin_edu.data.errors import BrokenDataError, MissingDataError
from swin_edu.data.hub_files import HUB_DATASETS, HubDataset, HubFile
from swin_edu.data.places import cache_folder

__all__ = [
    "HUB_DATASETS",
    "HubDataset",
    "HubFile",
    "check_content",
    "check_counts",
    "download",
    "download_folder",
    "is_downloaded",
    "missing_message",
]


def download_folder(name: str, cache_dir: str | Path | None = None) -> Path:
    """Where the downloaded files of a hub data set lie.

    Args:
        name: a key of `HUB_DATASETS`.
        cache_dir: as in `cache_folder`.

    Example:
        >>> download_folder("cifar10", "cache").as_posix()
        'cache/downloads/cifar10'
    """
    return cache_folder(cache_dir) / "downloads" / name


def is_downloaded(name: str, split: str, cache_dir: str | Path | None = None) -> bool:
    """Whether the file of one split is here in full length (its content is verified when it is read).

    Args:
        name: a key of `HUB_DATASETS`.
        split: "train" or "test".
        cache_dir: as in `cache_folder`.

    Example:
        >>> is_downloaded("cifar10", "train", "/nowhere")
        False
    """
    file = HUB_DATASETS[name].files[split]
    path = download_folder(name, cache_dir) / file.name
    # A file whose size nobody knew gets its name, like all, only when it is whole.
    right_size = path.is_file() and file.size in (None, path.stat().st_size)
    return right_size and _known_digest(file, path.parent) is not None


def download(
    name: str, cache_dir: str | Path | None = None, splits: tuple[str, ...] = ("train", "test")
) -> Path:
    """Bring a hub data set to this machine; what is here already is not fetched again.

    A stopped download leaves ``NAME.parquet.part`` and continues there. A file gets its name only after
    its SHA-256 was found right.

    Args:
        name: a key of `HUB_DATASETS`.
        cache_dir: as in `cache_folder`.
        splits: which files.

    Returns:
        The folder that holds the files.

    Raises:
        MissingDataError: if the hub cannot be reached; says which command to run where.
        BrokenDataError: if what came is not what was expected.

    Example:
        >>> download("cifar10", splits=()).name
        'cifar10'
    """
    folder = download_folder(name, cache_dir)
    for split in splits:
        if not is_downloaded(name, split, cache_dir):
            _download_file(name, HUB_DATASETS[name].files[split], folder)
    return folder


def check_content(name: str, path: Path) -> None:
    """Compare a downloaded file with the SHA-256 that the hub gives for it.

    Args:
        name: a key of `HUB_DATASETS`.
        path: a file of `download_folder`.

    Raises:
        BrokenDataError: names the file and the command that fetches it again.

    Example:
        >>> check_content("cifar10", Path("unknown.parquet"))  # not a file of the hub: nothing to compare
    """
    for file in HUB_DATASETS[name].files.values():
        if file.name == path.name and sha256_of(path) != _known_digest(file, path.parent):
            raise BrokenDataError(
                f"{path} is damaged: its SHA-256 is not the one of {HUB_DATASETS[name].repository}. "
                f"Delete it and run `swin-edu data get {name}`."
            )


def check_counts(name: str, split: str, labels: np.ndarray, class_names: Sequence[str]) -> None:
    """Compare a downloaded split with the numbers of images and classes that the data set is known to have.

    Args:
        name: a key of `HUB_DATASETS`.
        split: "train" or "test".
        labels: (N,) integers.
        class_names: one a class.

    Raises:
        BrokenDataError: says what was expected and what came.

    Example:
        >>> check_counts("cifar10", "test", np.zeros(9_999), list("0123456789"))
        Traceback (most recent call last):
        swin_edu.data.errors.BrokenDataError: the test split of cifar10 should have 10,000 images in 10 ...
    """
    hub = HUB_DATASETS[name]
    expected = hub.counts.get(split, len(labels)), hub.num_classes or len(class_names)
    if (len(labels), len(class_names)) != expected:
        raise BrokenDataError(
            f"the {split} split of {name} should have {expected[0]:,} images in {expected[1]} classes, but "
            f"what came from {hub.repository} has {len(labels):,} in {len(class_names)}. Please report this."
        )


def _known_digest(file: HubFile, folder: Path) -> str | None:
    """The SHA-256 that a file must have: the pinned one, else the one that the hub gave at the download."""
    if file.sha256:
        return file.sha256
    note = _digest_note(file, folder)
    return note.read_text().split()[0] if note.is_file() else None


def _digest_note(file: HubFile, folder: Path) -> Path:
    # In the form of sha256sum, which can check it: sha256sum -c NAME.sha256
    return folder / f"{file.name}.sha256"


def _download_file(name: str, file: HubFile, folder: Path) -> None:
    # Imported here, because it takes a moment and most runs need no network.
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.file_download import http_get

    hub = HUB_DATASETS[name]
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{file.name}.part"
    url = hf_hub_url(hub.repository, file.path, repo_type="dataset", revision=hub.revision)
    quiet = logging.getLogger("huggingface_hub.file_download")
    try:
        # One quick question first, so that a machine without a network is told so at once. A mirror that
        # gives no size and no digest would still do where both are pinned.
        told = get_hf_file_metadata(url, timeout=10)
        size = file.size or told.size
        if part.exists() and size and part.stat().st_size > size:
            part.unlink()
        with open(part, "ab") as partial:
            # hf_hub_download deletes what it has when it is killed; http_get continues.
            http_get(url, partial, resume_size=partial.tell(), expected_size=size)
    except Exception as error:
        # The client raises errors of four libraries, other ones in other versions: to the reader all of
        # them mean that the file did not come.
        quiet.debug("download of %s failed", url, exc_info=True)
        raise MissingDataError(missing_message(name, folder, error)) from error
    # The hub's tag of a large file is its SHA-256.
    expected = file.sha256 or (told.etag or "").lower()
    if not re.fullmatch(r"[0-9a-f]{64}", expected):
        raise BrokenDataError(
            f"{url} came without a SHA-256, so nobody can tell whether it is right; it is not used. "
            "Try again without a mirror, or with another one."
        )
    if sha256_of(part) != expected:
        part.unlink()
        raise BrokenDataError(
            f"{url} did not give the expected content (SHA-256 differs); the download was thrown away. "
            f"Run `swin-edu data get {name}` again."
        )
    if not file.sha256:
        with atomic_write(_digest_note(file, folder)) as temporary:
            temporary.write_text(f"{expected}  {file.name}\n")
    flush_to_disk(part)
    part.replace(folder / file.name)


def missing_message(name: str, folder: Path, error: BaseException | None = None) -> str:
    """What to tell someone who has neither the data nor a network.

    Args:
        name: a key of `HUB_DATASETS`.
        folder: where the download would lie.
        error: why the download failed.

    Example:
        >>> "swin-edu data get cifar10" in missing_message("cifar10", Path("data/cache/downloads/cifar10"))
        True
    """
    reason = f" and could not be downloaded ({_first_line(error)})" if error else ""
    return (
        f"{name} is not on this machine{reason}. Either run `swin-edu data get {name}` here when there is a "
        f"network; or run it on a machine with one and copy its folder to {folder}; or, if you have a copy "
        f"already, set SWIN_EDU_DATA to the folder that holds a folder {name} with train.parquet and "
        f"test.parquet (for example SWIN_EDU_DATA=../shared/data). Without any of it, `swin-edu train` "
        f"trains on the built-in shapes."
    )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
