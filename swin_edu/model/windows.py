"""Windows, the cyclic shift and its mask: which tokens meet in attention, and which may not.

Notebook 02 builds the partition, notebook 03 the shift and the mask; paper, Section 3.2 and Figure 4.

Everything here follows one definition. Along each axis, the token at position r belongs to window
``floor((r - s) / M)``. Two tokens may attend to each other if and only if their windows agree on both
axes. An axis no longer than M is one window and is not shifted. Nothing else takes part: padding
never receives attention from a real token, and nothing wraps around.
"""

import torch
from einops import rearrange
from torch import Tensor

from swin_edu.model.config import Pair, as_pair


def window_partition(tokens: Tensor, window_size: int | Pair) -> Tensor:
    """Cut a token grid into windows that do not overlap.

    Args:
        tokens: (B, H, W, C), H and W multiples of the window's sides.
        window_size: M, or (Mh, Mw).

    Returns:
        (B*nW, Mh, Mw, C): the windows of each image in row-major order, image after image.

    Raises:
        ValueError: if the grid is not 4-D or cannot be cut evenly.

    Paper: Section 3.2, "self-attention in non-overlapped windows".

    Example:
        >>> window_partition(torch.zeros(2, 8, 12, 5), 4).shape
        torch.Size([12, 4, 4, 5])
    """
    mh, mw = as_pair(window_size, "window_size")
    if tokens.ndim != 4:
        raise ValueError(f"tokens must be (B, H, W, C), got shape {tuple(tokens.shape)}")
    _check_whole_windows(tokens.shape[1], tokens.shape[2], mh, mw)
    return rearrange(tokens, "b (nh mh) (nw mw) c -> (b nh nw) mh mw c", mh=mh, mw=mw)


def window_reverse(windows: Tensor, window_size: int | Pair, height: int, width: int) -> Tensor:
    """Put windows back where `window_partition` took them from.

    Args:
        windows: (B*nW, Mh, Mw, C) in the order of `window_partition`.
        window_size: M, or (Mh, Mw).
        height: rows H of the grid, a multiple of Mh.
        width: columns W of the grid, a multiple of Mw.

    Returns:
        (B, H, W, C).

    Raises:
        ValueError: if the windows cannot make up whole grids of that size.

    Example:
        >>> tokens = torch.arange(2 * 8 * 12).reshape(2, 8, 12, 1)
        >>> torch.equal(window_reverse(window_partition(tokens, 4), 4, 8, 12), tokens)
        True
    """
    mh, mw = as_pair(window_size, "window_size")
    _check_whole_windows(height, width, mh, mw)
    if windows.ndim != 4 or windows.shape[1:3] != (mh, mw):
        raise ValueError(f"windows must be (B*nW, {mh}, {mw}, C), got shape {tuple(windows.shape)}")
    rows, columns = height // mh, width // mw
    if windows.shape[0] % (rows * columns):
        raise ValueError(
            f"a {height}x{width} grid has {rows * columns} windows of {mh}x{mw}; "
            f"{windows.shape[0]} windows are not a whole number of grids"
        )
    return rearrange(windows, "(b nh nw) mh mw c -> b (nh mh) (nw mw) c", nh=rows, nw=columns)


def effective_window(
    height: int, width: int, window_size: int | Pair, shift: int | Pair
) -> tuple[Pair, Pair]:
    """The window and shift that a grid of this size really gets.

    An axis no longer than M becomes one window of that length, and is not shifted: all its tokens
    already see each other.

    Args:
        height, width: the token grid.
        window_size: M, or (Mh, Mw).
        shift: s, or (sh, sw), with 0 <= s < M.

    Returns:
        ((Mh, Mw), (sh, sw)).

    Raises:
        ValueError: for a size below 1, or a shift outside 0 ... M - 1.

    Example:
        >>> effective_window(5, 14, window_size=7, shift=3)
        ((5, 7), (0, 3))
    """
    windows, shifts = as_pair(window_size, "window_size"), as_pair(shift, "shift")
    fitted = []
    for length, m, s, axis in zip((height, width), windows, shifts, ("height", "width"), strict=True):
        if length < 1 or m < 1:
            raise ValueError(f"{axis} and window size must be at least 1, got {length} and {m}")
        if not 0 <= s < m:
            raise ValueError(f"shift must be 0 ... {m - 1} for a window of {m}, got {s}")
        fitted.append((length, 0) if length <= m else (m, s))
    (mh, sh), (mw, sw) = fitted
    return (mh, mw), (sh, sw)


