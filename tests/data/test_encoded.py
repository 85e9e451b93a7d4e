"""Decoding batch by batch: whatever the size of the set, memory never holds more than a few batches."""

import gc
import tracemalloc
import weakref

import numpy as np
import pytest

from swin_edu.data import encoded as encoded_module
from swin_edu.data import parquet as parquet_module
from swin_edu.data.cache import load_decoded, write_decoded
from swin_edu.data.decoding import BatchDecoder
from swin_edu.data.encoded import EncodedImages
from swin_edu.data.image_folder import list_image_folder
from swin_edu.data.keeping import decode_and_keep
from swin_edu.data.parquet import open_parquet

BATCH = 16
SIZE = 48  # pixels


@pytest.fixture(params=["parquet", "folder"])
def many(request, tmp_path, write_parquet, encode, monkeypatch) -> EncodedImages:
    """360 images for training, in batches of 16."""
    monkeypatch.setattr(parquet_module, "IMAGES_AT_ONCE", BATCH)
    monkeypatch.setattr("swin_edu.data.image_folder.IMAGES_AT_ONCE", BATCH)
    content = [encode(number, (SIZE, SIZE), kind="jpeg") for number in range(8)] * 50
    if request.param == "parquet":
        return open_parquet([write_parquet(tmp_path / "many" / "train.parquet", content[:360])])
    folder = tmp_path / "many" / "cat"
    folder.mkdir(parents=True)
    for number, image in enumerate(content):
        (folder / f"{number:03d}.jpg").write_bytes(image)
    return list_image_folder(folder.parent, "train").encoded()


@pytest.fixture
def in_memory(monkeypatch) -> list[int]:
    """After each batch: how many decoded images are in memory."""
    alive, counts = weakref.WeakSet(), []

    class Counted(np.ndarray):
        """Arrays proper have no weak references."""

    original = BatchDecoder.decode

    def decode(self, images, describe):
        decoded = original(self, images, describe).view(Counted)
        alive.add(decoded)
        counts.append(sum(len(batch) for batch in alive))
        return decoded

    # Sets compare; arrays cannot be compared to a bool.
    Counted.__hash__ = object.__hash__
    Counted.__eq__ = object.__eq__
    monkeypatch.setattr(BatchDecoder, "decode", decode)
    return counts


def test_of_many_images_only_three_batches_are_ever_in_memory(many, in_memory, tmp_path):
    decode_and_keep(many, tmp_path / "copy.safetensors", "many", "train", "")
    assert len(in_memory) >= 360 / BATCH
    # The first one, the one that is written and the one that is decoded.
    assert max(in_memory) <= 3 * BATCH


def test_decoding_360_images_takes_a_quarter_of_the_memory_of_all(many, tmp_path):
    facts = {
        "name": "many",
        "split": "train",
        "class_names": '["a", "b", "c"]',
        "mirror_keeps_label": "true",
        "fingerprint": "",
    }
    copy = tmp_path / "copy.safetensors"
    write_decoded(many.decode(), many.labels, facts, copy)  # imports and caches of the libraries
    gc.collect()
    tracemalloc.start()
    write_decoded(many.decode(), many.labels, facts, copy)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    everything = len(many.labels) * 3 * SIZE * SIZE
    assert peak < everything / 4
    assert load_decoded(copy).images.shape == (360, 3, SIZE, SIZE)


def test_batches_in_order_give_what_decoding_at_once_gives(many, monkeypatch):
    in_batches = np.concatenate(list(many.decode()))
    np.testing.assert_array_equal(many.decode_all(), in_batches)
    with BatchDecoder() as decoder:
        at_once = [decoder.decode(batch.images, batch.places) for batch in many.batches()]
    np.testing.assert_array_equal(np.concatenate(at_once), in_batches)


def test_a_bar_shows_progress_on_a_terminal_and_nothing_elsewhere(many, monkeypatch, capsys):
    list(many.decode(title="Decoding pets"))
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(encoded_module, "_WORTH_A_BAR", 0)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    list(many.decode(title="Decoding pets"))
    assert "Decoding pets" in capsys.readouterr().err
