"""WindowExplorer under a real mouse and a real keyboard, without a kernel: steps, pointing, controls."""

import pytest
from explorers import PICTURES, ROOT
from playwright.sync_api import Page

from swin_edu.visuals import WindowExplorer, WindowFacts

pytestmark = pytest.mark.browser


def state_of(page: Page) -> dict[str, str]:
    return page.locator(ROOT).evaluate("root => ({...root.dataset})")


def until(page: Page, **expected: str) -> None:
    page.wait_for_function(
        "expected => { const said = document.querySelector('.swin-explorer').dataset;"
        " return !said.moving && Object.entries(expected).every(([name, value]) => said[name] === value); }",
        arg=expected,
        timeout=10_000,
    )


def sentence(page: Page) -> str:
    return page.locator(".swin-sentence").text_content()


def card(page: Page, stop: str) -> list[str]:
    return page.locator(f"[data-stop={stop}] code").all_text_contents()


# A point of a canvas where the token with this number is; found by events that are answered at once.
FIND = """(canvas, number) => {
  const box = canvas.getBoundingClientRect();
  const root = canvas.closest(".swin-explorer");
  for (let down = 1; down < 60; down++) {
    for (let across = 1; across < 60; across++) {
      const [x, y] = [box.left + (across / 60) * box.width, box.top + (down / 60) * box.height];
      canvas.dispatchEvent(new PointerEvent("pointermove", { clientX: x, clientY: y }));
      if (root.dataset.shownToken === String(number)) {
        canvas.dispatchEvent(new PointerEvent("pointerleave"));
        return [x + 3, y + 3]; // clicks come in whole pixels, so not at the very edge
      }
    }
  }
  return null;
}"""


def point(page: Page, panel: str, number: int) -> tuple[float, float]:
    """Move the pointer to the token with this number."""
    found = page.locator(f"[data-panel={panel}] canvas").evaluate(FIND, number)
    assert found, f"token {number} is nowhere in {panel}"
    page.mouse.move(*found)
    until(page, shownToken=str(number))
    return found


def test_the_cards_show_shape_index_and_place_of_the_token_at_every_step(show):
    explorer = WindowExplorer(8, 12, 4, token=(0, 2, 5))
    page = show(explorer)
    assert card(page, "grid") == ["(B, H, W, C)", "(1, 8, 12, C)", "[0, 2, 5]", "place 29"]
    assert card(page, "permute") == [
        "(B, nh, nw, Mh, Mw, C)", "(1, 2, 3, 4, 4, C)", "[0, 0, 1, 2, 1]", "place 29",
    ]  # fmt: skip
    assert card(page, "flatten") == ["(B*nW, Mh, Mw, C)", "(6, 4, 4, C)", "[1, 2, 1]", "place 25"]
    assert sentence(page) == explorer.facts.sentence()


def test_a_card_is_a_step_and_the_tokens_travel_there(show):
    page = show(WindowExplorer())
    for stop, progress in (("flatten", 1), ("split", 1 / 3), ("permute", 2 / 3), ("grid", 0)):
        page.locator(f"[data-stop={stop}]").click()
        until(page, step=f"{progress:.3f}")
        assert page.evaluate("model.get('progress')") == pytest.approx(progress)
        assert page.locator("[data-stop][aria-current]").get_attribute("data-stop") == stop


def test_going_back_names_the_steps_of_the_way_back(show):
    page = show(WindowExplorer(progress=1.0))
    way = page.locator(".swin-way")
    assert "view →" in way.text_content()
    page.locator("[data-stop=grid]").click()
    until(page, step="0.000")
    assert "← reshape" in way.text_content()


def test_the_slider_goes_step_by_step_with_keys_and_anywhere_with_the_pointer(show):
    page = show(WindowExplorer())
    slider = page.get_by_role("slider")
    for progress in (1 / 3, 2 / 3, 1, 1):
        slider.press("ArrowRight")
        until(page, step=f"{progress:.3f}")
    slider.press("ArrowLeft")
    until(page, step="0.667")
    box = slider.bounding_box()
    page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + box["height"] / 2)
    assert 0.4 < page.evaluate("model.get('progress')") < 0.6


