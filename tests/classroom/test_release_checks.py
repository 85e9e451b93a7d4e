"""Each rule of a release is broken once, and the check says what is wrong, and on which line."""

import re

import pytest

from swin_edu import exercises
from swin_edu.classroom.course import Course
from swin_edu.classroom.release_checks import check_solutions, check_source
from swin_edu.classroom.releasing import inspect_source

from .conftest import NAME, ROOT, TEXT

EXERCISE = '# %% exercise="mask_1d" points=4.5'
QUESTION = '# %% [markdown] question="why" points=5'
HEADER = '# %% [markdown] assignment="Assignment 7: tiny" points=9.5 hours=1'
OPENING = "assignment="  # how the header's line is found after a change
NOTES = TEXT[TEXT.index("# ### BEGIN MARK") : TEXT.index("# %% tags")]
SOLUTION = TEXT[TEXT.index("    rolled") : TEXT.index("    ### END SOLUTION")]
SECOND = (
    f"{EXERCISE}\ndef again(length, M, s):\n    ### BEGIN SOLUTION\n    return 0\n    ### END SOLUTION\n\n"
)
FREE = '# %% tags=["free"]'


def block(name: str) -> str:
    """A block by hand in the free cell."""
    return f"{FREE}\n### BEGIN {name}\nx = 1\n### END {name}\n"


# What is broken: the old text, the new one, what is said, and a part of the line on which it is said.
BROKEN = {
    "no header": (HEADER, "# %% [markdown]", "no header", ""),
    "header not first": (HEADER, f"# %%\nx = 1\n\n{HEADER}", "has to be the first cell", OPENING),
    "second header": (FREE, f"{HEADER}\n\n{FREE}", "a second header", OPENING),
    "no total": (" points=9.5 hours", " hours", "states no total", OPENING),
    "no hours": (" hours=1", "", "states no hours", OPENING),
    "no goals": (TEXT[TEXT.index("# - tell") : TEXT.index("\n# %%\n")], "", "no learning goals", OPENING),
    "wrong total": ("points=9.5", "points=10", "says 10 points, but the cells add up to 9.5", OPENING),
    "duplicate id": (QUESTION, SECOND + QUESTION, "the id 'mask_1d' is there twice", EXERCISE),
    "name of a made cell": ('question="why"', 'question="mask_1d_points"', "is there twice", "question="),
    "name with a space": (
        'question="why"',
        'question="why a mask"',
        "should be of small letters",
        "question=",
    ),
    "unknown exercise": ('"mask_1d"', '"mask_2d"', "no exercise is called 'mask_2d'", "mask_2d"),
    "misspelled": ("exercise=", "excercise=", "unknown directive 'excercise'", "excercise"),
    "no points": (EXERCISE, '# %% exercise="mask_1d"', "no points: add points=", "exercise="),
    "question without points": (QUESTION, '# %% [markdown] question="why"', "no points", "question="),
    "odd points": (EXERCISE, '# %% exercise="mask_1d" points=4.3', "steps of a half", "exercise="),
    "points said otherwise": ("(4.5 points)", "(5 points)", "not say that it is worth 4.5", EXERCISE),
    "points not said": ("(5 points)", "", "its text does not say that it is worth 5 points", QUESTION),
    "no marking notes": (NOTES, "#\n", "no notes for whoever marks it", QUESTION),
    "open solution": ("### BEGIN SOLUTION", "#", "each `### BEGIN SOLUTION` needs", EXERCISE),
    "empty solution": (SOLUTION, "", "no solution", EXERCISE),
    "solution elsewhere": (FREE, block("SOLUTION"), "does not belong here", FREE),
    "hidden tests by hand": (FREE, block("HIDDEN TESTS"), "HIDDEN TESTS does not belong here", FREE),
    "too few arguments": ("(length, M, s)", "(length, M)", "gets 3 arguments: length, M, s", EXERCISE),
    "another order": ("(length, M, s)", "(length, s, M)", "come in the order length, M, s", EXERCISE),
    "no function": ("def my_mask(length, M, s):", "if True:", "no function is defined", EXERCISE),
    "exercise in a text": ("%% exercise", "%% [markdown] exercise", "an exercise a code cell", "exercise="),
    "question in a code cell": ("[markdown] question", "question", "is a text cell", "question="),
    "exercise and question": (EXERCISE, f'{EXERCISE} question="x"', "not both", EXERCISE),
    "points on a text": (
        "# %% [markdown]\n",
        "# %% [markdown] points=3\n",
        "neither exercise= nor",
        "points=3",
    ),
}


def test_the_small_assignment_has_nothing_to_mend(course):
    assert inspect_source(course, NAME) == []


@pytest.mark.parametrize(("old", "new", "words", "line"), BROKEN.values(), ids=BROKEN)
def test_a_broken_rule_is_said_with_its_place(changed, old, new, words, line):
    course = changed(old, new)
    findings = check_source(course.read(NAME))
    found = [str(finding) for finding in findings if words in finding.words]
    assert found, findings
    if line:
        text = (course.src / f"{NAME}.py").read_text().split("\n")
        places = [number for number, one in enumerate(text, 1) if line in one and one.startswith("# %%")]
        assert any(re.match(rf"7_tiny\.py, line {place}\b", one) for place in places for one in found), found


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("% length", "", "its solution is wrong: case 1 of 3"),
        ("torch.div(rolled", "torch.dvi(rolled", "raised AttributeError"),
        ("import torch\n", "", "raised NameError"),
        ("def my_mask(", "@nonsense\ndef my_mask(", "cannot be run: NameError"),
    ],
)
def test_a_solution_that_is_not_right_is_found(changed, old, new, words):
    (finding,) = check_solutions(changed(old, new).read(NAME))
    assert words in finding.words


def test_a_solution_that_knows_only_the_visible_cases_is_found(changed):
    visible = repr(exercises.mask_1d.cases())
    by_heart = f"if (length, M, s) not in {visible}:\n        return None\n    rolled ="
    (finding,) = check_solutions(changed("rolled =", by_heart).read(NAME))
    assert finding.words == "its solution is wrong in a hidden case"


def test_other_cells_are_not_run_when_solutions_are(changed, capsys):
    course = changed('print("try things here")', "raise SystemExit('a training that takes hours')")
    assert check_solutions(course.read(NAME)) == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", Course(ROOT / "assignments").names())
def test_every_assignment_of_the_course_may_be_released(name):
    findings = inspect_source(Course(ROOT / "assignments"), name)
    assert findings == [], "\n".join(map(str, findings))
