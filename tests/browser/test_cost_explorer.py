"""CostExplorer under a real mouse and a real keyboard, without a kernel: drag, point, keys, controls."""

import statistics

import pytest
from explorers import PICTURES, REDRAWS, ROOT
from playwright.sync_api import Page

from swin_edu.visuals import CostExplorer
from swin_edu.visuals.cost_facts import CostFacts

pytestmark = pytest.mark.browser


def state_of(page: Page) -> dict[str, str]:
    return page.locator(ROOT).evaluate("root => ({...root.dataset})")


def place(page: Page, panel: str, across: float, down: float) -> tuple[float, float]:
    box = page.locator(f"[data-panel={panel}] canvas").bounding_box()
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def until(page: Page, **expected: str) -> None:
    page.wait_for_function(
        "expected => { const said = document.querySelector('.swin-explorer').dataset;"
        " return !said.moving && Object.entries(expected).every(([name, value]) => said[name] === value); }",
        arg=expected,
        timeout=10_000,
    )


def sentence(page: Page) -> str:
    return page.locator(".swin-sentence").text_content()


@pytest.mark.parametrize("panel", ["cost", "memory"])
def test_dragging_the_marker_changes_the_image_side_in_whole_patches(show, panel, patience):
    page = show(CostExplorer())
    page.locator(ROOT).evaluate(REDRAWS)
    page.mouse.move(*place(page, panel, 0.6, 0.6))
    page.mouse.down()
    sides = []
    for step in range(12):
        page.mouse.move(*place(page, panel, 0.6 + 0.02 * step, 0.6))
        sides.append(page.evaluate("model.get('side')"))
    page.mouse.up()
    assert sides == sorted(sides)
    assert len(set(sides)) > 8
    assert all(side % 4 == 0 for side in sides)
    page.mouse.move(5, 5)
    until(page, side=str(sides[-1]), shownSide=str(sides[-1]))
    assert sentence(page) == CostFacts(sides[-1], 7, 96, 3, 4).sentence()
    redraws = page.evaluate("window.redraws")
    print(f"redraws took {statistics.median(redraws):.1f} ms")
    assert statistics.median(redraws) < 16 * patience, redraws


def test_the_marker_stays_within_the_axis(show):
    page = show(CostExplorer(patch_size=31))
    for across, side in ((-0.3, 31), (1.4, 2046)):
        page.mouse.move(*place(page, "cost", 0.5, 0.5))
        page.mouse.down()
        page.mouse.move(*place(page, "cost", across, 0.5), steps=4)
        page.mouse.up()
        until(page, side=str(side))


def test_pointing_at_a_place_shows_it_in_all_panels_and_leaves_the_state(show):
    page = show(CostExplorer())
    before = page.locator(ROOT).evaluate(PICTURES)
    page.mouse.move(*place(page, "memory", 0.8, 0.2))
    pointed = int(state_of(page)["shownSide"])
    assert pointed > 400
    assert page.evaluate("model.get('side')") == 224
    after = page.locator(ROOT).evaluate(PICTURES)
    assert all(one != other for one, other in zip(before, after, strict=True))
    assert sentence(page) == CostFacts(pointed, 7, 96, 3, 4).sentence()
    page.mouse.move(5, 5)
    assert page.locator(ROOT).evaluate(PICTURES) == before


@pytest.mark.parametrize(
    ("panel", "across", "down", "which"),
    [
        ("pairs", 0.5, 0.46, "windows"),
        ("pairs", 0.8, 0.5, "everywhere"),
        ("split", 0.5, 0.15, "everywhere"),
        ("split", 0.5, 0.65, "windows"),
    ],
)
def test_pointing_at_one_kind_of_attention_lights_it_up_in_the_charts(show, panel, across, down, which):
    page = show(CostExplorer())
    charts = "root => [...root.querySelectorAll('canvas')].slice(0, 2).map(canvas => canvas.toDataURL())"
    before = page.locator(ROOT).evaluate(charts)
    page.mouse.move(*place(page, panel, across, down))
    assert state_of(page)["which"] == which
    assert all(a != b for a, b in zip(before, page.locator(ROOT).evaluate(charts), strict=True))


def test_keys_change_side_and_window(show):
    page = show(CostExplorer())
    page.locator("[data-panel=cost] canvas").focus()
    for key in ("ArrowRight", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    until(page, side="228", window="9,9")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("ArrowDown")
    until(page, side="114", window="8,8")
    page.keyboard.press("ArrowLeft")  # to whole patches again
    until(page, side="112")
    assert page.evaluate("model.get('window_size')") == 8


def test_the_row_of_controls_changes_everything_and_copies_the_line(show):
    page = show(CostExplorer())
    for name in ("Image side", "Window", "Channels", "Heads"):
        page.get_by_role("spinbutton", name=name).press("ArrowUp")
    until(page, side="228", window="8,8", channels="192", heads="4")
    page.get_by_role("spinbutton", name="Channels").locator("span", has_text="−").click()
    until(page, channels="96", heads="4")
    page.get_by_role("button", name="Copy Python").click()
    page.wait_for_selector(".swin-copy[data-copied]")
    assert page.locator(".swin-copy").get_attribute("data-copied") == "attention_cost(57, 57, 96, 8, 4)"
    page.get_by_role("button", name="Reset").click()
    until(page, side="224", window="7,7", channels="96", heads="3")


def test_the_row_of_controls_keeps_its_height_while_the_numbers_grow(show):
    page = show(CostExplorer())
    height = "document.querySelector('.swin-controls').clientHeight"
    before = page.evaluate(height)
    assert before < 40
    for name, value in {"side": 2048, "channels": 768, "num_heads": 24, "window_size": 12}.items():
        page.evaluate(f"model.set('{name}', {value})")
    until(page, side="2048", channels="768", heads="24", window="12,12")
    assert page.evaluate(height) == before


def test_the_picture_glides_when_a_key_is_pressed_and_jumps_where_no_motion_is_wanted(show):
    frames = """async (root) => {
      const canvas = root.querySelector("[data-panel=cost] canvas");
      const seen = new Set([canvas.toDataURL()]);
      const key = { key: "ArrowRight", shiftKey: true, bubbles: true };
      canvas.dispatchEvent(new KeyboardEvent("keydown", key));
      do {
        seen.add(canvas.toDataURL());
        await new Promise(requestAnimationFrame);
      } while (root.dataset.moving);
      seen.add(canvas.toDataURL());
      return seen.size;
    }"""
    assert show(CostExplorer()).locator(ROOT).evaluate(frames) > 3
    assert show(CostExplorer(), reduced_motion="reduce").locator(ROOT).evaluate(frames) == 2


@pytest.mark.parametrize("width", [1200, 480, 340])
@pytest.mark.parametrize("state", [(2048, 1, 2048, 64, 1), (32, 7, 96, 3, 4), (230, (4, 9), 90, 5, 8)])
def test_the_most_extreme_images_fit_narrow_cells(show, width, state):
    page = show(CostExplorer(*state), width)
    root = page.locator(ROOT)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    cut = (
        "root => [...root.querySelectorAll('*')].filter(node => !node.closest('.swin-hidden')"
        " && node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).overflowX !== 'visible')"
        ".map(node => node.className + node.textContent)"
    )
    assert root.evaluate(cut) == []
