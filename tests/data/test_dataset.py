"""ImageDataset: refuses what does not fit together, and its parts and statistics are right."""

import pytest
import torch

from swin_edu.data import ImageDataset


def dataset(count: int = 10, classes: int = 2) -> ImageDataset:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (count, 3, 5, 7), dtype=torch.uint8, generator=generator)
    return ImageDataset(images, torch.arange(count) % classes, [str(n) for n in range(classes)], "test")


@pytest.mark.parametrize(
    ("images", "labels", "names", "message"),
    [
        (torch.zeros(2, 3, 4, 4), torch.zeros(2, dtype=torch.int64), ["a"], "uint8"),
        (
            torch.zeros(2, 4, 4, 3, dtype=torch.uint8),
            torch.zeros(2, dtype=torch.int64),
            ["a"],
            r"\(N, 3, H, W\)",
        ),
        (
            torch.zeros(2, 3, 4, 4, dtype=torch.uint8),
            torch.zeros(3, dtype=torch.int64),
            ["a"],
            "one an image",
        ),
        (torch.zeros(2, 3, 4, 4, dtype=torch.uint8), torch.zeros(2), ["a"], "int64"),
        (torch.zeros(2, 3, 4, 4, dtype=torch.uint8), torch.tensor([0, 2]), ["a", "b"], r"0\.\.1.*got 0\.\.2"),
        (torch.zeros(2, 3, 4, 4, dtype=torch.uint8), torch.tensor([-1, 0]), ["a", "b"], r"got -1\.\.0"),
        (torch.zeros(0, 3, 4, 4, dtype=torch.uint8), torch.zeros(0, dtype=torch.int64), ["a"], "no images"),
    ],
)
def test_images_and_labels_that_do_not_fit_are_refused(images, labels, names, message):
    with pytest.raises(ValueError, match=message):
        ImageDataset(images, labels, names, "test")


def test_a_subset_is_mixed_the_same_each_time_and_keeps_images_with_their_labels():
    images = torch.arange(100, dtype=torch.uint8).view(100, 1, 1, 1).expand(100, 3, 2, 2)
    sorted_by_class = ImageDataset(images, torch.arange(100) // 10, [str(n) for n in range(10)], "sorted")
    part = sorted_by_class.subset(30, seed=1)
    assert len(part) == 30
    assert torch.equal(part.images[:, 0, 0, 0].long() // 10, part.labels)
    assert len(part.labels.unique()) > 5, "the first 30 images are of three classes only"
    assert torch.equal(part.images, sorted_by_class.subset(30, seed=1).images)
    assert not torch.equal(part.images, sorted_by_class.subset(30, seed=2).images)
    assert sorted_by_class.subset(1000) is sorted_by_class


def test_channel_statistics_equal_those_of_the_float_images():
    data = dataset(50)
    mean, deviation = data.channel_statistics()
    floats = data.images.double() / 255
    expected_mean = floats.mean(dim=(0, 2, 3))
    expected_deviation = floats.transpose(0, 1).flatten(1).std(dim=1, correction=0)
    assert mean == pytest.approx(expected_mean.tolist(), abs=1e-6)
    assert deviation == pytest.approx(expected_deviation.tolist(), abs=1e-6)


def test_its_text_does_not_list_hundreds_of_class_names():
    assert len(repr(dataset(200, classes=200))) < 100


def test_only_some_classes_in_a_new_order_keep_their_images():
    whole = dataset(12, classes=4)
    part = whole.only_classes(["3", "1"])
    assert part.class_names == ["3", "1"]
    assert part.labels.tolist() == [1, 0] * 3
    assert torch.equal(part.images, whole.images[1::2])
    assert part.fingerprint != whole.only_classes(["1", "3"]).fingerprint


def test_statistics_of_a_large_set_are_counted_in_parts(monkeypatch):
    from swin_edu.data import dataset as dataset_module

    at_once = dataset(50).channel_statistics()
    monkeypatch.setattr(dataset_module, "_IMAGES_AT_ONCE", 7)
    assert dataset(50).channel_statistics() == at_once


def test_class_words_are_for_people_and_class_names_stay_ids():
    images = torch.zeros(2, 3, 4, 4, dtype=torch.uint8)
    two = ImageDataset(images, torch.tensor([0, 1]), ["n01443537", "dog"], "two")
    assert two.class_words == ["goldfish", "dog"]
    assert two.class_names == ["n01443537", "dog"]
