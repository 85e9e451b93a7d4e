"""The whole Swin Transformer once more, straight from the definition: float64, loops, one token at a time.

Nothing here is taken from swin_edu: no windows are cut, nothing is padded, rolled or masked. A token
simply looks for the tokens whose window index agrees with its own on both axes. That is far too slow
to use and hard to get wrong, which makes it the reference for everything fast.

The weights come as a state dict of swin_edu with float64 tensors; only its names are relied on.
"""

from math import floor, sqrt

import torch
from torch import Tensor

Weights = dict[str, Tensor]
Pair = tuple[int, int]


def window_index(position: int, length: int, window: int, shift: int) -> int:
    """The window of a token along one axis: floor((r - s) / M); an axis no longer than M is one window."""
    return 0 if length <= window else floor((position - shift) / window)


def positions(size: Pair) -> list[Pair]:
    """All tokens of a grid as (row, column), row by row."""
    return [(row, column) for row in range(size[0]) for column in range(size[1])]


def windows_of(size: Pair, window: Pair, shift: Pair) -> dict[Pair, Pair]:
    """The (row, column) window index of every token; tokens meet if and only if both indices agree."""
    return {
        (row, column): (
            window_index(row, size[0], window[0], shift[0]),
            window_index(column, size[1], window[1], shift[1]),
        )
        for row, column in positions(size)
    }


def meeting_matrix(size: Pair, window: Pair, shift: Pair) -> Tensor:
    """(H*W, H*W) bool: who attends to whom in the whole grid."""
    home = windows_of(size, window, shift)
    return torch.tensor([[home[a] == home[b] for b in home] for a in home])


def under(prefix: str, weights: Weights) -> Weights:
    """The weights whose names start with ``prefix.``, without it."""
    start = prefix + "."
    return {name[len(start) :]: tensor for name, tensor in weights.items() if name.startswith(start)}


def linear(x: Tensor, weights: Weights, name: str) -> Tensor:
    """x W^T + b, or x W^T where there is no bias."""
    product = x @ weights[f"{name}.weight"].T
    return product + weights[f"{name}.bias"] if f"{name}.bias" in weights else product


def layer_norm(x: Tensor, weights: Weights, name: str) -> Tensor:
    """Normalise the last axis with epsilon 1e-5."""
    mean = x.mean(-1, keepdim=True)
    variance = ((x - mean) ** 2).mean(-1, keepdim=True)
    return (x - mean) / (variance + 1e-5).sqrt() * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def gelu(x: Tensor) -> Tensor:
    """x times the normal distribution function of x."""
    return x * 0.5 * (1 + torch.erf(x / sqrt(2)))


def attention(tokens: Tensor, weights: Weights, heads: int, window: Pair, shift: Pair) -> Tensor:
    """Window attention of one image's tokens (H, W, C) -> (H, W, C), one query at a time."""
    height, width, channels = tokens.shape
    home, depth = windows_of((height, width), window, shift), channels // heads
    mixed = torch.zeros_like(tokens)
    query, key, value = linear(tokens, weights, "qkv").split(channels, dim=-1)
    for a in home:
        keys = [b for b in home if home[b] == home[a]]
        for head in range(heads):
            part = slice(head * depth, (head + 1) * depth)
            scores = torch.stack([query[a][part] @ key[b][part] / sqrt(depth) for b in keys])
            if "position.table" in weights:
                offsets = [(a[0] - b[0] + window[0] - 1, a[1] - b[1] + window[1] - 1) for b in keys]
                rows = [dr * (2 * window[1] - 1) + dc for dr, dc in offsets]
                scores = scores + weights["position.table"][rows, head]
            shares = scores.exp() / scores.exp().sum()
            mixed[a][part] = sum(share * value[b][part] for share, b in zip(shares, keys, strict=True))
    return linear(mixed, weights, "projection")


def block(tokens: Tensor, weights: Weights, heads: int, window: Pair, shift: Pair) -> Tensor:
    """One Swin block on a batch, (B, H, W, C) -> (B, H, W, C)."""
    inside = under("attention", weights)
    normed = layer_norm(tokens, weights, "norm1")
    tokens = tokens + torch.stack([attention(image, inside, heads, window, shift) for image in normed])
    hidden = gelu(linear(layer_norm(tokens, weights, "norm2"), weights, "mlp.expand"))
    return tokens + linear(hidden, weights, "mlp.contract")


