"""What is said in the next class: only what is worth it, in numbers and never in names."""

from pathlib import Path

import pytest

from swin_edu import exercises, visuals
from swin_edu.classroom.class_counts import KINDS, ONLY_SEEN, ExerciseCounts, Group
from swin_edu.classroom.next_class import LESSONS, next_class

NOTEBOOKS = Path(__file__).parents[2] / "notebooks" / "src"


def counts(**groups: int) -> ExerciseCounts:
    """mask_any with so many students in each group; the names of mistakes are the exercise's."""
    known, made = exercises.mask_any.mistakes, []
    for name, number in groups.items():
        kind = "mistake" if name in known else name if name in KINDS else "other"
        words = {"only_seen": ONLY_SEEN}.get(name, KINDS.get(name, name))
        people = tuple(f"{name} {k}" for k in range(number))
        made.append(Group(kind, words, people, known[name].hint if name in known else ""))
    return ExerciseCounts("mask_any", 5, 2.0, tuple(made), exercises.mask_any)


def test_frequent_mistakes_are_asked_about_and_single_ones_are_not():
    (advice,) = next_class(counts(right=14, rows_only=4, inverted=1, columns_only=1))
    assert advice.about == "4 of 20: rows only"
    assert advice.ask == exercises.mask_any.mistakes["rows_only"].hint


def test_mistakes_with_one_question_are_one_thing_to_say():
    ask = "Is the first block shifted?"
    groups = tuple(
        Group("mistake", name, (f"{name} 1", f"{name} 2"), ask)
        for name in ("always_shifted", "shifted_first")
    )
    (advice,) = next_class(ExerciseCounts("who_hears_after", 5, 0, groups, exercises.who_hears_after))
    assert (advice.about, advice.ask) == ("4 of 4: always shifted, shifted first", ask)


def test_empty_answers_of_many_get_the_first_hint_and_of_few_none():
    assert exercises.mask_any.hints[0] in next_class(counts(right=5, unwritten=5))[0].ask
    assert next_class(counts(right=19, unwritten=1))[0].about == "Nearly everybody is right"


def test_code_that_fits_only_what_was_seen_is_spoken_of():
    (advice,) = next_class(counts(right=5, only_seen=2))
    assert advice.about == "2 of 7: right only for the visible cases"


@pytest.mark.parametrize(
    "groups", [{"right": 3}, {"trouble": 1}, {"right": 1, "rows_only": 2, "unwritten": 9}]
)
def test_no_name_is_ever_said(groups):
    made = counts(**groups)
    said = " ".join(advice.about + advice.ask for advice in next_class(made))
    assert said
    assert not any(student in said for group in made.groups for student in group.students)


@pytest.mark.parametrize("chapter", LESSONS)
def test_lessons_and_explorers_that_are_named_exist(chapter):
    lesson = LESSONS[chapter]
    text = (NOTEBOOKS / f"{lesson.notebook}.py").read_text(encoding="utf-8")
    assert hasattr(visuals, lesson.explorer)
    assert f"{lesson.explorer}(" in text


def test_every_chapter_with_exercises_and_a_lesson_is_named():
    chapters = {exercise.chapter for exercise in exercises.list()}
    assert {chapter for chapter in chapters if list(NOTEBOOKS.glob(f"{chapter}_*.py"))} <= set(LESSONS)
