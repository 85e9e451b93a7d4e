"""The recipes: settings under a name, each with what it is for and what was measured.

`swin-edu train --recipe NAME`; notebooks 08 and 09 read them aloud. Each choice was made on held-out training
images; the test images were looked at once, at the end.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from swin_edu.training.errors import TrainingError
from swin_edu.training.settings import TrainingSettings


@dataclass(frozen=True)
class Recipe:
    """Settings with a name.

    Args:
        purpose: one sentence, for lists.
        settings: what differs from the defaults of `TrainingSettings`.
        reasons: why, in the order of the settings.

    Example:
        >>> Recipe("To try.", {"epochs": 1}).settings
        {'epochs': 1}
    """

    purpose: str
    settings: dict[str, Any]
    reasons: str = field(default="", repr=False)


RECIPES = {
    "laptop": Recipe(
        "Shapes in a minute on two CPU cores.",
        {"data": "shapes", "epochs": 4, "batch_size": 64, "optimizer": "muon", "learning_rate": 3e-3},
    ),
}


def recipe_settings(name: str, **changes: Any) -> TrainingSettings:
    """The settings of a recipe.

    Args:
        name: a key of `RECIPES`.
        **changes: settings to have another value.

    Returns:
        Settings for `Training`.

    Raises:
        TrainingError: if there is no such recipe or setting, or a value cannot work.

    Example:
        >>> recipe_settings("laptop", epochs=1).epochs
        1
    """
    if name not in RECIPES:
        raise TrainingError(f"recipe must be one of {', '.join(RECIPES)}, got {name!r}")
    return replace(TrainingSettings(**RECIPES[name].settings), **changes)
