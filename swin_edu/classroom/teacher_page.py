"""The teacher's page: one file that says what a class did with an assignment, and what to do next.

`swin-edu grade` writes it as `results/ASSIGNMENT.html`. It needs no internet and no
server; names and messages of students are text in it, whatever they contain.
"""

from collections.abc import Mapping
from pathlib import Path

from swin_edu.classroom import page_sections as sections
from swin_edu.classroom import page_tables as tables
from swin_edu.classroom.class_counts import count_class
from swin_edu.classroom.course import Course
from swin_edu.classroom.html_tags import Html, join, tag
from swin_edu.classroom.page_style import SCRIPT, policy, style
from swin_edu.classroom.results import Results
from swin_edu.classroom.whole_files import write_whole

__all__ = ["teacher_page", "write_teacher_page"]


def teacher_page(results: Results, title: str = "", links: Mapping[str, str] | None = None) -> str:
    """The page.

    Args:
        results: of one assignment.
        title: of the assignment; its name where there is none.
        links: by student, where the feedback lies, as a path from the page's folder.

    Returns:
        A whole HTML document.

    Example:
        >>> teacher_page(Results("9_far")).count("Nobody has handed in yet")
        1
    """
    title, links = title or results.assignment, links or {}
    counts = count_class(results)
    if not results.students:
        body = [tag("p", "Nobody has handed in yet.")]
    elif not results.exercises:
        body = [sections.to_look_at(counts, links), tables.questions(counts)]
    else:
        body = [
            sections.at_a_glance(counts),
            sections.by_exercise(counts),
            sections.points(counts),
            sections.each_exercise(counts, links),
            tables.questions(counts),
            sections.to_look_at(counts, links),
            tables.students(counts, links),
        ]
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy()),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{title}: the class"),
        tag("style", Html(style())),
    )
    main = tag("main", tag("h1", title), *(part for part in body if part))
    page = tag("html", head, tag("body", main, tag("script", Html(SCRIPT))), lang="en")
    return join(Html("<!doctype html>\n"), page, Html("\n"))


def write_teacher_page(course: Course, results: Results) -> Path:
    """Write the page of an assignment, with links to the feedback that there is.

    Args:
        course: that the assignment belongs to.
        results: of the assignment.

    Returns:
        `results/ASSIGNMENT.html`.
    """
    name = results.assignment
    title = course.read(name).title if (course.src / f"{name}.py").is_file() else ""
    folder = course.results / f"{name}_feedback"
    pages = {student: folder / f"{student}.html" for student in results.students}
    links = {student: f"{folder.name}/{page.name}" for student, page in pages.items() if page.is_file()}
    path = course.results / f"{name}.html"
    write_whole(path, teacher_page(results, title, links))
    return path
