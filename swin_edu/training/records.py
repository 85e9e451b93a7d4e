"""What a run tells while it trains: one record for each step and one for each finished epoch.

Notebook 08 draws its dashboard from them; the log file holds them as JSON lines.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class StepRecord:
    """One update of the weights.

    Args:
        epoch: counted from 1.
        step: counted from 1 within the epoch.
        steps: steps in an epoch.
        loss: of this batch, before the update; with label smoothing.
        learning_rate: used for this update.
        images_per_second: of this step, augmentation included.

    Example:
        >>> StepRecord(1, 1, 391, 2.3, 1e-5, 200.0).epoch
        1
    """

    epoch: int
    step: int
    steps: int
    loss: float
    learning_rate: float
    images_per_second: float


@dataclass(frozen=True)
class EpochRecord:
    """One pass over the training images and a test after it.

    Args:
        epoch: counted from 1.
        epochs: in the whole run.
        train_loss: mean over the epoch, while the weights moved; with label smoothing and augmentation.
        train_accuracy: part of the augmented training images named correctly, 0..1.
        test_loss: mean cross-entropy, without label smoothing.
        test_accuracy: part of the test images named correctly, 0..1.
        seconds: for the training part of this epoch.
        images_per_second: in the training part.

    Example:
        >>> EpochRecord(1, 3, 2.0, 0.3, 1.9, 0.35, 60.0, 833.0).test_accuracy
        0.35
    """

    epoch: int
    epochs: int
    train_loss: float
    train_accuracy: float
    test_loss: float
    test_accuracy: float
    seconds: float
    images_per_second: float