def padded_size(height: int, width: int, window_size: int | Pair) -> Pair:
    """The grid padded at the bottom and right to whole windows.

    Args:
        height, width: the token grid.
        window_size: M, or (Mh, Mw).

    Returns:
        (Hp, Wp), the next multiples of the window that `effective_window` gives.

    Example:
        >>> padded_size(8, 5, window_size=7)
        (14, 5)
    """
    (mh, mw), _ = effective_window(height, width, window_size, 0)
    return -(-height // mh) * mh, -(-width // mw) * mw


def region_ids(
    height: int,
    width: int,
    window_size: int | Pair,
    shift: int | Pair,
    device: torch.device | str | None = None,
) -> Tensor:
    """Number the regions that meet in the rolled grid; only tokens of one region were neighbours.

    The grid is padded at the bottom and right to whole windows and rolled by (-sh, -sw). Along each
    axis the last window then holds two kinds of tokens: those that were always at the end, and those
    that wrapped around from the start. So an axis of padded length L has three bands: 0 before
    ``L - M``, 1 up to ``L - s``, and 2 (the wrapped tokens) from there on. An axis that is not
    shifted is band 0 throughout.

    Args:
        height, width: the token grid, any size.
        window_size: M, or (Mh, Mw).
        shift: s, or (sh, sw), with 0 <= s < M.
        device: where the tensor is made; PyTorch's default unless given.

    Returns:
        (Hp, Wp) int64: ``3 * row band + column band`` (0 ... 8), and -1 for padding. Where the
        windows fit, (Hp, Wp) is (H, W).

    Raises:
        ValueError: as `effective_window`.

    Paper: Section 3.2, Figure 4.

    Example:
        >>> region_ids(4, 4, window_size=2, shift=1)
        tensor([[0, 0, 1, 2],
                [0, 0, 1, 2],
                [3, 3, 4, 5],
                [6, 6, 7, 8]])
    """
    window, shifts = effective_window(height, width, window_size, shift)
    bands, real = [], []
    for length, padded, m, s in zip(
        (height, width), padded_size(height, width, window), window, shifts, strict=True
    ):
        position = torch.arange(padded, device=device)
        band = (position >= padded - m).long() + (position >= padded - s).long()
        bands.append(band if s else torch.zeros_like(band))
        real.append((position + s) % padded < length)  # where the token stood before the roll
    ids = 3 * bands[0][:, None] + bands[1][None, :]
    return ids.masked_fill(~(real[0][:, None] & real[1][None, :]), -1)


def shift_mask(
    height: int,
    width: int,
    window_size: int | Pair,
    shift: int | Pair,
    device: torch.device | str | None = None,
) -> Tensor:
    """Who may attend to whom inside each window of the padded and rolled grid.

    Args:
        height, width: the token grid, any size.
        window_size: M, or (Mh, Mw).
        shift: s, or (sh, sw), with 0 <= s < M; 0 gives the mask of a plain block.
        device: where the tensor is made; PyTorch's default unless given.

    Returns:
        (nW, N, N) bool, [window, query, key], True = may attend. Padding attends to padding only,
        so that no row is empty (a softmax over nothing is NaN) and no real token ever sees it.

    Raises:
        ValueError: as `effective_window`.

    Paper: Section 3.2, "efficient batch computation for shifted configuration".

    Example:
        >>> shift_mask(8, 8, window_size=4, shift=2).float().mean(dim=(1, 2))
        tensor([1.0000, 0.5000, 0.5000, 0.2500])
    """
    window, _ = effective_window(height, width, window_size, shift)
    ids = region_ids(height, width, window_size, shift, device)
    ids = rearrange(ids, "(nh mh) (nw mw) -> (nh nw) (mh mw)", mh=window[0], mw=window[1])
    return ids[:, :, None] == ids[:, None, :]


def _check_whole_windows(height: int, width: int, mh: int, mw: int) -> None:
    if mh < 1 or mw < 1 or height % mh or width % mw:
        raise ValueError(
            f"a {height}x{width} grid cannot be cut into windows of {mh}x{mw}; "
            f"pad it to whole windows first (see padded_size)"
        )
