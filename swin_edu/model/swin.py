"""The whole network: patch embedding, stages of blocks with merging between them, and a linear head.

Notebook 07 builds this module; paper, Section 3.1 and Figure 3(a).
"""

from dataclasses import replace
from typing import Any

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from swin_edu.model.block import SwinBlock
from swin_edu.model.config import SwinConfig
from swin_edu.model.merging import PatchMerging
from swin_edu.model.patches import PatchEmbedding

# einops notes the kinds of tensors that it has met, and compiled code asks whether that note changed:
# meeting both kinds here saves a second compilation after the first eager call.
for _tensor in (torch.empty(1), nn.Parameter(torch.empty(1))):
    rearrange(_tensor, "a -> a")


class SwinStage(nn.Module):
    """Merging (in every stage but the first), then blocks that are plain and shifted in turn.

    Args:
        config: the network's settings.
        stage: which stage, from 0.

    Paper: Section 3.1, "Stage 2" and after; Figure 3(a).

    Example:
        >>> SwinStage(SwinConfig(), stage=1)(torch.zeros(1, 14, 14, 96)).shape
        torch.Size([1, 7, 7, 192])
    """

    def __init__(self, config: SwinConfig, stage: int) -> None:
        super().__init__()
        channels = config.stage_channels[stage]
        self.checkpoint_blocks = config.checkpoint_blocks
        self.merging = PatchMerging(channels // 2) if stage else nn.Identity()
        first = sum(config.depths[:stage])
        last = max(sum(config.depths) - 1, 1)
        self.blocks = nn.ModuleList(
            SwinBlock(
                channels,
                config.num_heads[stage],
                config.window,
                shift=config.shift if block % 2 else 0,
                mlp_ratio=config.mlp_ratio,
                qkv_bias=config.qkv_bias,
                drop_path=config.drop_path_rate * (first + block) / last,
                relative_position_bias=config.relative_position_bias,
            )
            for block in range(config.depths[stage])
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, H, W, C_before) -> (B, ceil(H/2), ceil(W/2), C) (same H, W in the first stage)."""
        tokens = self.merging(tokens)
        for block in self.blocks:
            if self.checkpoint_blocks and torch.is_grad_enabled():
                tokens = checkpoint(block, tokens, use_reentrant=False)
            else:
                tokens = block(tokens)
        return tokens


class SwinTransformer(nn.Module):
    """The Swin Transformer for images of any size.

    Args:
        config: the settings; keyword arguments of `SwinConfig` change single ones.

    Paper: Section 3.1, Figure 3(a).

    Example:
        >>> model = SwinTransformer(SwinConfig(num_classes=10, depths=(1, 1), num_heads=(3, 6)))
        >>> model(torch.zeros(2, 3, 50, 64)).shape
        torch.Size([2, 10])
    """

    def __init__(self, config: SwinConfig | None = None, **overrides: Any) -> None:
        super().__init__()
        self.config = replace(config or SwinConfig(), **overrides)
        config = self.config
        channels = config.stage_channels[-1]
        self.patch_embedding = PatchEmbedding(config.patch_size, config.in_channels, config.embed_dim)
        self.stages = nn.ModuleList(SwinStage(config, stage) for stage in range(len(config.depths)))
        self.norm = nn.LayerNorm(channels, eps=1e-5)
        self.head = nn.Linear(channels, config.num_classes) if config.num_classes else nn.Identity()
        self.apply(_initialise)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of each image.

        Args:
            images: (B, in_channels, H, W), float, normalised as in training.

        Returns:
            (B, num_classes); (B, C) of the last stage where ``num_classes`` is 0.

        Raises:
            ValueError: if the images have another shape or are not float.
        """
        tokens = self._tokens(images)[-1]
        return self.head(self.norm(tokens).mean(dim=(1, 2)))

    def features(self, images: Tensor) -> list[Tensor]:
        """The feature maps that detectors and segmenters build on.

        Args:
            images: (B, in_channels, H, W), float.

        Returns:
            One map a stage, (B, C_i, H_i, W_i), taken before the next merging and not normalised.
        """
        return [rearrange(tokens, "b h w c -> b c h w") for tokens in self._tokens(images)]

    def _tokens(self, images: Tensor) -> list[Tensor]:
        if images.ndim != 4 or images.shape[1] != self.config.in_channels:
            raise ValueError(
                f"images must be (B, {self.config.in_channels}, H, W), got shape {tuple(images.shape)}"
            )
        if images.shape[2] < 1 or images.shape[3] < 1:
            raise ValueError(f"images need at least one pixel, got shape {tuple(images.shape)}")
        if not images.is_floating_point():
            raise ValueError(f"images must be float, got {images.dtype}; scale uint8 by 1/255 and normalise")
        tokens = self.patch_embedding(images)
        maps = []
        for stage in self.stages:
            tokens = stage(tokens)
            maps.append(tokens)
        return maps


def _initialise(module: nn.Module) -> None:
    """Small normal weights and zero biases for linear layers, as the authors start their networks."""
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def swin_tiny(**overrides: Any) -> SwinTransformer:
    """Swin-T: C = 96, depths 2-2-6-2; 28,288,354 parameters (paper, Section 3.3).

    Args:
        **overrides: any setting of `SwinConfig`.

    Example:
        >>> sum(p.numel() for p in swin_tiny().parameters())
        28288354
    """
    return SwinTransformer(SwinConfig(**{"drop_path_rate": 0.2, **overrides}))


def swin_small(**overrides: Any) -> SwinTransformer:
    """Swin-S: C = 96, depths 2-2-18-2; 49,606,258 parameters (paper, Section 3.3).

    Args:
        **overrides: any setting of `SwinConfig`.

    Example:
        >>> swin_small(num_classes=10).config.depths
        (2, 2, 18, 2)
    """
    return SwinTransformer(SwinConfig(**{"depths": (2, 2, 18, 2), "drop_path_rate": 0.3, **overrides}))


def swin_base(**overrides: Any) -> SwinTransformer:
    """Swin-B: C = 128, depths 2-2-18-2; 87,768,224 parameters (paper, Section 3.3).

    Args:
        **overrides: any setting of `SwinConfig`.

    Example:
        >>> swin_base(depths=(1, 1, 1, 1)).config.embed_dim
        128
    """
    settings = {"embed_dim": 128, "depths": (2, 2, 18, 2), "num_heads": (4, 8, 16, 32), "drop_path_rate": 0.5}
    return SwinTransformer(SwinConfig(**{**settings, **overrides}))


def swin_large(**overrides: Any) -> SwinTransformer:
    """Swin-L: C = 192, depths 2-2-18-2 (paper, Section 3.3).

    Args:
        **overrides: any setting of `SwinConfig`.

    Example:
        >>> swin_large(depths=(1, 1, 1, 1)).config.num_heads
        (6, 12, 24, 48)
    """
    settings = {
        "embed_dim": 192,
        "depths": (2, 2, 18, 2),
        "num_heads": (6, 12, 24, 48),
        "drop_path_rate": 0.2,
    }
    return SwinTransformer(SwinConfig(**{**settings, **overrides}))


def swin_cifar(**overrides: Any) -> SwinTransformer:
    """A small Swin for 32 x 32 images: patches of 2 and windows of 4, so that two stages really shift.

    The maps have 16 x 16, 8 x 8 and 4 x 4 tokens; the last is one window. 1,556,902 parameters.

    Args:
        **overrides: any setting of `SwinConfig`.

    Example:
        >>> swin_cifar()(torch.zeros(1, 3, 32, 32)).shape
        torch.Size([1, 10])
    """
    settings = {
        "patch_size": 2,
        "num_classes": 10,
        "embed_dim": 64,
        "depths": (2, 2, 2),
        "num_heads": (2, 4, 8),
        "window_size": 4,
        "mlp_ratio": 2.0,
        "drop_path_rate": 0.1,
    }
    return SwinTransformer(SwinConfig(**{**settings, **overrides}))
