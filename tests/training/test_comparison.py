"""Runs beside each other: what differs is found, also while one is still going, and nothing else is shown."""

from dataclasses import replace
from pathlib import Path

import pytest

from swin_edu.training import EpochRecord, StepRecord, Training, TrainingError, TrainingSettings, start_run
from swin_edu.training.comparison import (
    RunSummary,
    differing_settings,
    same_test,
    short_names,
    summarise_run,
)


def summary(**settings) -> RunSummary:
    return RunSummary(Path("run"), TrainingSettings(**settings), [], False, None)


def begin(path, *seconds, **settings):
    """A run that was started and has a log, and nothing else."""
    run = start_run(path, TrainingSettings(**settings))
    for epoch, duration in enumerate(seconds, start=1):
        run.append(StepRecord(epoch, 1, 1, 2.0, 1e-3, 10.0))
        run.append(EpochRecord(epoch, 9, 2.0, 0.1, 2.0, 0.1 * epoch, duration, 100.0 * epoch))
    return run


def test_a_run_that_is_still_going_is_read_from_its_log(tmp_path):
    begin(tmp_path / "run", 10.0, 30.0)
    found = summarise_run(tmp_path / "run")
    assert (found.finished, found.parameters, len(found.epochs)) == (False, None, 2)
    assert (found.accuracy, found.seconds, found.seconds_at()) == (0.2, 40.0, [10.0, 40.0])
    assert found.images_per_second == (100 * 10 + 200 * 30) / 40


def test_the_parameters_of_an_unfinished_run_are_counted_in_its_checkpoint(settings, tmp_path):
    training = Training(settings, start_run(tmp_path / "run", settings))
    for record in training.steps():
        if isinstance(record, EpochRecord):
            break
    found = summarise_run(tmp_path / "run")
    assert found.parameters == sum(parameter.numel() for parameter in training.model.parameters())


def test_only_settings_that_differ_are_shown_with_those_of_the_network_apart():
    runs = [
        summary(seed=1, model_options={"window_size": 8, "depths": (2, 2)}),
        summary(seed=1, learning_rate=2e-3, model_options={"depths": (2, 2)}),
    ]
    assert differing_settings(runs) == {"learning_rate": [1e-3, 2e-3], "--set window_size": [8, None]}
    assert differing_settings(runs[:1]) == {}


@pytest.mark.parametrize("change", [{"data": "cifar10"}, {"limit_test": 5}, {"image_size": 32}])
def test_another_test_is_noticed_and_another_seed_is_none(change):
    assert same_test([summary(), summary(seed=3)])
    assert not same_test([summary(), summary(**change)])


def test_names_are_as_short_as_they_can_be():
    paths = [Path(p) for p in ("/r/a/x", "/r/b/x", "/q/b/x", "/r/y")]
    assert short_names(paths) == ["a/x", "r/b/x", "q/b/x", "y"]


def test_what_cannot_be_compared_is_said(tmp_path):
    with pytest.raises(TrainingError, match="does not exist"):
        summarise_run(tmp_path / "gone")
    begin(tmp_path / "fresh")
    with pytest.raises(TrainingError, match="has not finished an epoch"):
        summarise_run(tmp_path / "fresh")
    run = begin(tmp_path / "damaged", 1.0)
    record = replace(run.records()[-1], seconds="long")
    run.append(record)
    with pytest.raises(TrainingError, match="holds text where numbers belong"):
        summarise_run(tmp_path / "damaged")
