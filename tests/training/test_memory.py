"""Out of memory: the message says what would fit, found by trying. Parts of a batch add up to the whole."""

from dataclasses import replace

import pytest
import torch

from swin_edu.training import StepRecord, Training, TrainingError
from swin_edu.training.memory import fits_on


def limit_memory(training: Training, images: int) -> None:
    """Let the network run out of memory as a GPU would, with more images at once than that."""

    def check(module, inputs):
        if len(inputs[0]) > images:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    training.model.register_forward_pre_hook(check)


@pytest.mark.parametrize(
    ("fitting", "words"),
    [
        (9, r"batch of 32 does not fit into the memory of cpu; 8 images at once do. --accumulate 4 keeps"),
        (0, r"batch of 32 does not fit into the memory of cpu, and neither does a single image"),
    ],
)
def test_the_message_says_which_batch_would_fit(settings, fitting, words):
    training = Training(settings)
    limit_memory(training, fitting)
    with pytest.raises(TrainingError, match=words):
        next(training.steps())


def test_what_the_message_proposes_works(settings):
    training = Training(replace(settings, accumulate=4))
    limit_memory(training, 9)
    assert isinstance(next(training.steps()), StepRecord)


@pytest.mark.parametrize("parts", [2, 5])
def test_a_batch_in_parts_gives_the_weights_of_the_whole_batch(settings, parts):
    # Stochastic depth would drop other paths.
    options = {**settings.model_options, "drop_path_rate": 0.0}
    settings = replace(settings, model_options=options, mixup_alpha=0.8)
    records = {}
    for accumulate in (1, parts):
        training = Training(replace(settings, accumulate=accumulate))
        records[accumulate] = [record.loss for record in training.steps() if isinstance(record, StepRecord)]
    assert records[parts] == pytest.approx(records[1], abs=1e-5)


def test_images_live_on_the_gpu_only_where_they_leave_room_for_training(monkeypatch):
    images = torch.zeros(10, 3, 8, 8, dtype=torch.uint8)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (4 * images.numel(), 0))
    assert fits_on(torch.device("cuda"), images)
    assert not fits_on(torch.device("cuda"), images.repeat(2, 1, 1, 1))
    assert fits_on(torch.device("cpu"), images)
    assert not fits_on(torch.device("meta"), images)
