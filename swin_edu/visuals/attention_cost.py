"""What one attention layer costs, over the whole image or inside windows: equations (1) and (2) of the paper.

Notebook 02 counts with it, and its CostExplorer draws these numbers; `multiply_adds` counts whole networks in
the same way.
"""

from dataclasses import dataclass

from swin_edu.model.config import Pair
from swin_edu.model.windows import effective_window, padded_size

BYTES_OF_A_NUMBER = 4  # float32


@dataclass(frozen=True)
class AttentionCost:
    """The work and the memory of one attention layer, for one image.

    Args:
        tokens: tokens that are worked on, with the padding up to whole windows.
        padding: how many of them are padding.
        pairs: pairs of a query and a key.
        projections: multiply-adds of the linear layers to queries, keys, values, and to the output.
        products: multiply-adds of Q K^T and (weights) V.
        matrix_bytes: bytes of the attention matrices of all heads, in float32.

    Example:
        >>> cost = attention_cost(56, 56, 96, window_size=7)
        >>> cost.pairs == 56 * 56 * 7 * 7, cost.multiply_adds == cost.projections + cost.products
        (True, True)
    """

    tokens: int
    padding: int
    pairs: int
    projections: int
    products: int
    matrix_bytes: int

    @property
    def multiply_adds(self) -> int:
        """Projections and products together; one multiply-add is two FLOPs."""
        return self.projections + self.products


def attention_cost(
    height: int, width: int, channels: int, window_size: int | Pair | None = None, num_heads: int = 1
) -> AttentionCost:
    """Count one attention layer on one token grid.

    Each of the hw tokens meets all hw tokens (global attention), or the M^2 of its window:

        Omega(MSA)   = 4 hw C^2 + 2 (hw)^2 C    (1)
        Omega(W-MSA) = 4 hw C^2 + 2 M^2 hw C    (2)

    A grid that no whole number of windows covers is padded, and the padding is counted: it is work too. An
    axis no longer than M is one window.

    Args:
        height, width: the token grid.
        channels: C.
        window_size: M, or (Mh, Mw); None is global attention.
        num_heads: h; more heads make more attention matrices, but no more multiply-adds.

    Returns:
        Multiply-adds, pairs and bytes.

    Raises:
        ValueError: for a size below 1.

    Paper: Section 3.2, equations (1) and (2).

    Example:
        >>> everywhere, windows = attention_cost(56, 56, 96), attention_cost(56, 56, 96, window_size=7)
        >>> everywhere.pairs // windows.pairs
        64
    """
    for name, value in {"channels": channels, "num_heads": num_heads}.items():
        if value < 1:
            raise ValueError(f"{name} must be at least 1, got {value}")
    (mh, mw), _ = effective_window(height, width, (height, width) if window_size is None else window_size, 0)
    padded_height, padded_width = padded_size(height, width, (mh, mw))
    tokens = padded_height * padded_width
    pairs = tokens * (mh * mw)
    return AttentionCost(
        tokens=tokens,
        padding=tokens - height * width,
        pairs=pairs,
        projections=4 * tokens * channels**2,
        products=2 * pairs * channels,  # C multiply-adds a pair for Q K^T, all heads together, and C for V
        matrix_bytes=num_heads * pairs * BYTES_OF_A_NUMBER,
    )
