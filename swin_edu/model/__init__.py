"""The network, one file per chapter of the course; it imports nothing else of swin_edu."""

from swin_edu.model.attention import WindowAttention, attention_plain
from swin_edu.model.block import MLP, DropPath, SwinBlock
from swin_edu.model.checkpoints import load_checkpoint, save_checkpoint
from swin_edu.model.config import SwinConfig
from swin_edu.model.counting import NetworkCost, StageCost, count_parameters, multiply_adds
from swin_edu.model.export import export_onnx, export_program
from swin_edu.model.merging import PatchMerging, gather_neighbours
from swin_edu.model.patches import PatchEmbedding, patchify
from swin_edu.model.position import RelativePositionBias, relative_position_index, resize_bias_table
from swin_edu.model.renaming import export_state_dict
from swin_edu.model.swin import (
    SwinStage,
    SwinTransformer,
    swin_base,
    swin_cifar,
    swin_large,
    swin_small,
    swin_tiny,
)
from swin_edu.model.weight_files import CheckpointError
from swin_edu.model.windows import (
    effective_window,
    padded_size,
    region_ids,
    shift_mask,
    window_partition,
    window_reverse,
)

__all__ = [
    "MLP",
    "CheckpointError",
    "DropPath",
    "NetworkCost",
    "PatchEmbedding",
    "PatchMerging",
    "RelativePositionBias",
    "StageCost",
    "SwinBlock",
    "SwinConfig",
    "SwinStage",
    "SwinTransformer",
    "WindowAttention",
    "attention_plain",
    "count_parameters",
    "effective_window",
    "export_onnx",
    "export_program",
    "export_state_dict",
    "gather_neighbours",
    "load_checkpoint",
    "multiply_adds",
    "padded_size",
    "patchify",
    "region_ids",
    "relative_position_index",
    "resize_bias_table",
    "save_checkpoint",
    "shift_mask",
    "swin_base",
    "swin_cifar",
    "swin_large",
    "swin_small",
    "swin_tiny",
    "window_partition",
    "window_reverse",
]
