"""An honest submission is run as a notebook would be, and every exercise can be graded through the box."""

import tempfile

import nbformat
import pytest
import torch

from swin_edu import exercises
from swin_edu.classroom.sandbox import Sandbox
from swin_edu.classroom.session import Limits, Question, SubmissionRun, run_submission
from swin_edu.classroom.worker import StartFailed
from swin_edu.exercises.running import TIME_LIMIT
from swin_edu.model.config import SwinConfig

CELLS = {
    "prints in order": "import sys\nprint('out')\nprint('err', file=sys.stderr)\nprint('again')\n1 + 1",
    "names stay": "kept = 'here'",
    "names are seen later": "kept",
    "an error": "1 / 0",
    "a mistake in the grammar": "def broken(:",
    "a display between prints": "print('a'); from IPython.display import display; display(3); print('b')",
    "await": "import asyncio\nawait asyncio.sleep(0)\n'awaited'",
    "a magic": "%time 5",
    "a picture": "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
    "an explorer": "from swin_edu.visuals import ShiftExplorer\nShiftExplorer()",
    "a check": "from swin_edu import exercises\nreport = exercises.mask_any.check(len)",
    "hints": "exercises.mask_any.hint(), exercises.mask_any.solution(sure=True), exercises.list()",
    "files of its own": "open('mine', 'w').write('x'); import os; os.listdir('/tmp')",
    "a thread": "import threading; t = threading.Thread(target=print, args=('thread',)); t.start(); t.join()",
    "a warning": "import warnings; warnings.warn('careful')",
    "a module": "import torch.nn as nn\nnn.Linear(2, 3)(__import__('torch').ones(1, 2)).shape",
    "functions": """
import time, torch
def right(x, n): return x.repeat(n)
def changes(x): x += 1; return x
def silent(x): pass
def unwritten(x): raise NotImplementedError
def raises(x): raise ValueError('not so')
def leaves(x): raise SystemExit
def slow(x):
    while x: pass
    return x
def calls(norm, x): return norm(x) + norm(2 * x)
def asks_too_much(norm, x): return norm('text')
def parameters(config): return config.embed_dim * sum(config.depths)
def prints(x): print('hidden', x); return x
not_a_function = 3
class Callable:
    def __call__(self, x): return -x
thing = Callable()
""",
}


@pytest.fixture(scope="module")
def run(sandbox) -> SubmissionRun:
    ones, norm = torch.ones(2, 3), torch.nn.LayerNorm(3, dtype=torch.float32)
    cases = {
        "right": [(torch.arange(2), 2), (torch.ones(1), 3)],
        "changes": [(ones,), (3,)],
        "silent": [(1,)],
        "unwritten": [(1,)],
        "raises": [(1,)],
        "leaves": [(1,)],
        "slow": [(0,), (1,), (0,)],
        "calls": [(lambda x: norm(x).detach(), ones)],
        "asks_too_much": [(norm, ones)],
        "parameters": [(SwinConfig(),)],
        "prints": [(5,)],
        "not_a_function": [(1,)],
        "thing": [(1,)],
        "nowhere": [(1,)],
    }
    questions = {name: Question(name, arguments) for name, arguments in cases.items()}
    return run_submission(list(CELLS.values()), questions, limits=Limits(case_seconds=1), sandbox=sandbox)


def outputs(run: SubmissionRun, name: str) -> list[dict]:
    return run.cells[list(CELLS).index(name)].outputs


def last_text(run: SubmissionRun, name: str) -> str:
    return outputs(run, name)[-1]["data"]["text/plain"]


