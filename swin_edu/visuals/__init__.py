"""Figures and explorers: pictures of every idea in the course, still ones and ones to play with.

All notebooks use them. An explorer is a pair of files, NAME.py and NAME.js; the colours have one source,
palette.py.
"""

from swin_edu.visuals.attention_cost import AttentionCost, attention_cost
from swin_edu.visuals.bias_explorer import BiasExplorer
from swin_edu.visuals.block_explorer import BlockExplorer
from swin_edu.visuals.cost_explorer import CostExplorer
from swin_edu.visuals.explorer import Explorer
from swin_edu.visuals.merge_explorer import MergeExplorer
from swin_edu.visuals.merge_facts import MergeFacts
from swin_edu.visuals.model_explorer import ModelExplorer
from swin_edu.visuals.model_facts import ModelFacts
from swin_edu.visuals.palette import PALETTE, colour
from swin_edu.visuals.patch_explorer import PatchExplorer
from swin_edu.visuals.photographs import PHOTOGRAPHS, photograph
from swin_edu.visuals.reach import attention_reach, merging_reach, reach_after, token_reach
from swin_edu.visuals.reach_explorer import ReachExplorer
from swin_edu.visuals.shift_explorer import ShiftExplorer
from swin_edu.visuals.shift_facts import ShiftFacts
from swin_edu.visuals.tiny_block import run_tiny_blocks
from swin_edu.visuals.training_dashboard import TrainingDashboard
from swin_edu.visuals.window_explorer import WindowExplorer
from swin_edu.visuals.window_facts import WindowFacts

__all__ = [
    "PALETTE",
    "PHOTOGRAPHS",
    "AttentionCost",
    "BiasExplorer",
    "BlockExplorer",
    "CostExplorer",
    "Explorer",
    "MergeExplorer",
    "MergeFacts",
    "ModelExplorer",
    "ModelFacts",
    "PatchExplorer",
    "ReachExplorer",
    "ShiftExplorer",
    "ShiftFacts",
    "TrainingDashboard",
    "WindowExplorer",
    "WindowFacts",
    "attention_cost",
    "attention_reach",
    "colour",
    "merging_reach",
    "photograph",
    "reach_after",
    "run_tiny_blocks",
    "token_reach",
]
