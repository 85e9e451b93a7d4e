"""The table of all assignments, made from their sources, so that the guide never says something else.

`assignments/build.py` writes it into `assignments/README.md`.
"""

from swin_edu.classroom.course import Course

__all__ = ["overview", "with_overview"]

OPENS, CLOSES = "<!-- assignments -->\n", "<!-- /assignments -->"


def overview(course: Course) -> str:
    """Name, points, hours and goals of each assignment, and the sum.

    Args:
        course: whose assignments are listed.

    Returns:
        A table in Markdown.
    """
    lines = [
        "| assignment | points | marked by hand | hours | a student learns to |",
        "|---|--:|--:|--:|---|",
    ]
    totals = [0.0, 0.0, 0.0]
    for name in course.names():
        source = course.read(name)
        numbers = [source.points or 0, sum(cell.points or 0 for cell in source.questions), source.hours or 0]
        totals = [total + number for total, number in zip(totals, numbers, strict=True)]
        cells = [f"[{source.title}](src/{name}.py)", *(f"{number:g}" for number in numbers)]
        goals = "<br>".join(f"• {goal}" for goal in source.goals)
        lines.append(f"| {' | '.join([*cells, goals])} |")
    lines.append(f"| all | {' | '.join(f'{total:g}' for total in totals)} | |")
    return "\n".join(lines) + "\n"


def with_overview(page: str, course: Course) -> str:
    """A page with the table between its two marks.

    Args:
        page: text with `<!-- assignments -->` and `<!-- /assignments -->`.
        course: whose assignments are listed.

    Returns:
        The page, all else as it was.

    Raises:
        ValueError: the marks are missing.
    """
    before, opens, rest = page.partition(OPENS)
    _, closes, after = rest.partition(CLOSES)
    if not opens or not closes:
        raise ValueError(f"the page needs the marks {OPENS.strip()} and {CLOSES}")
    return f"{before}{opens}{overview(course)}{closes}{after}"
