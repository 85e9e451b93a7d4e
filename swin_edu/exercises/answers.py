"""Comparing answers: what counts as the same, and how a difference is said in words.

Every exercise of the course uses it. Answers may be tensors, numbers, strings, tuples, lists, dicts, or
what else has an equality.
"""

import copy
import math
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

import torch
from torch import Tensor, nn

from swin_edu.exercises.frozen import kind_of

# A right algorithm may have rounded a factor to float32, also where the tensors are float64.
TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-5, torch.bfloat16: 2e-2, torch.float16: 5e-3}
LONGEST = 200  # letters of an answer that is said in words


def copy_of(value: Any) -> Any:
    """A copy that nobody else writes to.

    Example:
        >>> one = torch.zeros(2); two = copy_of((one, 3))[0]; two += 1; one
        tensor([0., 0.])
    """
    if isinstance(value, Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, (tuple, list)):
        return type(value)(copy_of(item) for item in value)
    return copy.deepcopy(value)


def same_answer(got: Any, expected: Any, exactly: bool = False) -> bool:
    """Whether two answers are the same: kind, shape, dtype, and numbers up to rounding.

    Args:
        got, expected: tensors, numbers, containers of them, or modules (compared by their state).
        exactly: bit for bit; else floating-point numbers may differ by rounding.

    Returns:
        True where a learner would be told that the answer is right.

    Example:
        >>> same_answer(torch.ones(2), torch.ones(2) + 1e-7), same_answer(torch.ones(2), torch.ones(2, 1))
        (True, False)
    """
    if isinstance(expected, Tensor):
        if not isinstance(got, Tensor) or _form(got) != _form(expected):
            return False
        return not bool(differs(got, expected, exactly).any())
    if isinstance(expected, bool) or isinstance(got, bool):
        return type(got) is type(expected) and got == expected
    if isinstance(expected, Integral):
        return isinstance(got, Integral) and bool(got == expected)
    if isinstance(expected, float):
        if not isinstance(got, Real) or exactly or got == expected:
            return isinstance(got, Real) and bool(got == expected)
        return math.isclose(got, expected, rel_tol=1e-6, abs_tol=1e-9) if abs(got) < 1e300 else False
    if isinstance(expected, (tuple, list)):
        return (
            isinstance(got, (tuple, list))
            and len(got) == len(expected)
            and all(same_answer(one, other, exactly) for one, other in zip(got, expected, strict=True))
        )
    if isinstance(expected, Mapping):
        return (
            isinstance(got, Mapping)
            and set(got) == set(expected)
            and all(same_answer(got[key], value, exactly) for key, value in expected.items())
        )
    if isinstance(expected, nn.Module):
        return isinstance(got, nn.Module) and same_answer(got.state_dict(), expected.state_dict(), exactly)
    return bool(got == expected)


def describe_difference(got: Any, expected: Any) -> str:
    """What is wrong with an answer, in one short sentence without a full stop.

    Args:
        got: the learner's answer, not the same as the expected one.
        expected: the reference's.

    Example:
        >>> describe_difference(torch.zeros(2, 3), torch.zeros(3, 2))
        'the shape should be (3, 2), yours is (2, 3)'
    """
    if isinstance(expected, Tensor):
        return _describe_tensor(got, expected)
    if isinstance(expected, (tuple, list)):
        if not isinstance(got, (tuple, list)) or len(got) != len(expected):
            size = f" of {len(got)}" if isinstance(got, (tuple, list)) else ""
            wanted = f"{_a(type(expected).__name__)} of {len(expected)}"
            return f"return {wanted}; yours is {_a(kind_of(got))}{size}"
        if all(isinstance(item, (int, float, str, bool)) for item in expected):
            return f"expected {_said(tuple(expected))}, got {_said(tuple(got))}"
        pairs = enumerate(zip(got, expected, strict=True))
        place = next(i for i, (one, other) in pairs if not same_answer(one, other))
        return f"item {place} is wrong: {describe_difference(got[place], expected[place])}"
    if isinstance(expected, Mapping):
        return _describe_mapping(got, expected)
    if isinstance(expected, nn.Module) and isinstance(got, nn.Module):
        return describe_difference(got.state_dict(), expected.state_dict())
    numbers = isinstance(got, Real) and isinstance(expected, float)
    if type(got) is not type(expected) and not isinstance(got, type(expected)) and not numbers:
        given = f"{kind_of(got)}, {_said(got)}" if isinstance(got, Real) else kind_of(got)
        return f"return {_a(type(expected).__name__)}; yours is of type {given}"
    return f"expected {_said(expected)}, got {_said(got)}"


