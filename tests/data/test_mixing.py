"""Mixup, CutMix and erasing equal a definition written pixel by pixel, and shares are what they say."""

import math

import pytest
import torch

from swin_edu.data.mixing import draw_erasing, draw_mixing, erase, inside, mix_with_neighbour

SIZE = (12, 8)


def drawn(count, mixup=0.0, cutmix=0.0, probability=1.0, seed=0):
    return draw_mixing(count, SIZE, mixup, cutmix, probability, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("mixup", "cutmix"), [(0.8, 0.0), (0.0, 1.0), (0.8, 1.0)])
@pytest.mark.parametrize("count", [6, 7])
def test_mixing_equals_the_definition_pixel_by_pixel(mixup, cutmix, count):
    share, box = drawn(count, mixup, cutmix)
    images, targets = torch.rand(count, 3, *SIZE), torch.eye(10)[torch.arange(count) % 10]
    mixed, mixed_targets = mix_with_neighbour(images, targets, share, box)
    for i in range(count):
        other = i + 1 if i % 2 == 0 else i - 1
        other = i if other >= count else other
        top, bottom, left, right = box[i].tolist()
        own = 0.0
        for row in range(SIZE[0]):
            for column in range(SIZE[1]):
                cut = top <= row < bottom and left <= column < right
                part = 0.0 if cut else float(share[i])
                own += part / (SIZE[0] * SIZE[1])
                expected = part * images[i, :, row, column] + (1 - part) * images[other, :, row, column]
                torch.testing.assert_close(mixed[i, :, row, column], expected)
        torch.testing.assert_close(mixed_targets[i], own * targets[i] + (1 - own) * targets[other])
    torch.testing.assert_close(mixed_targets.sum(dim=1), torch.ones(count))


def test_each_image_gets_mixup_or_cutmix_or_neither_as_often_as_asked():
    share, box = drawn(4000, 0.8, 1.0, probability=0.6)
    cut = inside(box, *SIZE).any(dim=(1, 2))
    mixed = share < 1
    assert not (cut & mixed).any()
    # A rectangle of less than half a pixel vanishes, so that a few cuts are missing.
    assert 0.25 < cut.float().mean() < 0.31
    assert 0.28 < mixed.float().mean() < 0.32


def test_the_shares_come_from_the_beta_distribution():
    share, _ = drawn(20_000, mixup=0.8)
    variance = 1 / (4 * (2 * 0.8 + 1))
    assert abs(share.mean() - 0.5) < 0.01
    assert abs(share.var() - variance) < 0.005


def test_a_cut_covers_the_part_that_the_beta_distribution_says_where_no_edge_is_in_its_way():
    _, box = draw_mixing(4000, (64, 64), 0.0, 1.0, 1.0, torch.Generator().manual_seed(0))
    top, bottom, left, right = box.unbind(dim=1)
    whole = (top > 0) & (bottom < 64) & (left > 0) & (right < 64)
    assert ((bottom - top) == (right - left))[whole].all(), "as high as wide, like the image"
    assert whole.any()


def test_the_same_generator_state_draws_the_same_and_no_probability_mixes_nothing():
    for one, other in zip(drawn(8, 0.8, 1.0), drawn(8, 0.8, 1.0), strict=True):
        assert torch.equal(one, other)
    share, box = drawn(8, 0.8, 1.0, probability=0.0)
    images, targets = torch.rand(8, 3, *SIZE), torch.eye(8)
    mixed, mixed_targets = mix_with_neighbour(images, targets, share, box)
    assert torch.equal(mixed, images)
    assert torch.equal(mixed_targets, targets)


def test_pairs_mix_alike_whether_the_batch_is_whole_or_shared():
    share, box = drawn(10, 0.8, 1.0)
    images, targets = torch.rand(10, 3, *SIZE), torch.eye(10)
    whole = mix_with_neighbour(images, targets, share, box)
    parts = [
        mix_with_neighbour(images[part], targets[part], share[part], box[part])
        for part in (slice(0, 6), slice(6, 10))
    ]
    for one, some in zip(whole, zip(*parts, strict=True), strict=True):
        assert torch.equal(one, torch.cat(some))


def test_erasing_sets_one_rectangle_to_zero_of_a_size_inside_the_paper_s_range():
    size = (64, 64)
    box = draw_erasing(2000, size, 0.25, torch.Generator().manual_seed(0))
    top, bottom, left, right = box.unbind(dim=1)
    erased = inside(box, *size).sum(dim=(1, 2))
    assert 0.22 < (erased > 0).float().mean() < 0.28
    assert erased.max() <= math.ceil(64 * 64 / 3 * 1.1)
    assert torch.equal(erased, (bottom - top) * (right - left))
    images = torch.rand(4, 3, *size) + 1
    emptied = erase(images, box[:4])
    assert torch.equal(emptied == 0, inside(box[:4], *size)[:, None].expand_as(images))
    assert torch.equal(emptied[emptied != 0], images[emptied != 0])
