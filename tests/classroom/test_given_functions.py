"""Functions that live outside and are called for somebody who is not trusted."""

import os
import time

import pytest
import torch

from swin_edu.classroom.given_functions import GivenFunctions
from swin_edu.classroom.packed import Packed
from swin_edu.classroom.wire import pack, unpack

MEBI = 2**20


@pytest.fixture
def given():
    with GivenFunctions(8 * MEBI) as functions:
        yield functions


def call(given, number, *arguments, seconds=10, **named):
    return given.call(number, pack((arguments, named)), time.monotonic() + seconds)


def test_closures_and_modules_are_called_with_tensors(given):
    shift, norm = 3, torch.nn.LayerNorm(2)
    packed = given.pack((lambda x, *, twice=False: (x + shift) * (1 + twice), 5, norm))
    assert packed.tree == {"tuple": [{"function": 0}, 5, {"function": 1}]}
    assert unpack(call(given, 0, torch.ones(2)).parts["answer"]).tolist() == [4, 4]
    assert unpack(call(given, 0, torch.ones(2), twice=True).parts["answer"]).tolist() == [8, 8]
    x = torch.tensor([1.0, 2.0])
    assert torch.allclose(unpack(call(given, 1, x).parts["answer"]), norm(x))


def test_errors_come_back_as_words(given):
    given.pack((lambda x: 1 / x,))
    content = call(given, 0, 0).content
    assert content == {"kind": "ZeroDivisionError", "text": "division by zero"}
    assert unpack(call(given, 0, 2).parts["answer"]) == 0.5  # and it goes on


@pytest.mark.parametrize("number", [1, -1, 10**30, "0", None, [0], True])
def test_no_such_function(given, number):
    given.pack((len,))
    assert call(given, number, "abc").content["kind"] == "LookupError"


@pytest.mark.parametrize("tree", [None, 3, {"tuple": []}, {"tuple": [{"tuple": [1]}, 3]}, {"no": 1}])
def test_forged_arguments_are_an_error(given, tree):
    given.pack((len,))
    answer = given.call(0, Packed(tree), time.monotonic() + 10)
    assert "kind" in answer.content


def test_a_gigantic_call_ends_there_and_not_here(given):
    """What it allocates is limited, in a process of its own."""
    given.pack((lambda side: torch.ones(side, side).sum().item(), lambda: os.kill(os.getpid(), 9)))
    assert "allocate" in call(given, 0, 60_000).content["text"]
    assert call(given, 1).content["kind"] == "RuntimeError"
    assert unpack(call(given, 0, 10).parts["answer"]) == 100  # a new process


def test_a_huge_answer_is_refused(given):
    given.pack((lambda side: torch.ones(side),))
    assert call(given, 0, 10**8).content["kind"] == "Unsendable"


def test_time_is_limited(given):
    given.pack((lambda seconds: time.sleep(seconds),))
    begun = time.monotonic()
    assert call(given, 0, 60, seconds=0.3).content["kind"] == "TimeLimit"
    assert time.monotonic() - begun < 10


def test_functions_of_the_last_case_are_forgotten(given):
    given.pack((lambda: "first",))
    assert unpack(call(given, 0).parts["answer"]) == "first"
    given.pack((lambda: "second",))
    assert unpack(call(given, 0).parts["answer"]) == "second"


def test_its_process_ends_with_it():
    with GivenFunctions(MEBI) as functions:
        functions.pack((os.getpid,))
        process = unpack(call(functions, 0).parts["answer"])
        assert process != os.getpid()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
