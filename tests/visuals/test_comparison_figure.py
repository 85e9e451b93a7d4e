"""Curves of runs: better is higher, each run has its own look, and what cannot be drawn is refused."""

import io

import numpy as np
import pytest
from PIL import Image

from swin_edu.visuals import colour
from swin_edu.visuals.comparison_figure import LARGEST, Curve, comparison_figure


def curve(height, epochs=3, seconds=10.0):
    numbers = list(range(1, epochs + 1))
    return Curve(
        numbers,
        [seconds * n for n in numbers],
        [height * n / epochs for n in numbers],
        [2 - n / epochs for n in numbers],
    )


def places_of(picture, name, part):
    """Rows and columns of a colour of the palette within the first, second or last third of the panels."""
    pixels = np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGBA").convert("RGB")).astype(int)
    third = pixels.shape[1] // 3
    # The legend is below; it shows every colour again.
    pixels = pixels[: int(0.75 * len(pixels)), part * third : (part + 1) * third]
    wanted = [int(colour(name)[i : i + 2], 16) for i in (1, 3, 5)]
    return np.nonzero(np.abs(pixels - wanted).sum(axis=2) < 40)


def test_a_better_run_is_drawn_higher_and_a_slower_one_further_right():
    picture = comparison_figure({"good": curve(0.9), "slow": curve(0.3, seconds=30.0)})
    for part in (0, 1):
        assert places_of(picture, "series_0", part)[0].min() < places_of(picture, "series_1", part)[0].min()
    assert places_of(picture, "series_0", 1)[1].max() < places_of(picture, "series_1", 1)[1].max()
    assert len(places_of(picture, "series_0", 2)[0]) or len(places_of(picture, "series_1", 2)[0])


def test_a_run_of_one_epoch_can_be_seen():
    picture = comparison_figure({"short": curve(0.5, epochs=1)})
    assert all(len(places_of(picture, "series_0", part)[0]) > 20 for part in range(3))


def test_the_words_tell_where_each_run_has_come():
    words = repr(comparison_figure({"a": curve(0.5), "b": curve(0.25, epochs=40)}))
    assert words.endswith("a: 50.0 % after 3 epochs and 30 s. b: 25.0 % after 40 epochs and 400 s.")


def test_names_of_all_kinds_and_many_runs_fit():
    one = comparison_figure({"$x_1$ " + r"$\broken{$": curve(0.5)})
    many = comparison_figure({f"a-long-name-of-a-run-{n}": curve(n / 30) for n in range(LARGEST)})
    assert many.width == one.width < 1100


def test_the_same_numbers_give_the_same_bytes():
    assert comparison_figure({"a": curve(0.5)}).png == comparison_figure({"a": curve(0.5)}).png


@pytest.mark.parametrize(
    "curves", [{}, {"empty": Curve([], [], [], [])}, {str(n): curve(0.1) for n in range(LARGEST + 1)}]
)
def test_what_cannot_be_drawn_is_refused(curves):
    with pytest.raises(ValueError, match="runs with an epoch each"):
        comparison_figure(curves)
