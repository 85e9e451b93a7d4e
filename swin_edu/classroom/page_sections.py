"""The parts of the teacher's page: five seconds, all exercises, points, each exercise, who needs a look.

`teacher_page.py` puts them together. Numbers come first; names are folded away until somebody opens them.
"""

from swin_edu.classroom.class_counts import ClassCounts, ExerciseCounts, Group
from swin_edu.classroom.class_figures import count_bar, legend, outcome_bar, points_figure
from swin_edu.classroom.html_tags import Html, join, tag
from swin_edu.classroom.next_class import LESSONS, next_class
from swin_edu.classroom.page_parts import Links, may_break, name_of, plural, short, tile, with_code
from swin_edu.classroom.results import Result

__all__ = ["at_a_glance", "by_exercise", "each_exercise", "points", "to_look_at"]


def at_a_glance(counts: ClassCounts) -> Html:
    """What to know in five seconds."""
    handed_in = len(counts.results.students)
    low, middle, high = counts.quarters
    waiting = sum(counts.waiting.values())
    later = f" {counts.results.out_of - counts.out_of:g} more are marked by hand." if waiting else ""
    tiles = [
        tile("Handed in", join(str(handed_in)), join(_complete_words(counts)), join(_waiting_words(waiting))),
        tile(
            "Median",
            join(f"{middle:g} ", tag("small", f"of {counts.out_of:g} points")),
            join(f"The middle half has {round(low, 1):g} to {round(high, 1):g}.{later}"),
        ),
        _look_tile(len(counts.to_look_at)),
        _hardest_tile(counts),
        _mistake_tile(counts),
    ]
    return tag("section", *tiles, class_="tiles", aria_label="At a glance")


def by_exercise(counts: ClassCounts) -> Html:
    """One bar for each exercise, the hardest first."""
    rows: list[Html] = []
    for one in counts.hardest_first:
        name = tag("a", may_break(one.name), href=f"#{one.name}")
        rows += [
            tag("div", name, tag("div", f"{one.out_of:g} points", class_="quiet"), class_="name"),
            outcome_bar(one),
            tag("div", tag("b", str(one.count("right"))), f" of {one.students} right", class_="share"),
        ]
    figure = tag("figure", legend(counts), tag("div", *rows, class_="overview"))
    return tag("section", tag("h2", "Exercises, the hardest first"), figure)


def points(counts: ClassCounts) -> Html:
    """How the points are spread."""
    what = "Points" if counts.all_marked else "Points of the exercises"
    return tag("section", tag("h2", what), tag("figure", points_figure(counts)))


def each_exercise(counts: ClassCounts, links: Links) -> Html:
    """For each exercise what the class did, what to say about it, and, folded, who did what."""
    sections = [_exercise(one, counts, links) for one in counts.exercises]
    intro = tag("p", "Open a line to see who is meant, and what each was told.", class_="quiet")
    return tag("section", tag("h2", "Each exercise"), intro, *sections)


def to_look_at(counts: ClassCounts, links: Links) -> Html | None:
    """Submissions that need a person, folded; None where there are none."""
    if not counts.to_look_at:
        return None
    rows = [_who(student, links, text) for student, text in counts.to_look_at.items()]
    words = plural(len(rows), "submission needs", "submissions need")
    told = tag("summary", f"{words} a look: something could not be run or graded as usual")
    folded = tag("details", told, tag("ul", *rows, class_="who"), class_="fold")
    return tag("section", tag("h2", "Who needs a look"), folded, id="look")


def _complete_words(counts: ClassCounts) -> str:
    results = counts.results
    complete = sum(
        len(results.of_student(student)) == len(results.exercises)
        and all(one.state == "right" for one in results.of_student(student))
        for student in results.students
    )
    return f"{complete or 'Nobody'} solved every exercise."


def _waiting_words(waiting: int) -> str:
    words = plural(waiting, "written answer waits", "written answers wait")
    return f"{words} for marking." if waiting else ""


def _look_tile(number: int) -> Html:
    if not number:
        return tile("Need a look", join("None"), join("Everything ran and was graded."))
    link = tag("a", "Which?", href="#look")
    return tile("Need a look", join(str(number)), join("Not run or graded as usual. ", link))


