"""MergeExplorer under a real mouse and a real keyboard: links, orders, levels, odd grids."""

import pytest
from explorers import PICTURES, ROOT
from playwright.sync_api import Page

from swin_edu.visuals import MergeExplorer

pytestmark = pytest.mark.browser


def state_of(page: Page) -> dict[str, str]:
    return page.locator(ROOT).evaluate("root => ({...root.dataset})")


def sentence(page: Page) -> str:
    return page.locator(".swin-sentence").text_content().replace("\u00a0", " ")


def point_at(page: Page, panel: str, across: float, down: float, *, click: bool = False) -> None:
    """Move to a part of a panel's canvas, and click there where asked."""
    box = page.locator(f"[data-panel={panel}] canvas").bounding_box()
    place = box["x"] + across * box["width"], box["y"] + down * box["height"]
    page.mouse.move(*place)
    if click:
        page.mouse.click(*place)


def cell(page: Page, panel: str, row: int, column: int, cells: int) -> tuple[float, float]:
    """The middle of a token of a square grid, as parts of the canvas."""
    box = page.locator(f"[data-panel={panel}] canvas").bounding_box()
    unit = int((box["width"] - 30) / cells)
    before = 22 + (box["width"] - 30 - unit * cells) / 2
    return (before + (column + 0.5) * unit) / box["width"], (before + (row + 0.5) * unit) / box["height"]


def pictures(page: Page) -> list[str]:
    return page.locator(ROOT).evaluate(PICTURES)


def test_pointing_at_a_token_lights_up_its_numbers_and_its_merged_token(show):
    page = show(MergeExplorer(8, 8, token=(0, 0)))
    before = pictures(page)
    point_at(page, "tokens", *cell(page, "tokens", 5, 2, 8))
    state = state_of(page)
    assert (state["shownToken"], state["token"], state["part"]) == ("2,1", "0,0", "1,,")
    assert sentence(page) == "Token (5, 2) gives numbers 3 to 5 of the 12 (from 0) that become token (2, 1)."
    after = pictures(page)
    assert all(one != other for one, other in zip(before[:3], after[:3], strict=True))
    point_at(page, "tokens", 0.01, 0.01)
    assert state_of(page)["part"] == ""
    assert pictures(page) == before


def test_pointing_at_a_merged_token_shows_its_sources_and_a_click_keeps_it(show):
    page = show(MergeExplorer(8, 8, token=(0, 0)))
    point_at(page, "merged", *cell(page, "merged", 3, 2, 4))
    assert state_of(page)["shownToken"] == "3,2"
    assert "(6, 4), (7, 4), (6, 5), (7, 5), by column" in sentence(page)
    point_at(page, "merged", *cell(page, "merged", 3, 2, 4), click=True)
    page.mouse.move(2, 2)
    assert state_of(page)["token"] == state_of(page)["shownToken"] == "3,2"
    assert page.evaluate("window.model.get('token')") == [3, 2]


def test_pointing_at_numbers_weights_and_outputs_says_what_they_are(show):
    explorer = MergeExplorer(8, 8, token=(1, 2))
    page, facts = show(explorer), explorer.facts
    number, normed = float(facts.gathered[3]), float(facts.normed[3])
    place = (0.01 + 3.5 / 12 * 0.69, 0.17)
    point_at(page, "merge", *place)
    assert sentence(page).startswith(f"Token (3, 4), red: {number:.2f}, at place 3 of 12 (from 0)")
    point_at(page, "merge", place[0], 0.75)
    assert state_of(page)["part"] == "1,0,3"
    assert sentence(page).startswith(
        f"Weight −0.5 of output 3 (red, upper − lower) × {normed:.2f} of token (3, 4)"
    )
    point_at(page, "merge", 0.95, 0.98)
    assert sentence(page).startswith("Output 5 (blue, diagonal) is")


def test_another_order_changes_outputs_and_says_how_many_and_numbers_travel(show):
    page = show(MergeExplorer(8, 8, token=(1, 2)))
    before = pictures(page)
    page.get_by_role("radio", name="row").click()
    assert "2 of 6 outputs are wrong" in sentence(page)
    page.wait_for_function("!document.querySelector('.swin-explorer').dataset.moving")
    assert state_of(page)["order"] == "by row"
    assert pictures(page)[:3] != before[:3]
    page.get_by_role("radio", name="column").click()
    page.wait_for_function("!document.querySelector('.swin-explorer').dataset.moving")
    page.mouse.move(2, 2)
    assert pictures(page) == before


def test_the_pyramid_chooses_the_merging_and_keeps_the_part_of_the_image(show):
    page = show(MergeExplorer(16, 12, token=(5, 4)))
    page.get_by_role("button", name="Show merging 3").click()
    assert (state_of(page)["level"], state_of(page)["token"]) == ("3", "1,1")
    assert "4 × 12 = 48 numbers go in, 24 come out; 4 × 3 tokens become 2 × 2" in sentence(page)
    page.get_by_role("button", name="Show merging 2").press("Enter")
    assert (state_of(page)["level"], state_of(page)["token"]) == ("2", "2,2")
    page.get_by_role("button", name="Reset").click()
    assert (state_of(page)["level"], state_of(page)["token"]) == ("1", "5,4")


def test_an_odd_grid_draws_and_names_its_padding(show):
    page = show(MergeExplorer(8, 8, token=(3, 3)))
    assert "padding" not in sentence(page)
    for name in ("Height", "Width"):
        page.get_by_role("spinbutton", name=name).press("ArrowDown")
    assert state_of(page)["size"] == "7,7"
    assert "3 of the four are padding: zeros, which the norm turns into" in sentence(page)
    assert "7 × 7 tokens become 4 × 4" in sentence(page)
    for _ in range(8):
        page.get_by_role("spinbutton", name="Height").press("ArrowDown")
    assert (state_of(page)["size"], state_of(page)["token"]) == ("1,7", "0,3")


def test_arrow_keys_move_the_token_and_walk_over_numbers_and_outputs(show):
    page = show(MergeExplorer(8, 8, token=(1, 2)))
    tokens, merge = (page.locator(f"[data-panel={name}] canvas") for name in ("tokens", "merge"))
    for key in ("ArrowDown", "ArrowLeft", "ArrowLeft", "ArrowLeft"):
        tokens.press(key)
    assert state_of(page)["token"] == "2,0"
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        merge.press(key)
    assert state_of(page)["part"] == "0,1,0"
    assert sentence(page).startswith("Weight 0.0 of output 0 (red, mean)")
    merge.blur()
    assert state_of(page)["part"] == ""


def test_python_sets_the_state_and_the_picture_follows(show):
    page = show(MergeExplorer(8, 8, token=(1, 2)))
    page.evaluate("window.model.set('order', 'by channel')")
    page.wait_for_function("document.querySelector('.swin-explorer').dataset.order === 'by channel'")
    assert "outputs are wrong" in sentence(page)
