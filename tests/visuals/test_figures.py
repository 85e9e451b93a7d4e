"""Still pictures show the numbers they are given, in the colours that mean it, and are the same each time."""

import io
from functools import cache

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from PIL import Image

from swin_edu import region_ids, shift_mask
from swin_edu.visuals import figures
from swin_edu.visuals.palette import PALETTE, colour
from swin_edu.visuals.picture import SHARPNESS, Picture

PHOTO = torch.rand(3, 64, 96, generator=torch.Generator().manual_seed(0)) * 0.2 + 0.7
EDGE, ABOVE = 22, 20  # of a card with titles of one line, in CSS pixels


def pixels(picture: Picture) -> np.ndarray:
    """(height, width, 4), 0 ... 255."""
    return np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGBA")).astype(int)


def share_of(picture: Picture, name: str) -> float:
    """Share of pixels that have a palette colour (256 colours in a file: a few steps off is the same)."""
    wanted = np.array(to_rgb(colour(name))) * 255
    return float((abs(pixels(picture)[:, :, :3] - wanted).max(axis=-1) <= 6).mean())


@cache
def all_figures() -> dict[str, Picture]:
    ids, mask = region_ids(8, 12, 4, 2), shift_mask(8, 12, 4, 2)
    some = torch.arange(96).view(8, 12) < 20
    return {
        "windows": figures.windows(PHOTO, {"plain": ids, "again": ids}),
        "numbers": figures.numbers({"grid": (torch.arange(96).view(8, 12), ids)}, window=4),
        "masks": figures.masks(mask[:4], ids),
        "heard": figures.heard(PHOTO, {"one": some, "two": ~some}, source=(1, 2)),
        "attention": figures.attention(PHOTO, {"one": some / some.sum()}, query=(1, 2)),
        "colours": figures.colours(),
    }


drawn_again = cache(all_figures.__wrapped__)


@pytest.mark.parametrize("name", ["windows", "numbers", "masks", "heard", "attention", "colours"])
def test_the_same_numbers_give_the_same_file_without_date_or_version(name: str) -> None:
    first, second = all_figures()[name], drawn_again()[name]
    assert first.png == second.png
    assert b"matplotlib" not in first.png.lower()
    assert b"tEXt" not in first.png


@pytest.mark.parametrize("name", ["windows", "numbers", "masks", "heard", "attention", "colours"])
def test_a_picture_fits_a_notebook_is_sharp_and_says_what_it_shows(name: str) -> None:
    picture = all_figures()[name]
    assert pixels(picture).shape[1] == SHARPNESS * picture.width
    assert picture.width <= 880
    data, metadata = picture._repr_mimebundle_()
    assert data["text/plain"] == f"Picture: {picture.description}"
    assert metadata["image/png"] == {"width": picture.width, "alt": picture.description}
    assert len(picture.description.split()) >= 6


def test_the_card_is_white_with_clear_corners() -> None:
    card = pixels(figures.colours())
    assert card[0, 0, 3] == 0
    assert card[card.shape[0] // 2, 6].min() >= 252


def test_a_mask_shows_forbidden_pairs_dark_and_allowed_ones_in_the_colour_of_the_query() -> None:
    ids, mask = region_ids(8, 8, 4, 2), shift_mask(8, 8, 4, 2)
    card = pixels(figures.masks(mask, ids))
    token = 184 / 16
    for window in range(4):
        for query, key in ((0, 0), (0, 2), (5, 12), (15, 10), (9, 9)):
            across = EDGE + window * (184 + 24) + (key + 0.5) * token
            down = EDGE + ABOVE + (query + 0.5) * token
            row, column = window // 2 * 4 + query // 4, window % 2 * 4 + query % 4
            name = f"region_{ids[row, column]}" if mask[window, query, key] else "masked"
            found = card[round(down * SHARPNESS), round(across * SHARPNESS), :3]
            assert abs(found - np.array(to_rgb(colour(name))) * 255).max() <= 6, (window, query, key)


def test_only_those_who_hear_are_bright_and_a_coarser_map_fits_the_same_photograph() -> None:
    fine = torch.zeros(8, 12, dtype=torch.bool)
    fine[:4, :6] = True
    for noticed in (fine, fine[::2, ::2]):
        card = pixels(figures.heard(PHOTO, {"": fine, "now": noticed}, source=(0, 0)))
        left, top = EDGE + 300 + 24, EDGE + ABOVE + 18
        bright = card[round((top + 85) * SHARPNESS), round((left + 130) * SHARPNESS), :3]
        dark = card[round((top + 160) * SHARPNESS), round((left + 130) * SHARPNESS), :3]
        assert bright.min() > 150 > 100 > dark.max()


def test_the_token_that_speaks_and_the_one_that_asks_have_the_colours_of_key_and_query() -> None:
    pictures = all_figures()
    assert share_of(pictures["heard"], "key") > 0.001
    assert share_of(pictures["heard"], "query") == 0
    assert share_of(pictures["attention"], "query") > 0.001
    assert share_of(pictures["attention"], "key") == 0


def test_the_outline_is_at_row_and_column_and_not_the_other_way_round() -> None:
    card = pixels(figures.heard(PHOTO, {"": torch.ones(8, 12, dtype=torch.bool)}, source=(1, 4)))
    left, top, token = EDGE, EDGE + ABOVE + 18, 300 / 12
    found = card[round((top + token) * SHARPNESS), round((left + 4.5 * token) * SHARPNESS), :3]
    assert abs(found - np.array(to_rgb(colour("key"))) * 255).max() <= 6


def test_attention_is_brightest_where_the_weight_is_largest() -> None:
    weights = torch.zeros(8, 12)
    weights[6, 3], weights[6, 9] = 0.9, 0.1
    card = pixels(figures.attention(PHOTO, {"": weights}, query=(0, 0)))
    down = round((EDGE + ABOVE + 6.5 * 25) * SHARPNESS)
    much, little, none = (
        card[down - 12 : down + 12, round((EDGE + (c + 0.5) * 25) * SHARPNESS) + 5, :3].mean()
        for c in (3, 9, 6)
    )
    assert much > little + 20 > none + 40


def test_numbers_are_filled_with_the_colours_of_their_regions() -> None:
    picture = all_figures()["numbers"]
    ids = region_ids(8, 12, 4, 2)
    shares = [share_of(picture, f"region_{region}") for region in range(9)]
    counts = ids.flatten().bincount(minlength=9)
    assert min(shares) > 0
    assert np.corrcoef(shares, counts)[0, 1] > 0.99


def test_padding_has_its_own_colour() -> None:
    ids = region_ids(6, 7, 4, 2)
    assert share_of(figures.numbers({"": (ids, ids)}, window=4), "padding") > 0.1


def test_windows_name_their_sizes_and_counts() -> None:
    ids = region_ids(8, 8, 4, 2)
    picture = figures.windows(PHOTO[:, :, :64], {"plain": ids // 9, "shifted": ids})
    assert picture.description.endswith("plain: 1 windows, shifted: 9 windows.")


def test_the_legend_shows_every_colour_that_a_figure_gives_a_meaning() -> None:
    legend = figures.colours()
    regions = [f"region_{region}" for region in range(9)]
    assert set(regions) < set(PALETTE)
    for name in (*regions, "query", "key", "masked", "padding"):
        assert share_of(legend, name) > 0.002, name
