"""Read weights, and nothing but weights, from files, state dicts and the hub.

Notebook 07 loads published weights with it; a file that tries to run code is refused.
"""

import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

SUFFIXES = (".safetensors", ".pth", ".pt", ".bin", ".ckpt", ".tar")
# What training scripts call the weights in their files; averaged weights are the ones they evaluate.
WRAPPERS = ("state_dict_ema", "model_ema", "state_dict", "model_state_dict", "model")
PREFIXES = ("module.", "_orig_mod.", "model.")


class CheckpointError(ValueError):
    """A checkpoint that cannot be used; the message names the file, what was expected and what came.

    Example:
        >>> issubclass(CheckpointError, ValueError)
        True
    """


def read_weights(source: str | Path | Mapping[str, Any]) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a checkpoint, taken out of whatever they are wrapped in.

    Args:
        source: a file, a folder with ``model.safetensors`` or ``pytorch_model.bin``, a name on the
            hub such as ``timm/swin_tiny_patch4_window7_224.ms_in1k``, or a state dict.

    Returns:
        Names -> tensors, and the metadata (empty but for safetensors files).

    Raises:
        CheckpointError: if there is nothing to read, or something other than weights.

    Example:
        >>> read_weights({"model": {"module.head.bias": torch.zeros(10)}})[0].keys()
        dict_keys(['head.bias'])
    """
    metadata: dict[str, str] = {}
    if not isinstance(source, Mapping):
        source, metadata = _read_file(_find_file(source))
    return _unwrap(source), metadata


def _find_file(source: str | Path) -> Path:
    path = Path(source).expanduser()
    if path.is_dir():
        for name in ("model.safetensors", "pytorch_model.bin"):
            if (path / name).is_file():
                return path / name
        raise CheckpointError("this folder holds neither model.safetensors nor pytorch_model.bin")
    if path.exists():
        return path
    is_hub_name = isinstance(source, str) and re.fullmatch(r"[\w.-]+/[\w.-]+", source)
    if is_hub_name and path.suffix not in SUFFIXES and not path.parent.is_dir():
        return _download(source)
    raise CheckpointError("there is no such file; a name on the hub looks like owner/name")


def _download(repository: str) -> Path:
    from huggingface_hub import errors, hf_hub_download  # takes a moment, and most loads need no hub

    for name in ("model.safetensors", "pytorch_model.bin"):
        try:
            return Path(hf_hub_download(repository, name))
        except errors.RepositoryNotFoundError as error:
            raise CheckpointError("the hub has no such public model; check the spelling") from error
        except errors.LocalEntryNotFoundError as error:
            raise CheckpointError(
                f"the hub cannot be reached, and {name} is not in the local cache; "
                f"connect once, or download the file elsewhere and give its path"
            ) from error
        except errors.EntryNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise CheckpointError(f"the hub did not give {name}: {_first_line(error)}") from error
    raise CheckpointError("this model on the hub has neither model.safetensors nor pytorch_model.bin")


def _read_file(path: Path) -> tuple[Any, dict[str, str]]:
    """What the first bytes say decides how to read, because names of files often lie."""
    with path.open("rb") as file:
        start = file.read(16)
    if not start:
        raise CheckpointError("the file is empty (0 bytes)")
    if start.startswith(b"version https://"):
        raise CheckpointError("this is a Git LFS pointer, not the file itself; fetch it with `git lfs pull`")
    if start[8:9] == b"{":
        return _read_safetensors(path)
    if start.startswith((b"PK", b"\x80")):
        return _read_pickle(path), {}
    raise CheckpointError("the file is neither safetensors nor written by torch.save; it may be damaged")


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"the file is damaged or cut off ({error}); download it again") from error


def _read_pickle(path: Path) -> Any:
    try:
        with path.open("rb") as file:  # an open file has no name that torch.load could judge it by
            return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "weights" not in _first_line(error).lower():
            raise CheckpointError(f"the file is damaged or cut off ({_first_line(error)})") from error
        raise CheckpointError(
            "the file holds more than weights and could run code when it is opened, so it was not; "
            "save the bare state dict, best as safetensors"
        ) from error
    except (RuntimeError, EOFError, OSError, ValueError, LookupError, AttributeError) as error:
        raise CheckpointError(
            f"the file is damaged or cut off ({_first_line(error)}); download it again"
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _unwrap(content: Any) -> dict[str, Tensor]:
    while isinstance(content, Mapping):
        inner = next((content[key] for key in WRAPPERS if isinstance(content.get(key), Mapping)), None)
        if inner is None:
            break
        content = inner
    if not isinstance(content, Mapping):
        raise CheckpointError(f"expected a state dict (names -> tensors), got {type(content).__name__}")
    if not content:
        raise CheckpointError("expected a state dict (names -> tensors), got an empty one")
    state = dict(content)
    for name, tensor in state.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            raise CheckpointError(
                f"expected a state dict (names -> tensors), got {name!r} -> {type(tensor).__name__}"
            )
    while prefix := next((p for p in PREFIXES if all(name.startswith(p) for name in state)), None):
        state = {name.removeprefix(prefix): tensor for name, tensor in state.items()}
    return state
