"""Reading plain data that anybody may have written: every size, kind and depth is checked before it is used.

`wire.unpack` is the way to call it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from swin_edu.classroom.packed import (
    DTYPES,
    MAX_DEPTH,
    MAX_DIMENSIONS,
    MAX_INTEGER,
    MAX_NODES,
    Foreign,
    Malformed,
    plain_text,
)
from swin_edu.model.config import SwinConfig

__all__ = ["Unpacker", "foreign"]


@dataclass
class Unpacker:
    """Builds one value.

    Args:
        blobs: bytes of the tensors.
        function: what stands for the function with this number.

    Example:
        >>> Unpacker((), str).value({"tuple": [1, None]})
        (1, None)
    """

    blobs: tuple[bytes, ...]
    function: Callable[[int], Any]
    nodes: int = 0
    read: set[int] = field(default_factory=set)

    def value(self, node: Any, depth: int = 0) -> Any:
        """The value of one node of the tree, and of all below it."""
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
        return foreign(plain_text(content))

    def _tensor(self, node: dict[str, Any]) -> Tensor:
        shape, number = node["shape"], node["blob"]
        _require(isinstance(shape, list) and len(shape) <= MAX_DIMENSIONS, "no shape")
        _require(all(type(side) is int and 0 <= side < 2**31 for side in shape), "no shape")
        # Also where one side is 0: the strides of (0, 2**31, 2**31, 2**31) fit no integer.
        _require(math.prod(max(side, 1) for side in shape) < 2**40, "no shape")
        _require(type(number) is int and 0 <= number < len(self.blobs), "no numbers")
        # Each tensor is sent once: a thousand tensors of the same 32 MB would fill the grader's memory.
        _require(number not in self.read, "the numbers of one tensor twice")
        self.read.add(number)
        dtype, blob = DTYPES[node["tensor"]], self.blobs[number]
        _require(len(blob) == math.prod(shape) * dtype.itemsize, "another number of numbers")
        if not blob:
            return torch.empty(shape, dtype=dtype)
        numbers = torch.frombuffer(bytearray(blob), dtype=torch.uint8)
        # A byte that is neither 0 nor 1 would be a third truth value, true to some functions and not to
        # others.
        numbers = numbers != 0 if dtype == torch.bool else numbers.view(dtype)
        return numbers.reshape(shape).requires_grad_(bool(node.get("grad")) and dtype.is_floating_point)


def foreign(kind: str) -> Foreign:
    """Of a class with that name, since the messages to learners name the class of what they returned."""
    return type(kind if kind.isidentifier() else "object", (Foreign,), {})(kind)


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise Malformed(f"the isolated process sent {what}")
