"""`swin-edu release 2`: check an assignment, build it, and make the students' version and a zip of it.

`assignments/README.md` shows how; the work itself is done by `swin_edu.classroom.releasing`.
"""

from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from swin_edu.commands.classroom import chosen, open_course, shown
from swin_edu.commands.messages import stop_with

__all__ = ["release"]


def release(
    assignment: Annotated[str, typer.Argument(help="Its number (2), its whole name, or `all`.")],
) -> None:
    """Make the students' version of an assignment, after looking for everything that must not be in it.

    The text in `assignments/src` is checked first: ids, points, hidden tests, solutions. Nothing is
    released, and what was released before stays, until all is right.

    Args:
        assignment: which one, or all.

    Raises:
        typer.Exit: with code 1 if something has to be mended; says what, and on which line.
    """
    console, errors = Console(), Console(stderr=True)
    course = open_course(errors)
    names = chosen(course, assignment, errors)
    from swin_edu.classroom.course import ClassroomError
    from swin_edu.classroom.one_at_a_time import alone
    from swin_edu.classroom.releasing import release as make_release

    failed = []
    for name in names:
        try:
            with alone(course), errors.status(f"checking and building {name}"):
                made = make_release(course, name)
        except ClassroomError as error:
            failed.append(error)
            continue
        words = Text("ok", style="green").append(f"    {name}: {made.points:g} points. ", "default")
        places = f"For students: {shown(made.notebook)}; as a zip to upload: {shown(made.archive)}"
        words.append(places, "default")
        console.print(words, soft_wrap=True)
    if failed:
        stop_with(ClassroomError("\n".join(map(str, failed))), errors)
