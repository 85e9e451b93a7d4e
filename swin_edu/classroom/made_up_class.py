"""A class of made-up students that hands in an assignment, and what grading should find in each of them.

`practice.py` has it graded, for a teacher who wants to try everything before term and for the tests. Some of
the students are hostile: they are to be graded in isolation.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from swin_edu.classroom.class_counts import group_of
from swin_edu.classroom.course import ClassroomError, Course
from swin_edu.classroom.made_up_answers import WRITTEN, Expected, Writer, Written
from swin_edu.classroom.made_up_attacks import ATTACKS, WARNING, Attack, Cells
from swin_edu.classroom.results import Results
from swin_edu.classroom.tasks import Assignment
from swin_edu.classroom.whole_files import write_whole

__all__ = ["MadeUp", "compare", "make_class"]

FORMAT = 1
FIRST = (
    *("Ada", "Bo", "Chiara", "Dilek", "Emre", "Fatou", "Goran", "Hana", "Ines", "Jun"),
    *("Kofi", "Lena", "Mira", "Noor", "Omar", "Pia", "Quinn", "Rosa", "Sami", "Zoë"),
)
LAST = (
    *("Abadi", "Berg", "Costa", "Diaz", "Eriksen", "Fischer", "Greco", "Haddad", "Ito", "Jensen"),
    *("Kaya", "Lopez", "Moreau", "Novak", "Okafor", "Petrov", "Quist", "Rossi", "Sato", "Weiß"),
)
# The first students, whom every class has; hostile ones follow, and then those that are drawn.
HONEST = ("right", "right", "half", "mistake", "mistake", "mistake", "mistake", "unwritten")
HOSTILE = 12  # the attacks that every class sees
DRAWN = {"right": 8, "mixed": 6, "mistake": 8, "half": 3, "unwritten": 2, "error": 1, "hostile": 1}
README = """A class that does not exist
===========================

Made for {name} by swin_edu.classroom.made_up_class, {students} students, seed {seed}.

Some of these submissions are HOSTILE: they loop for ever, fork, kill their process, and look for what is
hidden. Grade them with `swin-edu grade`, which isolates them. Never run them in a notebook, and never grade
them with isolation switched off.