def _hardest_tile(counts: ClassCounts) -> Html:
    one = counts.hardest_first[0]
    if one.count("right") == one.students:
        return tile("Hardest exercise", join("None"), join("All are right."), class_="tile half")
    average = f"{one.average:.1f} of {one.out_of:g} points on average"
    share = f"{one.count('right')} of {one.students} right; {average}."
    link = tag("a", may_break(one.name), href=f"#{one.name}")
    return tile("Hardest exercise", link, join(share), class_="tile half hardest")


def _mistake_tile(counts: ClassCounts) -> Html:
    title = "Most frequent mistake"
    if not counts.mistakes:
        return tile(title, join("None"), join("No known mistake was made."), class_="tile half")
    one, group = counts.mistakes[0]
    if len(group) == 1 and len(counts.mistakes) > 1:
        words = join(f"{len(counts.mistakes)} different ones were made, once each.")
        return tile(title, join("None came twice"), words, class_="tile half")
    again = [
        f"{other.name.replace('_', ' ')} ({where.name})"
        for where, other in counts.mistakes[1:]
        if len(other) == len(group)
    ]
    more = f" As many: {', '.join(again[:2])}." if again else ""
    words = join(f"{len(group)} of {one.students} in ", tag("a", one.name, href=f"#{one.name}"), f".{more}")
    says = tag("span", f"“{group.hint}”", class_="says")
    big = join(group.name.replace("_", " "))
    return tile(title, big, words, says if group.hint else None, class_="tile half mistake")


def _exercise(one: ExerciseCounts, counts: ClassCounts, links: Links) -> Html:
    largest = max(len(group) for group in one.groups)
    rows = [_group(group, one, counts, links, largest) for group in one.groups]
    average = f"{one.average:.1f} of {one.out_of:g} points on average"
    head = tag("h3", one.name, " ", tag("span", average, class_="quiet"))
    task = tag("p", with_code(_first_paragraph(one.exercise.task)), class_="quiet") if one.exercise else None
    return tag("section", head, task, *rows, _next_class(one), class_="exercise", id=one.name)


def _first_paragraph(task: str) -> str:
    """Without the code that some exercises give."""
    return task.split("\n\n")[0]


def _group(group: Group, one: ExerciseCounts, counts: ClassCounts, links: Links, largest: int) -> Html:
    known = group.kind == "mistake"
    name = group.name.replace("_", " ") if known else group.name
    hint = tag("span", f"“{group.hint}”", class_="says") if group.hint else None
    summary = tag(
        "summary",
        tag("span", name, class_="what known" if known else "what"),
        count_bar(group, largest),
        tag("span", hint, class_="hint"),
    )
    told = {result.student: result for result in counts.results.of_exercise(one.name)}
    alike = group.kind in ("right", "mistake", "unwritten")  # these were all told the same
    people = [_who(s, links, "" if alike else _told(told.get(s))) for s in group.students]
    class_ = "who names" if alike else "who"
    return tag("details", summary, tag("ul", *people, class_=class_), class_="group")


def _told(result: Result | None) -> str:
    if result is None:
        return "no result: see “Who needs a look”"
    part = f" ({result.right} of {result.cases} cases right)" if result.right else ""
    return f"{result.trouble or result.message}{part}"


def _next_class(one: ExerciseCounts) -> Html:
    said = []
    for advice in next_class(one):
        ask = join(" ", tag("span", with_code(advice.ask), class_="says")) if advice.ask else None
        stop = "" if advice.about.endswith(".") else "."
        said.append(tag("li", f"{advice.about}{stop}", ask))
    lesson = LESSONS.get(one.exercise.chapter) if one.exercise else None
    where = None
    if lesson:
        shown = join(", with ", tag("code", lesson.explorer), " on the wall") if lesson.explorer else None
        words = ("To look at together: lesson ", tag("code", lesson.notebook), shown, ".")
        where = tag("p", *words, class_="quiet")
    return tag("div", tag("h4", "In the next class"), tag("ul", *said), where, class_="next")


def _who(student: str, links: Links, text: str = "") -> Html:
    return tag("li", name_of(student, links), f": {short(text)}" if text else None)
