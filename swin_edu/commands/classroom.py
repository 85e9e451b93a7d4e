"""What the teacher's commands have in common: the course that they work on, and how troubles are shown.

`release`, `collect` and `feedback` use it.
"""

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.text import Text

from swin_edu.classroom.course import INSTALL, ClassroomError, Course
from swin_edu.classroom.html_tags import UNSEEN
from swin_edu.commands import course_folder
from swin_edu.commands.messages import stop_with

__all__ = ["chosen", "open_course", "show_troubles", "shown"]


def open_course(console: Console) -> Course:
    """The folder `assignments/` of this checkout, where nbgrader is there too.

    Args:
        console: where messages go.

    Raises:
        typer.Exit: with code 1 if something is missing; says what, and what to do.
    """
    if find_spec("nbgrader") is None:
        stop_with(ClassroomError(INSTALL), console)
    checkout = course_folder()
    if checkout is None or not (checkout / "assignments" / "src").is_dir():
        words = "The assignments are not here: they come with the repository. Clone it, and run this in it."
        stop_with(ClassroomError(words), console)
    return Course(checkout / "assignments")


def chosen(course: Course, assignment: str, console: Console) -> list[str]:
    """The assignments that a teacher names.

    Args:
        course: where they are looked for.
        assignment: a number, a whole name, or `all`.
        console: where messages go.

    Raises:
        typer.Exit: with code 1 if there is none; says which there are.
    """
    try:
        return course.choose(assignment)
    except ClassroomError as error:
        stop_with(error, console)


def shown(path: Path) -> str:
    """A path as a teacher would type it here.

    Args:
        path: of a file.

    Returns:
        It, from the current folder on where it lies inside.

    Example:
        >>> shown(Path.cwd() / "assignments")
        'assignments'
    """
    path, here = path.resolve(), Path.cwd().resolve()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def show_troubles(troubles: Iterable[object], console: Console) -> None:
    """Print each trouble on a line of its own.

    Args:
        troubles: their text says what is wrong.
        console: where to print.

    Example:
        >>> show_troubles(["ada.zip: is a broken zip"], Console(no_color=True))
        look  ada.zip: is a broken zip
    """
    for trouble in troubles:
        # Names in a download are anybody's: some characters of them a terminal would obey.
        words = UNSEEN.sub("\ufffd", str(trouble))
        console.print(Text("look", style="bold yellow").append(f"  {words}", "default"), soft_wrap=True)
