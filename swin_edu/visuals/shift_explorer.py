"""ShiftExplorer: drag the windows of a Swin block and see roll, regions, mask and who attends to whom.

Notebook 03 opens with it and comes back to it; the drawing and dragging are in shift_explorer.js.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets

from swin_edu.model.config import Pair, as_pair
from swin_edu.visuals.checks import Value, one_of, own_picture, within
from swin_edu.visuals.explorer import Explorer, assemble_module
from swin_edu.visuals.photographs import as_jpeg, photographs_for_browser
from swin_edu.visuals.shift_facts import ShiftFacts, token_in_window
from swin_edu.visuals.shift_figure import draw_shift

LARGEST_GRID = 24
LARGEST_WINDOW = 12


class ShiftExplorer(Explorer):
    """Windows over a photograph that can be dragged, and everything that follows from where they stand.

    Everything can be read and set from Python while it is on show: ``explorer.shift = 1`` moves the
    windows, and after a drag ``explorer.shift`` is where they were left.

    Args:
        height, width: the token grid, 1 to 24 each.
        window_size: M, or (Mh, Mw), 1 to 12; may be larger than the grid.
        shift: s, or (sh, sw), 0 <= s < M; left out, half the window as in the paper.
        token: (row, column) of the chosen token; left out, one at the bottom edge.
        image: a name (chelsea, astronaut, coffee, rocket, hubble_deep_field), or your own picture as
            (height, width, 3) uint8.

    Attributes:
        window: number of the window that the token sits in, and whose mask is on show; set it to move
            the token there.

    Raises:
        traitlets.TraitError: for a value that cannot be; says what was expected and what came.

    Paper: Section 3.2, Figures 2 and 4.

    Example:
        >>> ShiftExplorer(8, 8, window_size=4, shift=2)
        ShiftExplorer(height=8, width=8, window_size=4, shift=2, token=(7, 3), image='chelsea')
    """

    _esm = assemble_module("shift_explorer.js")
    _photographs = traitlets.Dict().tag(sync=True)

    height = traitlets.Int(8).tag(sync=True)
    width = traitlets.Int(8).tag(sync=True)
    window_size = Value(4).tag(sync=True)
    shift = Value(2).tag(sync=True)
    token = Value((7, 3)).tag(sync=True)
    window = traitlets.Int(2).tag(sync=True)
    image = traitlets.Unicode("chelsea").tag(sync=True)

    state_names = ("height", "width", "window_size", "shift", "token", "image")

    def __init__(
        self,
        height: int = 8,
        width: int = 8,
        window_size: int | Pair = 4,
        shift: int | Pair | None = None,
        *,
        token: Pair | None = None,
        image: str | np.ndarray = "chelsea",
        **kwargs: Any,
    ) -> None:
        photographs: Mapping[str, Any] = photographs_for_browser()
        if not isinstance(image, str):
            photographs = {
                "yours": {"data": as_jpeg(own_picture(image)), "focus": [0.5, 0.5]},
                **photographs,
            }
            image = "yours"
        # Checked here, in this order, because traitlets checks in any order.
        within(height, 1, LARGEST_GRID, "height")
        within(width, 1, LARGEST_GRID, "width")
        window = _size_pair(window_size)
        shift = _checked_shift(tuple(m // 2 for m in window) if shift is None else shift, window)
        token = _checked_token((height - 1, (width - 1) // 2) if token is None else token, height, width)
        super().__init__(
            height=height,
            width=width,
            window_size=window_size,
            shift=shift,
            token=token,
            image=image,
            _photographs=photographs,
            **kwargs,
        )
        self.window = self.facts.window
        self._initial = {name: getattr(self, name) for name in (*self.state_names, "window")}
        self.observe(self._settle, names=["height", "width", "window_size", "shift", "token", "window"])

    # ---- what the state may be ----------------------------------------------------------------

    @traitlets.validate("height", "width")
    def _check_side(self, proposal: Any) -> int:
        return within(proposal.value, 1, LARGEST_GRID, proposal.trait.name)

    @traitlets.validate("window_size")
    def _check_window_size(self, proposal: Any) -> int | Pair:
        return _int_or_pair(_size_pair(proposal.value))

    @traitlets.validate("shift")
    def _check_shift(self, proposal: Any) -> int | Pair:
        return _int_or_pair(_checked_shift(proposal.value, as_pair(self.window_size)))

    @traitlets.validate("token")
    def _check_token(self, proposal: Any) -> Pair:
        return _checked_token(proposal.value, self.height, self.width)

    @traitlets.validate("window")
    def _check_window(self, proposal: Any) -> int:
        facts = self.facts
        count = facts.padded[0] * facts.padded[1] // (facts.fitted[0][0] * facts.fitted[0][1])
        return within(proposal.value, 0, count - 1, "window")

    @traitlets.validate("image")
    def _check_image(self, proposal: Any) -> str:
        return one_of(proposal.value, self._photographs or [proposal.value], "image")

    def _settle(self, change: Any) -> None:
        """Keep shift, token and window possible, and token and window together, after any change."""
        with self.hold_sync():
            window_size = as_pair(self.window_size)
            self.shift = tuple(min(s, m - 1) for s, m in zip(as_pair(self.shift), window_size, strict=True))
            self.token = (min(self.token[0], self.height - 1), min(self.token[1], self.width - 1))
            if change["name"] == "window" and self.facts.window != self.window:
                self.token = token_in_window(self.facts, self.window)
            self.window = self.facts.window

    # ---- what follows from the state ----------------------------------------------------------

    @property
    def code(self) -> str:
        """The Python line that gives the mask on show, as the copy button copies it.

        Example:
            >>> ShiftExplorer(8, 12, 4, (2, 1)).code
            'shift_mask(8, 12, 4, (2, 1))'
        """
        return f"shift_mask({self.height}, {self.width}, {self.window_size}, {self.shift})"

    @property
    def facts(self) -> ShiftFacts:
        """Everything that follows from the state: window, region, mask, and whom the token sees.

        Example:
            >>> {name: int(seen.sum()) for name, seen in ShiftExplorer(8, 8, 4, 2).facts.seen.items()}
            {'plain': 16, 'shifted': 8, 'both': 32}
        """
        return ShiftFacts(self.height, self.width, self.window_size, self.shift, self.token)

    def picture(self) -> bytes:
        """Draw the present state as a PNG file.

        Returns:
            The file's bytes.

        Example:
            >>> ShiftExplorer().picture()[1:4]
            b'PNG'
        """
        photo = self._photographs[self.image]
        return draw_shift(self.facts, photo["data"], photo["focus"])


def _pair(value: Any, name: str) -> Pair:
    try:
        return as_pair(value, name)
    except ValueError as error:
        raise traitlets.TraitError(str(error)) from None


def _size_pair(value: Any) -> Pair:
    pair = _pair(value, "window_size")
    for side in pair:
        within(side, 1, LARGEST_WINDOW, "window_size")
    return pair


def _checked_shift(value: Any, window: Pair) -> Pair:
    pair = _pair(value, "shift")
    for s, m in zip(pair, window, strict=True):
        if not 0 <= s < m:
            raise traitlets.TraitError(f"shift must be 0 ... {m - 1} for a window of {m}, got {value!r}")
    return pair


def _checked_token(value: Any, height: int, width: int) -> Pair:
    row, column = _pair(value, "token")
    if isinstance(value, int) or not (0 <= row < height and 0 <= column < width):
        raise traitlets.TraitError(
            f"token must be (row, column) on the {height}x{width} grid, "
            f"(0, 0) ... ({height - 1}, {width - 1}); got {value!r}"
        )
    return row, column


def _int_or_pair(pair: Pair) -> int | Pair:
    return pair[0] if pair[0] == pair[1] else pair
