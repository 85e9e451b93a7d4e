"""Colours of numbers are those of the still pictures, and a point falls into the cell that is under it."""

import numpy as np
import pytest

from swin_edu.visuals.palette import colour
from swin_edu.visuals.sheet import signed_colours


def test_signed_colours_equal_the_browsers(run_javascript):
    names = ("surface", "positive", "negative")
    colours = {name: colour(name) for name in names}
    values = [-2.0, -1.0, -0.4, 0.0, 0.25, 0.9, 1.0, 3.0]
    there = run_javascript("drawing.js", "signedColour(c[0], 1, c[1])", [[v, colours] for v in values])
    here = signed_colours(np.array(values), 1) * 255
    theirs = [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in there]
    assert here == pytest.approx(np.array(theirs), abs=1)


def test_a_point_falls_into_the_cell_under_it_and_into_none_beside_the_grid(run_javascript):
    grid = {"x": 10, "y": 20, "unit": 5, "rows": 2, "columns": 3}
    points = [[10, 20], [24.9, 29.9], [14, 26], [25, 21], [9.9, 21], [11, 30]]
    cells = run_javascript("drawing.js", "hitCell(c[0], ...c[1])", [[grid, point] for point in points])
    assert cells == [[0, 0], [1, 2], [1, 0], None, None, None]
