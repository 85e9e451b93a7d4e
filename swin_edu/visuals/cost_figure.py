"""The picture of what attention costs that stays in a saved notebook: charts, all pairs, parts of the work.

Notebook 02 keeps it beside the live CostExplorer; it is drawn from `attention_cost`, in the same colours.
"""

import math
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from swin_edu.visuals.amounts import PREFIXES, compact, percent, ratio_text
from swin_edu.visuals.attention_cost import AttentionCost
from swin_edu.visuals.cost_facts import MEMORY_LIMIT, CostFacts
from swin_edu.visuals.palette import colour
from swin_edu.visuals.sheet import SCALE, Sheet, rgb
from swin_edu.visuals.sheet_charts import chip, smooth_lines, write_right

WIDTH, HEIGHT = 1000, 356
COLUMNS = (16, 264, 512, 760)  # the left edges of the four panels
SIDE, TOP = 224, 62
SIDES = (16, 2048)
SERIES = {"everywhere": "series_0", "windows": "series_1"}
WORDS = {"everywhere": "global", "windows": "windows"}


def draw_cost(facts: CostFacts) -> bytes:
    """Draw cost and memory against the image's side, all pairs, and the parts of the work.

    Args:
        facts: image, window, channels, heads, patch.

    Returns:
        A PNG file's bytes, 1,500 pixels wide; the same bytes for the same arguments.

    Example:
        >>> draw_cost(CostFacts(224, 7, 96, 3, 4))[1:4]
        b'PNG'
    """
    sheet = Sheet(WIDTH, HEIGHT)
    heads = f"{facts.num_heads} head{'s' if facts.num_heads > 1 else ''}"
    captions = (
        ("Multiply-adds", f"one layer, {facts.along} × {facts.along} tokens"),
        ("Attention matrices", f"one image, {heads}, float32"),
        (_times(facts.everywhere.pairs / facts.windows.pairs, "pairs"), "row = query, column = key"),
        (_times(facts.everywhere.multiply_adds / facts.windows.multiply_adds, "work"), "and where it goes"),
    )
    for number, (title, note) in enumerate(captions):
        sheet.write(COLUMNS[number], 28, f"{number + 1}  {title}", size=15, weight="bold")
        sheet.write(COLUMNS[number], 48, note, name="muted_ink")
    _draw_chart(sheet, COLUMNS[0], facts, lambda cost: cost.multiply_adds, "")
    _draw_chart(sheet, COLUMNS[1], facts, lambda cost: cost.matrix_bytes, "B", limit=MEMORY_LIMIT)
    _draw_pairs(sheet, COLUMNS[2], facts)
    _draw_parts(sheet, COLUMNS[3], facts)
    for line, words in enumerate(textwrap.wrap(facts.sentence(), 134)):
        sheet.write(16, 322 + 20 * line, words, size=14)
    return sheet.png()


def _times(ratio: float, words: str) -> str:
    return f"The same {words}" if ratio == 1 else f"{ratio_text(ratio)} times the {words}"


# ---- 1 and 2: the charts ----------------------------------------------------------------------------


