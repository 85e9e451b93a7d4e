"""MergeExplorer: four neighbouring tokens of a photograph become one, with every number on its way.

Notebook 06 plays with it; the drawing is in merge_explorer.js, the arithmetic in merging.js.
"""

from typing import Any

import numpy as np
import traitlets

from swin_edu.model.config import Pair
from swin_edu.visuals.checks import Value, one_of, own_picture, within
from swin_edu.visuals.explorer import Explorer, assemble_module
from swin_edu.visuals.merge_facts import (
    LARGEST_GRID,
    LEVELS,
    ORDERS,
    MergeFacts,
    photographs_with_grain,
    with_grain,
)
from swin_edu.visuals.merge_figure import draw_merge
from swin_edu.visuals.photographs import as_jpeg


class MergeExplorer(Explorer):
    """Patch merging on a photograph: four tokens, their numbers in a row, the norm, the matrix, one token.

    A token is the mean red, green and blue of its cell. The weights are set by hand, so that they can be
    read: the mean of each channel, then one difference of each.

    Args:
        height, width: the token grid before the first merging, 1 to 16 each; odd sizes are padded.
        level: which merging is on show: 1, 2 or 3.
        token: (row, column) of the merged token on show.
        order: "by column" as in all released weights, or "by row" or "by channel" to see what goes wrong.
        image: a name (chelsea, astronaut, coffee, rocket, hubble_deep_field), or your own picture as
            (height, width, 3) uint8.

    Raises:
        traitlets.TraitError: for a value that cannot be; says what was expected and what came.

    Paper: Section 3.1, "patch merging".

    Example:
        >>> MergeExplorer(7, 8)
        MergeExplorer(height=7, width=8, level=1, token=(1, 2), order='by column', image='chelsea')
    """

    _esm = assemble_module("merge_explorer.js")
    _photographs = traitlets.Dict().tag(sync=True)

    height = traitlets.Int(8).tag(sync=True)
    width = traitlets.Int(8).tag(sync=True)
    level = traitlets.Int(1).tag(sync=True)
    token = Value((1, 2)).tag(sync=True)
    order = traitlets.Unicode("by column").tag(sync=True)
    image = traitlets.Unicode("chelsea").tag(sync=True)

    state_names = ("height", "width", "level", "token", "order", "image")

    def __init__(
        self,
        height: int = 8,
        width: int = 8,
        *,
        level: int = 1,
        token: Pair | None = None,
        order: str = "by column",
        image: str | np.ndarray = "chelsea",
        **kwargs: Any,
    ) -> None:
        photographs = photographs_with_grain()
        if not isinstance(image, str):
            yours = with_grain({"data": as_jpeg(own_picture(image)), "focus": [0.5, 0.5]})
            photographs, image = {"yours": yours, **photographs}, "yours"
        # Checked here, in this order, because traitlets checks in any order.
        within(height, 1, LARGEST_GRID, "height")
        within(width, 1, LARGEST_GRID, "width")
        within(level, 1, LEVELS, "level")
        rows, columns = _grid(height, width, level)
        token = _checked_token(
            (min(1, rows - 1), min(2, columns - 1)) if token is None else token, rows, columns
        )
        super().__init__(
            height=height,
            width=width,
            level=level,
            token=token,
            order=order,
            image=image,
            _photographs=photographs,
            **kwargs,
        )
        self._initial = {name: getattr(self, name) for name in self.state_names}
        self.observe(self._settle, names=["height", "width", "level"])

    # ---- what the state may be ----------------------------------------------------------------

    @traitlets.validate("height", "width")
    def _check_side(self, proposal: Any) -> int:
        return within(proposal.value, 1, LARGEST_GRID, proposal.trait.name)

    @traitlets.validate("level")
    def _check_level(self, proposal: Any) -> int:
        return within(proposal.value, 1, LEVELS, "level")

    @traitlets.validate("token")
    def _check_token(self, proposal: Any) -> Pair:
        return _checked_token(proposal.value, *_grid(self.height, self.width, self.level))

    @traitlets.validate("order")
    def _check_order(self, proposal: Any) -> str:
        return one_of(proposal.value, ORDERS, "order")

    @traitlets.validate("image")
    def _check_image(self, proposal: Any) -> str:
        return one_of(proposal.value, self._photographs or [proposal.value], "image")

    def _settle(self, change: Any) -> None:
        """Keep the token on the grid after any change."""
        rows, columns = _grid(self.height, self.width, self.level)
        self.token = (min(self.token[0], rows - 1), min(self.token[1], columns - 1))

    # ---- what follows from the state ----------------------------------------------------------

    @property
    def code(self) -> str:
        """The Python line that gives the merged token on show, as the copy button copies it.

        Example:
            >>> MergeExplorer(7, 8, order="by row").code
            'MergeFacts(7, 8, token=(1, 2), order="by row").outputs'
        """
        if self.image == "yours":
            return "explorer.facts.outputs"
        more = [f"level={self.level}"] if self.level != 1 else []
        more.append(f"token={self.token}")
        more += [f'order="{self.order}"'] if self.order != "by column" else []
        more += [f'image="{self.image}"'] if self.image != "chelsea" else []
        return f"MergeFacts({self.height}, {self.width}, {', '.join(more)}).outputs"

    @property
    def facts(self) -> MergeFacts:
        """Everything that follows from the state: sources, numbers, outputs.

        Example:
            >>> MergeExplorer(7, 8, token=(3, 0)).facts.padded
            2
        """
        photo = self._photographs[self.image]
        return MergeFacts(self.height, self.width, self.level, self.token, self.order, photo)

    def picture(self) -> bytes:
        """Draw the present state as a PNG file.

        Returns:
            The file's bytes.

        Example:
            >>> MergeExplorer().picture()[1:4]
            b'PNG'
        """
        return draw_merge(self.facts)


def _grid(height: int, width: int, level: int) -> Pair:
    return -(-height // 2**level), -(-width // 2**level)


def _checked_token(value: Any, rows: int, columns: int) -> Pair:
    fits = isinstance(value, (tuple, list)) and len(value) == 2 and all(type(part) is int for part in value)
    if not fits or not (0 <= value[0] < rows and 0 <= value[1] < columns):
        raise traitlets.TraitError(
            f"token must be (row, column) on the {rows}x{columns} grid of merged tokens, "
            f"(0, 0) ... ({rows - 1}, {columns - 1}); got {value!r}"
        )
    return tuple(value)
