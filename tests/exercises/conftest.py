"""The exercises' tensors are small: more than one thread costs time here, most of all on a busy machine."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from swin_edu import exercises
from swin_edu.exercises.answers import copy_of
from swin_edu.exercises.running import run


@pytest.fixture(autouse=True, scope="package")
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def right_everywhere() -> Callable[..., None]:
    """Checks an answer on the visible cases and on the hidden ones of many seeds.

    Where the exercise has no other dtype of its own, its float cases are asked in the dtypes given as well.
    """

    def check(name: str, answer: Callable[..., Any], dtypes: tuple[torch.dtype, ...] = ()) -> None:
        exercise = getattr(exercises, name)
        answer(*copy_of(exercise.cases()[0]))  # what is imported on first use costs no time of the check
        cases = exercise.cases() + [case for seed in range(12) for case in exercise.hidden_cases(seed)]
        for dtype in dtypes:
            cases += [tuple(_as(dtype, argument) for argument in case) for case in exercise.cases()]
        report = exercise.judge([run(answer, case) for case in cases], cases)
        assert report, f"{report}, case {cases[report.case]}"

    return check


def _as(dtype: torch.dtype, value: Any) -> Any:
    return value.to(dtype) if isinstance(value, torch.Tensor) and value.is_floating_point() else value
