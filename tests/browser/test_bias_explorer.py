"""BiasExplorer under a real mouse and keyboard: whatever is chosen, window, pairs, table and heads agree."""

import pytest
from explorers import PICTURES, ROOT
from playwright.sync_api import Page

from swin_edu.model.position import relative_position_index
from swin_edu.visuals import BiasExplorer

pytestmark = pytest.mark.browser

BEFORE, AFTER = 24, 6  # room beside a grid on its canvas


def state_of(page: Page) -> dict[str, str]:
    return page.locator(ROOT).evaluate("root => ({...root.dataset})")


def place(page: Page, name: str, cells: tuple[int, int], row: float, column: float) -> tuple[float, float]:
    """Where the middle of a cell of a panel's grid is on the page."""
    box = page.locator(f"{ROOT} [data-panel={name}] canvas").bounding_box()
    room = box["width"] - BEFORE - AFTER
    unit = room // max(cells)
    x = box["x"] + BEFORE + (room - unit * cells[1]) / 2 + (column + 0.5) * unit
    return x, box["y"] + BEFORE + (room - unit * cells[0]) / 2 + (row + 0.5) * unit


def until(page: Page, **expected: str) -> None:
    page.wait_for_function(
        "expected => { const said = document.querySelector('.swin-explorer').dataset;"
        " return !said.moving && Object.entries(expected).every(([name, value]) => said[name] === value); }",
        arg=expected,
        timeout=10_000,
    )


def model(page: Page, name: str):
    return page.evaluate(f"model.get('{name}')")


def test_pointing_at_an_entry_shows_it_in_all_panels_and_a_click_keeps_it(show):
    page = show(BiasExplorer((3, 4)))
    before = page.locator(ROOT).evaluate(PICTURES)
    x, y = place(page, "table", (5, 7), 3, 5)  # offset (1, 2)
    page.mouse.move(x, y)
    after = page.locator(ROOT).evaluate(PICTURES)
    assert all(one != other for one, other in zip(before, after, strict=True))
    assert state_of(page)["index"] == "26"
    assert state_of(page)["query"] == "1,2"
    page.mouse.move(5, 5)
    assert page.locator(ROOT).evaluate(PICTURES) == before
    page.mouse.click(x, y)
    page.mouse.move(5, 5)
    until(page, query="1,2", key="0,0", index="26")
    text = page.locator(".swin-formula").text_content()
    assert "index = (1 + 3 − 1) · (2·4 − 1) + (2 + 4 − 1) = 3 · 7 + 5 = 26" in text


def test_an_entry_that_this_query_cannot_reach_moves_the_query(show):
    page = show(BiasExplorer((3, 4), query=(0, 0), key=(0, 0)))
    page.mouse.click(*place(page, "table", (5, 7), 4, 6))  # offset (2, 3): one pair only
    until(page, query="2,3", key="0,0", index="34")
    assert "the only pair" in page.locator(".swin-sentence").text_content()


