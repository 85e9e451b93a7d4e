"""Decoded images kept as one safetensors file, written piece by piece and then read through a memory map.

Notebooks 08 and 09 profit from it: the second start takes a second, and a set may be larger than memory.
The file knows which source it was made from and carries a checksum of itself.
"""

import hashlib
import json
import warnings
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from swin_edu.data.atomic_files import atomic_write
from swin_edu.data.dataset import ImageDataset
from swin_edu.data.errors import BrokenDataError

# Part of every file: a file of another layout counts as made from another source.
_LAYOUT = "swin-edu images 1"
_NO_CHECKSUM = "0" * 64
_IMAGES_AT_ONCE = 4096
# Files up to this size are read into memory and their checksum is compared at every start: it takes half a
# second. Larger ones are mapped, and only their header and length are looked at; `swin-edu data verify` reads
# them whole.
_READ_WHOLE = 1 << 28


def save_decoded(dataset: ImageDataset, path: Path) -> None:
    """Keep a decoded data set.

    Args:
        dataset: what to keep.
        path: a ``.safetensors`` file; replaced in one step.

    Raises:
        OSError: if the folder cannot be written.

    Example:
        >>> import tempfile; from swin_edu.data import make_shapes
        >>> file = Path(tempfile.mkdtemp()) / "shapes.safetensors"; save_decoded(make_shapes(10), file)
        >>> len(load_decoded(file))
        10
    """
    facts = {
        "name": dataset.name,
        "split": dataset.split,
        "class_names": json.dumps(dataset.class_names),
        "mirror_keeps_label": json.dumps(dataset.mirror_keeps_label),
        "fingerprint": dataset.fingerprint,
    }
    batches = (part.numpy() for part in dataset.images.split(_IMAGES_AT_ONCE))
    write_decoded(batches, dataset.labels.numpy(), facts, path)


