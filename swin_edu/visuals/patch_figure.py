"""The picture of an image in patches that stays in a saved notebook: grid, patch, numbers, weights, token.

Notebook 01 keeps it beside the live PatchExplorer; it is drawn from the same numbers, in the same colours.
"""

import textwrap

import numpy as np
from PIL import Image

from swin_edu.visuals.patch_facts import TOKEN_LENGTH, PatchFacts, embedding_matrix
from swin_edu.visuals.sheet import SCALE, Sheet, rgb, signed_colours

WIDTH, HEIGHT = 1000, 560
COLUMNS, SIDE, TALL, TOP = (16, 344, 672), 312, 260, 60  # left edges, size and top of the panels
BARS, BARS_TALL, TOKEN_LIMIT = 386, 110, 1.2


def draw_patch(facts: PatchFacts) -> bytes:
    """Draw the image with its patches, one patch enlarged, its numbers, one row of weights, and its token.

    Args:
        facts: image, patch size, patch, and the token's number whose weights are shown.

    Returns:
        A PNG file's bytes, 1,500 pixels wide; the same bytes for the same arguments.

    Example:
        >>> from swin_edu.visuals.patch_facts import small_photographs
        >>> draw_patch(PatchFacts(small_photographs()["coffee"], 8, (3, 5), 0))[1:4]
        b'PNG'
    """
    sheet = Sheet(WIDTH, HEIGHT)
    p, (rows, columns), height, width = (
        facts.patch_size,
        facts.grid,
        facts.pixels["height"],
        facts.pixels["width"],
    )
    length = f"{3 * p * p:,}"
    captions = (
        (f"1  {rows} × {columns} patches", f"{height} × {width} pixels"),
        (f"2  Patch ({facts.patch[0]}, {facts.patch[1]})", f"{p} × {p} pixels"),
        (f"3  Its {length} numbers", "a line for each row of pixels"),
    )
    for left, (title, note) in zip(COLUMNS, captions, strict=True):
        sheet.write(left, 26, title, size=15, weight="bold")
        sheet.write(left, 45, note, name="muted_ink")
    _draw_image(sheet, facts)
    _draw_enlarged(sheet, facts)
    _draw_numbers(sheet, facts)
    sheet.write(16, BARS - 32, f"4  Its token: {TOKEN_LENGTH} numbers", size=15, weight="bold")
    sheet.write(16, BARS - 13, f"each is a sum of {length} products", name="muted_ink")
    _draw_token(sheet, facts.token.numpy(), facts.number)
    for line, words in enumerate(textwrap.wrap(facts.sentence(), 130)):
        sheet.write(16, 526 + 20 * line, words, size=14)
    return sheet.png()


def _pixels(facts: PatchFacts) -> np.ndarray:
    """(rows*p, columns*p, 3), 0 to 1, padding in its own colour."""
    pixels = facts.images[0].permute(1, 2, 0).numpy().copy()
    height, width = facts.pixels["height"], facts.pixels["width"]
    pixels[height:], pixels[:, width:] = rgb("padding"), rgb("padding")
    return pixels


def _paste(sheet: Sheet, pixels: np.ndarray, left: float, top: float, unit: float) -> None:
    """Put pixels onto the sheet, each `unit` wide and high, with sharp edges."""
    picture = Image.fromarray((np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8))
    size = [max(1, round(side * unit * SCALE)) for side in (pixels.shape[1], pixels.shape[0])]
    sheet.image.paste(
        picture.resize(size, Image.Resampling.NEAREST), (round(left * SCALE), round(top * SCALE))
    )


def _frame(sheet: Sheet, left: float, top: float, wide: float, tall: float, name: str) -> None:
    corners = [(left, top), (left + wide, top), (left + wide, top + tall), (left, top + tall), (left, top)]
    sheet.line(corners, "surface", 5)
    sheet.line(corners, name, 2.5)


