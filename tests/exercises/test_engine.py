"""A check says kindly and exactly what an answer is: right, unwritten, another kind, wrong, or well known."""

import contextlib
import re
import signal

import numpy as np
import pytest
import torch

from swin_edu import exercises
from swin_edu.exercises import Exercise, Mistake, running
from swin_edu.exercises.answers import copy_of, describe_difference, same_answer


def cases() -> list[tuple]:
    generator = torch.Generator().manual_seed(0)
    return [(torch.randn(2, 3, generator=generator), 2), (torch.randn(4, 5, generator=generator), -1)]


SCALE = Exercise(
    name="scale",
    chapter="00",
    difficulty="easy",
    minutes=1,
    task="x times y.",
    reference=lambda x, y: x * y,
    cases=cases,
    mistakes={
        "sum": Mistake(lambda x, y: x + y, "Which sign is that?"),
        "crash": Mistake(lambda x, y: x @ y, "Is y a matrix?"),
    },
)


def adds_in_place(x, y):
    x *= y
    return x


def stub(x, y): ...


def unwritten(x, y):
    raise NotImplementedError


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (stub, r"scale: not written yet \(or is there no return\?\)\. Take your time\."),
        (unwritten, "not written yet"),
        (lambda x: x, "case 1 of 2, .* raised TypeError: .*takes 1 positional argument but 2 were given"),
        (lambda x, y: 1 / 0, "case 1 of 2, .* raised ZeroDivisionError: division by zero"),
        (adds_in_place, "changes its input"),
        (lambda x, y: [x], r"return a torch\.float32 tensor; yours is a list"),
        (
            lambda x, y: (x * y).T,
            r"case 1 of 2, scale\(tensor \(2, 3\), .*\): the shape should be \(2, 3\), yours is \(3, 2\)",
        ),
        (lambda x, y: (x * y).double(), r"return torch\.float32; yours is torch\.float64"),
        (
            lambda x, y: x * abs(y),
            r"case 2 of 2, .*: 20 of 20 entries differ, the first at \(0, 0\): expected",
        ),
        (lambda x, y: y + x, r"6 of 6 entries differ.*\. Which sign is that\?"),
        (torch.ones(2, 3), "check a function, not its result; this is Tensor"),
    ],
)
def test_each_kind_of_wrong_answer_has_its_own_words(function, words, capsys):
    report = SCALE.check(function)
    assert not report
    assert report.message in capsys.readouterr().out
    assert re.search(words, repr(report)), report


def test_a_known_mistake_is_named_and_the_first_wrong_case_too():
    report = SCALE.examine(lambda x, y: y + x)
    assert (report.mistake, report.case) == ("sum", 0)
    assert SCALE.examine(lambda x, y: x * abs(y)).case == 1
    assert SCALE.examine(lambda x, y: x * abs(y)).mistake is None


@pytest.mark.parametrize(
    "function", [lambda x, y: x * y, lambda x, y: sum([x] * y) if y > 0 else -x, lambda y, x: torch.mul(y, x)]
)
def test_a_right_answer_passes_however_it_is_written(function):
    report = SCALE.check(function)
    assert report
    assert report.mistake is report.case is None
    assert "right! (2 cases)" in repr(report)


def test_a_check_neither_uses_nor_changes_the_random_state():
    torch.manual_seed(1)
    SCALE.check(lambda x, y: x)
    after = torch.rand(3)
    torch.manual_seed(1)
    assert torch.equal(after, torch.rand(3))


def test_a_report_that_was_printed_is_not_shown_a_second_time():
    assert SCALE.check(stub)._ipython_display_() is None
    assert not hasattr(SCALE.examine(stub), "_ipython_display_")


@pytest.mark.parametrize(
    ("got", "expected", "same"),
    [
        (torch.ones(2) + 1e-7, torch.ones(2), True),
        (torch.ones(2) + 1e-3, torch.ones(2), False),
        (torch.tensor([float("nan")]), torch.tensor([float("nan")]), True),
        (torch.ones(2), torch.ones(2, dtype=torch.float64), False),
        (3, 3, True),
        (3.0, 3, False),
        (3, 3.0, True),
        (True, 1, False),
        ([1, 2], (1, 2), True),
        ((1, 2), (1, 2, 3), False),
        ({"a": torch.ones(1)}, {"a": torch.ones(1)}, True),
        ({"a": 1}, {"b": 1}, False),
        ("ab", "ab", True),
        (None, 3, False),
        (torch.nn.Linear(2, 3), torch.nn.Linear(3, 2), False),
        (np.int64(3), 3, True),
        (4_489_000_004, 4_489_000_000, False),
        (torch.ones(2, dtype=torch.float64) + 1e-5, torch.ones(2, dtype=torch.float64), False),
        (torch.ones(2, dtype=torch.float64) + 1e-8, torch.ones(2, dtype=torch.float64), True),
        (2.9999999, 3.0, True),
        (1e-5, 1.1e-5, False),
        (0.99e-3, 1e-3, False),
        (10**400, 3.0, False),
        ({10**6000: 1}, {"a": 1}, False),
        ({"a": 1, "b": 2}, {"a": 1}, False),
        ({None: 1, "b": 2}, {"a": 1}, False),
        (torch.ones(2, device="meta"), torch.ones(2), False),
        (torch.eye(2).to_sparse(), torch.eye(2), False),
    ],
)
def test_what_counts_as_the_same_answer(got, expected, same):
    assert same_answer(got, expected) is same
    if not same:
        assert len(describe_difference(got, expected)) > 5


