"""CostExplorer: drag an image's side and see what attention costs, over the whole image and inside windows.

Notebook 02 shows it; the drawing and dragging are in cost_explorer.js.
"""

from typing import Any

import traitlets

from swin_edu.model.config import Pair, as_pair
from swin_edu.visuals.checks import Value, within
from swin_edu.visuals.cost_facts import CostFacts
from swin_edu.visuals.cost_figure import draw_cost
from swin_edu.visuals.explorer import Explorer, assemble_module

SIDES = (16, 2048)  # smallest and largest image, in pixels
LARGEST = {"window_size": 64, "channels": 2048, "num_heads": 64, "patch_size": 32}


class CostExplorer(Explorer):
    """Multiply-adds, pairs and memory of one attention layer, global and windowed, against the image's side.

    Everything can be read and set from Python while it is on show: ``explorer.side = 448`` moves the marker,
    and after a drag ``explorer.side`` is where it was left.

    Args:
        side: side of the square image in pixels, 16 to 2048.
        window_size: M, or (Mh, Mw), 1 to 64; may be larger than the grid.
        channels: C, 1 to 2048.
        num_heads: h, 1 to 64; has to divide the channels. Where they are set later and do not fit, the heads
            become the next smaller number that divides the channels.
        patch_size: side of a patch in pixels, 1 to 32.

    Raises:
        traitlets.TraitError: for a value that cannot be; says what was expected and what came.

    Paper: Section 3.2, equations (1) and (2).

    Example:
        >>> CostExplorer()
        CostExplorer(side=224, window_size=7, channels=96, num_heads=3, patch_size=4)
    """

    _esm = assemble_module("cost_explorer.js")

    side = traitlets.Int(224).tag(sync=True)
    window_size = Value(7).tag(sync=True)
    channels = traitlets.Int(96).tag(sync=True)
    num_heads = traitlets.Int(3).tag(sync=True)
    patch_size = traitlets.Int(4).tag(sync=True)

    state_names = ("side", "window_size", "channels", "num_heads", "patch_size")

    def __init__(
        self,
        side: int = 224,
        window_size: int | Pair = 7,
        channels: int = 96,
        num_heads: int = 3,
        patch_size: int = 4,
        **kwargs: Any,
    ) -> None:
        # Checked here, in this order, because traitlets checks in any order.
        within(side, *SIDES, "side")
        _checked_window(window_size)
        for name, value in {"channels": channels, "num_heads": num_heads, "patch_size": patch_size}.items():
            within(value, 1, LARGEST[name], name)
        if channels % num_heads:
            raise traitlets.TraitError(
                f"num_heads must divide the {channels} channels evenly, got {num_heads}"
            )
        super().__init__(
            side=side,
            window_size=window_size,
            channels=channels,
            num_heads=num_heads,
            patch_size=patch_size,
            **kwargs,
        )
        self._initial = {name: getattr(self, name) for name in self.state_names}
        self.observe(self._settle, names=["channels", "num_heads"])

    # ---- what the state may be ----------------------------------------------------------------

    @traitlets.validate("side")
    def _check_image_side(self, proposal: Any) -> int:
        return within(proposal.value, *SIDES, "side")

    @traitlets.validate("channels", "num_heads", "patch_size")
    def _check_number(self, proposal: Any) -> int:
        return within(proposal.value, 1, LARGEST[proposal.trait.name], proposal.trait.name)

    @traitlets.validate("window_size")
    def _check_window_size(self, proposal: Any) -> int | Pair:
        return _checked_window(proposal.value)

    def _settle(self, change: Any) -> None:
        """Let the heads share the channels evenly after any change."""
        heads = self.num_heads
        while self.channels % heads:
            heads -= 1
        self.num_heads = heads

    # ---- what follows from the state ----------------------------------------------------------

    @property
    def facts(self) -> CostFacts:
        """The costs of global and windowed attention, as `attention_cost` counts them.

        Example:
            >>> CostExplorer().facts.windows.multiply_adds
            145108992
        """
        return CostFacts(self.side, self.window_size, self.channels, self.num_heads, self.patch_size)

    @property
    def code(self) -> str:
        """The Python line that gives the numbers of windowed attention, as the copy button copies it.

        With None for the window it gives those of global attention.

        Example:
            >>> CostExplorer(228).code
            'attention_cost(57, 57, 96, 7, 3)'
        """
        return self.facts.code

    def picture(self) -> bytes:
        """Draw the present state as a PNG file.

        Returns:
            The file's bytes.

        Example:
            >>> CostExplorer().picture()[1:4]
            b'PNG'
        """
        return draw_cost(self.facts)


def _checked_window(value: Any) -> int | Pair:
    try:
        mh, mw = as_pair(value, "window_size")
    except ValueError as error:
        raise traitlets.TraitError(str(error)) from None
    for side in (mh, mw):
        within(side, 1, LARGEST["window_size"], "window_size")
    return mh if mh == mw else (mh, mw)
