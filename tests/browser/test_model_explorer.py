"""What is particular to ModelExplorer: linked stages and parts, a draggable image, a choice of networks."""

import pytest
from explorers import ROOT
from playwright.sync_api import Page

from swin_edu import SwinConfig
from swin_edu.visuals import ModelExplorer, ModelFacts
from swin_edu.visuals.model_explorer import PRESETS

pytestmark = pytest.mark.browser

CHARTS = ("parameters", "multiplyAdds", "memory")


def canvas(page: Page, name: str):
    return page.locator(f"{ROOT} [data-panel={name}] canvas")


def said(page: Page) -> dict[str, str]:
    return page.locator(ROOT).evaluate("root => ({...root.dataset})")


def sentence(page: Page) -> str:
    return page.locator(".swin-sentence").text_content()


def until(page: Page, **expected: str) -> None:
    page.wait_for_function(
        "expected => { const said = document.querySelector('.swin-explorer').dataset;"
        " return !said.moving && Object.entries(expected).every(([name, value]) => said[name] === value); }",
        arg=expected,
        timeout=10_000,
    )


def pictures(page: Page) -> dict[str, str]:
    return {
        name: canvas(page, name).evaluate("canvas => canvas.toDataURL()")
        for name in ("stages", *CHARTS, "windows")
    }


def at(page: Page, name: str, across: float, down: float) -> tuple[float, float]:
    """A point of a panel, as parts of its width and height; across beyond 1 is pixels."""
    box = canvas(page, name).bounding_box()
    return box["x"] + (across if across > 1 else across * box["width"]), box["y"] + down * box["height"]


def test_pointing_at_a_stage_in_any_panel_lights_it_up_in_all(show):
    page = show(ModelExplorer(stage=3))
    quiet = pictures(page)
    page.mouse.move(*at(page, "memory", 4, 0.1))  # the number of the first row, beside its bar
    assert said(page)["shownStage"] == "1"
    assert sentence(page) == ModelFacts(SwinConfig(), 224, 224).sentence(1)
    lit = pictures(page)
    assert all(lit[name] != quiet[name] for name in quiet)
    page.mouse.move(*at(page, "stages", 0.9, 0.5))
    assert said(page)["shownStage"] == "4"
    page.mouse.move(*at(page, "windows", 0.5, 0.5))
    until(page, shownStage="3")
    assert pictures(page) == quiet


def test_pointing_at_a_part_lights_it_up_in_all_charts_and_in_the_table(show):
    page = show(ModelExplorer(stage=3))
    quiet = pictures(page)
    page.mouse.move(*at(page, "multiplyAdds", 110, 0.5))  # far right in the longest bar: the MLPs
    assert said(page)["part"] == "mlp"
    assert sentence(page).startswith("MLP. In the whole network: 61 % of the parameters, 62 % of the work")
    assert page.locator("tr[data-lit]").get_attribute("data-part") == "mlp"
    lit = pictures(page)
    assert all(lit[chart] != quiet[chart] for chart in CHARTS)
    page.locator("tr[data-part=head]").hover()
    assert said(page)["part"] == "head"
    assert "last norm and head" in sentence(page).lower()


def test_a_click_chooses_a_stage_and_the_table_has_the_library_s_numbers(show):
    page = show(ModelExplorer(height=97, width=131, stage=4))
    page.mouse.click(*at(page, "parameters", 4, 0.1))
    until(page, stage="1")
    facts = ModelFacts(SwinConfig(), 97, 131).stages[0]
    for part, count in facts.parameters.items():
        assert page.locator(f"tr[data-part={part}] td").first.text_content() == f"{count:,}"
    words = page.locator(".swin-stage dd").all_text_contents()
    assert words == [
        "25 × 33 = 825, one every 4 pixels",
        "96 = 3 heads × 32",
        "20 of 7 × 7 = 49 tokens",
        "to 28 × 35: 16 % of the windows",
        "3 tokens in every second block",
    ]
    page.mouse.click(*at(page, "stages", 0.9, 0.5))
    until(page, stage="4")
    assert page.locator(".swin-stage dd").last.text_content() == "none: one window holds all"


