"""`swin-edu collect DOWNLOADED 2`: put what students handed in where the grading looks for it.

`assignments/README.md` shows how; the work itself is done by `swin_edu.classroom.collecting`.
"""

import re
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from swin_edu.commands.classroom import chosen, open_course, show_troubles, shown
from swin_edu.commands.messages import stop_with

__all__ = ["collect"]

WORDS = {
    "new": "new",
    "newer": "newer than the one before, which is kept",
    "unchanged": "as before",
    "older": "older than the one that is here, kept beside it",
}


def collect(
    downloaded: Annotated[Path, typer.Argument(help="A folder or zip, as your learning platform gives it.")],
    assignment: Annotated[str, typer.Argument(help="Its number (2) or its whole name.")],
    names: Annotated[
        str | None,
        typer.Option(help="A regular expression with (?P<student_id>...), for a platform nobody here knows."),
    ] = None,
) -> None:
    """Collect submissions from a learning platform: the newest of each student, and none is ever lost.

    Known are the folders and files of Moodle and Canvas, a folder or a zip for each student, files with the
    student's name in theirs, and nbgrader's own layout. A broken file is named and stops nothing.

    Args:
        downloaded: a folder or a zip.
        assignment: which one.
        names: how a student's id is read from a path, where it is not known.

    Raises:
        typer.Exit: with code 1 if nothing could be collected; says why.
    """
    console, errors = Console(), Console(stderr=True)
    course = open_course(errors)
    chosen_names = chosen(course, assignment, errors)
    if len(chosen_names) > 1:
        stop_with(ValueError("Collect one assignment at a time: give its number or its name."), errors)
    from swin_edu.classroom.collecting import collect as collect_into
    from swin_edu.classroom.course import ClassroomError
    from swin_edu.classroom.one_at_a_time import alone

    name = chosen_names[0]
    try:
        with alone(course):
            collection = collect_into(course, name, downloaded, names)
    except ClassroomError as error:
        stop_with(error, errors)
    except FileNotFoundError:
        stop_with(ValueError(f"There is no folder or zip {downloaded}."), errors)
    except re.error as error:
        stop_with(ValueError(f"--names is no pattern that can be used: {error}."), errors)
    show_troubles(collection.troubles, errors)
    if not collection.collected:
        stop_with(ValueError(f"No notebook for {name} was found in {downloaded}."), errors)
    counts = Counter(one.state for one in collection.collected)
    parts = [f"{counts[state]} {words}" for state, words in WORDS.items() if counts[state]]
    students = f"{len(collection.collected)} student{'s' if len(collection.collected) > 1 else ''}"
    console.print(f"{name}: {students} ({'; '.join(parts)}).", soft_wrap=True, highlight=False)
    console.print(
        f"They are in {shown(course.submitted)}. Next: swin-edu grade {shown(course.submitted)}",
        soft_wrap=True,
        highlight=False,
    )
