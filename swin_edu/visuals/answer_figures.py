"""An expected answer beside a learner's: two grids of cells, what differs outlined, and where it belongs.

The exercises' checks show it in every notebook; what stands in the cells is decided there.
"""

import textwrap
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from swin_edu.visuals.palette import colour, contrast_ratio
from swin_edu.visuals.picture import CSS_INCH, Picture, draw_panels, finish_card
from swin_edu.visuals.sheet import rgb

# In CSS pixels: between panels, around them, for a label, a line of the caption, a letter of it.
GAP, EDGE, LABEL, LINE, LETTER = 24, 22, 18, 16, 5.9
WIDEST, TALLEST = 760 - 2 * EDGE, 222  # the room for panels inside the card
LARGEST_CELL, SMALL_CELL = 30.0, 6.0  # smaller ones have no lines between them
PLACE_CELL = 15.0
POINTS = 0.75  # points of a font for each CSS pixel


@dataclass(frozen=True)
class Cells:
    """A grid of coloured cells with a few letters in each.

    Args:
        fills: (rows, columns, 3), 0 to 1.
        texts: (rows, columns) strings; empty ones are not written. None where nothing is.
        walls: (rows, columns) integers; a wall stands where two neighbours differ. None where there is none.

    Example:
        >>> Cells(np.ones((2, 3, 3))).fills.shape
        (2, 3, 3)
    """

    fills: np.ndarray
    texts: np.ndarray | None = None
    walls: np.ndarray | None = None


@dataclass(frozen=True)
class Comparison:
    """Two answers to compare.

    Args:
        expected, got: both with as many rows and columns.
        wrong: (rows, columns) bool, True where they differ; at least once.
        caption: what is shown, in a short sentence or two.
        across, down: what columns and rows are; empty where that is clear.
        place: a small map that says where this piece belongs; None where the answer is shown whole.
        place_title: over the map.
        outlined: (rows, columns) bool, what is outlined in the map.

    Example:
        >>> white, wrong = Cells(np.ones((1, 2, 3))), np.array([[True, False]])
        >>> Comparison(white, white, wrong, "A row of two.").place is None
        True
    """

    expected: Cells
    got: Cells
    wrong: np.ndarray
    caption: str
    across: str = ""
    down: str = ""
    place: Cells | None = None
    place_title: str = ""
    outlined: np.ndarray | None = None


def cell_size(comparison: Comparison) -> float:
    """The side of a cell of the two answers in CSS pixels, so that both fit beside each other.

    Example:
        >>> white = Cells(np.ones((8, 12, 3)))
        >>> 26 < cell_size(Comparison(white, white, np.ones((8, 12), bool), "")) < 30
        True
    """
    rows, columns = comparison.wrong.shape
    at_left, below = LABEL * bool(comparison.down), LABEL * bool(comparison.across)
    beside = WIDEST - GAP - 2 * at_left
    if comparison.place is not None:
        beside -= GAP + _place_size(comparison.place)[0]
    return min(LARGEST_CELL, beside / 2 / columns, (TALLEST - below) / rows)


def answers_beside(comparison: Comparison) -> Picture:
    """Expected beside yours, and everything that differs outlined in yours; the first in both.

    Args:
        comparison: what is drawn.

    Returns:
        At most 760 x 320 CSS pixels.

    Example:
        >>> white, wrong = Cells(np.ones((1, 2, 3))), np.array([[True, False]])
        >>> answers_beside(Comparison(white, white, wrong, "A row of two."))
        Picture: Expected beside yours: 1 of 2 cells differ. A row of two.
    """
    size = cell_size(comparison)
    rows, columns = comparison.wrong.shape
    panel = (max(round(size * columns), 250 if comparison.place is None else 150), round(size * rows))
    titles, boxes = ["expected", "yours"], [panel, panel]
    gap = GAP + LABEL * bool(comparison.down)
    if comparison.place is not None:
        titles.insert(0, comparison.place_title)
        boxes.insert(0, _place_size(comparison.place))
    letters = (sum(box[0] for box in boxes) + gap * (len(boxes) - 1)) / LETTER
    note = textwrap.wrap(f"Outlined: what differs. {comparison.caption}", round(letters))
    below = LABEL * bool(comparison.across) + LINE * len(note) + 2
    figure, panels = draw_panels(
        titles, boxes, below=below, gap=gap, left=LABEL * _labelled_first(comparison)
    )
    if comparison.place is not None:
        _draw(panels[0], comparison.place, PLACE_CELL)
        if comparison.outlined is not None:
            _outline(panels[0], comparison.outlined, 2.0)
    first = np.zeros_like(comparison.wrong)
    first[np.unravel_index(comparison.wrong.argmax(), first.shape)] = True
    for axes, cells in zip(panels[-2:], (comparison.expected, comparison.got), strict=True):
        _draw(axes, cells, size)
        if cells is comparison.got:
            _outline(axes, comparison.wrong, min(1.7, size / 14))
        _outline(axes, first, min(2.6, size / 8))
        label = {"size": 8.5, "color": colour("muted_ink")}
        axes.text(
            size * columns / 2 / size, rows + 5 / size, comparison.across, ha="center", va="top", **label
        )
        axes.text(-5 / size, rows / 2, comparison.down, ha="right", va="center", rotation=90, **label)
    wide, high = (side * CSS_INCH for side in figure.get_size_inches())
    place = {"ha": "left", "va": "bottom", "linespacing": LINE / 8.5 * POINTS / 1.2}
    figure.text(EDGE / wide, 14 / high, "\n".join(note), size=8.5, color=colour("muted_ink"), **place)
    counted = f"{int(comparison.wrong.sum())} of {comparison.wrong.size} cells differ"
    return finish_card(figure, f"Expected beside yours: {counted}. {comparison.caption}".strip())


