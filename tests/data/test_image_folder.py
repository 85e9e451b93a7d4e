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


def tiny_imagenet(folder, encode):
    """The archive's own form: labels of val in a table, no labels of test."""
    for name in ("n01443537", "n03126707"):
        (folder / "train" / name / "images").mkdir(parents=True)
        (folder / "train" / name / f"{name}_boxes.txt").write_text("")
        for number in range(3):
            (folder / "train" / name / "images" / f"{name}_{number}.JPEG").write_bytes(encode())
    for split in ("val", "test"):
        (folder / split / "images").mkdir(parents=True)
        for number in range(3):
            (folder / split / "images" / f"{split}_{number}.JPEG").write_bytes(encode())
    rows = ["val_0.JPEG\tn03126707\t0\t32\t44\t62", "val_1.JPEG\tn01443537\t1\t1\t2\t2"]
    (folder / "val" / "val_annotations.txt").write_text(
        "\n".join([*rows, "val_2.JPEG\tn03126707\t0\t0\t9\t9"])
    )


def test_tiny_imagenet_is_read_as_it_comes_in_its_archive(tmp_path, encode):
    tiny_imagenet(tmp_path, encode)
    train, test = (list_image_folder(tmp_path, split) for split in ("train", "test"))
    assert train.class_names == test.class_names == ["n01443537", "n03126707"]
    assert len(train.files) == 6
    assert [file.name for file in test.files] == ["val_1.JPEG", "val_0.JPEG", "val_2.JPEG"]
    assert test.labels == [0, 1, 1]
    crane = list_image_folder(tmp_path, "test", ["crane"])
    assert [file.name for file in crane.files] == ["val_0.JPEG", "val_2.JPEG"]
    assert crane.labels == [0, 0]


def test_an_image_of_the_table_that_is_not_there_is_named(tmp_path, encode):
    tiny_imagenet(tmp_path, encode)
    (tmp_path / "val" / "images" / "val_2.JPEG").unlink()
    with pytest.raises(DataError, match=r"val_annotations\.txt names the image 'val_2\.JPEG'"):
        list_image_folder(tmp_path, "test")


def test_a_list_of_classes_sets_their_order_and_leaves_out_the_others(tmp_path, encode):
    for name in ("n01443537", "n03126707", "n02509815"):
        for split in ("train", "val"):
            (tmp_path / split / name).mkdir(parents=True)
            (tmp_path / split / name / "1.png").write_bytes(encode())
    for split in ("train", "test"):
        listing = list_image_folder(tmp_path, split, ["red panda", "n01443537"])
        assert listing.class_names == ["n02509815", "n01443537"]
        assert [
            (file.parent.name, label) for file, label in zip(listing.files, listing.labels, strict=True)
        ] == [
            ("n02509815", 0),
            ("n01443537", 1),
        ]
    with pytest.raises(DataError, match="no class 'dog'"):
        list_image_folder(tmp_path, "train", ["dog"])
