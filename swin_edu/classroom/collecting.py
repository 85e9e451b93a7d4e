"""Collecting: from what a learning platform gives to nbgrader's `submitted/`, the newest of each student.

`swin-edu collect` runs it. A later submission takes the place of an earlier one, which moves to `earlier/`;
nothing that somebody handed in is ever deleted.
"""

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from swin_edu.classroom.course import Course
from swin_edu.classroom.downloads import Download, Trouble, read_downloads
from swin_edu.classroom.places import places_of, remember_places
from swin_edu.classroom.student_names import MOODLE, owner_of, without_wrapper
from swin_edu.classroom.submissions import Submission, grade_ids, graded_names
from swin_edu.classroom.whole_files import write_whole

__all__ = ["Collected", "Collection", "collect", "guess_assignments"]

State = Literal["new", "newer", "unchanged", "older"]
STAMP = "%Y-%m-%d %H:%M:%S UTC"


@dataclass(frozen=True)
class Collected:
    """What became of one student's submission.

    Args:
        student: the id.
        state: "new"; "newer" than the one that was there; "unchanged"; "older", and so laid into `earlier/`.
        place: where it lay in the download.
    """

    student: str
    state: State
    place: str


@dataclass
class Collection:
    """What was collected, and what was not.

    Args:
        collected: one for each student.
        troubles: what a teacher should look at; a file with a trouble stops no other.
    """

    collected: list[Collected] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)


def collect(course: Course, name: str, downloaded: Path, names: str | None = None) -> Collection:
    """Put the newest submission of each student where nbgrader looks for it.

    Args:
        course: that the assignment belongs to.
        name: of the assignment.
        downloaded: a folder or zip, as a learning platform gives it; `student_names.py` tells whose is whose.
        names: a regular expression with a group `student_id`, for platforms that nobody here knows.

    Returns:
        What was collected, and every trouble.

    Raises:
        FileNotFoundError: `downloaded` is not there.
        re.error: `names` is no regular expression, or has no group `student_id`.
    """
    pattern = re.compile(names) if names else None
    if pattern and "student_id" not in pattern.groupindex:
        raise re.error("the pattern needs a group (?P<student_id>...)", names)
    collection = Collection()
    files = []
    for item in read_downloads(downloaded):
        (collection.troubles if isinstance(item, Trouble) else files).append(item)
    by_student = _sort(course, name, files, pattern, collection)
    for student, submissions in sorted(by_student.items()):
        collection.collected.append(_lay_down(course, name, student, submissions, collection))
    remember_places(
        course, name, {student: all_of[-1].owner.folder for student, all_of in by_student.items()}
    )
    return collection


def guess_assignments(course: Course, downloaded: Path) -> list[str]:
    """Which assignments a download holds, by what the notebooks in it ask for.

    Args:
        course: that they belong to.
        downloaded: a folder or zip.

    Returns:
        Names, in order; empty where no notebook can be told.

    Raises:
        FileNotFoundError: `downloaded` is not there.
    """
    asked = {name: graded_names(course, name) for name in course.names()}
    found = set()
    for item in read_downloads(downloaded):
        ids = grade_ids(item.data) if isinstance(item, Download) and item.data is not None else None
        fits = {name: len(ids & own) for name, own in asked.items()} if ids else {}
        if fits and (best := max(fits, key=fits.__getitem__)) and fits[best]:
            found.add(best)
    return sorted(found)


def _sort(
    course: Course, name: str, files: list[Download], pattern: re.Pattern[str] | None, collection: Collection
) -> dict[str, list[Submission]]:
    """The notebooks that are taken, by student, the one that counts last."""
    notebooks = [file for file in files if file.data is not None]
    skip = without_wrapper([file.parts for file in notebooks], name)
    own = graded_names(course, name)
    # What only another assignment asks for.
    others = {other: graded_names(course, other) - own for other in course.names() if other != name}
    found: dict[str, list[Submission]] = defaultdict(list)
    for file in notebooks:
        owner = owner_of(file.parts[skip:], name, pattern)
        if owner is None:
            collection.troubles.append(Trouble(file.place, "nothing in its name says whose it is"))
            continue
        ids = grade_ids(file.data or b"")
        fits = -1 if ids is None else len(ids & own)
        other = next((other for other, theirs in others.items() if fits == 0 and ids and ids & theirs), None)
        if other:
            collection.troubles.append(Trouble(file.place, f"is {other}, not {name}; it was left out"))
            continue
        found[owner.student].append(Submission(file, owner, fits))
    _report_empty(files, found, skip, name, pattern, collection)
    known = places_of(course, name)
    return {
        student: sorted(submissions, key=lambda one: one.rank)
        for who, all_of in found.items()
        for student, submissions in _apart(who, all_of, known).items()
    }


