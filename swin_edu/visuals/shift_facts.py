"""What there is to say about one token in a shifted block: its window, its region, whom it may attend to.

Notebook 03's explorer and its picture say it; every number comes from `region_ids` and `shift_mask`, and a
test holds the sentences that the explorer makes in the browser against these.
"""

from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from swin_edu.model.config import Pair, as_pair
from swin_edu.model.windows import effective_window, padded_size, region_ids, shift_mask
from swin_edu.visuals.reach import attention_reach


@dataclass(frozen=True)
class ShiftFacts:
    """One grid, one window size, one shift, one token; the rest follows.

    Args:
        height, width: the token grid.
        window_size: M, or (Mh, Mw).
        shift: s, or (sh, sw).
        token: (row, column) before the roll.

    Example:
        >>> facts = ShiftFacts(8, 8, 4, 2, token=(7, 3))
        >>> facts.window, facts.region
        (2, 3)
    """

    height: int
    width: int
    window_size: int | Pair
    shift: int | Pair
    token: Pair

    @property
    def grid(self) -> tuple[int, int, int | Pair, int | Pair]:
        """(height, width, window_size, shift): the arguments of `region_ids` and `shift_mask`."""
        return self.height, self.width, self.window_size, self.shift

    @property
    def fitted(self) -> tuple[Pair, Pair]:
        """((Mh, Mw), (sh, sw)) as they apply: `effective_window`."""
        return effective_window(*self.grid)

    @property
    def padded(self) -> Pair:
        """(Hp, Wp): the grid padded to whole windows."""
        return padded_size(self.height, self.width, self.window_size)

    @property
    def rolled(self) -> Pair:
        """(row, column) where the token stands after the roll."""
        return tuple((t - s) % n for t, s, n in zip(self.token, self.fitted[1], self.padded, strict=True))

    @property
    def window(self) -> int:
        """Number of the window, in row-major order, that the token sits in after the roll."""
        (mh, mw), _ = self.fitted
        row, column = self.rolled
        return row // mh * (self.padded[1] // mw) + column // mw

    @property
    def index(self) -> int:
        """Which of its window's N tokens the token is: its row and its column in `mask`."""
        (mh, mw), _ = self.fitted
        row, column = self.rolled
        return row % mh * mw + column % mw

    @property
    def region(self) -> int:
        """Region id of the token, 0 ... 8."""
        return int(region_ids(*self.grid)[self.rolled])

    @property
    def regions_in_window(self) -> Tensor:
        """(N,) region ids of the tokens in the token's window, -1 for padding."""
        (mh, mw), _ = self.fitted
        top, left = self.window // (self.padded[1] // mw) * mh, self.window % (self.padded[1] // mw) * mw
        return region_ids(*self.grid)[top : top + mh, left : left + mw].reshape(-1)

    @property
    def mask(self) -> Tensor:
        """(N, N) bool: the token's window in `shift_mask`."""
        return shift_mask(*self.grid)[self.window]

    @cached_property
    def seen(self) -> dict[str, Tensor]:
        """Whom the token attends to: "plain", "shifted", and "both" one after the other; (H, W) bool."""
        plain = attention_reach(self.height, self.width, self.window_size, 0)
        row = self.token[0] * self.width + self.token[1]
        shifted = attention_reach(*self.grid)[row]
        rows = {"plain": plain[row], "shifted": shifted, "both": plain[shifted].any(dim=0)}
        return {name: seen.reshape(self.height, self.width) for name, seen in rows.items()}

    def sentence(self) -> str:
        """The one sentence under the picture, with the numbers filled in.

        Example:
            >>> ShiftFacts(8, 8, 4, 2, token=(7, 3)).sentence()[:50]
            'Token (7, 3) sits in window 2 with region 3: it ma'
        """
        may = int(self.mask[self.index].sum())
        regions = self.regions_in_window
        padding = int((regions < 0).sum())
        far = len(regions) - padding - may
        others = []
        if far:
            others.append(f"{far if padding else f'the other {far}'} came from the opposite edge")
        if padding:
            verb = "is" if padding == 1 else "are"
            others.append(f"{padding if far else f'the other {padding}'} {verb} padding")
        start = f"Token {self.token} sits in window {self.window} with region {self.region}"
        if self.fitted[1] == (0, 0):
            start = f"Nothing is shifted. Token {self.token} sits in window {self.window}"
        whom = f"all {len(regions)} tokens of its window."
        if others:
            whom = f"{may} of {len(regions)} tokens; {' and '.join(others)}."
        return f"{start}: it may attend to {whom}{self._note()}"

    def _note(self) -> str:
        asked, applied = as_pair(self.shift), self.fitted[1]
        still = [
            axis for axis, a, b in zip(("rows", "columns"), asked, applied, strict=True) if a > 0 and b == 0
        ]
        return f" The {' and '.join(still)} fit into one window, so they are not shifted." if still else ""


def token_in_window(facts: ShiftFacts, window: int) -> Pair:
    """A real token of another window: at the same index if that is no padding, else the first one.

    Args:
        facts: where we are.
        window: number of the window to go to.

    Returns:
        (row, column) before the roll.

    Raises:
        ValueError: if there is no such window.

    Example:
        >>> token_in_window(ShiftFacts(8, 8, 4, 2, token=(7, 3)), window=0)
        (3, 3)
    """
    (mh, mw), (sh, sw) = facts.fitted
    across = facts.padded[1] // mw
    count = facts.padded[0] // mh * across
    if not 0 <= window < count:
        raise ValueError(f"window must be 0 ... {count - 1}, got {window}")
    order = [facts.index, *range(mh * mw)]
    places = (
        (
            (window // across * mh + index // mw + sh) % facts.padded[0],
            (window % across * mw + index % mw + sw) % facts.padded[1],
        )
        for index in order
    )
    return next((r, c) for r, c in places if r < facts.height and c < facts.width)
