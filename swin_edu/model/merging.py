"""Patch merging: every 2 x 2 group of tokens becomes one, with twice the channels.

Notebook 06 builds this module; paper, Section 3.1.
"""

import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from swin_edu.model.linear import TokenLinear


def gather_neighbours(tokens: Tensor) -> Tensor:
    """Lay the channels of each 2 x 2 group one after another.

    The order (row, column) is (0,0), (1,0), (0,1), (1,1): column by column. All released Swin weights
    are trained with it. Odd sizes are padded with zeros at the bottom and right.

    Args:
        tokens: (B, H, W, C).

    Returns:
        (B, ceil(H/2), ceil(W/2), 4C).

    Raises:
        ValueError: if the tokens are not 4-D.

    Paper: Section 3.1, "patch merging".

    Example:
        >>> gather_neighbours(torch.tensor([[1, 2], [3, 4]])[None, :, :, None])
        tensor([[[[1, 3, 2, 4]]]])
    """
    if tokens.ndim != 4:
        raise ValueError(f"tokens must be (B, H, W, C), got shape {tuple(tokens.shape)}")
    height, width = tokens.shape[1:3]
    if height % 2 or width % 2:
        tokens = F.pad(tokens, (0, 0, 0, width % 2, 0, height % 2))
    return rearrange(tokens, "b (h row) (w column) c -> b h w (column row c)", row=2, column=2)


class PatchMerging(nn.Module):
    """Halve the grid and double the channels: gather 2 x 2, LayerNorm(4C), Linear(4C, 2C) without bias.

    Args:
        channels: length C of a token that comes in.

    Paper: Section 3.1, "patch merging".

    Example:
        >>> PatchMerging(96)(torch.zeros(1, 7, 8, 96)).shape
        torch.Size([1, 4, 4, 192])
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * channels, eps=1e-5)
        self.reduction = TokenLinear(4 * channels, 2 * channels, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, ceil(H/2), ceil(W/2), 2C)."""
        return self.reduction(self.norm(gather_neighbours(tokens)))
