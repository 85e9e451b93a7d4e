"""The picture of tokens and their windows that stays in a saved notebook: grid, windows, and memory.

Notebook 02 keeps it beside the live WindowExplorer; it is drawn from the library's own windows.
"""

import io
import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from swin_edu.visuals.sheet import SCALE, Sheet
from swin_edu.visuals.window_facts import WindowFacts

WIDTH, HEIGHT = 1000, 440
LEFTS, ROOM, TOP, TALL = (16, 348, 700), (316, 336, 284), 66, 300  # of the three panels
MOST_LINES = 14  # of memory
GAP, HEAD = 8, 18  # between windows; above each, for its number


def draw_windows(facts: WindowFacts, photographs: Sequence[Mapping], show: str = "both") -> bytes:
    """Draw the token grid, the windows that come out, and the memory of both.

    Args:
        facts: grid, windows, token, and whether the permute is forgotten.
        photographs: one for each image: {"data": file bytes, "focus": (across, down)}.
        show: "photo", "numbers" or "both".

    Returns:
        A PNG file's bytes, 1,500 pixels wide; the same bytes for the same arguments.

    Example:
        >>> from swin_edu.visuals.photographs import photographs_for_browser
        >>> coffee = photographs_for_browser()["coffee"]
        >>> draw_windows(WindowFacts(1, 4, 6, 2, (0, 0, 0)), [coffee])[1:4]
        b'PNG'
    """
    sheet = Sheet(WIDTH, HEIGHT)
    tiles = _Tiles(sheet, facts, photographs, show)
    (rows, columns), (mh, mw) = facts.padded, facts.fitted
    count = facts.batch * facts.counts[0] * facts.counts[1]
    images = f"{facts.batch} images of " if facts.batch > 1 else ""
    scrambled = facts.forget_permute and (facts.windows != facts.true_windows).any()
    _caption(sheet, 0, f"{images}{rows} × {columns} tokens", "colour = the true window")
    _caption(
        sheet, 1, f"{count} windows of {mh} × {mw} tokens",
        "without the permute: scrambled" if scrambled else "after view, permute, reshape",
    )  # fmt: skip
    in_a_row = f"{mh * mw} places in a row become" if mh * mw > 1 else "1 place becomes"
    _caption(sheet, 2, "Memory", f"{in_a_row} one window")

    tiles.draw(facts.tokens[..., 0].numpy(), 0, across=1, head=0, gap=12)
    across = _windows_across(facts, count)
    tiles.draw(facts.windows.numpy(), 1, across=across, head=HEAD, gap=GAP)
    _draw_memory(sheet, facts)
    for line, words in enumerate(textwrap.wrap(facts.sentence(), 125)):
        sheet.write(16, 402 + 20 * line, words, size=14)
    return sheet.png()


def _caption(sheet: Sheet, number: int, title: str, note: str) -> None:
    sheet.write(LEFTS[number], 28, f"{number + 1}  {title}", size=15, weight="bold")
    sheet.write(LEFTS[number], 48, note, name="muted_ink", size=11)


