"""Giving feedback: a page for each student, made by nbgrader from what was graded, ready to hand back.

`swin-edu feedback` runs it. Hidden tests and marking notes are left out of the pages, and no script of a
student runs in them.
"""

import shutil
import zipfile
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from swin_edu.classroom.alarms import alarm
from swin_edu.classroom.course import ClassroomError, Course
from swin_edu.classroom.downloads import Trouble
from swin_edu.classroom.interrupts import uninterrupted
from swin_edu.classroom.nbgrader_log import reasons
from swin_edu.classroom.places import places_of

__all__ = ["GivenBack", "give_back"]

LONGEST = 60.0  # seconds for a page; it takes less than one


@dataclass
class GivenBack:
    """The pages of one assignment.

    Args:
        folder: `STUDENT.html` for each student.
        archive: the same as a zip; in the folders that Moodle takes back, where the submissions came from it.
        students: whose page is there.
        unmarked: whose written answers nobody has marked yet.
        troubles: whose page could not be made, and why.
    """

    folder: Path
    archive: Path
    students: list[str] = field(default_factory=list)
    unmarked: list[str] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)


def give_back(
    course: Course,
    name: str,
    *,
    changed: Collection[str] | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> GivenBack:
    """Make every student's page anew; one that cannot be made stops no other.

    Args:
        course: that the assignment belongs to.
        name: of the assignment.
        changed: make only these students' pages anew, and those that are not there.
        progress: called after each with how many are made, and of how many.

    Returns:
        Where the pages are, and what is to be looked at.

    Raises:
        ClassroomError: nothing of the assignment was graded, or nbgrader is not installed.
    """
    api = course.api()
    graded = _students(course.autograded, name)
    if not graded:
        raise ClassroomError(f"Nothing of {name} is graded yet: run `swin-edu grade` first.")
    places = places_of(course, name)
    folder = course.results / f"{name}_feedback"
    made = GivenBack(folder, folder.with_suffix(".zip"))
    fresh = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    kept = set() if changed is None else {path.stem for path in folder.glob("*.html")} - set(changed)
    done, of = 0, len(set(graded) - kept)
    for student in graded:
        if student in kept:
            shutil.copy2(folder / f"{student}.html", fresh / f"{student}.html")
            made.students.append(student)
            continue
        # There are texts that no reader of Markdown is ever done with.
        with uninterrupted(), alarm(LONGEST):
            outcome = api.generate_feedback(name, student, force=True)
        page = course.feedback / student / name / f"{name}.html"
        if outcome["success"] and page.is_file():
            shutil.copyfile(page, fresh / f"{student}.html")
            made.students.append(student)
        else:
            made.troubles.append(Trouble(student, f"no page could be made: {reasons(outcome).strip()}"))
        done += 1
        progress(done, of)
    for student in sorted(set(_students(course.submitted, name)) - set(graded)):
        made.troubles.append(Trouble(student, "handed in, but not graded yet"))
    made.unmarked = _unmarked(course, name)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
    _pack(made, places, name)
    return made


def _students(folder: Path, name: str) -> list[str]:
    return sorted(path.parent.parent.name for path in folder.glob(f"*/{name}/{name}.ipynb"))


def _unmarked(course: Course, name: str) -> list[str]:
    from nbgrader.api import Gradebook, MissingEntry

    with Gradebook(f"sqlite:///{course.gradebook}", "swin") as gradebook:
        try:
            submissions = gradebook.assignment_submissions(name)
        except MissingEntry:
            return []
        return sorted(one.student.id for one in submissions if one.needs_manual_grade)


def _pack(made: GivenBack, places: dict[str, str], name: str) -> None:
    with zipfile.ZipFile(made.archive, "w", zipfile.ZIP_DEFLATED) as archive:
        for student in made.students:
            place = places.get(student)
            member = f"{place}/{name}.html" if place else f"{student}.html"
            archive.write(made.folder / f"{student}.html", member)
