"""Bytecode made once: submissions read it, and cannot write it."""

from swin_edu.classroom.bytecode import make_bytecode, with_bytecode
from swin_edu.classroom.sandbox import Sandbox
from swin_edu.classroom.session import run_submission

LOOK = """
import os, imaplib
print(imaplib.__cached__, os.path.exists(imaplib.__cached__))
for place in (imaplib.__cached__, '/bytecode/new'):
    try:
        open(place, 'w')
        print('WRITTEN')
    except OSError as error:
        print(error.strerror)
"""


def test_submissions_read_what_the_teacher_s_cells_made_and_write_nothing(course, sandbox):
    assert with_bytecode(course, sandbox) == sandbox
    make_bytecode(course, sandbox, ["import imaplib"], "one")
    folder = course.results / ".graded" / "bytecode"
    made = {path: path.stat().st_mtime_ns for path in folder.rglob("imaplib*.pyc")}
    assert made
    run = run_submission([LOOK], {}, sandbox=with_bytecode(course, sandbox))
    first, *tries = run.cells[0].outputs[0]["text"].splitlines()
    assert first.startswith("/bytecode/")
    assert first.endswith("True")
    assert tries == ["Read-only file system"] * 2
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("imaplib*.pyc")} == made


def test_it_is_made_anew_only_for_another_key(course, monkeypatch):
    runs = []
    monkeypatch.setattr(
        "swin_edu.classroom.bytecode.run_submission", lambda *given, **options: runs.append(1)
    )
    for key, expected in [("one", 1), ("one", 1), ("two", 2)]:
        make_bytecode(course, Sandbox("bwrap"), ["1"], key)
        assert len(runs) == expected
    make_bytecode(course, Sandbox(None), ["1"], "three")
    assert len(runs) == 2
