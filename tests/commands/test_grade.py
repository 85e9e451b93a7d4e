"""`swin-edu grade`, for real: a small class of all kinds; gradebook, table and pages are read back."""

import csv
import errno
import json
import re
import shutil
import signal
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateFeedback
from typer.testing import CliRunner

from swin_edu import exercises
from swin_edu.classroom.course import Course
from swin_edu.classroom.gradebook import Book
from swin_edu.classroom.one_at_a_time import alone
from swin_edu.classroom.results import Results
from swin_edu.classroom.sandbox import NoSandbox, find_sandbox
from swin_edu.cli import app

from ..classroom.conftest import NAME, make_course
from ..classroom.handing_in import (
    ANSWER,
    BY_HEART,
    LOOP,
    RIGHT,
    STRANGERS,
    cell,
    fix_hidden_cases,
    handed_in,
    lay,
)

pytestmark = pytest.mark.xdist_group("graded_class")  # one worker makes the slow fixtures, once

SHOUT = "\nfrom IPython.display import HTML, display\ndisplay(HTML('<script>alert(1)</script>'), 'shown')"


def deleted(notebook):
    notebook["cells"] = [one for one in notebook["cells"] if one["id"] not in ("code_1", "mask_1d_points")]


def twice(notebook):
    notebook["cells"] += [dict(one, id=f"again-{k}") for k, one in enumerate(notebook["cells"])]


def forged(notebook):
    one = cell(notebook, "mask_1d_points")
    one["source"] = "4.5"
    one["metadata"]["nbgrader"]["points"] = 1000


def call(*arguments):
    return CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1"}).invoke(app, [str(part) for part in arguments])


def make_class(course):
    def put(student, *arguments, **options):
        lay(course, NAME, student, handed_in(course, NAME, *arguments, **options))

    put("right", RIGHT + SHOUT)
    put("half", BY_HEART)
    put("mistaken", STRANGERS)
    put("loop", LOOP)
    put("deleted", edit=deleted)
    put("twice", edit=twice)
    put("forged", STRANGERS + "\nprint('mask_1d: right!')\n4.5", edit=forged)
    put("untouched", "def my_mask(length, M, s):\n    ...", "")
    lay(course, NAME, "broken", b'{"cells": [')
    (course.submitted / "empty" / NAME).mkdir(parents=True)
    lay(course, NAME, "odd[1]", b"")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """The folder whose `assignments` hold the small course and a class that was graded once."""
    try:
        find_sandbox()
    except NoSandbox as error:
        pytest.skip(str(error))
    from swin_edu.classroom.releasing import release

    folder = tmp_path_factory.mktemp("checkout")
    course = make_course(folder / "assignments")
    release(course, NAME)
    fix_hidden_cases(course, NAME)
    make_class(course)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("swin_edu.commands.classroom.course_folder", lambda: folder)
        patch.chdir(folder)
        done = call("grade", "assignments/submitted", "--jobs", 2)
    assert done.exit_code == 0, done.output
    return folder, done


@pytest.fixture
def graded(checkout, tmp_path, monkeypatch):
    """A copy of it, to be changed, and what the command said."""
    folder, done = checkout
    root = Path(shutil.copytree(folder / "assignments", tmp_path / "assignments"))
    monkeypatch.setattr("swin_edu.commands.classroom.course_folder", lambda: tmp_path)
    monkeypatch.chdir(tmp_path)
    return Course(root), done


@pytest.fixture
def course(graded):
    return graded[0]


