"""Values as plain data: how arguments go into the isolated process, and answers come out of it.

`session` uses it outside and `inside` within. What comes out was written by whoever wrote the submission:
nothing in it is ever executed, and every size, kind and depth is checked before anything is built from it.
"""

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from numbers import Integral, Real
from typing import Any

import torch
from torch import Tensor, nn

from swin_edu.model.config import SwinConfig

__all__ = ["Foreign", "Malformed", "Packed", "Unsendable", "pack", "plain_text", "unpack"]

MAX_NODES = 100_000
MAX_DEPTH = 32
MAX_TEXT = 200_000
MAX_INTEGER = 2**63
MAX_DIMENSIONS = 16
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
DEFAULT_BYTES = 64 * 2**20

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
        >>> unpack(pack([object()]))
        [<object>]
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
        >>> pack((1, torch.zeros(2))).tree
        {'tuple': [1, {'tensor': 'float32', 'shape': [2], 'blob': 0}]}
    """

    tree: Any
    blobs: tuple[bytes, ...] = ()

    def digest(self) -> str:
        """A fingerprint: equal for equal values, of the same kinds, bit for bit."""
        whole = hashlib.sha256(json.dumps(self.tree).encode())
        for blob in self.blobs:
            whole.update(len(blob).to_bytes(8, "little") + blob)
        return whole.hexdigest()


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


@dataclass
class _Unpacker:
    blobs: tuple[bytes, ...]
    function: Callable[[int], Any]
    nodes: int = 0

    def value(self, node: Any, depth: int = 0) -> Any:
        self.nodes += 1
        _require(self.nodes <= MAX_NODES and depth <= MAX_DEPTH, "too many things")
        if node is None or isinstance(node, (bool, float)):
            return node
        if isinstance(node, int):
            _require(abs(node) <= MAX_INTEGER, "a number that is too large")
            return node
        if isinstance(node, str):
            return plain_text(node)
        _require(isinstance(node, dict) and len(node) > 0, "no value")
        if "tensor" in node:
            return self._tensor(node)
        _require(len(node) == 1, "no value")
        ((kind, content),) = node.items()
        read = getattr(self, f"_read_{kind}", None) if kind.isidentifier() else None
        _require(read is not None, "a kind that there is not")
        return read(content, depth + 1)

    def _items(self, content: Any, depth: int) -> list[Any]:
        _require(isinstance(content, list), "no list")
        return [self.value(item, depth) for item in content]

    def _read_list(self, content: Any, depth: int) -> list[Any]:
        return self._items(content, depth)

    def _read_tuple(self, content: Any, depth: int) -> tuple[Any, ...]:
        return tuple(self._items(content, depth))

    def _read_size(self, content: Any, depth: int) -> torch.Size:
        return torch.Size(self._items(content, depth))

    def _read_set(self, content: Any, depth: int) -> set[Any]:
        return set(self._items(content, depth))

    def _read_dict(self, content: Any, depth: int) -> dict[Any, Any]:
        _require(isinstance(content, list), "no dict")
        pairs = [self._items(pair, depth) for pair in content]
        _require(all(len(pair) == 2 for pair in pairs), "no pair")
        return dict(pairs)

    def _read_complex(self, content: Any, depth: int) -> complex:
        real, imaginary = self._items(content, depth)
        return complex(float(real), float(imaginary))

    def _read_dtype(self, content: Any, depth: int) -> torch.dtype:
        return DTYPES[content]

    def _read_config(self, content: Any, depth: int) -> SwinConfig:
        return SwinConfig(**self.value(content, depth))

    def _read_function(self, content: Any, depth: int) -> Any:
        _require(type(content) is int and 0 <= content < MAX_NODES, "no function")
        return self.function(content)

    def _read_other(self, content: Any, depth: int) -> Foreign:
        _require(isinstance(content, str) and len(content) <= 50, "no name")
        return _foreign(plain_text(content))

    def _tensor(self, node: dict[str, Any]) -> Tensor:
        shape, number = node["shape"], node["blob"]
        _require(isinstance(shape, list) and len(shape) <= MAX_DIMENSIONS, "no shape")
        _require(all(type(side) is int and 0 <= side < 2**31 for side in shape), "no shape")
        # Also where one side is 0: the strides of (0, 2**31, 2**31, 2**31) fit no integer.
        _require(math.prod(max(side, 1) for side in shape) < 2**40, "no shape")
        _require(type(number) is int and 0 <= number < len(self.blobs), "no numbers")
        dtype, blob = DTYPES[node["tensor"]], self.blobs[number]
        _require(len(blob) == math.prod(shape) * dtype.itemsize, "another number of numbers")
        if not blob:
            return torch.empty(shape, dtype=dtype)
        numbers = torch.frombuffer(bytearray(blob), dtype=torch.uint8)
        # A byte that is neither 0 nor 1 would be a third truth value, true to some functions and not to
        # others.
        numbers = numbers != 0 if dtype == torch.bool else numbers.view(dtype)
        return numbers.reshape(shape).requires_grad_(bool(node.get("grad")) and dtype.is_floating_point)


def _foreign(kind: str) -> Foreign:
    """Of a class with that name, since the messages to learners name the class of what they returned."""
    return type(kind if kind.isidentifier() else "object", (Foreign,), {})(kind)


def unpack(packed: Packed, *, function: Callable[[int], Any] = lambda number: _foreign("function")) -> Any:
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
        return _Unpacker(packed.blobs, function).value(packed.tree)
    except Malformed:
        raise
    except (ArithmeticError, LookupError, TypeError, ValueError, RuntimeError, AttributeError) as error:
        raise Malformed(f"no value: {type(error).__name__}") from None


def plain_text(text: str) -> str:
    """Text that can be written to a file: half characters, for which UTF-8 has no bytes, become "?",
    and what a terminal would obey is left out.

    Example:
        >>> plain_text("a" + chr(0xD800) + chr(27) + "[2J")
        'a?[2J'
    """
    return CONTROL.sub("", text).encode("utf-8", "replace").decode("utf-8")


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise Malformed(f"the isolated process sent {what}")
