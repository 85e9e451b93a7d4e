"""The picture of one token's reach that stays in a saved notebook: without shift, with shift, and a chart.

Notebook 05 keeps it beside the live ReachExplorer; it is drawn from `token_reach`, in the same colours.
"""

import io
import textwrap

import numpy as np
from PIL import Image

from swin_edu.model.config import as_pair
from swin_edu.model.windows import effective_window
from swin_edu.visuals.reach_facts import MOST_BLOCKS, WAYS, ReachFacts
from swin_edu.visuals.sheet import Bounds, Sheet, rgb
from swin_edu.visuals.sheet_charts import chip, smooth_lines, write_right

WIDTH, HEIGHT = 1000, 352
COLUMNS = {"plain": 16, "shifted": 264}  # the left edges of the two photographs
SIDE, TOP = 224, 62
CHART = (560, TOP + 8, 944, TOP + 182)  # left, top, right, bottom
LINES = {"plain": "series_4", "shifted": "series_2"}
TITLES = {"plain": "Without shift", "shifted": "With shift"}


def draw_reach(facts: ReachFacts, photo: bytes, focus: tuple[float, float] = (0.5, 0.5)) -> bytes:
    """Draw whom one token reaches, without shift and with it, and how many after each number of blocks.

    Args:
        facts: grid, window, blocks, token, merging, looking back or not.
        photo: a picture file's bytes (JPEG or PNG).
        focus: point of interest as fractions (across, down), kept where the picture is cropped.

    Returns:
        A PNG file's bytes, 1,500 pixels wide; the same bytes for the same arguments.

    Example:
        >>> from swin_edu.visuals.photographs import photographs_for_browser
        >>> draw_reach(ReachFacts(8, 8, 4, 2, (7, 3)), photographs_for_browser()["coffee"]["data"])[1:4]
        b'PNG'
    """
    sheet = Sheet(WIDTH, HEIGHT)
    image = Image.open(io.BytesIO(photo))
    for number, way in enumerate(WAYS):
        count = int(facts.reached[way].sum())
        words = "seen" if facts.looking_back else "heard by"
        sheet.write(COLUMNS[way], 28, f"{number + 1}  {TITLES[way]}", size=15, weight="bold")
        note = f"{words} {count:,} of {facts.height * facts.width:,}"
        sheet.write(COLUMNS[way], 48, note, name="muted_ink")
        _draw_photograph(sheet, way, facts, image, focus)
    sheet.write(512, 28, "3  From block to block", size=15, weight="bold")
    what = f"token {facts.token} has seen" if facts.looking_back else f"hear token {facts.token}"
    sheet.write(512, 48, f"tokens that {what}", name="muted_ink")
    _draw_counts(sheet, facts)
    for line, words in enumerate(textwrap.wrap(facts.sentence(), 134)):
        sheet.write(16, 318 + 20 * line, words, size=14)
    return sheet.png()


# ---- 1 and 2: the photographs -----------------------------------------------------------------------


def _draw_photograph(
    sheet: Sheet, way: str, facts: ReachFacts, image: Image.Image, focus: tuple[float, float]
) -> None:
    """The photograph, bright where the token has reached, with the windows of the last block."""
    grid = sheet.grid(COLUMNS[way], TOP, SIDE, (facts.height, facts.width))
    picture = _crop(image, focus, facts, grid.unit)
    reached = facts.reached[way].numpy()
    veil = (0.18 + 0.82 * reached).repeat(grid.unit, 0).repeat(grid.unit, 1)[..., None]
    picture = picture * veil + rgb("surface") * (1 - veil)
    for axis, places in enumerate(_borders(facts, WAYS[way])):
        for place in places:
            line = np.s_[place * grid.unit, :] if axis == 0 else np.s_[:, place * grid.unit]
            picture[line] = 0.6 * picture[line] + 0.4 * rgb("ink")
    grid.paste(picture)
    for blocks in range(1, facts.blocks if not facts.looking_back else 0):
        grid.frame(_bounds(facts.after(blocks).reach(way).numpy()), _others(facts), 1)
    grid.frame(_bounds(reached), _others(facts))
    row, column = facts.token
    half = max(0.5, 6 / grid.unit)  # large enough to be seen
    middle = row + 0.5, column + 0.5
    box = (middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half)
    grid.fill(box, "query" if facts.looking_back else "key")


