"""One split of a folder as it lies on disk: which files it has, whether they changed, how to read its images.

`swin_edu/data/sources.py` decides from it whether the decoded copy in the cache is still right.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from swin_edu.data.atomic_files import sha256_of
from swin_edu.data.encoded import EncodedImages
from swin_edu.data.image_folder import list_image_folder
from swin_edu.data.parquet import open_parquet
from swin_edu.data.shards import find_shards, has_parquet


@dataclass(frozen=True)
class SplitOnDisk:
    """The files of one split and what identifies their present content.

    Args:
        folder: where the data set lies.
        split: "train" or "test".
        files: parquet shards or image files.
        classes: the wanted ones in order; None for all.
        fingerprint: a digest of the content, of the wanted image size and of the wanted classes.
        open: reads labels and class names, and gives a way to the images.

    Example:
        >>> import tempfile; folder = Path(tempfile.mkdtemp()); (folder / "cat").mkdir()
        >>> for number in range(10): (folder / "cat" / f"{number}.png").touch()
        >>> find_split(folder, "train").open().labels.tolist()
        [0, 0, 0, 0, 0, 0, 0, 0, 0]
    """

    folder: Path
    split: str
    files: list[Path] = field(repr=False)
    classes: Sequence[str] | None
    fingerprint: str
    open: Callable[[], EncodedImages] = field(repr=False)


def find_split(
    folder: Path, split: str, image_size: int | None = None, classes: Sequence[str] | None = None
) -> SplitOnDisk:
    """Find the files of one split.

    Args:
        folder: with parquet files, or with one subfolder of images a class.
        split: "train" or "test".
        image_size: to which the images will be scaled; part of the fingerprint.
        classes: as in `choose_classes`, in order; part of the fingerprint. None takes all.

    Returns:
        The split; no image has been read yet.

    Raises:
        DataError: if files are missing or a class of a folder of images is unknown.

    Example:
        >>> find_split(Path("/nowhere"), "train")
        Traceback (most recent call last):
        FileNotFoundError: [Errno 2] No such file or directory: '/nowhere'
    """
    digest = hashlib.sha256(f"{split} {image_size}".encode())
    if classes is not None:
        digest.update("\n".join(["", *classes]).encode())
    if has_parquet(folder):
        files = find_shards(folder, split)
        for file in files:
            digest.update(f"{file.name} {sha256_of(file)}".encode())
        fingerprint = digest.hexdigest()
        return SplitOnDisk(folder, split, files, classes, fingerprint, lambda: open_parquet(files, classes))
    listing = list_image_folder(folder, split, classes)
    for file, label in zip(listing.files, listing.labels, strict=True):
        # Reading every photograph only to see that nothing changed would take as long as decoding them;
        # size and time of the last change are what make and git go by, too.
        state = file.stat()
        digest.update(f"{file.relative_to(folder)} {label} {state.st_size} {state.st_mtime_ns}".encode())
    digest.update("\n".join(listing.class_names).encode())
    return SplitOnDisk(folder, split, listing.files, classes, digest.hexdigest(), listing.encoded)


def copy_prefix(folder: Path, split: str) -> str:
    """How the names of all decoded copies of a split begin.

    Args:
        folder: where the data set lies.
        split: "train" or "test".

    Returns:
        The folder's name, the split, and a digest of the whole path: two folders of the same name must not
        take turns in overwriting each other's copy.

    Example:
        >>> copy_prefix(Path("/data/pets"), "train")[:11]
        'pets-train-'
    """
    place = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]
    return f"{folder.resolve().name}-{split}-{place}"


def copy_name(
    folder: Path, split: str, image_size: int | None = None, classes: Sequence[str] | None = None
) -> str:
    """The file name of one decoded copy; each size and each list of classes has its own.

    Args:
        folder: as in `copy_prefix`.
        split: as in `copy_prefix`.
        image_size: as in `find_split`.
        classes: as in `find_split`.

    Example:
        >>> copy_name(Path("/data/pets"), "train", 64, ["cat", "dog"])[-35:]
        '-64px-2classes-3a450eb1.safetensors'
    """
    size = f"-{image_size}px" if image_size else ""
    part = ""
    if classes is not None:
        part = f"-{len(classes)}classes-{hashlib.sha256(chr(10).join(classes).encode()).hexdigest()[:8]}"
    return f"{copy_prefix(folder, split)}{size}{part}.safetensors"