def corner_of_the_image(page: Page) -> tuple[float, float]:
    """Where the handle is: the only place of the panel with this cursor."""
    box = canvas(page, "stages").bounding_box()
    for down in range(90, 200, 7):
        for across in range(60, 230, 7):
            page.mouse.move(box["x"] + across, box["y"] + down)
            if canvas(page, "stages").evaluate("canvas => canvas.style.cursor") == "nwse-resize":
                return box["x"] + across, box["y"] + down
    raise AssertionError("no handle found")


def test_the_corner_of_the_image_can_be_dragged_and_chooses_no_stage(show):
    page = show(ModelExplorer(stage=3))
    x, y = corner_of_the_image(page)
    page.mouse.down()
    page.mouse.move(x + 60, y - 30, steps=6)
    assert "dragging" in said(page)
    page.mouse.up()
    height, width = map(int, said(page)["size"].split(","))
    assert height < 224 < width
    assert "dragging" not in said(page)
    assert said(page)["stage"] == "3"
    assert page.evaluate("[model.get('height'), model.get('width')]") == [height, width]
    assert sentence(page) == ModelFacts(SwinConfig(), height, width).sentence(3)


def test_every_network_can_be_chosen_and_its_line_copied(show):
    page = show(ModelExplorer(embed_dim=48))
    assert said(page)["preset"] == ""
    for words, name in zip(("Swin-T", "Swin-S", "Swin-B", "Swin-L", "Small network"), PRESETS, strict=True):
        page.get_by_role("radio", name=words).click()
        until(page, preset=name, depths=",".join(map(str, PRESETS[name].depths)))
        page.locator(".swin-copy").click()
        page.wait_for_selector(f'.swin-copy[data-copied="{name}()"]')
    assert said(page)["size"] == "32,32"
    page.get_by_role("radio", name="Swin-T").click()
    until(page, size="224,224")


def test_steppers_and_sliders_change_the_network_and_heads_stay_divisors(show):
    page = show(ModelExplorer(stage=2))
    page.get_by_role("spinbutton", name="Blocks of the chosen stage").press("ArrowUp")
    page.get_by_role("spinbutton", name="Heads of the chosen stage").press("ArrowUp")
    until(page, depths="2,3,6,2", heads="3,8,12,24")
    page.get_by_role("spinbutton", name="Channels C").press("ArrowDown")
    until(page, channels="80", heads="2,8,10,20")
    page.get_by_role("spinbutton", name="Window").press("ArrowUp")
    page.get_by_role("slider", name="Height").press("ArrowRight")
    until(page, windowSize="8,8", size="225,224")
    settings = SwinConfig(embed_dim=80, depths=(2, 3, 6, 2), num_heads=(2, 8, 10, 20), window_size=8)
    assert sentence(page) == ModelFacts(settings, 225, 224).sentence(2)


def test_keys_choose_the_stage_its_blocks_and_the_size_of_the_image(show):
    page = show(ModelExplorer(height=64, width=96, stage=2))
    boxes = canvas(page, "stages")
    for key in (
        "ArrowRight",
        "ArrowUp",
        "ArrowUp",
        "Shift+ArrowDown",
        "Shift+ArrowRight",
        "Shift+ArrowRight",
    ):
        boxes.press(key)
    until(page, stage="3", depths="2,2,8,2", size="63,98")
    canvas(page, "memory").press("ArrowUp")
    until(page, stage="2")


def test_what_the_kernel_changes_is_drawn(show):
    page = show(ModelExplorer())
    page.evaluate("model.set('depths', [2, 2]); model.set('num_heads', [3, 6]); model.set('stage', 2)")
    until(page, depths="2,2", stage="2")
    settings = SwinConfig(depths=(2, 2), num_heads=(3, 6))
    assert sentence(page) == ModelFacts(settings, 224, 224).sentence(2)
    assert page.evaluate("window.saved") == 0


def test_in_a_narrow_cell_the_stages_stand_in_two_rows_and_can_be_chosen_there(show):
    page = show(ModelExplorer(stage=1), 480)
    box = canvas(page, "stages").bounding_box()
    assert box["height"] > 0.7 * box["width"]
    page.mouse.click(*at(page, "stages", 0.75, 0.75))
    until(page, stage="4")
    page.mouse.click(*at(page, "stages", 0.85, 0.25))
    until(page, stage="2")
