"""The training and the test images of a run, checked to belong together.

Used by the loop of notebook 08.
"""

from dataclasses import replace

import torch

from swin_edu.data import ImageDataset, load_dataset
from swin_edu.training.errors import TrainingError
from swin_edu.training.settings import TrainingSettings

_HELD_OUT_BY = 2021  # the seed that chooses the held-out images: the same ones in every run


def load_splits(settings: TrainingSettings) -> tuple[ImageDataset, ImageDataset]:
    """The training images that the settings name, and those to test on.

    Args:
        settings: data, image size, limits, and how many training images are held out. Where some are, the
            test split is not even loaded.

    Returns:
        The two parts, of the same image size and classes.

    Raises:
        DataError: if the data cannot be used.
        TrainingError: if the two do not fit together, or more images are held out than there are.

    Example:
        >>> [len(part) for part in load_splits(TrainingSettings(limit_train=100, limit_test=50))]
        [100, 50]
        >>> [len(part) for part in load_splits(TrainingSettings(validation=1000))]
        [9000, 1000]
    """
    options = {"image_size": settings.image_size, "classes": settings.classes}
    train = load_dataset(settings.data, "train", **options)
    if settings.validation:
        train, test = hold_out(train, settings.validation)
    else:
        test = load_dataset(settings.data, "test", **options)
    if train.class_names != test.class_names or train.images.shape[1:] != test.images.shape[1:]:
        raise TrainingError(
            f"the two splits of {settings.data} do not fit together: for training {train.num_classes} "
            f"classes of {tuple(train.images.shape[1:])}, for the test {test.num_classes} of "
            f"{tuple(test.images.shape[1:])}. Images of one size come with --image-size."
        )
    limits = settings.limit_train or len(train), settings.limit_test or len(test)
    return train.subset(limits[0]), test.subset(limits[1])


def hold_out(train: ImageDataset, count: int) -> tuple[ImageDataset, ImageDataset]:
    """Take some training images away, to test on while choices are still being made.

    Args:
        train: all training images.
        count: how many are taken; the same ones each time.

    Returns:
        The rest, and the held-out images as split "validation", both in their old order.

    Raises:
        TrainingError: if none would be left to train on.

    Example:
        >>> from swin_edu.data import make_shapes
        >>> [(len(part), part.split) for part in hold_out(make_shapes(100), 20)]
        [(80, 'train'), (20, 'validation')]
    """
    if count >= len(train):
        raise TrainingError(
            f"validation must be below {len(train)}, the number of training images, got {count}"
        )
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(_HELD_OUT_BY))
    parts = (order[count:].sort().values, "train"), (order[:count].sort().values, "validation")
    rest, held = (
        replace(train, images=train.images[kept], labels=train.labels[kept], split=split)
        for kept, split in parts
    )
    return rest, held
