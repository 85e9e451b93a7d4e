"""The training and the test images of a run, checked to belong together.

Used by the loop of notebook 08.
"""

from swin_edu.data import ImageDataset, load_dataset
from swin_edu.training.errors import TrainingError
from swin_edu.training.settings import TrainingSettings


def load_splits(settings: TrainingSettings) -> tuple[ImageDataset, ImageDataset]:
    """The training and the test images that the settings name.

    Args:
        settings: data, image size and limits.

    Returns:
        The two splits, of the same image size and classes.

    Raises:
        DataError: if the data cannot be used.
        TrainingError: if the two do not fit together.

    Example:
        >>> [len(part) for part in load_splits(TrainingSettings(limit_train=100, limit_test=50))]
        [100, 50]
    """
    train, test = (
        load_dataset(settings.data, split, image_size=settings.image_size) for split in ("train", "test")
    )
    if train.class_names != test.class_names or train.images.shape[1:] != test.images.shape[1:]:
        raise TrainingError(
            f"the two splits of {settings.data} do not fit together: for training {train.num_classes} "
            f"classes of {tuple(train.images.shape[1:])}, for the test {test.num_classes} of "
            f"{tuple(test.images.shape[1:])}. Images of one size come with --image-size."
        )
    limits = settings.limit_train or len(train), settings.limit_test or len(test)
    return train.subset(limits[0]), test.subset(limits[1])
