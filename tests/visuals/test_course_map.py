"""The map links to the chapters that are written and to no others."""

import re
from pathlib import Path

from swin_edu.visuals.course_map import CHAPTERS, Chapter, CourseMap

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def test_a_chapter_has_minutes_and_a_link_exactly_when_its_notebook_is_there() -> None:
    links = re.findall(r'href="([^"]+)"', CourseMap()._repr_html_())
    there = sorted(path.name for path in NOTEBOOKS.glob("[0-9][0-9]_*.ipynb") if path.name[:2] != "00")
    assert links == there
    assert [f"{chapter.name}.ipynb" for chapter in CHAPTERS if chapter.minutes] == there


def test_every_chapter_is_on_the_map_once_in_order() -> None:
    page = CourseMap()._repr_html_()
    assert re.findall(r"<b>(\d\d) ", page) == [chapter.number for chapter in CHAPTERS]
    assert [chapter.number for chapter in CHAPTERS] == sorted({chapter.number for chapter in CHAPTERS})


def test_what_a_chapter_needs_comes_before_it() -> None:
    for chapter in CHAPTERS:
        for needed in re.findall(r"\d\d", chapter.needs):
            assert needed < chapter.number


def test_the_map_has_no_colour_that_only_suits_one_theme() -> None:
    page = CourseMap()._repr_html_()
    assert not re.search(r"(?<![-\w])color:|background-color:(?!rgba)", page)


def test_a_viewer_that_drops_styles_still_gets_a_list_under_each_part() -> None:
    chapter = Chapter("01_patches", "Patches", "The block", "tokens", "PyTorch", 30)
    plain = re.sub(r' style="[^"]*"', "", CourseMap((chapter,))._repr_html_())
    assert plain == (
        "<b>The block</b>\n<ul>\n"
        '<li><a href="01_patches.ipynb"><b>01 Patches</b></a><br>tokens<br>'
        "<small>30 minutes, needs PyTorch</small></li>\n</ul>"
    )


def test_the_map_counts_what_is_done_and_is_silent_where_nothing_is() -> None:
    there = {chapter.number: (0, 3) for chapter in CHAPTERS}
    for plain in (CourseMap(done=there), CourseMap(done={})):
        assert plain._repr_html_() == CourseMap()._repr_html_()
        assert repr(plain) == repr(CourseMap())
    some = CourseMap(done={**there, "03": (2, 5), "05": (3, 3)})
    tiles = {re.search(r"<b>(\d\d) ", tile)[1]: tile for tile in some._repr_html_().split("<li")[1:]}
    assert {number for number, tile in tiles.items() if "done" in tile} == {"03", "05"}
    assert "✓ 2 of 5 exercises done" in tiles["03"]
    assert "✓ 3 of 3 exercises done" in tiles["05"]
    assert repr(some).count("exercises done") == 2
    assert not re.search(r"(?<![-\w])color:|background-color:(?!rgba)", some._repr_html_())
