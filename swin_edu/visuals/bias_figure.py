"""The picture of a BiasExplorer that stays in a saved notebook: window, all pairs, table, formula and heads.

Notebook 04 keeps it beside the live view; it is drawn from the same numbers, in the same colours.
"""

import textwrap

import numpy as np

from swin_edu.model.position import relative_position_index
from swin_edu.visuals.bias_facts import BiasFacts
from swin_edu.visuals.sheet import SCALE, Grid, Sheet, rgb, signed_colours

WIDTH, HEIGHT = 1000, 560
COLUMNS = (38, 366, 694)  # the left edges of the three panels
SIDE, TOP, BELOW = 290, 82, 416


def draw_bias(facts: BiasFacts, values: list[list[float]], head: int) -> bytes:
    """Draw one pair of tokens in its window, among all pairs, and in the table.

    Args:
        facts: window, query and key.
        values: the table, one row an offset, one column a head.
        head: whose column is on show.

    Returns:
        A PNG file's bytes; the same for the same arguments.

    Example:
        >>> draw_bias(BiasFacts((2, 3), (1, 1), (0, 0)), [[0.5]] * 15, head=0)[1:4]
        b'PNG'
    """
    sheet, table = Sheet(WIDTH, HEIGHT), np.asarray(values)
    limit = max(float(abs(table).max()), 1e-9)
    shades = signed_colours(table[:, head], limit)
    dark = _needs_light_text(shades)
    index = relative_position_index(facts.window).numpy()
    _draw_window(sheet, facts, shades, index)
    _draw_pairs(sheet, facts, shades, dark, index)
    _draw_table(sheet, facts, shades, dark)
    _draw_heads(sheet, facts, signed_colours(table, limit), head)
    first, second, third = facts.formula()
    sheet.write(16, BELOW + 24, first, size=13, name="muted_ink")
    sheet.write(16, BELOW + 48, second, size=13, name="muted_ink")
    sheet.write(16, BELOW + 74, third, size=13.5, weight="bold")
    words = facts.sentence(head, values[facts.index][head])
    for line, part in enumerate(textwrap.wrap(words, 138)):
        sheet.write(16, 522 + 20 * line, part, size=14)
    return sheet.png()


def _draw_window(sheet: Sheet, facts: BiasFacts, shades: np.ndarray, index: np.ndarray) -> None:
    mh, mw = facts.window
    _caption(sheet, 0, f"Window of {mh} × {mw}", "pink asks, blue is asked; arrows: the same offset")
    grid = sheet.grid(COLUMNS[0], TOP, SIDE, facts.window)
    _cells(grid, shades[index[facts.tokens[0]]].reshape(mh, mw, 3))
    for query, key in facts.pairs:
        _arrow(sheet, grid, query, key, "muted_ink", 1.5)
    _arrow(sheet, grid, facts.query, facts.key, "ink", 3)
    for place, name in ((facts.key, "key"), (facts.query, "query")):
        row, column = place
        grid.frame((row + 0.1, column + 0.1, row + 0.9, column + 0.9), name, 4)
    _names(sheet, grid, range(mh), range(mw))


def _draw_pairs(
    sheet: Sheet, facts: BiasFacts, shades: np.ndarray, dark: np.ndarray, index: np.ndarray
) -> None:
    tokens = len(index)
    _caption(sheet, 1, f"All {tokens**2} pairs", "row = query, column = key")
    grid = sheet.grid(COLUMNS[1], TOP, SIDE, (tokens, tokens))
    _cells(grid, shades[index])
    if grid.unit >= 15 * SCALE:
        _numbers(sheet, grid, index, dark[index], 8.5)
    q, k = facts.tokens
    grid.frame((q, 0, q + 1, tokens), "query", 2)
    grid.frame((0, k, tokens, k + 1), "key", 2)
    for row, column in np.argwhere(index == facts.index):
        grid.frame((row, column, row + 1, column + 1), "ink", 1)
    grid.frame((q, k, q + 1, k + 1), "ink", 4)
    _names(sheet, grid, range(tokens), range(tokens))


def _draw_table(sheet: Sheet, facts: BiasFacts, shades: np.ndarray, dark: np.ndarray) -> None:
    mh, mw = facts.window
    rows, columns = 2 * mh - 1, 2 * mw - 1
    _caption(
        sheet,
        2,
        f"Table of {rows} × {columns} offsets",
        "dr down, dc across; framed: what this query uses",
    )
    grid = sheet.grid(COLUMNS[2], TOP, SIDE, (rows, columns))
    _cells(grid, shades.reshape(rows, columns, 3))
    if grid.unit >= 17 * SCALE:
        _numbers(sheet, grid, np.arange(rows * columns).reshape(rows, columns), dark, 10)
    row, column = facts.query
    grid.frame((row, column, row + mh, column + mw), "query", 3)
    row, column = facts.offset[0] + mh - 1, facts.offset[1] + mw - 1
    grid.frame((row, column, row + 1, column + 1), "ink", 5)
    _names(sheet, grid, range(1 - mh, mh), range(1 - mw, mw))


