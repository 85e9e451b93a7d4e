"""The assignments' texts: every exercise has a place, solutions get all points, unsolved ones run, too."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from swin_edu import exercises
from swin_edu.classroom.definitions import run_definitions
from swin_edu.classroom.release_checks import check_source
from swin_edu.classroom.sources import Source, read_source

ROOT = Path(__file__).parents[2]
SOURCES = [read_source(path) for path in sorted((ROOT / "assignments" / "src").glob("[0-9]_*.py"))]
EACH = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
BLOCK = re.compile(r"^( *)### BEGIN SOLUTION\n(.*?)^ *### END SOLUTION\n?", re.MULTILINE | re.DOTALL)
# Two seeds and one epoch on few images take a second, and go through the same lines.
QUICKLY = {
    "TRAIN = False": "TRAIN = True",
    "SEEDS, EPOCHS = (0, 1, 2, 3), 10": "SEEDS, EPOCHS = (0, 1), 1",
    "make_stairs(1000, seed=0)": "make_stairs(60, seed=0)",
    "measured = {}": "measured = counts",
}


@pytest.fixture(autouse=True)
def _torch_as_it_was() -> Iterator[None]:
    """The cells switch gradients off and set seeds, as a notebook may."""
    threads = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        torch.set_num_threads(1)
        yield
    torch.set_grad_enabled(True)
    torch.set_num_threads(threads)


def run(source: Source, changes: dict[str, str] | None = None, answer: str | None = None) -> dict[str, Any]:
    """Run all code cells in one go, the way a notebook does; returns what is defined at the end.

    Where `answer` is given, it stands in the place of every solution.
    """
    names: dict[str, Any] = {"__name__": source.name}
    for cell in source.cells:
        if cell.markdown:
            continue
        text = cell.text if answer is None else BLOCK.sub(rf"\1{answer}\n", cell.text)
        for old, new in (changes or {}).items():
            text = text.replace(old, new)
        exec(compile(text, f"{source.name}, line {cell.line}", "exec"), names)
    return names


@pytest.mark.parametrize("source", [one for one in SOURCES if one.exercises], ids=lambda source: source.name)
def test_hours_follow_from_the_exercises_minutes_twenty_for_a_question_and_half_an_hour_to_read(source):
    minutes = {exercise.name: exercise.minutes for exercise in exercises.list()}
    questions = [cell for cell in source.cells if "question" in cell.directives]
    needed = sum(minutes[cell.name] for cell in source.exercises) + 20 * len(questions) + 30
    hours = next(cell.directives["hours"] for cell in source.cells if "hours" in cell.directives)
    # Up to an hour of waiting for an experiment may come on top.
    assert -0.25 <= hours - needed / 60 < 2, f"{needed} minutes"


def test_every_exercise_is_set_in_a_lesson_or_in_an_assignment():
    lessons = "\n".join(path.read_text() for path in (ROOT / "notebooks" / "src").glob("*.py"))
    in_lessons = set(re.findall(r"exercises\.(\w+)\.check", lessons))
    in_assignments = {cell.name for source in SOURCES for cell in source.exercises}
    assert {exercise.name for exercise in exercises.list()} == in_lessons | in_assignments


def test_no_exercise_is_set_in_two_assignments():
    names = [cell.name for source in SOURCES for cell in source.exercises]
    assert len(names) == len(set(names))


def test_there_are_five_assignments_and_a_project():
    assert [source.name for source in SOURCES] == [
        "1_patches_and_windows",
        "2_shifted_windows",
        "3_relative_position_bias",
        "4_block_merging_network",
        "5_training_and_ablation",
        "6_project",
    ]
    assert [source.points for source in SOURCES[:-1]] == pytest.approx([25] * 5, abs=5)
    assert all(2 <= source.hours <= 6 for source in SOURCES[:-1])
    assert SOURCES[-1].points == 50


@EACH
def test_nothing_has_to_be_mended(source):
    assert check_source(source) == []
    assert 3 <= len(source.goals) <= 5


@EACH
def test_an_assignment_is_more_than_the_tasks_of_the_lessons(source):
    lessons = "\n".join(path.read_text() for path in (ROOT / "notebooks" / "src").glob("*.py"))
    own = [cell for cell in source.exercises if f"exercises.{cell.name}.check" not in lessons]
    # Where most points are for a report, the experiment is what is more.
    points = [float(cell.points or 0) for cell in (*source.exercises, *source.questions)]
    report = sum(points[len(source.exercises) :]) > sum(points) / 2
    assert len(own) >= 1 or report
    assert source.questions


@EACH
def test_marking_notes_say_how_many_points_each_part_has(source):
    for cell in source.questions:
        assert re.search(r"\bpoints?\b|By the table|\| full \|", cell.marking), cell.name
        assert len(cell.marking.split()) >= 40, cell.name


@EACH
def test_the_hint_in_the_rules_is_one_of_the_assignments_own(source):
    text = "\n".join(cell.text for cell in source.cells if cell.markdown)
    for name in re.findall(r"exercises\.(\w+)\.hint\(\)", text):
        assert name in {cell.name for cell in source.exercises}


@EACH
def test_with_its_solutions_it_runs_to_the_end_and_gets_all_points(source, capsys):
    names = run(source)
    for cell in source.exercises:
        exercise = getattr(exercises, cell.name)
        assert exercise.grade(names[cell.function], points=cell.points, seed=5) == cell.points, cell.name
    assert "not written yet" not in capsys.readouterr().out


@EACH
def test_unsolved_it_runs_to_the_end_and_gets_no_points(source, capsys):
    names = run(source, answer="...")
    for cell in source.exercises:
        assert getattr(exercises, cell.name).grade(names[cell.function], points=cell.points) == 0
    assert capsys.readouterr().out.count("Take your time") == len(source.exercises)


@EACH
@pytest.mark.parametrize("answer", ["return 5", "raise IndexError"])
def test_a_wrong_answer_does_not_keep_the_cells_below_from_running(source, answer):
    measured = {"measured = {}": "measured = {'full': [500, 499], 'no shift': [120, 130]}"}
    run(source, measured if source.name.startswith("5") else {}, answer=answer)


def test_the_experiment_finds_what_was_trained(capsys):
    names = run(SOURCES[4], QUICKLY)
    assert {name: len(counts) for name, counts in names["measured"].items()} == {
        "full": 2,
        "no shift": 2,
        "no bias": 2,
    }
    assert "full against no shift" in capsys.readouterr().out


def test_the_bench_of_the_project_trains_a_changed_network():
    names = run_definitions(SOURCES[5])
    data = names["make_shapes"](40), names["make_shapes"](20, "test")
    small = {"embed_dim": 16, "depths": (1, 1), "num_heads": (1, 1)}
    for change in ("nothing", "with_mean_merging"):
        right, seconds = names["train"](names[change], 0, data, 1, **small)
        assert 0 <= right <= 20
        assert seconds > 0


@pytest.mark.parametrize("moved", [0, 4])
def test_the_colours_of_the_stairs_alone_do_not_tell_the_class(moved):
    make_stairs = run_definitions(SOURCES[4])["make_stairs"]
    stairs = make_stairs(400, 0, moved)
    images = stairs.images.float()
    means = torch.stack([images[stairs.labels == way].mean(dim=(0, 2, 3)) for way in range(4)])
    assert (means.amax(dim=0) - means.amin(dim=0)).max() < 5
