"""The made-up class: whole, the same for a seed, harmless to read, and with what grading should find."""

import ast
import json
import shutil
from collections import Counter
from pathlib import Path

import nbformat
import pytest

from swin_edu.classroom.class_counts import group_of
from swin_edu.classroom.course import ClassroomError, Course
from swin_edu.classroom.definitions import run_definitions
from swin_edu.classroom.made_up_answers import LOOPS, Writer
from swin_edu.classroom.made_up_attacks import ATTACKS, WARNING
from swin_edu.classroom.made_up_class import HONEST, compare, make_class
from swin_edu.classroom.releasing import release
from swin_edu.classroom.results import Answer, Result, Results
from swin_edu.classroom.tasks import Assignment
from swin_edu.exercises.running import run

pytestmark = pytest.mark.xdist_group("made_up_class")  # one worker makes the slow fixtures, once

ROOT = Path(__file__).parents[2]
NAME = "2_shifted_windows"
NO_NOTEBOOK = ("broken JSON", "no notebook")


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Course:
    """A course that released assignment 2 for real."""
    root = tmp_path_factory.mktemp("practice") / "assignments"
    shutil.copytree(ROOT / "assignments" / "src", root / "src")
    release(Course(root), NAME)
    return Course(root)


@pytest.fixture(scope="module")
def folder(course) -> Path:
    return course.root.parent / "class"


@pytest.fixture(scope="module")
def made(course, folder):
    return make_class(course, NAME, folder, students=60, seed=3)


@pytest.fixture(scope="module")
def writers(course) -> list[Writer]:
    assignment = Assignment.of(course, NAME)
    return [Writer(*pair) for pair in zip(assignment.source.exercises, assignment.tasks, strict=True)]


