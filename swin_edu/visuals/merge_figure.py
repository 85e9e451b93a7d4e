"""The picture of patch merging that stays in a saved notebook: tokens, numbers, matrix, pyramid.

Notebook 06 keeps it beside the live MergeExplorer; it is drawn from the same numbers, in the same colours.
"""

import io
import textwrap
from typing import NamedTuple

import numpy as np
from PIL import Image

from swin_edu.visuals.merge_facts import LEVELS, MergeFacts, photographs_with_grain, readable_merging
from swin_edu.visuals.sheet import SCALE, Grid, Sheet, rgb, signed_colours

WIDTH, HEIGHT = 1000, 486
LEFT, MIDDLE, RIGHT = 16, 264, 760  # the left edges of the three panels
SIDE, TOP, SMALL, SMALL_TOP = 224, 66, 92, 322
STRIP, STRIP_WIDTH = MIDDLE + 4, 320  # the numbers, and the matrix below them
MATRIX_TOP, MATRIX_HEIGHT = 150, 140
STRONGEST = 2.0


class Photo(NamedTuple):
    """A decoded photograph and its point of interest."""

    picture: Image.Image
    focus: tuple[float, float]


def draw_merge(facts: MergeFacts) -> bytes:
    """Draw four tokens, their numbers, norm, matrix and outputs, the merged map, and the pyramid.

    Args:
        facts: grid, level, token, order and photograph.

    Returns:
        A PNG file's bytes, 1,500 pixels wide; the same bytes for the same arguments.

    Example:
        >>> draw_merge(MergeFacts(7, 8))[1:4]
        b'PNG'
    """
    sheet = Sheet(WIDTH, HEIGHT)
    named = photographs_with_grain()[facts.image] if isinstance(facts.image, str) else facts.image
    photo = Photo(Image.open(io.BytesIO(named["data"])).convert("RGB"), named["focus"])
    _draw_tokens(sheet, facts, photo)
    _draw_numbers(sheet, facts)
    _draw_merged(sheet, facts, photo)
    sheet.write(LEFT, 312, "The pyramid, and what this token covers", size=14, weight="bold")
    for level in range(LEVELS + 1):
        _draw_level(sheet, facts, photo, level)
    for line, words in enumerate(textwrap.wrap(facts.sentence().replace(" × ", "\u00a0×\u00a0"), 132)):
        sheet.write(LEFT, 440 + 20 * line, words, size=14)
    return sheet.png()


def _draw_tokens(sheet: Sheet, facts: MergeFacts, photo: Photo) -> None:
    before, after = facts.grid_of(facts.level - 1), facts.grid_of(facts.level)
    title = "Tokens" if facts.level == 1 else f"Tokens after merging {facts.level - 1}"
    _caption(sheet, LEFT, f"1  {title}", f"{before[0]} × {before[1]} tokens of {facts.channels} numbers")
    grid = sheet.grid(LEFT, TOP, SIDE, (2 * after[0], 2 * after[1]))
    grid.paste(_photograph(facts, photo, grid, facts.level - 1))
    _lines(grid, 1, "surface", 1)
    _lines(grid, 2, "surface", 3)
    for position, (row, column) in enumerate(facts.sources):
        name = f"series_{row % 2 + 2 * (column % 2)}"
        box = [value / SCALE for value in grid.corners((row, column, row + 1, column + 1))]
        sheet.rectangle(box[0] + 1, box[1] + 1, box[2] - box[0] - 1.5, box[3] - box[1] - 1.5, rgb(name))
        if grid.unit >= 14 * SCALE:
            middle = (box[0] + box[2]) / 2 - 4, (box[1] + box[3]) / 2 + 5
            sheet.write(*middle, str(position), size=13, weight="bold", name="on_series")
    row, column = (2 * place for place in facts.token)
    grid.frame((row, column, row + 2, column + 2), "ink", 4)


