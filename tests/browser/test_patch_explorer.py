"""PatchExplorer under a real mouse and keyboard: patch, pixel, numbers and token stay together."""

import pytest
import torch
from explorers import PICTURES, ROOT
from playwright.sync_api import Page

from swin_edu import patchify
from swin_edu.visuals import PatchExplorer

pytestmark = pytest.mark.browser


def state_of(page: Page) -> dict[str, str]:
    return page.locator(ROOT).first.evaluate("root => ({...root.dataset})")


def said(page: Page) -> str:
    return page.locator(".swin-sentence").first.text_content()


def place(page: Page, name: str, across: float, down: float) -> tuple[float, float]:
    box = page.locator(f"{ROOT} [data-panel={name}] canvas").first.bounding_box()
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def test_pointing_at_a_patch_shows_it_everywhere_and_a_click_keeps_it(show):
    explorer = PatchExplorer(8, patch=(7, 9))
    page = show(explorer)
    assert said(page) == explorer.facts.sentence()
    before = page.locator(ROOT).evaluate(PICTURES)
    page.mouse.move(*place(page, "photograph", 0.3, 0.3))
    after = page.locator(ROOT).evaluate(PICTURES)
    assert all(one != other for one, other in zip(before, after, strict=True))
    shown = state_of(page)["shownPatch"]
    assert state_of(page)["patch"] == "7,9" != shown
    page.mouse.move(5, 5)
    assert page.locator(ROOT).evaluate(PICTURES) == before
    page.mouse.click(*place(page, "photograph", 0.3, 0.3))
    page.mouse.move(5, 5)
    explorer.patch = tuple(map(int, shown.split(",")))
    assert page.evaluate("model.get('patch')") == list(explorer.patch)
    assert said(page) == explorer.facts.sentence()


def test_a_pixel_lights_its_three_numbers_and_a_number_its_pixel(show):
    page = show(PatchExplorer(4, patch=(3, 5)))
    before = page.locator(ROOT).evaluate(PICTURES)
    page.mouse.move(*place(page, "patch", 0.5 + 0.1, 0.5 + 0.1))  # row 2, column 2
    assert state_of(page)["place"] == "2,2"
    assert "pixel (14, 22) of the image" in said(page)
    assert "places 30, 31 and 32" in said(page)
    lit = page.locator(ROOT).evaluate(PICTURES)
    assert [one != other for one, other in zip(before, lit, strict=True)] == [False, True, True, False]
    page.mouse.move(*place(page, "numbers", (3 * 2 + 1.5) / 12, 0.08 + 2.5 / 4 * 0.38))
    assert state_of(page)["place"] == "2,2,1"
    assert "Place 31 = (2 × 4 + 2) × 3 + 1 holds the green" in said(page)
    again = page.locator(ROOT).evaluate(PICTURES)
    assert again[1] == lit[1] != before[1]


def test_keys_go_from_pixel_to_pixel_and_from_number_to_number(show):
    page = show(PatchExplorer(4))
    canvas = page.locator(f"{ROOT} [data-panel=patch] canvas")
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown"):
        canvas.press(key)
    assert state_of(page)["place"] == "2,1"
    canvas = page.locator(f"{ROOT} [data-panel=numbers] canvas")
    places = []
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowDown", "ArrowUp", "ArrowUp"):
        canvas.press(key)
        places.append(state_of(page)["place"])
    assert places == ["0,0,0", "0,0,1", "0,0,2", "0,1,0", "1,1,0", "0,1,0", "0,1,0"]


def test_pointing_at_a_number_of_the_token_shows_its_weights(show):
    explorer = PatchExplorer(4, patch=(3, 5))
    page = show(explorer)
    weights = "document.querySelector('[data-panel=numbers] canvas').toDataURL()"
    before = page.evaluate(weights)
    page.mouse.click(*place(page, "token", 0.5, 0.4))
    number = int(state_of(page)["number"])
    assert 40 < number < 56
    assert page.evaluate(weights) != before
    value = f"{explorer.facts.token[number].item():.2f}".replace("-", "−")
    assert said(page).startswith(f"Number {number} of the token is {value}: each of the 48 numbers")
    page.mouse.move(5, 5)
    assert page.evaluate("model.get('number')") == number


def test_another_patch_size_stays_at_the_same_place_and_reset_goes_back(show):
    page = show(PatchExplorer(4, patch=(15, 22)))
    slider = page.locator("input[type=range]")
    slider.fill("16")
    assert page.evaluate("model.get('patch')") == [62 // 16, 90 // 16]
    slider.fill("32")
    page.get_by_role("button", name="Reset").click()
    assert page.evaluate("[model.get('patch_size'), model.get('patch')]") == [4, [15, 22]]


def test_the_browser_draws_exactly_the_numbers_that_python_has(show):
    """The enlarged patch, read from its canvas, is patchify's patch."""
    explorer = PatchExplorer(4, patch=(11, 9))
    page = show(explorer)
    colours = page.locator(f"{ROOT} [data-panel=patch] canvas").evaluate(
        """canvas => {
          const room = Math.min(canvas.clientWidth, canvas.clientHeight) - 12;
          const left = (canvas.clientWidth - room) / 2;
          const found = [];
          for (let i = 0; i < 4; i++) for (let j = 0; j < 4; j++) {
            const [x, y] = [left + (j + 0.5) * room / 4, 6 + (i + 0.5) * room / 4];
            found.push(...canvas.getContext("2d").getImageData(x, y, 1, 1).data.slice(0, 3));
          }
          return found;
        }"""
    )
    expected = (255 * patchify(explorer.images, 4)[0, 11, 9]).round().int()
    assert torch.equal(torch.tensor(colours, dtype=torch.int32), expected)


def test_the_kernel_knows_what_was_chosen_and_the_copied_line_runs_there(lab, browser):
    cells = [
        "from swin_edu import patchify\nfrom swin_edu.visuals import PatchExplorer\n"
        "explorer = PatchExplorer(4, patch=(3, 5))",
        "explorer",
        "print(explorer.patch, tuple(eval(explorer.code).shape))",
        "explorer.patch = (0, 1)",
    ]
    lab.write("patches.ipynb", cells)
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    lab.open(page, "patches.ipynb")
    lab.run_cell(page, 0)
    lab.run_cell(page, 1)
    page.wait_for_selector(ROOT)
    page.locator(f"{ROOT} [data-panel=photograph] canvas").press("ArrowDown")
    assert lab.run_cell(page, 2) == "(4, 5) (48,)"
    lab.run_cell(page, 3)
    page.wait_for_function(f"document.querySelector('{ROOT}').dataset.patch === '0,1'")
    page.close()
