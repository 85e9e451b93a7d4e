"""Whatever comes out of the isolated process is judged: no answer stops the grader, no odd one is right."""

import math

import pytest
import torch

from swin_edu import exercises
from swin_edu.classroom.packed import DTYPES
from swin_edu.classroom.wire import pack, unpack
from swin_edu.exercises import judging
from swin_edu.exercises.answers import same_answer
from swin_edu.exercises.running import Outcome, Problem
from swin_edu.model.config import SwinConfig

FOREIGN = unpack(pack(object()))
ODD = [
    *(
        FOREIGN,
        [FOREIGN],
        (FOREIGN,) * 3,
        {"a": FOREIGN},
        True,
        -1,
        2**63,
        math.nan,
        -math.inf,
        1j,
        "",
        "\n" * 100,
    ),
    *((), [], {}, set(), {1, "a", (2, None)}, [[[]]], (None, None), [None] * 7, {None: None}, {(1, 2): [3]}),
    *({1: 2, "b": torch.zeros(2)}, [torch.zeros(2), 3, "x"], torch.Size([2, 3]), torch.float32, SwinConfig()),
    *(
        torch.tensor(3),
        torch.zeros(0),
        torch.zeros(0, 3),
        torch.full((2, 3), math.nan),
        torch.zeros([1] * 16),
    ),
    *(torch.zeros(2, requires_grad=True), torch.zeros(3, 4, dtype=torch.complex64), torch.ones(2, 2).bool()),
    *(torch.zeros(2, dtype=dtype) for name, dtype in DTYPES.items() if name != "complex32"),
]


def like(expected: object) -> list[object]:
    """Answers that look like the right one and are not."""
    if isinstance(expected, torch.Tensor):
        odd = [
            torch.zeros(expected.shape, dtype=dtype) for name, dtype in DTYPES.items() if name != "complex32"
        ]
        odd += [expected.unsqueeze(0), expected.flatten(), expected.tolist(), expected.to(torch.complex64)]
        return [*odd, torch.full_like(expected, math.nan)] if expected.is_floating_point() else odd
    if isinstance(expected, (tuple, list)):
        return [
            type(expected)(odd for _ in expected) for odd in (FOREIGN, None, math.nan, 10**18, torch.zeros(1))
        ]
    if isinstance(expected, dict):
        return [dict.fromkeys(expected, odd) for odd in (FOREIGN, None, 3, "x", torch.zeros(1))]
    return []


@pytest.mark.parametrize("exercise", exercises.list(), ids=lambda exercise: exercise.name)
def test_every_odd_answer_can_be_compared_and_described(exercise):
    """The two steps of a verdict that look at an answer; a whole verdict tries all known mistakes as well."""
    expected = exercise.reference(*exercise.cases()[0])
    for odd in [*ODD, *like(expected)]:
        if same_answer(odd, expected):
            assert type(odd) is type(expected)  # zeros may be right, as an answer of the right kind
        else:
            assert judging.fault(Outcome(odd), expected, "case 1")


def test_every_odd_answer_is_judged():
    exercise = exercises.mask_1d
    cases = exercise.cases()
    for odd in ODD:
        for visible in (3, 0):
            report = exercise.judge([Outcome(odd)] * 3, cases, visible=visible)
            assert not report.passed
            assert report.right == 0
            assert str(report)


@pytest.mark.parametrize("kind", ["", "Stopped", "{x}%s[bold]"])
def test_every_odd_problem_is_judged(kind):
    exercise = exercises.mask_1d
    cases = exercise.cases()
    for outcome in (Outcome(error=Problem(kind, "")), Outcome(error=Problem(kind, "\n{}%" * 500))):
        for outcomes in ([outcome], [outcome] * len(cases), []):
            assert not exercise.judge(outcomes, cases, visible=1).passed
