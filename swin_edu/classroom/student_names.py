"""Whose a submission is, told from the names that learning platforms give to folders and files.

`collecting.py` uses it. It knows Moodle's and Canvas's names, nbgrader's own folders, a folder or a zip for
each student, and files with the student's name in theirs; for others a teacher gives a pattern.
"""

import itertools
import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath

__all__ = ["MOODLE", "Owner", "owner_of", "student_id", "without_wrapper"]

# A folder for each student, or the same in front of each file's name.
MOODLE = re.compile(r"(?P<folder>(?P<name>.+?)_(?P<number>\d+)_assignsubmission_[a-z]+)(?:_.*)?")
CANVAS = re.compile(r"(?P<name>[^\W\d_]+)_(?:LATE_)?(?P<number>\d+)_\d+_(?P<rest>.+?)(?:-(?P<attempt>\d+))?")


@dataclass(frozen=True)
class Owner:
    """Who handed something in.

    Args:
        student: an id that is fit for folders and for nbgrader.
        number: what the platform tells people of one name apart by; empty where there is none.
        attempt: which try it is, where the platform counts them.
        folder: the folder in which Moodle wants the feedback back; empty elsewhere.

    Example:
        >>> Owner("ada").attempt
        0
    """

    student: str
    number: str = ""
    attempt: int = 0
    folder: str = ""


def student_id(name: str) -> str:
    """A name as an id: letters of any alphabet, digits, `.`, `-` and `_`.

    Args:
        name: as a platform or a file gives it.

    Returns:
        The id; empty where nothing is left of the name.

    Example:
        >>> student_id("Ada  King-Lovelace"), student_id("../x"), student_id("José Núñez")
        ('Ada_King-Lovelace', 'x', 'José_Núñez')
    """
    plain = re.sub(r"[^\w.-]+", "_", unicodedata.normalize("NFC", name))
    return plain.strip("._-")[:100]


def owner_of(parts: tuple[str, ...], assignment: str, pattern: re.Pattern[str] | None = None) -> Owner | None:
    """Whose a file is.

    Args:
        parts: its path in the download, without what all paths have in common.
        assignment: such as `2_shifted_windows`.
        pattern: a regular expression with a group `student_id` (and `attempt`, if there is one); it is
            searched in the path, and where it is given nothing else counts.

    Returns:
        The owner, None where the names do not say it.

    Example:
        >>> owner_of(("Ada Lovelace_17_assignsubmission_file_", "x.ipynb"), "2_shifted_windows").student
        'Ada_Lovelace'
        >>> owner_of(("lovelaceada_99_1234_2_shifted_windows-1.ipynb",), "2_shifted_windows")
        Owner(student='lovelaceada_99', number='', attempt=1, folder='')
        >>> [owner_of(parts, "2_x").student for parts in (("ada", "2_x", "2_x.ipynb"), ("2_x_ada.ipynb",))]
        ['ada', 'ada']
    """
    if pattern is not None:
        found = pattern.search("/".join(parts))
        return _owner(found["student_id"], attempt=found.groupdict().get("attempt")) if found else None
    for part in parts:
        if found := MOODLE.fullmatch(part):
            folder = found["folder"] if part == parts[-1] else part
            return _owner(found["name"], number=found["number"], folder=folder)
    if assignment in parts[1:-1] and not any(part.endswith(".zip") for part in parts[:-2]):
        return _owner(parts[parts.index(assignment, 1) - 1])
    stem = _stem(parts[0])
    if found := CANVAS.fullmatch(stem):
        return _owner(f"{found['name']}_{found['number']}", attempt=found["attempt"])
    return _owner(re.sub(rf"[\s_-]*{re.escape(assignment)}[\s_-]*", "_", stem).strip("_"))


def without_wrapper(paths: list[tuple[str, ...]], assignment: str) -> int:
    """How many parts all paths have in front that are no student: a folder or zip around everything.

    Args:
        paths: of all notebooks of a download.
        assignment: such as `2_shifted_windows`.

    Returns:
        The number of parts to leave out.

    Example:
        >>> without_wrapper([("all.zip", "ada", "x.ipynb"), ("all.zip", "bo", "x.ipynb")], "2_x")
        1
        >>> without_wrapper([("ada", "2_x", "x.ipynb")], "2_x")
        0
    """
    together = zip(*(path[:-1] for path in paths), strict=False)
    common = [*itertools.takewhile(lambda parts: len(set(parts)) == 1, together)]
    inside = {path[len(common) :] for path in paths}
    people = len({path[0] for path in inside}) > 1 and all(_is_somebody(path, assignment) for path in inside)
    return len(common) if people else 0


def _is_somebody(path: tuple[str, ...], assignment: str) -> bool:
    stem = _stem(path[0])
    if stem == assignment:
        return False
    return len(path) > 1 or bool(CANVAS.fullmatch(stem)) or bool(MOODLE.fullmatch(stem)) or assignment in stem


def _stem(part: str) -> str:
    path = PurePosixPath(part)
    return path.stem if path.suffix.lower() in (".zip", ".ipynb") else part


def _owner(name: str, number: str = "", attempt: str | None = None, folder: str = "") -> Owner | None:
    student = student_id(name)
    return Owner(student, number, int(attempt or 0), folder) if student else None
