"""Carried functions do what the originals do, for every reference and known mistake of the course."""

import pytest

from swin_edu import exercises
from swin_edu.classroom.carried_source import carry
from swin_edu.exercises.running import run, same_outcome

FUNCTIONS = {
    (exercise.name, name): function
    for exercise in exercises.list()
    for name, function in [
        ("reference", exercise.reference),
        *((name, mistake.function) for name, mistake in exercise.mistakes.items()),
    ]
}


def carried(function):
    place = {}
    text = carry(function, "mine")
    assert "swin_edu.exercises" not in text
    exec(text, place)
    return place["mine"]


@pytest.mark.parametrize("exercise", exercises.list(), ids=lambda exercise: exercise.name)
def test_carried_functions_do_the_same_without_the_exercises(exercise):
    cases = [*exercise.cases()[:2], *exercise.hidden_cases(7, 1)]
    for (name, mistake), function in FUNCTIONS.items():
        if name == exercise.name:
            again = carried(function)
            for case in cases:
                assert same_outcome(run(again, case), run(function, case)), (mistake, case)


def test_what_cannot_be_written_is_said():
    thing = object()

    def uses(x):
        return x, thing

    uses.__module__ = "swin_edu.exercises.none"
    with pytest.raises(ValueError, match=r"thing = .* can't be carried"):
        carry(uses, "mine")
