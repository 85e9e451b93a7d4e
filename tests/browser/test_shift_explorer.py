"""ShiftExplorer under a real mouse and a real keyboard: in JupyterLab with its kernel, and without one."""

import statistics
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page
from static_page import write_page

from swin_edu.model.windows import region_ids
from swin_edu.visuals import ShiftExplorer
from swin_edu.visuals.palette import colour

pytestmark = pytest.mark.browser

ROOT = ".swin-explorer[data-ready]"
CELLS = [
    "from swin_edu.visuals import ShiftExplorer\nexplorer = ShiftExplorer(8, 8, 4, 2)",
    "explorer",
    "print(explorer.shift, explorer.token, explorer.window)",
    "explorer.shift = 3",
    "explorer",
]
# Notes, for each event on a canvas, how long after it reached the page one place of the picture had another
# colour. (What the machine needs to bring the event to the page is not the explorer's.)
WATCH = """(canvas, [part, kind]) => {
  const look = () => canvas.getContext("2d").getImageData(
    canvas.width * part[0], canvas.height * part[1], 1, 1).data.slice(0, 3).join();
  let before = look();
  let arrived = 0;
  window.changes = [];
  window.addEventListener(kind, () => { arrived = performance.now(); }, true);
  canvas.addEventListener(kind, () => {
    const now = look();
    if (now !== before) window.changes.push(performance.now() - arrived);
    before = now;
  });
}"""
REDRAWS = """root => {
  window.redraws = [];
  new MutationObserver((changes) => changes.forEach(() => window.redraws.push(Number(root.dataset.redrawMs))))
    .observe(root, { attributeFilter: ["data-redraw-ms"] });
}"""


def state_of(page: Page) -> dict[str, str]:
    return page.locator(ROOT).first.evaluate("root => ({...root.dataset})")


def canvas(page: Page, name: str):
    return page.locator(f"{ROOT} [data-panel={name}] canvas").first


def middle(page: Page, name: str, across: float = 0.5, down: float = 0.5) -> tuple[float, float]:
    box = canvas(page, name).bounding_box()
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def drag(page: Page, name: str, right: float, down: float, *, release: bool = True) -> None:
    """Drag from the middle of a panel by parts of its side."""
    x, y = middle(page, name)
    side = canvas(page, name).bounding_box()["width"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right * side, y + down * side, steps=12)
    if release:
        page.mouse.up()


def until(page: Page, **expected: str) -> None:
    """Wait until the explorer's data attributes say so and nothing moves any more."""
    page.wait_for_function(
        "expected => { const said = document.querySelector('.swin-explorer').dataset;"
        " return !said.moving && Object.entries(expected).every(([name, value]) => said[name] === value); }",
        arg=expected,
        timeout=10_000,
    )


# ---- in JupyterLab ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def notebook(lab, browser: Browser) -> Iterator[Page]:
    lab.write("shift.ipynb", CELLS)
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    lab.open(page, "shift.ipynb")
    lab.run_cell(page, 0)
    lab.run_cell(page, 1)
    page.wait_for_selector(ROOT)
    yield page
    page.close()


# Notes when a cell is run by the keyboard, and how long after it a view was drawn.
FIRST_VIEWS = """() => {
  let run = 0;
  window.firstViews = [];
  const note = (event) => { if (event.key === "Enter") run = performance.now(); };
  document.addEventListener("keydown", note, true);
  new MutationObserver((changes) => changes.forEach(({ target }) => window.firstViews.push(
    [performance.now() - run, Number(target.dataset.firstViewMs)],
  ))).observe(document.body, { subtree: true, attributeFilter: ["data-ready"] });
}"""


def test_one_live_view_and_no_second_picture(notebook):
    outputs = notebook.locator(".jp-OutputArea-output")
    assert outputs.count() == 1
    assert outputs.locator("canvas").count() > 4
    assert outputs.locator("img").count() == 0


