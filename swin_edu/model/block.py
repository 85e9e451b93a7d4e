"""The Swin block: attention inside windows, then an MLP, each added to what was there before.

Notebook 05 builds this module; paper, Section 3.2, equation (3), and Figure 3(b).
"""

from functools import lru_cache

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from swin_edu.model.attention import WindowAttention
from swin_edu.model.config import Pair, as_pair
from swin_edu.model.linear import TokenLinear, runs_eagerly
from swin_edu.model.windows import effective_window, padded_size, shift_mask, window_partition, window_reverse

# Without gradients, an MLP on a CPU takes as many tokens at once as its hidden numbers fit the cache (8 MiB).
MLP_NUMBERS_AT_ONCE = 2**21


class DropPath(nn.Module):
    """Stochastic depth: in training, leave out a whole branch for some samples of the batch.

    The samples that keep the branch get it divided by the keep rate, so that its mean stays the same.

    Args:
        rate: share of samples that lose the branch, in [0, 1).

    Paper: Huang et al. 2016, "Deep networks with stochastic depth"; used in Section 4.1.

    Example:
        >>> DropPath(0.5).eval()(torch.ones(2, 3)).equal(torch.ones(2, 3))
        True
    """

    def __init__(self, rate: float = 0.0) -> None:
        super().__init__()
        if not 0 <= rate < 1:
            raise ValueError(f"drop path rate must be in [0, 1), got {rate}")
        self.rate = rate

    def forward(self, branch: Tensor) -> Tensor:
        """(B, ...) -> (B, ...)."""
        if not self.training or self.rate == 0:
            return branch
        shape = (branch.shape[0],) + (1,) * (branch.ndim - 1)  # one decision for each sample
        keep = torch.empty(shape, dtype=branch.dtype, device=branch.device).bernoulli_(1 - self.rate)
        return branch * (keep / (1 - self.rate))

    def extra_repr(self) -> str:
        """The rate, for ``print(model)``."""
        return f"rate={self.rate:.3f}"


class MLP(nn.Sequential):
    """Two linear layers with GELU between them, applied to each token alone.

    Args:
        channels: length C of a token, in and out.
        hidden: channels in between.

    Paper: Section 3.2, Figure 3(b).

    Example:
        >>> MLP(96, 384)(torch.zeros(2, 8, 8, 96)).shape
        torch.Size([2, 8, 8, 96])
    """

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.expand = TokenLinear(channels, hidden)
        self.activation = nn.GELU()
        self.contract = TokenLinear(hidden, channels)

    def forward(self, tokens: Tensor) -> Tensor:
        """(..., C) -> (..., C)."""
        if not _can_go_in_pieces(tokens):
            return self.forward_plain(tokens)
        at_once = max(16, MLP_NUMBERS_AT_ONCE // self.expand.out_features // 16 * 16)
        pieces = tokens.reshape(-1, tokens.shape[-1]).split(at_once)
        return torch.cat([self.forward_plain(piece) for piece in pieces]).reshape(tokens.shape)

    def forward_plain(self, tokens: Tensor) -> Tensor:
        """The same for all tokens at once, as notebook 05 explains it."""
        return super().forward(tokens)


def _can_go_in_pieces(tokens: Tensor) -> bool:
    # Training keeps the hidden numbers anyway; a GPU wants all the work at once.
    return not torch.is_grad_enabled() and tokens.device.type == "cpu" and runs_eagerly(tokens)


class SwinBlock(nn.Module):
    """One block: x + attention(norm(x)), then x + MLP(norm(x)); plain for shift 0, else shifted.

    Args:
        channels: length C of a token.
        num_heads: heads h.
        window_size: M, or (Mh, Mw).
        shift: s, or (sh, sw); 0 for a plain block (W-MSA), M // 2 for a shifted one (SW-MSA).
        mlp_ratio: hidden channels of the MLP over C.
        qkv_bias: whether the query, key and value projections have a bias.
        drop_path: rate of stochastic depth, on both branches.
        relative_position_bias: False leaves the bias out.

    Raises:
        ValueError: if the heads cannot share the channels, or the shift is not inside the window.

    Paper: Section 3.2, equation (3).

    Example:
        >>> SwinBlock(channels=96, num_heads=3, window_size=7, shift=3)(torch.zeros(1, 16, 20, 96)).shape
        torch.Size([1, 16, 20, 96])
    """

    def __init__(
        self,
        channels: int,
        num_heads: int,
        window_size: int | Pair,
        shift: int | Pair = 0,
        mlp_ratio: float = 4.0,
        qkv_bias: bool = True,
        drop_path: float = 0.0,
        relative_position_bias: bool = True,
    ) -> None:
        super().__init__()
        self.window, self.shift = as_pair(window_size, "window_size"), as_pair(shift, "shift")
        effective_window(1, 1, self.window, self.shift)  # a shift that does not fit is refused here and now
        self.norm1 = nn.LayerNorm(channels, eps=1e-5)
        self.attention = WindowAttention(channels, num_heads, self.window, qkv_bias, relative_position_bias)
        self.drop_path = DropPath(drop_path)
        self.norm2 = nn.LayerNorm(channels, eps=1e-5)
        self.mlp = MLP(channels, round(channels * mlp_ratio))

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, H, W, C), for any H and W.

        Raises:
            ValueError: if the tokens have another shape.
        """
        if tokens.ndim != 4 or tokens.shape[-1] != self.attention.channels:
            raise ValueError(
                f"tokens must be (B, H, W, {self.attention.channels}), got shape {tuple(tokens.shape)}"
            )
        tokens = tokens + self.drop_path(self.attend(self.norm1(tokens)))
        return tokens + self.drop_path(self.mlp(self.norm2(tokens)))

    def attend(self, tokens: Tensor) -> Tensor:
        """Pad, roll, partition, attend, and all of it back: (B, H, W, C) -> (B, H, W, C)."""
        height, width = tokens.shape[1:3]
        window, (sh, sw) = effective_window(height, width, self.window, self.shift)
        padded_h, padded_w = padded_size(height, width, window)
        if (padded_h, padded_w) != (height, width):
            tokens = F.pad(tokens, (0, 0, 0, padded_w - width, 0, padded_h - height))
        if sh or sw:
            tokens = tokens.roll((-sh, -sw), dims=(1, 2))
        windows = rearrange(window_partition(tokens, window), "w mh mw c -> w (mh mw) c")
        windows = self.attention(windows, window, _mask(height, width, window, (sh, sw), tokens))
        windows = rearrange(windows, "w (mh mw) c -> w mh mw c", mh=window[0])
        tokens = window_reverse(windows, window, padded_h, padded_w)
        if sh or sw:
            tokens = tokens.roll((sh, sw), dims=(1, 2))
        return tokens[:, :height, :width]


def _mask(height: int, width: int, window: Pair, shift: Pair, tokens: Tensor) -> Tensor | None:
    """`shift_mask` where it says anything; None where all tokens of a window may meet."""
    if shift == (0, 0) and padded_size(height, width, window) == (height, width):
        return None
    # What a compiler, a dry run or a transform makes must not be remembered: a real run would get it later.
    if not runs_eagerly(tokens):
        return shift_mask(height, width, window, shift, tokens.device)
    return _cached_mask(height, width, window, shift, tokens.device)


@lru_cache(maxsize=64)
def _cached_mask(height: int, width: int, window: Pair, shift: Pair, device: torch.device) -> Tensor:
    # A tensor born in inference mode could not be used in training later.
    with torch.inference_mode(False):
        return shift_mask(height, width, window, shift, device)
