"""A training run: settings, the loop, and a folder that survives being killed at any moment.

Notebooks 08 and 09 use it; `swin-edu train` is the same on the command line.
"""

from swin_edu.training.errors import TrainingError
from swin_edu.training.loop import Training
from swin_edu.training.recipe import (
    build_model,
    choose_device,
    choose_precision,
    learning_rate_at,
    make_optimizer,
    parameter_groups,
)
from swin_edu.training.records import EpochRecord, StepRecord
from swin_edu.training.results import draw_curves, finish_run
from swin_edu.training.run_folder import RunFolder, reopen_run, start_run
from swin_edu.training.settings import TrainingSettings
from swin_edu.training.splits import load_splits

__all__ = [
    "EpochRecord",
    "RunFolder",
    "StepRecord",
    "Training",
    "TrainingError",
    "TrainingSettings",
    "build_model",
    "choose_device",
    "choose_precision",
    "draw_curves",
    "finish_run",
    "learning_rate_at",
    "load_splits",
    "make_optimizer",
    "parameter_groups",
    "reopen_run",
    "start_run",
]
