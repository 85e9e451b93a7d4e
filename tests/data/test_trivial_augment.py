"""TrivialAugment: colours as Pillow changes them, places as a loop over pixels moves them, fair draws."""

import math

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps

from swin_edu.data import make_shapes
from swin_edu.data.trivial_augment import CHANGES, LUMA, draw_changes, trivial_augment

STRENGTHS = [-0.93, -0.4, 0.0, 0.31, 0.8]


def photographs(count=5):
    """Smooth noise of all colours, and shapes: with few and with many brightnesses."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.rand(count, 3, 8, 6, generator=generator)
    smooth = torch.nn.functional.interpolate(noise, size=(32, 24), mode="bicubic").clamp(0, 1)
    return torch.cat([(smooth * 255).byte(), make_shapes(count).images[:, :, :, :24]])


def changed(name, strength, images=None):
    images = photographs() if images is None else images
    count = len(images)
    return trivial_augment(images, torch.full((count,), CHANGES.index(name)), torch.full((count,), strength))


def by_pillow(name, strength, image):
    picture = Image.fromarray(image.permute(1, 2, 0).numpy())
    factor = 1 + 0.99 * strength
    result = {
        "brightness": lambda: ImageEnhance.Brightness(picture).enhance(factor),
        "saturation": lambda: ImageEnhance.Color(picture).enhance(factor),
        "contrast": lambda: ImageEnhance.Contrast(picture).enhance(factor),
        "sharpness": lambda: ImageEnhance.Sharpness(picture).enhance(factor),
        "posterize": lambda: ImageOps.posterize(picture, 8 - round(abs(strength) * 6)),
        "solarize": lambda: ImageOps.solarize(picture, math.ceil(255 * (1 - abs(strength)))),
        "autocontrast": lambda: ImageOps.autocontrast(picture),
        "equalize": lambda: ImageOps.equalize(picture),
        "identity": lambda: picture,
    }[name]()
    return torch.from_numpy(np.array(result)).permute(2, 0, 1)


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("name", ["identity", *CHANGES[6:]])
def test_colours_change_as_in_pillow(name, strength):
    images = photographs()
    for ours, image in zip(changed(name, strength, images), images, strict=True):
        # Pillow rounds the grey of a pixel in whole numbers, which may differ by one.
        torch.testing.assert_close(ours.int(), by_pillow(name, strength, image).int(), atol=2, rtol=0)


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("name", CHANGES[1:6])
def test_pixels_come_from_where_the_definition_says_and_black_from_outside(name, strength):
    images = photographs(1)
    height, width = images.shape[2:]
    angle = math.radians(135 * strength)
    matrix = {
        "shear_x": [[1, 0.99 * strength, 0], [0, 1, 0]],
        "shear_y": [[1, 0, 0], [0.99 * strength, 1, 0]],
        "translate_x": [[1, 0, 24 * strength], [0, 1, 0]],
        "translate_y": [[1, 0, 0], [0, 1, 32 * strength]],
        "rotate": [[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0]],
    }[name]
    result = changed(name, strength, images)
    wrong = 0
    for row in range(height):
        for column in range(width):
            x, y = column + 0.5 - width / 2, row + 0.5 - height / 2
            from_x, from_y = (line[0] * x + line[1] * y + line[2] for line in matrix)
            source = from_x + width / 2 - 0.5, from_y + height / 2 - 0.5
            if any(abs(place % 1 - 0.5) < 1e-3 for place in source):
                continue  # between two pixels: either will do
            place = round(source[1]), round(source[0])
            there = 0 <= place[0] < height and 0 <= place[1] < width
            expected = images[:, :, place[0], place[1]] if there else torch.zeros(2, 3, dtype=torch.uint8)
            wrong += int(not torch.equal(result[:, :, row, column], expected))
    assert wrong == 0


def test_every_image_gets_its_own_change_whatever_stands_beside_it():
    images = photographs()
    change, strength = torch.arange(10) % len(CHANGES), torch.linspace(-1, 1, 10)
    together = trivial_augment(images, change, strength)
    for i in range(10):
        alone = trivial_augment(images[i : i + 1], change[i : i + 1], strength[i : i + 1])
        assert torch.equal(alone[0], together[i])
    assert images.equal(photographs()), "the input stays as it was"


def test_all_changes_come_equally_often_and_strengths_fill_the_range():
    change, strength = draw_changes(28_000, torch.Generator().manual_seed(0))
    counts = change.bincount(minlength=len(CHANGES))
    assert (counts - 2000).abs().max() < 200
    assert strength.min() < -0.99
    assert strength.max() > 0.99
    assert abs(strength.mean()) < 0.02
    assert sum(LUMA) == pytest.approx(1)
