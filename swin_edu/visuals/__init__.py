"""Figures and explorers: pictures of every idea in the course, still ones and ones to play with.

All notebooks use them. An explorer is a pair of files, NAME.py and NAME.js; the colours have one source,
palette.py.
"""

from swin_edu.visuals.explorer import Explorer
from swin_edu.visuals.palette import PALETTE, colour
from swin_edu.visuals.patch_explorer import PatchExplorer
from swin_edu.visuals.photographs import PHOTOGRAPHS, photograph
from swin_edu.visuals.reach import attention_reach, reach_after
from swin_edu.visuals.shift_explorer import ShiftExplorer
from swin_edu.visuals.shift_facts import ShiftFacts

__all__ = [
    "PALETTE",
    "PHOTOGRAPHS",
    "Explorer",
    "PatchExplorer",
    "ShiftExplorer",
    "ShiftFacts",
    "attention_reach",
    "colour",
    "photograph",
    "reach_after",
]
