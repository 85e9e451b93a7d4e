"""Decode a split into the cache, or into memory where the cache has no place for it.

Notebook 08 meets it the first time it reads CIFAR-10; sets larger than memory only ever go through the cache.
"""

import errno
import json
import shutil
import warnings
from itertools import chain
from pathlib import Path

import torch

from swin_edu.data.cache import load_decoded, write_decoded
from swin_edu.data.dataset import ImageDataset
from swin_edu.data.encoded import EncodedImages
from swin_edu.data.errors import DataError

# A set up to this size, decoded, is used without a copy in the cache where there can be none.
_FITS_IN_MEMORY = 1 << 30
# Left free on the disk: a machine whose disk is full to the last byte works no more.
_SPARE = 100 << 20


def decode_and_keep(
    encoded: EncodedImages, copy: Path, name: str, split: str, fingerprint: str, image_size: int | None = None
) -> ImageDataset:
    """Decode all images of a split.

    Args:
        encoded: the split.
        copy: the file in the cache that will hold the decoded images.
        name: of the data set.
        split: "train" or "test".
        fingerprint: of the source.
        image_size: as in `decode_image`.

    Returns:
        The data set as `load_decoded` gives it. Where ``copy`` cannot be written and the images fit in
        memory, they are there, and a warning says so.

    Raises:
        BrokenDataError: names the image that cannot be decoded.
        DataError: if there is no room for a set that does not fit in memory; says how much is needed. Nothing
            is left behind.

    Example:
        >>> nothing = EncodedImages(torch.zeros(0).numpy(), [], lambda: iter([]))
        >>> decode_and_keep(nothing, Path("copy.safetensors"), "none", "train", "")
        Traceback (most recent call last):
        swin_edu.data.errors.DataError: the train split of none has no images
    """
    title = f"Decoding {name} ({split})"
    images = encoded.decode(image_size, title)
    first = next(images, None)
    if first is None:
        raise DataError(f"the {split} split of {name} has no images")
    needed = len(encoded.labels) * first[0].nbytes
    facts = {
        "name": name,
        "split": split,
        "class_names": json.dumps(encoded.class_names),
        "mirror_keeps_label": "true",
        "fingerprint": fingerprint,
    }
    try:
        _require_room(copy.parent, needed)
        write_decoded(chain([first], images), encoded.labels, facts, copy)
        return load_decoded(copy, verify=False)
    except OSError as error:
        images.close()
        if needed > _FITS_IN_MEMORY:
            raise DataError(_no_place(name, split, needed, copy.parent, error)) from error
        warnings.warn(f"The decoded images cannot be kept in {copy}: {error}", stacklevel=4)
    return ImageDataset(
        images=torch.from_numpy(encoded.decode_all(image_size, title)),
        labels=torch.from_numpy(encoded.labels),
        class_names=encoded.class_names,
        name=name,
        split=split,
        fingerprint=fingerprint,
    )


def _require_room(folder: Path, needed: int) -> None:
    """Look before hours of work rather than after it; others may still fill the disk meanwhile."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free < needed + _SPARE:
        raise OSError(errno.ENOSPC, f"{_size(needed + _SPARE)} are needed and {_size(free)} are free")


def _no_place(name: str, split: str, needed: int, folder: Path, error: OSError) -> str:
    return (
        f"The {split} split of {name} takes {_size(needed)} when decoded, too much for memory, and cannot be "
        f"kept in {folder}: {error}. Make room there; older copies in that folder may be deleted, they are "
        "made again when needed. Or take a smaller image size, or fewer classes."
    )


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"
