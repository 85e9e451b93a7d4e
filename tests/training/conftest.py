"""A small data set and a small network, so that a whole run takes a second."""

import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from swin_edu.data import ImageDataset, make_shapes
from swin_edu.training import TrainingSettings

TINY = {"patch_size": 4, "embed_dim": 16, "depths": (1, 1), "num_heads": (1, 2), "drop_path_rate": 0.2}


def write_as_parquet(dataset: ImageDataset, path: Path) -> None:
    """Write a data set in the hub's schema."""

    def encode(image: torch.Tensor) -> bytes:
        content = io.BytesIO()
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(content, "png")
        return content.getvalue()

    image_type = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    images = pa.array([{"bytes": encode(image), "path": None} for image in dataset.images], image_type)
    features = {"img": {"_type": "Image"}, "label": {"_type": "ClassLabel", "names": dataset.class_names}}
    table = pa.table({"img": images, "label": pa.array(dataset.labels.tolist(), pa.int64())})
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.replace_schema_metadata(metadata), path)


@pytest.fixture(scope="session")
def few_shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 96 shapes for training and 40 for the test."""
    folder = tmp_path_factory.mktemp("data") / "few_shapes"
    for split, count in (("train", 96), ("test", 40)):
        write_as_parquet(make_shapes(count, split), folder / f"{split}.parquet")
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoded copies of test data do not belong into the course's cache."""
    cache = tmp_path_factory.getbasetemp() / "cache"
    monkeypatch.setattr("swin_edu.data.sources.cache_folder", lambda cache_dir=None: cache)


@pytest.fixture
def settings(few_shapes: Path) -> TrainingSettings:
    """Three epochs of three steps on the CPU, with stochastic depth, crops and flips."""
    return TrainingSettings(
        data=str(few_shapes), epochs=3, batch_size=32, model_options=TINY, device="cpu", threads=1
    )
