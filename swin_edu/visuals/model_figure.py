"""The picture of a whole network that stays in a saved notebook: boxes to scale, and what each stage costs.

Notebook 07 keeps it beside the live ModelExplorer; it is drawn from the same numbers, in the same colours.
"""

import io
import textwrap

import numpy as np
from PIL import Image, ImageDraw

from swin_edu.model.config import Pair
from swin_edu.visuals.model_facts import PARTS, ModelFacts, StageFacts, percent, times
from swin_edu.visuals.palette import colour
from swin_edu.visuals.sheet import SCALE, Sheet, rgb

WIDTH, HEIGHT = 1000, 668
BOXES_TOP, BOXES = 60, (968, 196)  # where the boxes are drawn, and the room for them
CHARTS_TOP, COLUMNS = 366, (16, 264, 512, 760)
FINE = 2  # boxes are drawn larger and made smaller, so that slanted lines are smooth
SLANT = (0.4, 0.25)
GAP, SMALLEST_SLOT = 18, 74
SERIES = dict(zip((*PARTS, "head"), (f"series_{i}" for i in range(6)), strict=True))
LEGEND = {
    "entry": "patch embedding, merging",
    "projections": "projections: Q, K, V, output",
    "attention": "attention; bias tables",
    "mlp": "MLP",
    "norms": "norms of the blocks",
    "head": "last norm and head",
}
CHARTS = {"parameters": "Parameters", "multiply_adds": "Work", "memory": "Memory"}


