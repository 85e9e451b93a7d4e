"""Folders of images: every tenth image is for the test, split folders are respected, odd things are named."""

import pytest

from swin_edu.data import DataError, MissingDataError
from swin_edu.data.image_folder import list_image_folder


def test_without_splits_every_tenth_image_of_each_class_is_for_the_test(photo_folder):
    train, test = (list_image_folder(photo_folder, split) for split in ("train", "test"))
    assert train.class_names == test.class_names == ["cat", "dog"]
    assert [f"{file.parent.name}/{file.stem}" for file in test.files] == ["cat/09", "cat/19", "dog/09"]
    assert test.labels == [0, 0, 1]
    assert len(train.files) == 27
    assert not set(train.files) & set(test.files)
    assert all(file.suffix == ".png" for file in train.files), "the text file is no image"


def test_split_folders_are_respected_and_share_their_class_numbers(tmp_path, encode):
    for split, names in (("train", ["cat", "dog", "fish"]), ("val", ["dog", "fish"])):
        for name in names:
            (tmp_path / split / name).mkdir(parents=True)
            (tmp_path / split / name / "1.png").write_bytes(encode())
    test = list_image_folder(tmp_path, "test")
    assert test.class_names == ["cat", "dog", "fish"]
    assert test.labels == [1, 2], "dog is class 1 although val has no cat"


def test_a_class_that_was_never_trained_is_refused(tmp_path, encode):
    for split, name in (("train", "cat"), ("test", "cow")):
        (tmp_path / split / name).mkdir(parents=True)
        (tmp_path / split / name / "1.png").write_bytes(encode())
    with pytest.raises(DataError, match="'cow'"):
        list_image_folder(tmp_path, "test")


def test_one_split_without_the_other_is_refused(tmp_path, encode):
    (tmp_path / "train" / "cat").mkdir(parents=True)
    (tmp_path / "train" / "cat" / "1.png").write_bytes(encode())
    with pytest.raises(MissingDataError, match="has a train folder but not the other split"):
        list_image_folder(tmp_path, "train")


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_folder_without_images_says_what_is_expected(tmp_path, split):
    with pytest.raises(MissingDataError, match="no subfolders; expected one a class"):
        list_image_folder(tmp_path, split)
    (tmp_path / "cat").mkdir()
    with pytest.raises(MissingDataError, match=rf"no images for the {split} split; .*\.jpg"):
        list_image_folder(tmp_path, split)