def write_decoded(
    images: Iterable[np.ndarray], labels: np.ndarray, facts: dict[str, str], path: Path
) -> None:
    """Keep decoded images that come batch by batch; memory never holds more than a batch.

    Args:
        images: batches of (n, 3, H, W) uint8, N images in all; at least one batch.
        labels: (N,) int64.
        facts: what else an `ImageDataset` has: name, split, fingerprint, and as JSON class_names and
            mirror_keeps_label.
        path: a ``.safetensors`` file; replaced in one step, once it is whole and on disk.

    Raises:
        OSError: if there is no room or the folder cannot be written; nothing is left behind.

    Example:
        >>> import tempfile; file = Path(tempfile.mkdtemp()) / "two.safetensors"
        >>> facts = dict(name="two", split="train", class_names='["cat"]', mirror_keeps_label="true")
        >>> one = np.zeros((1, 3, 2, 2), dtype=np.uint8)
        >>> write_decoded([one, one], np.array([0, 0]), facts | {"fingerprint": ""}, file)
        >>> load_decoded(file).images.shape
        torch.Size([2, 3, 2, 2])
    """
    batches = iter(images)
    first = next(batches)
    shape = (len(labels), *first.shape[1:])
    metadata = {"layout": _LAYOUT, **facts}
    # Held back until all images have gone by; it stands first, so that its place is easily found.
    header = json.dumps(
        {
            "__metadata__": {"checksum": _NO_CHECKSUM, **metadata},
            "labels": {"dtype": "I64", "shape": [len(labels)], "data_offsets": [0, labels.nbytes]},
            "images": {
                "dtype": "U8",
                "shape": list(shape),
                "data_offsets": [labels.nbytes, labels.nbytes + int(np.prod(shape))],
            },
        }
    ).encode()
    header += b" " * (-len(header) % 8)
    with atomic_write(path) as temporary, open(temporary, "wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.write(labels.astype("<i8").tobytes())

        def written() -> Iterator[np.ndarray]:
            for batch in chain([first], batches):
                file.write(np.ascontiguousarray(batch).data)
                yield batch

        checksum = _checksum(written(), shape, labels, metadata)
        if file.tell() != 8 + len(header) + labels.nbytes + int(np.prod(shape)):
            raise ValueError(f"expected {len(labels)} images of {shape[1:]}, one a label")
        file.seek(8 + header.index(_NO_CHECKSUM.encode()))
        file.write(checksum.encode())


def load_decoded(path: Path, verify: bool = True) -> ImageDataset:
    """Read a kept data set and check that it is as it was written.

    Args:
        path: a file of `save_decoded`.
        verify: compare the checksum of every byte. False looks only at the header and the length.

    Returns:
        The data set. The images of a large one (over 256 MB) are a memory map: the operating system reads
        each part of the file when it is first used, and may let go of it when memory is short. Writing to
        them does not change the file.

    Raises:
        BrokenDataError: if the file is truncated, changed or of another kind; names it.

    Example:
        >>> load_decoded(Path("/nowhere/shapes.safetensors"))
        Traceback (most recent call last):
        FileNotFoundError: /nowhere/shapes.safetensors
    """
    if not path.is_file():
        raise FileNotFoundError(path)
    try:
        # Refuses a file whose length is not the one that its header says.
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            images, labels = file.get_tensor("images"), file.get_tensor("labels")
        expected = metadata.pop("checksum")
        if metadata["layout"] != _LAYOUT:
            raise BrokenDataError(f"{path} was written by another version of the course.")
        if not is_mapped(path):
            images = images.clone()
        if verify:
            parts = (part.numpy() for part in images.split(_IMAGES_AT_ONCE))
            if _checksum(parts, tuple(images.shape), labels.numpy(), metadata) != expected:
                raise BrokenDataError(f"{path} is damaged: its checksum does not fit its content.")
        return ImageDataset(
            images=images,
            labels=labels,
            class_names=json.loads(metadata["class_names"]),
            name=metadata["name"],
            split=metadata["split"],
            mirror_keeps_label=json.loads(metadata["mirror_keeps_label"]),
            fingerprint=metadata["fingerprint"],
        )
    except (SafetensorError, OSError, KeyError, ValueError, TypeError) as error:
        raise BrokenDataError(f"{path} is damaged: {error}.") from error


def is_mapped(path: Path) -> bool:
    """Whether `load_decoded` maps the images of a kept data set instead of reading them into memory.

    Args:
        path: an existing file.

    Example:
        >>> import tempfile; file = Path(tempfile.mkdtemp()) / "small"; file.touch(); is_mapped(file)
        False
    """
    return path.stat().st_size > _READ_WHOLE


def load_if_current(path: Path, fingerprint: str) -> ImageDataset | None:
    """A kept data set, if it is whole and made from the source as it is now.

    Args:
        path: where it would be.
        fingerprint: of the source now.

    Returns:
        The data set, or None: not there, made from another state of the source, or broken (then a
        warning names the file, which is going to be written again).

    Example:
        >>> load_if_current(Path("/nowhere/shapes.safetensors"), "x") is None
        True
    """
    if not path.is_file():
        return None
    try:
        # The header alone tells whether the file is worth reading.
        with safe_open(path, framework="pt") as file:
            if (file.metadata() or {}).get("fingerprint") != fingerprint:
                return None
        return load_decoded(path, verify=not is_mapped(path))
    except (BrokenDataError, SafetensorError, OSError) as error:
        warnings.warn(f"The cache file {path} is broken and is made again ({error})", stacklevel=2)
        return None


def _checksum(
    images: Iterable[np.ndarray], shape: tuple[int, ...], labels: np.ndarray, metadata: dict[str, str]
) -> str:
    digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    digest.update(str(shape).encode())
    for batch in images:
        digest.update(np.ascontiguousarray(batch).data)
    digest.update(str(labels.shape).encode())
    digest.update(np.ascontiguousarray(labels).data)
    return digest.hexdigest()
