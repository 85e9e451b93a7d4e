"""The block lesson's pictures: one scale for all panels, the same bytes each time, clear refusals."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from swin_edu.visuals import block_figures


def pixels_of(picture):
    return np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGB"))


def test_all_panels_share_one_scale_and_zero_is_dark():
    picture = block_figures.token_maps({"large": torch.full((2, 3), 4.0), "small": torch.zeros(2, 3)}, "size")
    pixels = pixels_of(picture).astype(int)
    row, width = pixels.shape[0] // 2, pixels.shape[1]
    assert pixels[row, width // 4].min() > 240
    assert pixels[row, 3 * width // 4].max() < 60
    assert picture.description.endswith("large: mean 4.00. small: mean 0.00.")


def test_the_same_numbers_give_the_same_bytes():
    def draw():
        return block_figures.curves({"a": [1, 2, 3], "b": [3, 2, 1]}, "blocks", "size").png

    assert draw() == draw()


def test_a_larger_number_is_drawn_higher():
    flat, steep = (pixels_of(block_figures.curves({"a": ends}, "x", "y")) for ends in ([1, 1], [1, 3]))
    assert not np.array_equal(flat, steep)


@pytest.mark.parametrize("maps", [{}, {"a": torch.tensor([[-1.0]])}])
def test_maps_that_cannot_be_brightness_are_refused(maps):
    with pytest.raises(ValueError, match="no number below 0"):
        block_figures.token_maps(maps, "size")


@pytest.mark.parametrize("count", [0, 5])
def test_one_to_four_lines(count):
    with pytest.raises(ValueError, match="1 to 4 lines"):
        block_figures.curves({str(i): [1, 2] for i in range(count)}, "x", "y")
