"""The loop: it learns, every image counts once, and a resumed run ends with the very same weights."""

import functools
from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from swin_edu.data import make_shapes, normalise
from swin_edu.training import (
    EpochRecord,
    StepRecord,
    Training,
    TrainingError,
    TrainingSettings,
    learning_rate_at,
    start_run,
)
from swin_edu.training import loop as loop_module
from swin_edu.training import preparation as preparation_module

from .conftest import TINY, write_as_parquet


def run_to_end(training: Training) -> list[StepRecord | EpochRecord]:
    return list(training.steps())


def weights(training: Training) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in training.model.state_dict().items()}


def equal(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def stop_after(training: Training, epochs: int, steps: int = 0) -> None:
    """Leave the run in the middle, as a kill does: so many epochs and so many steps of the next one."""
    for record in training.steps():
        if record.epoch > epochs and isinstance(record, StepRecord) and record.step >= steps:
            return
        if isinstance(record, EpochRecord) and record.epoch == epochs and not steps:
            return


def test_records_tell_every_step_and_every_epoch_in_order(settings):
    records = run_to_end(Training(settings))
    kinds = [(type(record).__name__, record.epoch) for record in records]
    assert kinds == [(kind, epoch) for epoch in (1, 2, 3) for kind in ["StepRecord"] * 3 + ["EpochRecord"]]
    assert [record.step for record in records if isinstance(record, StepRecord)] == [1, 2, 3] * 3
    assert all(0 <= record.test_accuracy <= 1 for record in records if isinstance(record, EpochRecord))


def test_the_loss_falls_and_a_few_images_are_learnt_by_heart(few_shapes):
    settings = TrainingSettings(
        data=str(few_shapes),
        epochs=60,
        batch_size=16,
        learning_rate=3e-3,
        crop_padding=0,
        flip=False,
        limit_train=32,
        label_smoothing=0.0,
        model_options={**TINY, "embed_dim": 32, "drop_path_rate": 0.0},
        threads=1,
    )
    epochs = [record for record in Training(settings).steps() if isinstance(record, EpochRecord)]
    assert epochs[0].train_accuracy < 0.4
    assert epochs[-1].train_accuracy > 0.9
    assert epochs[-1].train_loss < 0.3 * epochs[0].train_loss


@pytest.mark.parametrize(("epochs", "steps"), [(0, 2), (1, 0), (1, 2), (2, 1)])
def test_a_resumed_run_ends_with_the_same_weights_bit_for_bit(settings, tmp_path, epochs, steps):
    uninterrupted = Training(settings, start_run(tmp_path / "whole", settings))
    run_to_end(uninterrupted)

    run = start_run(tmp_path / "stopped", settings)
    stop_after(Training(settings, run), epochs, steps)
    torch.manual_seed(12345)  # whatever happened in between
    resumed = Training(settings, run)
    assert resumed.finished_epochs == epochs
    run_to_end(resumed)
    assert equal(weights(resumed), weights(uninterrupted))

    def without_times(record):
        return replace(
            record, images_per_second=0, **({"seconds": 0} if isinstance(record, EpochRecord) else {})
        )

    both = [[without_times(record) for record in t.run.records()] for t in (resumed, uninterrupted)]
    assert both[0] == both[1], "the log has neither gaps nor doubles"


def test_after_a_truncated_checkpoint_the_one_before_is_used_and_the_end_is_the_same(settings, tmp_path):
    uninterrupted = Training(settings)
    run_to_end(uninterrupted)
    run = start_run(tmp_path / "run", settings)
    stop_after(Training(settings, run), 2)
    newest = run.checkpoints / "epoch-0002.ckpt"
    newest.write_bytes(newest.read_bytes()[:-1000])
    resumed = Training(settings, run)
    assert resumed.finished_epochs == 1
    assert len(resumed.notes) == 1
    assert "epoch-0002.ckpt is truncated" in resumed.notes[0]
    run_to_end(resumed)
    assert equal(weights(resumed), weights(uninterrupted))


def test_the_same_seed_gives_the_same_run_and_another_seed_another(settings):
    runs = [Training(replace(settings, seed=seed, epochs=1)) for seed in (0, 0, 1)]
    for training in runs:
        run_to_end(training)
    assert equal(weights(runs[0]), weights(runs[1]))
    assert not equal(weights(runs[0]), weights(runs[2]))


def test_every_training_image_is_used_once_in_an_epoch_in_an_order_of_its_own(settings, monkeypatch):
    seen: list[list[bytes]] = [[]]

    def record_and_keep(images, top, left, mirrored, padding):
        seen[-1] += [image.numpy().tobytes() for image in images]
        return images

    monkeypatch.setattr(preparation_module, "crop_and_flip", record_and_keep)
    training = Training(replace(settings, epochs=2, batch_size=40))  # the last batch is smaller
    for record in training.steps():
        if isinstance(record, EpochRecord):
            seen.append([])
    expected = sorted(image.numpy().tobytes() for image in training.train_set.images)
    assert sorted(seen[0]) == sorted(seen[1]) == expected
    assert seen[0] != seen[1]


@pytest.mark.parametrize(
    ("data", "option", "expected"),
    [("shapes", None, False), ("shapes", True, True), ("folder", None, True), ("folder", False, False)],
)
def test_images_are_mirrored_only_where_their_class_survives_it(
    settings, few_shapes, monkeypatch, data, option, expected
):
    asked = []

    def record(images, top, left, mirrored, padding):
        asked.append((padding, bool(mirrored.any())))
        return images

    monkeypatch.setattr(preparation_module, "crop_and_flip", record)
    name = "shapes" if data == "shapes" else str(few_shapes)
    run_to_end(Training(replace(settings, data=name, flip=option, epochs=1, limit_train=32, limit_test=10)))
    assert set(asked) == {(4, expected)}, "and shifted by an eighth of 32 pixels"


def test_the_learning_rate_follows_the_schedule_over_the_whole_run(settings, tmp_path):
    expected = [learning_rate_at(step, 9, settings) for step in range(9)]
    run = start_run(tmp_path / "run", settings)
    first = Training(settings, run)
    rates = []
    for record in first.steps():
        if isinstance(record, EpochRecord):
            break
        rates.append(record.learning_rate)
        assert {group["lr"] for group in first.optimizer.param_groups} == {record.learning_rate}
    # The loop was left before it could save, so the epoch is done again.
    resumed = [r.learning_rate for r in Training(settings, run).steps() if isinstance(r, StepRecord)]
    assert rates == expected[:3]
    assert resumed == expected[len(expected) - len(resumed) :]


def test_the_test_accuracy_is_that_of_the_plain_test_images(settings):
    training = Training(settings)
    run_to_end(training)
    loss, accuracy = training.evaluate()
    training.model.eval()
    inputs = normalise(training.test_set.images, *training.train_set.channel_statistics())
    with torch.no_grad():
        logits = training.model(inputs)
    labels = training.test_set.labels
    assert accuracy == pytest.approx(float((logits.argmax(1) == labels).float().mean()))
    assert loss == pytest.approx(float(F.cross_entropy(logits, labels)), rel=1e-5)


def test_evaluation_between_steps_does_not_change_the_run(settings):
    plain, watched = Training(settings), Training(settings)
    run_to_end(plain)
    for record in watched.steps():
        if isinstance(record, StepRecord):
            watched.evaluate()
    assert equal(weights(plain), weights(watched))


def test_label_smoothing_and_clipping_are_really_applied(settings):
    losses, sizes = {}, {}
    for smoothing, clip_norm in ((0.0, 1.0), (0.5, 1.0), (0.0, 1e-3)):
        training = Training(replace(settings, label_smoothing=smoothing, clip_norm=clip_norm, epochs=1))
        losses[smoothing, clip_norm] = next(training.steps()).loss
        gradients = [parameter.grad.norm() for parameter in training.model.parameters()]
        sizes[smoothing, clip_norm] = float(torch.stack(gradients).norm())
    assert losses[0.0, 1.0] != losses[0.5, 1.0]
    assert losses[0.0, 1.0] == losses[0.0, 1e-3]
    assert sizes[0.0, 1e-3] == pytest.approx(1e-3, rel=1e-3)
    assert sizes[0.0, 1.0] > 0.01


def test_bfloat16_trains_too_and_keeps_the_weights_in_float32(settings):
    training = Training(replace(settings, precision="bfloat16"))
    seen = []
    training.model.head.register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))
    records = run_to_end(training)
    assert set(seen) == {torch.bfloat16}
    assert all(tensor.dtype is torch.float32 for tensor in training.model.parameters())
    plain = run_to_end(Training(settings))
    assert records[0].loss == pytest.approx(plain[0].loss, abs=0.02)
    assert records[0].loss != plain[0].loss