def _labelled_first(comparison: Comparison) -> bool:
    """Whether the panel at the left edge has a label at its left."""
    return bool(comparison.down) and comparison.place is None


def _place_size(place: Cells) -> tuple[int, int]:
    rows, columns = place.fills.shape[:2]
    side = min(PLACE_CELL, 230 / columns, (TALLEST - LABEL) / rows)
    return max(round(side * columns), 120), round(side * rows)


def _draw(axes: Axes, cells: Cells, size: float) -> None:
    """The cells, one unit each, row 0 at the top."""
    rows, columns = cells.fills.shape[:2]
    axes.imshow(cells.fills, extent=(0, columns, rows, 0), interpolation="nearest", vmin=0, vmax=1)
    axes.set(xlim=(0, columns), ylim=(rows, 0), xticks=[], yticks=[], aspect="equal", anchor="NW")
    axes.spines[:].set_visible(False)
    if size > SMALL_CELL:
        thin = [[(0, row), (columns, row)] for row in range(rows + 1)]
        thin += [[(column, 0), (column, rows)] for column in range(columns + 1)]
        axes.add_collection(LineCollection(thin, colors=colour("line"), linewidths=0.8, clip_on=False))
    else:
        frame = Rectangle((0, 0), columns, rows, fill=False, ec=colour("line"), lw=0.8, clip_on=False)
        axes.add_patch(frame)
    if cells.walls is not None:
        lines = borders(cells.walls, frame=True)
        axes.add_collection(LineCollection(lines, colors=colour("ink"), linewidths=1.1, clip_on=False))
    if cells.texts is not None:
        _write(axes, cells, size)


def _write(axes: Axes, cells: Cells, size: float) -> None:
    """Letters in the cells, as large as the longest of them allows; none where they would be too small."""
    longest = max((len(text) for text in cells.texts.flat), default=0)
    pixels = min(0.45 * size, 13.0, 0.94 * size / (0.62 * max(longest, 1)))
    if pixels < 6.5:
        return
    for (row, column), text in np.ndenumerate(cells.texts):
        if text:
            fill = to_hex(cells.fills[row, column])
            ink = max(("#14171C", "#FFFFFF"), key=lambda value, fill=fill: contrast_ratio(value, fill))
            place = {"ha": "center", "va": "center_baseline", "size": pixels * POINTS}
            axes.text(column + 0.5, row + 0.5, text, color=ink, **place)


def _outline(axes: Axes, chosen: np.ndarray, width: float) -> None:
    """A line around the chosen cells, together where they touch; a light one beside it, for dark cells."""
    lines = borders(chosen.astype(int), frame=False, around=1)
    for thick, ink in ((width + 1.6, rgb("surface")), (width, rgb("series_1"))):
        style = {"linewidths": thick, "colors": [ink], "capstyle": "round", "zorder": 3, "clip_on": False}
        axes.add_collection(LineCollection(lines, **style))


def borders(names: np.ndarray, frame: bool, around: int | None = None) -> list[list[tuple[float, float]]]:
    """The line pieces between neighbours of different names.

    Args:
        names: (rows, columns) integers.
        frame: whether the outer edge is drawn, too.
        around: only cells of this name have borders; also at the outer edge.

    Returns:
        Lines from (x, y) to (x, y).

    Example:
        >>> borders(np.array([[0, 1]]), frame=False)
        [[(1, 0), (1, 1)]]
    """
    outside = -1 if frame or around is not None else None
    wide = np.pad(names, 1, constant_values=-1)
    lines = []
    for row, column in np.ndindex(wide.shape):
        for down, across in ((0, 1), (1, 0)):
            if row + down >= wide.shape[0] or column + across >= wide.shape[1]:
                continue
            one, other = wide[row, column], wide[row + down, column + across]
            if one == other or (outside is None and -1 in (one, other)):
                continue
            if around is not None and around not in (one, other):
                continue
            if across:
                lines.append([(column, row - 1), (column, row)])
            else:
                lines.append([(column - 1, row), (column, row)])
    return lines