def _others(facts: ReachFacts) -> str:
    """The colour of those who are reached: asked by the token, or asking it."""
    return "key" if facts.looking_back else "query"


def _borders(facts: ReachFacts, shifted: bool) -> tuple[list[int], list[int]]:
    """The rows and columns, on the first grid, where windows of the last block begin."""
    if not facts.blocks:
        return [], []
    last = facts.blocks - 1
    scale = 2 ** (last // 2) if facts.merging else 1
    found = []
    for length, m in zip((facts.height, facts.width), as_pair(facts.window_size), strict=True):
        shift = m // 2 if shifted and last % 2 else 0
        (fitted, _), (shift, _) = effective_window(-(-length // scale), 1, (m, 1), (shift, 0))
        found.append([place for place in range(shift * scale, length, fitted * scale) if place])
    return found[0], found[1]


def _bounds(reached: np.ndarray) -> Bounds:
    """(top, left, bottom, right) of the places that are True and fill a rectangle."""
    places = np.argwhere(reached)
    return (*places.min(axis=0).tolist(), *(places.max(axis=0) + 1).tolist())


def _crop(image: Image.Image, focus: tuple[float, float], facts: ReachFacts, unit: int) -> np.ndarray:
    """The photograph cut to the grid's aspect around its focus: (H*unit, W*unit, 3), 0 to 1."""
    across = min(image.width, image.height * facts.width / facts.height)
    down = across * facts.height / facts.width
    left = min(max(focus[0] * image.width - across / 2, 0), image.width - across)
    top = min(max(focus[1] * image.height - down / 2, 0), image.height - down)
    box = (left, top, left + across, top + down)
    size = (facts.width * unit, facts.height * unit)
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR, box=box), dtype=np.float32) / 255


# ---- 3: the chart -----------------------------------------------------------------------------------


def _draw_counts(sheet: Sheet, facts: ReachFacts) -> None:
    left, top, right, bottom = CHART
    until = {way: facts.until_all(way) for way in WAYS}
    most = min(MOST_BLOCKS, max(6, facts.blocks, *(1 + n for n in until.values() if n is not None)))
    every = max(1, round(most / 14))
    counts = {way: [int(facts.after(k).reach(way).sum()) for k in range(most + 1)] for way in WAYS}
    total = facts.height * facts.width

    def place(blocks: float, count: float) -> tuple[float, float]:
        return left + blocks / most * (right - left), bottom - 14 - count / total * (bottom - 14 - top)

    for part in (0, 0.5, 1):
        _, y = place(0, part * total)
        sheet.line([(left, y), (right, y)], "line")
        write_right(sheet, left - 6, y + 4, f"{round(part * total):,}", size=11, name="muted_ink")
    sheet.line([(left, bottom), (right, bottom)], "muted_ink")
    for blocks in range(most + 1):
        x, _ = place(blocks, 0)
        sheet.line([(x, bottom), (x, bottom + 4)], "muted_ink")
        if blocks % every == 0:
            sheet.write(x - 3.5 * len(str(blocks)), bottom + 17, str(blocks), size=11, name="muted_ink")
    sheet.write((left + right) / 2 - 20, bottom + 33, "blocks", size=11, name="muted_ink")
    lines = [([place(*point) for point in enumerate(counts[way])], LINES[way], 2.5) for way in WAYS]
    here = place(facts.blocks, 0)[0]
    lines.append(([(here, top), (here, bottom)], "ink", 1.5))
    small = most <= 40
    dots = [(*place(*point), LINES[way], 2.5) for way in WAYS for point in enumerate(counts[way]) if small]
    dots += [(*place(facts.blocks, counts[way][facts.blocks]), LINES[way], 5) for way in WAYS]
    smooth_lines(sheet, lines, dots)
    words = f"{facts.blocks} block{'' if facts.blocks == 1 else 's'}"
    height = place(0, 0.75 * total)[1]
    if facts.blocks > 0.8 * most:
        write_right(sheet, here - 8, height, words, weight="bold")
    else:
        sheet.write(here + 8, height, words, weight="bold")
    for number, way in enumerate(WAYS):
        last = counts[way][most]
        beside = 20 if way == "plain" and last == counts["shifted"][most] else 0
        box = (right, 0, WIDTH, HEIGHT)
        chip(sheet, str(number + 1), right + 20, place(0, last)[1] + beside, LINES[way], box)
