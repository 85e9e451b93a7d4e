"""What the WindowExplorer knows: where a token is at every step from the grid to the batch of windows.

Notebook 02 plays with it; window_steps.js computes the same in the browser, and tests compare the two.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from swin_edu.model.config import Pair
from swin_edu.model.windows import effective_window, padded_size, window_partition

STEPS = ("grid", "split", "permute", "flatten")


@dataclass(frozen=True)
class WindowFacts:
    """A batch of token grids on its way into windows, and one token of it.

    Tokens are numbered as they lie in memory: image by image, row by row, padding included.

    Args:
        batch: images B.
        height, width: the token grid; padded at the bottom and right where windows do not fit.
        window_size: M, or (Mh, Mw); an axis no longer than its window is one window.
        token: (image, row, column).
        forget_permute: whether the axes are left as they are before the last reshape.

    Example:
        >>> facts = WindowFacts(1, 8, 12, 4, token=(0, 2, 5))
        >>> facts.number, facts.window, facts.place
        (29, 1, 25)
    """

    batch: int
    height: int
    width: int
    window_size: int | Pair
    token: tuple[int, int, int]
    forget_permute: bool = False

    @property
    def fitted(self) -> Pair:
        """The window (Mh, Mw) that the grid really gets."""
        return effective_window(self.height, self.width, self.window_size, 0)[0]

    @property
    def padded(self) -> Pair:
        """(H, W) with padding up to whole windows."""
        return padded_size(self.height, self.width, self.window_size)

    @property
    def counts(self) -> Pair:
        """(nh, nw): windows along each axis."""
        return self.padded[0] // self.fitted[0], self.padded[1] // self.fitted[1]

    @property
    def number(self) -> int:
        """The token's number: its place in memory before anything happens."""
        image, row, column = self.token
        return (image * self.padded[0] + row) * self.padded[1] + column

    @property
    def tokens(self) -> Tensor:
        """(B, H, W, 1) numbers, padding included."""
        rows, columns = self.padded
        return torch.arange(self.batch * rows * columns).view(self.batch, rows, columns, 1)

    @property
    def true_windows(self) -> Tensor:
        """(B*nW, Mh, Mw): the number of the token at each place of the right windows."""
        return window_partition(self.tokens, self.fitted)[..., 0]

    @property
    def windows(self) -> Tensor:
        """(B*nW, Mh, Mw): the same, as they come out; scrambled where the permute was forgotten."""
        return self.tokens.view(-1, *self.fitted) if self.forget_permute else self.true_windows

    @property
    def order(self) -> Tensor:
        """(B*H*W,): the numbers in the order in which the windows are read."""
        return self.windows.flatten()

    @property
    def place(self) -> int:
        """The token's place in memory at the end."""
        return int((self.order == self.number).nonzero())

    @property
    def window(self) -> int:
        """The number of the window in which the token ends, counted over the whole batch."""
        return self.place // (self.fitted[0] * self.fitted[1])

    @property
    def inside(self) -> Pair:
        """(row, column) of the token in that window."""
        return divmod(self.place % (self.fitted[0] * self.fitted[1]), self.fitted[1])

    @property
    def company(self) -> Tensor:
        """(N,): the numbers of all tokens in that window."""
        return self.windows[self.window].flatten()

    @property
    def owners(self) -> Tensor:
        """(B*H*W,): the right window of each number."""
        owners = torch.empty(self.tokens.numel(), dtype=torch.long)
        windows = self.true_windows
        owners[windows.flatten()] = torch.arange(len(windows)).repeat_interleave(windows[0].numel())
        return owners

    @property
    def shapes(self) -> dict[str, tuple[int | str, ...]]:
        """The shape at each step; the channels stay C.

        Example:
            >>> WindowFacts(1, 8, 12, 4, (0, 0, 0)).shapes["permute"]
            (1, 2, 3, 4, 4, 'C')
        """
        (rows, columns), (nh, nw), (mh, mw) = self.padded, self.counts, self.fitted
        split = (self.batch, nh, mh, nw, mw, "C")
        moved = split if self.forget_permute else (self.batch, nh, nw, mh, mw, "C")
        return {
            "grid": (self.batch, rows, columns, "C"),
            "split": split,
            "permute": moved,
            "flatten": (self.batch * nh * nw, mh, mw, "C"),
        }

    @property
    def indices(self) -> dict[str, tuple[int, ...]]:
        """The token's index at each step, without the channel.

        Example:
            >>> WindowFacts(1, 8, 12, 4, token=(0, 2, 5)).indices["permute"]
            (0, 0, 1, 2, 1)
        """
        image, row, column = self.token
        (mh, mw) = self.fitted
        (i, y), (j, x) = divmod(row, mh), divmod(column, mw)
        split = (image, i, y, j, x)
        moved = split if self.forget_permute else (image, i, j, y, x)
        return {
            "grid": self.token, "split": split, "permute": moved, "flatten": (self.window, *self.inside),
        }  # fmt: skip

    @property
    def code(self) -> str:
        """The Python line that gives the windows on show.

        Example:
            >>> WindowFacts(1, 8, 12, 4, (0, 0, 0), forget_permute=True).code
            'torch.arange(96).view(-1, 4, 4, 1)'
        """
        (rows, columns), (mh, mw) = self.padded, self.fitted
        numbers = f"torch.arange({self.batch * rows * columns})"
        if self.forget_permute:
            return f"{numbers}.view(-1, {mh}, {mw}, 1)"
        window = mh if mh == mw else (mh, mw)
        return f"window_partition({numbers}.view({self.batch}, {rows}, {columns}, 1), {window})"

    def sentence(self) -> str:
        """What happens to the token, in words.

        Example:
            >>> WindowFacts(1, 8, 12, 4, token=(0, 2, 5)).sentence()[:50]
            'Token 29 (row 2, column 5) goes to window 1, place'
        """
        image, row, column = self.token
        where = f"row {row}, column {column}" + (f" of image {image}" if self.batch > 1 else "")
        token, inside = f"Token {self.number} ({where})", f"place ({self.inside[0]}, {self.inside[1]})"
        if row >= self.height or column >= self.width:
            return f"{token} is padding: it only fills up the last windows and never takes part."
        tokens = len(self.company)
        if not self.forget_permute:
            others = f"with the {tokens - 1} other{'s' if tokens > 2 else ''} of its window"
            kept = self.place == self.number
            moves = (
                f"is still at place {self.place} of memory"
                if kept
                else f"has moved in memory, from place {self.number} to {self.place}"
            )
            return (
                f"{token} goes to window {self.window}, {inside}, {others if tokens > 1 else 'alone'}. "
                f"At the end it {moves}."
            )
        mixed = len(self.owners[self.company].unique())
        first, last = int(self.company[0]), int(self.company[-1])
        if mixed == 1:
            reason = "one row high" if self.fitted[0] == 1 else "as wide as the grid"
            return (
                f"{token} goes to window {self.window}, {inside}: the right one, by luck. The windows are "
                f"{reason}, so each lies in one piece in memory already."
            )
        return (
            f"{token} ends up in “window” {self.window}, {inside}, with tokens of {mixed} different windows. "
            f"Nothing moved in memory: this “window” is just the places {first} to {last}."
        )
