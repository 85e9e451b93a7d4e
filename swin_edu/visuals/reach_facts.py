"""What there is to say about one token and many blocks: whom it reaches, with and without shift, and when.

Notebook 05's ReachExplorer and its picture say it; every number comes from `token_reach`, and a test holds
the sentences that the explorer makes in the browser against these.
"""

from dataclasses import dataclass, replace
from functools import cached_property

from torch import Tensor

from swin_edu.model.config import Pair, as_pair
from swin_edu.visuals.reach import token_reach

MOST_BLOCKS = 64
WAYS = {"plain": False, "shifted": True}


@dataclass(frozen=True)
class ReachFacts:
    """One grid, one window size, one token, so many blocks; the rest follows.

    Args:
        height, width: the token grid of the first block.
        window_size: M, or (Mh, Mw).
        blocks: how many blocks, the first one plain.
        token: (row, column).
        merging: whether 2 x 2 tokens become one after every two blocks.
        looking_back: False asks who hears the token, True whom it has seen.

    Example:
        >>> facts = ReachFacts(32, 32, 4, 4, (14, 17))
        >>> {way: int(reached.sum()) for way, reached in facts.reached.items()}
        {'plain': 16, 'shifted': 256}
    """

    height: int
    width: int
    window_size: int | Pair
    blocks: int
    token: Pair
    merging: bool = False
    looking_back: bool = False

    @cached_property
    def reached(self) -> dict[str, Tensor]:
        """ "plain" and "shifted" -> (H, W) bool, True where the token is heard (or what it has seen)."""
        return {way: self.reach(way) for way in WAYS}

    def reach(self, way: str) -> Tensor:
        """(H, W) bool, True where the token is heard (or what it has seen), "plain" or "shifted"."""
        options = {"shifted": WAYS[way], "merging": self.merging, "looking_back": self.looking_back}
        return token_reach(self.height, self.width, self.window_size, self.blocks, self.token, **options)

    def after(self, blocks: int) -> "ReachFacts":
        """The same for another number of blocks."""
        return replace(self, blocks=blocks)

    def until_all(self, way: str) -> int | None:
        """The smallest number of blocks that reaches all, "plain" or "shifted"; None where none does.

        Example:
            >>> facts = ReachFacts(32, 32, 4, 4, (14, 17))
            >>> facts.until_all("shifted"), facts.until_all("plain")
            (9, None)
        """
        # No block takes anything away, so the first that reaches all is found by halving.
        low, high = 0, MOST_BLOCKS + 1
        while low < high:
            middle = (low + high) // 2
            if middle > MOST_BLOCKS or self.after(middle).reach(way).all():
                high = middle
            else:
                low = middle + 1
        return low if low <= MOST_BLOCKS else None

    @property
    def code(self) -> str:
        """The Python line that gives the tokens reached with shift.

        Example:
            >>> ReachFacts(32, 24, (4, 7), 3, (1, 2), merging=True).code
            'token_reach(32, 24, (4, 7), 3, (1, 2), merging=True)'
        """
        mh, mw = as_pair(self.window_size)
        window = mh if mh == mw else (mh, mw)
        switches = ("merging", "looking_back")
        options = "".join(f", {name}=True" for name in switches if getattr(self, name))
        return f"token_reach({self.height}, {self.width}, {window}, {self.blocks}, {self.token}{options})"

    def sentence(self) -> str:
        """What is seen, in words, with the numbers filled in."""
        plain, shifted = (int(reached.sum()) for reached in self.reached.values())
        what = f"token {self.token} " + ("has seen" if self.looking_back else "is heard by")
        by = "" if self.looking_back else "by "
        numbers = f"{shifted:,} of {self.height * self.width:,} tokens"
        numbers += ", with and without shift" if plain == shifted else f" with shift, {by}{plain:,} without"
        return f"After {_blocks(self.blocks)}, {what} {numbers}.{self._merged()} {self._until_all()}"

    def _merged(self) -> str:
        level = (self.blocks - 1) // 2 if self.merging and self.blocks else 0
        if not level:
            return ""
        sides = (
            min(length, min(m, -(-length // 2**level)) * 2**level)
            for length, m in zip((self.height, self.width), as_pair(self.window_size), strict=True)
        )
        return f" A merged window covers {' × '.join(map(str, sides))} of them."

    def _until_all(self) -> str:
        plain, shifted = self.until_all("plain"), self.until_all("shifted")
        if shifted is None:
            return "However many blocks follow, it never reaches all."
        who = "It has seen all" if self.looking_back else "All have heard it"
        if plain == shifted:
            return f"{who} after {_blocks(shifted)}, with and without shift."
        if plain is None:
            return f"{who} after {_blocks(shifted)} with shift; without, never."
        return f"{who} after {_blocks(shifted)} with shift, after {plain} without."


def _blocks(count: int) -> str:
    return f"{count} block{'' if count == 1 else 's'}"
