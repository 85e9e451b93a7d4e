"""`swin-edu practice 2 FOLDER`: the whole way with a made-up class, before there is a real one.

`assignments/README.md` shows how; the work itself is done by `swin_edu.classroom.practice`.
"""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from swin_edu.commands.classroom import chosen, open_course, shown
from swin_edu.commands.messages import stop_with

__all__ = ["practice"]


def practice(
    assignment: Annotated[str, typer.Argument(help="Its number (2) or its whole name.")],
    folder: Annotated[Path, typer.Argument(help="A new folder, for everything that is made.")],
    students: Annotated[int, typer.Option(min=1, max=400, help="How many are in the class.")] = 20,
    seed: Annotated[int, typer.Option(help="The same one gives the same class.")] = 0,
    jobs: Annotated[int | None, typer.Option(min=1, help="How many run at the same time.")] = None,
) -> None:
    """Try everything before term: a made-up class hands in, is graded in isolation, and gets its feedback.

    Some of these students are right, some make the mistakes that people make, and some are hostile: their
    notebooks are not for running. Your own course and its gradebook are not touched.

    Args:
        assignment: which one.
        folder: where everything is made.
        students: how many.
        seed: of the class.
        jobs: how many submissions are graded at the same time; as many as there are cores.

    Raises:
        typer.Exit: with code 1 if it cannot be done, or grading did not find what it should; says what.
    """
    console, errors = Console(), Console(stderr=True)
    course = open_course(errors)
    names = chosen(course, assignment, errors)
    from swin_edu.classroom.course import ClassroomError
    from swin_edu.classroom.practice import practise
    from swin_edu.classroom.sandbox import NoSandbox

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    errors.print(
        f"Making {students} students of {names[0]}. The first bar comes in a moment.", soft_wrap=True
    )
    with Progress(*columns, console=errors) as bars:
        tasks = {}

        def progress(what: str, done: int, of: int) -> None:
            if of and what not in tasks:
                tasks[what] = bars.add_task(what, total=of)
            if of:
                bars.update(tasks[what], completed=done)

        try:
            done = practise(
                course,
                names[0],
                folder,
                students=students,
                seed=seed,
                jobs=jobs or os.cpu_count() or 1,
                progress=progress,
            )
        except (ClassroomError, NoSandbox) as error:
            stop_with(error, errors)
    if done.differences:
        words = "\n".join(f"  {difference}" for difference in done.differences)
        stop_with(ClassroomError(f"Grading did not find what it should have found:\n{words}"), errors)
    words = f"{students} made-up students of {names[0]}: every one got what they should."
    console.print(words, style="green", soft_wrap=True, highlight=False)
    for what, place in {"your page": done.graded.page, "feedback": done.graded.feedback}.items():
        console.print(f"  {what:9}  {shown(place)}", soft_wrap=True, highlight=False)
