"""The parts of the teacher's page: five seconds, all exercises, points, each exercise, questions, students.

`teacher_page.py` puts them together. Numbers come first; names are folded away until somebody opens them.
"""

from collections.abc import Mapping
from urllib.parse import quote

from swin_edu.classroom.class_counts import ClassCounts, ExerciseCounts, Group
from swin_edu.classroom.class_figures import count_bar, legend, outcome_bar, points_figure
from swin_edu.classroom.html_tags import Html, join, tag
from swin_edu.classroom.next_class import LESSONS, next_class
from swin_edu.classroom.results import Result

__all__ = ["at_a_glance", "by_exercise", "each_exercise", "points", "questions", "students", "to_look_at"]

# An output can be of any length; what a person needs of it stands at its beginning.
MOST_LETTERS = 300
Links = Mapping[str, str]


def at_a_glance(counts: ClassCounts) -> Html:
    """What to know in five seconds."""
    handed_in = len(counts.results.students)
    low, middle, high = counts.quarters
    waiting = sum(counts.waiting.values())
    later = sum(counts.results.questions.values())
    marked = f"; {later:g} more are marked by hand" if waiting else ""
    tiles = [
        _tile("Handed in", join(str(handed_in)), join(_waiting_words(waiting))),
        _tile(
            "Median",
            join(f"{middle:g} ", tag("small", f"of {counts.out_of:g} points{marked}")),
            join(f"The middle half has {low:g} to {high:g}."),
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
        name = tag("a", one.name, href=f"#{one.name}")
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
    words = _plural(len(rows), "submission needs", "submissions need")
    told = tag("summary", f"{words} a look: something could not be run or graded as usual")
    folded = tag("details", told, tag("ul", *rows, class_="who"), class_="fold")
    return tag("section", tag("h2", "Who needs a look"), folded, id="look")


def questions(counts: ClassCounts) -> Html | None:
    """Written questions: how many answers wait, and the average of the others; None without questions."""
    if not counts.results.questions:
        return None
    number = counts.results.assignment.split("_")[0]
    rows = []
    for name, out_of in counts.results.questions.items():
        answers = [one.points for one in counts.results.answers if one.question == name]
        marked = [value for value in answers if value is not None]
        average = f"{sum(marked) / len(marked):.1f} of {out_of:g}" if marked else f"? of {out_of:g}"
        cells = [str(counts.waiting[name]), f"{len(marked)} of {len(answers)}", average]
        rows.append(tag("tr", tag("th", name, scope="row"), *(tag("td", cell, class_="n") for cell in cells)))
    titles = ("waiting for you", "marked, or empty", "average of these")
    head = tag("tr", tag("th", "question"), *(tag("th", title, class_="n") for title in titles))
    where = join(
        "To mark them: ", tag("code", "swin-edu lab --teacher"), ", then Formgrader; the notes for marking "
        "stand with each question. Afterwards ", tag("code", f"swin-edu feedback {number}"), ".",
    )  # fmt: skip
    table = tag("div", tag("table", tag("thead", head), tag("tbody", *rows)), class_="scroll")
    done = tag("p", where if not counts.all_marked else "All are marked.", class_="quiet")
    return tag("section", tag("h2", "Written questions"), done, table)


def students(counts: ClassCounts, links: Links) -> Html:
    """The table of students, folded; a script makes it sortable."""
    results, look = counts.results, counts.to_look_at
    numbers = [*results.exercises.items(), *results.questions.items()]
    head = [tag("th", "student", scope="col")]
    head += [tag("th", f"{name} ({out_of:g})", scope="col", class_="n") for name, out_of in numbers]
    head += [tag("th", f"total ({results.out_of:g})", scope="col", class_="n"), tag("th", "look at")]
    answers = {(one.student, one.question): one.points for one in results.answers}
    rows = []
    for student in results.students:
        of_exercise = {one.exercise: one for one in results.of_student(student)}
        cells = [tag("th", _name(student, links), scope="row")]
        cells += [_points_cell(of_exercise.get(name)) for name in results.exercises]
        cells += [_number_cell(answers.get((student, name))) for name in results.questions]
        cells.append(_number_cell(results.total(student), "n total"))
        cells.append(tag("td", _short(look.get(student, "")), class_="trouble"))
        rows.append(tag("tr", *cells, data_look=student in look))
    table = tag("table", tag("thead", tag("tr", *head)), tag("tbody", *rows))
    search = tag("input", type="search", placeholder="name, or a word of a trouble", aria_label="Search")
    only = tag("label", tag("input", type="checkbox"), " only who needs a look")
    controls = tag("div", search, only, class_="controls", hidden=True)
    folded = tag(
        "details",
        tag("summary", _plural(len(rows), "student", "students")),
        controls,
        tag("div", table, class_="scroll"),
        class_="fold",
        id="students",
    )
    return tag("section", tag("h2", "Students"), tag("p", _about_links(counts, links), class_="quiet"), folded)


def _tile(title: str, big: Html, *below: Html | None, class_: str = "tile") -> Html:
    words = [tag("p", text) for text in below if text]
    return tag("div", tag("p", title, class_="title"), tag("p", big, class_="big"), *words, class_=class_)


def _waiting_words(waiting: int) -> str:
    return f"{_plural(waiting, 'written answer waits', 'written answers wait')} for marking." if waiting else ""


def _look_tile(number: int) -> Html:
    if not number:
        return _tile("Need a look", join("None"), join("Everything ran and was graded."))
    link = tag("a", "Which?", href="#look")
    return _tile("Need a look", join(str(number)), join("Not run or graded as usual. ", link))


def _hardest_tile(counts: ClassCounts) -> Html:
    one = counts.hardest_first[0]
    if one.count("right") == one.students:
        return _tile("Hardest exercise", join("None"), join("All are right."), class_="tile half")
    share = f"{one.count('right')} of {one.students} right; {one.average:.1f} of {one.out_of:g} points on average."
    link = tag("a", one.name, href=f"#{one.name}")
    return _tile("Hardest exercise", link, join(share), class_="tile half hardest")


def _mistake_tile(counts: ClassCounts) -> Html:
    title = "Most frequent mistake"
    if not counts.mistakes:
        return _tile(title, join("None"), join("No known mistake was made."), class_="tile half")
    one, group = counts.mistakes[0]
    again = [f"{other.name} ({where.name})" for where, other in counts.mistakes[1:] if len(other) == len(group)]
    more = f" As many: {', '.join(again[:2])}." if again else ""
    words = join(f"{len(group)} of {one.students} in ", tag("a", one.name, href=f"#{one.name}"), f".{more}")
    says = tag("span", f"“{group.hint}”", class_="says")
    big = join(group.name.replace("_", " "))
    return _tile(title, big, words, says if group.hint else None, class_="tile half mistake")


def _exercise(one: ExerciseCounts, counts: ClassCounts, links: Links) -> Html:
    largest = max(len(group) for group in one.groups)
    rows = [_group(group, one, counts, links, largest) for group in one.groups]
    head = tag("h3", one.name, " ", tag("span", f"{one.average:.1f} of {one.out_of:g} points", class_="quiet"))
    task = tag("p", one.exercise.task, class_="quiet") if one.exercise else None
    return tag("section", head, task, *rows, _next_class(one), class_="exercise", id=one.name)


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
    # Those who are right, or wrote nothing, were all told the same.
    alike = group.kind in ("right", "unwritten")
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
        ask = join(" ", tag("span", advice.ask, class_="says")) if advice.ask else None
        stop = "" if advice.about.endswith(".") else "."
        said.append(tag("li", f"{advice.about}{stop}", ask))
    lesson = LESSONS.get(one.exercise.chapter) if one.exercise else None
    where = None
    if lesson:
        shown = join(", with ", tag("code", lesson.explorer), " on the wall") if lesson.explorer else None
        where = tag("p", "To look at together: lesson ", tag("code", lesson.notebook), shown, ".", class_="quiet")
    return tag("div", tag("h4", "In the next class"), tag("ul", *said), where, class_="next")


def _who(student: str, links: Links, text: str = "") -> Html:
    return tag("li", _name(student, links), f": {_short(text)}" if text else None)


def _name(student: str, links: Links) -> Html:
    """Names stand for themselves: one that is written from right to left does not turn what is beside it."""
    name, link = tag("bdi", student), links.get(student)
    return tag("a", name, href=quote(link)) if link else name


def _points_cell(result: Result | None) -> Html:
    if result is None:
        return _number_cell(None)
    return _number_cell(result.points, told=result.mistake or ("right" if result.state == "right" else ""))


def _number_cell(value: float | None, class_: str = "n", told: str = "") -> Html:
    shown, rank = ("–", -1.0) if value is None else (f"{value:g}", value)
    class_ += "" if value else " zero"
    return tag("td", shown, class_=class_, data_n=f"{rank:g}", title=told or None)


def _about_links(counts: ClassCounts, links: Links) -> Html:
    if links:
        return join("A name leads to the page that the student gets back.")
    number = counts.results.assignment.split("_")[0]
    words = "makes a page for each student; names lead there then."
    return join(tag("code", f"swin-edu feedback {number}"), f" {words}")


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]} …"


def _plural(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"
