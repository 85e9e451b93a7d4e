"""Read a network's settings off the shapes of its weights, and fit bias tables to another window.

Notebook 07 asks what a checkpoint without any description still tells; this module answers.
"""

from collections.abc import Callable, Mapping
from itertools import pairwise
from math import isqrt
from typing import Any

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from swin_edu.model.config import Pair, SwinConfig, as_pair
from swin_edu.model.layouts import INDEX, LAYOUTS, TABLE, Layout
from swin_edu.model.position import resize_bias_table
from swin_edu.model.weight_files import CheckpointError

# What tensors cannot tell; only our own files say it, in their metadata.
NOT_IN_TENSORS = ("drop_path_rate", "shift_windows", "checkpoint_blocks")


def infer_config(
    weights: Mapping[str, Tensor],
    layout: Layout,
    declared: Mapping[str, Any],
    wished_window: int | Pair | None,
) -> tuple[SwinConfig, list[Pair]]:
    """Every setting that shows in the shapes; the rest as declared, or the default.

    Args:
        weights: our names -> tensors, with the relative position index where the file has it.
        layout: where they came from, so that messages use the file's own names.
        declared: settings from the file's metadata, {} for files of other libraries.
        wished_window: the ``window_size`` that the caller asked for. A table that fits it exactly is
            read as that window, which tells (4, 7) from (7, 4); otherwise it has no effect here.

    Returns:
        The config, and the window of each stage in the file: a late stage of other libraries can have
        a smaller one, where the map was smaller than the window.

    Raises:
        CheckpointError: if the shapes do not make up a Swin.
    """
    shape = _shapes(weights, layout)
    embed_dim, in_channels, patch_size, patch_width = shape("patch_embedding.projection.weight", 4)
    if patch_size != patch_width:
        raise CheckpointError(f"patches must be square, got {patch_size}x{patch_width}")
    depths = LAYOUTS["swin_edu"].depths(weights)
    last_hidden, last_channels = shape(f"stages.{len(depths) - 1}.blocks.0.mlp.expand.weight", 2)
    hint = wished_window or declared.get("window_size")
    heads, windows = _heads_and_windows(weights, layout, declared, hint, len(depths))
    window = windows[0]
    for stage, (smaller, larger) in enumerate(pairwise(windows)):
        # Maps only shrink, so a window that the map cut short is never followed by a larger one.
        if smaller[0] < larger[0] or smaller[1] < larger[1]:
            raise CheckpointError(
                f"stage {stage} has windows of {smaller[0]}x{smaller[1]} and the next of "
                f"{larger[0]}x{larger[1]}; a Swin has one window size for all stages (is it a Swin-S3?)"
            )
    settings = {
        "patch_size": patch_size,
        "in_channels": in_channels,
        "num_classes": shape("head.weight", 2)[0] if "head.weight" in weights else 0,
        "embed_dim": embed_dim,
        "depths": depths,
        "num_heads": heads,
        "window_size": window[0] if window[0] == window[1] else window,
        "mlp_ratio": last_hidden / last_channels,  # the widest stage tells it most exactly
        "qkv_bias": any(name.endswith("attention.qkv.bias") for name in weights),
        "relative_position_bias": any(name.endswith(TABLE) for name in weights),
    }
    settings |= {name: declared[name] for name in NOT_IN_TENSORS if name in declared}
    try:
        return SwinConfig(**settings), windows
    except ValueError as error:
        raise CheckpointError(f"its tensors do not make up a Swin: {error}") from error


def fit_table(table: Tensor, own: Pair, file_window: Pair, new_window: Pair) -> Tensor:
    """A stage's bias table for the window that the network gets.

    A stage that had a smaller window in the file knows the small offsets only; they go into the middle
    of the larger table, so that the answers at the file's image size stay exactly the same. Larger
    offsets get what the nearest known offset has.

    Args:
        table: ((2*mh - 1)*(2*mw - 1), h), of window ``own``.
        own: window of this stage in the file.
        file_window: largest window in the file.
        new_window: window of the network.

    Returns:
        ((2*Mh - 1)*(2*Mw - 1), h) for ``new_window``.

    Example:
        >>> fit_table(torch.tensor([[5.0]]), own=(1, 1), file_window=(1, 2), new_window=(1, 2)).tolist()
        [[5.0], [5.0], [5.0]]
    """
    if own != file_window:
        rows, columns = file_window[0] - own[0], file_window[1] - own[1]
        grid = rearrange(table, "(r c) h -> 1 h r c", r=2 * own[0] - 1)
        grid = F.pad(grid, (columns, columns, rows, rows), mode="replicate")
        table = rearrange(grid, "1 h r c -> (r c) h")
    return resize_bias_table(table, file_window, new_window)


