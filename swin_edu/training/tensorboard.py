"""The log of a run for TensorBoard, too, where that is installed: ``tensorboard --logdir runs``.

The log in JSON lines is written always, and is what the course itself reads.
"""

from pathlib import Path
from typing import Any

from swin_edu.training.records import EpochRecord, StepRecord

__all__ = ["Board", "find_board"]

_OF_STEPS = "loss", "learning_rate", "images_per_second"
_OF_EPOCHS = "train_loss", "test_loss", "train_accuracy", "test_accuracy"


class Board:
    """Records as the scalars of TensorBoard.

    Args:
        writer: a `torch.utils.tensorboard.SummaryWriter`.
    """

    def __init__(self, writer: Any) -> None:
        self.writer = writer

    def add(self, record: StepRecord | EpochRecord) -> None:
        """Write one record; steps are counted over the whole run.

        Args:
            record: what happened.
        """
        if isinstance(record, EpochRecord):
            kind, names, place = "epoch", _OF_EPOCHS, record.epoch
        else:
            kind, names, place = "step", _OF_STEPS, (record.epoch - 1) * record.steps + record.step
        for name in names:
            self.writer.add_scalar(f"{kind}/{name}", getattr(record, name), place)
        if isinstance(record, EpochRecord):
            self.writer.flush()


def find_board(folder: Path, first_step: int = 0) -> Board | None:
    """A board that writes into a folder; None where TensorBoard is not installed.

    Args:
        folder: of the run.
        first_step: points from here on are forgotten; they are of epochs that will be done again.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except Exception:  # not installed, or with libraries that do not fit: the run goes on without
        return None
    return Board(SummaryWriter(str(folder / "tensorboard"), purge_step=first_step))
