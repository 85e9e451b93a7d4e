"""BlockExplorer by mouse and keyboard: a token is followed, the block taken apart, all without a kernel."""

import pytest
from explorers import ROOT
from playwright.sync_api import Page

from swin_edu.visuals import BlockExplorer

pytestmark = pytest.mark.browser


def said(page: Page) -> str:
    return page.locator(".swin-sentence").text_content()


def data(page: Page) -> dict[str, str]:
    return page.locator(ROOT).evaluate("root => ({...root.dataset})")


def token_place(page: Page, row: int, column: int, height: int = 8, width: int = 8) -> tuple[float, float]:
    box = page.locator(f"{ROOT} [data-panel=photo] canvas").bounding_box()
    unit = int((box["width"] - 8) / max(height, width))
    left = box["x"] + 4 + (box["width"] - 8 - unit * width) / 2
    top = box["y"] + 4 + (box["height"] - 8 - unit * height) / 2
    return left + (column + 0.5) * unit, top + (row + 0.5) * unit


def test_the_view_without_a_kernel_says_what_python_says(show):
    for state in (
        {"blocks": 6, "block": 2},
        {"height": 9, "width": 11, "blocks": 5, "block": 4, "norm_first": False},
        {"blocks": 12, "residual": False, "shift": False, "image": "coffee"},
    ):
        explorer = BlockExplorer(**state)
        page = show(explorer)
        assert said(page) == explorer.facts.sentence()


def test_pointing_follows_another_token_and_a_click_keeps_it(show):
    page = show(BlockExplorer(blocks=3, block=2))
    page.mouse.move(*token_place(page, 5, 6))
    assert data(page)["shownToken"] == "5,6"
    assert said(page) == BlockExplorer(blocks=3, block=2, token=(5, 6)).facts.sentence()
    page.mouse.click(*token_place(page, 5, 6))
    page.mouse.move(2, 2)
    assert data(page)["token"] == data(page)["shownToken"] == "5,6"


def test_the_changed_token_can_be_dragged_and_moved_by_keys(show):
    page = show(BlockExplorer(blocks=1))
    page.mouse.move(*token_place(page, 7, 7))
    page.mouse.down()
    page.mouse.move(*token_place(page, 1, 2), steps=6)
    page.mouse.up()
    assert (data(page)["source"], data(page)["token"]) == ("1,2", "3,2")
    page.locator("[data-panel=photo] canvas").press("Shift+ArrowDown")
    assert data(page)["source"] == "2,2"


@pytest.mark.parametrize(
    ("switch", "name"), [("Norm first", "norm_first"), ("Residual", "residual"), ("Shift", "shift")]
)
def test_each_switch_computes_the_broken_stack(show, switch, name):
    page = show(BlockExplorer(blocks=6, block=2))
    before = page.locator("[data-panel=flow] canvas").evaluate("canvas => canvas.toDataURL()")
    page.get_by_role("switch", name=switch).click()
    page.mouse.move(2, 2)
    assert said(page) == BlockExplorer(blocks=6, block=2, **{name: False}).facts.sentence()
    assert page.locator("[data-panel=flow] canvas").evaluate("canvas => canvas.toDataURL()") != before


def test_without_shift_the_far_token_never_hears(show):
    page = show(BlockExplorer(blocks=12))
    assert data(page)["heard"] == "64"
    page.get_by_role("switch", name="Shift").click()
    assert data(page)["heard"] == "16"


def test_a_block_of_the_strip_is_shown_in_full(show):
    page = show(BlockExplorer(blocks=4))
    strip = page.locator("[data-panel=strip] canvas")
    box = strip.bounding_box()
    unit = min(112, box["width"] / 5)
    page.mouse.click(box["x"] + box["width"] / 2 + 1.0 * unit, box["y"] + 40)  # the fourth column of five
    assert data(page)["block"] == "3"
    strip.press("ArrowRight")
    assert data(page)["block"] == "4"
    assert (
        page.locator("[data-panel=flow] .swin-title")
        .text_content()
        .endswith("Block 4: a road with two branches")
    )


def test_a_channel_lights_up_and_is_put_into_words(show):
    page = show(BlockExplorer(blocks=2, token=(3, 2)))
    flow = page.locator("[data-panel=flow] canvas")
    for _ in range(2):
        flow.press("ArrowRight")
    flow.press("ArrowDown")
    assert data(page)["lit"] == '{"step":1,"channel":1}'
    numbers = BlockExplorer(blocks=2).facts.steps
    first = f"{float(numbers['z'][3, 2, 1]):.2f}".replace("-", "−")
    assert said(page).startswith(f"Channel 1 of token (3, 2): {first} on the road; normed ")


def test_an_operation_says_what_it_does_to_this_token(show):
    page = show(BlockExplorer(blocks=2, token=(3, 2)), 1000)
    box = page.locator("[data-panel=flow] canvas").bounding_box()
    scale = box["width"] / 740
    page.mouse.move(box["x"] + 187 * scale, box["y"] + 165 * scale)
    assert said(page).startswith("Attention: token (3, 2) looks at 16 tokens of its window, most at (")
    page.mouse.move(box["x"] + 35 * scale, box["y"] + 204 * scale)
    assert said(page).startswith(
        "LayerNorm looks at token (3, 2) alone: it subtracts the mean of its 8 numbers, "
    )


def test_the_largest_stack_is_recomputed_within_a_moment(show, patience):
    page = show(BlockExplorer(12, 12, blocks=12))
    page.get_by_role("switch", name="Residual").click()
    page.wait_for_timeout(50)
    took = float(data(page)["redrawMs"])
    print(f"12 x 12 tokens, 12 blocks: {took:.1f} ms")
    assert took < 120 * patience


def test_what_is_done_on_the_page_reaches_the_kernel_and_back(show):
    page = show(BlockExplorer(blocks=2))
    page.locator("[data-panel=photo] canvas").press("ArrowRight")
    assert page.evaluate("model.get('token')") == [3, 3]
    assert page.evaluate("saved") > 0
    page.evaluate("model.set('token', [0, 1])")
    page.wait_for_function("document.querySelector('.swin-explorer').dataset.token === '0,1'")
