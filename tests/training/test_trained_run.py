"""A run is opened with the right weights on the right images, and everything that does not fit is said."""

import json
import shutil
from dataclasses import replace

import pytest
import torch

from swin_edu.data import make_shapes
from swin_edu.training import Training, TrainingError, TrainingSettings, finish_run, start_run
from swin_edu.training.trained_run import open_trained_run

from .conftest import TINY, write_as_parquet


@pytest.fixture(scope="module")
def done(few_shapes, tmp_path_factory):
    """A finished run of two epochs and what it reported."""
    settings = TrainingSettings(
        data=str(few_shapes), epochs=2, batch_size=32, model_options=TINY, device="cpu", limit_test=30
    )
    training = Training(settings, start_run(tmp_path_factory.mktemp("runs") / "done", settings))
    list(training.steps())
    return training, finish_run(training)


@pytest.fixture
def run(done, tmp_path):
    """A copy that a test may damage."""
    return shutil.copytree(done[0].run.path, tmp_path / "run")


def unfinish(run):
    (run / "results.json").unlink()
    (run / "model.safetensors").unlink()


def test_a_finished_run_gives_the_accuracy_that_it_reported(run, done):
    trained = open_trained_run(run, device="cpu")
    evaluation = trained.evaluate(batch_size=7)
    assert evaluation.accuracy == trained.reported == done[1]["test_accuracy"]
    assert evaluation.loss == pytest.approx(done[1]["test_loss"], rel=1e-5)
    assert evaluation.flip_accuracy is not None
    assert trained.weights == run / "model.safetensors"
    assert trained.notes == ["Only 30 test images, because the run has limit_test=30."]


def test_an_unfinished_run_is_tested_with_its_newest_whole_checkpoint_and_says_so(run, done):
    unfinish(run)
    trained = open_trained_run(run, device="cpu")
    assert trained.weights.name == "epoch-0002.ckpt"
    assert "is not finished. Tested is its newest whole checkpoint, epoch 2 of 2." in trained.notes[0]
    # The statistics come from the training images then, and the last checkpoint holds the final weights.
    assert trained.evaluate().accuracy == done[1]["test_accuracy"]
    assert trained.reported is None

    newest = run / "checkpoints" / "epoch-0002.ckpt"
    newest.write_bytes(newest.read_bytes()[:-100])
    trained = open_trained_run(run, device="cpu")
    assert trained.weights.name == "epoch-0001.ckpt"
    assert "Passed over" in trained.notes[0]
    assert "epoch 1 of 2" in trained.notes[0]


def test_a_checkpoint_can_be_named(run):
    early = open_trained_run(run, checkpoint=run / "checkpoints" / "epoch-0001.ckpt", device="cpu")
    late = open_trained_run(run, checkpoint=run / "model.safetensors", device="cpu")
    assert early.reported is None
    weights = [trained.model.state_dict() for trained in (early, late)]
    assert any(not torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    with pytest.raises(TrainingError, match=r"no file .*gone.ckpt; .*epoch-0001.ckpt, epoch-0002.ckpt"):
        open_trained_run(run, checkpoint=run / "gone.ckpt")


def test_a_run_without_any_weights_says_how_to_go_on(run):
    unfinish(run)
    shutil.rmtree(run / "checkpoints")
    with pytest.raises(TrainingError, match=r"not finished\. There is no whole checkpoint.*--resume"):
        open_trained_run(run)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda run: shutil.rmtree(run), "does not exist"),
        (lambda run: (shutil.rmtree(run), run.write_text("x")), "is a file"),
        (lambda run: (run / "settings.json").unlink(), "holds no run"),
        (lambda run: (run / "settings.json").write_text("{"), "settings.json is damaged"),
        (lambda run: (run / "results.json").write_text("[1]"), "results.json is damaged"),
        (lambda run: (run / "results.json").write_text("{}"), "results.json is damaged"),
        (lambda run: (run / "model.safetensors").write_bytes(b"x" * 50), "model.safetensors cannot be used"),
    ],
)
def test_what_is_no_run_or_damaged_is_named(run, spoil, message):
    spoil(run)
    with pytest.raises(TrainingError, match=message):
        open_trained_run(run)


def test_a_device_that_is_not_there_is_named(run):
    with pytest.raises(TrainingError, match="toaster"):
        open_trained_run(run, device="toaster")


@pytest.mark.parametrize("finished", [True, False])
def test_test_images_that_changed_are_refused_unless_they_are_asked_for(tmp_path, finished):
    data = tmp_path / "shapes"
    for split, count in (("train", 40), ("test", 20)):
        write_as_parquet(make_shapes(count, split), data / f"{split}.parquet")
    settings = TrainingSettings(data=str(data), epochs=1, model_options=TINY, device="cpu")
    training = Training(settings, start_run(tmp_path / "run", settings))
    list(training.steps())
    if finished:
        finish_run(training)
    write_as_parquet(make_shapes(25, "test", seed=9), data / "test.parquet")
    with pytest.raises(TrainingError, match=r"have changed since .*--data"):
        open_trained_run(tmp_path / "run")
    asked = open_trained_run(tmp_path / "run", data=str(data))
    assert asked.evaluate().images == 25
    assert asked.reported is None


def test_a_run_of_a_version_that_wrote_no_fingerprints_can_be_tested(run):
    results = json.loads((run / "results.json").read_text())
    del results["fingerprints"]
    (run / "results.json").write_text(json.dumps(results))
    assert open_trained_run(run, device="cpu").evaluate().images == 30


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda names: [*names[:9], "cat"], "only trained on: triangle inside circle"),
        (lambda names: [*names, "cat"], "only now in the data: cat"),
        (lambda names: names[::-1], "the same, in another order"),
    ],
)
def test_data_of_other_classes_is_refused_and_the_difference_named(run, tmp_path, change, message):
    shapes = make_shapes(12, "test")
    write_as_parquet(replace(shapes, class_names=change(shapes.class_names)), tmp_path / "o" / "test.parquet")
    with pytest.raises(TrainingError, match=message):
        open_trained_run(run, data=str(tmp_path / "o"))


def test_averaged_weights_and_held_out_images_are_what_is_tested_also_from_a_checkpoint(few_shapes, tmp_path):
    settings = TrainingSettings(
        data=str(few_shapes),
        epochs=2,
        batch_size=32,
        model_options=TINY,
        device="cpu",
        ema_decay=0.9,
        validation=30,
        threads=1,
    )
    training = Training(settings, start_run(tmp_path / "run", settings))
    list(training.steps())
    reported = finish_run(training)
    for unfinished in (False, True):
        if unfinished:
            unfinish(tmp_path / "run")
        trained = open_trained_run(tmp_path / "run", device="cpu")
        assert torch.equal(trained.model.head.weight, training.tested_model.head.weight)
        assert torch.equal(trained.test_set.images, training.test_set.images)
        assert trained.evaluate().accuracy == reported["test_accuracy"]
        assert "30 training images that the run held out" in " ".join(trained.notes)
