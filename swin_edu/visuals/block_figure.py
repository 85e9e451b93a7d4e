"""The picture of a BlockExplorer that stays in a saved notebook: photograph, one block's flow, all blocks.

Notebook 05 keeps it beside the live view; it is drawn from the library's own numbers, in the same places.
"""

import io
import textwrap

import numpy as np
from PIL import Image

from swin_edu.visuals.block_facts import CHANGE, BlockFacts
from swin_edu.visuals.reach import attention_reach
from swin_edu.visuals.sheet import SCALE, Sheet, rgb
from swin_edu.visuals.tiny_block import CHANNELS, WINDOW

WIDTH, HEIGHT = 1000, 660
PHOTO_LEFT, FLOW_LEFT, TOP, PHOTO_SIDE = 16, 262, 64, 222
HALF, BAR, ROAD, BRANCH = 334, (50, 76), TOP + 66, TOP + 190
STRIP_TOP = 376
LEGEND = {
    "query": "the token that is followed",
    "series_2": "a token that is changed; who hears of it",
    "positive": "numbers above zero",
    "negative": "below zero",
}


def draw_block(facts: BlockFacts, photo: bytes, focus: tuple[float, float] = (0.5, 0.5)) -> bytes:
    """Draw the photograph, the block on show as a road with two branches, and the token after each block.

    Args:
        facts: the explorer's state and what follows from it.
        photo: a picture file's bytes (JPEG or PNG).
        focus: point of interest as fractions (across, down), kept where the picture is cropped.

    Returns:
        A PNG file's bytes; the same bytes for the same arguments.

    Example:
        >>> from swin_edu.visuals.photographs import photographs_for_browser
        >>> facts = BlockFacts(8, 8, 2, 1, (3, 2), (7, 7), True, True, True, "chelsea")
        >>> draw_block(facts, photographs_for_browser()["chelsea"]["data"])[1:4]
        b'PNG'
    """
    sheet = Sheet(WIDTH, HEIGHT)
    kind = facts.kind(facts.block)
    titles = [
        (PHOTO_LEFT, 28, "1  The token", f"windows of block {facts.block}: {kind}"),
        (FLOW_LEFT, 28, f"2  Block {facts.block}: a road with two branches", "pale: the range of all tokens"),
        (
            PHOTO_LEFT,
            STRIP_TOP - 34,
            f"3  The same token after each of {facts.blocks} blocks",
            "above: who has heard of the changed token; bars: the followed one; below: how tokens differ",
        ),
    ]
    for x, y, title, note in titles:
        sheet.write(x, y, title, size=15, weight="bold")
        sheet.write(x, y + 19, note, name="muted_ink")
    _draw_photograph(sheet, facts, Image.open(io.BytesIO(photo)), focus)
    _draw_flow(sheet, facts)
    _draw_strip(sheet, facts)
    for place, (name, words) in enumerate(LEGEND.items()):
        x = (16, 222, 526, 700)[place]
        sheet.square(x, 590, 13, name)
        sheet.write(x + 20, 601, words, name="muted_ink")
    for line, words in enumerate(textwrap.wrap(facts.sentence(), 136)):
        sheet.write(16, 630 + 19 * line, words, size=13.5)
    return sheet.png()


def _draw_photograph(sheet: Sheet, facts: BlockFacts, image: Image.Image, focus: tuple[float, float]) -> None:
    grid = sheet.grid(PHOTO_LEFT, TOP, PHOTO_SIDE, (facts.height, facts.width))
    across = min(image.width, image.height * facts.width / facts.height)
    down = across * facts.height / facts.width
    left = min(max(focus[0] * image.width - across / 2, 0), image.width - across)
    top = min(max(focus[1] * image.height - down / 2, 0), image.height - down)
    size = (facts.width * grid.unit, facts.height * grid.unit)
    box = (left, top, left + across, top + down)
    pixels = np.asarray(image.resize(size, Image.Resampling.BILINEAR, box=box), dtype=np.float32) / 255
    reach = attention_reach(facts.height, facts.width, WINDOW, facts.block_shift)
    seen = reach[facts.token[0] * facts.width + facts.token[1]].numpy().reshape(facts.height, facts.width)
    veil = 0.5 + 0.5 * seen.repeat(grid.unit, 0).repeat(grid.unit, 1)[..., None]
    grid.paste(pixels * veil + rgb("surface") * (1 - veil))
    shift = facts.block_shift
    by = [shift if length > WINDOW else 0 for length in (facts.height, facts.width)]
    grid.windows((WINDOW, WINDOW), (by[0], by[1]))
    grid.frame((*facts.source, facts.source[0] + 1, facts.source[1] + 1), "series_2", 4)
    grid.token(facts.token)