@pytest.mark.parametrize("steps", [2, 3])
def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_good_checkpoint(settings, tmp_path, steps):
    run = start_run(tmp_path / "run", settings)
    training = Training(settings, run)

    def break_the_weights_in_the_second_epoch():
        for record in training.steps():
            if record.epoch == 2 and isinstance(record, StepRecord) and record.step == steps:
                torch.nn.init.constant_(training.model.head.bias, float("nan"))

    with pytest.raises(
        TrainingError,
        match=r"loss became nan in epoch 2, (step 3|after the last step).*Epochs 1 to 1 are saved",
    ):
        break_the_weights_in_the_second_epoch()
    assert [file.name for file in run.checkpoints.iterdir()] == ["epoch-0001.ckpt"]


def test_a_loss_that_is_no_number_at_once_says_that_nothing_is_saved(settings):
    training = Training(settings)
    torch.nn.init.constant_(training.model.head.bias, float("inf"))
    with pytest.raises(TrainingError, match=r"in epoch 1, step 1.*Nothing is saved.*--learning-rate"):
        run_to_end(training)


def test_going_on_with_changed_data_is_refused(settings, tmp_path):
    folder = tmp_path / "data"
    for split, count in (("train", 64), ("test", 20)):
        write_as_parquet(make_shapes(count, split), folder / f"{split}.parquet")
    settings = replace(settings, data=str(folder))
    run = start_run(tmp_path / "run", settings)
    stop_after(Training(settings, run), 1)
    write_as_parquet(make_shapes(64, "train", seed=1), folder / "train.parquet")
    with pytest.raises(TrainingError, match="has changed since"):
        Training(settings, run)