def _draw_numbers(sheet: Sheet, facts: MergeFacts) -> None:
    """The row of numbers, the same after the norm, the matrix, and a bar for each output."""
    C, n, outs = facts.channels, 4 * facts.channels, 2 * facts.channels
    note = f"{n} numbers, {facts.order}: norm, then a matrix, {outs} come out"
    _caption(sheet, MIDDLE, "2  Four become one", note)
    unit = STRIP_WIDTH / n
    sources = {(row % 2, column % 2): (row, column) for row, column in facts.sources}
    rows, columns = facts.grid_of(facts.level - 1)
    normed = signed_colours(facts.normed.numpy(), STRONGEST)
    for index in range(n):
        x = STRIP + index * unit
        place, wide = _place_of(facts, index), unit - (unit > 8)
        row, column = sources[place]
        real = row < rows and column < columns
        sheet.rectangle(x, 80, wide, 26, f"series_{place[0] + 2 * place[1]}" if real else "padding")
        sheet.rectangle(x, 114, wide, 26, normed[index])
        if unit > 22:
            value, after = float(facts.gathered[index]), float(facts.normed[index])
            sheet.write(x + 2, 97, f"{value:.2f}", size=9.5, name="on_series" if real else "ink")
            ink = "surface" if abs(after) > 0.8 * STRONGEST else "ink"
            sheet.write(x + 1, 131, f"{after:.1f}".replace("-", "−"), size=9.5, name=ink)
    if facts.order != "by channel":
        for block, (row, column) in enumerate(facts.sources):
            x = STRIP + (block + 0.5) * C * unit - 17
            name = f"series_{row % 2 + 2 * (column % 2)}"
            sheet.write(x, 75, f"({row}, {column})", size=10.5, weight="bold", name=name)
    sheet.write(STRIP + STRIP_WIDTH + 10, 97, "their numbers", size=11, name="muted_ink")
    sheet.write(STRIP + STRIP_WIDTH + 10, 131, "after the norm", size=11, name="muted_ink")
    weight = signed_colours(readable_merging(C).reduction.weight.numpy(), 0.5)
    step, edge = MATRIX_HEIGHT / outs, 0.7 * (unit > 5)
    for out, index in np.ndindex(outs, n):
        place = STRIP + index * unit, MATRIX_TOP + out * step
        sheet.rectangle(*place, unit - edge, step - edge, weight[out, index])
    _frame(sheet, STRIP - 1, MATRIX_TOP - 1, STRIP_WIDTH + 1, MATRIX_HEIGHT + 1)
    _draw_outputs(sheet, facts, step)


def _draw_outputs(sheet: Sheet, facts: MergeFacts, step: float) -> None:
    axis, longest = STRIP + STRIP_WIDTH + 42, 32
    values, right = facts.outputs.numpy(), facts.official.numpy()
    strongest = max(STRONGEST, np.abs(values).max(), np.abs(right).max())
    for out, value in enumerate(values):
        y = MATRIX_TOP + out * step
        _bar(sheet, axis, y + 0.15 * step, longest * value / strongest, 0.7 * step, value)
        if wrong := abs(right[out] - value) > 5e-3:
            sheet.rectangle(axis + longest * right[out] / strongest - 1, y + 1, 2.5, step - 2, "ink")
        if step >= 10:
            size = min(11.5, step - 1)
            number = f"{value:.2f}".replace("-", "−") + (" ✗" if wrong else "")
            sheet.write(axis + longest + 8, y + step / 2 + 4, number, size=size)
    sheet.line([(axis, MATRIX_TOP), (axis, MATRIX_TOP + MATRIX_HEIGHT)], "muted_ink")


def _draw_merged(sheet: Sheet, facts: MergeFacts, photo: Photo) -> None:
    rows, columns = facts.grid_of(facts.level)
    numbers = facts.maps[-1][0].numpy()
    _caption(sheet, RIGHT, "3  Merged tokens", f"{rows} × {columns} tokens of {2 * facts.channels} numbers")
    grid = sheet.grid(RIGHT, TOP, SIDE, (rows, columns))
    grid.paste(0.15 * _photograph(facts, photo, grid, facts.level) + 0.85)
    _lines(grid, 1, "line", 1)
    side, strongest = grid.unit / SCALE, max(1.0, float(np.abs(numbers).max()))
    step = (side - 6) / numbers.shape[-1]
    for row, column, out in np.ndindex(numbers.shape):
        value = numbers[row, column, out]
        x, y = grid.x / SCALE + column * side + 3 + out * step, grid.y / SCALE + (row + 0.5) * side
        tall = (side / 2 - 4) * abs(value) / strongest
        name = "negative" if value < 0 else "positive"
        sheet.rectangle(x, y if value < 0 else y - tall, max(step - 0.5 * (step > 2), 0.7), tall, name)
    row, column = facts.token
    grid.frame((row, column, row + 1, column + 1), "ink", 4)


