"""Figures of notebook 04 show the numbers they are given, and are the same each time."""

import io

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from PIL import Image

from swin_edu.visuals import position_figures
from swin_edu.visuals.palette import colour
from swin_edu.visuals.picture import SHARPNESS, Picture

EDGE, ABOVE = 22, 20  # of a card with titles of one line, in CSS pixels


def pixel(picture: Picture, across: float, down: float) -> np.ndarray:
    pixels = np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGBA")).astype(int)
    return pixels[round(down * SHARPNESS), round(across * SHARPNESS), :3]


def test_the_same_numbers_give_the_same_file_and_it_fits_a_notebook():
    grid, photo = torch.randn(5, 7), torch.rand(3, 64, 64)
    for draw in (
        lambda: position_figures.tables({"one": grid, "two": grid, "three": grid}, entry=(0, 1)),
        lambda: position_figures.attention_on(
            {"a": (photo, torch.rand(4, 4), (0, 1))} | {"b": (photo, torch.rand(4, 4), (2, 2))}
        ),
    ):
        torch.manual_seed(0)
        first = draw()
        torch.manual_seed(0)
        assert draw().png == first.png
        assert first.width <= 880
        assert len(first.description.split()) > 5


def test_a_table_is_orange_above_zero_purple_below_and_white_at_zero():
    grid = torch.zeros(3, 5)
    grid[0, 0], grid[2, 4] = 2, -2
    picture = position_figures.tables({"one": grid})
    cell = 260 / 5
    for (row, column), name in {(0, 0): "positive", (2, 4): "negative", (0, 3): "surface"}.items():
        found = pixel(picture, EDGE + (column + 0.5) * cell, EDGE / 2 + ABOVE + (row + 0.5) * cell)
        assert abs(found - np.array(to_rgb(colour(name))) * 255).max() <= 8, (row, column, found)


def test_a_table_without_a_middle_is_refused():
    with pytest.raises(ValueError, match="odd sides, 2\\*M - 1; got 4x5"):
        position_figures.tables({"one": torch.zeros(4, 5)})


def test_attention_is_bright_where_the_weight_is_large_and_the_query_is_outlined():
    weights = torch.full((4, 4), 0.01)
    weights[1, 2] = 0.85
    picture = position_figures.attention_on({"one": (torch.ones(3, 64, 64), weights, (3, 0))})
    cell, top = 300 / 4, EDGE / 2 + ABOVE
    bright, dark = (
        pixel(picture, EDGE + (c + 0.5) * cell, top + (r + 0.5) * cell) for r, c in ((1, 2), (2, 2))
    )
    assert bright.min() > 240 > 160 > dark.max()
    assert "token (3, 0) looks most at (1, 2)" in picture.description
    edge = pixel(picture, EDGE + 1, top + 3.5 * cell)
    assert abs(edge - np.array(to_rgb(colour("query"))) * 255).max() <= 30
