"""Values as plain data: how arguments go into the isolated process, and answers come out of it.

`session` uses it outside and `inside` within. What comes out was written by whoever wrote the submission:
nothing in it is ever executed, and every size, kind and depth is checked before anything is built from it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from numbers import Integral, Real
from typing import Any

import torch
from torch import Tensor, nn

from swin_edu.classroom.packed import (
    MAX_DEPTH,
    MAX_DIMENSIONS,
    MAX_INTEGER,
    MAX_NODES,
    MAX_TEXT,
    NAMES,
    Malformed,
    Packed,
    Unsendable,
)
from swin_edu.classroom.unpacking import Unpacker, foreign
from swin_edu.model.config import SwinConfig

__all__ = ["pack", "unpack"]

DEFAULT_BYTES = 64 * 2**20


@dataclass
class _Packer:
    max_bytes: int
    function: Callable[[Any], int | None]
    strict: bool
    blobs: list[bytes] = field(default_factory=list)
    nodes: int = 0
    text: int = 0
    bytes: int = 0

    def node(self, value: Any, depth: int = 0) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise Unsendable("holds itself, or far too many things")
        if value is None or type(value) is bool:
            return value
        if isinstance(value, str):
            return self._string(value)
        if isinstance(value, Integral):
            return self._integer(int(value))
        if isinstance(value, (Real, complex)):
            return float(value) if isinstance(value, Real) else {"complex": [value.real, value.imag]}
        if isinstance(value, Tensor):
            return self._tensor(value)
        if isinstance(value, (tuple, list, set, frozenset)):
            return self._several(value, depth)
        if isinstance(value, Mapping):
            return {"dict": [[self.node(k, depth + 1), self.node(v, depth + 1)] for k, v in value.items()]}
        if isinstance(value, torch.dtype) and value in NAMES:
            return {"dtype": NAMES[value]}
        if type(value) is SwinConfig:
            settings = {item.name: getattr(value, item.name) for item in fields(value)}
            return {"config": self.node(settings, depth + 1)}
        if (number := self.function(value)) is not None:
            return {"function": number}
        if self.strict:
            raise Unsendable(f"holds a {type(value).__name__}")
        return {"other": self._string(type(value).__name__)[:50]}

    def _string(self, value: str) -> str:
        self.text += len(value)
        if self.text > MAX_TEXT:
            raise Unsendable(f"holds more than {MAX_TEXT} letters of text")
        return str(value)

    def _integer(self, value: int) -> int:
        if abs(value) > MAX_INTEGER:
            raise Unsendable(f"holds a number of {value.bit_length()} bits")
        return value

    def _several(self, value: Any, depth: int) -> dict[str, list[Any]]:
        nodes = [self.node(item, depth + 1) for item in value]
        if isinstance(value, (set, frozenset)):  # sorted, so that equal sets have equal fingerprints
            return {"set": sorted(nodes, key=json.dumps)}
        if isinstance(value, torch.Size):
            return {"size": nodes}
        return {"tuple" if isinstance(value, tuple) else "list": nodes}

    def _tensor(self, value: Tensor) -> dict[str, Any]:
        if type(value) not in (Tensor, nn.Parameter):
            raise Unsendable(f"is a {type(value).__name__}, a kind of tensor of its own")
        if value.layout is not torch.strided or value.device.type == "meta" or value.dtype not in NAMES:
            raise Unsendable(
                f"is a tensor without plain numbers ({value.layout}, {value.dtype}, {value.device})"
            )
        # Before anything is copied: an expanded tensor says it is large and holds a single number.
        self.bytes += value.numel() * value.element_size()
        if self.bytes > self.max_bytes or value.ndim > MAX_DIMENSIONS:
            raise Unsendable(f"is too large: {tuple(value.shape)} of {value.dtype}")
        flat = value.detach().cpu().resolve_conj().resolve_neg().contiguous().reshape(-1)
        self.blobs.append(flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b"")
        found = {"tensor": NAMES[value.dtype], "shape": list(value.shape), "blob": len(self.blobs) - 1}
        return {**found, "grad": True} if value.requires_grad and value.is_leaf else found


def pack(
    value: Any,
    *,
    max_bytes: int = DEFAULT_BYTES,
    function: Callable[[Any], int | None] = lambda value: None,
    strict: bool = False,
) -> Packed:
    """Write a value as plain data.

    Args:
        value: None, numbers, strings, tensors, dtypes, `SwinConfig`, and tuples, lists, sets and dicts of
            them. Anything else is packed as the name of its class.
        max_bytes: of all tensors together.
        function: the number of a function among the arguments; None for what is none of them.
        strict: refuse anything else instead.

    Raises:
        Unsendable: for a tensor without plain numbers or of a class of its own, for what holds itself, and
            for what is too large.

    Example:
        >>> pack({"a": (1, 2.5)}).tree
        {'dict': [['a', {'tuple': [1, 2.5]}]]}
    """
    packer = _Packer(max_bytes, function, strict)
    tree = packer.node(value)
    return Packed(tree, tuple(packer.blobs))


def unpack(packed: Packed, *, function: Callable[[int], Any] = lambda number: foreign("function")) -> Any:
    """Build a value from plain data that anybody may have written.

    Args:
        packed: what `pack` gave, or what pretends to be that.
        function: what stands for the function with this number.

    Raises:
        Malformed: if `pack` cannot have written it.

    Example:
        >>> unpack(pack((1, [torch.ones(2)])))
        (1, [tensor([1., 1.])])
    """
    try:
        return Unpacker(packed.blobs, function).value(packed.tree)
    except Malformed:
        raise
    except (ArithmeticError, LookupError, TypeError, ValueError, RuntimeError, AttributeError) as error:
        raise Malformed(f"no value: {type(error).__name__}") from None
