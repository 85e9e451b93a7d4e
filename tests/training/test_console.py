"""The run on the screen: a bar with speed and time left on a terminal, plain lines in a file."""

import io

from rich.console import Console

from swin_edu.training import Training
from swin_edu.training import console as module
from swin_edu.training.console import follow


def test_a_terminal_sees_the_epoch_the_loss_the_speed_and_the_time_left(settings):
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=140, color_system=None)
    follow(Training(settings), console)
    text = screen.getvalue()
    for expected in ("epoch 3/3", "9/9", "loss ", "images/s", "left"):
        assert expected in text
    assert text.count("test ") >= 3, "each epoch leaves its line above the bar"


def test_a_file_gets_one_plain_line_an_epoch_without_control_codes(settings):
    file = io.StringIO()
    follow(Training(settings), Console(file=file, force_terminal=False))
    lines = file.getvalue().splitlines()
    assert [line[:9] for line in lines] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert "\x1b" not in file.getvalue()


def test_long_epochs_report_in_between(settings, monkeypatch):
    monkeypatch.setattr(module, "_SECONDS_BETWEEN_LINES", 0)
    file = io.StringIO()
    follow(Training(settings), Console(file=file, force_terminal=False))
    assert len([line for line in file.getvalue().splitlines() if "step" in line]) == 9
