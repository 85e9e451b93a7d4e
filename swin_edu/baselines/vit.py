"""A plain Vision Transformer: every token attends to every other token of the image, in every block.

Notebook 11 and `benchmarks/` set it beside Swin: its attention grows with the square of the image's area.
"""

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from swin_edu.model.block import MLP
from swin_edu.model.linear import TokenLinear


def position_code(height: int, width: int, channels: int) -> Tensor:
    """A fixed code for every place of a grid: sines and cosines of its row and its column.

    Half of the channels tell the row, half the column, each by sines and cosines of wavelengths from
    2*pi to 20,000*pi tokens. Nothing is learned, so it serves a grid of any size.

    Args:
        height, width: the token grid.
        channels: length C of the code, a multiple of 4.

    Returns:
        (H, W, C), values in [-1, 1].

    Raises:
        ValueError: if 4 does not divide the channels.

    Paper: Vaswani et al. 2017, Section 3.5, along two axes as in Beyer et al. 2022, "Better plain ViT
    baselines".

    Example:
        >>> position_code(14, 20, channels=8).shape
        torch.Size([14, 20, 8])
    """
    if channels < 4 or channels % 4:
        raise ValueError(
            f"channels must be a multiple of 4 (sine and cosine, row and column), got {channels}"
        )
    wavelengths = 10_000.0 ** (torch.arange(channels // 4) / max(channels // 4 - 1, 1))
    row = torch.arange(height)[:, None] / wavelengths
    column = torch.arange(width)[:, None] / wavelengths
    row_code = torch.cat([row.sin(), row.cos()], dim=1)[:, None, :].expand(-1, width, -1)
    column_code = torch.cat([column.sin(), column.cos()], dim=1)[None, :, :].expand(height, -1, -1)
    return torch.cat([row_code, column_code], dim=2)


class GlobalAttention(nn.Module):
    """Multi-head self-attention over all tokens of the image.

    Args:
        channels: length C of a token.
        num_heads: heads h, each of d = C/h channels.

    Raises:
        ValueError: if the heads cannot share the channels evenly.

    Paper: Dosovitskiy et al. 2021, equation (2).

    Example:
        >>> GlobalAttention(channels=48, num_heads=3)(torch.zeros(2, 196, 48)).shape
        torch.Size([2, 196, 48])
    """

    def __init__(self, channels: int, num_heads: int) -> None:
        super().__init__()
        if num_heads < 1 or channels % num_heads:
            raise ValueError(f"num_heads must divide the {channels} channels evenly, got {num_heads}")
        self.num_heads = num_heads
        self.qkv = TokenLinear(channels, 3 * channels)
        self.projection = TokenLinear(channels, channels)

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, N, C) -> (B, N, C)."""
        pattern = "b n (three h d) -> three b h n d"
        query, key, value = rearrange(self.qkv(tokens), pattern, three=3, h=self.num_heads)
        mixed = F.scaled_dot_product_attention(query, key, value)
        return self.projection(rearrange(mixed, "b h n d -> b n (h d)"))


class GlobalBlock(nn.Module):
    """One block: x + attention(norm(x)), then x + MLP(norm(x)); a Swin block without windows.

    Args:
        channels: length C of a token.
        num_heads: heads h.
        mlp_ratio: hidden channels of the MLP over C.

    Paper: Dosovitskiy et al. 2021, equations (2) and (3).

    Example:
        >>> GlobalBlock(channels=48, num_heads=3)(torch.zeros(2, 196, 48)).shape
        torch.Size([2, 196, 48])
    """

    def __init__(self, channels: int, num_heads: int, mlp_ratio: float = 4.0) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(channels, eps=1e-5)
        self.attention = GlobalAttention(channels, num_heads)
        self.norm2 = nn.LayerNorm(channels, eps=1e-5)
        self.mlp = MLP(channels, round(channels * mlp_ratio))

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, N, C) -> (B, N, C)."""
        tokens = tokens + self.attention(self.norm1(tokens))
        return tokens + self.mlp(self.norm2(tokens))


class VisionTransformer(nn.Module):
    """A plain Vision Transformer for images of any size: one grid of tokens from the first block to the last.

    It has a fixed position code and averages its tokens at the end, as "Better plain ViT baselines"
    recommends; so there is no class token, and no size that the weights are tied to. Linear layers, MLP and
    fused attention are those of our Swin: a comparison sees the architecture, not the code.

    Args:
        patch_size: side p of a patch in pixels.
        in_channels: channels of the image.
        num_classes: length of the logits.
        channels: length C of a token, the same in all blocks.
        depth: number of blocks.
        num_heads: heads h in each block.
        mlp_ratio: hidden channels of the MLP over C.

    Paper: Dosovitskiy et al. 2021, "An image is worth 16x16 words"; Beyer et al. 2022.

    Example:
        >>> VisionTransformer(channels=48, depth=2, num_heads=3)(torch.zeros(2, 3, 40, 64)).shape
        torch.Size([2, 1000])
    """

    def __init__(
        self,
        patch_size: int = 16,
        in_channels: int = 3,
        num_classes: int = 1000,
        channels: int = 384,
        depth: int = 12,
        num_heads: int = 6,
        mlp_ratio: float = 4.0,
    ) -> None:
        super().__init__()
        self.patch_size = patch_size
        self.embedding = nn.Conv2d(in_channels, channels, kernel_size=patch_size, stride=patch_size)
        self.blocks = nn.ModuleList(GlobalBlock(channels, num_heads, mlp_ratio) for _ in range(depth))
        self.norm = nn.LayerNorm(channels, eps=1e-5)
        self.head = nn.Linear(channels, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """(B, in_channels, H, W) -> (B, num_classes); sides that p does not divide are padded with zeros."""
        height, width = images.shape[-2:]
        images = F.pad(images, (0, -width % self.patch_size, 0, -height % self.patch_size))
        tokens = rearrange(self.embedding(images), "b c h w -> b h w c")
        tokens = tokens + position_code(*tokens.shape[1:]).to(tokens)
        tokens = rearrange(tokens, "b h w c -> b (h w) c")
        for block in self.blocks:
            tokens = block(tokens)
        return self.head(self.norm(tokens).mean(dim=1))


def vit_small(patch_size: int = 16, num_classes: int = 1000) -> VisionTransformer:
    """ViT-S: C = 384, 12 blocks, 6 heads; at 224 px with patches of 16 it costs what Swin-T costs.

    Args:
        patch_size: side p of a patch in pixels; 8 gives four times as many tokens.
        num_classes: length of the logits.

    Example:
        >>> sum(p.numel() for p in vit_small().parameters())
        21974632
    """
    return VisionTransformer(patch_size=patch_size, num_classes=num_classes)
