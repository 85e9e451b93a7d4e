"""A linear layer of tokens that takes the faster of two equal matrix products.

Notebook 01 shows that a convolution can be a linear layer of patches; this is the same fact read backwards.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# What oneDNN computes backwards is fast only there; with AVX2 the plain product trains 1.5 times as fast.
LONG_VECTORS = torch.backends.cpu.get_cpu_capability().startswith("AVX512")
FEWEST_TOKENS = 64  # oneDNN brings the weights into its own order first; for fewer tokens that takes longer


def runs_eagerly(tokens: Tensor) -> bool:
    """Whether numbers are computed now, not a program recorded for later.

    Compilers and exporters choose their own matrix products and pieces of work, and what they record
    must not depend on the sample that they record it with.

    Args:
        tokens: what is about to be computed with.

    Returns:
        False under ``torch.compile``, ``torch.export``, tracing and the transforms of ``torch.func``, and
        for stand-ins such as fake tensors.

    Example:
        >>> runs_eagerly(torch.zeros(2, 3))
        True
    """
    if type(tokens) is not Tensor or torch.compiler.is_compiling() or torch.jit.is_tracing():
        return False
    # Inside vmap, grad or functionalize a tensor looks like any other; only the stack of transforms tells.
    return torch._C._functorch.peek_interpreter_stack() is None


class TokenLinear(nn.Linear):
    """`torch.nn.Linear` for tokens: same weights, same result, faster on many CPUs.

    A linear layer maps every token alone; so does a convolution with a 1 x 1 kernel, with the tokens
    as pixels. PyTorch hands float32 convolutions on a CPU to oneDNN, but linear layers to the BLAS
    that it was built with. On CPUs for which that BLAS (mostly MKL) has no tuned kernels, such as
    AMD's, oneDNN takes half the time; for gradients that holds only on CPUs with AVX-512. No number is
    copied: channels-last tokens are already stored as a channels-last image.

    Args:
        in_features: channels of a token that comes in.
        out_features: channels of a token that goes out.
        bias: whether to add a learned bias.

    Example:
        >>> layer, tokens = TokenLinear(96, 384), torch.randn(2, 8, 8, 96)
        >>> torch.allclose(layer(tokens), layer.forward_plain(tokens), atol=1e-5)
        True
    """

    def forward(self, tokens: Tensor) -> Tensor:
        """(..., in_features) -> (..., out_features)."""
        if not _convolution_is_faster(tokens):
            return self.forward_plain(tokens)
        count, channels = tokens.numel() // tokens.shape[-1], tokens.shape[-1]
        images = math.gcd(count, 16)  # oneDNN takes 1 x 1 kernels on a single thread only from 16 images on
        pixels = tokens.reshape(images, count // images, 1, channels).permute(0, 3, 1, 2)
        mapped = F.conv2d(pixels, self.weight[:, :, None, None], self.bias)
        return mapped.permute(0, 2, 3, 1).reshape(*tokens.shape[:-1], self.out_features)

    def forward_plain(self, tokens: Tensor) -> Tensor:
        """The same as one matrix product, as the lessons explain it."""
        return F.linear(tokens, self.weight, self.bias)


def _convolution_is_faster(tokens: Tensor) -> bool:
    return (
        runs_eagerly(tokens)  # first: a compiler does not follow the questions below
        and tokens.device.type == "cpu"
        and tokens.dtype == torch.float32
        and tokens.numel() >= FEWEST_TOKENS * tokens.shape[-1]
        and torch.backends.mkldnn.is_available()
        and not torch.is_autocast_enabled("cpu")
        and (LONG_VECTORS or not torch.is_grad_enabled())
    )
