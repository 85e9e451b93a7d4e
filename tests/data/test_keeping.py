"""Keeping decoded images: a full disk is told in numbers, nothing stays; small sets go on without a copy."""

import errno
from types import SimpleNamespace

import pytest

from swin_edu.data import DataError, load_dataset
from swin_edu.data import keeping as keeping_module


@pytest.fixture
def full_disk(monkeypatch):
    """A disk on which the look beforehand finds room, but which fills up while the images are written."""

    def write(images, labels, facts, path):
        next(iter(images))
        path.parent.mkdir(parents=True, exist_ok=True)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(keeping_module, "write_decoded", write)


def left(cache) -> list:
    return [path for path in cache.rglob("*") if path.is_file()]


def test_a_large_set_without_room_is_refused_before_the_work_with_both_numbers(
    parquet_folder, tmp_path, monkeypatch
):
    monkeypatch.setattr(keeping_module, "_FITS_IN_MEMORY", 0)
    monkeypatch.setattr(keeping_module.shutil, "disk_usage", lambda path: SimpleNamespace(free=5_000_000))
    monkeypatch.setattr(keeping_module, "write_decoded", None)  # is not even called
    with pytest.raises(DataError) as error:
        load_dataset(parquet_folder, cache_dir=tmp_path / "cache")
    message = str(error.value)
    assert "0.1 GB are needed and 5.0 MB are free" in message
    assert str(tmp_path / "cache" / "decoded") in message
    assert "smaller image size, or fewer classes" in message
    assert left(tmp_path / "cache") == []


def test_a_large_set_on_a_disk_that_fills_up_is_refused_and_leaves_nothing(
    parquet_folder, tmp_path, monkeypatch, full_disk
):
    monkeypatch.setattr(keeping_module, "_FITS_IN_MEMORY", 0)
    with pytest.raises(DataError, match=r"too much for memory.*No space left on device\. Make room there"):
        load_dataset(parquet_folder, cache_dir=tmp_path / "cache")
    assert left(tmp_path / "cache") == []


def test_a_small_set_on_a_full_disk_is_used_from_memory_with_a_warning(parquet_folder, tmp_path, full_disk):
    with pytest.warns(UserWarning, match=r"cannot be kept in .*No space left on device"):
        pets = load_dataset(parquet_folder, cache_dir=tmp_path / "cache")
    assert len(pets) == 6
    assert left(tmp_path / "cache") == []


def test_a_really_full_disk_stops_the_writing_and_leaves_nothing(parquet_folder, tmp_path, monkeypatch):
    # The operating system's own limit for files, which it tells like a full disk.
    resource = pytest.importorskip("resource", reason="Windows has no limits for files")
    import signal

    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    monkeypatch.setattr(keeping_module, "_FITS_IN_MEMORY", 0)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (600, old[1]))
        with pytest.raises(DataError, match=r"cannot be kept in .*File too large"):
            load_dataset(parquet_folder, cache_dir=tmp_path / "cache")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)
    assert left(tmp_path / "cache") == []
    assert len(load_dataset(parquet_folder, cache_dir=tmp_path / "cache")) == 6, "and with room it goes on"


def test_a_broken_image_in_the_middle_leaves_nothing(tmp_path, write_parquet, encode, monkeypatch):
    monkeypatch.setattr("swin_edu.data.parquet.IMAGES_AT_ONCE", 2)
    images = [encode(number) for number in range(6)]
    images[4] = b"broken"
    write_parquet(tmp_path / "pets" / "train.parquet", images)
    with pytest.raises(DataError, match="row 4 cannot be decoded"):
        load_dataset(tmp_path / "pets", cache_dir=tmp_path / "cache")
    assert left(tmp_path / "cache") == []
