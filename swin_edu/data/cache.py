"""Decoded images kept as one safetensors file, so that the second start takes a second.

Notebook 08 profits from it: the file knows which source it was made from and carries a checksum of itself.
"""

import hashlib
import json
import warnings
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from swin_edu.data.atomic_files import atomic_write
from swin_edu.data.dataset import ImageDataset
from swin_edu.data.errors import BrokenDataError

# Part of every file: a file of another layout counts as made from another source.
_LAYOUT = "swin-edu images 1"


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
    metadata = {
        "layout": _LAYOUT,
        "name": dataset.name,
        "split": dataset.split,
        "class_names": json.dumps(dataset.class_names),
        "mirror_keeps_label": json.dumps(dataset.mirror_keeps_label),
        "fingerprint": dataset.fingerprint,
    }
    metadata["checksum"] = _checksum(dataset.images, dataset.labels, metadata)
    tensors = {"images": dataset.images.contiguous(), "labels": dataset.labels.contiguous()}
    with atomic_write(path) as temporary:
        save_file(tensors, temporary, metadata=metadata)


def load_decoded(path: Path) -> ImageDataset:
    """Read a kept data set and check that every byte is as it was written.

    Args:
        path: a file of `save_decoded`.

    Returns:
        The data set.

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
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            images, labels = file.get_tensor("images"), file.get_tensor("labels")
        expected = metadata.pop("checksum")
        if metadata["layout"] != _LAYOUT:
            raise BrokenDataError(f"{path} was written by another version of the course.")
        if _checksum(images, labels, metadata) != expected:
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
        return load_decoded(path)
    except (BrokenDataError, SafetensorError, OSError) as error:
        warnings.warn(f"The cache file {path} is broken and is made again ({error})", stacklevel=2)
        return None


def _checksum(images: torch.Tensor, labels: torch.Tensor, metadata: dict[str, str]) -> str:
    digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for tensor in (images, labels):
        digest.update(str(tuple(tensor.shape)).encode())
        # A view of the tensor's own memory: nothing is copied.
        digest.update(memoryview(tensor.contiguous().numpy()).cast("B"))
    return digest.hexdigest()
