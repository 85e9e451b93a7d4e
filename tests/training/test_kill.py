"""A real run in a process of its own, killed without warning: --resume ends with the very same weights."""

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch

from swin_edu.training import EpochRecord, Training, reopen_run, start_run
from swin_edu.training.run_checkpoints import list_run_checkpoints

from .conftest import TINY


def start(data: Path, out: Path, *more: str) -> subprocess.Popen:
    """`swin-edu train` as somebody calls it; twelve steps an epoch, so there is time to interrupt one."""
    options = [f"--set={name}={value!r}" for name, value in TINY.items()]
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "swin_edu.cli", "train", "--data", str(data), "--out", str(out)),
            *("--epochs", "30", "--batch-size", "8", "--threads", "1", "--device", "cpu", *options, *more),
        ],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_for_an_epoch_after(finished: str, process: subprocess.Popen, out: Path) -> str:
    """Wait until a newer checkpoint is there; returns its name."""
    deadline = time.monotonic() + 240
    while True:
        names = [path.name for path in list_run_checkpoints(out / "checkpoints")]
        if names and names[-1] > finished:
            return names[-1]
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "no new checkpoint in four minutes"
        time.sleep(0.005)


def test_after_a_kill_and_after_ctrl_c_the_run_goes_on_and_ends_the_same(few_shapes, tmp_path):
    out = tmp_path / "killed"
    process = start(few_shapes, out)
    wait_for_an_epoch_after("", process, out)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    finished = list_run_checkpoints(out / "checkpoints")[-1].name

    process = start(few_shapes, out, "--resume")
    wait_for_an_epoch_after(finished, process, out)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 130, errors
    assert "Going on after epoch" in errors
    assert "Stopped. Every finished epoch is saved" in errors
    assert f"swin-edu train --out {out} --resume" in " ".join(errors.split())
    assert "Traceback" not in errors

    run, settings = reopen_run(out)
    resumed = Training(settings, run)
    assert 2 <= resumed.finished_epochs < 30, "interrupted in the middle, twice"
    uninterrupted = Training(settings, start_run(tmp_path / "uninterrupted", settings))
    records = {}
    for name, training in (("resumed", resumed), ("uninterrupted", uninterrupted)):
        list(training.steps())
        records[name] = [record for record in training.run.records() if isinstance(record, EpochRecord)]
    for name, tensor in uninterrupted.model.state_dict().items():
        assert torch.equal(tensor, resumed.model.state_dict()[name]), name
    assert [record.epoch for record in records["resumed"]] == list(range(1, 31))
    both = [[record.train_loss for record in records[name]] for name in records]
    assert both[0] == both[1]


def go_on(out: Path) -> None:
    """What `swin-edu train --resume` does, in a process that has PyTorch already."""
    run, settings = reopen_run(out)
    for _ in Training(settings, run).steps():
        pass


def test_killed_at_ten_random_moments_a_run_ends_with_the_same_weights_bit_for_bit(settings, tmp_path):
    settings = replace(settings, epochs=60, optimizer="muon", ema_decay=0.9, mixup_alpha=0.8, limit_test=10)
    out = tmp_path / "killed"
    start_run(out, settings)
    # Killed while it loads, trains, tests, writes its log and its checkpoints.
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["swin_edu.training.loop", "swin_edu.training.run_folder"])
    moments, epochs = random.Random(0), []
    for _ in range(10):
        process = processes.Process(target=go_on, args=(out,))
        process.start()
        known = list_run_checkpoints(out / "checkpoints")
        deadline = time.monotonic() + 240
        while list_run_checkpoints(out / "checkpoints") == known and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(moments.uniform(0, 0.25))
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL, "killed, not finished and not failed"
        epochs.append(list_run_checkpoints(out / "checkpoints")[-1].name)
    assert len(set(epochs)) == 10, "each time it had come further"

    run, settings = reopen_run(out)
    resumed = Training(settings, run)
    uninterrupted = Training(settings)
    for training in (resumed, uninterrupted):
        list(training.steps())
    for name, tensor in uninterrupted.tested_model.state_dict().items():
        assert torch.equal(tensor, resumed.tested_model.state_dict()[name]), name
    records = [record for record in run.records() if isinstance(record, EpochRecord)]
    assert [record.epoch for record in records] == list(range(1, 61)), "the log has neither gaps nor doubles"
    assert not list(out.rglob("*.part*")), "half-written files are cleared away"
