"""TensorBoard gets what the log gets, and a run without it is as before."""

import sys
import types

import pytest

from swin_edu.training import StepRecord, Training, start_run


class Writer:
    def __init__(self, folder, purge_step):
        self.folder, self.purge_step, self.scalars = folder, purge_step, []
        WRITERS.append(self)

    def add_scalar(self, name, value, place):
        self.scalars.append((name, value, place))

    def flush(self):
        pass


WRITERS = []


@pytest.fixture
def installed(monkeypatch):
    module = types.ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = Writer
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    WRITERS.clear()


def test_steps_and_epochs_are_written_where_tensorboard_is_installed(installed, settings, tmp_path):
    training = Training(settings, start_run(tmp_path / "run", settings))
    list(training.steps())
    (writer,) = WRITERS
    assert writer.folder == str(tmp_path / "run" / "tensorboard")
    losses = [(value, place) for name, value, place in writer.scalars if name == "step/loss"]
    steps = [record for record in training.run.records() if isinstance(record, StepRecord)]
    assert losses == [(record.loss, 3 * (record.epoch - 1) + record.step) for record in steps]
    Training(settings, training.run)
    assert WRITERS[1].purge_step == 10, "a resumed run begins behind its nine steps"
    assert [place for name, _, place in writer.scalars if name == "epoch/test_accuracy"] == [1, 2, 3]


def test_without_tensorboard_a_run_is_as_before(settings, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    training = Training(settings, start_run(tmp_path / "run", settings))
    assert training.board is None
    assert len(list(training.steps())) == 12
