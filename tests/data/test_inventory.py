"""The list of data sets: what is here, under whichever of its names, and how much room it takes."""

import os

import pytest

from swin_edu.data import HUB_DATASETS, load_dataset
from swin_edu.data import inventory as inventory_module
from swin_edu.data.inventory import known_datasets


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    for module in ("sources", "hub"):
        monkeypatch.setattr(f"swin_edu.data.{module}.cache_folder", lambda cache_dir=None: tmp_path / "cache")


@pytest.fixture
def places(tmp_path, write_parquet, photo_folder, monkeypatch):
    """Tiny-ImageNet under its other name, an own set, photographs, and a folder without images."""
    for name in ("tiny-imagenet-200", "own"):
        for split in ("train", "test"):
            write_parquet(tmp_path / "places" / name / f"{split}.parquet", 6)
    photo_folder.rename(tmp_path / "places" / "photos")
    (tmp_path / "places" / "notes").mkdir()
    monkeypatch.setenv("SWIN_EDU_DATA", str(tmp_path / "places"))
    return tmp_path / "places"


def by_name() -> dict:
    return {known.name: known for known in known_datasets()}


def test_each_data_set_is_listed_once_with_its_folder(places):
    known = by_name()
    assert list(known) == ["shapes", *HUB_DATASETS, "own", "photos"]
    assert known["tiny-imagenet"].folder == places / "tiny-imagenet-200"
    assert known["shapes"].is_here
    assert not known["cifar10"].is_here
    assert known["cifar10"].download_size == 119_705_255 + 23_940_850
    assert known["imagenette"].download_size is None, "nobody knew it"


def test_sizes_are_those_of_the_files_and_of_the_decoded_copies(places):
    known = by_name()["own"]
    files = [places / "own" / f"{split}.parquet" for split in ("train", "test")]
    assert known.size_on_disk() == (sum(file.stat().st_size for file in files), True)
    assert known.size_of_copies() == 0
    for size in (None, 4):
        load_dataset("own", image_size=size)
    copies = list((inventory_module.find_data("own").parents[1] / "cache" / "decoded").iterdir())
    assert len(copies) == 2
    assert known.size_of_copies() == sum(copy.stat().st_size for copy in copies)


def test_a_folder_of_very_many_files_is_not_counted_to_its_end(places, monkeypatch):
    monkeypatch.setattr(inventory_module, "_FILES_AT_MOST", 5)
    size, is_all = by_name()["photos"].size_on_disk()
    assert size > 0
    assert not is_all


def test_half_a_download_is_not_called_here(tmp_path):
    folder = tmp_path / "cache" / "downloads" / "tiny-imagenet"
    folder.mkdir(parents=True)
    file = HUB_DATASETS["tiny-imagenet"].files["train"]
    (folder / file.name).write_bytes(b"copied by hand, without its digest")
    assert not by_name()["tiny-imagenet"].is_here
    os.remove(folder / file.name)
    assert not by_name()["tiny-imagenet"].is_here