def table(course):
    with open(course.results / f"{NAME}.csv", encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def results(course):
    return {one.student: one for one in Results.load(course.results / f"{NAME}.json").results}


def book(course):
    with Gradebook(f"sqlite:///{course.gradebook}", "swin") as gradebook:
        return {
            submission.student.id: {grade.name: grade.auto_score for grade in submission.notebooks[0].grades}
            for submission in gradebook.assignment_submissions(NAME)
        }


POINTS = {
    **{"right": 4.5, "half": 0.5, "mistaken": 0, "loop": 0, "deleted": 4.5, "twice": 4.5, "forged": 0},
    **{"untouched": 0, "broken": 0},
}


def test_points_in_gradebook_table_and_results_agree(course):
    assert {student: grades["mask_1d_points"] for student, grades in book(course).items()} == POINTS
    rows = table(course)
    assert {student: float(rows[student]["mask_1d (4.5)"]) for student in POINTS} == POINTS
    assert {student: results(course)[student].points for student in POINTS} == POINTS
    assert {row["out of"] for row in rows.values()} == {"9.5"}


def test_each_is_told_what_it_is(course):
    found = results(course)
    assert found["right"].message == "right! (7 cases)"
    assert (found["half"].right, found["half"].cases) == (3, 7)
    assert found["half"].message.startswith("right for the cases you can see, not for others")
    assert found["mistaken"].mistake == found["forged"].mistake == "no_strangers"
    assert "was still running" in found["loop"].message
    assert "not written yet" in found["untouched"].message


def test_troubles_are_named_and_only_where_there_are_any(course):
    rows = table(course)
    troubled = {student: row["trouble"] for student, row in rows.items() if row["trouble"]}
    assert set(troubled) == {"loop", "deleted", "broken", "empty", "odd[1]"}
    assert "code_1, mask_1d_points" in troubled["deleted"]
    assert "no notebook, or was cut off" in troubled["broken"]
    assert troubled["empty"] == "not graded: no notebook was handed in"
    assert "rename it" in troubled["odd[1]"]


def test_questions_wait_for_a_person_unless_nothing_was_written(course):
    waiting = {student for student, row in table(course).items() if row["why (5)"] == ""}
    assert waiting == {*POINTS, "empty", "odd[1]"} - {"untouched", "broken"}


def test_pages_show_verdict_and_trouble_and_run_no_script(course):
    folder = course.results / f"{NAME}_feedback"
    pages = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.html")}
    assert set(pages) == set(POINTS)
    assert "mask_1d: right! (7 cases)" in pages["right"]
    assert "shown" in pages["right"]
    assert exercises.mask_1d.mistakes["no_strangers"].hint.split("?")[0] in pages["mistaken"]
    assert "no notebook, or was cut off" in pages["broken"]
    assert "<script>alert" not in "".join(pages.values())


def test_nothing_of_a_hidden_case_comes_out(course):
    hidden = [f"({', '.join(map(str, case))})" for case in hidden_cases(course)]
    assert len(hidden) == 4
    told = [path for path in course.results.rglob("*") if path.suffix in (".html", ".json", ".csv")]
    told += course.feedback.rglob("*.html")
    assert len(told) > 20
    for path in told:
        text = path.read_text(encoding="utf-8")
        assert not [case for case in hidden if case in text], path
        assert "HIDDEN TESTS" not in text
        assert "Tokens from the other edge" not in text


def hidden_cases(course):
    return exercises.mask_1d.hidden_cases(course.seed(NAME, "mask_1d"))


def test_an_error_that_is_named_after_a_hidden_case_tells_nothing(course):
    own = BY_HEART.replace("else ~mask", "else exec('raise type(str((length, M, s)), (Exception,), {})')")
    lay(course, NAME, "right", handed_in(course, NAME, own))
    assert call("grade", "assignments/submitted", "--jobs", 1).exit_code == 0
    found = results(course)["right"]
    assert found.right == 3
    assert "another one raised an error" in found.message
    test_nothing_of_a_hidden_case_comes_out(course)


def test_the_command_says_how_the_class_did_and_where_everything_is(graded):
    course, done = graded
    assert re.search(r"mask_1d\W+3\W+1\W+7\W+4\W", done.stdout)
    assert "11 students, 9 graded now; 5 with something to look at" in done.stdout
    for place in re.findall(r"assignments/\S+", done.stdout):
        assert (course.root.parent / place).exists()
    assert "look  empty: not graded: no notebook was handed in" in done.stderr


def mark(course, student, points):
    with Gradebook(f"sqlite:///{course.gradebook}", "swin") as gradebook:
        grade = gradebook.find_grade("why", NAME, NAME, student)
        grade.manual_score, grade.needs_manual_grade = points, False
        gradebook.db.commit()


def needs_marking(course, student):
    with Gradebook(f"sqlite:///{course.gradebook}", "swin") as gradebook:
        return gradebook.find_grade("why", NAME, NAME, student).needs_manual_grade


def test_only_what_changed_is_graded_again_and_points_by_hand_stay(course, monkeypatch):
    mark(course, "right", 3.5)
    mark(course, "half", 2)
    lay(course, NAME, "right", handed_in(course, NAME, STRANGERS))
    lay(course, NAME, "half", handed_in(course, NAME, BY_HEART, "Another answer."))
    entered = spy_on(monkeypatch)
    done = call("grade", "assignments/submitted", "--jobs", 1)
    assert done.exit_code == 0, done.output
    assert sorted(entered) == ["half", "right"]
    rows = table(course)
    assert (rows["right"]["mask_1d (4.5)"], rows["right"]["why (5)"], rows["right"]["total"]) == (
        "0",
        "3.5",
        "3.5",
    )
    # Marked for this answer: done. Marked for another one: to be looked at again.
    assert (needs_marking(course, "right"), needs_marking(course, "half")) == (False, True)
    assert rows["half"]["why (5)"] == "2"
    entered.clear()
    assert call("grade", "assignments/submitted", "--jobs", 1).exit_code == 0
    assert entered == []


def spy_on(monkeypatch, fails=None):
    entered, enter = [], Book.enter

    def spied(self, student):
        if fails and student in fails:
            raise fails[student]
        enter(self, student)
        entered.append(student)

    monkeypatch.setattr(Book, "enter", spied)
    return entered


def enter_again(course, *students):
    """Have the gradebook forget students whose submissions need not be run again."""
    record = course.results / ".graded" / f"{NAME}.json"
    record.write_text(
        json.dumps({one: key for one, key in json.loads(record.read_text()).items() if one not in students})
    )


def test_a_fault_of_ours_with_one_student_stops_no_other_and_is_tried_again(course, monkeypatch):
    enter_again(course, "half", "right")
    with monkeypatch.context() as patch:
        entered = spy_on(patch, {"half": ZeroDivisionError("a bug")})
        done = call("grade", "assignments/submitted", "--jobs", 1)
    assert done.exit_code == 0, done.output
    assert entered == ["right"]
    assert "look  half: not graded: ZeroDivisionError: a bug" in done.stderr
    assert table(course)["half"]["trouble"] == "not graded: ZeroDivisionError: a bug"
    assert results(course)["right"].points == 4.5
    entered = spy_on(monkeypatch)
    assert call("grade", "assignments/submitted", "--jobs", 1).exit_code == 0
    assert entered == ["half"]
    assert results(course)["half"].right


def test_after_ctrl_c_the_same_command_goes_on(course, monkeypatch):
    enter_again(course, "half", "right", "twice")
    with monkeypatch.context() as patch:
        entered = spy_on(patch, {"right": KeyboardInterrupt()})
        done = call("grade", "assignments/submitted", "--jobs", 1)
    assert done.exit_code == 130
    assert "Run the same command again" in done.stderr
    assert entered == ["half"]
    assert table(course)["twice"]["trouble"] == "not graded yet"
    entered = spy_on(monkeypatch)
    assert call("grade", "assignments/submitted", "--jobs", 1).exit_code == 0
    assert entered == ["right", "twice"]
    assert {student: results(course)[student].points for student in POINTS} == POINTS
    assert {path.stem for path in (course.results / f"{NAME}_feedback").glob("*.html")} == set(POINTS)


def test_a_page_that_never_gets_done_stops_no_other(course, monkeypatch):
    enter_again(course, "half", "right")
    convert = GenerateFeedback.convert_single_notebook

    def hang(self, filename):
        if self.coursedir.student_id == "half":
            re.match("(a+)+$", "a" * 99 + "b")
        return convert(self, filename)

    with monkeypatch.context() as patch:
        patch.setattr(GenerateFeedback, "convert_single_notebook", hang)
        patch.setattr("swin_edu.classroom.giving_back.LONGEST", 2.0)
        done = call("grade", "assignments/submitted", "--jobs", 1)
    assert done.exit_code == 0, done.output
    assert re.search("look  half: no page could be made: .*still running after 2 s", done.stderr)
    assert results(course)["half"].right
    assert call("grade", "assignments/submitted", "--jobs", 1).exit_code == 0
    assert {path.stem for path in (course.results / f"{NAME}_feedback").glob("*.html")} == set(POINTS)


def test_two_commands_never_work_on_one_course_at_a_time(course, tmp_path):
    with alone(course):
        for words in (
            ("grade", "assignments/submitted"),
            ("collect", tmp_path, 7),
            ("feedback", 7),
            ("release", 7),
        ):
            done = call(*words)
            assert done.exit_code == 1
            assert "Another swin-edu command is at work" in done.stderr
    assert call("feedback", 7).exit_code == 0


def test_a_full_disk_is_said_in_words(course, monkeypatch):
    enter_again(course, "half")
    with monkeypatch.context() as patch:
        full = OSError(errno.ENOSPC, "No space left on device")
        patch.setattr("swin_edu.classroom.grading.write_whole", lambda *rest: (_ for _ in ()).throw(full))
        done = call("grade", "assignments/submitted", "--jobs", 1)
    assert done.exit_code == 1
    assert "No space left on device. What was graded is kept" in " ".join(done.stderr.split())
    assert call("grade", "assignments/submitted", "--jobs", 1).exit_code == 0
    assert {student: results(course)[student].points for student in POINTS} == POINTS


def test_ctrl_c_while_pages_are_made_stops_and_costs_no_page(course, monkeypatch):
    enter_again(course, "half", "right")
    convert = GenerateFeedback.convert_single_notebook

    def pressed(self, *arguments):
        signal.raise_signal(signal.SIGINT)
        return convert(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(GenerateFeedback, "convert_single_notebook", pressed)
        done = call("grade", "assignments/submitted", "--jobs", 1)
    assert done.exit_code == 130, done.output
    assert "no page could be made" not in done.stderr
    assert call("grade", "assignments/submitted", "--jobs", 1).exit_code == 0
    assert {path.stem for path in (course.results / f"{NAME}_feedback").glob("*.html")} == set(POINTS)


def test_a_download_is_collected_and_its_assignment_is_found_out(course, tmp_path, monkeypatch):
    downloaded = tmp_path / "downloaded"
    downloaded.mkdir()
    (downloaded / "new.ipynb").write_bytes(handed_in(course, NAME))
    entered = spy_on(monkeypatch)
    done = call("grade", downloaded)
    assert done.exit_code == 0, done.output
    assert entered == ["new"]
    assert table(course)["new"]["mask_1d (4.5)"] == "4.5"


def test_what_cannot_be_graded_at_all_says_what_to_do(course, tmp_path, monkeypatch):
    assert "There is no folder or zip nowhere" in call("grade", "nowhere").stderr
    (tmp_path / "nothing").mkdir()
    assert "No notebook of an assignment was found in nothing" in call("grade", "nothing").stderr
    with monkeypatch.context():
        text = (course.src / f"{NAME}.py").read_text()
        (course.src / f"{NAME}.py").write_text(text.replace("Why is there", "Why should there be"))
        done = call("grade", "assignments/submitted", "--jobs", 1)
        assert done.exit_code == 1
        assert "7_tiny was changed after it was released: run `swin-edu release 7` again" in done.stderr
        (course.src / f"{NAME}.py").write_text(text)

    def nothing_here():
        raise NoSandbox("install bubblewrap")

    monkeypatch.setattr("swin_edu.classroom.grading.find_sandbox", nothing_here)
    done = call("grade", "assignments/submitted", "--jobs", 1)
    assert done.exit_code == 1
    assert "install bubblewrap" in done.stderr


def test_results_are_json_that_holds_no_answer(course):
    text = (course.results / f"{NAME}.json").read_text(encoding="utf-8")
    assert json.loads(text)["assignment"] == NAME
    assert ANSWER not in text