def _apart(student: str, submissions: list[Submission], known: dict[str, str]) -> dict[str, list[Submission]]:
    """People of one name, told apart by the platform's number, also from those of an earlier download."""
    numbers = {submission.owner.number for submission in submissions}
    apart = defaultdict(list)
    for submission in submissions:
        number = submission.owner.number
        long = f"{student}_{number}"
        before = MOODLE.fullmatch(known.get(student, ""))
        own = before["number"] == number if before else len(numbers) == 1 and long not in known
        apart[student if own or not number else long].append(submission)
    return apart


def _report_empty(
    files: list[Download],
    found: dict[str, list[Submission]],
    skip: int,
    name: str,
    pattern: re.Pattern[str] | None,
    collection: Collection,
) -> None:
    """Say it where somebody handed in something, but no notebook."""
    other = defaultdict(list)
    troubled = {trouble.place.split("/")[0] for trouble in collection.troubles}
    for file in files:
        owner = owner_of(file.parts[skip:], name, pattern) if len(file.parts) > skip + 1 else None
        if file.data is None and owner and owner.student not in found and file.parts[0] not in troubled:
            other[owner.student].append(file.parts[-1])
    for student, handed_in in sorted(other.items()):
        collection.troubles.append(Trouble(student, f"no notebook, but {', '.join(sorted(handed_in)[:5])}"))


def _lay_down(
    course: Course, name: str, student: str, submissions: list[Submission], collection: Collection
) -> Collected:
    *before, last = submissions
    if several := {one.file.place for one in before if one.fits > 0 and one.digest != last.digest}:
        words = f"{len(several) + 1} notebooks of {name}; the last one counts, the others are kept"
        collection.troubles.append(Trouble(student, f"{words}: {last.file.place}"))
    folder = course.submitted / student / name
    present = folder / f"{name}.ipynb"
    for submission in before:
        if submission.digest != last.digest:
            _keep(course, name, student, submission.file.data or b"", submission.file.when)
    state: State = "new"
    if present.exists():
        old, old_when = present.read_bytes(), _when(folder)
        # A copy that cannot be read never takes the place of one that can.
        worse = not last.readable and grade_ids(old) is not None
        if hashlib.sha256(old).hexdigest() == last.digest:
            state = "unchanged"
        elif worse or last.file.when < old_when:
            state = "older"
            _keep(course, name, student, last.file.data or b"", last.file.when)
        else:
            state = "newer"
            _keep(course, name, student, old, old_when)
    if not last.readable:
        words = "is no notebook (broken, or another format)"
        kept = "; the one from before is kept" if state == "older" else "; it was taken as it is"
        collection.troubles.append(Trouble(last.file.place, words + kept))
    elif last.fits == 0:
        words = f"has no cell of {name} in it; it was taken as it is"
        collection.troubles.append(Trouble(last.file.place, words))
    if state in ("new", "newer"):
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(present, last.file.data or b"")
        write_whole(folder / "timestamp.txt", last.file.when.strftime(STAMP))
    return Collected(student, state, last.file.place)


def _keep(course: Course, name: str, student: str, data: bytes, when: datetime) -> None:
    """Lay a submission into `earlier/`; the same one is there once."""
    mark = hashlib.sha256(data).hexdigest()[:8]
    place = course.earlier / student / name / f"{when:%Y-%m-%d_%H-%M-%S}_{mark}.ipynb"
    place.parent.mkdir(parents=True, exist_ok=True)
    write_whole(place, data)


def _when(folder: Path) -> datetime:
    try:
        return datetime.strptime((folder / "timestamp.txt").read_text().strip(), STAMP)
    except (OSError, ValueError):
        return datetime.min
