"""Who attends to whom on the whole token grid, not window by window; and what that makes after blocks.

Notebook 03 asks what one token has seen after a plain and a shifted block; the explorers' pictures
answer with these numbers, which come from `shift_mask` alone.
"""

import torch
from einops import rearrange
from torch import Tensor

from swin_edu.model.windows import Pair, effective_window, padded_size, shift_mask


def attention_reach(height: int, width: int, window_size: int | Pair, shift: int | Pair = 0) -> Tensor:
    """Whom each token of a grid attends to in one block.

    Args:
        height, width: the token grid.
        window_size: M, or (Mh, Mw).
        shift: s, or (sh, sw); 0 is a plain block.

    Returns:
        (H*W, H*W) bool, row = query, column = key, both in row-major order. Padding is left out.

    Raises:
        ValueError: as `swin_edu.model.windows.shift_mask`.

    Example:
        >>> attention_reach(8, 8, window_size=4, shift=2)[0].sum()  # the corner (0, 0) sees 2 x 2 tokens
        tensor(4)
    """
    (mh, mw), (sh, sw) = effective_window(height, width, window_size, shift)
    padded_height, padded_width = padded_size(height, width, window_size)
    place = torch.full((padded_height, padded_width), -1)
    place[:height, :width] = torch.arange(height * width).reshape(height, width)
    place = torch.roll(place, (-sh, -sw), dims=(0, 1))
    place = rearrange(place, "(nh mh) (nw mw) -> (nh nw) (mh mw)", mh=mh, mw=mw)
    window, query, key = shift_mask(height, width, window_size, shift).nonzero(as_tuple=True)
    queries, keys = place[window, query], place[window, key]
    real = (queries >= 0) & (keys >= 0)
    reach = torch.zeros(height * width, height * width, dtype=torch.bool)
    reach[queries[real], keys[real]] = True
    return reach


def reach_after(blocks: list[Tensor]) -> Tensor:
    """Whom each token has heard from after several blocks, one after the other.

    Args:
        blocks: the `attention_reach` of each block, first block first.

    Returns:
        (H*W, H*W) bool: row = token after the last block, column = token before the first.

    Raises:
        ValueError: if there is no block.

    Example:
        >>> plain, shifted = attention_reach(8, 8, 4), attention_reach(8, 8, 4, 2)
        >>> reach_after([plain, shifted])[3 * 8 + 3].sum()  # token (3, 3) has heard from all
        tensor(64)
    """
    if not blocks:
        raise ValueError("reach_after needs at least one block, got none")
    reach = blocks[0]
    for block in blocks[1:]:
        reach = (block.float() @ reach.float()) > 0
    return reach
