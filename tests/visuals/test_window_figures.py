"""The picture of windows as a batch shows the patches that each window really holds."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from swin_edu import window_partition
from swin_edu.visuals.window_figures import window_contents

NUMBERS = torch.arange(96)
RIGHT = window_partition(NUMBERS.view(1, 8, 12, 1), 4)[..., 0]
WRONG = NUMBERS.view(-1, 4, 4)
PHOTO = torch.rand(3, 160, 240, generator=torch.Generator().manual_seed(0)) * 0.4


def share_of_one_patch(number: int, windows: torch.Tensor) -> float:
    """How much of the picture is the patch of this token, the only bright green one."""
    photo = PHOTO.clone()
    row, column = divmod(number, 12)
    photo[:, 20 * row : 20 * row + 20, 20 * column : 20 * column + 20] = torch.tensor([0, 1, 0])[
        :, None, None
    ]
    picture = window_contents(photo, {"": windows}, grid=(8, 12))
    pixels = np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGBA"), int)
    red, green, blue = np.moveaxis(pixels[..., :3], -1, 0)
    return float(((green > 200) & (red < 80) & (blue < 80)).mean())


@pytest.mark.parametrize("windows", [RIGHT, WRONG])
def test_every_window_shows_the_patches_it_holds(windows):
    for number in (0, 11, 41, 95):
        assert share_of_one_patch(number, windows) > 0.001


def test_a_patch_that_no_window_holds_is_not_drawn_and_one_held_twice_is():
    windows = RIGHT.clone()
    windows[windows == 41] = 40
    assert share_of_one_patch(41, windows) == 0
    assert share_of_one_patch(40, windows) == pytest.approx(2 * share_of_one_patch(40, RIGHT), rel=0.1)


def test_right_and_wrong_windows_look_different_and_say_so():
    picture = window_contents(PHOTO, {"right": RIGHT, "wrong": WRONG}, grid=(8, 12))
    assert "right: the rows of window 0 begin with 0, 12, 24, 36" in picture.description
    assert "wrong: the rows of window 0 begin with 0, 4, 8, 12" in picture.description
    assert (
        window_contents(PHOTO, {"": RIGHT}, (8, 12)).png != window_contents(PHOTO, {"": WRONG}, (8, 12)).png
    )


def test_windows_that_do_not_cover_the_grid_are_refused():
    with pytest.raises(ValueError, match="5 windows of 4x4 do not cover a grid of 8x12"):
        window_contents(PHOTO, {"": RIGHT[:5]}, grid=(8, 12))