def draw_model(facts: ModelFacts, stage: int, photo: bytes, focus: Pair | tuple[float, float]) -> bytes:
    """Draw the stages to scale, their parameters, work and memory, and the windows of one stage.

    Args:
        facts: the network and the image's size.
        stage: number of the chosen stage, from 1.
        photo: a picture file's bytes (JPEG or PNG).
        focus: point of interest as fractions (across, down), kept where the picture is cropped.

    Returns:
        A PNG file's bytes, 1,500 pixels wide; the same bytes for the same arguments.

    Example:
        >>> from swin_edu import SwinConfig
        >>> from swin_edu.visuals.photographs import photographs_for_browser
        >>> coffee = photographs_for_browser()["coffee"]["data"]
        >>> draw_model(ModelFacts(SwinConfig(), 224, 224), 3, coffee, (0.5, 0.5))[1:4]
        b'PNG'
    """
    sheet = Sheet(WIDTH, HEIGHT)
    picture = _crop(Image.open(io.BytesIO(photo)).convert("RGB"), focus, facts.width / facts.height)
    chosen = facts.stages[stage - 1]
    count = ("One stage", "Two stages", "Three stages", "Four stages")[len(facts.stages) - 1]
    sheet.write(16, 28, f"1  {count}, to scale", size=15, weight="bold")
    sheet.write(16, 47, "height H, slanted W, length C; strips are heads, squares blocks", name="muted_ink")
    _draw_boxes(sheet, facts, stage, picture)
    for number, (what, title) in enumerate(CHARTS.items()):
        left = COLUMNS[number]
        sheet.write(left, CHARTS_TOP, f"{number + 2}  {title}", size=15, weight="bold")
        sheet.write(left, CHARTS_TOP + 19, _total(facts, what), name="muted_ink")
        _draw_bars(sheet, facts, what, stage, left, CHARTS_TOP + 34)
    sheet.write(COLUMNS[3], CHARTS_TOP, f"5  Windows of stage {stage}", size=15, weight="bold")
    across = chosen.padded[0] // chosen.window[0], chosen.padded[1] // chosen.window[1]
    sheet.write(COLUMNS[3], CHARTS_TOP + 19, f"{times(across)} windows", name="muted_ink")
    _draw_windows(sheet, chosen, picture, COLUMNS[3] + 20, CHARTS_TOP + 34, 150)
    for i, (part, words) in enumerate(LEGEND.items()):
        x, y = 16 + 322 * (i % 3), 578 + 20 * (i // 3)
        sheet.square(x, y - 11, 13, SERIES[part])
        sheet.write(x + 20, y, words, name="muted_ink")
    for line, words in enumerate(textwrap.wrap(facts.sentence(stage), 128)):
        sheet.write(16, 633 + 21 * line, words, size=14)
    return sheet.png()


def _total(facts: ModelFacts, what: str) -> str:
    total = facts.total(what)
    if what == "parameters":
        return f"{total:,} learned numbers"
    if what == "memory":
        return f"{short(total, 'B')} an image, in training"
    return f"{short(total)} multiply-adds an image"


def short(number: int, unit: str = "") -> str:
    """A large number with three digits.

    Example:
        >>> short(28_288_354), short(106_454_592, "B"), short(4896), short(96)
        ('28.3 M', '106 MB', '4.90 K', '96')
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "K")):
        if number >= size * 0.9995:
            value = number / size
            digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
            return f"{value:.{digits}f} {letter}{unit}"
    return f"{number} {unit}".strip()


# ---- boxes ------------------------------------------------------------------------------------------


def _draw_boxes(sheet: Sheet, facts: ModelFacts, chosen: int, picture: Image.Image) -> None:
    rows, columns = (max(side / facts.config.patch_size, 28) for side in (facts.height, facts.width))
    token = min((BOXES[1] - 6) / (rows + SLANT[1] * columns), 0.2 * BOXES[0] / columns)
    image = facts.width / facts.config.patch_size * token, facts.height / facts.config.patch_size * token
    slants = [(s.grid[1] * SLANT[0] * token, s.grid[1] * SLANT[1] * token) for s in facts.stages]
    channel = _channel_side(
        [image[0], *(slant[0] for slant in slants)], [0, *(s.channels for s in facts.stages)]
    )
    wide = [image[0], *(a[0] + s.channels * channel for a, s in zip(slants, facts.stages, strict=True))]
    slots = [max(SMALLEST_SLOT, w) for w in wide]
    spare = (BOXES[0] - sum(slots)) / len(slots)
    fine = Image.new("RGB", tuple(round(side * SCALE * FINE) for side in BOXES), colour("surface"))
    x = spare / 2
    for number, (w, slot) in enumerate(zip(wide, slots, strict=True)):
        left, centre = x + (slot - w) / 2, x + slot / 2 + 16
        if number == 0:
            top = (BOXES[1] - image[1]) / 2
            box = [round(v * SCALE * FINE) for v in (left, top, *image)]
            size = max(1, box[2]), max(1, box[3])
            fine.paste(picture.resize(size, Image.Resampling.LANCZOS), (box[0], box[1]))
            names = "Image", times((facts.height, facts.width))
        else:
            stage = facts.stages[number - 1]
            tall = stage.grid[0] * token
            top = (BOXES[1] - tall - slants[number - 1][1]) / 2
            sides = *slants[number - 1], tall, stage.channels * channel
            _draw_box(fine, stage, (left, top), sides, picture, number == chosen)
            names = f"Stage {number}", f"{times(stage.grid)} × {stage.channels}"
            _draw_blocks(sheet, stage, centre, slot, number == chosen)
        name = "ink" if number == chosen else "muted_ink"
        for words, y, weight in ((names[0], 18, "bold"), (names[1], 36, "normal")):
            half = 3.4 * len(words) if weight == "bold" else 3.2 * len(words)
            sheet.write(centre - half, BOXES_TOP + BOXES[1] + y, words, weight=weight, name=name)
        x += slot + spare
    small = fine.resize(tuple(round(side * SCALE) for side in BOXES), Image.Resampling.LANCZOS)
    sheet.image.paste(small, (round(16 * SCALE), round(BOXES_TOP * SCALE)))


def _channel_side(starts: list[float], channels: list[int]) -> float:
    """How long a channel can be, so that all boxes fit beside each other."""
    low, high = 0.0, BOXES[0] / max(500, sum(channels))
    for _ in range(30):
        side = (low + high) / 2
        wide = (max(SMALLEST_SLOT, s + c * side) + GAP for s, c in zip(starts, channels, strict=True))
        low, high = (low, side) if sum(wide) > BOXES[0] else (side, high)
    return low


def _draw_box(
    fine: Image.Image,
    stage: StageFacts,
    corner: tuple[float, float],
    sides: tuple[float, float, float, float],
    picture: Image.Image,
    chosen: bool,
) -> None:
    unit = SCALE * FINE
    x, y = (value * unit for value in corner)
    across, down, tall, long = (value * unit for value in sides)
    draw = ImageDraw.Draw(fine)
    fx, fy = x + across, y + down
    front = [(fx, fy), (fx + long, fy), (fx + long, fy + tall), (fx, fy + tall)]
    top = [(x, y), (x + long, y), (fx + long, fy), (fx, fy)]
    left = [(x, y), (fx, fy), (fx, fy + tall), (x, y + tall)]
    draw.polygon(front, fill=colour("raised"))
    draw.polygon(top, fill=colour("line"))
    for head in range(1, stage.heads):
        at = fx + long * head / stage.heads
        draw.line([(at, fy), (at, fy + tall)], fill=colour("line"), width=3)
    _paste_slanted(fine, picture.resize(stage.grid[::-1], Image.Resampling.BOX), (x, y), (across, down, tall))
    h, w = stage.grid
    for row in range(stage.window[0], h, stage.window[0]):
        ends = [(x, y + tall * row / h), (fx, fy + tall * row / h)]
        draw.line(ends, fill=colour("surface"), width=3)
    for column in range(stage.window[1], w, stage.window[1]):
        cx, cy = x + across * column / w, y + down * column / w
        draw.line([(cx, cy), (cx, cy + tall)], fill=colour("surface"), width=3)
    for face in (front, top, left):
        draw.line([*face, face[0]], fill=colour("ink" if chosen else "muted_ink"), width=7 if chosen else 3)


def _paste_slanted(fine: Image.Image, tokens: Image.Image, corner: Pair, sides: tuple[float, ...]) -> None:
    """One pixel of `tokens` for each token, on the slanted side of a box."""
    (x, y), (across, down, tall) = corner, sides
    x0, y0, x1, y1 = int(x), int(y), int(np.ceil(x + across)), int(np.ceil(y + down + tall))
    w, h = tokens.size
    # From a place on the page back to (column, row) of the tokens.
    a, e = w / across, h / tall
    coefficients = (a, 0, (x0 - x) * a, -down / across * e, e, (y0 - y) * e - (x0 - x) * down / across * e)
    size = (x1 - x0, y1 - y0)
    slanted = tokens.transform(size, Image.Transform.AFFINE, coefficients, Image.Resampling.NEAREST)
    mask = Image.new("L", size)
    corners = [(0, 0), (across, down), (across, down + tall), (0, tall)]
    ImageDraw.Draw(mask).polygon([(x - x0 + cx, y - y0 + cy) for cx, cy in corners], fill=255)
    fine.paste(slanted, (x0, y0), mask)


def _draw_blocks(sheet: Sheet, stage: StageFacts, centre: float, slot: float, chosen: bool) -> None:
    """One square of four windows for each block; in a shifted block the cross has moved."""
    step = min(13, (slot + GAP - 4) / stage.depth)
    side, name = step * 0.77, "ink" if chosen else "muted_ink"
    x, y = centre - step * stage.depth / 2, BOXES_TOP + BOXES[1] + 46
    for block in range(stage.depth):
        corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)]
        sheet.line(corners, name)
        at = side * (0.74 if block % 2 and stage.shift != (0, 0) else 0.5)
        if side >= 4:
            sheet.line([(x + at, y), (x + at, y + side)], name)
            sheet.line([(x, y + at), (x + side, y + at)], name)
        x += step


# ---- bars and windows -------------------------------------------------------------------------------


def _draw_bars(sheet: Sheet, facts: ModelFacts, what: str, chosen: int, left: float, top: float) -> None:
    rows = [getattr(stage, what) for stage in facts.stages] + [{"head": facts.head[what]}]
    unit = 106 / max(sum(row.values()) for row in rows)
    step = 150 / len(rows)
    for number, row in enumerate(rows, start=1):
        y, x = top + (number - 1) * step + step / 2 - 9, left + 34.0
        is_head, mine = number == len(rows), number == chosen and number < len(rows)
        weight = "bold" if mine else "normal"
        sheet.write(left, y + 13, "head" if is_head else str(number), weight=weight)
        for part, count in row.items():
            sheet.rectangle(x, y, count * unit, 18, SERIES[part])
            x += count * unit
        if mine:
            box = [
                (left + 31, y - 3),
                (x + 3, y - 3),
                (x + 3, y + 21),
                (left + 31, y + 21),
                (left + 31, y - 3),
            ]
            sheet.line(box, "ink", 2)
        total = sum(row.values())
        words = short(total, "B" if what == "memory" else "")
        sheet.write(left + 196 - 6.4 * len(words), y + 13, words, size=10.5, name="muted_ink")
        share = percent(total, facts.total(what))
        sheet.write(left + 234 - 7.6 * len(share), y + 13, share, size=11.5, weight="bold")


def _draw_windows(
    sheet: Sheet, stage: StageFacts, picture: Image.Image, left: float, top: float, side: float
) -> None:
    grid = sheet.grid(left, top, side, stage.padded)
    rows, columns = np.ogrid[: stage.padded[0] * grid.unit, : stage.padded[1] * grid.unit]
    strokes = ((rows + columns) % 10 < 1.5)[..., None]
    canvas = np.where(strokes, rgb("muted_ink"), rgb("padding"))
    tokens = np.asarray(picture.resize(stage.grid[::-1], Image.Resampling.BOX), dtype=np.float32) / 255
    large = tokens.repeat(grid.unit, 0).repeat(grid.unit, 1)
    canvas[: large.shape[0], : large.shape[1]] = large
    grid.paste(canvas)
    grid.windows(stage.window, (0, 0))


def _crop(image: Image.Image, focus: tuple[float, float], aspect: float) -> Image.Image:
    """The photograph cut to an aspect (width / height) around its focus."""
    across = min(image.width, image.height * aspect)
    down = across / aspect
    left = min(max(focus[0] * image.width - across / 2, 0), image.width - across)
    top = min(max(focus[1] * image.height - down / 2, 0), image.height - down)
    size = max(1, round(across)), max(1, round(down))
    return image.resize(size, Image.Resampling.BILINEAR, box=(left, top, left + across, top + down))