def _draw_level(sheet: Sheet, facts: MergeFacts, photo: Photo, level: int) -> None:
    """One level of the pyramid, bright where the token on show comes from, or what it goes into."""
    left = LEFT + 242 * level
    cells = facts.grid_of(level)
    grid = sheet.grid(left, SMALL_TOP, SMALL, cells)
    picture = _photograph(facts, photo, grid, level)
    scale = 2.0 ** (facts.level - level)
    top, start = (int(place * scale) for place in facts.token)
    side = max(int(scale), 1)
    bounds = top, start, min(top + side, cells[0]), min(start + side, cells[1])
    bright = np.zeros(cells)
    bright[bounds[0] : bounds[2], bounds[1] : bounds[3]] = 1
    bright = (0.35 + 0.65 * bright).repeat(grid.unit, 0).repeat(grid.unit, 1)[..., None]
    grid.paste(picture * bright + 1 - bright)
    _lines(grid, 1, "line", 1)
    grid.frame(bounds, "ink", 3)
    name = "input" if level == 0 else f"merging {level}"
    chosen = {"weight": "bold"} if level == facts.level else {"name": "muted_ink"}
    sheet.write(left + 104, 350, name, **chosen)
    sheet.write(left + 104, 374, f"{cells[0]} × {cells[1]}", size=19, weight="bold")
    sheet.write(left + 104, 392, f"of {3 * 2**level} numbers", name="muted_ink")


# ---- parts -----------------------------------------------------------------------------------------


def _place_of(facts: MergeFacts, index: int) -> tuple[int, int]:
    """(row, column) in its 2 x 2 group of the number at an index."""
    if facts.order == "by channel":
        return index % 4 // 2, index % 2
    place = index // facts.channels
    return (place % 2, place // 2) if facts.order == "by column" else (place // 2, place % 2)


def _photograph(facts: MergeFacts, photo: Photo, grid: Grid, level: int) -> np.ndarray:
    """The photograph over a grid of one level, (rows * unit, columns * unit, 3); padding is hatched."""
    picture, focus = photo
    wide = min(picture.width, picture.height * facts.width / facts.height)
    tall = wide * facts.height / facts.width
    left = min(max(focus[0] * picture.width - wide / 2, 0), picture.width - wide)
    top = min(max(focus[1] * picture.height - tall / 2, 0), picture.height - tall)
    size = [max(1, round(side / 2**level * grid.unit)) for side in (facts.width, facts.height)]
    box = (left, top, left + wide, top + tall)
    pixels = np.asarray(picture.resize(size, Image.Resampling.BILINEAR, box=box), dtype=np.float32) / 255
    whole = grid.cells[0] * grid.unit, grid.cells[1] * grid.unit
    if pixels.shape[:2] == whole:
        return pixels
    rows, columns = np.ogrid[: whole[0], : whole[1]]
    strokes = ((rows + columns) % 10 < 1.5)[..., None]
    canvas = np.where(strokes, rgb("muted_ink"), rgb("padding"))
    canvas[: pixels.shape[0], : pixels.shape[1]] = pixels[: canvas.shape[0], : canvas.shape[1]]
    return canvas


def _lines(grid: Grid, every: int, name: str, width: int) -> None:
    """Lines between every so many cells of a grid."""
    right, bottom = (grid.x + grid.cells[1] * grid.unit, grid.y + grid.cells[0] * grid.unit)
    fill = tuple(int(255 * channel) for channel in rgb(name))
    for row in range(0, grid.cells[0] + 1, every):
        y = grid.y + row * grid.unit
        grid.sheet.draw.line((grid.x, y, right, y), fill=fill, width=width)
    for column in range(0, grid.cells[1] + 1, every):
        x = grid.x + column * grid.unit
        grid.sheet.draw.line((x, grid.y, x, bottom), fill=fill, width=width)


def _bar(sheet: Sheet, axis: float, y: float, long: float, tall: float, value: float) -> None:
    name = "negative" if value < 0 else "positive"
    sheet.rectangle(min(axis, axis + long), y, abs(long), max(tall, 0.8), name)


def _frame(sheet: Sheet, x: float, y: float, width: float, height: float) -> None:
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
    sheet.line(corners, "line")


def _caption(sheet: Sheet, left: float, title: str, note: str) -> None:
    sheet.write(left, 28, title, size=15, weight="bold")
    sheet.write(left, 48, note, name="muted_ink")
