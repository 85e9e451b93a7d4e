"""What there is to say about global and windowed attention on one image: their costs, and a sentence on them.

Notebook 02's CostExplorer and its picture say it; every number comes from `attention_cost`, and a test holds
the sentences that the explorer makes in the browser against these.
"""

from dataclasses import dataclass

from swin_edu.model.config import Pair, as_pair
from swin_edu.model.windows import effective_window, padded_size
from swin_edu.visuals.amounts import compact, percent, ratio_text
from swin_edu.visuals.attention_cost import BYTES_OF_A_NUMBER, AttentionCost, attention_cost

MEMORY_LIMIT = 24 * 10**9  # bytes of a common graphics card


@dataclass(frozen=True)
class CostFacts:
    """One square image and one attention layer; the rest follows.

    Args:
        side: the image's side in pixels.
        window_size: M, or (Mh, Mw).
        channels: C.
        num_heads: h.
        patch_size: side of a patch in pixels; a part of a patch is a token too.

    Example:
        >>> facts = CostFacts(224, 7, 96, 3, 4)
        >>> facts.along, facts.everywhere.pairs // facts.windows.pairs
        (56, 64)
    """

    side: int
    window_size: int | Pair
    channels: int
    num_heads: int
    patch_size: int

    @property
    def along(self) -> int:
        """Tokens along one side of the image."""
        return -(-self.side // self.patch_size)

    @property
    def everywhere(self) -> AttentionCost:
        """The cost of global attention."""
        return attention_cost(self.along, self.along, self.channels, None, self.num_heads)

    @property
    def windows(self) -> AttentionCost:
        """The cost of attention inside windows."""
        return attention_cost(self.along, self.along, self.channels, self.window_size, self.num_heads)

    @property
    def window(self) -> Pair:
        """(Mh, Mw) as it applies to this grid."""
        return effective_window(self.along, self.along, self.window_size, 0)[0]

    @property
    def padded(self) -> Pair:
        """(Hp, Wp): the grid padded to whole windows."""
        return padded_size(self.along, self.along, self.window_size)

    @property
    def count(self) -> int:
        """How many windows there are."""
        return self.windows.tokens // (self.window[0] * self.window[1])

    @property
    def crossing(self) -> int:
        """The smallest image side, in whole patches, whose global attention matrices outgrow 24 GB.

        Example:
            >>> CostFacts(224, 7, 96, 3, 4).crossing
            848
        """
        along = 1
        while BYTES_OF_A_NUMBER * self.num_heads * along**4 <= MEMORY_LIMIT:
            along += 1
        return along * self.patch_size

    @property
    def code(self) -> str:
        """The Python line that gives the numbers of windowed attention.

        Example:
            >>> CostFacts(224, 7, 96, 3, 4).code
            'attention_cost(56, 56, 96, 7, 3)'
        """
        mh, mw = as_pair(self.window_size)
        window = mh if mh == mw else (mh, mw)
        return f"attention_cost({self.along}, {self.along}, {self.channels}, {window}, {self.num_heads})"

    def sentence(self) -> str:
        """What is seen, in words, with the numbers filled in."""
        everywhere, windows = self.everywhere, self.windows
        where = f"At {self.side} px ({self.along} × {self.along} tokens)"
        memory = f"{self.num_heads} head{'s' if self.num_heads > 1 else ''} × pairs × 4 bytes"
        if self.count == 1:
            return (
                f"{where} all tokens fit into one window: global and windowed attention are the same, "
                f"{compact(everywhere.pairs)} pairs per layer and {compact(everywhere.matrix_bytes, 'B')} "
                f"of attention matrices ({memory})."
            )
        more = everywhere.pairs >= windows.pairs
        names = ("global attention makes", f"windows of {_size(self.window)}")
        if not more:
            names = (f"windows of {_size(self.window)} make", "global attention")
        one, other = (everywhere, windows) if more else (windows, everywhere)
        pairs = (
            f"{where}, per layer, {names[0]} {ratio_text(one.pairs / other.pairs)} times as many pairs as "
            f"{names[1]}: {compact(one.pairs)} against {compact(other.pairs)}."
        )
        if windows.padding:
            share = percent(windows.padding / windows.tokens)
            return (
                f"{pairs} The grid is padded to {_size(self.padded)}: {share} of the windows' tokens are "
                f"padding, which is work too."
            )
        fits = everywhere.matrix_bytes <= MEMORY_LIMIT
        limit = f"they outgrow 24 GB at {self.crossing} px" if fits else "more than the 24 GB of a large card"
        return (
            f"{pairs} Its attention matrices take {compact(everywhere.matrix_bytes, 'B')} for one image "
            f"({memory}); {limit}."
        )


def _size(sides: Pair) -> str:
    return f"{sides[0]} × {sides[1]}"