def test_the_first_view_is_there_at_once(notebook, lab, patience):
    notebook.evaluate(FIRST_VIEWS)
    for count in range(1, 5):
        lab.run_cell(notebook, 1)
        notebook.wait_for_function(f"window.firstViews.length === {count}")
    views = notebook.evaluate("window.firstViews")
    from_cell, in_page = (statistics.median(times) for times in zip(*views, strict=True))
    print(f"first view: {from_cell:.0f} ms after its cell was run, {in_page:.0f} ms of them in the page")
    assert from_cell < 300 * patience, views


def test_dragging_changes_the_colours_at_once_and_the_kernel_knows(notebook, lab, patience):
    before = state_of(notebook)
    assert before["shift"] == "2,2"
    shifted = canvas(notebook, "shifted")
    shifted.scroll_into_view_if_needed()
    box = shifted.bounding_box()
    unit = (box["width"] - 30) // 8
    probe = [
        (22 + 1.3 * unit) / box["width"],
        (22 + 3.2 * unit) / box["height"],
    ]  # region 2 until the shift is 1
    shifted.evaluate(WATCH, [probe, "pointermove"])
    notebook.locator(ROOT).evaluate(REDRAWS)
    drag(notebook, "shifted", -0.11, -0.11)
    until(notebook, shift="1,1")
    changes, redraws = notebook.evaluate("[window.changes, window.redraws]")
    assert changes, "the colours did not change"
    median = statistics.median(redraws)
    print(f"colours changed {max(changes):.1f} ms after an event, redraws took {median:.1f} ms")
    assert max(changes) < 50 * patience, f"the colours changed only {max(changes):.0f} ms after an event"
    assert len(redraws) > 8
    assert median < 16 * patience, redraws
    assert lab.run_cell(notebook, 2) == "1 (7, 3) 2"


def test_rows_and_columns_can_be_dragged_apart(notebook, lab):
    drag(notebook, "rolled", -0.23, 0)  # the picture follows the pointer: to the left is a larger shift
    until(notebook, shift="1,3")
    assert lab.run_cell(notebook, 2) == "(1, 3) (7, 3) 2"


def test_python_sets_the_shift_and_the_picture_follows(notebook, lab):
    picture = canvas(notebook, "rolled").evaluate("canvas => canvas.toDataURL()")
    lab.run_cell(notebook, 3)
    until(notebook, shift="3,3")
    assert canvas(notebook, "rolled").evaluate("canvas => canvas.toDataURL()") != picture
    assert "Cyclic roll by (−3, −3)" in notebook.locator(ROOT).text_content()


def test_keys_move_the_token_and_the_shift_and_leave_the_notebook_alone(notebook, lab):
    cells = notebook.locator(".jp-CodeCell").count()
    notebook.mouse.click(*middle(notebook, "shifted", 0.5, 0.5))
    row, column = map(int, state_of(notebook)["token"].split(","))
    for key in ("ArrowUp", "ArrowLeft", "ArrowLeft", "[", "Shift+ArrowUp", "b", "x"):
        notebook.keyboard.press(key)
    until(notebook, token=f"{row - 1},{column - 2}", shift="1,2")
    assert notebook.locator(".jp-CodeCell").count() == cells
    printed = lab.run_cell(notebook, 2)
    assert printed == f"(1, 2) ({row - 1}, {column - 2}) {state_of(notebook)['window']}"


def test_a_second_view_shows_the_same_state(notebook, lab):
    lab.run_cell(notebook, 4)
    notebook.wait_for_function(f"document.querySelectorAll('{ROOT}').length === 2")
    canvas(notebook, "shifted").scroll_into_view_if_needed()
    notebook.mouse.click(*middle(notebook, "plain", 0.3, 0.3))
    notebook.keyboard.press("]")
    shifts = f"[...document.querySelectorAll('{ROOT}')].map(root => root.dataset.shift + root.dataset.token)"
    notebook.wait_for_function(f"new Set({shifts}).size === 1")


