"""nbgrader's own grading, as its command line and its pages call it: mended, isolated, judged outside."""

import json

import pytest
from nbgrader.api import Gradebook

from swin_edu.classroom import isolated_execute
from swin_edu.classroom.sandbox import NoSandbox, Sandbox
from swin_edu.classroom.tasks import assignment_of
from swin_edu.classroom.verdicts import Graded, digest_of

from .conftest import NAME
from .handing_in import BY_HEART, cell, fix_hidden_cases, handed_in, lay


@pytest.fixture
def course(own_copy):
    fix_hidden_cases(own_copy, NAME)
    return own_copy


def autograde(course, student, **settings):
    api = course.api()
    api.config.IsolatedExecute.update(settings)
    return api.autograde(NAME, student, force=True)


def points(course, student):
    with Gradebook(f"sqlite:///{course.gradebook}", "swin") as gradebook:
        grades = gradebook.find_submission_notebook(NAME, NAME, student).grades
        return {grade.name: grade.auto_score for grade in grades}


def autograded(course, student):
    return json.loads((course.autograded / student / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8"))


def test_nbgrader_alone_writes_verdict_and_points_and_the_student_s_own_outputs(course, sandbox):
    def shout(notebook):
        cell(notebook, "code_1")["source"] += "\nimport sys; print('evil', file=sys.stderr)"
        notebook["cells"].append({"cell_type": "code", "id": "x", "metadata": {}, "source": "print('mine')"})

    lay(course, NAME, "ada", handed_in(course, NAME, BY_HEART, edit=shout))
    outcome = autograde(course, "ada")
    assert outcome["success"], outcome
    assert points(course, "ada") == {"mask_1d_points": 0.5, "why": None}
    notebook = autograded(course, "ada")
    verdict, result = cell(notebook, "mask_1d_points")["outputs"]
    assert "".join(verdict["text"]).endswith("3 of 7 inputs are answered rightly: 0.5 of 4.5 points.\n")
    assert len(verdict["text"]) > 2
    assert max(map(len, verdict["text"])) <= 97, "a page of feedback cuts off longer lines"
    assert (result["output_type"], result["data"]) == ("execute_result", {"text/plain": ["0.5"]})
    assert notebook["cells"][-1]["outputs"][0]["text"] == ["mine\n"]
    assert "evil" not in str(cell(notebook, "code_1"))
    kept = Graded.load(Graded.file(course, NAME, "ada"))
    assert kept.results[0].points == 0.5


def test_a_broken_file_gets_points_and_a_page_like_any_other(course):
    lay(course, NAME, "bo", b"{")
    outcome = autograde(course, "bo", isolation=False)
    assert outcome["success"], outcome
    assert points(course, "bo") == {"mask_1d_points": 0, "why": 0}
    assert "About your file" in "".join(autograded(course, "bo")["cells"][0]["source"])


def test_without_a_sandbox_nothing_is_run_unless_somebody_says_so(course, monkeypatch):
    def nothing_here():
        raise NoSandbox("install bubblewrap")

    used = []

    def run(assignment, student, notebook, sandbox):
        used.append(sandbox)
        return Graded(digest_of(assignment, notebook, False), (), ([], [], []), ())

    monkeypatch.setattr(isolated_execute, "find_sandbox", nothing_here)
    monkeypatch.setattr(isolated_execute, "grade", run)
    lay(course, NAME, "ada", handed_in(course, NAME))
    outcome = autograde(course, "ada")
    assert not outcome["success"]
    assert "install bubblewrap" in outcome["log"]
    assert not used
    assert not (course.autograded / "ada" / NAME).exists()
    assert autograde(course, "ada", isolation=False)["success"]
    assert used == [Sandbox(None)]


def test_a_verdict_from_before_is_taken_only_where_that_is_asked_for_and_nothing_changed(course, monkeypatch):
    assignment, runs = assignment_of(course.root, NAME), []

    def run(assignment, student, notebook, sandbox):
        runs.append(student)
        return Graded(digest_of(assignment, notebook, False), (), ([], [], []), ())

    monkeypatch.setattr(isolated_execute, "grade", run)
    lay(course, NAME, "ada", handed_in(course, NAME))
    for known, answer, expected in [(True, "a", 1), (True, "a", 1), (True, "b", 2), (False, "b", 3)]:
        lay(course, NAME, "ada", handed_in(course, NAME, answer=answer))
        assert autograde(course, "ada", isolation=False, known=known)["success"]
        assert len(runs) == expected, (known, answer)
    notebook = assignment.mend(handed_in(course, NAME)).notebook
    assert digest_of(assignment, notebook, True) != digest_of(assignment, notebook, False)


def test_a_link_is_not_followed_to_the_solutions(course):
    path = lay(course, NAME, "eve", b"")
    path.unlink()
    path.symlink_to(course.source / NAME / f"{NAME}.ipynb")
    outcome = autograde(course, "eve", isolation=False)
    assert not outcome["success"]
    assert "is a link; it is not followed" in outcome["log"]


def test_our_version_without_solutions_is_nbgrader_s(course):
    with Gradebook(f"sqlite:///{course.gradebook}", "swin") as gradebook:
        theirs = {one.name: one.source for one in gradebook.find_notebook(NAME, NAME).source_cells}
    ours = assignment_of(course.root, NAME).template.cells
    assert {
        one.metadata.nbgrader.grade_id: one.source for one in ours if one.metadata.get("nbgrader")
    } == theirs
