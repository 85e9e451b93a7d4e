"""Plain data that stands for a value, how much of it there may be, and what is wrong with it if something is.

`wire` writes and reads it.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

import torch

__all__ = ["DTYPES", "Foreign", "Malformed", "Packed", "Unsendable", "plain_text"]

MAX_NODES = 100_000
MAX_DEPTH = 32
MAX_TEXT = 200_000
MAX_INTEGER = 2**63
MAX_DIMENSIONS = 16
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

DTYPES: dict[str, torch.dtype] = {
    name: getattr(torch, name)
    for name in (
        *("bool", "uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64"),
        *("float16", "bfloat16", "float32", "float64", "float8_e4m3fn", "float8_e5m2"),
        *("complex32", "complex64", "complex128"),
    )
    if hasattr(torch, name)
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


class Unsendable(TypeError):
    """A value that cannot leave the isolated process; the text says why."""


class Malformed(ValueError):
    """What came is not what `pack` writes. Only a submission that forges answers sends such a thing."""


@dataclass(frozen=True)
class Foreign:
    """An answer of a kind that no exercise asks for, such as a numpy array: only its name came out.

    Args:
        kind: name of its class, as the process says.

    Example:
        >>> Foreign("ndarray")
        <ndarray>
    """

    kind: str

    def __repr__(self) -> str:
        return f"<{self.kind}>"


@dataclass(frozen=True)
class Packed:
    """A value as plain data.

    Args:
        tree: what JSON can hold; a tensor in it says which of the blobs are its numbers.
        blobs: the tensors' bytes.

    Example:
        >>> Packed(3).digest() == Packed(3).digest(), Packed(3).digest() == Packed(3.0).digest()
        (True, False)
    """

    tree: Any
    blobs: tuple[bytes, ...] = ()

    def digest(self) -> str:
        """A fingerprint: equal for equal values, of the same kinds, bit for bit."""
        whole = hashlib.sha256(json.dumps(self.tree).encode())
        for blob in self.blobs:
            whole.update(len(blob).to_bytes(8, "little") + blob)
        return whole.hexdigest()


def plain_text(text: str) -> str:
    """Text that can be written to a file: half characters, for which UTF-8 has no bytes, become "?",
    and what a terminal would obey is left out.

    Example:
        >>> plain_text("a" + chr(0xD800) + chr(27) + "[2J")
        'a?[2J'
    """
    return CONTROL.sub("", text).encode("utf-8", "replace").decode("utf-8")
