"""The running mean of the weights: short at first, long later, and it is what a run tests and keeps."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from swin_edu.model import load_checkpoint
from swin_edu.training import EpochRecord, Training, finish_run, start_run
from swin_edu.training.optimizers import AveragedWeights


def test_the_mean_forgets_the_first_weights_soon_and_then_keeps_the_decay():
    model = nn.Linear(1, 1, bias=False)
    averaged = AveragedWeights(model, 0.5)
    expected = None
    for number in range(12):
        nn.init.constant_(model.weight, float(number))
        averaged.update_parameters(model)
        kept = min(0.5, (1 + number) / (10 + number))
        expected = float(number) if expected is None else kept * expected + (1 - kept) * number
        assert averaged.module.weight.item() == pytest.approx(expected)


def test_a_run_tests_and_keeps_the_mean_and_goes_on_with_it_after_a_stop(settings, tmp_path):
    settings = replace(settings, ema_decay=0.9)
    whole = Training(settings, start_run(tmp_path / "whole", settings))
    records = [record for record in whole.steps() if isinstance(record, EpochRecord)]
    assert whole.tested_model is not whole.model
    assert not torch.equal(whole.tested_model.head.weight, whole.model.head.weight)
    finish_run(whole)
    kept = load_checkpoint(whole.run.weights)
    assert torch.equal(kept.head.weight, whole.tested_model.head.weight)

    run = start_run(tmp_path / "stopped", settings)
    for record in Training(settings, run).steps():
        if isinstance(record, EpochRecord):
            break
    # The loop was left before its checkpoint was written, or after: both end alike.
    resumed = Training(settings, run)
    again = [record for record in resumed.steps() if isinstance(record, EpochRecord)]
    assert again[-1].test_loss == records[-1].test_loss
    for name, tensor in whole.tested_model.state_dict().items():
        assert torch.equal(tensor, resumed.tested_model.state_dict()[name]), name