# ---- the flow ---------------------------------------------------------------------------------------


def _draw_flow(sheet: Sheet, facts: BlockFacts) -> None:
    """Seven places with the token's numbers; the road above, the branches below."""
    steps = {name: values.numpy() for name, values in facts.steps.items()}
    limit = _usual(np.concatenate([values.ravel() for values in steps.values()]))
    shape = f"({facts.height}, {facts.width}, {CHANNELS})"

    def bars(name: str, title: str, x: float, y: float) -> None:
        values = steps[name]
        _bars(sheet, (x, y, *BAR), values[facts.token], values.reshape(-1, CHANNELS), limit)
        down = y - BAR[1] / 2 - 16 if y == ROAD else y + BAR[1] / 2 + 14
        weight = "bold" if y == ROAD else "normal"
        sheet.write(x + BAR[0] / 2, down, title, size=11.5, weight=weight, anchor="ms")
        sheet.write(x + BAR[0] / 2, down + 12, shape, size=9.5, name="muted_ink", anchor="ms")

    bars("z", "z", FLOW_LEFT, ROAD)
    attention = "SW-MSA" if facts.block_shift else "W-MSA"
    for half, (branch, title, last) in enumerate((("attention", attention, "ẑ"), ("MLP", "MLP", "new z"))):
        x = FLOW_LEFT + half * HALF
        weights = "386 weights" if branch == "attention" else "552 weights"
        if facts.norm_first:
            _box(sheet, x, BRANCH, 70, "LayerNorm", "16 weights")
            bars(f"normed for {branch}", "normed", x + 79, BRANCH)
            _box(sheet, x + 138, BRANCH, 90, title, weights)
            place, out = x + 237, x + HALF - 6
        else:
            _box(sheet, x, BRANCH, 90, title, weights)
            place, out = x + 103, x + 158
            bars(f"sum with {branch}", "sum", x + 160, ROAD)
            _box(sheet, x + 238, ROAD, 70, "LayerNorm", "16 weights")
            sheet.line([(x + 214, ROAD), (x + 236, ROAD)], "ink", 4)
            sheet.line([(x + 310, ROAD), (x + HALF - 4, ROAD)], "ink", 4)
        bars(branch, "attention" if half == 0 else "MLP", place, BRANCH)
        bars(last, last, x + HALF, ROAD)
        middle = place + BAR[0] / 2
        sheet.line([(x + 25, ROAD + 42), (x + 25, BRANCH - (30 if facts.norm_first else 36))], "muted_ink", 2)
        sheet.line([(middle, BRANCH - 42), (middle, ROAD + 9)], "muted_ink", 2)
        sheet.line([(x + 54, ROAD), (middle, ROAD)], "ink" if facts.residual else "line", 4)
        sheet.line([(middle, ROAD), (out, ROAD)], "ink", 4)
        _plus(sheet, middle, ROAD, facts.residual)
        if not facts.residual:
            sheet.write((x + 54 + middle) / 2, ROAD - 8, "cut", name="muted_ink", size=11, anchor="ms")


def _box(sheet: Sheet, x: float, y: float, width: float, title: str, note: str) -> None:
    corners = [round(value * SCALE) for value in (x, y - 28, x + width, y + 28)]
    fill = tuple(int(255 * channel) for channel in rgb("raised"))
    edge = tuple(int(255 * channel) for channel in rgb("muted_ink"))
    sheet.draw.rounded_rectangle(corners, radius=9, fill=fill, outline=edge, width=2)
    sheet.write(x + width / 2, y - 3, title, size=10.5, weight="bold", anchor="ms")
    sheet.write(x + width / 2, y + 13, note, size=9.5, name="muted_ink", anchor="ms")


