"""ReachExplorer under a real mouse and a real keyboard, without a kernel: drag, point, keys, switches."""

import statistics

import numpy as np
import pytest
from explorers import PICTURES, REDRAWS, ROOT
from playwright.sync_api import Page

from swin_edu.visuals import ReachExplorer
from swin_edu.visuals.reach_facts import ReachFacts

pytestmark = pytest.mark.browser

# The middle colour of every token of the photograph.
TOKENS = """(canvas, [rows, columns]) => {
  const context = canvas.getContext("2d");
  const [across, down] = [canvas.width, canvas.height].map((side) => side - 10 * devicePixelRatio);
  const side = Math.floor(Math.min(across / columns, down / rows));
  const x = Math.round((canvas.width - side * columns) / 2);
  const y = Math.round((canvas.height - side * rows) / 2);
  const colour = (r, c) => context.getImageData(x + (c + 0.5) * side, y + (r + 0.35) * side, 1, 1).data;
  const bright = (r, c) => Math.max(...colour(r, c).slice(0, 3));
  return [...Array(rows)].map((_, r) => [...Array(columns)].map((_, c) => bright(r, c)));
}"""


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


def pictures(page: Page) -> list[str]:
    return page.locator(ROOT).evaluate(PICTURES)


def test_dragging_along_the_chart_changes_the_blocks(show, patience):
    page = show(ReachExplorer())
    page.locator(ROOT).evaluate(REDRAWS)
    page.mouse.move(*place(page, "counts", 0.3, 0.5))
    page.mouse.down()
    blocks = []
    for step in range(20):
        page.mouse.move(*place(page, "counts", 0.3 + 0.02 * step, 0.5))
        blocks.append(page.evaluate("model.get('blocks')"))
    page.mouse.up()
    page.mouse.move(5, 5)
    assert blocks == sorted(blocks)
    assert len(set(blocks)) > 5
    until(page, blocks=str(blocks[-1]), shownBlocks=str(blocks[-1]))
    assert sentence(page) == ReachFacts(32, 32, 4, blocks[-1], (14, 17)).sentence()
    redraws = page.evaluate("window.redraws")
    print(f"redraws took {statistics.median(redraws):.1f} ms")
    assert statistics.median(redraws) < 16 * patience, redraws


def test_the_largest_grid_is_redrawn_within_a_frame(show, patience):
    page = show(ReachExplorer(64, 64, 2, 40, (30, 30), looking_back=True), 1200)
    page.locator(ROOT).evaluate(REDRAWS)
    for step in range(20):
        page.mouse.move(*place(page, "shifted", 0.2 + 0.03 * step, 0.3 + 0.02 * step))
    redraws = page.evaluate("window.redraws")
    print(f"redraws took {statistics.median(redraws):.1f} ms")
    assert len(redraws) > 10
    assert statistics.median(redraws) < 16 * patience, redraws


def test_pointing_at_a_token_follows_it_in_all_panels_and_a_click_keeps_it(show):
    page = show(ReachExplorer())
    before = pictures(page)
    page.mouse.move(*place(page, "plain", 0.3, 0.6))
    pointed = state_of(page)["shownToken"]
    assert pointed != "14,17"
    assert all(one != other for one, other in zip(before, pictures(page), strict=True))
    assert state_of(page)["token"] == "14,17"
    page.mouse.move(5, 5)
    assert pictures(page) == before
    page.mouse.click(*place(page, "plain", 0.3, 0.6))
    page.mouse.move(5, 5)
    until(page, token=pointed)
    assert sentence(page) == ReachFacts(32, 32, 4, 4, tuple(map(int, pointed.split(",")))).sentence()