def _heads_and_windows(
    weights: Mapping[str, Tensor],
    layout: Layout,
    declared: Mapping[str, Any],
    hint: int | Pair | None,
    stages: int,
) -> tuple[tuple[int, ...], list[Pair]]:
    names = [
        min((n for n in weights if n.startswith(f"stages.{stage}.") and n.endswith(TABLE)), default=None)
        for stage in range(stages)
    ]
    if all(names):
        shape = _shapes(weights, layout)
        heads = tuple(shape(name, 2)[1] for name in names)
        return heads, [_window_of_table(weights, name, hint, layout) for name in names]
    if not any(names) and declared and not declared["relative_position_bias"]:
        return declared["num_heads"], [as_pair(declared["window_size"])] * stages
    first = f"stages.{names.index(None)}.blocks.0.{TABLE}"
    raise CheckpointError(
        f"{layout.theirs(first)[0]} is missing; heads and window cannot be told without it. "
        "Is the file complete?"
    )


def _window_of_table(
    weights: Mapping[str, Tensor], name: str, hint: int | Pair | None, layout: Layout
) -> Pair:
    rows = weights[name].shape[0]
    index = weights.get(name.replace(TABLE, INDEX))
    if index is not None and isqrt(index.numel()) ** 2 != index.numel():
        raise CheckpointError(f"{layout.theirs(name.replace(TABLE, INDEX))[0]} must be (N, N) or N*N long")
    tokens = None if index is None else isqrt(index.numel())

    def fits(window: Pair) -> bool:
        has_rows = (2 * window[0] - 1) * (2 * window[1] - 1) == rows
        return has_rows and tokens in (None, window[0] * window[1])

    window = None if index is None else _window_of_index(index.reshape(tokens, -1))
    if window and fits(window):
        return window
    if hint is not None and fits(as_pair(hint, "window_size")):
        return as_pair(hint)
    side = (isqrt(rows) + 1) // 2
    if fits((side, side)):
        return side, side
    sides = [(a // 2 + 1, rows // a // 2 + 1) for a in range(1, rows + 1, 2) if rows % a == 0]
    possible = ", ".join(f"({a}, {b})" for a, b in sides if fits((a, b))) or "none"
    raise CheckpointError(
        f"{layout.theirs(name)[0]} has {rows} rows, which is no square window; "
        f"windows that fit: {possible}; say which with window_size=(rows, columns)"
    )


def _window_of_index(index: Tensor) -> Pair | None:
    """Going down the first column, the index grows by one a token until a new row of the window starts.

    None for a window one token wide or high: (1, 5) and (5, 1) have the same index.
    """
    column = index[:, 0]
    jumps = (column - column[0] != torch.arange(len(column))).nonzero()
    return (len(column) // int(jumps[0]), int(jumps[0])) if len(jumps) else None


def _shapes(weights: Mapping[str, Tensor], layout: Layout) -> Callable[[str, int], torch.Size]:
    """A look-up of shapes that says, in the file's own names, what is missing or has the wrong form."""

    def shape(name: str, dimensions: int) -> torch.Size:
        theirs = " and ".join(layout.theirs(name))
        if name not in weights:
            raise CheckpointError(
                f"{theirs} is missing; the settings cannot be told without it. Is the file complete?"
            )
        if weights[name].ndim != dimensions or 0 in weights[name].shape:
            raise CheckpointError(
                f"{theirs} must have {dimensions} dimensions, got shape {tuple(weights[name].shape)}"
            )
        return weights[name].shape

    return shape
