"""From uint8 images to what network and loss get: the right steps in the right order, alike for a share."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from swin_edu.data import make_shapes, normalise
from swin_edu.data.augmentation import crop_and_flip
from swin_edu.data.mixing import erase, mix_with_neighbour
from swin_edu.data.trivial_augment import trivial_augment
from swin_edu.training import Preparation, TrainingSettings

ALL = TrainingSettings(
    mixup_alpha=0.8, cutmix_alpha=1.0, erasing_probability=0.5, flip=True, trivial_augment=True
)


@pytest.fixture(scope="module")
def shapes():
    return make_shapes(10)


def test_the_steps_are_crop_change_normalise_erase_mix(shapes):
    prepare = Preparation.of(ALL, shapes)
    draws = prepare.draw(10, torch.Generator().manual_seed(1))
    images, targets = prepare(shapes.images, shapes.labels, draws)
    expected = crop_and_flip(shapes.images, draws["top"], draws["left"], draws["mirrored"], padding=4)
    expected = trivial_augment(expected, draws["change"], draws["strength"])
    expected = erase(normalise(expected, *shapes.channel_statistics()), draws["erased"])
    labels = F.one_hot(shapes.labels, 10).float()
    expected, labels = mix_with_neighbour(expected, labels, draws["share"], draws["box"])
    assert torch.equal(images, expected)
    assert torch.equal(targets, labels)
    torch.testing.assert_close(targets.sum(dim=1), torch.ones(10))


def test_a_share_of_the_batch_with_its_share_of_the_draws_is_a_share_of_the_result(shapes):
    prepare = Preparation.of(ALL, shapes)
    draws = prepare.draw(10, torch.Generator().manual_seed(1))
    whole = prepare(shapes.images, shapes.labels, draws)
    for part in (slice(0, 6), slice(6, 10)):
        share = prepare(
            shapes.images[part], shapes.labels[part], {name: d[part] for name, d in draws.items()}
        )
        assert torch.equal(share[0], whole[0][part])
        assert torch.equal(share[1], whole[1][part])


def test_without_mixing_and_erasing_nothing_is_drawn_for_them(shapes):
    prepare = Preparation.of(TrainingSettings(crop_padding=0, flip=False), shapes)
    draws = prepare.draw(10, torch.Generator())
    assert draws.keys() == {"top", "left", "mirrored"}
    images, targets = prepare(shapes.images, shapes.labels, draws)
    assert torch.equal(images, prepare.normalise(shapes.images))
    assert torch.equal(targets, F.one_hot(shapes.labels, 10).float())


def test_images_of_one_brightness_do_not_become_infinite(shapes):
    grey = replace(shapes, images=torch.full_like(shapes.images, 128))
    assert Preparation.of(TrainingSettings(), grey).normalise(grey.images).isfinite().all()


def test_all_work_is_done_where_the_images_are(shapes):
    """On the device "meta", PyTorch refuses to mix tensors of two devices, as it does on a GPU."""
    prepare = Preparation.of(ALL, shapes)
    draws = prepare.draw(10, torch.Generator().manual_seed(1))
    images, targets = prepare(shapes.images.to("meta"), shapes.labels.to("meta"), draws)
    assert (images.device.type, images.shape) == ("meta", shapes.images.shape)
    assert (targets.device.type, targets.shape) == ("meta", (10, 10))
