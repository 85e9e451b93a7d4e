"""What a BiasExplorer says of one pair of tokens: offset, index, who shares it, and the bias of each head.

Notebook 04 plays with it; the explorer computes the same in the browser, and tests compare the two.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from swin_edu.model.config import Pair

HEADS = 4  # of the built-in tables


def _distance(dr: np.ndarray, dc: np.ndarray) -> list[np.ndarray]:
    far = np.hypot(dr, dc)
    return [2.4 - 1.4 * far, 1.6 - 1.6 * abs(dr), 1.6 - 1.6 * abs(dc), 0.9 * far - 1.8]


def _neighbours(dr: np.ndarray, dc: np.ndarray) -> list[np.ndarray]:
    places = ((0, 1), (0, -1), (1, 0), (-1, 0))  # left, right, above, below: query - key
    return [3 * np.exp(-2 * ((dr - r) ** 2 + (dc - c) ** 2)) - 0.5 for r, c in places]


def _random(dr: np.ndarray, dc: np.ndarray) -> list[np.ndarray]:
    waves = [np.sin(12.9898 * dr + 78.233 * dc + 37.719 * head + 1) * 4375.85 for head in range(HEADS)]
    return [4 * (wave - np.floor(wave)) - 2 for wave in waves]


def _zeros(dr: np.ndarray, dc: np.ndarray) -> list[np.ndarray]:
    return [np.zeros(np.broadcast(dr, dc).shape)] * HEADS


PATTERNS: Mapping[str, object] = MappingProxyType(
    {"distance": _distance, "neighbours": _neighbours, "random": _random, "zeros": _zeros}
)


def pattern_table(name: str, window: Pair) -> list[list[float]]:
    """A table that nobody trained, to look at.

    Args:
        name: "distance" (near, same row, same column, far), "neighbours" (the key to the left, to the
            right, above, below), "random", or "zeros".
        window: (Mh, Mw).

    Returns:
        (2*Mh - 1)*(2*Mw - 1) rows of four biases, one a head.

    Example:
        >>> len(pattern_table("distance", (2, 3))), pattern_table("distance", (2, 3))[7][0]
        (15, 2.4)
    """
    mh, mw = window
    dr, dc = np.arange(1 - mh, mh)[:, None], np.arange(1 - mw, mw)[None, :]
    heads = PATTERNS[name](dr, dc)
    grids = [np.broadcast_to(head, (2 * mh - 1, 2 * mw - 1)) for head in heads]
    return np.round(np.stack(grids, axis=-1).reshape(-1, HEADS), 6).tolist()


@dataclass(frozen=True)
class BiasFacts:
    """One pair of tokens in a window, and what follows.

    Args:
        window: (Mh, Mw).
        query, key: (row, column) of the token that asks, and of the one that is asked.

    Example:
        >>> facts = BiasFacts((4, 4), query=(1, 2), key=(1, 1))
        >>> facts.offset, facts.index, facts.shared
        ((0, 1), 25, 12)
    """

    window: Pair
    query: Pair
    key: Pair

    @property
    def offset(self) -> Pair:
        """(dr, dc), query - key."""
        return self.query[0] - self.key[0], self.query[1] - self.key[1]

    @property
    def index(self) -> int:
        """The table's row: `relative_position_index(window)[query, key]`."""
        (mh, mw), (dr, dc) = self.window, self.offset
        return (dr + mh - 1) * (2 * mw - 1) + dc + mw - 1

    @property
    def tokens(self) -> Pair:
        """(query, key) as numbers of tokens, row by row."""
        return self.query[0] * self.window[1] + self.query[1], self.key[0] * self.window[1] + self.key[1]

    @property
    def shared(self) -> int:
        """How many pairs of the window have this offset."""
        return math.prod(m - abs(d) for m, d in zip(self.window, self.offset, strict=True))

    @property
    def pairs(self) -> list[tuple[Pair, Pair]]:
        """(query, key) of every pair with this offset."""
        (mh, mw), (dr, dc) = self.window, self.offset
        rows, columns = range(max(0, dr), mh + min(0, dr)), range(max(0, dc), mw + min(0, dc))
        return [((r, c), (r - dr, c - dc)) for r in rows for c in columns]

    def formula(self) -> tuple[str, str, str]:
        """The offset, the index, and the index with its numbers, in three lines.

        Example:
            >>> BiasFacts((4, 4), (1, 2), (1, 1)).formula()[2]
            'index = (0 + 4 − 1) · (2·4 − 1) + (1 + 4 − 1) = 3 · 7 + 4 = 25'
        """
        (mh, mw), (dr, dc), (qr, qc), (kr, kc) = self.window, self.offset, self.query, self.key
        digits = dr + mh - 1, dc + mw - 1
        return (
            f"(dr, dc) = query − key = ({qr}, {qc}) − ({kr}, {kc}) = ({_signed(dr)}, {_signed(dc)})",
            "index = (dr + Mh − 1) · (2·Mw − 1) + (dc + Mw − 1)",
            f"index = ({_signed(dr)} + {mh} − 1) · (2·{mw} − 1) + ({_signed(dc)} + {mw} − 1)"
            f" = {digits[0]} · {2 * mw - 1} + {digits[1]} = {self.index}",
        )

    def sentence(self, head: int, bias: float) -> str:
        """The sentence under the picture, with the numbers filled in.

        Args:
            head: whose table is on show.
            bias: its number for this offset.

        Example:
            >>> BiasFacts((4, 4), (1, 2), (1, 1)).sentence(0, 1.0)[:61]
            'Query (1, 2) asks key (1, 1): offset (0, 1), row 25 of the ta'
        """
        (dr, dc), every = self.offset, math.prod(self.window) ** 2
        number = f"{bias:.2f}".replace("-", "−")
        share = "the only pair" if self.shared == 1 else f"shared by {self.shared} of {every} pairs"
        return (
            f"Query {self.query} asks key {self.key}: offset ({_signed(dr)}, {_signed(dc)}), "
            f"row {self.index} of the table, {share}. Head {head} adds {number} to the score: the weight "
            f"times {math.exp(bias):.2f}, before all weights are made to sum to 1."
        )


def _signed(number: int) -> str:
    return str(number).replace("-", "−")
