"""Load a Swin from any library's weights, and save ours: names and settings are found out from the tensors.

Notebook 07 loads published weights with it and compares the answers.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor, nn

from swin_edu.model.config import Pair, SwinConfig
from swin_edu.model.config_from_weights import fit_table, infer_config
from swin_edu.model.layouts import INDEX, LAYOUTS, TABLE, Layout, recognise_layout
from swin_edu.model.renaming import to_our_names
from swin_edu.model.swin import SwinTransformer
from swin_edu.model.weight_files import CheckpointError, read_weights

FREE_OVERRIDES = ("num_classes", "window_size", "drop_path_rate", "shift_windows", "checkpoint_blocks")
NOT_OURS = {
    "logit_scale": "it is a Swin V2 (cosine attention)",
    "cpb_mlp": "it is a Swin V2 (continuous position bias)",
    "continuous_position_bias_mlp": "it is a Swin V2 (continuous position bias)",
    "absolute_pos_embed": "it has an absolute position embedding, which ties it to one image size",
    "position_embeddings": "it has an absolute position embedding, which ties it to one image size",
}


def load_checkpoint(path_or_state_dict: str | Path | Mapping[str, Any], **overrides: Any) -> SwinTransformer:
    """A network with weights from a file, the hub or a state dict, whichever library wrote them.

    The layout (official, timm, torchvision, transformers, ours) is recognised from the names, and the
    settings are read off the shapes. Weights become float32.

    Args:
        path_or_state_dict: a safetensors or torch file, a folder with ``model.safetensors``, a name on
            the hub (``timm/swin_tiny_patch4_window7_224.ms_in1k``), or a state dict.
        **overrides: settings of `SwinConfig`. ``num_classes`` replaces the head where it differs (0
            takes it off), ``window_size`` resizes the bias tables; ``drop_path_rate``,
            ``checkpoint_blocks`` and ``shift_windows`` are free; others must agree with the file.

    Returns:
        The network in evaluation mode, on the CPU; call ``.train()`` to fine-tune it.

    Raises:
        CheckpointError: (a ValueError) if the checkpoint cannot be used; says why.
        TypeError: for an override that is no setting.

    Example:
        >>> from swin_edu import export_state_dict, swin_cifar
        >>> load_checkpoint(export_state_dict(swin_cifar(num_classes=7), "timm")).config.num_classes
        7
    """
    settings = [field.name for field in fields(SwinConfig)]
    if unknown := sorted(set(overrides) - set(settings)):
        raise TypeError(f"{unknown[0]!r} is no setting of SwinConfig; there are {', '.join(settings)}")
    is_state_dict = isinstance(path_or_state_dict, Mapping)
    where = "the state dict" if is_state_dict else str(path_or_state_dict)
    try:
        state, metadata = read_weights(path_or_state_dict)
        return _build(state, metadata, overrides)
    except CheckpointError as error:
        raise CheckpointError(f"cannot load {where}: {error}") from error.__cause__


def save_checkpoint(model: nn.Module, path: str | Path, **notes: Any) -> None:
    """Write the weights as safetensors, with the config as JSON in the metadata.

    The file is complete or not there: it is written beside its place and then moved.

    Args:
        model: a `SwinTransformer`, also one that `torch.compile` wrapped.
        path: where to, ending in ``.safetensors``; missing folders are made.
        **notes: what else a user of the weights must know, such as class names; kept as JSON.

    Raises:
        ValueError: for another kind of model or ending, or a note that JSON cannot hold, or that has the name
            of what is always written.

    Example:
        >>> import tempfile; from swin_edu import swin_cifar
        >>> path = tempfile.mkdtemp() + "/swin.safetensors"
        >>> save_checkpoint(swin_cifar(num_classes=7), path); load_checkpoint(path).config.num_classes
        7
    """
    model, path = getattr(model, "_orig_mod", model), Path(path)
    if not isinstance(model, SwinTransformer):
        raise ValueError(f"expected a SwinTransformer, got {type(model).__name__}")
    if path.suffix != ".safetensors":
        raise ValueError(
            f"the file is written as safetensors; end its name in .safetensors, got {path.name!r}"
        )
    always = {"format": "pt", "library": "swin_edu", "config": json.dumps(asdict(model.config))}
    if taken := sorted(always.keys() & notes.keys()):
        raise ValueError(f"a note cannot be called {taken[0]!r}: the file has something else of that name")
    try:
        metadata = always | {name: json.dumps(note, allow_nan=False) for name, note in notes.items()}
    except (TypeError, ValueError) as error:
        raise ValueError(f"notes must be text, numbers, lists and dicts of these: {error}") from error
    path.parent.mkdir(parents=True, exist_ok=True)
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        save_file(weights, unfinished, metadata=metadata)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def _build(
    state: dict[str, Tensor], metadata: Mapping[str, str], overrides: Mapping[str, Any]
) -> SwinTransformer:
    layout = _layout_of(state)
    weights, unexpected = to_our_names(_as_float32(state), layout)
    declared = _declared(metadata) if layout is LAYOUTS["swin_edu"] else {}
    file_config, windows = infer_config(weights, layout, declared, overrides.get("window_size"))
    _check_overrides(file_config, overrides)
    config = replace(file_config, **overrides)

    model = SwinTransformer(config)
    expected = model.state_dict()
    weights = {name: tensor for name, tensor in weights.items() if not name.endswith(INDEX)}
    if config.num_classes != file_config.num_classes:  # a new head, freshly made, or none
        weights = {name: tensor for name, tensor in weights.items() if not name.startswith("head.")}
        weights |= {name: tensor for name, tensor in expected.items() if name.startswith("head.")}
    expected_in_file = {
        name: (*tensor.shape,) if not name.endswith(TABLE) else _table_shape(tensor, windows[_stage_of(name)])
        for name, tensor in expected.items()
    }
    _compare(weights, expected_in_file, unexpected, layout)
    for name in [name for name in weights if name.endswith(TABLE)]:
        weights[name] = fit_table(weights[name], windows[_stage_of(name)], file_config.window, config.window)
    model.load_state_dict(weights)
    return model.eval()


def _layout_of(state: Mapping[str, Tensor]) -> Layout:
    for name in state:
        for mark, reason in NOT_OURS.items():
            if mark in name.split("."):
                raise CheckpointError(f"{reason} ({name}), and load_checkpoint reads Swin V1 without that")
    layout = recognise_layout(state)
    if layout is None:
        name = "stages.0.blocks.0.attention.projection.weight"
        examples = dict.fromkeys(known.theirs(name)[0] for known in LAYOUTS.values())
        raise CheckpointError(
            f"its names are not those of a Swin; expected a name such as {', '.join(examples)}; "
            f"found {', '.join(list(state)[:3])}"
        )
    return layout


def _as_float32(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    converted = {}
    for name, tensor in state.items():
        converted[name] = tensor.float() if tensor.is_floating_point() else tensor
        if not converted[name].isfinite().all():
            raise CheckpointError(f"{name} holds NaN or infinite values")
    return converted


def _declared(metadata: Mapping[str, str]) -> dict[str, Any]:
    try:
        return asdict(SwinConfig(**json.loads(metadata["config"]))) if "config" in metadata else {}
    except (ValueError, TypeError) as error:
        raise CheckpointError(f"the config in its metadata cannot be read ({error})") from error


def _check_overrides(file_config: SwinConfig, overrides: Mapping[str, Any]) -> None:
    for name, value in overrides.items():
        found = getattr(file_config, name)
        value = tuple(value) if isinstance(value, list) else value
        if name == "mlp_ratio":
            width = file_config.stage_channels[-1]
            agrees = isinstance(value, (int, float)) and round(value * width) == round(found * width)
        else:
            agrees = value == found
        if not agrees and name not in FREE_OVERRIDES:
            raise CheckpointError(
                f"{name}={value!r} was asked for, but its tensors say {name}={found!r}; leave it out"
            )


def _stage_of(name: str) -> int:
    return int(name.split(".")[1])


def _table_shape(table: Tensor, window: Pair) -> tuple[int, int]:
    return (2 * window[0] - 1) * (2 * window[1] - 1), table.shape[1]


def _compare(
    weights: Mapping[str, Tensor],
    expected: Mapping[str, tuple[int, ...]],
    unexpected: list[str],
    layout: Layout,
) -> None:
    """Every name there, none too many, every shape right; else say the first of each, in their words."""

    def theirs(name: str) -> str:
        return " and ".join(layout.theirs(name))

    missing = [theirs(name) for name in expected if name not in weights]
    unexpected = unexpected + [theirs(name) for name in weights if name not in expected]
    wrong = [
        f"{theirs(name)} must be {expected[name]}, got {tuple(weights[name].shape)}"
        for name in expected
        if name in weights and tuple(weights[name].shape) != expected[name]
    ]
    complaints = []
    for names, what in (
        (missing, "missing"),
        (unexpected, "not part of a Swin"),
        (wrong, "of another shape"),
    ):
        if names:
            complaints.append(f"{len(names)} {what} (first: {names[0]})")
    if complaints:
        raise CheckpointError(
            f"read as {layout.title} weights, its tensors do not fit together: {'; '.join(complaints)}; "
            f"{len(expected)} weights were expected"
        )
