"""Checkpoints: whole or refused, the one before is used, two are kept, nothing in them is executed."""

from pathlib import Path

import pytest
import torch

from swin_edu.training import TrainingError
from swin_edu.training import run_checkpoints as module
from swin_edu.training.run_checkpoints import (
    list_run_checkpoints,
    load_newest_run_checkpoint,
    load_run_checkpoint,
    save_run_checkpoint,
)


def state(epoch: int) -> dict:
    return {"epoch": epoch, "model": {"weight": torch.arange(100.0) + epoch}, "gpu_random_state": None}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for epoch in (1, 2, 3):
        save_run_checkpoint(state(epoch), tmp_path, epoch)
    return tmp_path


def test_a_state_comes_back_as_it_was(folder):
    loaded = load_run_checkpoint(folder / "epoch-0003.ckpt")
    assert torch.equal(loaded["model"]["weight"], torch.arange(100.0) + 3)
    assert loaded["gpu_random_state"] is None


def test_the_two_newest_are_kept_in_order(folder):
    assert [file.name for file in list_run_checkpoints(folder)] == ["epoch-0002.ckpt", "epoch-0003.ckpt"]
    for epoch in range(4, 12):
        save_run_checkpoint(state(epoch), folder, epoch)
    assert [file.name for file in list_run_checkpoints(folder)] == ["epoch-0010.ckpt", "epoch-0011.ckpt"]


@pytest.mark.parametrize("kept", [0, 10, 40, 120, 0.5, -1])
def test_a_truncated_checkpoint_is_named_and_the_one_before_is_used(folder, kept):
    newest = folder / "epoch-0003.ckpt"
    content = newest.read_bytes()
    newest.write_bytes(content[: int(len(content) * kept) if isinstance(kept, float) else kept])
    with pytest.raises(TrainingError, match=r"epoch-0003\.ckpt is"):
        load_run_checkpoint(newest)
    loaded, problems = load_newest_run_checkpoint(folder)
    assert loaded["epoch"] == 2
    assert len(problems) == 1
    assert "epoch-0003.ckpt" in problems[0]


def test_one_flipped_bit_anywhere_is_found(folder):
    newest = folder / "epoch-0003.ckpt"
    content = newest.read_bytes()
    # Every bit of the header, which is compared as it is, and one bit here and there of what the sum covers.
    header = [(position, 1 << bit) for position in range(120) for bit in range(8)]
    for position, bit in header + [(position, 4) for position in range(120, len(content), 97)]:
        damaged = bytearray(content)
        damaged[position] ^= bit
        newest.write_bytes(damaged)
        with pytest.raises(TrainingError, match=r"epoch-0003\.ckpt"):
            load_run_checkpoint(newest)


def test_a_header_that_is_no_text_costs_one_epoch_and_not_the_run(folder):
    newest = folder / "epoch-0003.ckpt"
    damaged = bytearray(newest.read_bytes())
    damaged[len(module._HEADER)] ^= 128
    newest.write_bytes(damaged)
    loaded, problems = load_newest_run_checkpoint(folder)
    assert loaded["epoch"] == 2
    assert len(problems) == 1


def test_a_checkpoint_that_the_disk_does_not_give_costs_one_epoch_and_not_the_run(folder):
    newest = folder / "epoch-0003.ckpt"
    newest.unlink()
    newest.mkdir()  # what can be listed but not read, also for an administrator
    loaded, problems = load_newest_run_checkpoint(folder)
    assert loaded["epoch"] == 2
    assert "cannot be read" in problems[0]


def test_without_any_whole_checkpoint_the_run_does_not_silently_start_anew(folder):
    for file in list_run_checkpoints(folder):
        file.write_bytes(b"broken")
    with pytest.raises(TrainingError, match=r"No checkpoint can be used: .*0003.*0002.*--overwrite"):
        load_newest_run_checkpoint(folder)


def test_going_on_behind_a_damaged_checkpoint_replaces_it(folder):
    (folder / "epoch-0003.ckpt").write_bytes(b"broken")
    save_run_checkpoint(state(4), folder, 4)
    (folder / "epoch-0004.ckpt").write_bytes(b"broken")
    save_run_checkpoint(state(3), folder, 3)
    loaded, problems = load_newest_run_checkpoint(folder)
    assert (loaded["epoch"], problems) == (3, [])
    assert not (folder / "epoch-0004.ckpt").exists(), "a broken checkpoint of a later epoch would come first"


def test_a_disk_that_fills_up_while_writing_leaves_the_old_checkpoints(folder, monkeypatch):
    def full(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("swin_edu.data.atomic_files.flush_to_disk", full)
    with pytest.raises(OSError, match="No space left"):
        save_run_checkpoint(state(4), folder, 4)
    assert sorted(file.name for file in folder.iterdir()) == ["epoch-0002.ckpt", "epoch-0003.ckpt"]
    assert load_newest_run_checkpoint(folder)[0]["epoch"] == 3


def test_a_leftover_of_a_killed_write_is_not_taken_for_a_checkpoint(folder):
    (folder / ".epoch-0004.ckpt.12345.tmp").write_bytes(b"half")
    assert load_newest_run_checkpoint(folder)[0]["epoch"] == 3


def test_a_checkpoint_that_wants_to_run_code_is_refused(tmp_path):
    class Evil:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "executed",))

    path = save_run_checkpoint({"epoch": 1}, tmp_path, 1)
    import hashlib
    import io

    content = io.BytesIO()
    torch.save({"epoch": 1, "model": Evil()}, content)
    payload = content.getvalue()
    path.write_bytes(module._HEADER + hashlib.sha256(payload).hexdigest().encode() + b"\n" + payload)
    with pytest.raises(TrainingError, match=r"epoch-0001\.ckpt is whole but holds no state of a run"):
        load_run_checkpoint(path)
    assert not (tmp_path / "executed").exists()