def _windows_across(facts: WindowFacts, count: int) -> int:
    def unit(across: int) -> float:
        return _unit(1, -(-count // across), across, facts.fitted, HEAD, GAP)[0]

    best, nw = max(range(1, count + 1), key=unit), facts.counts[1]
    return nw if unit(nw) > 0.8 * unit(best) else best


def _unit(
    panel: int, lines: int, across: int, block: tuple[int, int], head: float, gap: float
) -> tuple[float, float, float]:
    """Side of a token in whole pixels, and the head and gap that leave room for it among many blocks."""
    rows, columns = block
    head, gap = min(head, 0.3 * TALL / lines), min(gap, 0.25 * ROOM[panel] / across, 0.2 * TALL / lines)
    unit = min(
        (ROOM[panel] - (across - 1) * gap) / (across * columns),
        (TALL - lines * (head + gap) + gap) / (lines * rows),
    )
    return max(1, int(unit * SCALE)) / SCALE, head, gap


def _series(facts: WindowFacts) -> list[str]:
    """The series colour of each number, as the explorer chooses it."""
    owners, (nh, nw) = facts.owners.numpy(), facts.counts
    if facts.batch * nh * nw <= 6:
        return [f"series_{w}" for w in owners]
    image, inside = np.divmod(owners, nh * nw)
    if nh * nw <= 6:
        return [f"series_{w}" for w in inside]
    return [f"series_{s}" for s in (3 * image + 2 * (inside // nw) + inside % nw) % 6]


class _Tiles:
    """Draws tokens in blocks: images on the grid, or windows."""

    def __init__(self, sheet: Sheet, facts: WindowFacts, photographs: Sequence[Mapping], show: str) -> None:
        self.sheet, self.facts, self.show = sheet, facts, show
        self.series = _series(facts)
        self.photos = [
            (Image.open(io.BytesIO(photo["data"])), photo["focus"]) for photo in photographs[: facts.batch]
        ]
        self.company = set(facts.company.tolist())
        rows, columns = facts.padded
        places = [(b, r, c) for b in range(facts.batch) for r in range(rows) for c in range(columns)]
        self.padding = {n for n, (_, r, c) in enumerate(places) if r >= facts.height or c >= facts.width}

    def draw(self, blocks: np.ndarray, panel: int, across: int, head: float, gap: float) -> None:
        """Draw blocks (count, rows, columns) of token numbers into a panel, `across` in a line."""
        count, rows, columns = blocks.shape
        lines = -(-count // across)
        unit, head, gap = _unit(panel, lines, across, (rows, columns), head, gap)
        pixels = round(unit * SCALE)
        patches = self._patches(pixels)
        for block, numbers in enumerate(blocks):
            left = LEFTS[panel] + block % across * (columns * unit + gap)
            top = TOP + block // across * (rows * unit + head + gap) + head
            if head > 12 and columns * unit > 24:
                words = f"window {block}" if columns * unit > 62 else str(block)
                self.sheet.write(left, top - 5, words, size=11, name="muted_ink")
            places = {
                int(number): (left + column * unit, top + row * unit)
                for (row, column), number in np.ndenumerate(numbers)
            }
            together = [place for number, place in places.items() if number in self.company]
            for number, place in places.items():
                if number not in self.company:
                    self._tile(number, *place, unit, patches)
            for rim, name in ((4, "surface"), (2.5, "key")):
                for x, y in together:
                    self.sheet.rectangle(x - rim, y - rim, unit + 2 * rim, unit + 2 * rim, name)
            for number, place in places.items():
                if number in self.company:
                    self._tile(number, *place, unit, patches)
            if self.facts.number in places:
                _frame(self.sheet, *places[self.facts.number], unit, unit, "query")

    def _patches(self, pixels: int) -> list[np.ndarray | Image.Image]:
        """Each image cut to the grid's aspect around its focus, `pixels` a token."""
        cut = []
        facts = self.facts
        for image, (focus_across, focus_down) in self.photos:
            wide = min(image.width, image.height * facts.width / facts.height)
            tall = wide * facts.height / facts.width
            left = min(max(focus_across * image.width - wide / 2, 0), image.width - wide)
            top = min(max(focus_down * image.height - tall / 2, 0), image.height - tall)
            box = (left, top, left + wide, top + tall)
            size = (facts.width * pixels, facts.height * pixels)
            cut.append(image.resize(size, Image.Resampling.BILINEAR, box=box))
        return cut

    def _tile(self, number: int, x: float, y: float, unit: float, patches: list[Image.Image]) -> None:
        sheet, facts = self.sheet, self.facts
        edge = 0.5 if unit > 6 else 0
        if number in self.padding:
            sheet.rectangle(x, y, unit - edge, unit - edge, "padding")
            return
        rows, columns = facts.padded
        image, row, column = number // (rows * columns), number // columns % rows, number % columns
        series = self.series[number]
        plates = self.show != "photo" and unit >= 3 + 4 * len(str(len(self.series) - 1))
        rimmed = self.show != "numbers" and not plates  # the rim has the window's colour where no plate has
        sheet.rectangle(x, y, unit, unit, series if rimmed or self.show == "numbers" else "surface")
        if self.show != "numbers":
            pixels = round(unit * SCALE)
            rim = (2 if pixels > 24 else 1) if rimmed else 0
            left, top, end = column * pixels, row * pixels, pixels - max(rim, 1)
            cut = patches[image].crop((left + rim, top + rim, left + end, top + end))
            sheet.image.paste(cut, (round(x * SCALE) + rim, round(y * SCALE) + rim))
        if plates:
            middle = x + unit / 2, y + unit / 2
            size = min(unit * (0.28 if self.show == "both" else 0.34), 11)
            if self.show == "both":
                wide = size * (0.9 + 0.65 * len(str(number)))
                sheet.rectangle(middle[0] - wide / 2, middle[1] - size * 0.75, wide, size * 1.5, series)
            sheet.write(*middle, str(number), size=size, weight="bold", name="on_series", anchor="mm")


def _frame(sheet: Sheet, x: float, y: float, width: float, height: float, name: str) -> None:
    for rim, ink in ((0, "surface"), (1.2, name)):
        box = (x + rim, y + rim, x + width - rim, y + height - rim)
        corners = [(box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3]), (box[0], box[1])]
        sheet.line(corners, ink, 3 if ink == "surface" else 2)


def _draw_memory(sheet: Sheet, facts: WindowFacts) -> None:
    """Runs of N places, on the grid and at the end, each place in the colour of its token's true window."""
    series, inside = _series(facts), facts.company.numel()
    before = facts.tokens.flatten().numpy()
    windows = len(before) // inside
    in_line = -(-windows // MOST_LINES)
    lines = -(-windows // in_line)
    label, top = 22, 18
    apart = 0 if in_line == 1 else 2
    room = ROOM[2] - label - (in_line - 1) * apart
    wide = max(1, int(room / (inside * in_line) * SCALE)) / SCALE  # whole pixels
    tall = min((TALL / 2 - top - 8) / lines - 2, 20)
    rows, columns = np.ogrid[: facts.padded[0], : facts.padded[1]]
    padding = np.tile(((rows >= facts.height) | (columns >= facts.width)).flatten(), facts.batch)
    names = "on the grid", "at the end: not moved" if facts.forget_permute else "at the end: copied"
    for half, numbers in enumerate((before, facts.order.numpy())):
        left, start = LEFTS[2] + label, TOP + half * TALL / 2 + top
        sheet.write(left, start - 5, names[half], size=11, name="muted_ink")

        def corner(place: int, left: float = left, start: float = start) -> tuple[float, float]:
            window = place // inside
            x = left + window % in_line * (inside * wide + apart) + place % inside * wide
            return x, start + window // in_line * (tall + 2)

        for place, number in enumerate(numbers):
            fill = "padding" if padding[number] else series[number]
            sheet.rectangle(*corner(place), wide - (0.7 if wide > 4 else 0), tall, fill)
        for line in range(lines):
            words, y = str(line * in_line), start + line * (tall + 2) + tall / 2
            size = min(10, tall + 1)
            sheet.write(left - 6, y, words, size=size, name="muted_ink", anchor="rm")
        _frame(sheet, *corner(int((numbers == facts.number).argmax())), wide, tall, "query")