def test_pointing_at_a_number_of_blocks_shows_it_on_the_photographs(show):
    page = show(ReachExplorer())
    before = pictures(page)
    page.mouse.move(*place(page, "counts", 0.6, 0.3))
    shown = int(state_of(page)["shownBlocks"])
    assert shown > 4
    assert state_of(page)["blocks"] == "4"
    assert pictures(page)[1] != before[1]
    assert sentence(page) == ReachFacts(32, 32, 4, shown, (14, 17)).sentence()


@pytest.mark.parametrize(
    "state",
    [
        (8, 12, 4, 2, (5, 7)),
        (7, 10, (2, 3), 3, (6, 0)),
        (9, 14, 4, 4, (0, 13)),
        (12, 6, 7, 1, (11, 2)),
    ],
)
@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("merging", [False, True])
def test_the_photograph_is_bright_exactly_where_the_token_reaches(show, state, back, merging):
    black = np.zeros((60, 60, 3), dtype=np.uint8)
    explorer = ReachExplorer(*state, black, merging=merging, looking_back=back)
    page = show(explorer, 1400, device_scale_factor=2)
    for way, reached in explorer.facts.reached.items():
        canvas = page.locator(f"[data-panel={way}] canvas")
        bright = (
            np.array(canvas.evaluate(TOKENS, [state[0], state[1]])) > 100
        )  # a white veil over a black picture
        wrong = bright == reached.numpy()
        wrong[state[4]] = False  # the token itself is marked
        assert not wrong.any(), (way, np.argwhere(wrong))


def test_keys_move_the_token_and_change_the_blocks(show):
    page = show(ReachExplorer())
    page.locator("[data-panel=shifted] canvas").focus()
    for key in ("ArrowUp", "ArrowLeft", "ArrowLeft", "]", "]", "[", "Shift+ArrowRight"):
        page.keyboard.press(key)
    until(page, token="13,15", blocks="6")
    page.locator("[data-panel=counts] canvas").focus()
    for key in ("ArrowRight", "ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
    until(page, token="13,15", blocks="7")


def test_the_switches_and_the_grid(show):
    page = show(ReachExplorer())
    page.get_by_role("switch", name="merge 2 × 2").click()
    page.get_by_role("switch", name="look back").press("Space")
    page.get_by_role("spinbutton", name="Height").press("ArrowDown")
    page.get_by_role("spinbutton", name="Width").locator("span", has_text="+").click()
    page.get_by_role("spinbutton", name="Window").press("ArrowUp")
    until(page, merging="true", back="true", size="31,33", window="5,5")
    assert sentence(page) == ReachFacts(31, 33, 5, 4, (14, 17), True, True).sentence()
    page.get_by_role("button", name="Copy Python").click()
    page.wait_for_selector(".swin-copy[data-copied]")
    line = "token_reach(31, 33, 5, 4, (14, 17), merging=True, looking_back=True)"
    assert page.locator(".swin-copy").get_attribute("data-copied") == line
    page.get_by_role("button", name="Reset").click()
    until(page, merging="false", back="false", size="32,32", window="4,4")


def test_the_row_of_controls_stays_one_row(show):
    page = show(ReachExplorer())
    page.get_by_role("switch", name="merge 2 × 2").click()
    page.get_by_role("switch", name="look back").click()
    assert page.evaluate("document.querySelector('.swin-controls').clientHeight") < 40


def test_the_reach_glides_when_a_key_is_pressed_and_jumps_where_no_motion_is_wanted(show):
    frames = """async (root) => {
      const canvas = root.querySelector("[data-panel=shifted] canvas");
      const seen = new Set([canvas.toDataURL()]);
      canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "]", bubbles: true }));
      do {
        seen.add(canvas.toDataURL());
        await new Promise(requestAnimationFrame);
      } while (root.dataset.moving);
      seen.add(canvas.toDataURL());
      return seen.size;
    }"""
    assert show(ReachExplorer()).locator(ROOT).evaluate(frames) > 3
    assert show(ReachExplorer(), reduced_motion="reduce").locator(ROOT).evaluate(frames) == 2