def test_square_brackets_go_a_step_back_and_on(show):
    page = show(WindowExplorer())
    canvas = page.locator("[data-panel=memory] canvas")
    for key, progress in (("]", 1 / 3), ("]", 2 / 3), ("[", 1 / 3)):
        canvas.press(key)
        until(page, step=f"{progress:.3f}")


def test_forgetting_the_permute_scrambles_the_windows_and_leaves_memory_alone(show):
    page = show(WindowExplorer(8, 12, 4, progress=1.0, token=(0, 2, 5)), reduced_motion="reduce")
    right = page.locator(ROOT).evaluate(PICTURES)
    page.get_by_role("switch", name="Forget the permute").click()
    until(page, forget="true")
    wrong = page.locator(ROOT).evaluate(PICTURES)
    assert all(one != other for one, other in zip(right, wrong, strict=True))
    assert "with tokens of 3 different windows" in sentence(page)
    assert card(page, "permute")[1] == "(1, 2, 4, 3, 4, C)"
    page.locator("[data-stop=grid]").click()
    until(page, step="0.000")
    at_start = page.locator("[data-panel=memory] canvas").evaluate("canvas => canvas.toDataURL()")
    page.locator("[data-stop=permute]").click()
    until(page, step="0.667")
    assert page.locator("[data-panel=memory] canvas").evaluate("canvas => canvas.toDataURL()") == at_start


@pytest.mark.parametrize("panel", ["way", "memory"])
@pytest.mark.parametrize("progress", [0.0, 1.0])
def test_pointing_at_a_token_shows_it_in_both_panels_and_a_click_keeps_it(show, panel, progress):
    page = show(WindowExplorer(4, 6, 2, progress=progress, token=(0, 0, 0)))
    before = page.locator(ROOT).evaluate(PICTURES)
    place = point(page, panel, 15)
    after = page.locator(ROOT).evaluate(PICTURES)
    assert all(one != other for one, other in zip(before, after, strict=True))
    assert sentence(page) == WindowFacts(1, 4, 6, 2, (0, 2, 3)).sentence()
    assert page.evaluate("model.get('token')") == [0, 0, 0]
    page.mouse.click(*place)
    assert page.evaluate("model.get('token')") == [0, 2, 3]


def test_padding_can_be_pointed_at_but_not_chosen(show):
    page = show(WindowExplorer(3, 5, (2, 4), token=(0, 0, 0)))
    page.mouse.click(*point(page, "way", 31))
    assert "is padding" in sentence(page)
    assert page.evaluate("model.get('token')") == [0, 0, 0]


def test_arrow_keys_move_the_token_and_stop_at_the_edge(show):
    page = show(WindowExplorer(3, 5, 2, token=(0, 0, 0)))
    canvas = page.locator("[data-panel=way] canvas")
    for key in ("ArrowUp", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight"):
        canvas.press(key)
    until(page, token="0,2,1")


def test_the_controls_change_grid_windows_batch_and_what_tokens_show(show):
    page = show(WindowExplorer())
    for name in ("Images", "Height", "Window height"):
        page.get_by_role("spinbutton", name=name, exact=True).press("ArrowUp")
    page.get_by_role("spinbutton", name="Width", exact=True).press("ArrowDown")
    page.get_by_role("spinbutton", name="Window width", exact=True).press("ArrowDown")
    until(page, size="2,9,11", windowSize="5,3")
    before = page.locator(ROOT).evaluate(PICTURES)[0]
    page.get_by_role("radio", name="Numbers").click()
    assert page.locator(ROOT).evaluate(PICTURES)[0] != before
    assert page.evaluate("model.get('show')") == "numbers"


def test_what_python_sets_is_shown(show):
    page = show(WindowExplorer())
    page.evaluate("model.set('progress', 1); model.set('batch', 2); model.set('token', [1, 3, 4])")
    until(page, step="1.000", size="2,8,12", token="1,3,4")
    assert sentence(page) == WindowFacts(2, 8, 12, 4, (1, 3, 4)).sentence()


@pytest.mark.parametrize("width", [1200, 480, 340])
@pytest.mark.parametrize("state", [(16, 16, 1, 2), (1, 1, 1, 1), (16, 3, (8, 1), 2)])
def test_extreme_grids_fit_every_cell(show, width, state):
    height, across, window, batch = state
    page = show(WindowExplorer(height, across, window, batch=batch, progress=1.0), width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
