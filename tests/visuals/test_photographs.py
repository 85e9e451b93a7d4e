"""The photographs are real ones, come from the installed package, and are small when they travel."""

import io

import numpy as np
import pytest
from PIL import Image

from swin_edu.visuals.photographs import PHOTOGRAPHS, as_jpeg, photograph, photographs_for_browser


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_every_photograph_is_there_in_colour(name):
    pixels = photograph(name)
    assert pixels.dtype == np.uint8
    assert pixels.shape[2] == 3
    assert min(pixels.shape[:2]) >= 300
    assert pixels.std() > 10


def test_photographs_are_the_ones_scikit_image_gives():
    import skimage.data

    assert np.array_equal(photograph("astronaut"), skimage.data.astronaut())
    assert np.array_equal(photograph("chelsea"), skimage.data.chelsea())


def test_a_photograph_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        photograph("coffee")[0, 0] = 0


def test_an_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match=r"no photograph is called 'cat'; choose one of chelsea, astronaut"):
        photograph("cat")


def test_jpegs_keep_the_picture_and_its_shape():
    pixels = photograph("rocket")
    small = Image.open(io.BytesIO(as_jpeg(pixels, longest_side=320)))
    assert small.size == (320, 214)
    assert abs(np.asarray(small).mean() - pixels.mean()) < 2


def test_all_that_travels_is_under_a_third_of_a_megabyte():
    files = photographs_for_browser()
    assert list(files) == list(PHOTOGRAPHS)
    assert sum(len(file["data"]) for file in files.values()) < 333_000
