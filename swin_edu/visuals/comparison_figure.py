"""The curves of several runs beside each other: accuracy by epochs and by time, and training loss.

Notebooks 08 and 09 show it; `swin-edu compare` writes it as a file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from swin_edu.visuals.palette import colour
from swin_edu.visuals.picture import Picture, draw_panels, finish_card

_COLOURS, _LINES = [f"series_{i}" for i in range(6)], ["-", "--", ":", "-."]
LARGEST = len(_COLOURS) * len(_LINES)  # runs that look different
_PANEL, _GAP = 280, 52


@dataclass(frozen=True)
class Curve:
    """What is drawn of one run: a value for each finished epoch.

    Args:
        epochs: their numbers.
        seconds: of training at the end of each epoch.
        accuracy: part of the test images named rightly, 0..1.
        loss: mean training loss.

    Example:
        >>> Curve([1], [60.0], [0.5], [1.2]).accuracy
        [0.5]
    """

    epochs: Sequence[int]
    seconds: Sequence[float]
    accuracy: Sequence[float]
    loss: Sequence[float]


def comparison_figure(curves: Mapping[str, Curve]) -> Picture:
    """Draw runs in one colour and line style each.

    Args:
        curves: name of a run -> its curve, with at least one epoch.

    Raises:
        ValueError: if there is no run, one without an epoch, or more than can be told apart.

    Example:
        >>> comparison_figure({"small": Curve([1, 2], [60.0, 120.0], [0.4, 0.5], [1.5, 1.2])})
        Picture: Curves of 1 run. small: 50.0 % after 2 epochs and 120 s.
    """
    if not 1 <= len(curves) <= LARGEST or not all(len(curve.loss) for curve in curves.values()):
        raise ValueError(f"expected 1 to {LARGEST} runs with an epoch each, got {len(curves)}")
    longest = max(curve.seconds[-1] for curve in curves.values())
    unit, name = (1, "s") if longest < 300 else (60, "min") if longest < 18_000 else (3600, "h")
    columns, rows = _legend_grid(list(curves))
    figure, panels = draw_panels(
        ["test accuracy (%)", "test accuracy (%)", "training loss"],
        [(_PANEL, 240)] * 3,
        below=40 + 17 * rows,
        gap=_GAP,
        left=24,
    )
    by_epoch, by_time, loss = panels
    for place, curve in enumerate(curves.values()):
        style = {
            "color": colour(_COLOURS[place % len(_COLOURS)]),
            "linestyle": _LINES[place // len(_COLOURS)],
            "linewidth": 1.7,
            # A run with one epoch has no line; one with many would be all dots.
            "marker": "o" if len(curve.loss) <= 20 else None,
            "markersize": 3.5,
        }
        percent = [100 * value for value in curve.accuracy]
        by_epoch.plot(curve.epochs, percent, **style)
        by_time.plot([value / unit for value in curve.seconds], percent, **style)
        loss.plot(curve.epochs, curve.loss, **style)
    _label(by_epoch, "epoch")
    _label(by_time, f"training time ({name})")
    _label(loss, "epoch")
    by_time.set_xlim(left=0)
    for axes in (by_epoch, loss):
        axes.xaxis.get_major_locator().set_params(integer=True)
    legend = by_epoch.legend(
        by_epoch.get_lines(),
        list(curves),
        loc="upper left",
        bbox_to_anchor=(-0.02, -0.18),
        borderaxespad=0,
        ncols=columns,
        frameon=False,
        fontsize=9,
        labelcolor=colour("ink"),
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
    told = " ".join(
        f"{run}: {100 * curve.accuracy[-1]:.1f} % after {curve.epochs[-1]} epochs and "
        f"{curve.seconds[-1]:.0f} s."
        for run, curve in curves.items()
    )
    return finish_card(figure, f"Curves of {len(curves)} run{'s' * (len(curves) > 1)}. {told}")


def _legend_grid(names: list[str]) -> tuple[int, int]:
    """Columns and rows of the legend, so that it is no wider than the panels."""
    entry = 60 + 7 * max(map(len, names))
    columns = min(max((3 * _PANEL + 2 * _GAP) // entry, 1), len(names))
    return columns, -(-len(names) // columns)


def _label(axes: Axes, words: str) -> None:
    axes.set_xlabel(words, size=9, color=colour("muted_ink"))
    axes.tick_params(length=0, colors=colour("muted_ink"), labelsize=8.5)
    axes.spines[:].set_visible(False)
    axes.grid(color=colour("line"), linewidth=0.6)
    axes.set_axisbelow(True)
