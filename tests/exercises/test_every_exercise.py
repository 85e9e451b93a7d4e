"""Every exercise: its reference passes, and each known mistake is caught and named."""

import inspect
import random
import time
from itertools import combinations

import pytest
import torch

from swin_edu import exercises
from swin_edu.exercises.answers import same_answer
from swin_edu.exercises.running import run, same_outcome
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
    assert len(exercise.hints) >= 3
    assert len(exercise.mistakes) >= 5
    assert exercise.draw is not None


def test_there_are_enough_exercises_in_each_chapter_and_the_last_one_is_hard():
    network = [exercise for exercise in ALL if "01" <= exercise.chapter <= "07"]
    assert len(network) >= 24
    for chapter in sorted({exercise.chapter for exercise in ALL}):
        own = [exercise for exercise in ALL if exercise.chapter == chapter]
        assert len(own) >= 3
        assert own[-1].difficulty == "hard"


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_no_help_gives_the_solution_away_and_each_mistake_ends_with_a_question(exercise):
    """No line of the solution stands in a hint, and what a mistake is told leads on."""
    source = [line.strip() for line in inspect.getsource(exercise.reference).splitlines()[1:]]
    lines = [line for line in source if len(line) > 20]
    texts = [*exercise.hints, *(mistake.hint for mistake in exercise.mistakes.values())]
    assert not [(line, text) for line in lines for text in texts if line in text]
    assert len(set(exercise.hints)) == len(exercise.hints)
    for name, mistake in exercise.mistakes.items():
        assert 4 <= len(mistake.hint.split()) <= 45, name
        assert "?" in mistake.hint, name


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_an_unwritten_stub_is_told_kindly(exercise):
    assert "not written yet" in exercise.examine(lambda *_: None).message


# Its hidden cases of seeds 0 to 4 are checked as one set: what is wrong, and how it looks, comes from the
# visible cases too, so that the verdict on each seed's cases is a part of that on all.
SEEDS = range(5)


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_known_mistakes_are_wrong_and_differ_with_the_hidden_cases_of_any_seed(exercise):
    visible = exercise.cases()
    by_seed = [exercise.hidden_cases(seed) for seed in SEEDS]
    answers = {
        name: [[run(function, case) for case in cases] for cases in (visible, *by_seed)]
        for name, function in (
            ("the reference", exercise.reference),
            *((name, mistake.function) for name, mistake in exercise.mistakes.items()),
        )
    }
    assert not any(outcome.error for part in answers["the reference"] for outcome in part)
    for seed in SEEDS:
        seen = {name: parts[0] + parts[1 + seed] for name, parts in answers.items()}
        for one, other in combinations(seen, 2):
            alike = all(map(same_outcome, seen[one], seen[other]))
            assert not alike, f"seed {seed}: {one} and {other} answer alike"


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_one_known_mistake_is_named_by_a_judge_of_visible_and_hidden_cases(exercise):
    name, mistake = list(exercise.mistakes.items())[-1]
    cases = exercise.cases() + exercise.hidden_cases("a secret")
    report = exercise.judge([run(mistake.function, case) for case in cases], cases)
    assert (report.passed, report.mistake) == (False, name)


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_hidden_cases_are_new_ones_of_their_seed_and_of_no_other_random_state(exercise):
    before = torch.get_rng_state(), random.getstate()
    cases = exercise.hidden_cases(7)
    assert same_answer(exercise.hidden_cases(7), cases, exactly=True)
    assert not same_answer(exercise.hidden_cases(8), cases, exactly=True)
    seen = exercise.cases()
    assert sum(not any(same_answer(case, old, exactly=True) for old in seen) for case in cases) >= 3
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]
    assert exercise.grade(exercise.reference, points=6, seed=7) == 6