def _plus(sheet: Sheet, x: float, y: float, residual: bool) -> None:
    corners = [round(value * SCALE) for value in (x - 10, y - 10, x + 10, y + 10)]
    ink = tuple(int(255 * channel) for channel in rgb("ink"))
    page = tuple(int(255 * channel) for channel in rgb("surface"))
    sheet.draw.ellipse(corners, fill=ink if residual else page, outline=ink, width=2)
    if residual:
        sheet.line([(x - 5, y), (x + 5, y)], "surface", 2)
        sheet.line([(x, y - 5), (x, y + 5)], "surface", 2)


def _bars(
    sheet: Sheet,
    place: tuple[float, float, float, float],
    numbers: np.ndarray,
    all_: np.ndarray,
    limit: float,
) -> None:
    """A vector as bars from a middle line; behind each, the range of that channel over all tokens."""
    x, y, width, height = place
    each = width / len(numbers)
    pale = 0.78 * rgb("surface") + 0.22 * rgb("muted_ink")

    def at(value: float) -> float:
        return y - float(np.clip(value / limit, -1, 1)) * height / 2

    for i, value in enumerate(numbers):
        high, low = at(all_[:, i].max()), at(all_[:, i].min())
        sheet.rectangle(x + i * each, high, each - 1, max(1, low - high), pale)
        top = min(y, at(value))
        name = "negative" if value < 0 else "positive"
        sheet.rectangle(x + i * each + 0.7, top, each - 2.2, max(1, abs(at(value) - y)), name)
    sheet.line([(x - 1, y), (x + width + 1, y)], "muted_ink")


def _usual(values: np.ndarray) -> float:
    """What 49 of 50 numbers are smaller than, as the browser takes it."""
    return max(1e-6, float(np.sort(np.abs(values))[int(len(values) * 0.98)]))


# ---- the strip --------------------------------------------------------------------------------------


def _draw_strip(sheet: Sheet, facts: BlockFacts) -> None:
    history, heard = facts.history.numpy(), facts.heard.numpy()
    count = facts.blocks + 1
    unit = min(112, (WIDTH - 32) / count)
    left, size = (WIDTH - unit * count) / 2, min(unit - 12, 64)
    limit, spread = _usual(history.ravel()), facts.spread
    none = 0.82 * rgb("surface") + 0.18 * rgb("muted_ink")
    for k in range(count):
        middle, wide = left + (k + 0.5) * unit, unit >= 74
        if k == facts.block:
            box = [
                round(value * SCALE)
                for value in (left + k * unit + 1, STRIP_TOP - 2, left + (k + 1) * unit - 1, 578)
            ]
            sheet.draw.rounded_rectangle(
                box, radius=9, outline=tuple(int(255 * c) for c in rgb("ink")), width=3
            )
        kind = facts.kind(k) if k else ""
        words = (f"{k}  {kind}" if wide else str(k)) if k else ("start" if wide else "0")
        weight = "bold" if k == facts.block else "normal"
        sheet.write(middle, STRIP_TOP + 15, words, size=11.5, weight=weight, anchor="ms")
        grid = sheet.grid(middle - size / 2, STRIP_TOP + 26, size, (facts.height, facts.width))
        far = heard[k][..., None]
        part = np.clip(0.3 + 0.7 * (1 + np.log10(np.maximum(far, 1e-30) / CHANGE) / 4), 0.3, 1)
        cells = np.where(far > 0, (1 - part) * rgb("surface") + part * rgb("series_2"), none)
        grid.paste(cells.repeat(grid.unit, 0).repeat(grid.unit, 1))
        r, c = facts.token
        sheet.draw.rectangle(
            grid.corners((r, c, r + 1, c + 1)),
            outline=tuple(int(255 * v) for v in rgb("query")),
            width=3,
        )
        across = min(unit - 12, 80)
        place = (middle - across / 2, STRIP_TOP + 26 + 64 + 44, across, 60)
        _bars(sheet, place, history[k][facts.token], history[k].reshape(-1, CHANNELS), limit)
        words = f"{'differ ' if wide else ''}{100 * spread[k]:.0f} %"
        sheet.write(middle, STRIP_TOP + 26 + 64 + 96, words, size=11, anchor="ms")