class TestCells:
    def test_status(self, run):
        wrong = {name for name, cell in zip(CELLS, run.cells, strict=True) if cell.status != "ok"}
        assert wrong == {"an error", "a mistake in the grammar"}

    def test_streams_keep_their_order_and_the_result_comes_last(self, run):
        kinds = [(o["output_type"], o.get("name"), o.get("text")) for o in outputs(run, "prints in order")]
        assert kinds == [
            ("stream", "stdout", "out\n"),
            ("stream", "stderr", "err\n"),
            ("stream", "stdout", "again\n"),
            ("execute_result", None, None),
        ]
        assert outputs(run, "prints in order")[-1]["execution_count"] == 1

    def test_displays_stand_between_prints(self, run):
        found = [o.get("text") or o["data"]["text/plain"] for o in outputs(run, "a display between prints")]
        assert found == ["a\n", "3", "b\n"]

    def test_names_stay(self, run):
        assert last_text(run, "names are seen later") == "'here'"

    def test_errors_show_where(self, run):
        (error,) = outputs(run, "an error")
        assert (error["ename"], error["evalue"]) == ("ZeroDivisionError", "division by zero")
        assert "----> 1 1 / 0" in "\n".join(error["traceback"])
        assert outputs(run, "a mistake in the grammar")[0]["ename"] == "SyntaxError"

    def test_notebook_features_work(self, run):
        assert last_text(run, "await") == "'awaited'"
        assert last_text(run, "a magic") == "5"
        assert outputs(run, "a thread")[0]["text"] == "thread\n"
        assert "careful" in outputs(run, "a warning")[0]["text"]
        assert last_text(run, "a module") == "torch.Size([1, 3])"

    @pytest.mark.parametrize("name", ["a picture", "an explorer"])
    def test_pictures_come_out(self, run, name):
        assert len(outputs(run, name)[-1]["data"]["image/png"]) > 1000

    def test_a_picture_is_as_wide_as_it_says(self, run):
        assert outputs(run, "an explorer")[-1]["metadata"] == {"image/png": {"width": 1000}}

    def test_exercises_say_that_they_are_checked_outside(self, run):
        assert "checked outside" in outputs(run, "a check")[0]["text"]
        assert last_text(run, "hints") == "(None, None, [])"

    def test_outputs_fit_a_notebook(self, run):
        cells = [
            nbformat.v4.new_code_cell(source, outputs=[nbformat.from_dict(o) for o in cell.outputs])
            for source, cell in zip(CELLS.values(), run.cells, strict=True)
        ]
        nbformat.validate(nbformat.v4.new_notebook(cells=cells))


class TestAnswers:
    def test_right_ones(self, run):
        assert [outcome.got.tolist() for outcome in run.answers["right"]] == [[0, 1, 0, 1], [1, 1, 1]]
        assert run.answers["right"][0].got.dtype == torch.int64
        assert run.answers["parameters"][0].got == 96 * 12
        assert run.answers["thing"][0].got == -1
        assert not any(outcome.changed_input for outcome in run.answers["right"])

    def test_changed_input_is_seen(self, run):
        changed, number = run.answers["changes"]
        assert changed.changed_input
        assert (number.got, number.changed_input) == (4, False)

    def test_nothing_and_unwritten(self, run):
        assert run.answers["silent"][0].got is None
        assert run.answers["silent"][0].error is None
        assert run.answers["unwritten"][0].error.kind == "NotImplementedError"

    @pytest.mark.parametrize(
        ("name", "kind", "text"),
        [
            ("raises", "ValueError", "not so"),
            ("leaves", "SystemExit", ""),
            ("not_a_function", "TypeError", "not_a_function is no function but a int"),
            ("nowhere", "NameError", "there is no function nowhere"),
        ],
    )
    def test_problems(self, run, name, kind, text):
        (outcome,) = run.answers[name]
        assert (outcome.error.kind, outcome.error.text) == (kind, text)

    def test_endless_loop_is_waited_for_once_and_the_process_lives(self, run):
        first, second = run.answers["slow"]
        assert first.got == 0
        assert (second.error.kind, second.error.text) == (TIME_LIMIT, "still running after 1 s")
        assert run.troubles == ["slow: case 2 took too long"]

    def test_functions_among_the_arguments_are_called_outside(self, run):
        norm = torch.nn.LayerNorm(3)
        expected = norm(torch.ones(2, 3)) + norm(2 * torch.ones(2, 3))
        assert torch.allclose(run.answers["calls"][0].got, expected)
        assert not run.answers["calls"][0].changed_input
        assert run.answers["asks_too_much"][0].error.kind == "TypeError"

    def test_what_a_function_prints_is_not_shown(self, run):
        assert run.answers["prints"][0].got == 5
        assert "hidden" not in str(run.cells)


