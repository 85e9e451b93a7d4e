"""The pictures of chapter 01 show the numbers they are given, and are the same each time."""

import io

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from PIL import Image

from swin_edu.visuals import patches_figures
from swin_edu.visuals.palette import colour
from swin_edu.visuals.picture import SHARPNESS

PHOTO = torch.rand(3, 64, 96, generator=torch.Generator().manual_seed(0)) * 0.2 + 0.7
TINY = torch.arange(24).view(4, 6)
PATCHES = TINY.view(2, 2, 3, 2).permute(0, 2, 1, 3).reshape(2, 3, 4)


def pixels(picture) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGBA")).astype(int)


def all_figures() -> list:
    return [
        patches_figures.scales(
            {"one": (PHOTO, (8, 8, 32, 16)), "two": (PHOTO[:, ::2, ::2], (4, 4, 16, 8))}, 4
        ),
        patches_figures.numbers({"tiny": TINY}, PATCHES),
        patches_figures.photographs({"a": PHOTO, "b": 1 - PHOTO, "c": PHOTO}),
    ]


def test_each_is_sharp_fits_a_notebook_says_what_it_shows_and_is_the_same_again():
    for first, second in zip(all_figures(), all_figures(), strict=True):
        assert first.png == second.png
        assert pixels(first).shape[1] == SHARPNESS * first.width
        assert first.width <= 880
        assert len(first.description.split()) >= 6


def test_a_smaller_photograph_is_drawn_smaller_and_its_box_has_fewer_patches():
    picture = all_figures()[0]
    assert "one: the box has 32 patches, two: the box has 8 patches" in picture.description
    card = pixels(picture)
    left, top = 22 + 400 + 24, 42
    inside = card[round((top + 60) * SHARPNESS), round((left + 150) * SHARPNESS), :3]
    outside = card[round((top + 200) * SHARPNESS), round((left + 300) * SHARPNESS), :3]
    assert outside.min() > 250 > inside.max()


def test_pixels_of_one_patch_share_its_colour():
    card = pixels(all_figures()[1])
    for row in range(4):
        for column in range(6):
            place = round((42 + (row + 0.2) * 50) * SHARPNESS), round((22 + (column + 0.2) * 50) * SHARPNESS)
            name = f"series_{row // 2 * 3 + column // 2}"
            assert abs(card[place][:3] - np.array(to_rgb(colour(name))) * 255).max() <= 6, (row, column)


def test_more_patches_than_colours_are_refused():
    with pytest.raises(ValueError, match="six patches at most, got 4 x 6"):
        patches_figures.numbers({"tiny": TINY}, TINY[..., None])
