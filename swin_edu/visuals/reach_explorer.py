"""ReachExplorer: one token over a photograph, and how far its influence spreads from block to block.

Notebook 05 shows it; the drawing and dragging are in reach_explorer.js.
"""

from typing import Any

import numpy as np
import traitlets

from swin_edu.model.config import Pair, as_pair
from swin_edu.visuals.checks import Value, one_of, own_picture, within
from swin_edu.visuals.explorer import Explorer, assemble_module
from swin_edu.visuals.photographs import as_jpeg, photographs_for_browser
from swin_edu.visuals.reach_facts import MOST_BLOCKS, ReachFacts
from swin_edu.visuals.reach_figure import draw_reach

LARGEST_GRID = 64
LARGEST_WINDOW = 16


class ReachExplorer(Explorer):
    """Who hears one token after so many blocks (or whom it has seen), without shift and with it.

    Everything can be read and set from Python while it is on show: ``explorer.blocks = 9`` moves the marker,
    and after a drag ``explorer.blocks`` is where it was left.

    Args:
        height, width: the token grid of the first block, 1 to 64 each.
        window_size: M, or (Mh, Mw), 1 to 16; may be larger than the grid. Every second block is shifted by
            half a window.
        blocks: how many blocks, 0 to 64.
        token: (row, column) of the token.
        image: a name (chelsea, astronaut, coffee, rocket, hubble_deep_field), or your own picture as
            (height, width, 3) uint8.
        merging: whether 2 x 2 tokens become one after every two blocks.
        looking_back: False asks who hears the token, True whom it has seen.

    Raises:
        traitlets.TraitError: for a value that cannot be; says what was expected and what came.

    Paper: Section 3.2, "shifted window partitioning in successive blocks".

    Example:
        >>> ReachExplorer(32, 32, window_size=4, blocks=9, token=(14, 17)).facts.reached["shifted"].all()
        tensor(True)
    """

    _esm = assemble_module("reach_explorer.js")
    _photographs = traitlets.Dict().tag(sync=True)

    height = traitlets.Int(32).tag(sync=True)
    width = traitlets.Int(32).tag(sync=True)
    window_size = Value(4).tag(sync=True)
    blocks = traitlets.Int(4).tag(sync=True)
    token = Value((14, 17)).tag(sync=True)
    image = traitlets.Unicode("chelsea").tag(sync=True)
    merging = traitlets.Bool(False).tag(sync=True)
    looking_back = traitlets.Bool(False).tag(sync=True)

    state_names = (
        "height",
        "width",
        "window_size",
        "blocks",
        "token",
        "image",
        "merging",
        "looking_back",
    )

    def __init__(
        self,
        height: int = 32,
        width: int = 32,
        window_size: int | Pair = 4,
        blocks: int = 4,
        token: Pair = (14, 17),
        image: str | np.ndarray = "chelsea",
        *,
        merging: bool = False,
        looking_back: bool = False,
        **kwargs: Any,
    ) -> None:
        photographs = photographs_for_browser()
        if not isinstance(image, str):
            own = {"data": as_jpeg(own_picture(image)), "focus": [0.5, 0.5]}
            photographs, image = {"yours": own, **photographs}, "yours"
        # Checked here, in this order, because traitlets checks in any order.
        within(height, 1, LARGEST_GRID, "height")
        within(width, 1, LARGEST_GRID, "width")
        token = _checked_token(token, height, width)
        super().__init__(
            height=height,
            width=width,
            window_size=window_size,
            blocks=blocks,
            token=token,
            image=image,
            merging=merging,
            looking_back=looking_back,
            _photographs=photographs,
            **kwargs,
        )
        self._initial = {name: getattr(self, name) for name in self.state_names}
        self.observe(self._settle, names=["height", "width"])

    # ---- what the state may be ----------------------------------------------------------------

    @traitlets.validate("height", "width")
    def _check_grid(self, proposal: Any) -> int:
        return within(proposal.value, 1, LARGEST_GRID, proposal.trait.name)

    @traitlets.validate("blocks")
    def _check_blocks(self, proposal: Any) -> int:
        return within(proposal.value, 0, MOST_BLOCKS, "blocks")

    @traitlets.validate("window_size")
    def _check_window_size(self, proposal: Any) -> int | Pair:
        mh, mw = _pair(proposal.value, "window_size")
        for side in (mh, mw):
            within(side, 1, LARGEST_WINDOW, "window_size")
        return mh if mh == mw else (mh, mw)

    @traitlets.validate("token")
    def _check_token(self, proposal: Any) -> Pair:
        return _checked_token(proposal.value, self.height, self.width)

    @traitlets.validate("image")
    def _check_image(self, proposal: Any) -> str:
        return one_of(proposal.value, self._photographs or [proposal.value], "image")

    def _settle(self, change: Any) -> None:
        """Keep the token on the grid after any change."""
        self.token = (min(self.token[0], self.height - 1), min(self.token[1], self.width - 1))

    # ---- what follows from the state ----------------------------------------------------------

    @property
    def facts(self) -> ReachFacts:
        """Everything that follows from the state: who is reached, with and without shift, and when all are.

        Example:
            >>> ReachExplorer().facts.until_all("shifted")
            9
        """
        return ReachFacts(
            self.height,
            self.width,
            self.window_size,
            self.blocks,
            self.token,
            self.merging,
            self.looking_back,
        )

    @property
    def code(self) -> str:
        """The Python line that gives the tokens reached with shift, as the copy button copies it.

        With ``shifted=False`` added it gives those without.

        Example:
            >>> ReachExplorer(looking_back=True).code
            'token_reach(32, 32, 4, 4, (14, 17), looking_back=True)'
        """
        return self.facts.code

    def picture(self) -> bytes:
        """Draw the present state as a PNG file.

        Returns:
            The file's bytes.

        Example:
            >>> ReachExplorer().picture()[1:4]
            b'PNG'
        """
        photo = self._photographs[self.image]
        return draw_reach(self.facts, photo["data"], photo["focus"])


def _pair(value: Any, name: str) -> Pair:
    try:
        return as_pair(value, name)
    except ValueError as error:
        raise traitlets.TraitError(str(error)) from None


def _checked_token(value: Any, height: int, width: int) -> Pair:
    row, column = _pair(value, "token")
    if isinstance(value, int) or not (0 <= row < height and 0 <= column < width):
        raise traitlets.TraitError(
            f"token must be (row, column) on the {height}x{width} grid, "
            f"(0, 0) ... ({height - 1}, {width - 1}); got {value!r}"
        )
    return row, column