def test_dark_jupyterlab_makes_it_dark(notebook):
    assert state_of(notebook)["theme"] == "light"
    ground = "root => getComputedStyle(root).backgroundColor"
    light = notebook.locator(ROOT).first.evaluate(ground)
    notebook.click('.lm-MenuBar-itemLabel:text-is("Settings")')
    notebook.hover('.lm-Menu-itemLabel:text-is("Theme")')
    notebook.click('.lm-Menu-item[data-command="apputils:change-theme"]:has-text("JupyterLab Dark")')
    notebook.wait_for_selector(".swin-explorer[data-theme=dark]")
    notebook.wait_for_timeout(50)
    assert notebook.locator(ROOT).first.evaluate(ground) != light
    assert notebook.locator(ROOT).first.evaluate(ground) == css(colour("surface", "dark"))


def test_nothing_went_wrong_in_the_page(notebook):
    assert notebook.errors == []


# ---- without a kernel ------------------------------------------------------------------------------


def css(value: str) -> str:
    return "rgb({}, {}, {})".format(*(int(value[i : i + 2], 16) for i in (1, 3, 5)))


@pytest.fixture
def show(browser: Browser, tmp_path: Path):
    """show(explorer, width, ...) -> a page with it."""
    pages, errors = [], []

    def open_page(explorer: ShiftExplorer, width: int = 1000, **options) -> Page:
        page = browser.new_page(viewport={"width": width, "height": 900}, **options)
        page.on("pageerror", lambda error: errors.append(str(error)))
        pages.append(page)
        page.goto(write_page(explorer, tmp_path / f"{len(pages)}.html"))
        page.wait_for_selector(ROOT)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert errors == []


