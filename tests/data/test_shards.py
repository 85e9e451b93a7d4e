"""Shards: all of a split or nothing, and what is missing is named."""

import pytest

from swin_edu.data import BrokenDataError, MissingDataError
from swin_edu.data.shards import find_shards


@pytest.mark.parametrize("missing", [[1], [0, 3]])
def test_missing_shards_are_named_and_nothing_is_loaded(tmp_path, write_parquet, missing):
    for shard in range(4):
        if shard not in missing:
            write_parquet(tmp_path / f"train-{shard:05d}-of-00004.parquet", 2)
    with pytest.raises(BrokenDataError) as error:
        find_shards(tmp_path, "train")
    for shard in missing:
        assert f"train-{shard:05d}-of-00004.parquet" in str(error.value)
    assert f"{4 - len(missing)} of 4 files" in str(error.value)


def test_two_versions_of_a_split_are_refused(tmp_path, write_parquet):
    write_parquet(tmp_path / "train.parquet", 2)
    write_parquet(tmp_path / "train-00000-of-00001.parquet", 2)
    with pytest.raises(BrokenDataError, match="more than one version"):
        find_shards(tmp_path, "train")


@pytest.mark.parametrize("word", ["test", "validation", "valid", "val", "dev"])
def test_the_held_out_part_is_found_under_each_of_its_names(tmp_path, write_parquet, word):
    write_parquet(tmp_path / f"{word}.parquet", 2)
    assert [file.stem for file in find_shards(tmp_path, "test")] == [word]


def test_a_real_test_split_is_preferred_to_validation(tmp_path, write_parquet):
    for word in ("validation", "test", "train"):
        write_parquet(tmp_path / f"{word}.parquet", 2)
    assert [file.stem for file in find_shards(tmp_path, "test")] == ["test"]


def test_a_missing_split_is_told_with_what_is_there(tmp_path, write_parquet):
    write_parquet(tmp_path / "train.parquet", 2)
    (tmp_path / "test.parquet.part").write_bytes(b"half")
    with pytest.raises(
        MissingDataError,
        match=r"no parquet file for the test split.*found train\.parquet\. Unfinished .*test\.parquet\.part",
    ):
        find_shards(tmp_path, "test")