def test_splits_that_do_not_fit_together_are_refused(settings, tmp_path):
    write_as_parquet(make_shapes(20), tmp_path / "data" / "train.parquet")
    test = make_shapes(20, "test")
    write_as_parquet(
        replace(test, class_names=[*test.class_names[:9], "other"]), tmp_path / "data" / "test.parquet"
    )
    with pytest.raises(TrainingError, match=r"two splits .* do not fit together"):
        Training(replace(settings, data=str(tmp_path / "data")))


def test_limits_are_respected(settings):
    training = Training(replace(settings, limit_train=20, limit_test=7))
    assert (len(training.train_set), len(training.test_set)) == (20, 7)


def test_a_run_without_a_folder_writes_nothing(settings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_to_end(Training(settings))
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_of_another_network_or_with_a_part_missing_is_refused_in_words(settings, tmp_path):
    run = start_run(tmp_path / "run", settings)
    stop_after(Training(settings, run), 1)
    other = replace(settings, model_options={**TINY, "embed_dim": 32})
    with pytest.raises(TrainingError, match="does not fit this network"):
        Training(other, run)
    state, _ = loop_module.load_newest_run_checkpoint(run.checkpoints)
    del state["optimizer"]
    loop_module.save_run_checkpoint(state, run.checkpoints, 1)
    with pytest.raises(TrainingError, match="does not fit this network: it lacks a part"):
        Training(settings, run)


def test_images_of_your_own_are_trained_on_in_place_of_those_that_the_settings_name(settings):
    mine = make_shapes(24, seed=7), make_shapes(8, "test", seed=7)
    training = Training(settings, data=mine)
    assert (training.train_set, training.test_set) == mine
    *_, last = run_to_end(training)
    assert last.test_accuracy * 8 == round(last.test_accuracy * 8)


def test_compiled_the_run_is_the_same_and_leaves_out_a_smaller_last_batch(settings, monkeypatch):
    monkeypatch.setattr(torch, "compile", functools.partial(torch.compile, backend="eager"))
    options = {**TINY, "drop_path_rate": 0.0}
    settings = replace(settings, epochs=2, limit_train=80, model_options=options)
    compiled = run_to_end(Training(replace(settings, compile=True)))
    assert [record.steps for record in compiled if isinstance(record, StepRecord)] == [2] * 4
    plain = run_to_end(Training(settings))
    assert [record.steps for record in plain if isinstance(record, StepRecord)] == [3] * 6
    assert compiled[0].loss == pytest.approx(plain[0].loss, abs=1e-5)


def test_records_may_come_less_often_and_then_tell_the_mean_of_what_they_skipped(settings):
    often = [r for r in run_to_end(Training(settings)) if isinstance(r, StepRecord)]
    seldom = run_to_end(Training(replace(settings, record_every=2)))
    steps = [record for record in seldom if isinstance(record, StepRecord)]
    assert [(record.epoch, record.step) for record in steps] == [(e, s) for e in (1, 2, 3) for s in (2, 3)]
    assert steps[0].loss == pytest.approx((often[0].loss + often[1].loss) / 2)
    assert steps[1].loss == pytest.approx(often[2].loss)
