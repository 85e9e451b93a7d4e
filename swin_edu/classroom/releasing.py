"""Releasing an assignment: look through its text, build, let nbgrader make the students' version, pack it.

`swin-edu release` runs it; what was released before is not touched until the new version is right.
"""

import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from swin_edu.classroom.course import ClassroomError, Course
from swin_edu.classroom.leak_checks import check_source_notebook
from swin_edu.classroom.nbgrader_log import reasons
from swin_edu.classroom.release_checks import Finding, check_solutions, check_source
from swin_edu.classroom.source_notebooks import build_notebook, notebook_bytes

__all__ = ["Released", "build", "inspect_source", "release"]

# The same text gives the same zip, whenever it is made.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Released:
    """A released assignment.

    Args:
        name: of the assignment.
        notebook: the students' version.
        archive: the same, as a zip to upload.
        points: how many it is worth.
    """

    name: str
    notebook: Path
    archive: Path
    points: float


def inspect_source(course: Course, name: str) -> list[Finding]:
    """Everything that has to be mended before an assignment may be released.

    Args:
        course: of the assignment.
        name: of the assignment.

    Returns:
        What is wrong; empty where all is well. Solutions are run only where nothing else is wrong.
    """
    source = course.read(name)
    if findings := check_source(source):
        return findings
    return check_source_notebook(build_notebook(source)) or check_solutions(source)


def build(course: Course, name: str) -> Path:
    """Write nbgrader's source notebook of an assignment.

    Args:
        course: of the assignment.
        name: of the assignment.

    Returns:
        `source/NAME/NAME.ipynb`.
    """
    target = course.source / name / f"{name}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(notebook_bytes(build_notebook(course.read(name))))
    return target


def release(course: Course, name: str) -> Released:
    """Make the students' version of an assignment, and a zip of it.

    Args:
        course: of the assignment.
        name: of the assignment.

    Returns:
        Where everything lies.

    Raises:
        ClassroomError: something has to be mended first; what was released before stays as it was.
    """
    if findings := inspect_source(course, name):
        raise ClassroomError(
            f"{name} was not released:\n" + "\n".join(f"  {finding}" for finding in findings)
        )
    course.secret()
    build(course, name)
    api = course.api()
    with tempfile.TemporaryDirectory(prefix=".release_", dir=course.root) as folder:
        api.coursedir.release_directory = Path(folder).name
        outcome = api.generate_assignment(name, force=True, create=True)
        made = Path(folder) / name
        if not outcome["success"] or not made.is_dir():
            raise ClassroomError(f"{name} was not released:\n{reasons(outcome)}")
        target = course.release / name
        course.release.mkdir(exist_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)
    archive = _pack(target, course.release / f"{name}.zip")
    return Released(name, target / f"{name}.ipynb", archive, course.read(name).points)


def _pack(folder: Path, archive: Path) -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            member = zipfile.ZipInfo(f"{folder.name}/{path.relative_to(folder).as_posix()}", ZIP_TIME)
            member.external_attr = 0o644 << 16
            file.writestr(member, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return archive
