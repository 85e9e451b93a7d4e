"""A folder of images with one subfolder for each class, the form in which own photographs usually come.

Notebook 09 shows it; the images are cut to their largest centred square and scaled to one size.
"""

from dataclasses import dataclass
from pathlib import Path

from swin_edu.data.errors import DataError, MissingDataError
from swin_edu.data.shards import SPLIT_WORDS

IMAGE_ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm"}


@dataclass(frozen=True)
class FolderListing:
    """The image files of one split, with their classes.

    Args:
        files: N image files, class by class.
        labels: N labels.
        class_names: the names of the subfolders, sorted.

    Example:
        >>> FolderListing([Path("cat/1.jpg")], [0], ["cat"]).class_names
        ['cat']
    """

    files: list[Path]
    labels: list[int]
    class_names: list[str]


def list_image_folder(folder: Path, split: str) -> FolderListing:
    """Find the images of one split.

    With subfolders ``train`` and ``test`` (or validation, valid, val, dev) each of these holds the
    classes. Without, the classes lie directly in ``folder``, and of each class every tenth image in
    alphabetical order belongs to the test split. Hidden files and other kinds of files are left out.

    Args:
        folder: the top folder.
        split: "train" or "test".

    Returns:
        Files, labels and class names; the class names are the same for both splits.

    Raises:
        MissingDataError: if there are no classes or no images for the split.
        DataError: if the test folder has a class that the train folder has not.

    Example:
        >>> import tempfile; folder = Path(tempfile.mkdtemp()); (folder / "cat").mkdir()
        >>> for number in range(10): (folder / "cat" / f"{number}.png").touch()
        >>> len(list_image_folder(folder, "train").files), len(list_image_folder(folder, "test").files)
        (9, 1)
    """
    train_folder = _split_folder(folder, "train")
    own_folder = _split_folder(folder, split)
    if (train_folder is None) != (_split_folder(folder, "test") is None):
        there = "train" if train_folder else "test"
        raise MissingDataError(
            f"{folder} has a {there} folder but not the other split; expected train and test."
        )
    class_names = _subfolders(train_folder or folder)
    if not class_names:
        raise MissingDataError(
            f"{train_folder or folder} has no subfolders; expected one a class, each with its images."
        )
    unknown = sorted(set(_subfolders(own_folder or folder)) - set(class_names))
    if unknown:
        raise DataError(f"{own_folder} has the class {unknown[0]!r}, which {train_folder} has not.")

    files, labels = [], []
    for label, name in enumerate(class_names):
        images = _images(own_folder / name) if own_folder else _every_tenth(_images(folder / name), split)
        files += images
        labels += [label] * len(images)
    if not files:
        raise MissingDataError(
            f"{own_folder or folder} has no images for the {split} split; expected files ending in "
            f"{', '.join(sorted(IMAGE_ENDINGS))} in one subfolder a class."
        )
    return FolderListing(files, labels, class_names)


def _split_folder(folder: Path, split: str) -> Path | None:
    return next((folder / word for word in SPLIT_WORDS[split] if (folder / word).is_dir()), None)


def _subfolders(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _images(folder: Path) -> list[Path]:
    # Tiny-ImageNet and others put one more folder between the class and its images, hence rglob.
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in IMAGE_ENDINGS and not path.name.startswith(".") and path.is_file()
    )


def _every_tenth(images: list[Path], split: str) -> list[Path]:
    return [path for position, path in enumerate(images) if (position % 10 == 9) == (split == "test")]
