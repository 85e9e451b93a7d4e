"""The picture of an experiment: the same bytes each time, a better run is drawn higher, clear refusals."""

import io

import numpy as np
import pytest
from PIL import Image

from swin_edu.visuals import colour, training_figures


def rows_of_dots(counts):
    """The rows of the picture in which the colour of the dots stands."""
    picture = training_figures.runs(counts, images=100)
    pixels = np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGB")).astype(int)
    dot = [int(colour("series_0")[i : i + 2], 16) for i in (1, 3, 5)]
    return np.nonzero((np.abs(pixels - dot).sum(axis=2) < 120).any(axis=1))[0]


def test_a_better_run_is_drawn_higher():
    assert rows_of_dots({"a": [90, 91]}).mean() < rows_of_dots({"a": [20, 21]}).mean()


def test_the_same_numbers_give_the_same_bytes():
    assert training_figures.runs({"a": [1]}, 4, 0.25).png == training_figures.runs({"a": [1]}, 4, 0.25).png


def test_variants_with_another_number_of_seeds_are_drawn_too():
    words = repr(training_figures.runs({"a": [1, 2, 3], "b": [4]}, images=4))
    assert words.endswith("a: 25.0 to 75.0 %. b: 100.0 to 100.0 %.")


@pytest.mark.parametrize(
    ("counts", "words"), [({}, "one variant"), ({"a": []}, "one run"), ({"a": [5]}, "0 to 4")]
)
def test_what_cannot_be_drawn_is_refused(counts, words):
    with pytest.raises(ValueError, match=words):
        training_figures.runs(counts, images=4)
