"""A right answer in a wrong form is told what is wrong with it, in every exercise, each in its own words."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from swin_edu import exercises
from swin_edu.exercises import Exercise, running
from swin_edu.exercises.judging import CHANGED, NOT_WRITTEN

ALL = exercises.list()


def changed_leaf(answer: Any, change: Callable[[Any], Any]) -> Any:
    """The answer with its first tensor or number changed."""
    if isinstance(answer, Mapping):
        first, *rest = answer
        return {first: changed_leaf(answer[first], change)} | {key: answer[key] for key in rest}
    if isinstance(answer, (tuple, list)) and answer:
        return type(answer)([changed_leaf(answer[0], change), *answer[1:]])
    return change(answer)


def other_dtype(leaf: Any) -> Any:
    if isinstance(leaf, Tensor):
        return leaf.to(torch.float32 if leaf.dtype == torch.float64 else torch.float64)
    return str(leaf) if isinstance(leaf, float) else float(leaf)


def one_more_axis(leaf: Any) -> Any:
    return leaf[None] if isinstance(leaf, Tensor) else [leaf]


def first_of(answer: Any) -> Any:
    while isinstance(answer, (Mapping, tuple, list)) and answer:
        answer = next(iter(answer.values())) if isinstance(answer, Mapping) else answer[0]
    return answer


def tensors_of(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    items = value.values() if isinstance(value, Mapping) else value
    return (
        [t for item in items for t in tensors_of(item)] if isinstance(value, (Mapping, tuple, list)) else []
    )


def verdict(exercise: Exercise, change: Callable[[Any], Any]) -> str:
    report = exercise.examine(lambda *given: changed_leaf(exercise.reference(*given), change))
    assert (report.passed, report.mistake, report.case) == (False, None, 0)
    return report.message


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_another_dtype_is_told_as_such(exercise: Exercise) -> None:
    leaf = first_of(exercise.reference(*exercise.cases()[0]))
    words = (
        r"return .*; yours is (torch\.float|of type)" if not nested_numbers(exercise) else "expected .*, got"
    )
    assert re.search(words, verdict(exercise, other_dtype)), leaf


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_another_shape_is_told_as_such(exercise: Exercise) -> None:
    words = r"the shape should be \(.*\), yours is \(1, |return an? .*; yours is of type list"
    assert re.search(
        words if not nested_numbers(exercise) else "expected .*, got", verdict(exercise, one_more_axis)
    )


def nested_numbers(exercise: Exercise) -> bool:
    """Whether the answer is a list or tuple of plain numbers, which is short enough to be shown whole."""
    answer = exercise.reference(*exercise.cases()[0])
    return isinstance(answer, (tuple, list)) and not isinstance(first_of(answer), (Tensor, nn.Module))


CHANGEABLE = [exercise for exercise in ALL if tensors_of(exercise.cases()[0])]


@pytest.mark.parametrize("exercise", CHANGEABLE, ids=lambda exercise: exercise.name)
def test_a_changed_input_is_told_as_such(exercise: Exercise) -> None:
    def in_place(*given: Any) -> Any:
        answer = exercise.reference(*given)
        with torch.no_grad():
            tensors_of(given)[0].add_(1)
        return answer

    report = exercise.examine(in_place)
    assert not report.passed
    assert report.message.startswith(CHANGED)


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_an_exception_an_endless_loop_and_an_unwritten_stub_are_told_as_such(
    exercise: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raises(*given: Any) -> Any:
        raise LookupError("nothing here")

    def endless(*given: Any) -> Any:
        while True:
            pass

    assert re.match(r"case 1 of \d+.* raised LookupError: nothing here", exercise.examine(raises).message)
    assert exercise.examine(lambda *_: None).message == NOT_WRITTEN
    monkeypatch.setattr(running, "SECONDS", 0.02)
    assert re.match(r"case 1 of \d+.* was still running after 0\.02 s", exercise.examine(endless).message)
