"""A small real assignment, and a course that released it once."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from swin_edu.classroom.course import Course
from swin_edu.classroom.releasing import Released, release
from swin_edu.classroom.sandbox import NoSandbox, Sandbox, find_sandbox

ROOT = Path(__file__).parents[2]
NAME = "7_tiny"
TEXT = '''# %% [markdown] assignment="Assignment 7: tiny" points=9.5 hours=1
# A small one. You learn to
#
# - tell rows from columns
# - write a mask for
#   one dimension

# %%
import torch

from swin_edu import exercises

# %% [markdown]
# **A.** The mask in one dimension (4.5 points).

# %% exercise="mask_1d" points=4.5
def my_mask(length, M, s):
    """(length / M, M, M) bool."""
    ### BEGIN SOLUTION
    rolled = (torch.arange(length) + s) % length
    band = torch.div(rolled - s, M, rounding_mode="floor").reshape(-1, M)
    return band[:, :, None] == band[:, None, :]
    ### END SOLUTION

# %% [markdown] question="why" points=5
# **B.** Why is there a mask? (5 points)
#
# ### BEGIN MARK SCHEME
# 5 points: strangers from the other edge are in the window.
# ### END MARK SCHEME

# %% tags=["free"]
print("try things here")
'''


def make_course(folder: Path, text: str = TEXT) -> Course:
    """A course with nothing but the small assignment."""
    (folder / "src").mkdir(parents=True)
    (folder / "src" / f"{NAME}.py").write_text(text)
    return Course(folder)


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    """The isolation of this machine; where there is none, a test of it is skipped and says why."""
    try:
        return find_sandbox()
    except NoSandbox as error:
        pytest.skip(f"no isolation here: {error}")


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return make_course(tmp_path / "assignments")


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, Released]:
    """The small assignment, released for real; tests read it and change nothing.

    The environment is not activated then: a new gradebook needs one of its programs, by name.
    """
    course = make_course(tmp_path_factory.mktemp("course") / "assignments")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.defpath)
        return course, release(course, NAME)


@pytest.fixture
def own_copy(released: tuple[Course, Released], tmp_path: Path) -> Course:
    """The released course once more, to be changed."""
    return Course(Path(shutil.copytree(released[0].root, tmp_path / "assignments")))


@pytest.fixture
def changed(course: Course) -> Callable[[str, str], Course]:
    """changed(old, new) -> the course with one place of its text written otherwise."""

    def change(old: str, new: str) -> Course:
        assert TEXT.count(old) >= 1, f"{old!r} is not in the text"
        (course.src / f"{NAME}.py").write_text(TEXT.replace(old, new))
        return course

    return change
