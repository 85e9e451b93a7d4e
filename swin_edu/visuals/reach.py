"""Who attends to whom on the whole token grid, not window by window; and what that makes after blocks.

Notebook 03 asks what one token has seen after a plain and a shifted block, notebook 05 how many blocks it
takes to see all; the explorers' pictures answer with these numbers.
"""

from functools import lru_cache

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from swin_edu.model.config import Pair, as_pair
from swin_edu.model.windows import effective_window, padded_size, shift_mask


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


def merging_reach(height: int, width: int) -> Tensor:
    """Which tokens each token is made of when patch merging makes one of 2 x 2.

    Stands between two blocks in the list that `reach_after` takes.

    Args:
        height, width: the token grid before merging; odd sizes are padded, and the padding is nobody.

    Returns:
        (ceil(H/2) * ceil(W/2), H*W) bool, row = merged token, column = token before.

    Raises:
        ValueError: for a size below 1.

    Paper: Section 3.1, "patch merging".

    Example:
        >>> merging_reach(3, 4).sum(dim=1)
        tensor([4, 4, 2, 2])
    """
    if min(height, width) < 1:
        raise ValueError(f"a grid has at least 1 x 1 tokens, got {height} x {width}")
    rows, columns = (torch.arange((n + 1) // 2)[:, None] == torch.arange(n) // 2 for n in (height, width))
    reach = rows[:, None, :, None] & columns[None, :, None, :]
    return rearrange(reach, "merged_h merged_w h w -> (merged_h merged_w) (h w)")


def token_reach(
    height: int,
    width: int,
    window_size: int | Pair,
    blocks: int,
    token: Pair,
    *,
    shifted: bool = True,
    merging: bool = False,
    looking_back: bool = False,
) -> Tensor:
    """How far one token's influence has spread after some blocks, or how far it has seen.

    Blocks are plain and shifted by half a window in turn, the first one plain. Rows and columns never mix, so
    each axis is followed alone: in each block all who share a window with one who knows, know too.

    Args:
        height, width: the token grid of the first block.
        window_size: M, or (Mh, Mw).
        blocks: how many, from 0.
        token: (row, column) on the first block's grid.
        shifted: False leaves out the shift, so that all blocks are plain.
        merging: whether 2 x 2 tokens become one after every two blocks, just before the next one.
        looking_back: False asks who hears the token, True whom it (or the merged token it became a part of)
            has seen.

    Returns:
        (H, W) bool on the first block's grid, also after merging.

    Raises:
        ValueError: for a token outside the grid, a number of blocks below 0, or sizes below 1.

    Paper: Section 3.2, "shifted window partitioning in successive blocks".

    Example:
        >>> [int(token_reach(8, 8, window_size=4, blocks=k, token=(7, 3)).sum()) for k in (0, 1, 2, 3)]
        [1, 16, 36, 64]
    """
    windows = as_pair(window_size, "window_size")
    if not (0 <= token[0] < height and 0 <= token[1] < width):
        raise ValueError(f"token must be on the {height}x{width} grid, got {token}")
    if blocks < 0:
        raise ValueError(f"the number of blocks must be at least 0, got {blocks}")
    rows, columns = (
        _axis_reach(length, m, place, blocks, shifted, merging, looking_back)
        for length, m, place in zip((height, width), windows, token, strict=True)
    )
    return rows[:, None] & columns[None, :]


@lru_cache(maxsize=4096)  # a picture asks for many numbers of blocks, some of them more than once
def _axis_reach(
    length: int, m: int, place: int, blocks: int, shifted: bool, merging: bool, looking_back: bool
) -> Tensor:
    """`token_reach` along one axis: (length,) bool."""
    most = (length - 1).bit_length()  # then one token is left, and merging changes nothing
    levels = [min(block // 2, most) if merging else 0 for block in range(blocks)] or [0]
    lengths = [-(-length // 2**level) for level in range(levels[-1] + 1)]
    level = levels[-1] if looking_back else 0
    known = torch.arange(lengths[level]) == place >> level
    for block in reversed(range(blocks)) if looking_back else range(blocks):
        while level < levels[block]:  # 2 x 2 become one, who knows what any of them knew
            known = F.pad(known, (0, lengths[level] % 2)).view(-1, 2).any(dim=1)
            level += 1
        while level > levels[block]:
            level -= 1
            known = known.repeat_interleave(2)[: lengths[level]]
        shift = m // 2 if shifted and block % 2 else 0
        (fitted, _), (shift, _) = effective_window(lengths[level], 1, (m, 1), (shift, 0))
        window = (torch.arange(lengths[level]) - shift) // fitted
        known = torch.isin(window, window[known])
    return known.repeat_interleave(2**level)[:length]
