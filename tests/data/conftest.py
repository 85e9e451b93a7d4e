"""Small data sets on disk in the forms that the course reads, and real ones where this machine has them."""

import io
import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from swin_edu.data.places import course_folder


@pytest.fixture(autouse=True)
def no_outer_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the person who runs the tests has set must not decide what they find."""
    monkeypatch.delenv("SWIN_EDU_DATA", raising=False)


@pytest.fixture
def encode():
    """Make an encoded image: encode(value, size=(width, height), mode, format)."""

    def make(value: int = 0, size: tuple[int, int] = (8, 6), mode: str = "RGB", kind: str = "png") -> bytes:
        pixels = np.random.default_rng(value).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
        content = io.BytesIO()
        Image.fromarray(pixels).convert(mode).save(content, kind)
        return content.getvalue()

    return make


@pytest.fixture
def write_parquet(encode):
    """Write a parquet file in the hub's schema: write_parquet(path, images or a count, labels, ...)."""

    def write(
        path: Path,
        images: int | list[bytes | None] = 6,
        labels: list[int | None] | None = None,
        class_names: list[str] | None = ("cat", "dog", "fish"),
        columns: tuple[str, str] = ("img", "label"),
        extra: dict[str, list] | None = None,
    ) -> Path:
        if isinstance(images, int):
            images = [encode(number) for number in range(images)]
        labels = [number % 3 for number in range(len(images))] if labels is None else labels
        image_type = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        structs = pa.array([{"bytes": image, "path": None} for image in images], image_type)
        arrays = {columns[0]: structs, **(extra or {}), columns[1]: pa.array(labels, pa.int64())}
        table = pa.table(arrays)
        if class_names is not None:
            features = {
                columns[0]: {"_type": "Image"},
                columns[1]: {"names": list(class_names), "_type": "ClassLabel"},
            }
            for name in extra or {}:
                features[name] = {"names": ["animal"], "_type": "ClassLabel"}
            metadata = {"huggingface": json.dumps({"info": {"features": features}})}
            table = table.replace_schema_metadata(metadata)
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path, compression="zstd")
        return path

    return write


@pytest.fixture
def parquet_folder(tmp_path: Path, write_parquet) -> Path:
    """A whole small data set: 6 images for training, 3 for the test."""
    write_parquet(tmp_path / "pets" / "train.parquet", 6)
    write_parquet(tmp_path / "pets" / "test.parquet", 3)
    return tmp_path / "pets"


@pytest.fixture
def photo_folder(tmp_path: Path, encode) -> Path:
    """Photographs in one subfolder a class, without splits: 20 cats and 10 dogs."""
    folder = tmp_path / "photos"
    for name, count in (("dog", 10), ("cat", 20)):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            (folder / name / f"{number:02d}.png").write_bytes(encode(number + len(name)))
    (folder / "cat" / "notes.txt").write_text("no image")
    (folder / ".hidden").mkdir()
    return folder


@pytest.fixture
def real_data() -> Path:
    """A folder with the real cifar10 and tiny-imagenet-200, where there is one."""
    named = os.environ.get("SWIN_EDU_TEST_DATA")
    course = course_folder()
    folder = Path(named) if named else (course.parent / "shared" / "data" if course else Path("/nowhere"))
    if not (folder / "cifar10" / "test.parquet").is_file():
        pytest.skip(f"no real data in {folder}; set SWIN_EDU_TEST_DATA to a folder with cifar10/test.parquet")
    return folder
