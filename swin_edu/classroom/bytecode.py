"""What Python makes of the packages' texts, made once for a class: a quarter of each submission's time.

A submission may write nothing, so where an installer left that work for later (as uv does), every submission
would do it again. `grading` has it done by the assignment's own cells; `verdicts` lets submissions read it.
"""

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from swin_edu.classroom.course import Course
from swin_edu.classroom.sandbox import Sandbox
from swin_edu.classroom.session import Limits, run_submission
from swin_edu.classroom.whole_files import write_whole

__all__ = ["make_bytecode", "with_bytecode"]


def make_bytecode(course: Course, sandbox: Sandbox, cells: Sequence[str], key: str) -> None:
    """Have the teacher's own cells fill the folder, unless they did so before.

    Args:
        course: in whose results it lies.
        sandbox: what submissions will be run in.
        cells: code that imports what submissions will import; trusted, since it writes the folder.
        key: another one has it done again.
    """
    folder = _folder(course)
    words = "\0".join([key, sys.version, sys.prefix, *cells])
    stamp, mark = folder / "made_for.txt", hashlib.sha256(words.encode()).hexdigest()
    if not sandbox.isolated or (stamp.is_file() and stamp.read_text() == mark):
        return
    folder.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    filling = replace(sandbox, bytecode=str(folder.resolve()), writes_bytecode=True)
    run_submission(cells, {}, limits=Limits(), sandbox=filling)
    write_whole(stamp, mark)


def with_bytecode(course: Course, sandbox: Sandbox) -> Sandbox:
    """The sandbox in which submissions read the folder, where it is there.

    Args:
        course: in whose results it lies.
        sandbox: what isolates them.
    """
    folder = _folder(course)
    if not sandbox.isolated or not (folder / "made_for.txt").is_file():
        return sandbox
    return replace(sandbox, bytecode=str(folder.resolve()))


def _folder(course: Course) -> Path:
    return course.results / ".graded" / "bytecode"
