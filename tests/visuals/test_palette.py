"""The palette can be read on light and dark pages, and its region colours can be told apart."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

import swin_edu.visuals
from swin_edu.visuals.palette import PALETTE, colour, contrast_ratio, luminance

VISUALS = Path(swin_edu.visuals.__file__).parent
REGIONS = [f"region_{i}" for i in range(9)]
SERIES = [f"series_{i}" for i in range(6)]
THEMES = ("light", "dark")
# How the three kinds of colour-blind eyes see linear RGB (Machado, Oliveira and Fernandes 2009, severity 1).
EYES = {
    "full colour": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]],
    "deuteranopia": [[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9690]],
    "tritanopia": [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9309, 0.1476], [0.0047, 0.6914, 0.3039]],
}
SHARE_A_WINDOW = [(1, 2), (3, 6), *itertools.combinations((4, 5, 7, 8), 2)]


def as_seen(values: list[str], eyes: str) -> np.ndarray:
    """CIE Lab of colours "#RRGGBB" as these eyes see them, (n, 3)."""
    rgb = np.array([[int(value[i : i + 2], 16) / 255 for i in (1, 3, 5)] for value in values])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ np.array(EYES[eyes]).T, 0, 1)
    return rgb2lab(np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))


@pytest.mark.parametrize("theme", THEMES)
def test_text_has_a_contrast_of_at_least_4_5(theme):
    pairs = [("ink", "surface"), ("muted_ink", "surface"), ("ink", "raised"), ("muted_ink", "raised")]
    pairs += [("ink", "line"), ("query", "surface"), *(("region_ink", region) for region in REGIONS)]
    pairs += [(name, "surface") for name in SERIES] + [("on_series", name) for name in SERIES]
    pairs += [("positive", "surface"), ("negative", "surface")]
    for text, ground in pairs:
        assert contrast_ratio(colour(text, theme), colour(ground, theme)) >= 4.5, (text, ground)


@pytest.mark.parametrize("theme", THEMES)
def test_what_carries_a_meaning_has_a_contrast_of_at_least_3(theme):
    pairs = [("key", "surface"), ("focus", "surface"), *((region, "masked") for region in REGIONS)]
    for one, other in pairs:
        assert contrast_ratio(colour(one, theme), colour(other, theme)) >= 3, (one, other)


@pytest.mark.parametrize("eyes", EYES)
def test_no_two_regions_look_alike_to_any_eyes(eyes):
    lab = as_seen([colour(region) for region in REGIONS], eyes)
    distance = deltaE_ciede2000(lab[:, None], lab[None])
    apart = distance[np.triu_indices(9, 1)].min()
    assert apart > 7.5, f"two regions are only {apart:.1f} apart"
    assert min(distance[pair] for pair in SHARE_A_WINDOW) > 11


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("eyes", EYES)
def test_query_key_masked_and_padding_do_not_look_alike_to_any_eyes(eyes, theme):
    lab = as_seen([colour(name, theme) for name in ("query", "key", "masked", "padding")], eyes)
    assert deltaE_ciede2000(lab[:, None], lab[None])[np.triu_indices(4, 1)].min() > 11


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("eyes", EYES)
def test_the_series_and_the_two_signs_do_not_look_alike_to_any_eyes(eyes, theme):
    for names in (SERIES, ["positive", "negative"]):
        lab = as_seen([colour(name, theme) for name in names], eyes)
        assert deltaE_ciede2000(lab[:, None], lab[None])[np.triu_indices(len(names), 1)].min() > 10


def test_wrapped_regions_are_warm_and_the_others_cool():
    for region in range(9):
        red, _, blue = (int(colour(f"region_{region}")[i : i + 2], 16) for i in (1, 3, 5))
        assert (red > blue) == (region in (2, 5, 6, 7, 8)), region


def test_every_colour_is_a_hex_number_for_both_themes():
    for entry in PALETTE.values():
        assert re.fullmatch("#[0-9A-F]{6}", entry.light)
        assert re.fullmatch("#[0-9A-F]{6}", entry.dark)
        assert entry.meaning


def test_no_explorer_names_a_colour_of_its_own():
    for path in (*VISUALS.glob("*.js"), *VISUALS.glob("*.css")):
        named = set(re.findall(r"#[0-9a-fA-F]{3,8}\b", path.read_text(encoding="utf-8")))
        assert named <= {"#fff"}, f"{path.name} names {named}; colours come from palette.py"


def test_contrast_is_that_of_the_web_guidelines():
    assert contrast_ratio("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.005)
    assert contrast_ratio("#FFFFFF", "#767676") == contrast_ratio("#767676", "#FFFFFF")
    assert luminance("#000000") == 0


def test_an_unknown_colour_is_refused_with_the_names_there_are():
    with pytest.raises(KeyError, match="no colour is called 'regoin_0'; there are region_0"):
        colour("regoin_0")
