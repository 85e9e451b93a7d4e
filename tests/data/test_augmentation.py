"""Batched crop and flip: equal to cutting each image by hand, and the same from the same generator."""

import pytest
import torch

from swin_edu.data import normalise, random_crop_and_flip


def crops_by_hand(image: torch.Tensor, padding: int) -> list[torch.Tensor]:
    """All crops of one image (C, H, W), plain and mirrored, cut one at a time."""
    channels, height, width = image.shape
    padded = torch.zeros(channels, height + 2 * padding, width + 2 * padding, dtype=image.dtype)
    padded[:, padding : padding + height, padding : padding + width] = image
    crops = []
    for top in range(2 * padding + 1):
        for left in range(2 * padding + 1):
            crop = padded[:, top : top + height, left : left + width]
            crops += [crop, crop.flip(2)]
    return crops


def test_every_result_is_one_of_the_crops_cut_by_hand_and_all_of_them_occur():
    image = torch.randint(1, 256, (3, 5, 7), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    batch = random_crop_and_flip(image.expand(3000, -1, -1, -1), padding=2, generator=torch.Generator())
    expected = {crop.numpy().tobytes(): 0 for crop in crops_by_hand(image, 2)}
    assert len(expected) == 50
    for crop in batch:
        expected[crop.contiguous().numpy().tobytes()] += 1
    assert len(expected) == 50, "a crop that no hand would cut"
    assert min(expected.values()) > 20, "60 of each are expected on average"


def test_each_image_of_a_batch_gets_its_own_crop_and_keeps_its_place():
    images = torch.arange(1, 51, dtype=torch.uint8).view(50, 1, 1, 1).expand(50, 3, 8, 8)
    crops = random_crop_and_flip(images, padding=2, flip=False)
    assert crops.dtype == torch.uint8
    assert torch.equal(crops.amax(dim=(1, 2, 3)), torch.arange(1, 51, dtype=torch.uint8))
    assert len({int((crop > 0).sum()) for crop in crops}) > 3


def test_without_flip_nothing_is_mirrored_and_without_padding_nothing_moves():
    images = torch.randint(0, 256, (20, 3, 6, 6), dtype=torch.uint8)
    assert torch.equal(random_crop_and_flip(images, padding=0, flip=False), images)


def test_the_same_generator_state_gives_the_same_crops_and_the_images_stay_as_they_were():
    images = torch.randint(0, 256, (20, 3, 6, 6), dtype=torch.uint8)
    before = images.clone()
    first, again = (
        random_crop_and_flip(images, generator=torch.Generator().manual_seed(5)) for _ in range(2)
    )
    assert torch.equal(first, again)
    assert torch.equal(images, before)


def test_normalised_images_have_mean_0_and_deviation_1():
    images = torch.randint(0, 256, (40, 3, 6, 6), dtype=torch.uint8)
    floats = images.double() / 255
    mean, deviation = floats.mean(dim=(0, 2, 3)), floats.transpose(0, 1).flatten(1).std(dim=1)
    result = normalise(images, mean.tolist(), deviation.tolist())
    assert result.dtype == torch.float32
    torch.testing.assert_close(result.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(result.transpose(0, 1).flatten(1).std(dim=1), torch.ones(3), atol=1e-4, rtol=0)


def test_images_that_are_normalised_already_are_refused():
    with pytest.raises(ValueError, match="float32"):
        normalise(torch.zeros(1, 3, 4, 4), [0.5] * 3, [0.5] * 3)


def test_a_single_image_without_a_batch_axis_is_refused():
    with pytest.raises(ValueError, match="B, C, H, W"):
        random_crop_and_flip(torch.zeros(3, 8, 8))
