"""`swin-edu feedback 2`: a page for each student, and a zip of them to hand back.

`assignments/README.md` shows how; the work itself is done by `swin_edu.classroom.giving_back`.
"""

from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from swin_edu.commands.classroom import chosen, open_course, show_troubles, shown
from swin_edu.commands.messages import stop_with

__all__ = ["feedback"]


def feedback(
    assignment: Annotated[str, typer.Argument(help="Its number (2), its whole name, or `all`.")],
) -> None:
    """Make the page that each student gets back: answers, verdicts, points and comments.

    Run it again after marking by hand: the pages are made anew. Hidden tests and marking notes are not in
    them.

    Args:
        assignment: which one, or all.

    Raises:
        typer.Exit: with code 1 if there is nothing to give back; says why.
    """
    console, errors = Console(), Console(stderr=True)
    course = open_course(errors)
    names = chosen(course, assignment, errors)
    from swin_edu.classroom.course import ClassroomError
    from swin_edu.classroom.giving_back import give_back
    from swin_edu.classroom.one_at_a_time import alone

    failed = []
    for name in names:
        try:
            with (
                alone(course),
                Progress(console=errors, transient=True, disable=not errors.is_terminal) as progress,
            ):
                show = partial(progress.update, progress.add_task(name, total=None))
                made = give_back(
                    course, name, progress=lambda done, of, show=show: show(completed=done, total=of)
                )
        except ClassroomError as error:
            failed.append(error)
            continue
        show_troubles(made.troubles, errors)
        pages = f"{len(made.students)} page{'' if len(made.students) == 1 else 's'}"
        words = f"{name}: {pages} in {shown(made.folder)}; all of them in {shown(made.archive)}"
        console.print(words, soft_wrap=True, highlight=False)
        if made.unmarked:
            students = f"{len(made.unmarked)} student{'' if len(made.unmarked) == 1 else 's'}"
            words = (
                f"Answers of {students} are not marked yet, and count 0 in these pages. Mark them first: "
                "swin-edu lab --teacher, then Formgrader > Manual Grading."
            )
            console.print(words, style="yellow", soft_wrap=True, highlight=False)
        words = "Marks given since the last grading come into table and your page by: swin-edu grade "
        console.print(f"{words}{shown(course.submitted)}", soft_wrap=True, highlight=False)
    # Of "all", those that nobody handed in yet are no failure.
    if failed and len(failed) == len(names):
        stop_with(failed[0] if len(names) == 1 else ClassroomError("\n".join(map(str, failed))), errors)
