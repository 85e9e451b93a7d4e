"""load_dataset: every name and folder ends in the right images, and what is not there is told how to get."""

import os

import pytest
import torch

from swin_edu.data import BrokenDataError, DataError, MissingDataError, find_data, load_dataset
from swin_edu.data import sources as sources_module
from swin_edu.data.places import course_folder, data_places
from swin_edu.data.sources import verify_data


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def unreachable(name, cache_dir=None, splits=("train", "test")):
        raise MissingDataError(f"would download {name} {splits}")

    monkeypatch.setattr(sources_module, "download", unreachable)


def test_a_folder_of_parquet_files_is_loaded(parquet_folder, tmp_path):
    train, test = (load_dataset(str(parquet_folder), s, cache_dir=tmp_path / "c") for s in ("train", "test"))
    assert (len(train), len(test)) == (6, 3)
    assert train.images.shape == (6, 3, 6, 8)
    assert (train.name, train.split, test.split) == ("pets", "train", "test")
    assert train.class_names == ["cat", "dog", "fish"]
    assert train.mirror_keeps_label


def test_a_folder_of_images_is_loaded(photo_folder, tmp_path):
    test = load_dataset(photo_folder, "test", cache_dir=tmp_path / "c")
    assert test.images.shape == (3, 3, 6, 8)
    assert test.labels.tolist() == [0, 0, 1]


def test_images_of_several_sizes_come_to_the_wanted_size(photo_folder, tmp_path, encode):
    (photo_folder / "cat" / "00.png").write_bytes(encode(1, size=(30, 20)))
    with pytest.raises(DataError, match="--image-size"):
        load_dataset(photo_folder, cache_dir=tmp_path / "c")
    for size in (12, 16):  # the copies of different sizes do not replace each other
        assert load_dataset(photo_folder, image_size=size, cache_dir=tmp_path / "c").images.shape[2:] == (
            size,
            size,
        )
    assert len(list((tmp_path / "c" / "decoded").iterdir())) == 2


def test_a_broken_photograph_is_named(photo_folder, tmp_path):
    (photo_folder / "dog" / "03.png").write_bytes(b"not an image")
    with pytest.raises(BrokenDataError, match=r"dog.03\.png cannot be decoded"):
        load_dataset(photo_folder, cache_dir=tmp_path / "c")


def test_places_are_searched_in_order_and_before_anything_else(tmp_path, write_parquet, monkeypatch):
    for place, count in (("first", 6), ("second", 9)):
        write_parquet(tmp_path / place / "cifar10" / "train.parquet", count)
    write_parquet(tmp_path / "second" / "own" / "train.parquet", 4)
    places = [tmp_path / "gone", tmp_path / "first", tmp_path / "second"]
    monkeypatch.setenv("SWIN_EDU_DATA", os.pathsep.join(str(place) for place in places))
    assert len(load_dataset("cifar10", cache_dir=tmp_path / "c")) == 6
    assert len(load_dataset("own", cache_dir=tmp_path / "c")) == 4
    assert find_data("cifar10") == tmp_path / "first" / "cifar10"


def test_tiny_imagenet_is_found_under_its_other_name(tmp_path, write_parquet, monkeypatch):
    write_parquet(tmp_path / "tiny-imagenet-200" / "train.parquet", 6)
    monkeypatch.setenv("SWIN_EDU_DATA", str(tmp_path))
    assert len(load_dataset("tiny-imagenet", cache_dir=tmp_path / "c")) == 6
    write_parquet(tmp_path / "tiny-imagenet" / "train.parquet", 9)
    assert len(load_dataset("tiny-imagenet", cache_dir=tmp_path / "c")) == 9, "its own name goes first"


def test_a_list_of_classes_gives_a_part_with_a_copy_and_a_fingerprint_of_its_own(parquet_folder, tmp_path):
    def load(*classes, **more):
        return load_dataset(parquet_folder, classes=classes or None, cache_dir=tmp_path / "c", **more)

    everything, part, turned = load(), load("fish", "cat"), load("cat", "fish")
    for _ in range(2):  # decoded, then from the cache
        part = load("fish", "cat")
        assert part.class_names == ["fish", "cat"]
        assert part.labels.tolist() == [1, 0, 1, 0]
        assert torch.equal(part.images, everything.images[[0, 2, 3, 5]])
    assert turned.labels.tolist() == [0, 1, 0, 1]
    assert len({everything.fingerprint, part.fingerprint, turned.fingerprint}) == 3
    assert len(list((tmp_path / "c" / "decoded").iterdir())) == 3
    file = tmp_path / "classes.txt"
    file.write_text("fish\ncat\n")
    from_file = load_dataset(parquet_folder, "test", classes=file, cache_dir=tmp_path / "c")
    assert from_file.labels.tolist() == [1, 0]
    with pytest.raises(DataError, match=r"no class 'dogg' \(close to it: dog\)"):
        load("dogg")