def code_of(one) -> list[str]:
    cells = json.loads(one.data)["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def results_of(made) -> Results:
    """What a grading that finds everything would find."""
    results, answers, notes = [], [], {}
    messages = {"unwritten": "not written yet (or is there no return?). Take your time."}
    for one in made:
        if one.look:
            notes[one.student] = ("look",)
        for name, expected in one.exercises.items():
            right = 7 if expected.kind == "right" else 0
            message = messages.get(expected.kind, "")
            trouble = "lost" if expected.kind == "trouble" else ""
            counts = (right, 7, expected.mistake, message, trouble)
            results.append(Result(one.student, NAME, name, expected.points, 9, *counts))
        answers += [Answer(one.student, name, points, 3) for name, points in one.questions.items()]
    return Results(NAME, tuple(results), tuple(answers), notes)


def test_every_submission_is_a_valid_notebook_but_those_that_are_none(made):
    for one in made:
        if one.role not in NO_NOTEBOOK:
            nbformat.validate(nbformat.reads(one.data.decode(), as_version=4))
            for source in code_of(one):
                ast.parse(source)


def test_every_kind_of_student_and_every_attack_is_there(made):
    roles = Counter(one.role for one in made)
    assert set(HONEST) | {"mixed"} <= set(roles)
    assert {*[*ATTACKS][:12]} <= set(roles)
    assert len(roles) - len(set(roles) - set(ATTACKS)) >= 12
    assert len({one.student for one in made}) == len(made) == 60


def test_twenty_are_enough_for_all_that_a_teacher_should_see(course, tmp_path):
    roles = [one.role for one in make_class(course, NAME, tmp_path / "class")]
    assert len(roles) == 20
    assert set(roles) == {*HONEST, *[*ATTACKS][:12]}


def test_every_known_mistake_is_made_before_one_comes_twice(made, writers):
    for writer in writers:
        counts = Counter(one.exercises[writer.cell.name].mistake for one in made)
        del counts[None]
        assert len(counts) >= 5
        assert max(counts.values()) == 1 or set(counts) == set(writer.task.exercise.mistakes)


def test_same_seed_same_class_and_another_seed_another(course, tmp_path):
    one, again, other = (
        make_class(course, NAME, tmp_path / place, students=5, seed=seed)
        for place, seed in (("one", 5), ("again", 5), ("other", 6))
    )
    assert one == again
    assert one != other


def test_no_submission_names_the_exercises_mistakes_or_shows_what_is_hidden(course, made):
    secret = course.secret()
    for one in made:
        assert b"### BEGIN" not in one.data
        assert secret.encode() not in one.data
        assert b"swin_edu.exercises" not in one.data


def test_hostile_ones_say_so_and_do_nothing_outside_a_grading_box(made):
    for one in made:
        attack = ATTACKS.get(one.role)
        if attack is None or attack.file is not None:
            continue
        assert json.loads(one.data)["cells"][0]["source"].startswith(WARNING)
        for source in code_of(one):
            if "os._exit" in source or "os.fork" in source or "os.kill" in source or "while True" in source:
                assert 'os.path.isdir("/submission")' in source


@pytest.mark.parametrize("name", [name for name, attack in ATTACKS.items() if attack.guarded_cell])
def test_cells_of_attacks_can_be_run_here_and_nothing_happens(name, capfd):
    """This process would end, or fork for ever."""
    exec(ATTACKS[name].guarded_cell, {})
    assert capfd.readouterr().out == ""


def test_right_answers_of_every_style_are_right_and_look_different(course, writers):
    names = run_definitions(course.read(NAME))  # what the notebook's own cells import
    for writer in writers:
        texts = {writer.right(style).text for style in range(3)}
        assert len(texts) == 2 + (writer.cell.name in LOOPS)
        for text in texts:
            place = dict(names)
            exec(text, place)
            outcomes = [
                run(place[writer.cell.function], case) for case in writer.task.visible + writer.task.hidden
            ]
            assert writer.task.judge(outcomes).passed, text


def test_mistakes_are_named_as_expected_on_the_hidden_cases_too(writers):
    for writer in writers:
        for name in writer.task.exercise.mistakes:
            place = {}
            exec(writer.mistake(name).text, place)
            outcomes = [
                run(place[writer.cell.function], case) for case in writer.task.visible + writer.task.hidden
            ]
            assert writer.task.judge(outcomes).mistake == name


def test_half_right_ones_get_some_points_and_fewer_than_all(writers):
    for writer in writers:
        for written in (writer.half(), writer.only_visible()):
            assert written.expected.kind == "other"
            assert 0 <= written.expected.points <= writer.task.points / 2
    assert any(writer.half().expected.points > 0 for writer in writers)
    assert all(writer.only_visible().expected.points > 0 for writer in writers if writer.task.points > 2)


def test_grading_that_finds_everything_differs_in_nothing(made, folder):
    assert compare(folder / "expected.json", results_of(made)) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"points": 2.0}, "points should be"),
        ({"mistake": "another"}, "mistake should be"),
        ({"right": 7, "mistake": None}, "kind should be"),
        ({"trouble": "lost"}, "needs no look: "),
    ],
)
def test_every_difference_is_said(made, folder, change, words):
    results = results_of(made)
    honest = {one.student for one in made if one.role == "mistake"}
    number = next(k for k, one in enumerate(results.results) if one.student in honest)
    changed = Result(**{**vars(results.results[number]), **change})
    others = (*results.results[:number], changed, *results.results[number + 1 :])
    found = compare(folder / "expected.json", Results(NAME, others, results.answers, results.notes))
    assert found
    assert any(words in difference and changed.student in difference for difference in found)


def test_missing_students_and_strangers_are_said(made, folder):
    results = results_of(made[1:])
    stranger = Answer("nobody", "strangers", None, 3)
    found = compare(
        folder / "expected.json", Results(NAME, results.results, (*results.answers, stranger), results.notes)
    )
    assert found == [f"{made[0].student}: handed in, and has no result", "nobody: is not of this class"]


def test_results_of_another_assignment_are_not_compared(folder):
    assert compare(folder / "expected.json", Results("9_far"))[0].endswith("9_far was graded")


def test_expected_kinds_are_those_of_the_page(made):
    for result in results_of(made).results:
        assert group_of(result)[0] in ("right", "mistake", "other", "unwritten", "trouble")


def test_class_warns_and_stands_in_a_new_folder_only(course, made, folder):
    assert "Never run them in a notebook" in (folder / "README.txt").read_text()
    with pytest.raises(ClassroomError, match="not empty"):
        make_class(course, NAME, folder)


def test_unreleased_assignment_says_what_to_do(tmp_path):
    with pytest.raises(ClassroomError, match="swin-edu release 2"):
        make_class(Course(tmp_path), NAME, tmp_path / "class")


def test_assignment_without_exercises_is_refused(course, tmp_path):
    release(course, "6_project")
    with pytest.raises(ClassroomError, match="6_project has no exercise"):
        make_class(course, "6_project", tmp_path / "class")


@pytest.mark.parametrize("students", [0, 401])
def test_impossible_classes_are_refused(course, tmp_path, students):
    with pytest.raises(ValueError, match="from 1 to 400 students"):
        make_class(course, NAME, tmp_path / "class", students)