submissions/    as a learning platform gives them
expected.json   what grading should find
"""


@dataclass(frozen=True)
class MadeUp:
    """One made-up student.

    Args:
        student: the id.
        role: what kind of student it is.
        data: the file that is handed in.
        exercises: what grading should find, by exercise.
        questions: points of the written questions; None for those that wait for a person.
        look: whether the teacher should be told to have a look.
    """

    student: str
    role: str
    data: bytes
    exercises: dict[str, Expected]
    questions: dict[str, float | None] = field(default_factory=dict)
    look: bool = False


def make_class(course: Course, name: str, folder: Path, students: int = 20, seed: int = 0) -> list[MadeUp]:
    """Have a made-up class hand in a released assignment.

    Args:
        course: that released it; the hidden cases are its own.
        name: of the assignment.
        folder: a new or empty one; `submissions/`, `expected.json` and a warning are written into it.
        students: how many; from 20 on every kind is there.
        seed: the same one gives the same class.

    Returns:
        The students, in the order of their ids.

    Raises:
        ClassroomError: the assignment is not released, or has no exercises; or the folder is not empty.
        ValueError: there are too many students, or none.
    """
    if not 1 <= students <= len(FIRST) * len(LAST):
        raise ValueError(f"a class has from 1 to {len(FIRST) * len(LAST)} students, got {students}")
    released = course.release / name / f"{name}.ipynb"
    if not released.is_file():
        number = name.split("_")[0]
        raise ClassroomError(f"{name} is not released yet: run `swin-edu release {number}` first.")
    if folder.exists() and any(folder.iterdir()):
        raise ClassroomError(f"{folder} is not empty: name a new folder.")
    assignment = Assignment.of(course, name)
    if not assignment.tasks:
        raise ClassroomError(f"{name} has no exercise that is graded by itself, so nothing to try out here.")
    maker = _Maker(assignment, json.loads(released.read_bytes()), random.Random(f"{name} {seed}"))
    made = sorted(maker.students(students), key=lambda one: one.student)
    for one in made:
        place = folder / "submissions" / one.student / name / f"{name}.ipynb"
        place.parent.mkdir(parents=True)
        place.write_bytes(one.data)
    content = {"format": FORMAT, "assignment": name, "seed": seed}
    content["students"] = {one.student: _as_json(one) for one in made}
    write_whole(folder / "expected.json", json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    write_whole(folder / "README.txt", README.format(name=name, students=students, seed=seed))
    return made


def compare(expected: Path, results: Results) -> list[str]:
    """What grading found otherwise than it should have.

    Args:
        expected: the file `expected.json` of the class.
        results: what grading found.

    Returns:
        A sentence for each difference; none where all is as it should be.
    """
    content = json.loads(expected.read_text(encoding="utf-8"))
    if content["assignment"] != results.assignment:
        return [f"the class handed in {content['assignment']}, and {results.assignment} was graded"]
    wanted = content["students"]
    missing, strangers = set(wanted) - set(results.students), set(results.students) - set(wanted)
    found = [f"{student}: handed in, and has no result" for student in sorted(missing)]
    found += [f"{student}: is not of this class" for student in sorted(strangers)]
    for student in sorted(set(wanted) - missing):
        told = f"{student} ({wanted[student]['role']})"
        found += [f"{told}: {words}" for words in _differences(student, wanted[student], results)]
    return found


def _differences(student: str, wanted: dict[str, Any], results: Results) -> Iterator[str]:
    got = {result.exercise: result for result in results.of_student(student)}
    for name, expected in wanted["exercises"].items():
        if name not in got:
            yield f"{name}: no result"
            continue
        result = got[name]
        kind = group_of(result)[0]
        seen = {"points": result.points, "kind": kind, "mistake": result.mistake}
        for what, value in seen.items():
            if value != expected[what]:
                yield f"{name}: {what} should be {expected[what]}, not {value} ({result.message})"
    marked = {one.question: one.points for one in results.answers if one.student == student}
    for question, points in wanted["questions"].items():
        if marked.get(question) != points:
            yield f"{question}: points should be {points}, not {marked.get(question)}"
    trouble = results.trouble(student)
    if bool(trouble) != wanted["look"]:
        yield "nobody is told to have a look" if wanted["look"] else f"needs no look: {trouble}"


class _Maker:
    """Makes one student after the other."""

    def __init__(self, assignment: Assignment, released: dict[str, Any], generator: random.Random) -> None:
        self.assignment, self.released, self.generator = assignment, released, generator
        cells = assignment.source.exercises
        self.writers = [Writer(cell, task) for cell, task in zip(cells, assignment.tasks, strict=True)]
        self.style = 0
        # Each mistake is made once before one is made again.
        self.mistakes = {writer.cell.name: self._shuffled(writer) for writer in self.writers}
        self.made = dict.fromkeys(self.mistakes, 0)

    def students(self, number: int) -> Iterator[MadeUp]:
        """So many of them, with different names."""
        names = [f"{first}_{last}" for first in FIRST for last in LAST]
        self.generator.shuffle(names)
        attacks = iter([*ATTACKS] * (1 + number // len(ATTACKS)))
        roles = [*HONEST, *["hostile"] * HOSTILE]
        more = max(0, number - len(roles))
        roles += self.generator.choices([*DRAWN], [*DRAWN.values()], k=more)
        for student, role in zip(names, roles[:number], strict=False):
            yield self._hostile(student, next(attacks)) if role == "hostile" else self._honest(student, role)

    def _honest(self, student: str, role: str) -> MadeUp:
        written = {writer.cell.name: self._write(writer, role) for writer in self.writers}
        words = {} if role == "unwritten" else self._words()
        cells = self._filled(written, words)
        expected = {name: one.expected for name, one in written.items()}
        return MadeUp(student, role, self._bytes(cells), expected, self._marked(words))

    def _hostile(self, student: str, name: str) -> MadeUp:
        attack, victim = ATTACKS[name], self.generator.choice(self.writers)
        written = {writer.cell.name: self._write(writer, "right") for writer in self.writers}
        if attack.guarded_body is not None:
            written[victim.cell.name] = victim.says(attack.guarded_body, attack.kind)
        words = self._words()
        cells = self._filled(written, words)
        if attack.cells is not None:
            cells = attack.cells(cells, victim.cell.name)
        data = self._bytes([*_warning(name, attack), *cells])
        if attack.file is not None:
            data = attack.file(data)
        expected = {one: text.expected for one, text in written.items()}
        if attack.loses != "nothing":
            lost = [victim.cell.name] if attack.loses == "exercise" else [*expected]
            expected |= {one: Expected(0.0, attack.kind) for one in lost}
        words = words if attack.loses != "everything" else {}
        return MadeUp(student, name, data, expected, self._marked(words), attack.look)

    def _write(self, writer: Writer, role: str) -> Written:
        if role == "mixed":
            role = self.generator.choices(["right", "mistake", "half", "unwritten"], [6, 3, 1, 1])[0]
        if role == "right":
            self.style += 1
            return writer.right(self.style)
        if role == "mistake":
            known, made = self.mistakes[writer.cell.name], self.made[writer.cell.name]
            self.made[writer.cell.name] += 1
            if made < len(known):
                return writer.mistake(known[made])
            # Some mistakes are made by many.
            return writer.mistake(self.generator.choices(known, [1 / (k + 1) for k in range(len(known))])[0])
        if role == "half":
            return writer.half() if self.generator.random() < 0.5 else writer.only_visible()
        return writer.error() if role == "error" else writer.unwritten()

    def _shuffled(self, writer: Writer) -> list[str]:
        names = sorted(writer.task.exercise.mistakes)
        self.generator.shuffle(names)
        return names

    def _words(self) -> dict[str, str]:
        """Written answers; not everybody answers everything."""
        asked = [*self.assignment.questions]
        return {name: self.generator.choice(WRITTEN) for name in asked if self.generator.random() < 0.8}

    def _marked(self, words: dict[str, str]) -> dict[str, float | None]:
        """What nobody has to read is worth nothing; the rest waits for a person."""
        return {name: None if name in words else 0.0 for name in self.assignment.questions}

    def _filled(self, written: dict[str, Written], words: dict[str, str]) -> Cells:
        cells: Cells = json.loads(json.dumps(self.released["cells"]))
        for cell in cells:
            marks = cell["metadata"].get("nbgrader", {})
            name = marks.get("grade_id", "")
            if marks.get("solution") and name in written and written[name].text is not None:
                cell["source"] = written[name].text
            if marks.get("solution") and name in words:
                cell["source"] = words[name]
        return cells

    def _bytes(self, cells: Cells) -> bytes:
        return (json.dumps({**self.released, "cells": cells}, indent=1, ensure_ascii=False) + "\n").encode()


def _warning(name: str, attack: Attack) -> Cells:
    """In front of a hostile submission: what it is, and what it does first."""
    text = f"{WARNING}\n\n{name}: {attack.what}."
    found: Cells = [{"cell_type": "markdown", "id": "made-up", "metadata": {}, "source": text}]
    if attack.guarded_cell:
        code = {"cell_type": "code", "id": "attack", "metadata": {}, "source": attack.guarded_cell}
        found.append({**code, "execution_count": None, "outputs": []})
    return found


def _as_json(one: MadeUp) -> dict[str, Any]:
    found = {name: asdict(expected) for name, expected in one.exercises.items()}
    return {"role": one.role, "look": one.look, "exercises": found, "questions": one.questions}
