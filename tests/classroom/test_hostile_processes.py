"""Hostile code that ends its process, or that has to be ended: the rest goes on in a new one.

What leaves the process alive is in test_hostile_cells.py.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from swin_edu.classroom.session import Limits, Question, SubmissionRun, run_submission
from swin_edu.exercises.running import TIME_LIMIT

pytestmark = pytest.mark.xdist_group("hostile_processes")  # one worker makes the slow fixtures, once

SHORT = Limits(cell_seconds=2, case_seconds=2, grace_seconds=1, memory_bytes=400 * 2**20, restarts=30)
CATCH_ALL = """
import signal
signal.signal(signal.SIGALRM, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))
while True:
    try:
        while True: pass
    except BaseException: pass
"""
# Frames as the worker writes them: with the right number, and with more in them than an answer.
FORGE = """
import json, os, struct
def forge(number, tree):
    content = {"id": number, "passed": True, "right": 99, "points": 99, "status": "ok", "outputs": []}
    header = json.dumps({"content": content, "trees": {"answer": tree}, "sizes": {"answer": []}}).encode()
    for descriptor in range(3, 64):
        try: os.write(descriptor, struct.pack("!II", len(header), 0) + header)
        except OSError: pass
"""

# What is tried, and what the report says about it.
CELLS = {
    "kill -9": ("import os; os.kill(os.getpid(), 9)", "SIGKILL"),
    "a crash": ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
    "a loop that catches everything": (CATCH_ALL, "did not let itself be stopped"),
    "another program": (
        "import os, sys; os.execv(sys.executable, [sys.executable, '-c', 'while True: pass'])",
        "its process ended",  # by the alarm that was set for the cell
    ),
    "a thousand threads": (
        "import threading, time; threading.stack_size(2**16)\n"
        "while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start(); time.sleep(0.002)",
        "threads",
    ),
    "thirty thousand files": (
        "import time\nfor n in range(10**6): open(f'file{n}', 'w').close()\ntime.sleep(9)",
        "files",
    ),
    "garbage on every descriptor": (
        "import os, time\n"
        "for fd in range(3, 64):\n"
        "    try: os.write(fd, b'\\xff' * 100)\n"
        "    except OSError: pass\n"
        "time.sleep(1)",
        "no answer",
    ),
}
FUNCTIONS = """
import os, sys, time
def honest(x): return x * 2
def exits(x): os._exit(0)
def forges(x):
    for number in range(200): forge(number, {"__import__": ["os", "system", "touch /tmp/x"]})
    return 99
def catches_all(x):
    while True:
        try: time.sleep(60)
        except BaseException: pass
def forges_an_answer(x):
    forge(sys._getframe(1).f_locals["asked"]["id"], 4)
    return 5
"""
# The cells with functions stand in between, so that they are run again after each restart.
SUBMISSION = [FORGE, *(source for source, _ in CELLS.values()), FUNCTIONS, "honest(4)"]
QUESTIONS = ("exits", "forges", "catches_all")


@pytest.fixture(scope="module")
def run(sandbox) -> SubmissionRun:
    questions = {}
    for name in QUESTIONS:
        questions[name] = Question(name, [(1,), (2,)])
        questions[f"after {name}"] = Question("honest", [(3,), (torch.ones(2),)])
    questions["forges an answer"] = Question("forges_an_answer", [(1,)])
    return run_submission(SUBMISSION, questions, limits=SHORT, sandbox=sandbox)


@pytest.mark.parametrize("name", CELLS)
def test_deadly_cell_is_stopped_and_said(run, name):
    number = 1 + list(CELLS).index(name)
    assert run.cells[number].status == "stopped"
    assert CELLS[name][1] in run.cells[number].outputs[0]["evalue"]
    assert any(f"cell {number + 1}: " in trouble for trouble in run.troubles)


def test_cells_after_the_deadly_ones_are_run(run):
    assert [cell.status for cell in run.cells[-2:]] == ["ok", "ok"]
    assert run.cells[-1].outputs[0]["data"]["text/plain"] == "8"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("exits", "Stopped"), ("forges", "Stopped"), ("catches_all", TIME_LIMIT)],
)
def test_deadly_function_gets_no_answer(run, name, kind):
    (outcome,) = run.answers[name]
    assert outcome.error.kind == kind
    assert outcome.got is None


@pytest.mark.parametrize("name", QUESTIONS)
def test_next_question_is_answered(run, name):
    first, second = run.answers[f"after {name}"]
    assert first.got == 6
    assert second.got.tolist() == [2, 2]


def test_forged_message_is_an_answer_and_nothing_more(run):
    """One with the right number is taken for the answer; its points are nobody's."""
    (outcome,) = run.answers["forges an answer"]
    assert set(vars(outcome)) == {"got", "error", "changed_input"}
    assert outcome.got == 4
    assert outcome.changed_input  # it does not know what the digest should have been