def _draw_image(sheet: Sheet, facts: PatchFacts) -> None:
    pixels, p = _pixels(facts), facts.patch_size
    unit = min(SIDE / pixels.shape[1], TALL / pixels.shape[0])
    left = COLUMNS[0] + (SIDE - pixels.shape[1] * unit) / 2
    _paste(sheet, pixels, left, TOP, unit)
    rows, columns = facts.grid
    veil = Image.new("L", sheet.image.size)  # the lines of the grid; the picture shines through
    strength = int(255 * min(0.7, max(0.22, p * unit / 22)))
    for row in range(rows + 1):
        y = round((TOP + row * p * unit) * SCALE)
        veil.paste(strength, (round(left * SCALE), y, round((left + columns * p * unit) * SCALE) + 1, y + 1))
    for column in range(columns + 1):
        x = round((left + column * p * unit) * SCALE)
        veil.paste(strength, (x, round(TOP * SCALE), x + 1, round((TOP + rows * p * unit) * SCALE) + 1))
    sheet.image.paste(Image.new("RGB", veil.size, "white"), mask=veil)
    row, column = facts.patch
    step = p * unit
    _frame(sheet, left + column * step, TOP + row * step, step, step, "series_1")


def _draw_enlarged(sheet: Sheet, facts: PatchFacts) -> None:
    p, (row, column) = facts.patch_size, facts.patch
    block = _pixels(facts)[row * p : (row + 1) * p, column * p : (column + 1) * p]
    left = COLUMNS[1] + (SIDE - TALL) / 2
    _paste(sheet, block, left, TOP, TALL / p)
    _frame(sheet, left, TOP, TALL, TALL, "series_1")


def _draw_numbers(sheet: Sheet, facts: PatchFacts) -> None:
    p = facts.patch_size
    values = facts.numbers.numpy().reshape(p, p, 3)
    lights = values[..., None] * np.eye(3, dtype=np.float32)  # each number as its own light
    row, column = facts.patch
    down, across = facts.pixels["height"] - row * p, facts.pixels["width"] - column * p
    lights[max(0, down) :], lights[:, max(0, across) :] = rgb("padding"), rgb("padding")
    weights = embedding_matrix(p)[facts.number].numpy().reshape(p, 3 * p)
    blocks = (
        ("red, green, blue of each pixel", lights.reshape(p, 3 * p, 3)),
        (
            f"weights: row {facts.number} of the matrix",
            signed_colours(weights, 1 / (3 * p * p) ** 0.5),
        ),
    )
    unit = SIDE / (3 * p)
    for number, (words, colours) in enumerate(blocks):
        top = TOP + 20 + number * (SIDE / 3 + 24)
        sheet.write(COLUMNS[2], top - 7, words, name="muted_ink")
        _paste(sheet, colours, COLUMNS[2], top, unit)
        if unit >= 5:
            for pixel in range(1, p):
                x, y = COLUMNS[2] + 3 * pixel * unit, top + pixel * unit
                sheet.line([(x, top), (x, top + SIDE / 3)], "surface", 2 if unit > 12 else 1)
                sheet.line([(COLUMNS[2], y), (COLUMNS[2] + SIDE, y)], "surface", 2 if unit > 12 else 1)


def _draw_token(sheet: Sheet, token: np.ndarray, number: int) -> None:
    left, width = 42, WIDTH - 42 - 16
    unit, zero = width / TOKEN_LENGTH, BARS + BARS_TALL / 2
    scale = (BARS_TALL / 2 - 8) / TOKEN_LIMIT
    for value in (1, 0, -1):
        y = zero - value * scale
        sheet.line([(left, y), (left + width, y)], "line" if value else "muted_ink")
        sheet.write(20 if value >= 0 else 12, y + 4, str(value).replace("-", "−"), size=11, name="muted_ink")
    for k, value in enumerate(np.clip(token, -TOKEN_LIMIT, TOKEN_LIMIT)):
        tall = abs(value) * scale
        name = "negative" if value < 0 else "positive"
        sheet.rectangle(left + k * unit + 1, zero - max(value, 0) * scale, unit - 2, tall, rgb(name))
    value = token[number]
    words = f"number {number}: {value:.2f}".replace("-", "−")
    below = value >= 0  # the words stand where the bar is not
    sheet.rectangle(
        left + number * unit + unit / 2 - 0.75, zero if below else BARS + 6, 1.5, BARS_TALL / 2 - 6, "ink"
    )
    x = min(left + (number + 1) * unit, WIDTH - 130)
    sheet.write(x, BARS + (BARS_TALL + 2 if below else 8), words, weight="bold")
