"""The platform's folders: those of every download are kept, and a damaged file is said before any work."""

import pytest

from swin_edu.classroom.course import ClassroomError
from swin_edu.classroom.giving_back import give_back
from swin_edu.classroom.places import places_file, places_of, remember_places

NAME = "7_tiny"


def test_places_of_several_downloads_are_kept_together_and_the_newest_counts(course):
    assert places_of(course, NAME) == {}
    remember_places(course, NAME, {"Ada": "Ada Müller_17_assignsubmission", "Bo": ""})
    remember_places(course, NAME, {"Cem": "Cem_18", "Ada": "Ada Müller_19"})
    assert places_of(course, NAME) == {"Ada": "Ada Müller_19", "Cem": "Cem_18"}


def test_without_a_platform_no_file_is_made(course):
    remember_places(course, NAME, {"Ada": ""})
    assert not places_file(course, NAME).exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"Ada": 3}', b"\xff"])
def test_a_damaged_file_is_said_with_what_to_do(course, text):
    file = places_file(course, NAME)
    file.parent.mkdir(parents=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ClassroomError, match=r"7_tiny_places.json is damaged.*Delete it, and collect"):
        places_of(course, NAME)
    with pytest.raises(ClassroomError, match="damaged"):
        remember_places(course, NAME, {"Ada": "Ada_1"})


def test_feedback_says_a_damaged_file_before_it_makes_any_page(course, monkeypatch):
    page = course.autograded / "ada" / NAME / f"{NAME}.ipynb"
    page.parent.mkdir(parents=True)
    page.touch()
    file = places_file(course, NAME)
    file.parent.mkdir(parents=True)
    file.write_text("{")
    with pytest.raises(ClassroomError, match="damaged"):
        give_back(course, NAME)
    assert not course.feedback.exists()