def _curves(facts: CostFacts, of: Callable[[AttentionCost], int]) -> Iterator[tuple[int, int, int]]:
    """(image side, global, windows) for each number of tokens along a side, before it and at it."""
    low, high = (-(-side // facts.patch_size) for side in SIDES)
    # Between two numbers of tokens nothing changes, so on a chart only so many are told apart.
    tokens = sorted({round(t) for t in np.geomspace(low, high, 400)} | set(range(low, min(high, 12 * low))))
    for before, along in zip([low, *tokens], tokens, strict=False):
        here = replace(facts, side=along * facts.patch_size)
        costs = of(here.everywhere), of(here.windows)
        yield (max(SIDES[0], before * facts.patch_size), *costs)
        yield (max(SIDES[0], along * facts.patch_size), *costs)


def _draw_chart(
    sheet: Sheet,
    left: float,
    facts: CostFacts,
    of: Callable[[AttentionCost], int],
    unit: str,
    limit: float | None = None,
) -> None:
    points = list(_curves(facts, of))
    values = [value for _, *pair in points for value in pair] + ([4 * limit] if limit else [])
    low, high = math.log10(min(values)), math.log10(max(values))
    x0, x1, y0, y1 = left + 44, left + SIDE, TOP + 190, TOP + 10

    def place(side: float, value: float) -> tuple[float, float]:
        part = math.log2(side / SIDES[0]) / math.log2(SIDES[1] / SIDES[0])
        return x0 + part * (x1 - x0), y0 - (math.log10(value) - low) / (high - low) * (y0 - y1)

    for power in range(math.ceil(low), math.floor(high) + 1):
        _, y = place(SIDES[0], 10**power)
        sheet.line([(x0, y), (x1, y)], "line")
        if power % 3 == 0:
            sheet.write(left, y + 4, f"1 {PREFIXES[power // 3]}{unit}", size=11, name="muted_ink")
    sheet.line([(x0, y0), (x1, y0)], "muted_ink")
    for side in (16, 64, 256, 1024):
        x, _ = place(side, 10**low)
        sheet.line([(x, y0), (x, y0 + 4)], "muted_ink")
        sheet.write(x - 3.5 * len(str(side)), y0 + 17, str(side), size=11, name="muted_ink")
    sheet.write(x0 + 26, y0 + 32, "image side in pixels", size=11, name="muted_ink")
    lines = [([place(s, w) for s, _, w in points], "series_1", 2.5)]
    lines += [([place(s, e) for s, e, _ in points], "series_0", 2.5)]
    here = [place(facts.side, of(cost)) for cost in (facts.everywhere, facts.windows)]
    lines += [([(here[0][0], y1), (here[0][0], y0)], "ink", 1.5)]
    if limit:
        lines += [([place(SIDES[0], limit), place(SIDES[1], limit)], "ink", 1.5)]
    smooth_lines(sheet, lines, [(*at, name, 5) for at, name in zip(here, SERIES.values(), strict=True)])
    if limit:
        _, y = place(SIDES[0], limit)
        sheet.write(left, y + 4, "24 GB", size=11, weight="bold")
        if x0 + 60 < (x := place(min(facts.crossing, SIDES[1]), limit)[0]):
            write_right(sheet, x - 6, y - 6, f"{facts.crossing} px", size=11, weight="bold")
    upper = int(here[0][1] > here[1][1])  # which of the two curves is above
    for i, (x, y) in enumerate(here):
        name = list(SERIES)[i]
        cost = of((facts.everywhere, facts.windows)[i])
        words = f"{WORDS[name]} {compact(cost, unit)}"
        near = max(0, 22 - abs(here[0][1] - here[1][1]) / 2)
        centre = (x - 58, y - 16 - near) if i == upper else (x + 64, y + 16 + near)
        chip(sheet, words, *centre, SERIES[name], (x0, y1, x1, y0 - 10))


# ---- 3: all pairs -----------------------------------------------------------------------------------


def _draw_pairs(sheet: Sheet, left: float, facts: CostFacts) -> None:
    side = SIDE - 10
    own = side * facts.everywhere.tokens / facts.windows.tokens
    if facts.windows.padding:
        n = round(side * SCALE)
        rows, columns = np.ogrid[:n, :n]
        strokes = ((rows + columns) % 10 < 1.5)[..., None]
        sheet.grid(left, TOP, side, (1, 1)).paste(np.where(strokes, rgb("muted_ink"), rgb("padding")))
    sheet.rectangle(left, TOP, own, own, 0.6 * rgb("surface") + 0.4 * rgb("series_0"))
    corners = [(left, TOP), (left + own, TOP), (left + own, TOP + own), (left, TOP + own), (left, TOP)]
    sheet.line(corners, "series_0", 1.5)
    block = side / facts.count
    if block < 2.5:
        smooth_lines(
            sheet, [([(left, TOP), (left + side, TOP + side)], "series_1", max(1.2, block * 2**0.5))]
        )
    else:
        for i in range(facts.count):
            sheet.rectangle(left + i * block, TOP + i * block, block, block, "series_1")
    box = (left + 4, TOP + 4, left + side - 4, TOP + side - 4)
    words = f"global {compact(facts.everywhere.pairs)}"
    chip(sheet, words, left + 0.72 * own, TOP + 0.2 * own, "series_0", box)
    words = f"windows {compact(facts.windows.pairs)}"
    chip(sheet, words, left + 0.28 * side, TOP + 0.8 * side, "series_1", box)


# ---- 4: projections and products --------------------------------------------------------------------


def _draw_parts(sheet: Sheet, left: float, facts: CostFacts) -> None:
    costs = {"everywhere": facts.everywhere, "windows": facts.windows}
    most = max(cost.multiply_adds for cost in costs.values())
    small = max(1.5, SIDE * facts.windows.multiply_adds / most)
    corners = [(left, TOP + 95), (left + small, TOP + 95), (left + SIDE, TOP + 130), (left, TOP + 130)]
    places = [(x * SCALE, y * SCALE) for x, y in corners]
    sheet.draw.polygon(places, fill=colour("raised"))
    _parts(sheet, left, TOP + 86, small, 9, "series_1", facts.windows)
    for name, top in {"everywhere": TOP + 20, "windows": TOP + 150}.items():
        cost = costs[name]
        width = SIDE * cost.multiply_adds / most if name == "everywhere" else SIDE
        _parts(sheet, left, top, width, 26, SERIES[name], cost)
        sheet.write(left, top - 6, WORDS[name], weight="bold", name=SERIES[name])
        write_right(sheet, left + SIDE, top - 6, compact(cost.multiply_adds), weight="bold")
        share = cost.projections / cost.multiply_adds
        sheet.write(left, top + 41, "projections", size=11, name="muted_ink")
        sheet.write(left, top + 56, f"{compact(cost.projections)} · {percent(share)}", size=11)
        write_right(sheet, left + SIDE, top + 41, "products", size=11, name="muted_ink")
        words = f"{compact(cost.products)} · {percent(1 - share)}"
        write_right(sheet, left + SIDE, top + 56, words, size=11)


def _parts(
    sheet: Sheet, x: float, y: float, width: float, height: float, name: str, cost: AttentionCost
) -> None:
    """One bar: projections light with an edge, products full."""
    part = width * cost.projections / cost.multiply_adds
    sheet.rectangle(x, y, width, height, name)
    if part > 3:
        light = 0.7 * rgb("surface") + 0.3 * rgb(name)
        sheet.rectangle(x + 1.5, y + 1.5, part - 3, height - 3, light)
