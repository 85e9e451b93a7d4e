"""Several processes: shares that lose nothing, and a run that is the same with one process and with two."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from swin_edu.training import EpochRecord, Training, TrainingError, TrainingSettings, reopen_run, start_run
from swin_edu.training.order import shuffled_batches
from swin_edu.training.processes import Processes, this_process

from .conftest import TINY

OPTIONS = [
    *("--epochs", "3", "--batch-size", "32", "--threads", "1", "--device", "cpu", "--optimizer", "muon"),
    *("--mixup-alpha", "0.8", "--cutmix-alpha", "1", "--erasing-probability", "0.3", "--ema-decay", "0.9"),
    # Shares of a batch in unequal numbers of parts.
    *("--accumulate", "5"),
    # Each process would drop other paths than one alone.
    *(f"--set={name}={value!r}" for name, value in {**TINY, "drop_path_rate": 0.0}.items()),
]


def torchrun(processes: int, *arguments: object) -> subprocess.CompletedProcess:
    """`torchrun`, as the README has it."""
    program = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]
    words = [*program, processes, "-m", "swin_edu.cli", "train", *arguments]
    return subprocess.run(
        [str(word) for word in words],
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def losses(out: Path) -> list[float]:
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return [line["loss"] if line["kind"] == "step" else line["test_loss"] for line in lines]


@pytest.mark.parametrize("count", [1, 2, 3, 8])
@pytest.mark.parametrize("batch", [2, 7, 10, 64, 129])
def test_shares_are_the_whole_batch_in_order_and_keep_pairs_together(count, batch):
    shares = [Processes(rank, count).share(batch) for rank in range(count)]
    together = [number for share in shares for number in range(batch)[share]]
    assert together == list(range(batch))
    assert all(share.start % 2 == 0 or share.start == batch for share in shares)
    sizes = [len(range(batch)[share]) for share in shares]
    assert max(sizes) - min(sizes) <= 3


def test_a_contradictory_environment_is_refused(monkeypatch):
    monkeypatch.setenv("RANK", "2")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(TrainingError, match="start several processes with torchrun"):
        this_process()
    monkeypatch.setenv("MASTER_ADDR", "localhost")
    with pytest.raises(TrainingError, match=r"RANK must lie in 0..1"):
        this_process()
    monkeypatch.setenv("RANK", "first")
    with pytest.raises(TrainingError, match="must be whole numbers"):
        this_process()


def test_a_process_without_a_gpu_of_its_own_is_told(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert Processes(0, 2, 0).on_device(torch.device("cuda")) == torch.device("cuda", 0)
    with pytest.raises(TrainingError, match="process 1 of this machine has no GPU of its own: there are 1"):
        Processes(1, 2, 1).on_device(torch.device("cuda"))


def test_two_processes_give_the_losses_of_one_and_a_run_goes_on_with_another_number(few_shapes, tmp_path):
    data = ("--data", few_shapes)
    done = torchrun(2, *data, "--out", tmp_path / "two", *OPTIONS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("test accuracy") == 1, "only one process speaks"
    _, settings = reopen_run(tmp_path / "two")
    one = Training(settings, start_run(tmp_path / "one", settings))
    list(one.steps())
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), abs=1e-5)

    # The first epoch by one process, the others by two.
    half = Training(settings, start_run(tmp_path / "half", settings))
    for record in half.steps():
        if isinstance(record, EpochRecord):
            break
    done = torchrun(2, "--out", tmp_path / "half", "--resume")
    assert done.returncode == 0, done.stderr
    assert losses(tmp_path / "half") == pytest.approx(losses(tmp_path / "one"), abs=1e-5)


def test_when_one_process_dies_all_end_and_the_run_can_go_on(few_shapes, tmp_path):
    out = tmp_path / "run"
    killer = tmp_path / "sitecustomize.py"
    # The second process ends without a word when it begins its second epoch.
    killer.write_text(
        "import os\n"
        "if os.environ.get('RANK') == '1':\n"
        "    import swin_edu.training.loop as loop\n"
        "    seed = loop.seed_epoch\n"
        "    loop.seed_epoch = lambda s, epoch, *more: os._exit(9) if epoch == 2 else seed(s, epoch, *more)\n"
    )
    program = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    words = [*program, "-m", "swin_edu.cli", "train", "--data", few_shapes, "--out", out, *OPTIONS]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": f"{tmp_path}"}
    environment["PYTHONPATH"] += f":{os.environ.get('PYTHONPATH', '')}"
    done = subprocess.run(
        [str(word) for word in words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode != 0
    assert Training(*reversed(reopen_run(out))).finished_epochs == 1
    assert torchrun(1, "--out", out, "--resume").returncode == 0
    assert (out / "model.safetensors").is_file()


def test_a_last_batch_that_cannot_be_shared_is_said():
    settings = TrainingSettings(batch_size=32)
    with pytest.raises(TrainingError, match="last batch of an epoch has 1 image, too few for 2 processes"):
        shuffled_batches(33, settings, Processes(0, 2), torch.Generator())