MASKS = """
import torch
def right(W, M, s):
    window = (torch.arange(W) - s) // M
    regions = window.roll(-s)
    return (regions.view(-1, M, 1) == regions.view(-1, 1, M))
def inverted(W, M, s): return ~right(W, M, s)
def right_for_even(W, M, s): return right(W, M, s) if W % 4 == 0 else inverted(W, M, s)
"""


def test_exercises_are_judged_outside(sandbox):
    """A right, a wrong and a half right solution, from the student's text to the report."""
    exercise = exercises.mask_1d
    cases = exercise.cases() + exercise.hidden_cases("seed", count=3)
    names = ("right", "inverted", "right_for_even")
    run = run_submission([MASKS], {name: Question(name, cases) for name in names}, sandbox=sandbox)
    right, inverted, half = (exercise.judge(run.answers[name], cases, visible=3) for name in names)
    assert right.passed, right
    assert (inverted.right, inverted.cases) == (0, 6)
    assert 0 < half.right < 6
    assert not half.passed


NOSY = """
seen = []
def first(x):
    seen.append(x)
    return x
def second(x):
    seen.append(x)
    raise ValueError(str(seen))
"""


def test_no_hidden_case_is_asked_before_every_visible_one(sandbox):
    """Else the error of a visible case, which is shown, could tell another question's hidden cases."""
    questions = {name: Question(name, [(1,), (2,), (30,), (40,)], visible=2) for name in ("first", "second")}
    run = run_submission([NOSY], questions, sandbox=sandbox)
    assert [outcome.got for outcome in run.answers["first"]] == [1, 2, 30, 40]
    said = [outcome.error.text for outcome in run.answers["second"]]
    assert said[:2] == ["[1, 2, 1]", "[1, 2, 1, 2]"]
    assert said[2] == "[1, 2, 1, 2, 30, 40, 30]"


def test_a_lost_process_costs_only_the_question_it_was_at_hidden_or_not(sandbox):
    dies = "import os\ndef dies(x): return x if x < 30 else os._exit(0)\ndef lives(x): return x"
    cases = [(1,), (2,), (30,), (40,)]
    questions = {name: Question(name, cases, visible=2) for name in ("dies", "lives")}
    run = run_submission([dies], questions, sandbox=sandbox)
    assert [outcome.got for outcome in run.answers["lives"]] == [1, 2, 30, 40]
    assert [outcome.got for outcome in run.answers["dies"]] == [1, 2, None]
    assert len(run.troubles) == 1


def test_time_of_a_whole_submission_is_limited(sandbox):
    limits = Limits(total_seconds=3, cell_seconds=60, grace_seconds=1)
    cells = ["'first'", "import time; time.sleep(60)", "'never'"]
    run = run_submission(cells, {"f": Question("f", [(1,)])}, limits=limits, sandbox=sandbox)
    assert [cell.status for cell in run.cells] == ["ok", "stopped", "skipped"]
    assert [outcome.error.kind for outcome in run.answers["f"]] == [TIME_LIMIT]
    assert "3 s were used up" in run.troubles[-1]


def test_a_box_that_does_not_start_is_nobodys_fault():
    with pytest.raises(StartFailed, match="did not start"):
        run_submission(["1"], {}, limits=Limits(start_seconds=20), sandbox=Sandbox("/bin/false"))


def test_arguments_that_cannot_be_sent_are_the_teachers_error(sandbox):
    with pytest.raises(TypeError, match="holds a Generator"):
        run_submission([], {"f": Question("f", [(torch.Generator(),)])}, sandbox=sandbox)


def test_without_isolation_it_runs_and_is_cleaned_up(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    cells = ["def f(x): return x + 1", "open('mine', 'w'); from swin_edu import exercises as e; e.__file__"]
    run = run_submission(cells, {"f": Question("f", [(1,)])}, sandbox=Sandbox(None))
    assert run.answers["f"][0].got == 2
    assert "course/swin_edu/exercises" in run.cells[1].outputs[0]["data"]["text/plain"]
    assert list(tmp_path.iterdir()) == []
