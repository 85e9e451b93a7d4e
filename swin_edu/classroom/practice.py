"""The whole way once, without students: release, hand in, collect, grade, feedback, in a folder of its own.

`swin-edu practice` runs it, so that a teacher sees before term what will happen, and that it works on this
machine. The real course and its gradebook are not touched.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from swin_edu.classroom.collecting import collect
from swin_edu.classroom.course import ClassroomError, Course
from swin_edu.classroom.grading import Class, grade_class
from swin_edu.classroom.made_up_class import compare, make_class
from swin_edu.classroom.releasing import release

__all__ = ["Practice", "practise"]

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Practice:
    """What came of it.

    Args:
        course: the copy in which everything was done.
        graded: the class, with the places of page, table and feedback.
        differences: what grading found otherwise than it should have; empty where all works.
    """

    course: Course
    graded: Class
    differences: list[str]


def practise(
    course: Course,
    name: str,
    folder: Path,
    *,
    students: int = 20,
    seed: int = 0,
    jobs: int = 2,
    progress: Progress = lambda what, done, of: None,
) -> Practice:
    """Go the whole way with a made-up class, some of whom are hostile.

    Args:
        course: whose texts are copied; nothing else of it is read or changed.
        name: of the assignment.
        folder: a new or empty one.
        students: how many.
        seed: the same one gives the same class.
        jobs: how many submissions are graded at the same time.
        progress: as `grade_class` has it.

    Returns:
        Where everything is, and whether grading found what it should.

    Raises:
        ClassroomError: the folder is not empty, or the assignment cannot be released.
        NoSandbox: nothing here can isolate students' code; a made-up class is never graded without.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ClassroomError(f"{folder} is not empty: name a new folder.")
    own = Course(folder / "assignments")
    shutil.copytree(course.src, own.src)
    release(own, name)
    made = folder / "class"
    make_class(own, name, made, students, seed)
    collect(own, name, made / "submissions")
    graded = grade_class(own, name, jobs=jobs, progress=progress)
    return Practice(own, graded, compare(made / "expected.json", graded.results))
