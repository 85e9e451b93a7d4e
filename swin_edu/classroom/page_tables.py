"""The tables of the teacher's page: written questions, and the students, folded.

`teacher_page.py` puts them at its end.
"""

from swin_edu.classroom.class_counts import ClassCounts
from swin_edu.classroom.html_tags import Html, join, tag
from swin_edu.classroom.page_parts import Links, may_break, name_of, plural, short
from swin_edu.classroom.results import Result

__all__ = ["questions", "students"]


def questions(counts: ClassCounts) -> Html | None:
    """Written questions: how many answers wait, and the average of the others; None without questions."""
    if not counts.results.questions:
        return None
    number = counts.results.assignment.split("_")[0]
    rows = []
    for name, out_of in counts.results.questions.items():
        answers = [one.points for one in counts.results.answers if one.question == name]
        marked = [value for value in answers if value is not None]
        # Before that, most that have points are the empty ones.
        average = f"{sum(marked) / len(marked):.1f} of {out_of:g}" if not counts.waiting[name] else "–"
        cells = [str(counts.waiting[name]), f"{len(marked)} of {len(answers)}", average]
        rows.append(tag("tr", tag("th", name, scope="row"), *(tag("td", cell, class_="n") for cell in cells)))
    titles = ("wait for marking", "marked, or empty", "average")
    head = tag("tr", tag("th", "question"), *(tag("th", title, class_="n") for title in titles))
    where = join(
        "To mark them: ", tag("code", "swin-edu lab --teacher"), ", then Formgrader; the notes for marking "
        "stand with each question. Afterwards ", tag("code", f"swin-edu feedback {number}"),
        " for the students' pages, and ", tag("code", "swin-edu grade assignments/submitted"),
        " for this page and the table.",
    )  # fmt: skip
    table = tag("div", tag("table", tag("thead", head), tag("tbody", *rows)), class_="scroll")
    done = tag("p", where if not counts.all_marked else "All are marked.", class_="quiet")
    return tag("section", tag("h2", "Written questions"), done, table)


def students(counts: ClassCounts, links: Links) -> Html:
    """The table of students, folded; a script makes it sortable."""
    results, look = counts.results, counts.to_look_at
    numbers = [*results.exercises.items(), *results.questions.items()]
    head = [tag("th", "student", scope="col"), _points_head("total", results.out_of)]
    head += [_points_head(name, out_of) for name, out_of in numbers]
    head += [tag("th", "look at", scope="col")]
    answers = {(one.student, one.question): one.points for one in results.answers}
    rows = []
    for student in results.students:
        of_exercise = {one.exercise: one for one in results.of_student(student)}
        total = _number_cell(results.total(student), "n total")
        cells = [tag("th", name_of(student, links), scope="row"), total]
        cells += [_points_cell(of_exercise.get(name)) for name in results.exercises]
        cells += [_number_cell(answers.get((student, name))) for name in results.questions]
        cells.append(tag("td", short(look.get(student, "")), class_="trouble"))
        rows.append(tag("tr", *cells, data_look=student in look))
    table = tag("table", tag("thead", tag("tr", *head)), tag("tbody", *rows))
    search = tag("input", type="search", placeholder="name, or a word of a trouble", aria_label="Search")
    only = tag("label", tag("input", type="checkbox"), " only who needs a look")
    controls = tag("div", search, only, class_="controls", hidden=True)
    folded = tag(
        "details",
        tag("summary", plural(len(rows), "student", "students")),
        controls,
        tag("div", table, class_="scroll"),
        class_="fold",
        id="students",
    )
    return tag(
        "section", tag("h2", "Students"), tag("p", _about_links(counts, links), class_="quiet"), folded
    )


def _points_head(name: str, out_of: float) -> Html:
    return tag("th", may_break(name), tag("small", f" of {out_of:g}"), scope="col", class_="n")


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
