"""A folder of images with one subfolder for each class, the form in which own photographs usually come.

Notebook 09 shows it; the images are cut to their largest centred square and scaled to one size.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from swin_edu.data.classes import choose_classes
from swin_edu.data.encoded import IMAGES_AT_ONCE, EncodedBatch, EncodedImages
from swin_edu.data.errors import BrokenDataError, DataError, MissingDataError
from swin_edu.data.shards import SPLIT_WORDS

IMAGE_ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm"}
_ANNOTATIONS = "val_annotations.txt"


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

    def encoded(self) -> EncodedImages:
        """The same as images that can be read and decoded a batch at a time.

        Example:
            >>> listing = FolderListing([Path("cat/1.jpg")], [0], ["cat"])
            >>> [len(batch) for batch in listing.encoded().batches()]
            [1]
        """

        def batches() -> Iterator[EncodedBatch]:
            for start in range(0, len(self.files), IMAGES_AT_ONCE):
                files = self.files[start : start + IMAGES_AT_ONCE]
                yield EncodedBatch(files, lambda position, files=files: str(files[position]))

        return EncodedImages(np.array(self.labels, dtype=np.int64), self.class_names, batches)


def list_image_folder(folder: Path, split: str, classes: Sequence[str] | None = None) -> FolderListing:
    """Find the images of one split.

    With subfolders ``train`` and ``test`` (or validation, valid, val, dev) each of these holds the
    classes. Without, the classes lie directly in ``folder``, and of each class every tenth image in
    alphabetical order belongs to the test split. Hidden files and other kinds of files are left out.
    Tiny-ImageNet is read as it comes in its archive: its ``val`` folder has no subfolders of classes but a
    file ``val_annotations.txt``, and its ``test`` folder, which has no labels, is left out.

    Args:
        folder: the top folder.
        split: "train" or "test".
        classes: look only at these, numbered in this order; see `choose_classes`. None takes all, sorted.

    Returns:
        Files, labels and class names; the class names are the same for both splits.

    Raises:
        MissingDataError: if there are no classes or no images for the split.
        DataError: if the test folder has a class that the train folder has not, or a class is unknown.

    Example:
        >>> import tempfile; folder = Path(tempfile.mkdtemp()); (folder / "cat").mkdir()
        >>> for number in range(10): (folder / "cat" / f"{number}.png").touch()
        >>> len(list_image_folder(folder, "train").files), len(list_image_folder(folder, "test").files)
        (9, 1)
    """
    train_folder, test_folder = _split_folder(folder, "train"), _split_folder(folder, "test")
    own_folder = train_folder if split == "train" else test_folder
    if (train_folder is None) != (test_folder is None):
        there = "train" if train_folder else "test"
        raise MissingDataError(
            f"{folder} has a {there} folder but not the other split; expected train and test."
        )
    class_names = _subfolders(train_folder or folder)
    if not class_names:
        raise MissingDataError(
            f"{train_folder or folder} has no subfolders; expected one a class, each with its images."
        )
    annotated = _annotated_images(own_folder) if own_folder else {}
    unknown = sorted(set(annotated or _subfolders(own_folder or folder)) - set(class_names))
    if unknown:
        raise DataError(f"{own_folder} has the class {unknown[0]!r}, which {train_folder} has not.")
    if classes is not None:
        class_names = [class_names[index] for index in choose_classes(class_names, classes)]

    files, labels = [], []
    for label, name in enumerate(class_names):
        if annotated:
            images = annotated.get(name, [])
        else:
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
    there = [folder / word for word in SPLIT_WORDS[split] if (folder / word).is_dir()]
    # A test folder without labels, beside a validation folder with labels.
    labelled = [path for path in there if (path / _ANNOTATIONS).is_file() or _subfolders(path) != ["images"]]
    return next(iter(labelled or there), None)


def _subfolders(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _annotated_images(folder: Path) -> dict[str, list[Path]]:
    """The images of each class by Tiny-ImageNet's table (file, class, box); empty where there is none."""
    annotations, images = folder / _ANNOTATIONS, {}
    if annotations.is_file():
        for line in sorted(annotations.read_text().splitlines()):
            name, label, *_ = [*line.split("\t"), "", ""]
            if not (folder / "images" / name).is_file():
                raise BrokenDataError(f"{annotations} names the image {name!r}, which is not there.")
            images.setdefault(label, []).append(folder / "images" / name)
    return images


def _images(folder: Path) -> list[Path]:
    # Tiny-ImageNet and others put one more folder between the class and its images, hence rglob.
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in IMAGE_ENDINGS and not path.name.startswith(".") and path.is_file()
    )


def _every_tenth(images: list[Path], split: str) -> list[Path]:
    return [path for position, path in enumerate(images) if (position % 10 == 9) == (split == "test")]
