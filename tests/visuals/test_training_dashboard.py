"""TrainingDashboard as Python sees it: the loop is unchanged, few small messages, clean ends, a picture."""

import io
import json
from types import SimpleNamespace as Made

import numpy as np
import pytest
import torch
from PIL import Image
from traitlets import TraitError

from swin_edu.data import ImageDataset
from swin_edu.training import Training, TrainingSettings
from swin_edu.visuals import TrainingDashboard
from swin_edu.visuals.explorer import assemble_module

STEPS = 40


@pytest.fixture
def clock():
    return [0.0]


def records(clock, epochs=2, steps=STEPS, pace=0.05):
    for epoch in range(1, epochs + 1):
        for number in range(1, steps + 1):
            clock[0] += pace
            numbers = {"loss": 2 / epoch, "learning_rate": 1e-3, "images_per_second": 100.0}
            yield Made(epoch=epoch, step=number, steps=steps, **numbers)
        means = {"train_loss": 1.5, "test_loss": 1.4, "train_accuracy": 0.4, "test_accuracy": 0.45}
        yield Made(epoch=epoch, epochs=epochs, **means)


def watched(clock, asked=None, **how):
    tests = Made(
        images=torch.zeros(12, 3, 8, 8, dtype=torch.uint8),
        labels=torch.arange(12) % 4,
        class_names=["cat", "dog", "frog", "ship"],
    )

    def predict(images):
        if asked is not None:
            asked.append(len(images))
        return torch.eye(4)[torch.arange(len(images)) % 4] * 3

    return Made(test_set=tests, predict=predict, steps=lambda: records(clock, **how))


def dashboard_of(training, clock):
    dashboard = TrainingDashboard(training)
    dashboard._clock = lambda: clock[0]
    return dashboard


@pytest.fixture
def sent(monkeypatch):
    """Every message to the browser, as it would travel."""
    messages = []
    monkeypatch.setattr(
        TrainingDashboard, "_send", lambda self, message, buffers=None: messages.append((message, buffers or []))
    )
    return messages


def bytes_of(message):
    content, buffers = message
    return len(json.dumps(content)) + sum(map(len, buffers))


def tiny_training():
    draw = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (24, 3, 16, 16), dtype=torch.uint8, generator=draw)
    data = tuple(
        ImageDataset(images, torch.arange(24) % 3, ["one", "two", "three"], "tiny", split)
        for split in ("train", "test")
    )
    options = {"embed_dim": 8, "depths": (1, 1), "num_heads": (1, 2), "drop_path_rate": 0.4}
    settings = TrainingSettings(
        model_options=options, epochs=2, batch_size=8, device="cpu", precision="float32", threads=1
    )
    return Training(settings, data=data)


def test_a_watched_run_ends_with_the_same_weights_bit_for_bit():
    plain, seen = tiny_training(), tiny_training()
    for _ in plain.steps():
        pass
    dashboard = TrainingDashboard(seen, pictures=3)
    clock, kinds = [0], []
    dashboard._clock = lambda: clock[0]
    for record in dashboard.follow():
        kinds.append(type(record).__name__)
        clock[0] += 10  # so that it looks at the images after each step
    assert kinds == (["StepRecord"] * 3 + ["EpochRecord"]) * 2
    assert len(dashboard._strip.moments) == 6  # an epoch ends where its last step is
    one, other = plain.model.state_dict(), seen.model.state_dict()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_the_loop_gets_the_very_records_of_the_training(clock):
    expected = list(records(clock))
    dashboard = dashboard_of(watched(clock), clock)
    assert all(a is b for a, b in zip(expected, dashboard.follow(iter(expected)), strict=True))
    assert dashboard.phase == "finished"


def test_the_browser_gets_at_most_five_small_messages_a_second(clock, sent):
    dashboard = dashboard_of(watched(clock, epochs=1, steps=1000, pace=0.01), clock)
    made = len(sent)
    for _ in dashboard.follow():
        pass
    count = len(sent) - made
    seconds = 1000 * 0.01
    assert 0.5 * 5 * seconds < count <= 5 * seconds + 4  # start, epoch, end
    assert max(map(bytes_of, sent[made:])) < 25_000


def test_in_a_long_run_messages_are_fewer_and_still_small(clock, sent):
    dashboard = dashboard_of(watched(clock, epochs=10, steps=100, pace=0.5), clock)
    made = len(sent)
    for _ in dashboard.follow():
        pass
    seconds = 10 * 100 * 0.5
    assert len(sent) - made < 2.5 * seconds  # once a second after five minutes
    assert max(map(bytes_of, sent[made:])) < 30_000
    assert sum(map(bytes_of, sent[made:])) / seconds < 60_000


def test_the_images_are_named_no_more_than_twice_a_second_and_less_if_it_takes_long(clock):
    asked = []
    quick = dashboard_of(watched(clock, asked, epochs=1, steps=1000, pace=0.01), clock)
    for _ in quick.follow():
        pass
    assert set(asked) == {10}
    assert 10 < len(asked) <= 10 / 0.5 + 3
    slow = watched(clock, epochs=1, steps=1000, pace=0.01)
    count = []

    def predict(images):
        count.append(1)
        clock[0] += 0.1
        return torch.zeros(len(images), 4)

    slow.predict = predict
    for _ in dashboard_of(slow, clock).follow():
        pass
    assert len(count) <= 10 / (0.1 * 50) + 3


