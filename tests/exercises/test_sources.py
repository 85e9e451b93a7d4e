"""A solution that is shown can be pasted into an empty cell, is right there, and holds only what it needs."""

import ast

import pytest

from swin_edu import exercises
from swin_edu.exercises.sources import source_of


@pytest.mark.parametrize("exercise", exercises.list(), ids=lambda exercise: exercise.name)
def test_every_solution_runs_in_an_empty_cell_and_passes_under_the_name_of_the_exercise(exercise):
    text = exercise.solution(sure=True)
    cell = {}
    exec(text, cell)
    assert exercise.examine(cell[exercise.name])
    assert exercise.name == [node.name for node in ast.parse(text).body if hasattr(node, "name")][-1]


@pytest.mark.parametrize("exercise", exercises.list(), ids=lambda exercise: exercise.name)
def test_a_solution_imports_nothing_that_it_does_not_use_and_is_short_enough_to_read(exercise):
    text = exercise.solution(sure=True)
    tree = ast.parse(text)
    imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    bound = {(alias.asname or alias.name).partition(".")[0] for node in imports for alias in node.names}
    assert bound <= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert "one with a twist" not in text
    assert len(text.splitlines()) <= 45
    assert max(map(len, text.splitlines())) <= 110


def test_library_functions_are_imported_and_functions_of_the_exercises_are_shown():
    text = exercises.mend_attention.solution(sure=True)
    assert "from swin_edu.model.windows import window_partition, window_reverse" in text
    assert "def window_partition" not in text
    assert "def _index_of_any_axes(" in exercises.table_from_bias.solution(sure=True)


def test_a_function_that_calls_itself_and_one_of_no_module_have_a_source_too():
    def count(n):
        return n and count(n - 1)

    assert source_of(count).startswith("def count(n):")
    assert source_of(count, "again") == "def again(n):\n    return n and again(n - 1)"