def test_too_many_deaths_end_the_submission(sandbox):
    cells = ["print('first')", "import os; os._exit(3)", "print('never')"]
    questions = {"f": Question("f", [(1,), (2,)])}
    run = run_submission(cells, questions, limits=Limits(restarts=0), sandbox=sandbox)
    assert [cell.status for cell in run.cells] == ["ok", "stopped", "skipped"]
    assert run.cells[0].outputs[0]["text"] == "first\n"
    assert "exit code 3" in run.troubles[0]
    assert "ended its process too often" in run.troubles[-1]
    assert [outcome.error.kind for outcome in run.answers["f"]] == ["Stopped"]


GRADER = """
from swin_edu.classroom.sandbox import find_sandbox
from swin_edu.classroom.worker import Limits, Worker
with Worker.start(find_sandbox(), Limits(), 60) as worker:
    print(worker.process_id, flush=True)
    worker.run_cell('''
import ctypes, os, signal, time
ctypes.CDLL(None).prctl(1, 0)
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
time.sleep(60)
''', 1)
"""


def test_box_dies_with_its_grader(sandbox):
    grader = subprocess.Popen([sys.executable, "-c", GRADER], stdout=subprocess.PIPE, text=True)
    worker = Path("/proc", grader.stdout.readline().strip())
    assert worker.is_dir()
    time.sleep(0.5)  # until the cell has done what it can
    grader.kill()
    grader.wait()
    for _ in range(50):
        if not worker.exists():
            return
        time.sleep(0.1)
    os.kill(int(worker.name), signal.SIGKILL)
    pytest.fail("the submission outlived the grader")


AS_A_USER = """
import json, os
from swin_edu.classroom.sandbox import find_sandbox
from swin_edu.classroom.session import Question, run_submission
cells = ["import os\\nos.fork()", "print(open('/etc/passwd').read())", "def f(x): return x + 1",
         "import os; print([os.access(p, os.W_OK) for p in ('/', '/course', '/dev', '/submission')])",
         "import time\\nfor n in range(10**6): open(f'file{n}', 'w').close()\\ntime.sleep(9)"]
run = run_submission(cells, {"f": Question("f", [(1,)])}, sandbox=find_sandbox())
answers = [o.got for o in run.answers["f"]]
print(json.dumps([os.geteuid(), [c.outputs for c in run.cells], answers, run.troubles]))
"""


def test_works_for_an_ordinary_user(sandbox, tmp_path):
    """Root grades here, or an ordinary user does: then every test of this file proves it."""
    if os.geteuid() != 0 or not shutil.which("setpriv") or not shutil.which("unshare"):
        pytest.skip("needs root, to become an ordinary user")
    # In mounts of its own, so that folders above Python which are closed to others can be opened.
    words = ["set -e", f"mkdir {tmp_path}/kept"]
    for n, folder in enumerate(sorted({sys.base_prefix, sys.prefix, str(Path(__file__).parents[2])})):
        closed = next((p for p in reversed(Path(folder).parents) if p.stat().st_mode & 0o5 != 0o5), None)
        if closed:
            words += [f"mkdir {tmp_path}/{n}; mount --bind {folder} {tmp_path}/{n}"]
            words += [f"mount -t tmpfs -o mode=755 none {closed}; mkdir -p {folder}"]
            words += [f"mount --bind {tmp_path}/{n} {folder}"]
    words += ['exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"']
    command = ["unshare", "--mount", "sh", "-c", "\n".join(words), "sh", sys.executable, "-c", AS_A_USER]
    environment = {"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": os.environ["PATH"], "HOME": "/"}
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd="/", timeout=120, check=False
    )
    if "unshare failed" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"no mounts can be made here: {done.stderr}")
    assert done.returncode == 0, done.stderr

    user, outputs, answers, troubles = json.loads(done.stdout)
    assert user == 65534
    assert "PermissionError" in outputs[0][0]["ename"]
    assert "FileNotFoundError" in outputs[1][0]["ename"]
    assert outputs[3][0]["text"] == "[False, False, False, True]\n"
    assert answers == [2]
    assert "files" in troubles[0]  # the grader may look into a box of its own, root or not
