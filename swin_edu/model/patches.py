"""From pixels to tokens: cut the image into patches and map each patch to a vector of C numbers.

Notebook 01 builds this module; paper, Section 3.1 ("patch partition" and "linear embedding").
"""

import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn


def patchify(images: Tensor, patch_size: int) -> Tensor:
    """Cut images into patches and lay each patch out as one vector.

    Args:
        images: (B, C, H, W), H and W multiples of ``patch_size``.
        patch_size: side p of a patch in pixels.

    Returns:
        (B, H/p, W/p, p*p*C): rows of pixels first, then columns, then channels.

    Raises:
        ValueError: if the images are not 4-D or cannot be cut evenly.

    Paper: Section 3.1, "patch partition".

    Example:
        >>> patchify(torch.zeros(2, 3, 8, 12), patch_size=4).shape
        torch.Size([2, 2, 3, 48])
    """
    if images.ndim != 4:
        raise ValueError(f"images must be (B, C, H, W), got shape {tuple(images.shape)}")
    height, width = images.shape[-2:]
    if patch_size < 1 or height % patch_size or width % patch_size:
        raise ValueError(
            f"a {height}x{width} image cannot be cut into patches of {patch_size}x{patch_size}; "
            f"pad it, or choose a patch size that divides both sides"
        )
    return rearrange(images, "b c (h p) (w q) -> b h w (p q c)", p=patch_size, q=patch_size)


class PatchEmbedding(nn.Module):
    """Patch partition and linear embedding in one strided convolution, then LayerNorm.

    A convolution whose stride equals its kernel sees each patch once: it is the linear map of
    `patchify`'s vectors (`forward_plain` says so in code). Sides that p does not divide are padded
    with zeros at the bottom and right.

    Args:
        patch_size: side p of a patch in pixels.
        in_channels: channels of the images.
        embed_dim: length C of a token.

    Raises:
        ValueError: if the patch size is below 1.

    Paper: Section 3.1, "linear embedding".

    Example:
        >>> PatchEmbedding(patch_size=4, in_channels=3, embed_dim=96)(torch.zeros(1, 3, 30, 32)).shape
        torch.Size([1, 8, 8, 96])
    """

    def __init__(self, patch_size: int, in_channels: int, embed_dim: int) -> None:
        super().__init__()
        if patch_size < 1:
            raise ValueError(f"patch_size must be at least 1, got {patch_size}")
        self.patch_size = patch_size
        self.projection = nn.Conv2d(in_channels, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.norm = nn.LayerNorm(embed_dim, eps=1e-5)

    def forward(self, images: Tensor) -> Tensor:
        """(B, C_in, H, W) -> (B, ceil(H/p), ceil(W/p), C)."""
        tokens = self.projection(self.pad(images))
        return self.norm(rearrange(tokens, "b c h w -> b h w c"))

    def forward_plain(self, images: Tensor) -> Tensor:
        """The same by `patchify` and a matrix product, as notebook 01 explains it."""
        patches = patchify(self.pad(images), self.patch_size)
        weight = rearrange(self.projection.weight, "d c p q -> d (p q c)")
        return self.norm(F.linear(patches, weight, self.projection.bias))

    def pad(self, images: Tensor) -> Tensor:
        """Zeros at the bottom and right, up to whole patches."""
        height, width = images.shape[-2:]
        bottom, right = -height % self.patch_size, -width % self.patch_size
        return F.pad(images, (0, right, 0, bottom)) if bottom or right else images
