"""The page of the still pictures puts colours where it is told to."""

import io

import numpy as np
from PIL import Image

from swin_edu.visuals.sheet import SCALE, Sheet, rgb


def pixels(sheet: Sheet) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(sheet.png())).convert("RGB")) / 255


def test_a_rectangle_fills_its_place_and_no_more():
    sheet = Sheet(40, 20)
    sheet.rectangle(10, 4, 20, 8, "query")
    sheet.rectangle(1, 1, 0, 5, "key")  # nothing to fill
    filled = np.abs(pixels(sheet) - rgb("query")).max(axis=-1) < 0.01
    assert filled.sum() == round(20 * SCALE) * round(8 * SCALE)
    assert filled[round(4 * SCALE), round(10 * SCALE)]
    assert np.allclose(pixels(sheet)[~filled], rgb("surface"), atol=0.01)


def test_a_matrix_has_a_colour_for_each_cell():
    sheet = Sheet(60, 40)
    cells = np.stack([rgb(f"series_{i}") for i in range(6)]).reshape(2, 3, 3)
    sheet.matrix(0, 0, 20, cells)
    middle = pixels(sheet)[round(10 * SCALE) :: round(20 * SCALE), round(10 * SCALE) :: round(20 * SCALE)]
    assert np.allclose(middle, cells, atol=0.03)


def test_words_are_as_wide_as_is_said_before():
    sheet = Sheet(200, 40)
    sheet.write(10, 30, "64 times", size=14, weight="bold")
    inked = np.flatnonzero((pixels(sheet) < 0.5).any(axis=(0, 2)))
    said = sheet.width_of("64 times", size=14, weight="bold")
    assert abs((inked.max() - inked.min()) / SCALE - said) < 3


def test_a_line_runs_through_its_points():
    sheet = Sheet(40, 40)
    sheet.line([(2, 20), (38, 20)], "key", width=2)
    assert np.allclose(pixels(sheet)[round(20 * SCALE), round(20 * SCALE)], rgb("key"), atol=0.03)
