"""Reading weights from every kind of file, and refusing what is damaged, foreign or dangerous."""

import os
import pickle

import huggingface_hub
import pytest
import torch
from huggingface_hub import errors
from safetensors.torch import save_file

from swin_edu import CheckpointError, SwinTransformer, export_state_dict, load_checkpoint
from swin_edu.model.weight_files import PREFIXES, WRAPPERS, read_weights


@pytest.fixture(scope="module")
def model():
    return SwinTransformer(depths=(2, 2), num_heads=(2, 4), embed_dim=16, num_classes=5, window_size=4).eval()


@pytest.fixture(scope="module")
def state(model):
    return export_state_dict(model, "official")


def assert_loads(source, model):
    loaded = load_checkpoint(source)
    for name, tensor in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name


@pytest.mark.parametrize("name", ["swin.pth", "swin.pt", "swin.bin", "swin", "wrong.safetensors"])
def test_files_of_torch_save_are_read_whatever_they_are_called(tmp_path, name, model, state):
    torch.save(state, tmp_path / name)
    assert_loads(tmp_path / name, model)
    assert_loads(str(tmp_path / name), model)


def test_files_of_old_torch_versions_are_read(tmp_path, model, state):
    torch.save(state, tmp_path / "swin.pth", _use_new_zipfile_serialization=False)
    assert_loads(tmp_path / "swin.pth", model)


@pytest.mark.parametrize("name", ["swin.safetensors", "wrong.pth"])
def test_safetensors_are_read_whatever_they_are_called(tmp_path, name, model, state):
    save_file(state, tmp_path / name)
    assert_loads(tmp_path / name, model)


@pytest.mark.parametrize("file", ["model.safetensors", "pytorch_model.bin"])
def test_a_folder_as_transformers_saves_it_is_read(tmp_path, file, model, state):
    (save_file if file.endswith("safetensors") else torch.save)(state, tmp_path / file)
    assert_loads(tmp_path, model)


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_weights_are_found_in_wrappers(tmp_path, wrapper, model, state):
    torch.save({"epoch": 3, "optimizer": {"lr": 0.1}, wrapper: state}, tmp_path / "swin.pth")
    assert_loads(tmp_path / "swin.pth", model)
    assert_loads({"epoch": 3, wrapper: {"state_dict": state}}, model)


def test_averaged_weights_are_preferred(model, state):
    zeros = {name: torch.zeros_like(tensor) for name, tensor in state.items()}
    assert_loads({"model": zeros, "model_ema": state}, model)


@pytest.mark.parametrize("prefix", [*PREFIXES, "module._orig_mod.", "_orig_mod.module."])
def test_prefixes_of_wrapped_networks_are_taken_off(prefix, model, state):
    assert_loads({prefix + name: tensor for name, tensor in state.items()}, model)


