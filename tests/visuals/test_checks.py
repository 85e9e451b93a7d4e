"""Values that an explorer cannot show are refused, and the message says what would do."""

import numpy as np
import pytest
from traitlets import HasTraits, TraitError

from swin_edu.visuals.checks import Value, one_of, own_picture, within


@pytest.mark.parametrize("value", [0, 13, 2.0, "3", None, True])
def test_only_whole_numbers_between_the_limits_pass(value):
    with pytest.raises(TraitError, match=r"window_size must be 1 \.\.\. 12, got"):
        within(value, 1, 12, "window_size")
    assert [within(side, 1, 12, "window_size") for side in (1, 12)] == [1, 12]


def test_only_what_is_on_the_list_passes():
    with pytest.raises(TraitError, match="image must be one of chelsea, coffee; got 'cat'"):
        one_of("cat", ["chelsea", "coffee"], "image")
    assert one_of("coffee", ["chelsea", "coffee"], "image") == "coffee"


@pytest.mark.parametrize(
    "pixels", [np.zeros((0, 5, 3), np.uint8), np.zeros((4, 5), np.uint8), np.zeros((4, 5, 3)), "cat.png"]
)
def test_only_a_colour_picture_of_bytes_with_a_pixel_passes(pixels):
    with pytest.raises(TraitError, match=r"image must be a name or a \(height, width, 3\) uint8 array, got"):
        own_picture(pixels)


def test_a_value_is_never_none():
    class Holder(HasTraits):
        size = Value(4)

    with pytest.raises(TraitError, match="size must have a value, got None"):
        Holder().size = None
    assert Holder(size=(1, 2)).size == (1, 2)
