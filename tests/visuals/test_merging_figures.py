"""The still pictures of chapter 06 show the numbers they are given, in the colours that mean it."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from swin_edu.visuals import merging_figures
from swin_edu.visuals.palette import colour
from swin_edu.visuals.picture import SHARPNESS, Picture

PHOTO = torch.rand(3, 64, 96, generator=torch.Generator().manual_seed(0)) * 0.2 + 0.7
EDGE, ABOVE = 22, 20  # of a card with titles of one line, in CSS pixels
FIGURES = {
    "window_in_stages": lambda: merging_figures.window_in_stages(PHOTO, 2, (4, 8, 16)),
    "neighbours": lambda: merging_figures.neighbours(torch.arange(24).view(4, 6)),
    "signed_maps": lambda: merging_figures.signed_maps(PHOTO, {"one": torch.tensor([[1.0, -1.0, 0.0]])}),
}


def pixels(picture: Picture) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGBA"))[:, :, :3].astype(int)


def near(pixel: np.ndarray, name: str) -> bool:
    return abs(pixel - [int(colour(name)[i : i + 2], 16) for i in (1, 3, 5)]).max() <= 12


@pytest.mark.parametrize("name", FIGURES)
def test_a_picture_is_the_same_each_time_fits_and_says_what_it_shows(name: str) -> None:
    picture = FIGURES[name]()
    assert picture.png == FIGURES[name]().png
    assert pixels(picture).shape[1] == SHARPNESS * picture.width
    assert picture.width <= 910
    assert len(picture.description.split()) >= 6


def test_neighbours_have_the_colour_of_their_place_before_and_after() -> None:
    card, unit = pixels(FIGURES["neighbours"]()), 380 / 6
    for row, column in np.ndindex(4, 6):
        place = row % 2 + 2 * (column % 2)
        x, y = EDGE + (column + 0.2) * unit, EDGE + ABOVE + (row + 0.2) * unit
        assert near(card[round(y * SHARPNESS), round(x * SHARPNESS)], f"series_{place}"), (row, column)
        # Merged: the four of a group stand side by side, in the order of their places.
        x = EDGE + 380 + 24 + (2 * (column // 2) + (place + 0.2) / 2) * unit
        y = EDGE + ABOVE + (2 * (row // 2) + 0.7) * unit
        assert near(card[round(y * SHARPNESS), round(x * SHARPNESS)], f"series_{place}"), (row, column)


def test_signed_maps_have_the_colours_of_their_signs() -> None:
    card = pixels(FIGURES["signed_maps"]())
    y = round((EDGE + ABOVE + 90) * SHARPNESS)
    for part, name in ((1, "positive"), (3, "negative"), (5, "surface")):
        x = round((EDGE + 270 + 24 + 270 * part / 6) * SHARPNESS)
        assert near(card[y, x], name), name


def test_the_window_has_its_size_in_pixels_in_every_stage() -> None:
    card = pixels(merging_figures.window_in_stages(PHOTO, 2, (4, 8, 16)))
    for panel, stride in enumerate((4, 8, 16)):
        left = (EDGE + panel * (190 + 24)) * SHARPNESS
        part = card[:, left - 12 : left + 190 * SHARPNESS + 12]
        blue = np.abs(part - [int(colour("key")[i : i + 2], 16) for i in (1, 3, 5)]).max(axis=-1) <= 12
        wide = np.ptp(np.flatnonzero(blue.any(axis=0)))
        assert wide == pytest.approx(2 * stride * 190 / 96 * SHARPNESS, abs=9)
