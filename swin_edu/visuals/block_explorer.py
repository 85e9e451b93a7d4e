"""BlockExplorer: follow one token through a Swin block, along the road and both branches, and break it.

Notebook 05 plays with it; what happens in the browser is in block_explorer.js, with the weights of
`tiny_block`.
"""

from typing import Any

import traitlets

from swin_edu.model.config import Pair, as_pair
from swin_edu.visuals.block_facts import BlockFacts
from swin_edu.visuals.block_figure import draw_block
from swin_edu.visuals.checks import Value, one_of, within
from swin_edu.visuals.explorer import Explorer, assemble_module
from swin_edu.visuals.photographs import PHOTOGRAPHS, photographs_for_browser
from swin_edu.visuals.tiny_block import (
    MOST_BLOCKS,
    embedding_matrix,
    pixels_for_browser,
    weights_for_browser,
)

LARGEST_GRID = 12


class BlockExplorer(Explorer):
    """A stack of small real Swin blocks over a photograph: one token's numbers at every step.

    Each block is a `SwinBlock` with 8 channels, 2 heads, windows of 4 x 4 and fixed weights, computed in the
    browser. The switches take it apart: norm behind the sum, no residual, no shift.

    Args:
        height, width: the token grid, 1 to 12 each.
        blocks: how many in a row, 1 to 12; the second, fourth, ... are shifted.
        block: the one that is shown in full, 1 to ``blocks``.
        token: (row, column) of the token that is followed; left out, one left of the middle.
        source: (row, column) of a token that is changed, to see who hears of it; left out, the last one.
        norm_first: False norms behind the sum.
        residual: False adds nothing to the branches.
        shift: False leaves all blocks plain.
        image: chelsea, astronaut, coffee, rocket or hubble_deep_field.

    Raises:
        traitlets.TraitError: for a value that cannot be; says what was expected and what came.

    Paper: Section 3.2, equation (3), Figure 3(b).

    Example:
        >>> BlockExplorer(8, 12, blocks=2).token
        (3, 4)
    """

    _esm = assemble_module("block_explorer.js")
    _photographs = traitlets.Dict().tag(sync=True)
    _pixels = traitlets.Dict().tag(sync=True)
    _embedding = traitlets.List().tag(sync=True)
    _weights = traitlets.Unicode().tag(sync=True)

    height = traitlets.Int(8).tag(sync=True)
    width = traitlets.Int(8).tag(sync=True)
    blocks = traitlets.Int(4).tag(sync=True)
    block = traitlets.Int(1).tag(sync=True)
    token = Value((3, 2)).tag(sync=True)
    source = Value((7, 7)).tag(sync=True)
    norm_first = traitlets.Bool(True).tag(sync=True)
    residual = traitlets.Bool(True).tag(sync=True)
    shift = traitlets.Bool(True).tag(sync=True)
    image = traitlets.Unicode("chelsea").tag(sync=True)

    state_names = (
        "height", "width", "blocks", "block", "token", "source", "norm_first", "residual", "shift", "image",
    )  # fmt: skip

    def __init__(
        self,
        height: int = 8,
        width: int = 8,
        blocks: int = 4,
        *,
        block: int = 1,
        token: Pair | None = None,
        source: Pair | None = None,
        **kwargs: Any,
    ) -> None:
        # Checked here, in this order, because traitlets checks in any order.
        within(height, 1, LARGEST_GRID, "height")
        within(width, 1, LARGEST_GRID, "width")
        within(blocks, 1, MOST_BLOCKS, "blocks")
        within(block, 1, blocks, "block")
        token = ((height - 1) // 2, (width - 1) // 3 + (width > 8)) if token is None else token
        source = (height - 1, width - 1) if source is None else source
        super().__init__(
            height=height,
            width=width,
            blocks=blocks,
            block=block,
            token=_checked_place(token, height, width, "token"),
            source=_checked_place(source, height, width, "source"),
            _photographs=photographs_for_browser(),
            _pixels=pixels_for_browser(),
            _embedding=embedding_matrix().tolist(),
            _weights=weights_for_browser(),
            **kwargs,
        )
        self._initial = {name: getattr(self, name) for name in self.state_names}
        self.observe(self._settle, names=["height", "width", "blocks"])

    # ---- what the state may be ----------------------------------------------------------------

    @traitlets.validate("height", "width")
    def _check_side(self, proposal: Any) -> int:
        return within(proposal.value, 1, LARGEST_GRID, proposal.trait.name)

    @traitlets.validate("blocks")
    def _check_blocks(self, proposal: Any) -> int:
        return within(proposal.value, 1, MOST_BLOCKS, "blocks")

    @traitlets.validate("block")
    def _check_block(self, proposal: Any) -> int:
        return within(proposal.value, 1, self.blocks, "block")

    @traitlets.validate("token", "source")
    def _check_place(self, proposal: Any) -> Pair:
        return _checked_place(proposal.value, self.height, self.width, proposal.trait.name)

    @traitlets.validate("image")
    def _check_image(self, proposal: Any) -> str:
        return one_of(proposal.value, PHOTOGRAPHS, "image")

    def _settle(self, _: Any) -> None:
        """Keep the shown block and both tokens possible after the grid or the stack has changed."""
        with self.hold_sync():
            self.block = min(self.block, self.blocks)
            for name in ("token", "source"):
                row, column = getattr(self, name)
                setattr(self, name, (min(row, self.height - 1), min(column, self.width - 1)))

    # ---- what follows from the state ----------------------------------------------------------

    @property
    def facts(self) -> BlockFacts:
        """The numbers of the stack, from the library's own blocks.

        Example:
            >>> BlockExplorer(8, 8, blocks=2, token=(0, 0)).facts.company
            16
        """
        return BlockFacts(**{name: getattr(self, name) for name in self.state_names})

    @property
    def code(self) -> str:
        """The Python line that gives the token's numbers before the first and after each block.

        Example:
            >>> BlockExplorer(8, 12, blocks=3, token=(0, 5), residual=False).code
            'run_tiny_blocks(8, 12, 3, residual=False)[:, 0, 5]'
        """
        options = [f"{name}=False" for name in ("norm_first", "residual", "shift") if not getattr(self, name)]
        options += [f'image="{self.image}"'] if self.image != "chelsea" else []
        arguments = ", ".join([f"{self.height}, {self.width}, {self.blocks}", *options])
        return f"run_tiny_blocks({arguments})[:, {self.token[0]}, {self.token[1]}]"

    def picture(self) -> bytes:
        """Draw the present state as a PNG file.

        Returns:
            The file's bytes.

        Example:
            >>> BlockExplorer(blocks=2).picture()[1:4]
            b'PNG'
        """
        photo = self._photographs[self.image]
        return draw_block(self.facts, photo["data"], photo["focus"])


def _checked_place(value: Any, height: int, width: int, name: str) -> Pair:
    try:
        row, column = as_pair(value, name)
    except ValueError as error:
        raise traitlets.TraitError(str(error)) from None
    if isinstance(value, int) or not (0 <= row < height and 0 <= column < width):
        raise traitlets.TraitError(
            f"{name} must be (row, column) on the {height}x{width} grid, "
            f"(0, 0) ... ({height - 1}, {width - 1}); got {value!r}"
        )
    return row, column
