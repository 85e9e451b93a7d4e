"""TrainingDashboard in a real JupyterLab: buttons that work while the cell runs, and a picture that stays."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace as Made

import nbformat
import pytest
import torch
from explorers import PICTURES, ROOT, SCROLLING, STANDING_OUT, TEXT_CONTRASTS, css_colour
from playwright.sync_api import Browser, Page, expect

from swin_edu.visuals import TrainingDashboard
from swin_edu.visuals.palette import colour

pytestmark = pytest.mark.browser

# A real network in the course's own loop, with few images, and some rest so that it takes seconds.
TRAINING = """
import time, torch
from IPython.display import display
from swin_edu.data import ImageDataset
from swin_edu.training import Training, TrainingSettings
from swin_edu.visuals import TrainingDashboard
images = torch.randint(0, 256, (48, 3, 16, 16), dtype=torch.uint8)
names = ["one", "two", "three"]
data = [ImageDataset(images, torch.arange(48) % 3, names, "tiny", split) for split in ("train", "test")]
options = {"embed_dim": 8, "depths": (1, 1), "num_heads": (1, 2)}
def fresh(epochs):
    settings = TrainingSettings(model_options=options, epochs=epochs, batch_size=8, device="cpu",
                                precision="float32", threads=1)
    return TrainingDashboard(Training(settings, data=data), pictures=3)
order, steps = [], 0
for _ in fresh(1).follow([]): pass"""
LOOP = """
dashboard = fresh({epochs})
display(dashboard)
order.append("loop")
for record in dashboard.follow():
    steps += 1
    time.sleep(0.02)
