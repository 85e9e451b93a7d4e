"""The decoded copy: used while the source stays, made again when it changes, never trusted when broken."""

import warnings
from pathlib import Path

import pytest
import torch

from swin_edu.data import BrokenDataError, ImageDataset, load_dataset, make_shapes
from swin_edu.data import sources as sources_module
from swin_edu.data.cache import load_decoded, save_decoded


@pytest.fixture
def decodings(monkeypatch) -> list:
    """One entry for each time that a source is really decoded."""
    calls = []
    original = sources_module._decode

    def counted(*arguments):
        calls.append(arguments)
        return original(*arguments)

    monkeypatch.setattr(sources_module, "_decode", counted)
    return calls


def load(folder: Path, cache: Path, split: str = "train") -> ImageDataset:
    return load_dataset(folder, split, cache_dir=cache)


def only_copy(cache: Path) -> Path:
    (copy,) = (cache / "decoded").iterdir()
    return copy


def test_everything_comes_back_as_it_was(tmp_path):
    shapes = make_shapes(30)
    save_decoded(shapes, tmp_path / "shapes.safetensors")
    again = load_decoded(tmp_path / "shapes.safetensors")
    assert torch.equal(again.images, shapes.images)
    assert torch.equal(again.labels, shapes.labels)
    for name in ("class_names", "name", "split", "mirror_keeps_label", "fingerprint"):
        assert getattr(again, name) == getattr(shapes, name)


def test_the_second_load_decodes_nothing_and_gives_the_same(parquet_folder, tmp_path, decodings):
    first = load(parquet_folder, tmp_path / "cache")
    second = load(parquet_folder, tmp_path / "cache")
    assert len(decodings) == 1
    assert torch.equal(first.images, second.images)
    assert torch.equal(first.labels, second.labels)
    assert first.class_names == second.class_names


def test_a_changed_source_is_noticed(parquet_folder, tmp_path, write_parquet, decodings):
    load(parquet_folder, tmp_path / "cache")
    write_parquet(parquet_folder / "train.parquet", 6, labels=[2, 2, 2, 2, 2, 2])
    assert load(parquet_folder, tmp_path / "cache").labels.tolist() == [2] * 6
    assert len(decodings) == 2
    assert len(list((tmp_path / "cache" / "decoded").iterdir())) == 1, "the old copy is replaced"


def test_a_changed_photograph_is_noticed(photo_folder, tmp_path, encode, decodings):
    before = load(photo_folder, tmp_path / "cache")
    (photo_folder / "cat" / "00.png").write_bytes(encode(99))
    after = load(photo_folder, tmp_path / "cache")
    assert len(decodings) == 2
    assert not torch.equal(before.images[0], after.images[0])


def test_splits_and_folders_of_the_same_name_do_not_share_a_copy(tmp_path, write_parquet, decodings):
    for place in ("a", "b"):
        for split, count in (("train", 6), ("test", 3)):
            write_parquet(tmp_path / place / "pets" / f"{split}.parquet", count)
    for _ in range(2):
        for place in ("a", "b"):
            for split, count in (("train", 6), ("test", 3)):
                assert len(load(tmp_path / place / "pets", tmp_path / "cache", split)) == count
    assert len(decodings) == 4


@pytest.mark.parametrize("damage", ["truncated", "flipped", "emptied", "text"])
def test_a_broken_copy_is_named_and_made_again(parquet_folder, tmp_path, decodings, damage):
    whole = load(parquet_folder, tmp_path / "cache")
    copy = only_copy(tmp_path / "cache")
    content = bytearray(copy.read_bytes())
    if damage == "truncated":
        content = content[: len(content) // 2]
    elif damage == "flipped":
        content[-10] ^= 1  # one bit of one pixel or label
    elif damage == "emptied":
        content = b""
    else:
        content = b"no safetensors at all"
    copy.write_bytes(content)
    with pytest.raises(BrokenDataError, match=str(copy)):
        load_decoded(copy)
    with pytest.warns(UserWarning, match=f"{copy.name} is broken and is made again"):
        again = load(parquet_folder, tmp_path / "cache")
    assert torch.equal(again.images, whole.images)
    assert len(decodings) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load(parquet_folder, tmp_path / "cache")
    assert len(decodings) == 2


def test_a_copy_with_other_class_names_than_it_was_written_with_is_broken(tmp_path):
    file = tmp_path / "shapes.safetensors"
    save_decoded(make_shapes(10), file)
    content = file.read_bytes()
    assert content.count(b"circle inside") == 1
    file.write_bytes(content.replace(b"circle inside", b"square inside"))
    with pytest.raises(BrokenDataError, match="checksum"):
        load_decoded(file)


def test_an_unwritable_cache_costs_only_time(parquet_folder, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.warns(UserWarning, match="cannot be kept"):
        assert len(load(parquet_folder, tmp_path / "cache")) == 6


def test_a_failed_write_leaves_no_half_file(tmp_path, monkeypatch):
    from swin_edu.data import cache as cache_module

    file = tmp_path / "shapes.safetensors"
    save_decoded(make_shapes(10), file)
    whole = file.read_bytes()

    def half(tensors, path, metadata):
        Path(path).write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(cache_module, "save_file", half)
    with pytest.raises(OSError, match="disk full"):
        save_decoded(make_shapes(20), file)
    assert file.read_bytes() == whole
    assert list(tmp_path.iterdir()) == [file]