def _draw_heads(sheet: Sheet, facts: BiasFacts, shades: np.ndarray, head: int) -> None:
    rows, columns = (2 * m - 1 for m in facts.window)
    heads = shades.shape[1]
    sheet.write(COLUMNS[2] - 22, BELOW + 8, "4  Heads", size=15, weight="bold")
    across = min(heads, 4 if heads <= 8 else 8 if heads <= 16 else 12)
    cell = min(300 / across, 75)
    for number in range(min(heads, 2 * across)):
        left, top = COLUMNS[2] - 22 + number % across * cell, BELOW + 20 + number // across * cell
        side = min(cell - 8, 62)
        grid = sheet.grid(left, top, side, (rows, columns))
        _cells(grid, shades[:, number].reshape(rows, columns, 3), lines=False)
        if number == head:
            grid.frame((0, 0, rows, columns), "ink", 3)


def _needs_light_text(shades: np.ndarray) -> np.ndarray:
    """Where text in the page's colour can be read better than text in ink; (..., 3) -> (...) bool."""

    def luminance(colours: np.ndarray) -> np.ndarray:
        linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
        return linear @ np.float32([0.2126, 0.7152, 0.0722]) + 0.05

    ground, ink = luminance(shades), luminance(rgb("ink"))
    return luminance(rgb("surface")) / ground > ground / ink


def _caption(sheet: Sheet, number: int, title: str, note: str) -> None:
    left = COLUMNS[number] - 22
    sheet.write(left, 28, f"{number + 1}  {title}", size=15, weight="bold")
    sheet.write(left, 48, note, name="muted_ink")


def _cells(grid: Grid, colours: np.ndarray, lines: bool = True) -> None:
    picture = colours.repeat(grid.unit, 0).repeat(grid.unit, 1)
    if lines and grid.unit >= 8:
        for edge in (picture[:: grid.unit], picture[:, :: grid.unit]):
            edge[...] = 0.75 * edge + 0.25 * 0.5
    picture[[0, -1]] = picture[:, [0, -1]] = 0.4
    grid.paste(picture)


def _numbers(sheet: Sheet, grid: Grid, numbers: np.ndarray, dark: np.ndarray, size: float) -> None:
    for (row, column), number in np.ndenumerate(numbers):
        x, y = grid.x + (column + 0.5) * grid.unit, grid.y + (row + 0.5) * grid.unit
        name = "surface" if dark.reshape(numbers.shape)[row, column] else "ink"
        sheet.write(
            x / SCALE - 0.31 * size * len(str(number)),
            y / SCALE + 0.36 * size,
            str(number),
            size=size,
            name=name,
        )


def _names(sheet: Sheet, grid: Grid, rows: range, columns: range) -> None:
    """Numbers of rows and columns beside a grid, as many as there is room for."""
    every = -(-round(17 * SCALE) // grid.unit)
    for i, number in enumerate(rows):
        if i % every == 0:
            words = str(number).replace("-", "−")
            y = (grid.y + (i + 0.5) * grid.unit) / SCALE + 4
            sheet.write(grid.x / SCALE - 6 - 6.5 * len(words), y, words, size=10.5, name="muted_ink")
    for i, number in enumerate(columns):
        if i % every == 0:
            words = str(number).replace("-", "−")
            x = (grid.x + (i + 0.5) * grid.unit) / SCALE - 3.3 * len(words)
            sheet.write(x, grid.y / SCALE - 6, words, size=10.5, name="muted_ink")


def _arrow(
    sheet: Sheet, grid: Grid, query: tuple[int, int], key: tuple[int, int], name: str, width: float
) -> None:
    """From the query to its key; a dot where they are one."""
    (y0, x0), (y1, x1) = (
        ((grid.y + (r + 0.5) * grid.unit) / SCALE, (grid.x + (c + 0.5) * grid.unit) / SCALE)
        for r, c in (query, key)
    )
    if query == key:
        sheet.rectangle(x0 - width, y0 - width, 2 * width, 2 * width, name)
        return
    length = float(np.hypot(x1 - x0, y1 - y0))
    ux, uy = (x1 - x0) / length, (y1 - y0) / length
    tip = min(grid.unit / SCALE * 0.2, 10)
    left = (x1 - tip * (ux - 0.6 * uy), y1 - tip * (uy + 0.6 * ux))
    right = (x1 - tip * (ux + 0.6 * uy), y1 - tip * (uy - 0.6 * ux))
    for colour, thick in (("surface", width + 2), (name, width)):
        sheet.line([(x0, y0), (x1, y1)], colour, thick)
        sheet.line([left, (x1, y1), right], colour, thick)
