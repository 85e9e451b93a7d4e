"""Parquet: what is written comes back, and broken rows are named."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from swin_edu.data import BrokenDataError, DataError
from swin_edu.data import parquet as parquet_module
from swin_edu.data.decoding import decode_image
from swin_edu.data.parquet import open_parquet
from swin_edu.data.shards import find_shards


def read_parquet(files, image_size=None):
    encoded = open_parquet(files)
    return encoded.decode_all(image_size), encoded.labels, encoded.class_names


def test_images_labels_and_class_names_come_back(tmp_path, write_parquet, encode):
    file = write_parquet(tmp_path / "train.parquet", 6, labels=[2, 0, 1, 1, 2, 0])
    images, labels, names = read_parquet([file])
    assert names == ["cat", "dog", "fish"]
    assert labels.tolist() == [2, 0, 1, 1, 2, 0]
    assert labels.dtype == np.int64
    for number in range(6):
        np.testing.assert_array_equal(images[number].transpose(1, 2, 0), decode_image(encode(number)))


def test_shards_are_read_in_the_order_of_their_numbers(tmp_path, write_parquet, encode):
    for shard in (2, 0, 1):
        path = tmp_path / "data" / f"train-{shard:05d}-of-00003.parquet"
        write_parquet(path, [encode(shard)], labels=[shard])
    files = find_shards(tmp_path, "train")
    assert [file.name[:11] for file in files] == ["train-00000", "train-00001", "train-00002"]
    images, labels, _ = read_parquet(files)
    assert labels.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(images[2].transpose(1, 2, 0), decode_image(encode(2)))


def test_rows_of_several_batches_keep_their_order_and_their_numbers(
    tmp_path, write_parquet, encode, monkeypatch
):
    monkeypatch.setattr(parquet_module, "IMAGES_AT_ONCE", 4)
    images = [encode(number) for number in range(11)]
    file = write_parquet(tmp_path / "train.parquet", images, labels=[number % 3 for number in range(11)])
    decoded, labels, _ = read_parquet([file])
    assert labels.tolist() == [number % 3 for number in range(11)]
    np.testing.assert_array_equal(decoded[9].transpose(1, 2, 0), decode_image(images[9]))
    write_parquet(file, [*images[:9], images[9][:30], *images[10:]])
    with pytest.raises(BrokenDataError, match=r"train\.parquet, row 9 cannot be decoded"):
        read_parquet([file])


@pytest.mark.parametrize("kept", [0, 3, 0.3, 0.9, -1])
def test_a_truncated_file_is_named(tmp_path, write_parquet, kept):
    file = write_parquet(tmp_path / "train.parquet", 50)
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * kept) if isinstance(kept, float) else kept])
    with pytest.raises(BrokenDataError, match=r"train\.parquet cannot be read.*get it again"):
        read_parquet([file])


def test_damage_in_the_middle_is_found(tmp_path, write_parquet):
    file = write_parquet(tmp_path / "train.parquet", 50)
    content = bytearray(file.read_bytes())
    middle = len(content) // 3
    content[middle : middle + 200] = bytes(200)
    file.write_bytes(content)
    with pytest.raises(BrokenDataError, match=r"train\.parquet"):
        read_parquet([file])


@pytest.mark.parametrize(("label", "shown"), [(3, "3"), (-1, "-1"), (None, "None")])
def test_an_impossible_label_names_its_row(tmp_path, write_parquet, label, shown):
    file = write_parquet(tmp_path / "train.parquet", 4, labels=[0, 1, label, 2])
    with pytest.raises(BrokenDataError, match=rf"row 2 has the label {shown}, expected 0\.\.2"):
        read_parquet([file])


def test_a_row_without_an_image_is_named(tmp_path, write_parquet, encode):
    file = write_parquet(tmp_path / "train.parquet", [encode(0), None], labels=[0, 1])
    with pytest.raises(BrokenDataError, match=r"row 1 holds no image bytes"):
        read_parquet([file])


def test_the_fine_label_is_taken_before_the_coarse_one(tmp_path, write_parquet):
    extra = {"coarse_label": pa.array([0] * 6, pa.int64())}
    file = write_parquet(tmp_path / "train.parquet", 6, columns=("img", "fine_label"), extra=extra)
    _, labels, names = read_parquet([file])
    assert labels.tolist() == [0, 1, 2, 0, 1, 2]
    assert names == ["cat", "dog", "fish"]


def test_a_file_without_metadata_numbers_its_classes(tmp_path, write_parquet):
    file = write_parquet(tmp_path / "train.parquet", 6, class_names=None)
    assert read_parquet([file])[2] == ["0", "1", "2"]


def test_shards_of_different_sets_are_not_mixed(tmp_path, write_parquet):
    first = write_parquet(tmp_path / "train-00000-of-00002.parquet", 3)
    second = write_parquet(tmp_path / "train-00001-of-00002.parquet", 3, class_names=["x", "y", "z"])
    with pytest.raises(BrokenDataError, match=r"train-00001.*other class names"):
        read_parquet([first, second])


def test_a_table_of_something_else_is_refused_with_its_columns(tmp_path):
    file = tmp_path / "train.parquet"
    pq.write_table(pa.table({"text": ["a"], "label": [1]}), file)
    with pytest.raises(BrokenDataError, match=r"text: string, label: int64"):
        read_parquet([file])


def test_images_of_different_size_across_shards_are_refused(tmp_path, write_parquet, encode):
    first = write_parquet(tmp_path / "train-00000-of-00002.parquet", [encode(0, (8, 8))], labels=[0])
    second = write_parquet(tmp_path / "train-00001-of-00002.parquet", [encode(1, (9, 9))], labels=[0])
    with pytest.raises(DataError, match=r"9 x 9 .* 8 x 8.*--image-size"):
        read_parquet([first, second])
    assert read_parquet([first, second], image_size=8)[0].shape == (2, 3, 8, 8)


def test_a_list_of_classes_keeps_only_their_rows_and_numbers_them_anew(
    tmp_path, write_parquet, encode, monkeypatch
):
    monkeypatch.setattr(parquet_module, "IMAGES_AT_ONCE", 4)
    images = [encode(number) for number in range(22)]
    labels = [number % 3 for number in range(22)]
    # A batch without a wanted row, and a broken image of a class that is not wanted.
    labels[4:8] = [1] * 4
    images[5] = b"broken"
    files = [
        write_parquet(tmp_path / "train-00000-of-00002.parquet", images[:11], labels[:11]),
        write_parquet(tmp_path / "train-00001-of-00002.parquet", images[11:], labels[11:]),
    ]
    encoded = open_parquet(files, ["fish", "cat"])
    assert encoded.class_names == ["fish", "cat"]
    kept = [number for number in range(22) if labels[number] != 1]
    assert encoded.labels.tolist() == [{2: 0, 0: 1}[labels[number]] for number in kept]
    decoded = encoded.decode_all()
    assert len(decoded) == len(kept)
    for pixels, number in zip(decoded, kept, strict=True):
        np.testing.assert_array_equal(pixels.transpose(1, 2, 0), decode_image(images[number]))
    images[20] = b"broken"
    write_parquet(files[1], images[11:], labels[11:])
    with pytest.raises(BrokenDataError, match=r"train-00001-of-00002\.parquet, row 9 cannot be decoded"):
        open_parquet(files, ["fish", "cat"]).decode_all()
    with pytest.raises(DataError, match="no class 'cow'"):
        open_parquet(files, ["cow"])
