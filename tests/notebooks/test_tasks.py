"""The tasks of every lesson are exercises of its chapter, run unsolved, and ask for the right function."""

import inspect
import re
from pathlib import Path

import pytest
from nbformat import NotebookNode

from swin_edu import exercises

CHECK = re.compile(r"^exercises\.(\w+)\.check\((\w+)\)$", re.MULTILINE)


def tasks(notebook: NotebookNode) -> list[tuple[NotebookNode, str, str]]:
    """(cell, exercise's name, function's name) of each check in a notebook."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [(cell, *found) for cell in cells for found in CHECK.findall(cell.source)]


def test_a_lesson_sets_exercises_of_its_chapter_in_order(notebook: NotebookNode, source: Path) -> None:
    """The others of its chapter are set in the assignments."""
    there = [name for _, name, _ in tasks(notebook)]
    assert there == [e.name for e in exercises.list() if e.chapter == source.name[:2] and e.name in there]
    assert len(there) >= 3 or source.name.startswith("00")


def test_an_unsolved_task_says_kindly_that_it_is_not_written(notebook: NotebookNode) -> None:
    for cell, name, _ in tasks(notebook):
        text = "".join(output.get("text", "") for output in cell.outputs)
        assert text.endswith(f"{name}: not written yet (or is there no return?). Take your time.\n")


def test_a_stub_takes_what_the_exercise_gives(notebook: NotebookNode) -> None:
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    for _, name, function in tasks(notebook):
        (stub,) = re.findall(rf"^def {function}\(.*?^    \.\.\.$", code, re.MULTILINE | re.DOTALL)
        names: dict = {}
        exec(re.sub(r"^import.*", "", stub), names)
        for arguments in getattr(exercises, name).cases():
            inspect.signature(names[function]).bind(*arguments)
        assert names[function].__doc__, f"{function} says what it is to return"


def test_each_task_says_its_difficulty_and_minutes(notebook: NotebookNode) -> None:
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for _, name, _ in tasks(notebook):
        exercise = getattr(exercises, name)
        words = {"easy": "easy", "medium": "medium", "hard": "hard(?:er)?"}[exercise.difficulty]
        assert re.search(rf"\({words}, {exercise.minutes} minutes\)", text), name


@pytest.mark.parametrize("line", ["exercises.mask_1d.check(mine)", "x = 1\nexercises.mask_1d.check(f)\n"])
def test_a_check_is_found_wherever_it_stands(line: str) -> None:
    assert CHECK.search(line)[1] == "mask_1d"
