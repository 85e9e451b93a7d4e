"""Where a learning platform wants each student's feedback: the folder that their submission came in.

`collecting` writes it down, `giving_back` packs the pages by it.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from swin_edu.classroom.course import ClassroomError, Course
from swin_edu.classroom.whole_files import write_whole

__all__ = ["places_file", "places_of", "remember_places"]


def places_file(course: Course, name: str) -> Path:
    """The file in which it is kept.

    Args:
        course: that the assignment belongs to.
        name: of the assignment.
    """
    return course.results / f"{name}_places.json"


def places_of(course: Course, name: str) -> dict[str, str]:
    """The platform's folder of each student; none where no platform was used.

    Args:
        course: that the assignment belongs to.
        name: of the assignment.

    Raises:
        ClassroomError: if the file is damaged; says what to do.
    """
    file = places_file(course, name)
    if not file.exists():
        return {}
    try:
        places = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(places, dict) and all(isinstance(place, str) for place in places.values()):
            return places
    except ValueError:
        pass
    raise ClassroomError(
        f"{file} is damaged: it should name a folder for each student. Delete it, and collect the downloads "
        "that you have once more."
    )


def remember_places(course: Course, name: str, places: Mapping[str, str]) -> None:
    """Write down more places; those of other students stay.

    Args:
        course: that the assignment belongs to.
        name: of the assignment.
        places: the folder of each student; empty where the platform has none.

    Raises:
        ClassroomError: if the file that is there is damaged.
    """
    known = {student: folder for student, folder in places.items() if folder}
    if known:
        together = places_of(course, name) | known
        text = json.dumps(together, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        write_whole(places_file(course, name), text)