def test_of_the_shapes_too_some_classes_can_be_taken(tmp_path):
    names = ["triangle inside circle", "circle inside triangle"]
    part = load_dataset("shapes", "test", classes=names)
    assert part.class_names == names
    assert torch.bincount(part.labels).tolist() == [200, 200]
    assert part.fingerprint != load_dataset("shapes", "test", classes=names[::-1]).fingerprint


def test_a_relative_place_is_also_looked_for_from_the_course_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # as a notebook, which runs in notebooks/
    monkeypatch.setenv("SWIN_EDU_DATA", "swin_edu")
    assert data_places() == [course_folder() / "swin_edu"]
    (tmp_path / "swin_edu").mkdir()
    assert data_places() == [type(tmp_path)("swin_edu")], "the current folder comes first"


def test_a_name_nobody_knows_is_told_what_is_known(monkeypatch, tmp_path):
    monkeypatch.setenv("SWIN_EDU_DATA", str(tmp_path / "gone"))
    with pytest.raises(
        MissingDataError, match=r"'cifar'\. Known are shapes, cifar10, cifar100.*gone \(no such"
    ):
        load_dataset("cifar")


def test_a_path_that_is_no_folder_is_refused(tmp_path):
    with pytest.raises(MissingDataError, match="nowhere is not a folder"):
        load_dataset(tmp_path / "nowhere")


def test_a_misspelled_place_is_pointed_out_before_a_download(monkeypatch, tmp_path):
    monkeypatch.setenv("SWIN_EDU_DATA", str(tmp_path / "gone"))
    with (
        pytest.warns(UserWarning, match="gone, which is not a folder"),
        pytest.raises(MissingDataError, match=r"would download cifar10 \('train',\)"),
    ):
        load_dataset("cifar10", cache_dir=tmp_path)


@pytest.mark.parametrize(("split", "size"), [("valid", None), ("train", 0)])
def test_impossible_requests_are_refused(parquet_folder, split, size):
    with pytest.raises(ValueError, match=r"'train' or 'test'|at least 1 pixel"):
        load_dataset(parquet_folder, split, image_size=size)


def test_verify_counts_a_whole_set_and_names_the_first_damage(
    parquet_folder, tmp_path, write_parquet, encode
):
    assert verify_data(parquet_folder, cache_dir=tmp_path / "c") == {"train": 6, "test": 3}
    load_dataset(parquet_folder, cache_dir=tmp_path / "c")
    (copy,) = (tmp_path / "c" / "decoded").iterdir()
    whole = copy.read_bytes()
    copy.write_bytes(whole[:-1])
    with pytest.raises(BrokenDataError, match=copy.name):
        verify_data(parquet_folder, cache_dir=tmp_path / "c")
    copy.write_bytes(whole)
    write_parquet(parquet_folder / "test.parquet", [encode(0), encode(1)[:40]])
    with pytest.raises(BrokenDataError, match=r"test\.parquet, row 1"):
        verify_data(parquet_folder, cache_dir=tmp_path / "c")


def test_verify_accepts_photographs_of_all_sizes(photo_folder, tmp_path, encode):
    (photo_folder / "cat" / "00.png").write_bytes(encode(1, size=(30, 20)))
    assert verify_data(photo_folder, cache_dir=tmp_path) == {"train": 27, "test": 3}


def test_the_real_cifar10_is_read_whole(real_data, tmp_path, monkeypatch):
    monkeypatch.setenv("SWIN_EDU_DATA", str(real_data))
    test = load_dataset("cifar10", "test", cache_dir=tmp_path)
    assert test.images.shape == (10_000, 3, 32, 32)
    assert torch.bincount(test.labels).tolist() == [1000] * 10
    assert test.class_names[0] == "airplane"
    assert test.class_names[9] == "truck"
    mean, _ = test.channel_statistics()
    # The means that the field uses for the training images; the test images differ by less than 0.01.
    assert mean == pytest.approx([0.4914, 0.4822, 0.4465], abs=0.01)


def test_the_real_tiny_imagenet_with_its_grey_images_is_read(real_data, tmp_path):
    folder = real_data / "tiny-imagenet-200"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    test = load_dataset(folder, "test", cache_dir=tmp_path)
    assert test.images.shape == (10_000, 3, 64, 64)
    assert test.num_classes == 200
    assert test.class_names[0] == "n01443537"
    assert len(set(test.class_words)) == 200
    assert test.class_words[0] == "goldfish"
    grey = (test.images[:, 0] == test.images[:, 2]).flatten(1).all(dim=1)
    assert 10 < int(grey.sum()) < 1000