def _a(kind: str) -> str:
    return f"{'an' if kind.startswith(tuple('aeiou')) or kind == 'ndarray' else 'a'} {kind}"


def _said(value: Any) -> str:
    """A value in words, at most a line or two."""
    try:
        words = str(value)
    except ValueError:  # an integer of thousands of digits
        return f"{_a(kind_of(value))} with too many digits to be shown"
    return words if len(words) <= LONGEST else f"{words[:LONGEST]} ..."


def _describe_tensor(got: Any, expected: Tensor) -> str:
    if not isinstance(got, Tensor):
        return f"return a {expected.dtype} tensor; yours is {_a(kind_of(got))}"
    if got.shape != expected.shape:
        return f"the shape should be {tuple(expected.shape)}, yours is {tuple(got.shape)}"
    if got.dtype != expected.dtype:
        return f"return {expected.dtype}; yours is {got.dtype}"
    if _form(got) != _form(expected):
        return f"return a dense tensor on {expected.device}; yours is {got.layout} on {got.device}"
    if expected.dtype == torch.bool and torch.equal(got, ~expected):
        return "every entry is the other way round"
    wrong = differs(got, expected)
    if not wrong.ndim:
        return _both(expected, got)
    first = tuple(wrong.nonzero()[0].tolist())
    words = f"{int(wrong.sum())} of {wrong.numel()} entries differ, the first at {first}"
    return f"{words}: {_both(expected[first], got[first])}"


def _describe_mapping(got: Any, expected: Mapping) -> str:
    if not isinstance(got, Mapping):
        return f"return a dict; yours is {_a(kind_of(got))}"
    if missing := sorted(set(expected) - set(got), key=_said):
        return f"{len(missing)} keys are missing, such as {missing[0]!r}"
    if extra := sorted(set(got) - set(expected), key=_said):
        example = repr(extra[0]) if isinstance(extra[0], str) and len(extra[0]) < LONGEST else _said(extra[0])
        return f"{len(extra)} keys do not belong there, such as {example}"
    key = next(key for key, value in expected.items() if not same_answer(got[key], value))
    return f"{key!r} is wrong: {describe_difference(got[key], expected[key])}"


def _form(tensor: Tensor) -> tuple[Any, ...]:
    """What has to be equal before numbers can be compared."""
    return tensor.shape, tensor.dtype, tensor.device, tensor.layout


def differs(got: Tensor, expected: Tensor, exactly: bool = False) -> Tensor:
    """Bool, True where two tensors of one form differ (by more than rounding, unless exactly)."""
    if not expected.is_floating_point():
        return got != expected
    if exactly:
        return (got != expected) & ~(got.isnan() & expected.isnan())
    near = TOLERANCE.get(expected.dtype, 1e-5)
    return ~torch.isclose(got, expected, rtol=near, atol=near, equal_nan=True)


def _both(expected: Tensor, got: Tensor) -> str:
    """Two numbers with as many digits as it takes to tell them apart."""
    one, other = expected.item(), got.item()
    if not isinstance(one, float):
        return f"expected {one}, got {other}"
    digits = next((d for d in range(4, 17) if f"{one:.{d}g}" != f"{other:.{d}g}"), 17)
    return f"expected {one:.{digits}g}, got {other:.{digits}g}"
