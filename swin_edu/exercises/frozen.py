"""An answer as it was when it came: plain, of its own memory, and safe to look at.

`running.run` takes it of whatever a learner's function returns. A list that the function goes on filling in
the next case, a kind of number that is equal to everything, a list without a length: none of them matters
after that.
"""

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

import torch
from torch import Tensor, nn

DEEPEST = 8  # lists in lists; a right answer has two
MOST = 100_000  # things in all
MOST_NUMBERS = 2**26  # in a tensor that is copied; a larger one is no right answer


class Odd:
    """Stands for a value that can be no right answer, or part of one; it says only of which kind it was.

    Example:
        >>> Odd("generator")
        <generator>
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __repr__(self) -> str:
        return f"<{self.kind}>"


def kind_of(value: Any) -> str:
    """What a learner would call the kind of a value.

    Example:
        >>> kind_of(3), kind_of(Odd("generator"))
        ('int', 'generator')
    """
    return value.kind if isinstance(value, Odd) else type(value).__name__


def frozen(value: Any) -> Any:
    """A plain copy of an answer: of tensors, numbers, texts, tuples, lists and dicts.

    Numbers of NumPy become Python's, and each subclass the class that it is of. Anything else is kept as its
    kind only; a module is kept as it is.

    Args:
        value: of any kind, also one that holds itself.

    Example:
        >>> shapes = [(2, 3)]; answer = frozen(shapes); shapes.append((4, 5)); answer
        [(2, 3)]
        >>> frozen(item for item in shapes)
        <generator>
    """
    return _Freezer().value(value, 0)


class _Freezer:
    def __init__(self) -> None:
        self.things = 0

    def value(self, value: Any, depth: int) -> Any:
        self.things += 1
        if self.things > MOST or depth > DEEPEST:
            return Odd(type(value).__name__)
        if value is None or isinstance(value, (bool, nn.Module)):
            return value
        if isinstance(value, Tensor):
            return _tensor(value)
        if isinstance(value, str):
            return str.__str__(value)
        if isinstance(value, int):
            return int.__int__(value)
        if isinstance(value, float):
            return float.__float__(value)
        if isinstance(value, (Integral, Real)):
            return int(value) if isinstance(value, Integral) else float(value)
        if isinstance(value, tuple):
            return tuple(self.value(item, depth + 1) for item in tuple.__iter__(value))
        if isinstance(value, list):
            return [self.value(item, depth + 1) for item in list.__iter__(value)]
        if isinstance(value, Mapping):
            return {self.value(k, depth + 1): self.value(item, depth + 1) for k, item in value.items()}
        return Odd(type(value).__name__)


def _tensor(value: Tensor) -> Any:
    with torch._C.DisableTorchFunctionSubclass():
        if value.is_nested:
            return Odd("nested tensor")
        if value.is_quantized:
            return Odd("quantized tensor")
        value = value.detach().as_subclass(Tensor)
        if value.layout != torch.strided or value.is_meta or value.numel() > MOST_NUMBERS:
            return value
        return value.clone()