def merge(tokens: Tensor, weights: Weights) -> Tensor:
    """Patch merging, (B, H, W, C) -> (B, ceil(H/2), ceil(W/2), 2C); what lies outside the grid is 0."""
    batch, height, width, channels = tokens.shape
    groups = torch.zeros(batch, (height + 1) // 2, (width + 1) // 2, 4 * channels, dtype=tokens.dtype)
    for row, column in positions(groups.shape[1:3]):
        for k, (dr, dc) in enumerate([(0, 0), (1, 0), (0, 1), (1, 1)]):
            r, c = 2 * row + dr, 2 * column + dc
            if r < height and c < width:
                groups[:, row, column, k * channels : (k + 1) * channels] = tokens[:, r, c]
    return linear(layer_norm(groups, weights, "norm"), weights, "reduction")


def embed(images: Tensor, weights: Weights) -> Tensor:
    """Patch embedding, (B, C_in, H, W) -> (B, ceil(H/p), ceil(W/p), C); outside the image is 0."""
    kernel = weights["projection.weight"]  # (C, C_in, p, p)
    p = kernel.shape[-1]
    height, width = images.shape[-2:]
    tokens = torch.zeros(len(images), -(-height // p), -(-width // p), len(kernel), dtype=images.dtype)
    for row, column in positions(tokens.shape[1:3]):
        patch = images[:, :, row * p : (row + 1) * p, column * p : (column + 1) * p]
        inside = kernel[:, :, : patch.shape[2], : patch.shape[3]]
        tokens[:, row, column] = (patch[:, None] * inside).sum((2, 3, 4)) + weights["projection.bias"]
    return layer_norm(tokens, weights, "norm")


def stage_maps(images: Tensor, weights: Weights, heads: tuple[int, ...], window: Pair) -> list[Tensor]:
    """The tokens after each stage, (B, H_i, W_i, C_i); every second block is shifted by M // 2."""
    tokens, maps = embed(images, under("patch_embedding", weights)), []
    for stage, stage_heads in enumerate(heads):
        inside = under(f"stages.{stage}", weights)
        if stage:
            tokens = merge(tokens, under("merging", inside))
        depth = 1 + max(int(name.split(".")[1]) for name in inside if name.startswith("blocks."))
        for index in range(depth):
            shift = (window[0] // 2, window[1] // 2) if index % 2 else (0, 0)
            tokens = block(tokens, under(f"blocks.{index}", inside), stage_heads, window, shift)
        maps.append(tokens)
    return maps


def logits(images: Tensor, weights: Weights, heads: tuple[int, ...], window: Pair) -> Tensor:
    """The whole network, (B, C_in, H, W) -> (B, num_classes)."""
    normed = layer_norm(stage_maps(images, weights, heads, window)[-1], weights, "norm")
    return linear(normed.mean((1, 2)), weights, "head")


def reach_of_block(changed: set[Pair], size: Pair, window: Pair, shift: Pair) -> set[Pair]:
    """Which tokens can change after a block when the tokens in ``changed`` did before it."""
    home = windows_of(size, window, shift)
    reached = {home[token] for token in changed}
    return {token for token in home if home[token] in reached}


def reach_of_network(pixel: Pair, size: Pair, patch: int, depths: tuple[int, ...], window: Pair) -> list[set]:
    """Which tokens of each stage's map can change when one pixel of an image does."""
    grid = (-(-size[0] // patch), -(-size[1] // patch))
    changed, maps = {(pixel[0] // patch, pixel[1] // patch)}, []
    for stage, depth in enumerate(depths):
        if stage:
            grid = (-(-grid[0] // 2), -(-grid[1] // 2))
            changed = {(row // 2, column // 2) for row, column in changed}
        for index in range(depth):
            shift = (window[0] // 2, window[1] // 2) if index % 2 else (0, 0)
            changed = reach_of_block(changed, grid, window, shift)
        maps.append(changed)
    return maps