def test_a_difference_in_the_last_digits_is_said_with_as_many_digits_as_it_takes():
    words = describe_difference(torch.tensor([0.123456, 2]), torch.tensor([0.123479, 2]))
    assert words == "1 of 2 entries differ, the first at (0,): expected 0.12348, got 0.12346"


def test_a_factor_rounded_to_float32_in_a_float64_exercise_is_no_mistake():
    text = exercises.attend_in_windows.solution(sure=True)
    text = text.replace("(C // num_heads) ** 0.5", "torch.tensor(C // num_heads).sqrt()")
    assert "torch.tensor(" in text
    names = {}
    exec(text, names)
    assert exercises.attend_in_windows.examine(names["attend_in_windows"])


def test_numbers_of_pytorch_in_float32_are_right_where_a_float_is_asked_for():
    def compare_seeds(first, second):
        gains = (torch.tensor(first) - torch.tensor(second)).float()
        signs = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * len(gains))
        as_far = (signs @ gains).abs() >= gains.sum().abs()
        error = gains.std() / len(gains) ** 0.5
        return gains.mean().item(), error.item(), as_far.float().mean().item()

    assert exercises.compare_seeds.examine(compare_seeds)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("stage_shapes", torch.tensor, "return a list of 4; yours is a Tensor"),
        ("mend_memory", lambda masks: (mask for mask in masks), "return a list of 3; yours is a generator"),
        ("cutmix", lambda pair: pair[0], "return a tuple of 2; yours is a Tensor"),
        ("mask_1d", lambda mask: mask.numpy(), "return a torch.bool tensor; yours is an ndarray"),
        ("count_swin", float, "return an int; yours is of type float, 28288354.0"),
        ("from_transformers", lambda state: list(state), "return a dict; yours is a list"),
    ],
)
def test_another_kind_of_answer_is_told_both_kinds(name, change, words):
    exercise = getattr(exercises, name)
    assert words in exercise.examine(lambda *given: change(exercise.reference(*given))).message


def test_copies_are_of_their_own():
    value = (torch.zeros(2, requires_grad=True), [1, {"a": 2}])
    other = copy_of(value)
    other[1][1]["a"] = 3
    assert value[1][1]["a"] == 2
    assert other[0] is not value[0]
    assert other[0].requires_grad


def test_the_list_holds_every_exercise_once_and_an_unknown_name_is_refused_with_those_there_are():
    names = [exercise.name for exercise in exercises.list()]
    assert len(set(names)) == len(names) >= 3
    assert all(getattr(exercises, name).name == name for name in names)
    with pytest.raises(AttributeError, match=r"no exercise is called 'mask_2d'; there are .*mask_1d"):
        exercises.mask_2d  # noqa: B018


def test_each_case_is_run_once_so_that_what_is_printed_is_printed_once(capsys):
    def talks(x, y):
        print("here")
        return x

    SCALE.check(talks)
    assert capsys.readouterr().out.count("here") == 2


def test_an_input_changed_by_less_than_rounding_is_changed():
    def nudges(x, y):
        x += 1e-7
        return x * y

    assert "changes its input" in SCALE.examine(nudges).message


def test_a_mistake_that_raises_is_named_only_for_its_own_kind_of_error():
    def other(x, y):
        raise KeyError("no")

    assert SCALE.examine(lambda x, y: x @ y).mistake == "crash"
    assert SCALE.examine(other).mistake is None


def test_hints_come_step_by_step_and_the_last_one_stays():
    task = exercises.mask_any
    count = len(task.hints)
    texts = [f"hint {n} of {count}: {hint}" for n, hint in enumerate(task.hints, start=1)]
    assert [task.hint() for _ in range(count + 1)] == [*texts, texts[-1]]
    assert [task.hint(step) for step in (0, 1, 99)] == [texts[0], texts[0], texts[-1]]
    assert repr(task.hint(1)) == texts[0]
    assert "no hint" in SCALE.hint()


def test_an_endless_loop_is_stopped_and_said_even_where_every_exception_is_caught(monkeypatch):
    monkeypatch.setattr(running, "SECONDS", 0.1)

    def endless(x, y):
        while True:
            with contextlib.suppress(Exception):
                x = x + y

    report = SCALE.examine(endless)
    assert re.match(r"case 1 of 2, .* was still running after 0\.1 s\. Which of your", report.message)
    assert report.mistake is None
    assert SCALE.examine(lambda x, y: x * y)


def test_a_bare_except_in_a_loop_does_not_hold_up_a_check_for_ever(monkeypatch):
    monkeypatch.setattr(running, "SECONDS", 0.1)

    def halved(x):
        return sum(map(lambda number: number / 2, x))  # noqa: C417

    def endless(x, y):
        while True:  # the time is nearly always over inside of `halved`
            try:
                halved(range(20))
            except:  # noqa: E722
                y += 1

    assert "still running after 0.1 s" in SCALE.examine(endless).message
    assert SCALE.examine(lambda x, y: x * y)


def test_a_loop_that_never_ends_after_a_wrong_case_is_waited_for_once(monkeypatch):
    monkeypatch.setattr(running, "SECONDS", 0.1)

    def wrong_then_endless(x, y):
        while y < 0:
            pass
        return x + y

    report = SCALE.examine(wrong_then_endless)
    assert (report.case, report.mistake) == (0, None)
    assert "6 of 6 entries differ" in report.message


def test_the_time_limit_leaves_ctrl_c_as_it_was():
    before = signal.getsignal(signal.SIGINT)
    SCALE.examine(lambda x, y: x * y)
    assert signal.getsignal(signal.SIGINT) is before

    def interrupted(x, y):
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        SCALE.examine(interrupted)
    assert signal.getsignal(signal.SIGINT) is before
