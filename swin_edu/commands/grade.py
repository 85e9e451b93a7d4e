"""`swin-edu grade SUBMISSIONS`: grade a class in isolation, and write gradebook, feedback, table and page.

`assignments/README.md` shows how; the work itself is done by `swin_edu.classroom.grading`.
"""

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from swin_edu.classroom.course import ClassroomError, Course
from swin_edu.classroom.one_at_a_time import alone
from swin_edu.commands.classroom import chosen, open_course, show_troubles, shown
from swin_edu.commands.messages import stop_with

if TYPE_CHECKING:  # brings torch, which `swin-edu --help` need not wait for
    from swin_edu.classroom.grading import Class

__all__ = ["grade"]

STOPPED = 130  # what a shell expects of a command that Ctrl+C ended
NO_ISOLATION = (
    "Without isolation students' code can read your files, write them, and give itself points. "
    "Only for code that you trust like your own."
)


def grade(
    submissions: Annotated[
        Path, typer.Argument(help="assignments/submitted, or a folder or zip to collect.")
    ],
    assignment: Annotated[
        str | None, typer.Option(help="Its number (2) or its whole name; by itself it is found out.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="How many run at the same time; as many as there are cores.")
    ] = None,
    isolation: Annotated[
        bool, typer.Option("--isolation/--no-isolation", help="Only for code that you trust like your own.")
    ] = True,
    again: Annotated[bool, typer.Option("--again", help="Grade everybody, not only what changed.")] = False,
) -> None:
    """Grade submissions: each student apart, in isolation, several at once; and only what changed.

    Writes nbgrader's gradebook, a page for each student, a table (CSV), and a page for you that counts the
    class's mistakes. One bad submission stops no other. Ctrl+C is safe: the same command goes on. Points
    that you gave by hand stay.

    Args:
        submissions: nbgrader's folder `submitted`, or what a learning platform gives; then it is collected
            first.
        assignment: which one; else all that were handed in.
        jobs: how many submissions run at the same time.
        isolation: whether students' code is isolated.
        again: whether what did not change is graded again, too.

    Raises:
        typer.Exit: with code 1 if nothing can be graded, and says why; 130 after Ctrl+C.
    """
    console, errors = Console(), Console(stderr=True)
    course = open_course(errors)
    names = chosen(course, assignment, errors) if assignment else []
    if not submissions.exists():
        stop_with(ValueError(f"There is no folder or zip {submissions}."), errors)
    if not isolation:
        errors.print(Text("Note: ", style="bold yellow").append(NO_ISOLATION, "default"), soft_wrap=True)
    from swin_edu.classroom.sandbox import NoSandbox

    try:
        with alone(course):
            for name in _prepare(course, submissions, names, errors):
                done = _grade(course, name, jobs or _cores(), isolation, again, errors)
                _show(course, done, console, errors)
                if done.stopped:
                    errors.print(
                        "Stopped. Run the same command again: it goes on where it was.", soft_wrap=True
                    )
                    raise typer.Exit(STOPPED)
    except (ClassroomError, NoSandbox) as error:
        stop_with(error, errors)
    except OSError as error:  # such as a full disk
        stop_with(ClassroomError(f"{error}. What was graded is kept: run the same command again."), errors)


def _prepare(course: Course, submissions: Path, names: list[str], errors: Console) -> list[str]:
    """Which assignments there are to grade; what does not lie in `submitted/` is collected first."""
    from swin_edu.classroom.collecting import collect, guess_assignments

    if submissions.resolve() == course.submitted.resolve():
        there = [name for name in course.names() if any(course.submitted.glob(f"*/{name}"))]
        return names or there or _nothing(submissions)
    found = names or guess_assignments(course, submissions) or _nothing(submissions)
    for name in found:
        show_troubles(collect(course, name, submissions).troubles, errors)
    return found


def _nothing(submissions: Path) -> list[str]:
    raise ClassroomError(f"No notebook of an assignment was found in {submissions}.")


def _grade(course: Course, name: str, jobs: int, isolation: bool, again: bool, errors: Console) -> "Class":
    from swin_edu.classroom.grading import grade_class

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors) as bars:
        tasks = {}

        def progress(what: str, done: int, of: int) -> None:
            if not of:
                return
            if what not in tasks:
                tasks[what] = bars.add_task(f"{name}: {what}", total=of)
            bars.update(tasks[what], completed=done)

        return grade_class(course, name, jobs=jobs, isolation=isolation, again=again, progress=progress)


def _show(course: Course, done: "Class", console: Console, errors: Console) -> None:
    """The class in a short table, and where everything is."""
    results = done.results
    show_troubles((f"{student}: {words}" for student, words in sorted(done.troubles.items())), errors)
    table = Table("exercise", "right", "in part", "none", "with trouble", title=results.assignment)
    for column in table.columns[1:]:
        column.justify = "right"
    for exercise in results.exercises:
        each = results.of_exercise(exercise)
        states = Counter(result.state for result in each)
        trouble = sum(bool(result.trouble) for result in each)
        table.add_row(exercise, *(str(states[state]) for state in ("right", "half", "none")), str(trouble))
    console.print(table)
    unmarked = sum(answer.points is None for answer in results.answers)
    looks = sum(bool(results.trouble(student)) for student in results.students)
    parts = [f"{len(results.students)} students, {len(done.graded)} graded now"]
    if looks:
        parts.append(f"{looks} with something to look at, in the last column of the table")
    if unmarked:
        parts.append(f"{unmarked} written answers to mark: swin-edu lab --teacher, Manual Grading")
    console.print("; ".join(parts) + ".", soft_wrap=True, highlight=False)
    places = {
        "your page": done.page,
        "table": done.table,
        "feedback": done.feedback,
        "gradebook": course.gradebook,
    }
    for what, place in places.items():
        if place.exists():
            console.print(f"  {what:9}  {shown(place)}", soft_wrap=True, highlight=False)


def _cores() -> int:
    """Those that this process may use; in a container fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
