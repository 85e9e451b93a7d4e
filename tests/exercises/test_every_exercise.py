"""Every exercise: its reference passes, and each known mistake is caught and named."""

import random
import time

import pytest
import torch

from swin_edu import exercises
from swin_edu.exercises.answers import same_answer
from swin_edu.exercises.running import run
from swin_edu.visuals.course_map import CHAPTERS

ALL = exercises.list()
MISTAKES = [(exercise, name) for exercise in ALL for name in exercise.mistakes]


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_the_reference_is_right_in_more_than_one_case_and_fast(exercise):
    start = time.process_time()
    assert exercise.examine(exercise.reference)
    assert time.process_time() - start < 2
    assert len(exercise.cases()) >= 2


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_cases_are_the_same_every_time(exercise):
    torch.manual_seed(3)
    first = exercise.cases()
    torch.manual_seed(4)
    assert same_answer(exercise.cases(), first)


@pytest.mark.parametrize(("exercise", "name"), MISTAKES, ids=lambda value: getattr(value, "name", value))
def test_each_known_mistake_is_caught_and_named(exercise, name):
    report = exercise.examine(exercise.mistakes[name].function)
    assert not report.passed
    assert report.mistake == name
    assert report.message.endswith(exercise.mistakes[name].hint)


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_an_exercise_says_what_it_is(exercise):
    assert exercise.chapter in {chapter.number for chapter in CHAPTERS}
    assert exercise.difficulty in ("easy", "medium", "hard")
    assert 1 <= exercise.minutes <= 60
    assert len(exercise.task.split()) >= 4
    assert exercise.hints


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_an_unwritten_stub_is_told_kindly(exercise):
    assert "not written yet" in exercise.examine(lambda *_: None).message


DRAWN = [exercise for exercise in ALL if exercise.draw is not None]
DRAWN_MISTAKES = [(exercise, name) for exercise, name in MISTAKES if exercise.draw is not None]


@pytest.mark.parametrize(
    ("exercise", "name"), DRAWN_MISTAKES, ids=lambda value: getattr(value, "name", value)
)
def test_a_known_mistake_is_named_with_hidden_cases_of_any_seed_too(exercise, name):
    function = exercise.mistakes[name].function
    for seed in range(5):
        cases = exercise.cases() + exercise.hidden_cases(seed)
        report = exercise.judge([run(function, case) for case in cases], cases)
        assert (report.passed, report.mistake) == (False, name)


@pytest.mark.parametrize("exercise", DRAWN, ids=lambda exercise: exercise.name)
def test_hidden_cases_are_new_ones_of_their_seed_and_of_no_other_random_state(exercise):
    before = torch.get_rng_state(), random.getstate()
    cases = exercise.hidden_cases(7)
    assert same_answer(exercise.hidden_cases(7), cases, exactly=True)
    assert not same_answer(exercise.hidden_cases(8), cases, exactly=True)
    visible = exercise.cases()
    assert not any(same_answer(case, old, exactly=True) for case in cases for old in visible)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]
    assert exercise.grade(exercise.reference, points=6, seed=7) == 6