class RunsCode:
    """What an attacker would put into a file: unpickling it creates a file at ``path``."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("old_format", [False, True])
def test_a_pickle_that_tries_to_run_code_is_refused_and_nothing_runs(tmp_path, state, old_format):
    trap, path = tmp_path / "trap", tmp_path / "evil.pth"
    torch.save({"model": state, "x": RunsCode(trap)}, path, _use_new_zipfile_serialization=not old_format)
    with pytest.raises(CheckpointError, match=r"evil\.pth.*could run code"):
        load_checkpoint(path)
    assert not trap.exists()
    torch.load(path, weights_only=False)
    assert trap.exists(), "the trap itself does not work, so this test would prove nothing"


def test_a_bare_pickle_that_tries_to_run_code_is_refused(tmp_path):
    trap, path = tmp_path / "trap", tmp_path / "evil.pkl"
    path.write_bytes(pickle.dumps(RunsCode(trap), protocol=2))
    with pytest.raises(CheckpointError, match=r"evil\.pkl"):
        load_checkpoint(path)
    assert not trap.exists()


def test_a_whole_pickled_network_is_refused_with_what_to_do(tmp_path, model):
    torch.save(model, tmp_path / "whole.pt")
    with pytest.raises(CheckpointError, match="save the bare state dict"):
        load_checkpoint(tmp_path / "whole.pt")


@pytest.mark.parametrize("save", [save_file, torch.save])
@pytest.mark.parametrize("keep", [0.02, 0.5, 0.999])
def test_a_file_that_was_cut_off_is_named(tmp_path, state, save, keep):
    path = tmp_path / "half.bin"
    save(state, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * keep)])
    with pytest.raises(CheckpointError, match=r"half\.bin.*damaged"):
        load_checkpoint(path)


def test_an_old_torch_file_that_was_cut_off_is_named(tmp_path, state):
    path = tmp_path / "half.pth"
    torch.save(state, path, _use_new_zipfile_serialization=False)
    whole = path.read_bytes()
    for keep in (2, 100, len(whole) // 2):
        path.write_bytes(whole[:keep])
        with pytest.raises(CheckpointError, match=r"half\.pth.*damaged"):
            load_checkpoint(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:12", "Git LFS pointer"),
        (b"<!DOCTYPE html><html>404</html>", "neither safetensors nor"),
        (b"x", "neither safetensors nor"),
        (b"PK\x03\x04 and then nothing", "damaged"),
    ],
)
def test_a_file_that_holds_something_else_is_named(tmp_path, content, message):
    path = tmp_path / "swin.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=rf"swin\.safetensors.*{message}"):
        load_checkpoint(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "empty"),
        ({"model": {}}, "empty"),
        ([torch.ones(1)], "got list"),
        (torch.ones(1), "got Tensor"),
        ({"epoch": 3}, "'epoch' -> int"),
        ({3: torch.ones(1)}, "3 -> Tensor"),
    ],
)
def test_content_that_is_no_state_dict_is_named(tmp_path, content, message):
    torch.save(content, tmp_path / "swin.pt")
    with pytest.raises(CheckpointError, match=f"names -> tensors.*{message}"):
        load_checkpoint(tmp_path / "swin.pt")


@pytest.mark.parametrize("name", ["nowhere/swin.pth", "swin.safetensors", "a/b/c"])
def test_a_file_that_is_not_there_is_named_without_asking_the_hub(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", lambda *_: pytest.fail("asked the hub"))
    with pytest.raises(CheckpointError, match=f"cannot load {name}: there is no such file"):
        load_checkpoint(name)


def test_a_folder_without_weights_is_named(tmp_path):
    with pytest.raises(CheckpointError, match="neither model"):
        load_checkpoint(tmp_path)


HUB_NAME = "timm/swin_tiny_patch4_window7_224.ms_in1k"


class Hub:
    """Stands in for the hub: has some files, and raises what the real client raises for the others."""

    def __init__(self, files, error):
        self.files, self.error, self.asked = files, error, []

    def __call__(self, repository, name):
        self.asked.append((repository, name))
        if name in self.files:
            return str(self.files[name])
        raise self.error


def missing_on_the_hub():
    kind = getattr(errors, "RemoteEntryNotFoundError", errors.EntryNotFoundError)
    error = kind.__new__(kind)  # its constructor wants a whole HTTP response
    Exception.__init__(error, "404")
    return error


@pytest.mark.parametrize("name", [HUB_NAME, "microsoft/swin-tiny-patch4-window7-224"])
def test_a_name_on_the_hub_fetches_safetensors_first(tmp_path, monkeypatch, model, state, name):
    save_file(state, tmp_path / "a.safetensors")
    hub = Hub({"model.safetensors": tmp_path / "a.safetensors"}, missing_on_the_hub())
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", hub)
    assert_loads(name, model)
    assert hub.asked == [(name, "model.safetensors")]


def test_a_name_on_the_hub_falls_back_to_torch_weights(tmp_path, monkeypatch, model, state):
    torch.save(state, tmp_path / "a.bin")
    hub = Hub({"pytorch_model.bin": tmp_path / "a.bin"}, missing_on_the_hub())
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", hub)
    assert_loads(HUB_NAME, model)
    assert [name for _, name in hub.asked] == ["model.safetensors", "pytorch_model.bin"]


def test_a_model_on_the_hub_without_weights_is_named(monkeypatch):
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", Hub({}, missing_on_the_hub()))
    with pytest.raises(CheckpointError, match=f"{HUB_NAME}.*has neither"):
        load_checkpoint(HUB_NAME)


def test_without_a_network_the_real_client_leads_to_one_clear_message(tmp_path, monkeypatch):
    """The real client, told to stay offline, with an empty cache."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    download = huggingface_hub.hf_hub_download
    monkeypatch.setattr(
        huggingface_hub, "hf_hub_download", lambda *names: download(*names, cache_dir=str(tmp_path))
    )
    with pytest.raises(CheckpointError, match=f"{HUB_NAME}: the hub cannot be reached"):
        load_checkpoint(HUB_NAME)


def test_metadata_comes_along_from_safetensors(tmp_path, state):
    save_file(state, tmp_path / "swin.safetensors", metadata={"written by": "a test"})
    assert read_weights(tmp_path / "swin.safetensors")[1] == {"written by": "a test"}
    assert read_weights(state)[1] == {}
