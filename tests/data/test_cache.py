"""The decoded copy: used while the source stays, made again when it changes, never trusted when broken."""

import warnings
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from swin_edu.data import BrokenDataError, ImageDataset, load_dataset, make_shapes
from swin_edu.data import cache as cache_module
from swin_edu.data import sources as sources_module
from swin_edu.data.cache import load_decoded, save_decoded, write_decoded
from swin_edu.data.sources import verify_data

FACTS = {
    "name": "x",
    "split": "train",
    "class_names": '["a"]',
    "mirror_keeps_label": "true",
    "fingerprint": "",
}


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


def test_a_failed_write_leaves_no_half_file(tmp_path):
    file = tmp_path / "shapes.safetensors"
    save_decoded(make_shapes(10), file)
    whole = file.read_bytes()

    def half_then_full_disk():
        yield make_shapes(10).images.numpy()
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_decoded(half_then_full_disk(), make_shapes(20).labels.numpy(), FACTS, file)
    assert file.read_bytes() == whole
    assert list(tmp_path.iterdir()) == [file]


def test_images_that_are_not_as_many_as_the_labels_are_not_kept(tmp_path):
    images, labels = make_shapes(10).images.numpy(), make_shapes(11).labels.numpy()
    with pytest.raises(ValueError, match="expected 11 images"):
        write_decoded([images], labels, FACTS, tmp_path / "shapes.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_the_copy_is_a_plain_safetensors_file_that_other_programs_read(tmp_path):
    shapes = make_shapes(30)
    save_decoded(shapes, tmp_path / "shapes.safetensors")
    tensors = load_file(tmp_path / "shapes.safetensors")
    assert torch.equal(tensors["images"], shapes.images)
    assert torch.equal(tensors["labels"], shapes.labels)


def lies_in(images: torch.Tensor, file: Path) -> bool:
    """Whether the pixels are a map of the file; Linux tells which file stands behind an address."""
    lines = [line.split() for line in Path("/proc/self/maps").read_text().splitlines()]
    ranges = [[int(end, 16) for end in line[0].split("-")] for line in lines if line[-1] == str(file)]
    return any(low <= images.data_ptr() < high for low, high in ranges)


@pytest.mark.parametrize("large", [False, True])
def test_a_large_copy_is_mapped_a_small_one_read_and_writing_to_images_changes_no_file(
    tmp_path, monkeypatch, large
):
    file = tmp_path / "shapes.safetensors"
    save_decoded(make_shapes(100), file)
    monkeypatch.setattr(cache_module, "_READ_WHOLE", file.stat().st_size - large)
    content = file.read_bytes()
    images = load_decoded(file).images
    if Path("/proc/self/maps").is_file():
        assert lies_in(images, file) == large
    assert torch.equal(images[[70, 3]], make_shapes(100).images[[70, 3]])
    images.zero_()
    assert file.read_bytes() == content


@pytest.mark.parametrize("damage", ["truncated", "longer", "header"])
def test_of_a_large_copy_length_and_header_are_checked_at_every_start(
    parquet_folder, tmp_path, decodings, monkeypatch, damage
):
    monkeypatch.setattr(cache_module, "_READ_WHOLE", 0)
    # Cloned: what is mapped must not be looked at after its file was cut off.
    whole = load(parquet_folder, tmp_path / "cache").images.clone()
    copy = only_copy(tmp_path / "cache")
    content = copy.read_bytes()
    changed = {"truncated": content[:-1], "longer": content + b"0", "header": b"0" * 300 + content[300:]}
    copy.write_bytes(changed[damage])
    with pytest.warns(UserWarning, match="is broken and is made again"):
        again = load(parquet_folder, tmp_path / "cache")
    assert torch.equal(again.images, whole)
    assert len(decodings) == 2


def test_a_large_copy_is_read_whole_only_when_it_is_verified(parquet_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(cache_module, "_READ_WHOLE", 0)
    load(parquet_folder, tmp_path / "cache")
    copy = only_copy(tmp_path / "cache")
    content = bytearray(copy.read_bytes())
    content[-10] ^= 1
    copy.write_bytes(content)
    load(parquet_folder, tmp_path / "cache")
    with pytest.raises(BrokenDataError, match=f"{copy.name} is damaged: its checksum"):
        verify_data(parquet_folder, cache_dir=tmp_path / "cache")
