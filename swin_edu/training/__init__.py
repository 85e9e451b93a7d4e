"""A training run: settings, the loop, and a folder that survives being killed at any moment.

Notebooks 08 and 09 use it; `swin-edu train` is the same on the command line.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from swin_edu.training.errors import TrainingError
    from swin_edu.training.evaluation import Evaluation, evaluate_model
    from swin_edu.training.loop import Training
    from swin_edu.training.muon import Muon
    from swin_edu.training.optimizers import make_optimizer, parameter_groups
    from swin_edu.training.preparation import Preparation
    from swin_edu.training.pretrained import Pretrained, load_pretrained
    from swin_edu.training.recipe import build_model, choose_device, choose_precision, learning_rate_at
    from swin_edu.training.recipes import RECIPES, recipe_settings
    from swin_edu.training.records import EpochRecord, StepRecord
    from swin_edu.training.results import draw_curves, finish_run
    from swin_edu.training.run_folder import RunFolder, reopen_run, start_run
    from swin_edu.training.settings import TrainingSettings
    from swin_edu.training.splits import load_splits
    from swin_edu.training.trained_run import open_trained_run

_MODULES = {
    "errors": ("TrainingError",),
    "evaluation": ("Evaluation", "evaluate_model"),
    "loop": ("Training",),
    "muon": ("Muon",),
    "optimizers": ("make_optimizer", "parameter_groups"),
    "preparation": ("Preparation",),
    "pretrained": ("Pretrained", "load_pretrained"),
    "recipe": ("build_model", "choose_device", "choose_precision", "learning_rate_at"),
    "recipes": ("RECIPES", "recipe_settings"),
    "records": ("EpochRecord", "StepRecord"),
    "results": ("draw_curves", "finish_run"),
    "run_folder": ("RunFolder", "reopen_run", "start_run"),
    "settings": ("TrainingSettings",),
    "splits": ("load_splits",),
    "trained_run": ("open_trained_run",),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "RECIPES",
    "EpochRecord",
    "Evaluation",
    "Muon",
    "Preparation",
    "Pretrained",
    "RunFolder",
    "StepRecord",
    "Training",
    "TrainingError",
    "TrainingSettings",
    "build_model",
    "choose_device",
    "choose_precision",
    "draw_curves",
    "evaluate_model",
    "finish_run",
    "learning_rate_at",
    "load_pretrained",
    "load_splits",
    "make_optimizer",
    "open_trained_run",
    "parameter_groups",
    "recipe_settings",
    "reopen_run",
    "start_run",
]


def __getattr__(name: str) -> Any:
    """Bring a module when one of its names is first asked for: the command line's help needs no PyTorch."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
