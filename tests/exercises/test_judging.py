"""The verdict on outcomes that came from elsewhere is the same as a check's, and hidden cases stay hidden."""

import random
from dataclasses import replace

import pytest
import torch

from swin_edu import exercises
from swin_edu.exercises import Exercise, Mistake
from swin_edu.exercises.answers import same_answer
from swin_edu.exercises.marks import marks
from swin_edu.exercises.report import Report
from swin_edu.exercises.running import Outcome, Problem, run


def draw(generator: random.Random) -> tuple:
    return generator.randrange(3, 9), generator.randrange(50, 99)


AREA = Exercise(
    name="area",
    chapter="00",
    difficulty="easy",
    minutes=1,
    task="H times W.",
    reference=lambda H, W: H * W,
    cases=lambda: [(2, 3), (4, 5)],
    mistakes={"sum": Mistake(lambda H, W: H + W, "Which sign is that?")},
    draw=draw,
)


def outcomes_of(function, cases):
    return [run(function, case) for case in cases]


@pytest.mark.parametrize(
    "function", [lambda H, W: H * W, lambda H, W: H + W, lambda H, W: H / 0, lambda H, W: None]
)
def test_judging_outcomes_of_elsewhere_says_the_same_as_a_check(function):
    cases = AREA.cases()
    assert AREA.judge(outcomes_of(function, cases), cases) == AREA.examine(function)


def test_a_case_is_called_by_the_learner_s_own_name_and_by_the_exercise_s_where_there_is_none():
    def my_area(H, W):
        return H * min(W, 4)

    assert AREA.examine(my_area).message.startswith("case 2 of 2, my_area(4, 5): ")
    assert AREA.examine(lambda H, W: H * min(W, 4)).message.startswith("case 2 of 2, area(4, 5): ")


def test_a_report_holds_the_first_differing_case_with_both_answers_and_counts_the_right_ones():
    report = AREA.examine(lambda H, W: H * min(W, 4))
    assert (report.case, report.call, report.expected, report.got) == (1, "area(4, 5)", 20, 16)
    assert (report.right, report.cases) == (1, 2)
    passed = AREA.examine(AREA.reference)
    assert (passed.right, passed.cases, passed.expected, passed.call) == (2, 2, None, "")


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (
            lambda H, W: H * min(W, 9),
            "area: right for the cases you can see, not for others. What in your code",
        ),
        (
            lambda H, W: H * W if W < 9 else H / 0,
            "another one raised ZeroDivisionError. What does your code take",
        ),
        (lambda H, W: H * W if W < 9 else "no number", "right for the cases you can see, not for others"),
        (lambda H, W: H * W if W < 9 else None, "right for the cases you can see, not for others"),
    ],
)
def test_of_a_hidden_case_only_the_kind_of_trouble_is_said(function, words):
    cases = AREA.cases() + AREA.hidden_cases(7)
    report = AREA.judge(outcomes_of(function, cases), cases, visible=2)
    assert words in repr(report)
    assert (report.case, report.right, report.cases) == (2, 2, 6)
    assert report.expected is report.got is None
    assert report.call == ""
    for H, W in cases[2:]:
        assert str(W) not in report.message
        assert str(H * W) not in report.message


def test_a_mistake_that_shows_only_in_hidden_cases_is_named_all_the_same():
    cases = [(2, 2), *AREA.hidden_cases(7)]
    report = AREA.judge(outcomes_of(lambda H, W: H + W, cases), cases, visible=1)
    assert report.mistake == "sum"
    assert report.message.endswith("fits only some sizes or numbers? Which sign is that?")


def test_a_time_limit_in_a_hidden_case_is_said_without_the_case():
    cases = AREA.cases() + AREA.hidden_cases(7)
    outcomes = [Outcome(6), Outcome(20), Outcome(error=Problem("TimeLimit", "still running after 9 s"))]
    report = AREA.judge(outcomes, cases, visible=2)
    assert "another one never ended" in report.message
    assert (report.right, report.cases, report.mistake) == (2, 6, None)


def test_cases_that_were_not_run_are_wrong_and_too_many_outcomes_are_refused():
    cases = AREA.cases()
    report = AREA.judge([Outcome(6)], cases)
    assert (report.passed, report.right, report.case) == (False, 1, 1)
    assert not AREA.judge([], cases)
    with pytest.raises(ValueError, match="3 outcomes for 2 cases of area"):
        AREA.judge([Outcome(6)] * 3, cases)


def test_a_way_without_return_is_told_apart_from_an_unwritten_stub():
    report = AREA.examine(lambda H, W: 6 if W == 3 else None)
    assert report.message == (
        "case 2 of 2, area(4, 5): your function returned nothing. Which way through it has no return?"
    )


def test_an_error_that_cannot_be_printed_is_an_outcome_too():
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError

    def function(H, W):
        raise Mute

    assert "case 1 of 2, function(2, 3) raised Mute" in AREA.examine(function).message.replace(":", "")


def test_hidden_cases_depend_on_the_seed_and_the_exercise_and_on_nothing_else():
    torch.manual_seed(1)
    random.seed(1)
    first = AREA.hidden_cases("secret", 6)
    random.seed(2)
    assert AREA.hidden_cases("secret", 6) == first
    assert AREA.hidden_cases("other", 6) != first
    assert AREA.hidden_cases("secret", 2) == first[:2]


def test_no_hidden_case_is_a_visible_one_or_comes_twice_while_there_are_others():
    few = replace(AREA, draw=lambda generator: (2, generator.randrange(3, 8)))
    for seed in range(20):
        assert sorted(few.hidden_cases(seed)) == [(2, 4), (2, 5), (2, 6), (2, 7)]
    assert len(few.hidden_cases(0, count=6)) == 6


@pytest.mark.parametrize("exercise", exercises.list(), ids=lambda exercise: exercise.name)
def test_an_answer_by_heart_meets_no_case_that_it_knows(exercise):
    for seed in range(3):
        for hidden in exercise.hidden_cases(seed):
            assert not any(same_answer(hidden, case, exactly=True) for case in exercise.cases())


def test_a_grade_counts_visible_and_hidden_cases_and_prints_the_verdict(capsys):
    assert AREA.grade(lambda H, W: H * W, points=3) == 3
    assert "right! (6 cases)" in capsys.readouterr().out
    assert AREA.grade(lambda H, W: H * min(W, 9), points=6) == 1  # 2 of 6 right
    assert AREA.grade(lambda H, W: H + W, points=6) == 0
    assert AREA.grade(6, points=6) == 0


@pytest.mark.parametrize(
    ("passed", "right", "cases", "points", "expected"),
    [(True, 4, 4, 5, 5), (False, 3, 4, 6, 2), (False, 0, 4, 6, 0), (False, 4, 5, 1, 0), (False, 0, 0, 3, 0)],
)
def test_marks_are_all_or_up_to_half(passed, right, cases, points, expected):
    assert marks(Report("area", passed, "", right=right, cases=cases), points) == expected


@pytest.mark.parametrize("points", [-1, float("nan"), float("inf")])
def test_points_that_are_no_points_are_refused(points):
    with pytest.raises(ValueError, match="points should be a number from 0"):
        marks(Report("area", True, ""), points)


def test_a_solution_is_shown_only_to_whoever_is_sure():
    asked = exercises.who_hears_after.solution()
    assert "def " not in asked
    assert "solution(sure=True)" in asked