@pytest.mark.parametrize("width", [1200, 800, 480])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_any_cell_and_can_be_read(show, width, scheme):
    page = show(ShiftExplorer(9, 14, 4, (2, 3), token=(8, 13)), width, color_scheme=scheme)
    assert state_of(page)["theme"] == scheme
    root = page.locator(ROOT)
    assert root.bounding_box()["width"] == pytest.approx(width - 20, abs=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    inside = "root => [...root.querySelectorAll('*')].filter(node => !node.closest('.swin-hidden') &&"
    scrolling = " node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).overflowX !== 'visible')"
    assert root.evaluate(f"{inside}{scrolling}.map(node => node.className + node.textContent)") == []
    edges = " node.getBoundingClientRect().right > root.getBoundingClientRect().right + 0.5).length"
    assert root.evaluate(inside + edges) == 0
    contrasts = root.evaluate(TEXT_CONTRASTS)
    assert len(contrasts) > 15
    assert min(contrasts.values()) >= 4.5, contrasts


# Contrast of each piece of text with the nearest ground under it that is painted.
TEXT_CONTRASTS = """root => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const luminance = (colour) => colour.slice(0, 3).map((value) => value / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const found = {};
  for (const node of root.querySelectorAll("*")) {
    const own = [...node.childNodes].filter((child) => child.nodeType === 3 && child.textContent.trim());
    if (!own.length || node.closest(".swin-hidden") || !node.getClientRects().length) continue;
    if (node.closest("[data-off]")) continue; // switched off
    let ground = node;
    while (rgb(getComputedStyle(ground).backgroundColor)[3] === 0) ground = ground.parentElement;
    const colours = [getComputedStyle(node).color, getComputedStyle(ground).backgroundColor];
    const [one, other] = colours.map(rgb).map(luminance).map((value) => value + 0.05);
    found[`${node.tagName} ${own[0].textContent.trim()}`] = Math.max(one, other) / Math.min(one, other);
  }
  return found;
}"""


def test_panels_stand_side_by_side_and_stack_where_it_is_narrow(show):
    rows = (
        "root => new Set([...root.querySelectorAll('.swin-panel')]"
        ".map(panel => panel.getBoundingClientRect().top)).size"
    )
    counts = [show(ShiftExplorer(), width).locator(ROOT).evaluate(rows) for width in (870, 760, 480, 340)]
    assert counts == [1, 2, 2, 4]


def test_canvases_are_sharp_on_fine_screens(show):
    page = show(ShiftExplorer(), device_scale_factor=2)
    for name in ("plain", "shifted", "rolled", "mask"):
        cells, side = canvas(page, name).evaluate("canvas => [canvas.width, canvas.clientWidth]")
        assert cells == 2 * side


def test_pointing_at_a_token_shows_it_everywhere_and_a_click_keeps_it(show):
    page = show(ShiftExplorer(8, 8, 4, 2))
    x, y = middle(page, "plain", 0.3, 0.3)
    pictures = "root => [...root.querySelectorAll('canvas')].map(canvas => canvas.toDataURL())"
    before = page.locator(ROOT).evaluate(pictures)
    page.mouse.move(x, y)
    pointed = state_of(page)["shownToken"]
    assert pointed != "7,3"
    after = page.locator(ROOT).evaluate(pictures)
    assert all(one != other for one, other in zip(before, after, strict=True))
    assert state_of(page)["token"] == "7,3"
    page.mouse.move(5, 5)
    assert state_of(page)["shownToken"] == "7,3"
    assert page.locator(ROOT).evaluate(pictures) == before
    page.mouse.click(x, y)
    page.mouse.move(5, 5)
    assert state_of(page)["token"] == pointed
    r, c = map(int, pointed.split(","))
    assert page.evaluate("model.get('token')") == [r, c]
    assert page.evaluate("model.get('window')") == ShiftExplorer(8, 8, 4, 2, token=(r, c)).window


def test_pointing_at_a_cell_of_the_mask_names_both_tokens(show):
    explorer = ShiftExplorer(8, 8, 4, 2, token=(7, 3))
    page = show(explorer)
    sentence = page.locator(".swin-sentence")
    assert sentence.text_content() == explorer.facts.sentence()
    page.mouse.move(*middle(page, "mask", 0.9, 0.2))
    assert "may not attend" in sentence.text_content()
    page.mouse.move(*middle(page, "mask", 0.3, 0.2))
    assert "may attend" in sentence.text_content()
    page.mouse.move(5, 5)
    assert sentence.text_content() == explorer.facts.sentence()


# Four colours of every cell of the padded grid, between its lines and whatever is drawn on its middle.
CELL_COLOURS = """(canvas, [rows, columns]) => {
  const context = canvas.getContext("2d");
  const ratio = devicePixelRatio;
  const side = Math.floor((canvas.width - 30 * ratio) / Math.max(rows, columns));
  const room = canvas.width - 30 * ratio;
  const [x, y] = [columns, rows].map((n) => Math.round(22 * ratio + (room - side * n) / 2));
  const at = (r, c) => [...context.getImageData(x + c * side, y + r * side, 1, 1).data].slice(0, 3);
  const places = [[0.25, 0.25], [0.25, 0.75], [0.75, 0.25], [0.75, 0.75]];
  const cell = (r, c) => places.map(([down, right]) => at(r + down, c + right));
  return [...Array(rows)].map((_, r) => [...Array(columns)].map((_, c) => cell(r, c)));
}"""


def hue(rgb: np.ndarray) -> np.ndarray:
    return rgb / rgb.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("grid", [(8, 8, 4, 2), (8, 8, 4, (1, 3)), (7, 10, 4, 1), (8, 8, 4, 0)])
def test_the_colours_on_the_canvas_are_the_regions(show, grid):
    explorer = ShiftExplorer(*grid, token=(4, 4), image="coffee")
    page = show(explorer, 1400, device_scale_factor=2)
    ids = region_ids(*grid).numpy()
    cells = np.array(canvas(page, "rolled").evaluate(CELL_COLOURS, list(ids.shape)), dtype=float)
    regions = np.array([[int(colour(f"region_{i}")[k : k + 2], 16) for k in (1, 3, 5)] for i in range(9)])
    nearest = np.abs(hue(cells)[..., None, :] - hue(regions)).sum(axis=-1).argmin(axis=-1)
    for r, c in np.argwhere(ids >= 0):
        assert (nearest[r, c] == ids[r, c]).sum() >= 2, (r, c, nearest[r, c], ids[r, c])


def test_the_row_of_controls_changes_the_grid(show):
    page = show(ShiftExplorer(8, 8, 4, 2))
    page.get_by_role("spinbutton", name="Height").press("ArrowUp")
    page.get_by_role("spinbutton", name="Width").locator("span", has_text="−").click()
    page.get_by_role("spinbutton", name="Window").press("ArrowDown")
    page.get_by_role("combobox", name="Image").select_option("coffee")
    page.get_by_role("slider", name="Shift").fill("1")
    until(page, size="9,7", windowSize="3,3", image="coffee", shift="1,1")
    page.get_by_role("button", name="Copy Python").click()
    page.wait_for_selector(".swin-copy[data-copied]")
    assert page.locator(".swin-copy").get_attribute("data-copied") == "shift_mask(9, 7, 3, 1)"
    page.get_by_role("button", name="Reset").click()
    until(page, size="8,8", windowSize="4,4", image="chelsea", shift="2,2")


def test_motion_moves_the_windows_and_stops_where_none_is_wanted(show, patience):
    frames = """async ([root, key]) => {
      const canvas = root.querySelector("[data-panel=rolled] canvas");
      const seen = new Set([canvas.toDataURL()]);
      const start = performance.now();
      canvas.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      do {
        seen.add(canvas.toDataURL());
        await new Promise(requestAnimationFrame);
      } while (root.dataset.moving);
      seen.add(canvas.toDataURL());
      return [seen.size, performance.now() - start];
    }"""
    run = f"(root) => ({frames})([root, ']'])"
    pictures, took = show(ShiftExplorer()).locator(ROOT).evaluate(run)
    assert pictures > 3
    assert 150 <= took <= 300 + 100 * patience
    pictures, _ = show(ShiftExplorer(), reduced_motion="reduce").locator(ROOT).evaluate(run)
    assert pictures == 2


def test_everything_has_a_name_and_the_focus_is_seen(show):
    page = show(ShiftExplorer())
    names = page.locator(ROOT).evaluate(
        "root => [...root.querySelectorAll('[tabindex=\"0\"], button, select, input')]"
        ".map(node => node.getAttribute('aria-label') || node.textContent)"
    )
    assert len(names) == 11
    assert all(len(name) > 3 for name in names)
    page.keyboard.press("Tab")
    for _ in names:
        width, style = page.evaluate(
            "(() => { const at = getComputedStyle(document.activeElement);"
            " return [parseFloat(at.outlineWidth), at.outlineStyle]; })()"
        )
        assert width >= 2
        assert style == "solid"
        page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowUp")
    page.wait_for_function("document.querySelector('[aria-live]').textContent !== ''")
    assert "Query" in page.locator("[aria-live]").text_content()


def test_a_view_that_is_closed_leaves_nothing_behind(show):
    page = show(ShiftExplorer())
    assert page.evaluate("listening()") > 0
    page.evaluate("destroy()")
    assert page.locator(".swin-explorer").count() == 0
    assert page.evaluate("listening()") == 0


def test_a_redraw_takes_less_than_a_frame(show, patience):
    page = show(ShiftExplorer(24, 24, 12, 6), 1200)
    page.locator(ROOT).evaluate(REDRAWS)
    drag(page, "shifted", -0.2, -0.15)
    x, y = middle(page, "plain", 0.2, 0.2)
    for step in range(20):
        page.mouse.move(x + 6 * step, y + 4 * step)
    redraws = page.evaluate("window.redraws")
    assert len(redraws) > 20
    print(f"the largest grid: redraws took {statistics.median(redraws):.1f} ms")
    assert statistics.median(redraws) < 16 * patience, redraws
