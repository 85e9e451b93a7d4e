"""BiasExplorer: choose two tokens of a window and see which row of the bias table belongs to their offset.

Notebook 04 plays with it; the drawing is in bias_explorer.js, the numbers in bias.js and bias_facts.py.
"""

import math
from typing import Any

import traitlets

from swin_edu.model.config import Pair, as_pair
from swin_edu.visuals.bias_facts import PATTERNS, BiasFacts, pattern_table
from swin_edu.visuals.bias_figure import draw_bias
from swin_edu.visuals.checks import Value, one_of, within
from swin_edu.visuals.explorer import FOLDER, Explorer, assemble_module

LARGEST_WINDOW = 12
Table = list[list[float]]

LARGEST_BIAS = 40  # e to the power of it can still be written down


class BiasExplorer(Explorer):
    """A window, all its pairs, and the table of biases that they share.

    Choose a pair in the window or among the pairs: its entry lights up, and the formula of the index stands
    there with its numbers. Choose an entry: all pairs that share it light up. ``explorer.values`` holds the
    numbers on show; what the reader types in arrives there.

    Args:
        window_size: M, or (Mh, Mw), 1 to 12; left out, that of a given table (square), else 4.
        table: "distance", "neighbours", "random" or "zeros"; or your own, ((2*Mh - 1)*(2*Mw - 1), h), such
            as ``attention.position.table``. Your own is resized, bicubically, when the window is changed.
        query, key: (row, column) of the two tokens.
        head: whose column of the table is on show.

    Raises:
        traitlets.TraitError: for a value that cannot be; says what was expected and what came.

    Paper: Section 3.2, equation (4).

    Example:
        >>> BiasExplorer(window_size=(3, 4))
        BiasExplorer(window_size=(3, 4), table='distance', query=(1, 2), key=(1, 1), head=0)
    """

    _esm = assemble_module("bias_explorer.js")
    _css = Explorer._css + (FOLDER / "bias_explorer.css").read_text(encoding="utf-8")
    _given = traitlets.Dict().tag(sync=True)  # {"window": [Mh, Mw], "values": ...} of a reader's own table

    window_size = Value(4).tag(sync=True)
    table = traitlets.Unicode("distance").tag(sync=True)
    values = Value().tag(sync=True)
    query = Value((1, 2)).tag(sync=True)
    key = Value((1, 1)).tag(sync=True)
    head = traitlets.Int(0).tag(sync=True)

    state_names = ("window_size", "table", "query", "key", "head")

    def __init__(
        self,
        window_size: int | Pair | None = None,
        table: Any = None,
        *,
        query: Pair | None = None,
        key: Pair | None = None,
        head: int = 0,
        **kwargs: Any,
    ) -> None:
        given: dict[str, Any] = {}
        if table is not None and not isinstance(table, str):
            values = _as_rows(table)
            window_size = _window_of(values) if window_size is None else window_size
            given = {"window": list(_sides(window_size)), "values": values}
            table = "yours"
        window = _sides(4 if window_size is None else window_size)
        name = one_of(table or "distance", [*PATTERNS, "yours"] if given else [*PATTERNS], "table")
        values = _checked_values(given["values"] if given else pattern_table(name, window), window)
        place = ((window[0] - 1) // 2, window[1] // 2)
        query = _place(place if query is None else query, window, "query")
        key = _place((query[0], max(0, query[1] - 1)) if key is None else key, window, "key")
        head = within(head, 0, len(values[0]) - 1, "head")
        super().__init__(
            window_size=window,
            table=name,
            values=values,
            query=query,
            key=key,
            head=head,
            _given=given,
            **kwargs,
        )
        self._initial = {n: getattr(self, n) for n in (*self.state_names, "values")}
        self.observe(self._settle, names=["window_size", "table", "values"])

    # ---- what the state may be ----------------------------------------------------------------

    @traitlets.validate("window_size")
    def _check_window(self, proposal: Any) -> int | Pair:
        mh, mw = _sides(proposal.value)
        return mh if mh == mw else (mh, mw)

    @traitlets.validate("table")
    def _check_table(self, proposal: Any) -> str:
        return one_of(proposal.value, [*PATTERNS, *(["yours"] if self._given else []), "typed"], "table")

    @traitlets.validate("values")
    def _check_values(self, proposal: Any) -> Table:
        return _checked_values(_as_rows(proposal.value), self.window)

    @traitlets.validate("query", "key")
    def _check_place(self, proposal: Any) -> Pair:
        return _place(proposal.value, self.window, proposal.trait.name)

    @traitlets.validate("head")
    def _check_head(self, proposal: Any) -> int:
        return within(proposal.value, 0, len(self.values[0]) - 1, "head")

    def _settle(self, change: Any) -> None:
        """Keep table, tokens and head possible after a change from Python or from the browser."""
        with self.hold_sync():
            for name in ("query", "key"):
                place = tuple(min(p, m - 1) for p, m in zip(getattr(self, name), self.window, strict=True))
                setattr(self, name, place)
            if change["name"] == "values":
                wanted = self._table_called(self.table, self.window, None)
                if wanted is not None and not _alike(wanted, self.values):
                    self.table = "typed"
            else:
                old = _sides(change["old"]) if change["name"] == "window_size" else self.window
                wanted = self._table_called(self.table, self.window, old)
                if not _alike(wanted, self.values):
                    self.values = wanted
            self.head = min(self.head, len(self.values[0]) - 1)

    def _table_called(self, name: str, window: Pair, old: Pair | None) -> Table | None:
        """The numbers that this name stands for; for "typed" those on show, resized from an old window."""
        if name in PATTERNS:
            return pattern_table(name, window)
        if name == "yours":
            return _resized(self._given["values"], tuple(self._given["window"]), window)
        if old is None or len(self.values) == math.prod(2 * m - 1 for m in window):
            return self.values
        return _resized(self.values, old, window)

    # ---- what follows from the state ----------------------------------------------------------

    @property
    def window(self) -> Pair:
        """(Mh, Mw)."""
        return as_pair(self.window_size)

    @property
    def code(self) -> str:
        """The Python line that gives the index on show, as the copy button copies it.

        Example:
            >>> BiasExplorer((3, 4), query=(2, 0), key=(1, 1)).code
            'relative_position_index((3, 4))[8, 5]'
        """
        query, key = self.facts.tokens
        return f"relative_position_index({self.window_size})[{query}, {key}]"

    @property
    def facts(self) -> BiasFacts:
        """Offset, index and who shares it, of the pair on show.

        Example:
            >>> BiasExplorer(2, query=(0, 0), key=(1, 1)).facts.index
            0
        """
        return BiasFacts(self.window, self.query, self.key)

    def sentence(self) -> str:
        """The sentence under the picture.

        Example:
            >>> BiasExplorer().sentence()[:30]
            'Query (1, 2) asks key (1, 1): '
        """
        return self.facts.sentence(self.head, self.values[self.facts.index][self.head])

    def picture(self) -> bytes:
        """Draw the present state as a PNG file.

        Returns:
            The file's bytes.

        Example:
            >>> BiasExplorer().picture()[1:4]
            b'PNG'
        """
        return draw_bias(self.facts, self.values, self.head)


def _sides(value: Any) -> Pair:
    try:
        sides = as_pair(value, "window_size")
    except ValueError as error:
        raise traitlets.TraitError(str(error)) from None
    for side in sides:
        within(side, 1, LARGEST_WINDOW, "window_size")
    return sides


def _place(value: Any, window: Pair, name: str) -> Pair:
    try:
        row, column = (int(within(v, 0, m - 1, name)) for v, m in zip(value, window, strict=True))
    except (TypeError, ValueError, traitlets.TraitError):
        raise traitlets.TraitError(
            f"{name} must be (row, column) in the {window[0]}x{window[1]} window, "
            f"(0, 0) ... ({window[0] - 1}, {window[1] - 1}); got {value!r}"
        ) from None
    return row, column


def _as_rows(table: Any) -> Table:
    """A tensor, an array or lists as lists of numbers."""
    for way in ("detach", "float", "cpu"):
        table = getattr(table, way)() if hasattr(table, way) else table
    try:
        rows = [[float(number) for number in row] for row in getattr(table, "tolist", lambda: table)()]
    except (TypeError, ValueError):
        rows = []
    if not rows or not rows[0] or any(len(row) != len(rows[0]) for row in rows):
        raise traitlets.TraitError("table must have one row for each offset and one column for each head")
    if not all(abs(number) <= LARGEST_BIAS for row in rows for number in row):  # refuses NaN, too
        raise traitlets.TraitError(f"table must hold numbers from -{LARGEST_BIAS} to {LARGEST_BIAS}")
    return rows


def _window_of(rows: Table) -> int:
    side = math.isqrt(len(rows))
    if side**2 != len(rows) or side % 2 == 0:
        raise traitlets.TraitError(
            f"a table of {len(rows)} rows is of no square window; give window_size=(Mh, Mw) too"
        )
    return (side + 1) // 2


def _checked_values(rows: Table, window: Pair) -> Table:
    entries = math.prod(2 * m - 1 for m in window)
    if len(rows) != entries:
        raise traitlets.TraitError(
            f"a table for window {window[0]}x{window[1]} has {entries} rows, got {len(rows)}"
        )
    return rows


def _resized(rows: Table, old: Pair, new: Pair) -> Table:
    from torch import tensor

    from swin_edu.model.position import resize_bias_table

    return resize_bias_table(tensor(rows), old, new).tolist()


def _alike(one: Table, other: Table) -> bool:
    return len(one) == len(other) and all(
        len(a) == len(b) and all(abs(x - y) < 1e-5 for x, y in zip(a, b, strict=True))
        for a, b in zip(one, other, strict=True)
    )
