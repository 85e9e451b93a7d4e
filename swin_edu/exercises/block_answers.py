"""What people answer to the exercises on the Swin block: the right ways, and the wrong ones that are known.

The exercises themselves, for notebook 05, are in `block`.
"""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor, nn

from swin_edu.model.block import SwinBlock
from swin_edu.model.config import Pair
from swin_edu.model.windows import effective_window

TokenMap = Callable[[Tensor], Tensor]
Blocks = list[tuple[Pair, Pair]]


def count(
    channels: int,
    num_heads: int,
    window: Pair,
    mlp_ratio: float,
    qkv_bias: bool,
    *,
    norms: int = 2,
    tables: int | None = None,
    offsets: Callable[[int, int], int] = lambda mh, mw: (2 * mh - 1) * (2 * mw - 1),
    projection_bias: bool = True,
    mlp_bias: bool = True,
) -> int:
    """The number of parameters; what is given by name makes it wrong in one way."""
    c, hidden = channels, round(channels * mlp_ratio)
    attention = 4 * c * c + 3 * c * qkv_bias + c * projection_bias
    table = offsets(*window) * (num_heads if tables is None else tables)
    return norms * 2 * c + attention + table + 2 * c * hidden + (hidden + c) * mlp_bias


@cache
def block_functions(
    channels: int, heads: int, seed: int = 0
) -> tuple[TokenMap, TokenMap, TokenMap, TokenMap]:
    """norm1, attend, norm2 and mlp of a real block, as plain functions; the same ones for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(channels + 1000 * seed)
        block = SwinBlock(channels, heads, window_size=2, shift=1).eval()
        for norm in (block.norm1, block.norm2):  # else both norms, and norms of norms, were alike
            nn.init.normal_(norm.weight, 1, 0.4)
            nn.init.normal_(norm.bias, 0, 0.4)
    parts = (block.norm1, block.attend, block.norm2, block.mlp)

    def plain(part: TokenMap) -> TokenMap:
        return lambda tokens: torch.no_grad()(part)(tokens)

    return tuple(plain(part) for part in parts)


def drop(branch: Tensor, rate: float, draws: Tensor) -> Tensor:
    """Drop path with given coins, one a sample."""
    return branch * (draws >= rate)[:, None, None, None] / (1 - rate)


def in_training(
    z: Tensor,
    norm1: TokenMap,
    attend: TokenMap,
    norm2: TokenMap,
    mlp: TokenMap,
    rate: float,
    draws: Tensor,
    drop: Callable[[Tensor, float, Tensor], Tensor] = drop,
) -> Tensor:
    """Equation (3) with drop path on both branches; `drop` says how."""
    z = z + drop(attend(norm1(z)), rate, draws[0])
    return z + drop(mlp(norm2(z)), rate, draws[1])


def norm_after(z, norm1, attend, norm2, mlp, rate, draws):
    """The norm behind the sum."""
    z = norm1(z + drop(attend(z), rate, draws[0]))
    return norm2(z + drop(mlp(z), rate, draws[1]))


def residual_of_normed(z, norm1, attend, norm2, mlp, rate, draws):
    """The normed tokens travel on."""
    z = norm1(z)
    z = norm2(z + drop(attend(z), rate, draws[0]))
    return z + drop(mlp(z), rate, draws[1])


def side_by_side(z, norm1, attend, norm2, mlp, rate, draws):
    """The MLP reads what attention read."""
    return z + drop(attend(norm1(z)), rate, draws[0]) + drop(mlp(norm2(z)), rate, draws[1])


def no_residual(z, norm1, attend, norm2, mlp, rate, draws):
    """Nothing is added to the branches."""
    z = drop(attend(norm1(z)), rate, draws[0])
    return drop(mlp(norm2(z)), rate, draws[1])


def road_dropped(z, norm1, attend, norm2, mlp, rate, draws):
    """The coin takes the road away, too."""
    z = drop(z + attend(norm1(z)), rate, draws[0])
    return drop(z + mlp(norm2(z)), rate, draws[1])


def attention_only(z, norm1, attend, norm2, mlp, rate, draws):
    """The MLP branch is never dropped."""
    z = z + drop(attend(norm1(z)), rate, draws[0])
    return z + mlp(norm2(z))


def drop_by(drop: Callable[[Tensor, float, Tensor], Tensor]) -> Callable[..., Tensor]:
    """The block with another kind of drop path."""
    return lambda *arguments: in_training(*arguments, drop=drop)


def look_back(
    height: int,
    width: int,
    blocks: Blocks,
    row: int,
    column: int,
    *,
    fit: Callable[..., tuple[Pair, Pair]] = effective_window,
    wraps: bool = False,
) -> Tensor:
    """What the token at (row, column) sees through the blocks; `fit` and `wraps` make it wrong."""
    seen = [torch.arange(height) == row, torch.arange(width) == column]
    for window, shift in reversed(blocks):
        window, shift = fit(height, width, window, shift)
        for axis, (length, m, s) in enumerate(zip((height, width), window, shift, strict=True)):
            position = (torch.arange(length) - s) % length if wraps else torch.arange(length) - s
            seen[axis] = torch.isin(position // m, position[seen[axis]] // m)
    return seen[0][:, None] & seen[1][None, :]


def square_around(height: int, width: int, blocks: Blocks, row: int, column: int) -> Tensor:
    """A rectangle around the token that grows by half a window a block."""
    far = [sum(window[axis] for window, _ in blocks) / 2 for axis in (0, 1)]
    rows, columns = (torch.arange(height) - row).abs(), (torch.arange(width) - column).abs()
    return (rows[:, None] <= far[0]) & (columns[None, :] <= far[1])


def fit_any_shift(height: int, width: int, window: Pair, shift: Pair) -> tuple[Pair, Pair]:
    """As `effective_window`, for shifts that it would refuse."""
    window, fits = effective_window(height, width, window, 0)[0], (height > window[0], width > window[1])
    return window, (shift[0] * fits[0], shift[1] * fits[1])
