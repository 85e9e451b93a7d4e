"""What a run leaves: weights that give the reported accuracy, numbers with their hardware, a real picture."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from swin_edu.data import load_dataset, normalise
from swin_edu.model import load_checkpoint
from swin_edu.training import Training, TrainingError, TrainingSettings, finish_run, start_run
from swin_edu.training.settings import settings_from_json


@pytest.fixture
def finished(settings, tmp_path) -> Training:
    training = Training(settings, start_run(tmp_path / "run", settings))
    list(training.steps())
    return training


def test_the_saved_weights_give_the_reported_accuracy(finished, settings):
    results = finish_run(finished)
    model = load_checkpoint(finished.run.weights)
    test = load_dataset(settings.data, "test")
    inputs = normalise(test.images, results["channel_mean"], results["channel_deviation"])
    with torch.no_grad():
        right = (model(inputs).argmax(dim=1) == test.labels).float().mean()
    assert results["test_accuracy"] == pytest.approx(float(right))
    assert results["class_names"] == test.class_names


def test_results_tell_numbers_hardware_and_settings(finished, settings):
    results = finish_run(finished)
    assert json.loads(finished.run.results.read_text()) == json.loads(json.dumps(results))
    last = finished.run.records()[-1]
    assert results["test_accuracy"] == last.test_accuracy
    assert results["epochs"] == 3
    assert results["parameters"] == sum(parameter.numel() for parameter in finished.model.parameters())
    assert (results["train_images"], results["test_images"]) == (96, 40)
    seconds = results["training_seconds"]
    assert results["images_per_second"] == pytest.approx(3 * 96 / seconds, rel=1e-6)
    assert results["hardware"]["torch"] == torch.__version__
    assert results["hardware"]["processor"]
    assert results["hardware"]["threads"] == 1
    assert settings_from_json(json.dumps(results["settings"])) == settings


def test_the_accuracy_is_that_of_the_last_epoch_not_of_the_best(finished):
    records = finished.run.records()
    flattered = [r for r in records if not hasattr(r, "test_accuracy") or r.epoch < 3]
    last = records[-1]
    finished.run.log_file.unlink()
    for record in flattered:
        better = {"test_accuracy": 1.0} if hasattr(record, "test_accuracy") else {}
        finished.run.append(type(record)(**{**record.__dict__, **better}))
    finished.run.append(last)
    assert finish_run(finished)["test_accuracy"] == last.test_accuracy < 1.0


def test_the_curves_are_a_png_with_something_drawn_in_both_halves(finished):
    finish_run(finished)
    with Image.open(finished.run.curves) as image:
        assert image.format == "PNG"
        pixels = np.asarray(image.convert("RGB")).astype(int)
    assert pixels.shape[1] > pixels.shape[0] > 300
    coloured = np.ptp(pixels, axis=2) > 60  # grey are axes and text only
    half = pixels.shape[1] // 2
    assert coloured[:, :half].sum() > 100
    assert coloured[:, half:].sum() > 100


def test_drawing_does_not_touch_the_figures_of_a_notebook(finished):
    import matplotlib.pyplot as plt

    before, backend = plt.get_fignums(), plt.matplotlib.get_backend()
    finish_run(finished)
    assert plt.get_fignums() == before
    assert plt.matplotlib.get_backend() == backend


def test_an_unfinished_run_has_no_results(settings, tmp_path):
    training = Training(settings, start_run(tmp_path / "run", settings))
    next(training.steps())
    with pytest.raises(TrainingError, match="3 of its 3 epochs are missing"):
        finish_run(training)
    assert not training.run.results.exists()
    with pytest.raises(TrainingError, match="no folder"):
        finish_run(Training(TrainingSettings(data=settings.data)))
