"""Relative position bias: attention learns how much it likes each offset between two tokens.

Notebook 04 builds this module; paper, Section 3.2, equation (4).
"""

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from swin_edu.model.config import Pair, as_pair


def relative_position_index(window_size: int | Pair) -> Tensor:
    """For each pair of tokens in a window, the row of the bias table that belongs to their offset.

    With (dr, dc) = query - key, dr takes 2*Mh - 1 values and dc takes 2*Mw - 1. Adding Mh - 1 and
    Mw - 1 makes both start at 0; then they are two digits of one number.

    Args:
        window_size: M, or (Mh, Mw); tokens are numbered row by row.

    Returns:
        (N, N) int64, row = query, column = key,
        value = (dr + Mh - 1) * (2*Mw - 1) + (dc + Mw - 1), in 0 ... (2*Mh - 1)*(2*Mw - 1) - 1.

    Raises:
        ValueError: if a side of the window is below 1.

    Paper: Section 3.2, "relative position bias".

    Example:
        >>> relative_position_index(2)
        tensor([[4, 3, 1, 0],
                [5, 4, 2, 1],
                [7, 6, 4, 3],
                [8, 7, 5, 4]])
    """
    mh, mw = _whole_window(window_size, "window_size")
    row = torch.arange(mh).repeat_interleave(mw)
    column = torch.arange(mw).repeat(mh)
    dr = row[:, None] - row[None, :]
    dc = column[:, None] - column[None, :]
    return (dr + mh - 1) * (2 * mw - 1) + (dc + mw - 1)


def resize_bias_table(table: Tensor, old_window: int | Pair, new_window: int | Pair) -> Tensor:
    """Stretch a learned table to another window size, so that old weights serve a new resolution.

    Each head's table is an image of offsets, (2*Mh - 1) x (2*Mw - 1); it is resized bicubically about
    its centre, the offset zero, as the authors' fine-tuning code does it.

    Args:
        table: ((2*Mh - 1)*(2*Mw - 1), h) for the old window.
        old_window: M, or (Mh, Mw), that the table was learned with.
        new_window: the window to use from now on.

    Returns:
        ((2*Mh' - 1)*(2*Mw' - 1), h) for the new window, same dtype.

    Raises:
        ValueError: if the table's length does not fit ``old_window``, or a window is empty.

    Paper: Section 3.2 ("initialise a model for fine-tuning with a different window size through
    bi-cubic interpolation").

    Example:
        >>> resize_bias_table(torch.zeros(13 * 13, 3), old_window=7, new_window=(12, 8)).shape
        torch.Size([345, 3])
    """
    (mh, mw), (new_mh, new_mw) = (
        _whole_window(old_window, "old_window"),
        _whole_window(new_window, "new_window"),
    )
    if table.ndim != 2 or table.shape[0] != (2 * mh - 1) * (2 * mw - 1):
        raise ValueError(
            f"a table for window {mh}x{mw} has {(2 * mh - 1) * (2 * mw - 1)} rows and one column a head, "
            f"got shape {tuple(table.shape)}"
        )
    if (mh, mw) == (new_mh, new_mw):
        return table.clone()
    grid = rearrange(table.detach(), "(r c) h -> 1 h r c", r=2 * mh - 1)
    # Without align_corners the scale is (2M' - 1) / (2M - 1), closer to the true M' / M than with it.
    grid = F.interpolate(grid.float(), size=(2 * new_mh - 1, 2 * new_mw - 1), mode="bicubic")
    return rearrange(grid.to(table.dtype), "1 h r c -> (r c) h")


class RelativePositionBias(nn.Module):
    """A learned bias for every head and every offset between two tokens of a window.

    Args:
        window_size: M, or (Mh, Mw).
        num_heads: heads h; each has a table of its own.

    Paper: Section 3.2, equation (4).

    Example:
        >>> RelativePositionBias(window_size=7, num_heads=3)().shape
        torch.Size([3, 49, 49])
    """

    def __init__(self, window_size: int | Pair, num_heads: int) -> None:
        super().__init__()
        self.window = _whole_window(window_size, "window_size")
        mh, mw = self.window
        self.table = nn.Parameter(torch.zeros((2 * mh - 1) * (2 * mw - 1), num_heads))
        nn.init.trunc_normal_(self.table, std=0.02)
        # A buffer moves to the GPU once, with the module; it is no weight, so checkpoints leave it out.
        self.register_buffer("index", relative_position_index(self.window), persistent=False)
        self.register_load_state_dict_post_hook(_refill_index)

    def forward(self, window: Pair | None = None) -> Tensor:
        """The bias of every pair of tokens, (h, N, N), [head, query, key].

        A map smaller than the window has a smaller window: the upper left corner of the full one, with
        the same offsets and so the same biases.

        Args:
            window: (Mh, Mw), at most the window that the table was made for; by default that one.

        Raises:
            ValueError: if the window is larger than the table's, or empty.
        """
        (full_h, full_w), (mh, mw) = self.window, window or self.window
        if not (1 <= mh <= full_h and 1 <= mw <= full_w):
            raise ValueError(f"the table holds windows from 1x1 to {full_h}x{full_w}, got window {mh}x{mw}")
        index = rearrange(self.index, "(qr qc) (kr kc) -> qr qc kr kc", qr=full_h, kr=full_h)
        bias = self.table[index[:mh, :mw, :mh, :mw].flatten()]
        return rearrange(bias, "(q k) h -> h q k", q=mh * mw)


def _refill_index(position: RelativePositionBias, _: object) -> None:
    # A network made on the meta device gets its weights from a file, but its index from nowhere.
    position.index = relative_position_index(position.window).to(position.table.device)


def _whole_window(window_size: int | Pair, name: str) -> Pair:
    window = as_pair(window_size, name)
    if min(window) < 1:
        raise ValueError(f"{name} must be at least 1 along each axis, got {window_size}")
    return window
