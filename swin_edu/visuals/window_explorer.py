"""WindowExplorer: follow tokens from the grid into windows, and see what is lost without the permute.

Notebook 02 plays with it; the drawing is in window_explorer.js, the numbers in window_facts.py.
"""

from typing import Any

import traitlets

from swin_edu.model.config import Pair, as_pair
from swin_edu.visuals.checks import Value, one_of, within
from swin_edu.visuals.explorer import FOLDER, Explorer, assemble_module
from swin_edu.visuals.photographs import photographs_for_browser
from swin_edu.visuals.window_facts import WindowFacts
from swin_edu.visuals.window_figure import draw_windows

LARGEST_BATCH = 2
LARGEST_GRID = 16
LARGEST_WINDOW = 8
SHOW = ("photo", "both", "numbers")
PICTURES = ("chelsea", "astronaut")  # of the images in a batch

Place = tuple[int, int, int]


class WindowExplorer(Explorer):
    """A token grid that becomes a batch of windows: reshape, permute, reshape, and back.

    Args:
        height, width: the token grid, 1 to 16 each; padded at the bottom and right where windows do not fit.
        window_size: M, or (Mh, Mw), 1 to 8; an axis no longer than its window is one window.
        batch: images, 1 or 2.
        progress: 0 the grid, 1/3 split, 2/3 permuted, 1 the batch of windows, or anything between.
        forget_permute: leave the axes as they are before the last reshape, which scrambles the windows.
        show: what tokens show: "photo", "numbers" or "both".
        token: (image, row, column) of the token on show; left out, one in the middle.

    Raises:
        traitlets.TraitError: for a value that cannot be; says what was expected and what came.

    Paper: Section 3.2, "self-attention in non-overlapped windows".

    Example:
        >>> WindowExplorer(8, 12, window_size=4).code
        'window_partition(torch.arange(96).view(1, 8, 12, 1), 4)'
    """

    _esm = assemble_module("window_explorer.js")
    _css = Explorer._css + (FOLDER / "window_explorer.css").read_text(encoding="utf-8")
    _photographs = traitlets.Dict().tag(sync=True)

    batch = traitlets.Int(1).tag(sync=True)
    height = traitlets.Int(8).tag(sync=True)
    width = traitlets.Int(12).tag(sync=True)
    window_size = Value(4).tag(sync=True)
    progress = traitlets.Float(0.0).tag(sync=True)
    forget_permute = traitlets.Bool(False).tag(sync=True)
    show = traitlets.Unicode("both").tag(sync=True)
    token = Value((0, 3, 5)).tag(sync=True)

    state_names = (
        "height", "width", "window_size", "batch", "progress", "forget_permute", "show", "token",
    )  # fmt: skip

    def __init__(
        self,
        height: int = 8,
        width: int = 12,
        window_size: int | Pair = 4,
        *,
        batch: int = 1,
        progress: float = 0.0,
        forget_permute: bool = False,
        show: str = "both",
        token: Place | None = None,
        **kwargs: Any,
    ) -> None:
        # Checked here, in this order, because traitlets checks in any order.
        within(batch, 1, LARGEST_BATCH, "batch")
        within(height, 1, LARGEST_GRID, "height")
        within(width, 1, LARGEST_GRID, "width")
        token = (0, (height - 1) // 2, (width - 1) // 2) if token is None else token
        token = _checked_token(token, batch, height, width)
        photographs = photographs_for_browser()
        super().__init__(
            batch=batch,
            height=height,
            width=width,
            window_size=window_size,
            progress=progress,
            forget_permute=forget_permute,
            show=show,
            token=token,
            _photographs={name: photographs[name] for name in PICTURES},
            **kwargs,
        )
        self._initial = {name: getattr(self, name) for name in self.state_names}
        self.observe(self._settle, names=["batch", "height", "width"])

    # ---- what the state may be ----------------------------------------------------------------

    @traitlets.validate("batch")
    def _check_batch(self, proposal: Any) -> int:
        return within(proposal.value, 1, LARGEST_BATCH, "batch")

    @traitlets.validate("height", "width")
    def _check_side(self, proposal: Any) -> int:
        return within(proposal.value, 1, LARGEST_GRID, proposal.trait.name)

    @traitlets.validate("window_size")
    def _check_window_size(self, proposal: Any) -> int | Pair:
        try:
            mh, mw = as_pair(proposal.value, "window_size")
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None
        for side in (mh, mw):
            within(side, 1, LARGEST_WINDOW, "window_size")
        return mh if mh == mw else (mh, mw)

    @traitlets.validate("progress")
    def _check_progress(self, proposal: Any) -> float:
        if not 0 <= proposal.value <= 1:
            raise traitlets.TraitError(f"progress must be 0 ... 1, got {proposal.value!r}")
        return proposal.value

    @traitlets.validate("show")
    def _check_show(self, proposal: Any) -> str:
        return one_of(proposal.value, SHOW, "show")

    @traitlets.validate("token")
    def _check_token(self, proposal: Any) -> Place:
        return _checked_token(proposal.value, self.batch, self.height, self.width)

    def _settle(self, _: Any) -> None:
        """Keep the token on the grid when the grid shrinks."""
        lengths = (self.batch, self.height, self.width)
        with self.hold_sync():
            self.token = tuple(min(t, n - 1) for t, n in zip(self.token, lengths, strict=True))

    # ---- what follows from the state ----------------------------------------------------------

    @property
    def facts(self) -> WindowFacts:
        """Everything that follows from the state: shapes, windows, where the token goes.

        Example:
            >>> WindowExplorer(8, 12, 4, token=(0, 2, 5)).facts.place
            25
        """
        return WindowFacts(
            self.batch, self.height, self.width, self.window_size, self.token, self.forget_permute
        )

    @property
    def code(self) -> str:
        """The Python line that gives the windows on show, as the copy button copies it.

        Example:
            >>> WindowExplorer(8, 12, 4, forget_permute=True).code
            'torch.arange(96).view(-1, 4, 4, 1)'
        """
        return self.facts.code

    def picture(self) -> bytes:
        """Draw the grid, the windows that become of it, and the memory of both as a PNG file.

        Returns:
            The file's bytes.

        Example:
            >>> WindowExplorer(4, 6, 2).picture()[1:4]
            b'PNG'
        """
        return draw_windows(self.facts, [self._photographs[name] for name in PICTURES], self.show)


def _checked_token(value: Any, batch: int, height: int, width: int) -> Place:
    lengths = (batch, height, width)
    good = (
        isinstance(value, tuple | list)
        and len(value) == 3
        and all(
            isinstance(t, int) and not isinstance(t, bool) and 0 <= t < n
            for t, n in zip(value, lengths, strict=True)
        )
    )
    if not good:
        raise traitlets.TraitError(
            f"token must be (image, row, column), (0, 0, 0) ... ({batch - 1}, {height - 1}, {width - 1}); "
            f"got {value!r}"
        )
    return tuple(value)
