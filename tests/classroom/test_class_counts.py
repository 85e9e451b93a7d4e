"""A class, counted: every student is in each exercise once, in the right group."""

import sys
from pathlib import Path

import pytest

from swin_edu import exercises
from swin_edu.classroom.class_counts import ONLY_SEEN, OTHER, RAISED, count_class, group_of
from swin_edu.classroom.results import Answer, Results
from swin_edu.exercises.judging import judge
from swin_edu.exercises.running import Outcome, Problem, run

sys.path.insert(0, str(Path(__file__).parent))  # for the module that stands beside the tests

from class_of_strangers import CLOSING, EVIL, NAME, result, strangers


@pytest.fixture(scope="module")
def counts():
    return count_class(strangers())


def test_every_student_is_in_every_exercise_once(counts):
    for one in counts.exercises:
        students = [student for group in one.groups for student in group.students]
        assert sorted(students) == list(counts.results.students)


def test_groups_hold_who_did_the_same_the_largest_of_a_kind_first(counts):
    mask_any = counts.exercises[1]
    assert [(group.kind, group.name, group.students) for group in mask_any.groups] == [
        ("right", "right", ("ada",)),
        ("mistake", "rows_only", ("bo", "chen")),
        ("mistake", "inverted", ("dilek",)),
        ("other", ONLY_SEEN, ("emre",)),
        ("other", RAISED, (EVIL,)),
        ("unwritten", "not written", (CLOSING,)),
        ("trouble", "could not be graded", ("zoë",)),
    ]


def test_known_mistakes_carry_their_hint_and_others_none(counts):
    hints = {group.name: group.hint for group in counts.exercises[1].groups}
    assert hints["rows_only"] == exercises.mask_any.mistakes["rows_only"].hint
    assert [name for name, hint in hints.items() if hint] == ["rows_only", "inverted"]


def test_hardest_exercise_and_most_frequent_mistake(counts):
    assert [one.name for one in counts.hardest_first] == ["mask_any", "mask_1d"]
    assert [(one.name, group.name, len(group)) for one, group in counts.mistakes] == [
        ("mask_any", "rows_only", 2),
        ("mask_any", "inverted", 1),
    ]


def test_points_leave_written_questions_out_until_all_are_marked(counts):
    assert (counts.points["ada"], counts.out_of, counts.waiting) == (12, 12, {"why": 1})
    marked = Results(NAME, strangers().results, (Answer("ada", "why", 2.0, 3.0),))
    assert (count_class(marked).points["ada"], count_class(marked).out_of) == (14, 15)


def test_quarters_of_one_student_are_his_points():
    assert count_class(Results(NAME, (result("ada", "mask_1d", 7),))).quarters == (6, 6, 6)


def test_exercise_that_the_course_has_no_more_is_counted_all_the_same():
    (one,) = count_class(Results(NAME, (result("ada", "long gone", 0, "swapped"),))).exercises
    assert (one.exercise, one.groups[0].name, one.groups[0].hint) == (None, "swapped", "")


def report_as_result(report):
    return result("ada", report.exercise, report.right, report.mistake, message=report.message)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([Outcome()] * 4, "not written"),
        ([Outcome(error=Problem("NotImplementedError", ""))] * 4, "not written"),
        ([Outcome(error=Problem("KeyError", "x\nwith raised in it"))] * 4, RAISED),
        ([Outcome("no mask")] * 4, OTHER),
    ],
)
def test_what_the_engine_says_is_understood(answers, expected):
    """The words come from the engine itself: whoever changes them there sees it here."""
    cases = [*exercises.mask_1d.cases(), (12, 4, 3)]
    assert group_of(report_as_result(judge(exercises.mask_1d, answers, cases, 3)))[1] == expected


def test_right_for_the_visible_cases_only_is_understood():
    cases = [*exercises.mask_1d.cases(), (12, 4, 3)]
    answers = [*(run(exercises.mask_1d.reference, case) for case in cases[:3]), Outcome(7)]
    report = report_as_result(judge(exercises.mask_1d, answers, cases, 3))
    assert group_of(report) == ("other", ONLY_SEEN)