order.append(dashboard.phase)"""
NEXT = "order.append('next'); print(steps, order)"
ENTER = "Control+Enter"


def records(epochs, upto, steps=20):
    """A made-up run: (records, up to a place)."""
    for epoch in range(1, epochs + 1):
        for number in range(1, steps + 1):
            place = epoch - 1 + number / steps
            if place > upto:
                return
            numbers = {"loss": 2 - place / 5, "learning_rate": 1e-3 / place, "images_per_second": 1234.0}
            yield Made(epoch=epoch, step=number, steps=steps, **numbers)
        test = 1 - 0.8**epoch
        means = {
            "train_loss": 2 - epoch / 5,
            "test_loss": 2 - epoch / 6,
            "train_accuracy": test,
            "test_accuracy": test,
        }
        yield Made(epoch=epoch, epochs=epochs, **means)


def made_dashboard(upto=3.5, images=10, phase="running"):
    """A dashboard in the middle of a run: each half epoch, one image more is named rightly."""
    names = [f"a class number {i}" for i in range(10)]
    tests = Made(
        images=torch.randint(0, 256, (20, 3, 32, 32), dtype=torch.uint8),
        labels=torch.arange(20) % 10,
        class_names=names,
    )

    def predict(pictures):
        right = (torch.arange(len(pictures)) < 2 * dashboard._record.place).long()
        return 2 * torch.eye(10)[(torch.arange(len(right)) + 1 - right) % 10]

    clock = [0.0]
    training = Made(test_set=tests, predict=predict, steps=lambda: iter(()), settings=Made(epochs=5))
    dashboard = TrainingDashboard(training, pictures=images)
    dashboard._clock = lambda: clock[0]
    for _ in dashboard.follow(records(5, upto)):
        clock[0] += 0.5
    dashboard._enter(phase)
    return dashboard


# ---- in JupyterLab -----------------------------------------------------------------------------------


def run_without_waiting(page: Page, number: int) -> None:
    page.locator(".jp-CodeCell").nth(number).locator(".cm-content").click()
    page.keyboard.press(ENTER)


def until_phase(page: Page, phase: str, timeout: float = 60_000) -> None:
    page.wait_for_selector(f"{ROOT}[data-phase={phase}]", timeout=timeout)


def place_of(page: Page) -> float:
    return float(page.locator(ROOT).get_attribute("data-place"))


CELLS = [TRAINING, LOOP.format(epochs=500), NEXT, "dashboard", LOOP.format(epochs=500), LOOP.format(epochs=2)]


@pytest.fixture(scope="module")
def notebook(lab, browser: Browser) -> Iterator[Page]:
    """One notebook for all tests, because a kernel takes long to start; each test has cells of its own."""
    lab.write("training.ipynb", CELLS)
    page = browser.new_page(viewport={"width": 1200, "height": 1400})
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    lab.open(page, "training.ipynb")
    run_without_waiting(page, 0)
    page.wait_for_function(
        "/\\d/.test(document.querySelector('.jp-InputPrompt').textContent)", timeout=180_000
    )
    yield page
    assert errors == []
    page.close()


def output_with(page: Page, number: int, text: str) -> str:
    """What a cell has put out, as soon as this text is in it."""
    output = page.locator(".jp-CodeCell").nth(number).locator(".jp-OutputArea")
    output.get_by_text(text).first.wait_for(timeout=30_000)
    return output.inner_text()


def test_pause_resume_and_stop_work_while_the_cell_runs_and_the_next_cell_waits(notebook, lab):
    page = notebook
    run_without_waiting(page, 1)
    until_phase(page, "running")
    run_without_waiting(page, 2)  # waits in the kernel's queue until the loop is over
    page.wait_for_function(f"Number(document.querySelector('{ROOT}').dataset.place) > 0.5")

    page.get_by_role("button", name="Pause").click()
    until_phase(page, "paused", timeout=5_000)
    held = place_of(page)
    page.wait_for_timeout(1_500)
    assert place_of(page) == held
    assert page.locator(".swin-sentence").text_content().startswith("Paused: ")
    assert page.locator(".jp-InputPrompt").nth(2).text_content() == "[*]:"
    assert page.locator(".jp-CodeCell").nth(2).locator(".jp-OutputArea-output").count() == 0

    page.get_by_role("button", name="Resume").click()
    until_phase(page, "running", timeout=5_000)
    page.wait_for_function(f"Number(document.querySelector('{ROOT}').dataset.place) > {held}")
    page.get_by_role("button", name="Stop").click()
    said = output_with(page, 2, "next")
    assert "['loop', 'stopped', 'next']" in said
    assert 3 < int(re.search(r"\d+", said)[0]) < 3000

    # The picture has taken the place of the live view; the dashboard can be shown again, and says the same.
    cell = page.locator(".jp-CodeCell").nth(1)
    cell.locator("img").wait_for()
    assert cell.locator(".swin-explorer").count() == 0
    run_without_waiting(page, 3)
    until_phase(page, "stopped")
    assert page.get_by_role("button", name="Stop").is_disabled()


def test_the_square_button_of_the_notebook_ends_a_pause_and_leaves_the_picture(notebook, lab):
    page = notebook
    run_without_waiting(page, 4)
    until_phase(page, "running")
    cell = page.locator(".jp-CodeCell").nth(4)
    cell.get_by_role("button", name="Pause").click()
    until_phase(page, "paused", timeout=5_000)
    page.click('.lm-MenuBar-itemLabel:text-is("Kernel")')
    page.click('.lm-Menu-item[data-command="kernelmenu:interrupt"]')
    output_with(page, 4, "KeyboardInterrupt")
    cell.locator("img").wait_for()
    assert cell.locator(".swin-explorer").count() == 0


def test_the_saved_notebook_shows_the_picture_without_a_kernel(notebook, lab):
    page = notebook
    run_without_waiting(page, 5)
    page.locator(".jp-CodeCell").nth(5).locator("img").wait_for(timeout=60_000)
    page.keyboard.press("Control+s")
    file, end = Path(lab.folder) / "training.ipynb", time.monotonic() + 30
    while not (outputs := nbformat.read(file, as_version=4).cells[5].outputs) and time.monotonic() < end:
        page.wait_for_timeout(200)
    (output,) = outputs
    assert set(output.data) == {"image/png", "text/plain"}
    assert output.data["text/plain"] == "TrainingDashboard()"
    assert output.metadata["image/png"]["alt"].startswith("Training is done. After epoch 2")


# ---- the view alone ----------------------------------------------------------------------------------


def test_it_fits_any_cell_and_can_be_read_in_both_themes(show):
    page = show(made_dashboard(), 1200)
    root = page.locator(ROOT)
    for width in (1200, 800, 700, 480):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_selector(f"{ROOT}[data-theme={scheme}]")
            page.wait_for_timeout(60)
            where = f"{width} px, {scheme}"
            ground = root.evaluate("root => getComputedStyle(root).backgroundColor")
            assert ground == css_colour(colour("surface", scheme)), where
            assert root.bounding_box()["width"] == pytest.approx(width - 20, abs=1)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, where
            assert [text for text in root.evaluate(SCROLLING) if "swin-sample" not in text] == [], where
            assert root.evaluate(STANDING_OUT) == [], where
            contrasts = root.evaluate(TEXT_CONTRASTS)
            assert len(contrasts) > 20
            assert min(contrasts.values()) >= 4.5, (where, contrasts)


def test_right_and_wrong_differ_by_more_than_colour(show):
    page = show(made_dashboard())
    cards = page.locator(".swin-sample")
    assert cards.count() == 10
    right, wrong = (page.locator(f".swin-sample[data-answer={kind}]") for kind in ("right", "wrong"))
    assert right.count() == int(page.locator(ROOT).get_attribute("data-right")) == 7
    styles = "node => getComputedStyle(node.querySelector('.swin-sample-frame')).borderTopStyle"
    assert (right.first.evaluate(styles), wrong.first.evaluate(styles)) == ("solid", "dashed")
    assert right.first.locator(".swin-sample-mark").text_content() == "✓"
    assert wrong.first.locator(".swin-sample-mark").text_content() == "✗"
    assert "right," in right.first.locator(".swin-hidden").text_content()
    assert "named a class number" in wrong.first.locator(".swin-hidden").text_content()


def test_pointing_goes_back_in_all_panels_and_a_click_stays_there(show):
    page = show(made_dashboard())
    root, said = page.locator(ROOT), page.locator(".swin-sentence")
    before, now = root.evaluate(PICTURES), said.text_content()
    box = page.locator("[data-panel=accuracy] canvas").bounding_box()
    page.mouse.move(box["x"] + 0.45 * box["width"], box["y"] + 0.5 * box["height"])
    expect(root).to_have_attribute("data-at", re.compile(r"\d"))  # a busy browser may need a moment
    place = float(root.get_attribute("data-at"))
    assert 0.5 < place < 2
    assert said.text_content().startswith(f"Back at epoch {place:.2f}: the loss was")
    assert int(root.get_attribute("data-right")) < 7
    page.mouse.move(5, 5)
    expect(said).to_have_text(now)
    assert root.evaluate(PICTURES) == before
    page.mouse.click(box["x"] + 0.45 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.move(5, 5)
    assert float(root.get_attribute("data-at")) == place
    page.get_by_role("button", name="Back to now").click()
    expect(root).to_have_attribute("data-at", "")
    assert not page.get_by_role("button", name="Back to now").is_visible()


def test_keys_go_back_and_forth_and_it_is_said_aloud(show):
    page = show(made_dashboard())
    root, canvas = page.locator(ROOT), page.locator("[data-panel=loss] canvas")
    places = [canvas.press("ArrowLeft") or float(root.get_attribute("data-at")) for _ in range(3)]
    assert places == sorted(places, reverse=True)
    assert len(set(places)) == 3
    canvas.press("ArrowRight")
    assert float(root.get_attribute("data-at")) == places[1]
    page.wait_for_function("/^Back at epoch/.test(document.querySelector('[aria-live]').textContent)")
    canvas.press("Home")
    assert float(root.get_attribute("data-at")) == 0.05
    canvas.press("End")
    assert root.get_attribute("data-at") == ""


def test_buttons_send_a_wish_and_wait_for_the_kernel(show):
    page = show(made_dashboard())
    page.evaluate("window.sent = []; model.send = (content) => sent.push(content); null")
    page.get_by_role("button", name="Pause").press("Enter")
    assert page.evaluate("sent") == [{"wish": "pause"}]
    assert page.get_by_role("button", name="Pausing …").is_disabled()

    def kernel_says(phase):
        page.evaluate("phase => model.set('_progress', {...model.get('_progress'), phase})", phase)
        page.wait_for_selector(f"{ROOT}[data-phase={phase}]")

    kernel_says("paused")
    page.get_by_role("button", name="Resume").click()
    kernel_says("running")
    page.get_by_role("button", name="Stop").click()
    assert page.evaluate("sent").pop() == {"wish": "stop"}
    kernel_says("stopped")
    assert page.get_by_role("button", name="Stop").is_disabled()


def test_only_news_is_said_aloud_while_it_runs(show):
    page = show(made_dashboard())
    page.wait_for_timeout(700)
    spoken = "document.querySelector('[aria-live]').textContent"
    first = page.evaluate(spoken)
    assert first.startswith("Epoch 4 of 5")
    tell = "sentence => model.set('_progress', {...model.get('_progress'), sentence})"
    for number in range(4):
        page.evaluate(tell, f"Step {number}.")
        page.wait_for_timeout(300)
    assert page.locator(".swin-sentence").text_content() == "Step 3."
    assert page.evaluate(spoken) == first
    page.evaluate(
        "model.set('_progress', {...model.get('_progress'), phase: 'paused', sentence: 'Paused: now.'})"
    )
    page.wait_for_function(f"{spoken} === 'Paused: now.'")


def test_everything_has_a_name_and_progress_is_said(show):
    page = show(made_dashboard())
    bar = page.get_by_role("progressbar", name="Progress")
    assert bar.get_attribute("aria-valuetext") == "epoch 4 of 5"
    assert float(bar.get_attribute("aria-valuenow")) == 3.5
    names = page.locator(ROOT).evaluate(
        "root => [...root.querySelectorAll('[tabindex=\"0\"], button')]"
        ".filter((node) => node.getClientRects().length)"
        ".map((node) => node.getAttribute('aria-label') || node.textContent)"
    )
    assert len(names) == 5
    assert all(len(name) > 2 for name in names)


@pytest.mark.parametrize("upto", [0, 0.05, 1, 5])
def test_every_moment_of_a_run_can_be_shown(show, upto):
    page = show(made_dashboard(upto, phase="running" if upto < 5 else "finished"))
    said = page.locator(ROOT).inner_text()
    assert not re.search(r"NaN|undefined|Infinity|null", said), said
    state = page.evaluate("['_curves', '_moments'].map((name) => model.get(name))")
    assert json.loads(state[0]).keys() == {"loss", "learning_rate", "speed", "tested"}


def test_a_dashboard_without_images_shows_curves_alone(show):
    dashboard = TrainingDashboard()
    for _ in dashboard.follow(records(3, 3)):
        pass
    page = show(dashboard)
    assert page.locator("[data-panel]").count() == 3
    assert page.locator(".swin-sentence").text_content() == dashboard.sentence


def test_nothing_moves_where_the_reader_wants_stillness(show):
    page = show(made_dashboard(), reduced_motion="reduce")
    durations = page.locator(ROOT).evaluate(
        "root => [...root.querySelectorAll('.swin-progress i, .swin-sample-bar i')]"
        ".map((node) => getComputedStyle(node).transitionDuration)"
    )
    assert set(durations) == {"0s"}


def test_a_view_that_is_closed_leaves_nothing_behind(show):
    page = show(made_dashboard())
    assert page.evaluate("listening()") > 0
    page.evaluate("destroy()")
    assert page.locator(".swin-explorer").count() == 0
    assert page.evaluate("listening()") == 0
