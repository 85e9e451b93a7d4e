"""The pictures of training: the same bytes each time, values where they belong, clear refusals."""

import io

import numpy as np
import pytest
import torch
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


def pixels_of(picture):
    return np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGB")).astype(int)


def where(picture, ink, below=60):
    """(rows, columns) of the picture that have a colour."""
    wanted = [int(ink[i : i + 2], 16) for i in (1, 3, 5)]
    return np.nonzero(np.abs(pixels_of(picture) - wanted).sum(axis=2) < below)


def test_a_larger_value_is_drawn_higher_and_a_later_one_further_right():
    rows, columns = where(training_figures.curves({"a": [0.0, 1.0]}, "step", "loss"), colour("series_0"))
    assert rows[columns.argmin()] > rows[columns.argmax()]


def test_each_of_four_lines_has_its_own_colour():
    lines = {name: [place, place] for place, name in enumerate("abcd", start=1)}
    picture = training_figures.curves(lines, "step", "loss")
    middles = [where(picture, colour(f"series_{line}"))[0].mean() for line in range(4)]
    assert middles == sorted(middles, reverse=True)


@pytest.mark.parametrize("count", [0, 5])
def test_no_line_and_five_lines_are_refused(count):
    with pytest.raises(ValueError, match=f"1 to 4 lines, got {count}"):
        training_figures.curves({str(line): [1] for line in range(count)}, "step", "loss")


def test_small_images_stand_in_their_rows_and_columns():
    red, blue = (torch.tensor(c).view(1, 3, 1, 1).expand(1, 3, 8, 8) for c in ([1.0, 0, 0], [0, 0, 1.0]))
    picture = training_figures.small_images({"one": (torch.cat([red, blue]), []), "two": (blue, ["blue"])})
    reds, blues = where(picture, "#ff0000"), where(picture, "#0000ff")
    upper = blues[0] < 170 * 2
    assert reds[1].max() < blues[1][upper].min()
    assert reds[0].max() == blues[0][upper].max()
    assert blues[1][~upper].max() == reds[1].max()


def test_small_images_say_their_captions_in_words():
    images = torch.zeros(1, 3, 4, 4)
    picture = training_figures.small_images({"a": (images, ["two\nlines"]), "b": (images, [])})
    assert repr(picture) == "Picture: Small images. a: two lines. b: 1 images."


def test_the_same_images_give_the_same_bytes():
    rows = {"a": (torch.zeros(2, 3, 4, 4), ["x", "y"])}
    assert training_figures.small_images(rows).png == training_figures.small_images(rows).png


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({}, "at least one image"),
        ({"a": (torch.zeros(0, 3, 4, 4), [])}, "at least one image"),
        ({"a": (torch.zeros(2, 3, 4, 4), ["x"])}, "row 'a' has 2 images, but 1 captions"),
    ],
)
def test_rows_that_do_not_fit_are_refused(rows, words):
    with pytest.raises(ValueError, match=words):
        training_figures.small_images(rows)