@pytest.mark.parametrize(("query", "key"), [(5, 10), (11, 0), (3, 3)])
def test_a_click_on_a_pair_chooses_query_and_key(show, query, key):
    page = show(BiasExplorer((3, 4)))
    page.mouse.click(*place(page, "pairs", (12, 12), query, key))
    page.mouse.move(5, 5)
    index = relative_position_index((3, 4))[query, key]
    until(page, index=str(index.item()))
    assert model(page, "query") == [query // 4, query % 4]
    assert model(page, "key") == [key // 4, key % 4]


def test_query_and_key_can_be_dragged(show):
    page = show(BiasExplorer((3, 4), query=(1, 2), key=(1, 1)))
    for start, end in (((1, 2), (2, 3)), ((1, 1), (0, 3))):
        page.mouse.move(*place(page, "window", (3, 4), *start))
        page.mouse.down()
        page.mouse.move(*place(page, "window", (3, 4), *end), steps=5)
        page.mouse.up()
    page.mouse.move(5, 5)
    until(page, query="2,3", key="0,3")
    assert model(page, "key") == [0, 3]


def test_keys_move_query_key_pair_offset_and_head(show):
    page = show(BiasExplorer((3, 4), query=(1, 2), key=(1, 1)))
    canvas = {
        name: page.locator(f"[data-panel={name}] canvas") for name in ("window", "pairs", "table", "heads")
    }
    canvas["window"].press("ArrowLeft")
    canvas["window"].press("Shift+ArrowDown")
    until(page, query="2,2", key="1,0")
    canvas["pairs"].press("ArrowUp")
    canvas["pairs"].press("ArrowRight")
    until(page, query="2,1", key="1,1")
    canvas["table"].press("ArrowUp")
    until(page, query="2,1", key="2,1")
    canvas["heads"].press("ArrowRight")
    until(page, head="1")
    for _ in range(9):
        canvas["table"].press("ArrowDown")
    until(page, index=str(relative_position_index((3, 4))[8, 0].item()))


def test_a_number_can_be_typed_in_and_only_that_entry_of_that_head_changes(show):
    page = show(BiasExplorer((2, 3), "zeros", query=(1, 1), key=(0, 1), head=2))
    page.get_by_role("slider", name="Bias").fill("2.5")
    until(page, table="typed")
    values = model(page, "values")
    changed = [(i, h) for i, row in enumerate(values) for h, value in enumerate(row) if value]
    assert changed == [(12, 2)]
    assert values[12][2] == 2.5
    assert "adds 2.50" in page.locator(".swin-sentence").text_content()
    page.get_by_role("button", name="Reset").click()
    until(page, table="zeros")
    assert not any(map(any, model(page, "values")))


def test_the_row_of_controls_changes_window_and_table(show):
    page = show(BiasExplorer(4, query=(3, 3), key=(0, 0)))
    page.get_by_role("spinbutton", name="Window height").press("ArrowDown")
    page.get_by_role("spinbutton", name="Window width").locator("span", has_text="+").click()
    page.get_by_role("combobox", name="Table").select_option("random")
    until(page, windowSize="3,5", table="random", query="2,3")
    assert len(model(page, "values")) == 45


def test_a_click_on_a_head_shows_its_table(show):
    page = show(BiasExplorer(4))
    box = page.locator("[data-panel=heads] canvas").bounding_box()
    page.mouse.click(box["x"] + 0.87 * box["width"], box["y"] + 0.4 * box["height"])
    until(page, head="3")
    assert "Head 3 adds" in page.locator(".swin-sentence").text_content()


def test_a_given_table_is_resized_on_the_page_as_in_python(show):
    explorer = BiasExplorer((3, 4), [[0.1 * i, (-1.0) ** i] for i in range(35)])
    page = show(explorer)
    page.get_by_role("spinbutton", name="Window height").press("ArrowUp")
    until(page, windowSize="4,4", table="yours")
    explorer.window_size = 4
    flat = [value for row in model(page, "values") for value in row]
    assert flat == pytest.approx([value for row in explorer.values for value in row], abs=1e-5)


def test_page_and_kernel_agree_in_jupyterlab(lab, browser):
    cells = [
        "import torch\nfrom swin_edu.visuals import BiasExplorer\n"
        "explorer = BiasExplorer(table=torch.eye(9)[:, :3])",
        "explorer",
        "print(explorer.query, explorer.key, explorer.table, round(explorer.values[8][2], 1))",
        "explorer.window_size = 3",
    ]
    lab.write("bias.ipynb", cells)
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    lab.open(page, "bias.ipynb")
    lab.run_cell(page, 0)
    lab.run_cell(page, 1)
    page.wait_for_selector(ROOT)
    page.locator("[data-panel=heads] canvas").press("ArrowRight")
    page.locator("[data-panel=heads] canvas").press("ArrowRight")
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight"):
        page.locator("[data-panel=table] canvas").press(key)
    page.get_by_role("slider", name="Bias").fill("1.5")
    until(page, index="8", table="typed", head="2")
    assert lab.run_cell(page, 2) == "(1, 1) (0, 0) typed 1.5"
    lab.run_cell(page, 3)
    until(page, windowSize="3,3", table="typed")
    assert page.locator("[data-panel=table] .swin-title").text_content() == "3Table of 5 × 5 offsets"
    page.close()
