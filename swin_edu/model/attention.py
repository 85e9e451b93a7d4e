"""Self-attention inside windows: every token asks, and only tokens of its own window answer.

Notebook 02 builds the plain form, notebook 04 adds the bias; paper, Section 3.2, equation (4).
"""

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from swin_edu.model.config import Pair, as_pair
from swin_edu.model.linear import TokenLinear, runs_eagerly
from swin_edu.model.position import RelativePositionBias


def attention_plain(
    query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None = None, mask: Tensor | None = None
) -> Tensor:
    """Attention as the paper writes it: SoftMax(Q K^T / sqrt(d) + B) V.

    Args:
        query, key, value: (..., N, d).
        bias: added to the scores, broadcast to (..., N, N), or None.
        mask: bool, broadcast to (..., N, N), True = may attend; or None, all may.

    Returns:
        (..., N, d).

    Paper: Section 3.2, equation (4).

    Example:
        >>> q = k = v = torch.eye(4)
        >>> attention_plain(q, k, v, mask=torch.eye(4, dtype=torch.bool)).equal(v)
        True
    """
    scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
    if bias is not None:
        scores = scores + bias
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    return scores.softmax(dim=-1) @ value


class WindowAttention(nn.Module):
    """Multi-head self-attention of the tokens in each window, with relative position bias.

    Args:
        channels: length C of a token.
        num_heads: heads h, each of d = C/h channels.
        window_size: M, or (Mh, Mw), the largest window that will come.
        qkv_bias: whether the query, key and value projections have a bias.
        relative_position_bias: False leaves the bias out (paper, Table 4, "no pos").

    Raises:
        ValueError: if the heads cannot share the channels evenly.

    Paper: Section 3.2 (W-MSA and SW-MSA), equation (4).

    Example:
        >>> WindowAttention(channels=96, num_heads=3, window_size=7)(torch.zeros(10, 49, 96)).shape
        torch.Size([10, 49, 96])
    """

    def __init__(
        self,
        channels: int,
        num_heads: int,
        window_size: int | Pair,
        qkv_bias: bool = True,
        relative_position_bias: bool = True,
    ) -> None:
        super().__init__()
        if num_heads < 1 or channels % num_heads:
            raise ValueError(f"num_heads must divide the {channels} channels evenly, got {num_heads}")
        self.channels, self.num_heads = channels, num_heads
        self.window = as_pair(window_size, "window_size")
        self.qkv = TokenLinear(channels, 3 * channels, bias=qkv_bias)
        self.projection = TokenLinear(channels, channels)
        self.position = RelativePositionBias(window_size, num_heads) if relative_position_bias else None

    def forward(self, windows: Tensor, window: Pair | None = None, mask: Tensor | None = None) -> Tensor:
        """Attend inside each window.

        Args:
            windows: (B*nW, N, C), the windows of one image one after another.
            window: (Mh, Mw) with Mh * Mw = N, where it is smaller than the usual one.
            mask: (nW, N, N) bool as from `shift_mask`, or None where all may attend to all.

        Returns:
            (B*nW, N, C).

        Raises:
            ValueError: if windows, window and mask do not fit together.
        """
        self._check(windows, window, mask)
        pattern = "w n (three h d) -> three w h n d"
        query, key, value = rearrange(self.qkv(windows), pattern, three=3, h=self.num_heads)
        bias = self.position(window) if self.position is not None else None
        scores_bias = _join_bias_and_mask(bias, mask, windows)
        if _plain_is_faster(query, scores_bias):
            mixed = attention_plain(query, key, value, scores_bias)
        else:
            mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=scores_bias)
        return self.projection(rearrange(mixed, "w h n d -> w n (h d)"))

    def forward_plain(
        self, windows: Tensor, window: Pair | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """The same, one step at a time, as notebooks 02 to 04 explain it."""
        self._check(windows, window, mask)
        pattern = "w n (three h d) -> three w h n d"
        query, key, value = rearrange(self.qkv(windows), pattern, three=3, h=self.num_heads)
        bias = self.position(window) if self.position is not None else None
        if mask is not None:
            mask = mask.repeat(windows.shape[0] // mask.shape[0], 1, 1)[:, None]  # one mask for all heads
        mixed = attention_plain(query, key, value, bias, mask)
        return self.projection(rearrange(mixed, "w h n d -> w n (h d)"))

    def _check(self, windows: Tensor, window: Pair | None, mask: Tensor | None) -> None:
        mh, mw = window or self.window
        if windows.ndim != 3 or windows.shape[-1] != self.channels:
            raise ValueError(f"windows must be (B*nW, N, {self.channels}), got shape {tuple(windows.shape)}")
        if windows.shape[1] != mh * mw:
            raise ValueError(f"a window of {mh}x{mw} has {mh * mw} tokens, got {windows.shape[1]}")
        if mask is None:
            return
        if mask.dtype != torch.bool or mask.ndim != 3 or mask.shape[1:] != (mh * mw, mh * mw):
            raise ValueError(
                f"mask must be bool (nW, {mh * mw}, {mh * mw}), got {mask.dtype} {tuple(mask.shape)}"
            )
        if windows.shape[0] % mask.shape[0]:
            raise ValueError(f"{windows.shape[0]} windows cannot share the masks of {mask.shape[0]} windows")


def _plain_is_faster(query: Tensor, scores_bias: Tensor | None) -> bool:
    # A bias that learns needs its gradient, which no fused kernel on a CPU gives: PyTorch then falls
    # back to a general form of attention that takes longer and keeps more than the plain one.
    learns = scores_bias is not None and scores_bias.requires_grad
    return learns and query.device.type == "cpu" and runs_eagerly(query)


def _join_bias_and_mask(bias: Tensor | None, mask: Tensor | None, windows: Tensor) -> Tensor | None:
    """One float tensor to add to the scores, (1 or B*nW, h or 1, N, N)."""
    if mask is None:
        return None if bias is None else bias[None].to(windows.dtype)
    joined = torch.zeros((), dtype=windows.dtype, device=windows.device) if bias is None else bias[None]
    joined = joined.to(windows.dtype).masked_fill(~mask[:, None], float("-inf"))
    return joined.repeat(windows.shape[0] // mask.shape[0], 1, 1, 1)
