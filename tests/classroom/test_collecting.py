"""What platforms give is read, whose is whose is told, and nothing that was handed in is ever lost."""

import io
import json
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from swin_edu.classroom import downloads
from swin_edu.classroom.collecting import collect
from swin_edu.classroom.course import Course
from swin_edu.classroom.places import places_file
from swin_edu.classroom.student_names import owner_of, student_id

from .conftest import NAME, make_course

OTHER = "8_other"
TIMES = [datetime(2026, 3, day, 12, 0, 0) for day in (1, 2, 3)]


def notebook(text="mine", ids=("mask_1d", "why")):
    cells = [
        {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": name}}, "source": text, "outputs": []}
        for name in ids
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def packed(files):
    """A zip with these files, all changed at the first of the times."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, TIMES[0].timetuple()[:6]), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


@pytest.fixture
def course(tmp_path):
    course = make_course(tmp_path / "assignments")
    other = (course.src / f"{NAME}.py").read_text().replace("why", "wherefore").replace("mask_1d", "mask_any")
    (course.src / f"{OTHER}.py").write_text(other)
    return course


@pytest.fixture
def lay(tmp_path):
    """lay({path: bytes}, time) -> a folder with these files."""

    def lay(files, when=TIMES[0]):
        folder = tmp_path / "downloaded"
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            seconds = when.replace(tzinfo=UTC).timestamp()
            os.utime(path, (seconds, seconds))
        return folder

    return lay


def handed_in(course: Course) -> dict[str, bytes]:
    files = course.submitted.glob(f"*/{NAME}/{NAME}.ipynb")
    return {path.parent.parent.name: path.read_bytes() for path in files}


def earlier(course: Course) -> list[bytes]:
    return [path.read_bytes() for path in sorted(course.earlier.rglob("*.ipynb"))]


LAYOUTS = {
    "nbgrader": (f"ada/{NAME}/{NAME}.ipynb", f"bo/{NAME}/{NAME}.ipynb"),
    "nbgrader in a folder": (f"submitted/ada/{NAME}/{NAME}.ipynb", f"submitted/bo/{NAME}/{NAME}.ipynb"),
    "a folder each": ("ada/anything.ipynb", "bo/else.ipynb"),
    "files": ("ada.ipynb", "bo.ipynb"),
    "files with the assignment's name": (f"{NAME}_ada.ipynb", f"bo-{NAME}.ipynb"),
    "a folder around": (f"x/ada/{NAME}.ipynb", f"x/bo/{NAME}.ipynb"),
    "moodle": (
        f"ada_17_assignsubmission_file_/{NAME}.ipynb",
        "bo_18_assignsubmission_file/deeper/in/it.ipynb",
    ),
    "moodle without folders": (
        f"ada_17_assignsubmission_file_{NAME}.ipynb",
        "bo_18_assignsubmission_file_x.ipynb",
    ),
}


@pytest.mark.parametrize(
    ("paths", "zipped"),
    [
        pytest.param(paths, zipped, id=f"{name}, {how}")
        for name, paths in LAYOUTS.items()
        for how, zipped in {"folder": False, "zip": True, "zip in a folder": "inside"}.items()
        # A zip of files with any names could as well be one student's; see the next test.
        if (name, zipped) != ("files", "inside")
    ],
)
def test_each_layout_is_known_as_a_folder_and_as_a_zip(course, lay, tmp_path, paths, zipped):
    files = {path: notebook(path) for path in paths}
    if zipped:
        downloaded = tmp_path / "downloaded.zip"
        downloaded.write_bytes(packed(files))
        if zipped == "inside":
            downloaded = lay({"export-2026.zip": downloaded.read_bytes()})
    else:
        downloaded = lay(files)
    collection = collect(course, NAME, downloaded)
    assert collection.troubles == []
    assert handed_in(course) == {"ada": notebook(paths[0]), "bo": notebook(paths[1])}
    assert (course.submitted / "ada" / NAME / "timestamp.txt").read_text() == "2026-03-01 12:00:00 UTC"


def test_files_of_which_nobody_can_say_whose_they_are_are_all_kept_and_named(course, lay):
    files = {"ada.ipynb": notebook("a"), "bo.ipynb": notebook("b")}
    collection = collect(course, NAME, lay({"export.zip": packed(files)}))
    assert "export: 2 notebooks of 7_tiny; the last one counts" in str(collection.troubles[0])
    assert {*handed_in(course).values(), *earlier(course)} == set(files.values())


def test_a_zip_of_each_student_is_opened(course, lay):
    downloaded = lay(
        {
            "ada.zip": packed({f"{NAME}/{NAME}.ipynb": notebook("a"), "__MACOSX/x.ipynb": b"junk"}),
            "bo_18_assignsubmission_file_/work.zip": packed({"my/work.ipynb": notebook("b")}),
        }
    )
    assert collect(course, NAME, downloaded).troubles == []
    assert handed_in(course) == {"ada": notebook("a"), "bo": notebook("b")}


def test_canvas_names_give_an_id_that_stays_and_the_attempt_that_counts(course, lay):
    downloaded = lay(
        {
            f"lovelaceada_99_1234_{NAME}.ipynb": notebook("first"),
            f"lovelaceada_99_1301_{NAME}-1.ipynb": notebook("second"),
            f"lovelaceada_LATE_99_1250_{NAME}-2.ipynb": notebook("third"),
        }
    )
    collect(course, NAME, downloaded)
    assert handed_in(course) == {"lovelaceada_99": notebook("third")}
    assert sorted(earlier(course)) == sorted([notebook("first"), notebook("second")])


def test_a_pattern_tells_whose_it_is_on_an_unknown_platform(course, lay):
    downloaded = lay({"sub-001-by-ada/x.ipynb": notebook("a"), "sub-002-by-bo/x.ipynb": notebook("b")})
    collect(course, NAME, downloaded, r"by-(?P<student_id>\w+)/")
    assert handed_in(course) == {"ada": notebook("a"), "bo": notebook("b")}


def test_two_people_of_one_name_stay_two(course, lay):
    files = {f"Jo Li_{number}_assignsubmission_file_/x.ipynb": notebook(str(number)) for number in (5, 6)}
    collect(course, NAME, lay(files))
    assert handed_in(course) == {"Jo_Li_5": notebook("5"), "Jo_Li_6": notebook("6")}


@pytest.mark.parametrize("first", [(5,), (5, 6)])
def test_people_of_one_name_in_two_downloads_never_take_each_other_s_place(course, lay, tmp_path, first):
    def late(number, text):
        folder = tmp_path / f"late {number} {text}"
        path = folder / f"Jo Li_{number}_assignsubmission_file_" / "x.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(notebook(text))
        return folder

    collect(
        course,
        NAME,
        lay({f"Jo Li_{number}_assignsubmission_file_/x.ipynb": notebook(str(number)) for number in first}),
    )
    collect(course, NAME, late(6, "6"))
    collect(course, NAME, late(5, "5 again"))
    five = "Jo_Li" if first == (5,) else "Jo_Li_5"
    assert handed_in(course) == {five: notebook("5 again"), "Jo_Li_6": notebook("6")}
    places = json.loads(places_file(course, NAME).read_text(encoding="utf-8"))
    assert {student: place.split("_")[1] for student, place in places.items()} == {five: "5", "Jo_Li_6": "6"}


def test_a_later_one_takes_the_place_and_the_earlier_one_is_kept(course, lay):
    path = f"ada/{NAME}/{NAME}.ipynb"
    states = []
    for text, when in (("one", TIMES[0]), ("two", TIMES[2]), ("two", TIMES[2]), ("between", TIMES[1])):
        (one,) = collect(course, NAME, lay({path: notebook(text)}, when)).collected
        states.append(one.state)
    assert states == ["new", "newer", "unchanged", "older"]
    assert handed_in(course) == {"ada": notebook("two")}
    assert earlier(course) == [notebook("one"), notebook("between")]


def test_of_several_notebooks_the_latest_of_this_assignment_counts_and_none_is_lost(course, lay):
    lay({"ada/old.ipynb": notebook("old")}, TIMES[0])
    lay({"ada/new.ipynb": notebook("new")}, TIMES[1])
    downloaded = lay({"ada/lesson.ipynb": notebook("a lesson", ids=())}, TIMES[2])
    (trouble,) = collect(course, NAME, downloaded).troubles
    assert (
        str(trouble) == f"ada: 2 notebooks of {NAME}; the last one counts, the others are kept: ada/new.ipynb"
    )
    assert handed_in(course) == {"ada": notebook("new")}
    assert sorted(earlier(course)) == sorted([notebook("old"), notebook("a lesson", ids=())])


def cut(data):
    return data[: len(data) // 2]


TROUBLES = {
    "broken zip": ({"cy.zip": cut(packed({"x.ipynb": notebook()}))}, "cy.zip: is a broken zip"),
    "damaged in a zip": (
        {"cy.zip": packed({"x.ipynb": notebook() * 50}).replace(b"x\x9c", b"xx")[:60] + b"?" * 40},
        "cy.zip: is a broken zip",
    ),
    "no notebook": ({"cy/report.pdf": b"%PDF"}, "cy: no notebook, but report.pdf"),
    "another assignment": (
        {"cy/x.ipynb": notebook(ids=("mask_any", "wherefore"))},
        f"cy/x.ipynb: is {OTHER}, not {NAME}; it was left out",
    ),
    "nobody's": ({f"{NAME}.ipynb": notebook()}, f"{NAME}.ipynb: nothing in its name says whose it is"),
    "too deep": (
        {"cy.zip": packed({"a.zip": packed({"b.zip": packed({"x.ipynb": notebook()})})})},
        "cy.zip/a.zip/b.zip: is a zip in a zip in a zip",
    ),
}


@pytest.mark.parametrize(("files", "words"), TROUBLES.values(), ids=TROUBLES)
def test_what_cannot_be_taken_is_named_and_stops_nobody(course, lay, files, words):
    collection = collect(course, NAME, lay({"ada/a.ipynb": notebook("a"), **files}))
    assert [str(one) for one in collection.troubles if str(one).startswith(words)], collection.troubles
    assert handed_in(course) == {"ada": notebook("a")}


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"cells": 3}', b'{"cells": [1]}']
)
def test_a_broken_notebook_is_taken_as_it_is_but_never_in_place_of_a_good_one(course, lay, data):
    collection = collect(course, NAME, lay({"ada/a.ipynb": data, "bo/b.ipynb": notebook("b")}))
    assert [str(one) for one in collection.troubles] == [
        "ada/a.ipynb: is no notebook (broken, or another format); it was taken as it is"
    ]
    assert handed_in(course) == {"ada": data, "bo": notebook("b")}
    again = lay({"ada/a.ipynb": notebook("mended"), "bo/b.ipynb": data}, TIMES[1])
    collection = collect(course, NAME, again)
    assert "the one from before is kept" in str(collection.troubles[0])
    assert handed_in(course) == {"ada": notebook("mended"), "bo": notebook("b")}
    assert earlier(course) == [data, data]


def test_a_notebook_without_the_assignment_s_cells_is_taken_and_named(course, lay):
    collection = collect(course, NAME, lay({"ada/a.ipynb": notebook(ids=())}))
    assert f"has no cell of {NAME} in it" in str(collection.troubles[0])
    assert len(handed_in(course)) == 1


def test_what_is_too_large_is_not_read_whatever_the_zip_says_of_it(course, lay, monkeypatch):
    monkeypatch.setattr(downloads, "LIMIT", 1000)
    bomb = packed({"x.ipynb": b" " * 100_000})
    assert len(bomb) < 1000
    collection = collect(
        course, NAME, lay({"cy.zip": bomb, "di.ipynb": b" " * 2000, "ada.ipynb": notebook("a")})
    )
    assert [str(one).split(" (")[0] for one in collection.troubles] == [
        "cy.zip/x.ipynb: is too large",
        "di.ipynb: is too large",
    ]
    assert list(handed_in(course)) == ["ada"]


def test_names_in_a_zip_write_nothing_outside(course, lay, tmp_path):
    names = ["../../../evil.ipynb", "/etc/evil.ipynb", "C:\\evil.ipynb", "..", "ada/../../x.ipynb"]
    collect(course, NAME, lay({"cy.zip": packed({name: notebook(name) for name in names})}))
    inside = {course.submitted, course.earlier}
    new = [path for path in tmp_path.rglob("*.ipynb") if "downloaded" not in path.parts]
    assert new
    assert all(any(path.is_relative_to(folder) for folder in inside) for path in new)


def test_a_link_is_not_followed(course, lay, tmp_path):
    secret = tmp_path / "secret.ipynb"
    secret.write_bytes(notebook("the teacher's"))
    downloaded = lay({"ada/a.ipynb": notebook("a")})
    try:
        (downloaded / "bo.ipynb").symlink_to(secret)
    except OSError:
        pytest.skip("links cannot be made here")
    collection = collect(course, NAME, downloaded)
    assert [str(one) for one in collection.troubles] == [
        "bo.ipynb: is a link, not a file; it was not followed"
    ]
    assert list(handed_in(course)) == ["ada"]


@pytest.mark.parametrize("name", ["..", "/", "  ", "...", "-"])
def test_a_name_of_nothing_is_nobody(name):
    assert student_id(name) == ""
    assert owner_of((name, "x.ipynb"), NAME) is None


def test_moodle_s_folders_are_remembered_for_the_feedback(course, lay):
    collect(course, NAME, lay({"José Ñ_17_assignsubmission_file_/x.ipynb": notebook()}))
    collect(course, NAME, lay({"bo/x.ipynb": notebook()}))
    kept = json.loads(places_file(course, NAME).read_text(encoding="utf-8"))
    assert kept == {"José_Ñ": "José Ñ_17_assignsubmission_file_"}


def test_what_is_not_there_raises(course):
    with pytest.raises(FileNotFoundError):
        collect(course, NAME, Path("no such folder"))
