"""What the figures of an evaluation need to know of it, and how their words look.

The figures know an evaluation only by what it has to offer (`Answers`): so notebook 08 hands over the
`Evaluation` of the training code, and the figures need none of that code.
"""

from typing import Protocol

from matplotlib.axes import Axes
from torch import Tensor

from swin_edu.visuals.palette import colour

# Class names may hold dollar signs, which matplotlib would take for formulas.
SMALL = {"size": 8.5, "parse_math": False}


class Bins(Protocol):
    """Images in bins by confidence; `swin_edu.training.calibration.Calibration` is one."""

    edges: Tensor
    counts: Tensor
    confidences: Tensor
    accuracies: Tensor
    error: float
    confidence: float


class Answers(Protocol):
    """A network's answers beside the truth; `swin_edu.training.evaluation.Evaluation` is one."""

    class_names: list[str]
    labels: Tensor
    predictions: Tensor
    confidences: Tensor
    confusion: Tensor
    counts: Tensor
    accuracy: float
    calibration: Bins

    def worst_mistakes(self, count: int = ...) -> list[int]: ...

    def most_confused(self, count: int = ...) -> list[tuple[int, int, int]]: ...


class Images(Protocol):
    """Test images; `swin_edu.data.ImageDataset` is one."""

    images: Tensor


def shorten(name: str, length: int) -> str:
    """A class name that fits, with an ellipsis where it was cut.

    Args:
        name: any text.
        length: characters, at least 1.

    Example:
        >>> shorten("cassette player", 9)
        'cassette…'
    """
    name = " ".join(name.split())
    return name if len(name) <= length else name[: length - 1].rstrip() + "…"


def quiet(axes: Axes) -> None:
    """Take the frame away, make the numbers small and grey, and put the grid behind the marks.

    Args:
        axes: a panel of `draw_panels`.
    """
    axes.tick_params(length=0, colors=colour("muted_ink"), labelsize=8.5)
    axes.spines[:].set_visible(False)
    axes.set_axisbelow(True)