def test_a_wish_to_stop_ends_the_loop_after_the_present_step_and_closes_the_training(clock):
    closed = []

    def steps():
        try:
            yield from records(clock)
        finally:
            closed.append(True)

    dashboard = dashboard_of(watched(clock), clock)
    seen = 0
    for record in dashboard.follow(steps()):
        seen += 1
        if record.step == 3:
            dashboard._handle_custom_msg({"wish": "stop"}, [])
    assert (seen, dashboard.phase, closed) == (3, "stopped", [True])
    assert dashboard.sentence.startswith("Stopped before the end: epoch 1, step 3 of 40")


def test_the_body_of_the_loop_may_stop_it_and_a_second_loop_goes_on(clock):
    dashboard = dashboard_of(watched(clock), clock)
    for record in dashboard.follow():
        if hasattr(record, "test_accuracy"):
            dashboard.stop()
    assert dashboard.phase == "stopped"
    for _ in dashboard.follow():
        pass
    assert dashboard.phase == "finished"
    places = [row[0] for row in json.loads(dashboard._curves)["loss"]]
    assert places == sorted(places)


def test_a_loop_that_is_left_or_fails_is_said_so_and_the_error_goes_on(clock):
    dashboard = dashboard_of(watched(clock), clock)
    for _ in dashboard.follow():
        break
    assert dashboard.phase == "stopped"

    def failing(error):
        yield next(records(clock))
        raise error

    with pytest.raises(ValueError, match="diverged"):
        list(dashboard.follow(failing(ValueError("diverged"))))
    assert dashboard.phase == "failed"
    with pytest.raises(KeyboardInterrupt):
        list(dashboard.follow(failing(KeyboardInterrupt())))
    assert dashboard.phase == "stopped"


def test_without_a_browser_a_pause_holds_up_nothing_and_nothing_is_printed(clock, capsys):
    dashboard = dashboard_of(watched(clock), clock)
    for _ in dashboard.follow():
        dashboard._handle_custom_msg({"wish": "pause"}, [])
    assert dashboard.phase == "finished"
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("content", [None, "pause", {}, {"wish": "explode"}, {"wish": ["stop"]}])
def test_other_messages_change_nothing(clock, content):
    dashboard = dashboard_of(watched(clock), clock)
    for _ in dashboard.follow():
        dashboard._handle_custom_msg(content, [])
    assert dashboard.phase == "finished"


def test_what_cannot_be_watched_is_refused_with_what_it_lacks():
    with pytest.raises(TypeError, match=r"steps\(\).*SimpleNamespace has no steps and no test_set"):
        TrainingDashboard(Made(predict=len))
    with pytest.raises(ValueError, match="follow.. needs records"):
        TrainingDashboard().follow()
    with pytest.raises(TraitError, match=r"pictures must be 1 \.\.\. 12, got 13"):
        TrainingDashboard(pictures=13)


def test_what_it_says_about_itself_is_the_same_before_and_after_a_run(clock):
    # so that a notebook's text output, which is compared, is the same each time
    dashboard = dashboard_of(watched(clock), clock)
    before = repr(dashboard)
    for _ in dashboard.follow():
        pass
    assert repr(dashboard) == before == "TrainingDashboard()"


def pixels_of(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def test_the_picture_shows_the_run_and_is_the_same_for_the_same_numbers(clock):
    pictures = []
    for _ in range(2):
        dashboard = dashboard_of(watched(clock), clock)
        pictures.append(dashboard.picture())
        for _ in dashboard.follow():
            pass
        pictures.append(dashboard.picture())
        clock[0] = 0
    assert pictures[0] == pictures[2]
    assert pictures[1] == pictures[3]
    assert np.abs(pixels_of(pictures[0]).astype(int) - pixels_of(pictures[1])).max() > 100
    assert len(pictures[1]) < 200_000


def test_an_untimed_picture_does_not_depend_on_the_machine(clock):
    def picture(speed, timed):
        dashboard = TrainingDashboard(watched(clock), timed=timed)
        made = list(records(clock))
        for record in made:
            record.images_per_second = speed
        list(dashboard.follow(made))
        return dashboard.picture()

    assert picture(100, timed=False) == picture(333, timed=False)
    assert picture(100, timed=True) != picture(333, timed=True)


@pytest.mark.parametrize("count", [0, 1, 2, STEPS, STEPS + 1, 2 * STEPS + 2])
def test_every_moment_of_a_run_can_be_drawn(clock, count):
    dashboard = dashboard_of(watched(clock), clock)
    for _, _ in zip(range(count), dashboard.follow(), strict=False):
        pass
    assert pixels_of(dashboard.picture()).std() > 5
    json.dumps(dashboard._for_browser(), allow_nan=False)


def test_the_page_gets_the_picture_and_the_sentence(clock):
    dashboard = dashboard_of(watched(clock), clock)
    data, metadata = dashboard._repr_mimebundle_()
    assert metadata["image/png"]["alt"] == dashboard.sentence
    assert pixels_of(data["image/png"]).shape[1] == 1.5 * metadata["image/png"]["width"]
    assert dashboard.still().png == dashboard.picture()


def test_the_module_is_put_together_without_imports():
    text = assemble_module("training_dashboard.js")
    assert "import {" not in text
    assert text.count("export default") == 1
