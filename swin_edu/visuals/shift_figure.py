"""The picture of a shifted block that stays in a saved notebook: windows, roll, mask, what a token sees.

Notebook 03 keeps it beside the live ShiftExplorer; it is drawn from the same numbers, in the same colours.
"""

import io
import textwrap

import numpy as np
from PIL import Image

from swin_edu.model.windows import region_ids
from swin_edu.visuals.sheet import SCALE, Sheet, rgb
from swin_edu.visuals.shift_facts import ShiftFacts

WIDTH, HEIGHT = 1000, 526
COLUMNS = (16, 264, 512, 760)  # the left edges of the four panels
SIDE, TOP, SMALL, SMALL_TOP = 224, 72, 104, 346  # panels and the pictures of what the token sees
SIGHTS = {"plain": "in the plain block", "shifted": "in the shifted block", "both": "after both"}
LEGEND = {
    "query": "query: the token that asks",
    "key": "keys: whom it may attend to",
    "masked": "masked: not neighbours",
    "padding": "padding: never takes part",
}


def draw_shift(facts: ShiftFacts, photo: bytes, focus: tuple[float, float] = (0.5, 0.5)) -> bytes:
    """Draw plain windows, shifted windows, the roll, the mask, and what one token sees.

    Args:
        facts: grid, window, shift and token.
        photo: a picture file's bytes (JPEG or PNG).
        focus: point of interest as fractions (across, down), kept where the picture is cropped.

    Returns:
        A PNG file's bytes, 1,500 pixels wide; the same bytes for the same arguments.

    Example:
        >>> from swin_edu.visuals.photographs import photographs_for_browser
        >>> draw_shift(ShiftFacts(8, 8, 4, 2, (7, 3)), photographs_for_browser()["coffee"]["data"])[1:4]
        b'PNG'
    """
    sheet = Sheet(WIDTH, HEIGHT)
    image = Image.open(io.BytesIO(photo))
    _draw_blocks(sheet, facts, image, focus)
    _draw_mask(sheet, facts)
    sheet.write(16, 334, f"What token {facts.token} sees", size=14, weight="bold")
    for left, (name, tensor) in zip(COLUMNS, facts.seen.items(), strict=False):
        seen = tensor.numpy()
        grid = sheet.grid(left, SMALL_TOP, SMALL, facts.padded)
        picture = _crop(image, focus, facts, grid.unit)
        veil = 0.18 + 0.82 * seen[..., None].repeat(grid.unit, 0).repeat(grid.unit, 1)
        grid.paste(_with_padding(picture * veil + (1 - veil), facts, grid.unit))
        grid.frame(_bounds(seen), "key", 3)
        grid.fill((*facts.token, facts.token[0] + 1, facts.token[1] + 1), "query")
        sheet.write(left + 116, 384, SIGHTS[name], name="muted_ink")
        sheet.write(left + 116, 410, str(int(seen.sum())), size=24, weight="bold")
        sheet.write(left + 116, 427, f"of {seen.size} tokens", name="muted_ink")
    for line, (name, words) in enumerate(LEGEND.items()):
        sheet.square(COLUMNS[3], 366 + 21 * line, 13, name)
        sheet.write(COLUMNS[3] + 21, 377 + 21 * line, words, name="muted_ink")
    for line, words in enumerate(textwrap.wrap(facts.sentence(), 138)):
        sheet.write(16, 491 + 20 * line, words, size=14)
    return sheet.png()


# ---- the four panels --------------------------------------------------------------------------------


def _draw_blocks(sheet: Sheet, facts: ShiftFacts, image: Image.Image, focus: tuple[float, float]) -> None:
    """The plain block, the shifted block in place, and the same after the roll."""
    (mh, mw), (sh, sw) = facts.fitted
    count = facts.padded[0] // mh * (facts.padded[1] // mw)
    grids = [sheet.grid(left, TOP, SIDE, facts.padded) for left in COLUMNS[:3]]
    unit = grids[0].unit
    rolled = region_ids(*facts.grid).numpy()
    in_place = np.roll(rolled, (sh, sw), axis=(0, 1))
    picture = _crop(image, focus, facts, unit)
    tinted = _with_padding(_tinted(picture, in_place[: facts.height, : facts.width], unit), facts, unit)
    window = _window_bounds(facts)
    veiled = _veiled(np.roll(tinted, (-sh * unit, -sw * unit), axis=(0, 1)), facts, unit)
    pictures = (_with_padding(picture, facts, unit), tinted, veiled)
    plain, shifted = facts.seen["plain"].numpy(), np.zeros(facts.padded, dtype=bool)
    shifted[: facts.height, : facts.width] = facts.seen["shifted"].numpy()
    seen = (plain, shifted, np.roll(shifted, (-sh, -sw), axis=(0, 1)))
    by = ", ".join(f"−{s}" if s else "0" for s in (sh, sw))
    captions = (
        ("Plain block", f"{count} window{'s' if count > 1 else ''} of {mh} × {mw} tokens"),
        ("Shifted block", "one window: nothing to shift" if count == 1 else f"windows moved by ({sh}, {sw})"),
        (
            f"Cyclic roll by ({by})",
            "cut pieces fill whole windows" if sh or sw else "no shift, so nothing rolls",
        ),
    )
    for number, grid in enumerate(grids):
        _caption(sheet, number, *captions[number])
        grid.paste(pictures[number])
        grid.windows((mh, mw), (sh, sw) if number == 1 else (0, 0))
        if number == 2:
            grid.frame(window, "ink", 4)
        grid.frame(_bounds(seen[number]), "key")
        grid.token(facts.rolled if number == 2 else facts.token)
        if number:
            grid.numbers((in_place, rolled)[number - 1])


def _draw_mask(sheet: Sheet, facts: ShiftFacts) -> None:
    _caption(sheet, 3, f"Mask of window {facts.window}", "row = query, column = key")
    regions, mask = facts.regions_in_window.numpy(), facts.mask.numpy()
    shades = np.stack([*(rgb(f"region_{i}") for i in range(9)), rgb("padding")])[regions]
    picture = np.where(mask[..., None], shades[:, None], rgb("masked"))
    picture[(regions < 0)[:, None] | (regions < 0)[None, :]] = rgb("padding")
    n = len(regions)
    grid = sheet.grid(COLUMNS[3] + 12, TOP + 12, SIDE - 12, (n, n))
    large = picture.repeat(grid.unit, 0).repeat(grid.unit, 1)
    if grid.unit >= 8:
        large[grid.unit :: grid.unit] = 0.7 * large[grid.unit :: grid.unit] + 0.3
        large[:, grid.unit :: grid.unit] = 0.7 * large[:, grid.unit :: grid.unit] + 0.3
    grid.paste(large)
    strip = shades.repeat(grid.unit, 0)
    gap, thick = round(11 * SCALE), round(7 * SCALE)
    grid.paste(strip[:, None].repeat(thick, 1), right=-gap)
    grid.paste(strip[None].repeat(thick, 0), down=-gap)
    grid.frame((facts.index, 0, facts.index + 1, n), "query", 3)


def _caption(sheet: Sheet, number: int, title: str, note: str) -> None:
    sheet.write(COLUMNS[number], 28, f"{number + 1}  {title}", size=15, weight="bold")
    sheet.write(COLUMNS[number], 48, note, name="muted_ink")


# ---- pixels -----------------------------------------------------------------------------------------


def _crop(image: Image.Image, focus: tuple[float, float], facts: ShiftFacts, unit: int) -> np.ndarray:
    """The photograph cut to the grid's aspect around its focus: (H*unit, W*unit, 3), 0 to 1."""
    across = min(image.width, image.height * facts.width / facts.height)
    down = across * facts.height / facts.width
    left = min(max(focus[0] * image.width - across / 2, 0), image.width - across)
    top = min(max(focus[1] * image.height - down / 2, 0), image.height - down)
    box = (left, top, left + across, top + down)
    size = (facts.width * unit, facts.height * unit)
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR, box=box), dtype=np.float32) / 255


def _with_padding(picture: np.ndarray, facts: ShiftFacts, unit: int) -> np.ndarray:
    """The picture with padding below and to the right, hatched."""
    down, across = (n * unit for n in facts.padded)
    if picture.shape[:2] == (down, across):
        return picture
    rows, columns = np.ogrid[:down, :across]
    strokes = ((rows + columns) % 10 < 1.5)[..., None]
    canvas = np.where(strokes, rgb("muted_ink"), rgb("padding"))
    canvas[: picture.shape[0], : picture.shape[1]] = picture
    return canvas


def _tinted(picture: np.ndarray, regions: np.ndarray, unit: int) -> np.ndarray:
    """The picture in light grey, each region in its colour."""
    colours = np.stack([rgb(f"region_{i}") for i in range(9)])[regions]
    grey = picture @ np.float32([0.2126, 0.7152, 0.0722])
    dark, bright = np.quantile(grey, (0.02, 0.98))
    grey = 0.42 + 0.58 * np.clip((grey - dark) / max(bright - dark, 1e-3), 0, 1)
    return grey[..., None] * colours.repeat(unit, 0).repeat(unit, 1)


def _bounds(seen: np.ndarray) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) of the places that are True and fill a rectangle."""
    places = np.argwhere(seen)
    return (*places.min(axis=0).tolist(), *(places.max(axis=0) + 1).tolist())


def _window_bounds(facts: ShiftFacts) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) of the token's window after the roll."""
    (mh, mw), _ = facts.fitted
    top, left = facts.rolled[0] // mh * mh, facts.rolled[1] // mw * mw
    return top, left, top + mh, left + mw


def _veiled(picture: np.ndarray, facts: ShiftFacts, unit: int) -> np.ndarray:
    """The rolled picture with a dark, striped veil over what is in the token's window but masked for it."""
    top, left, bottom, right = _window_bounds(facts)
    masked = ~facts.mask[facts.index].numpy().reshape(facts.fitted[0])
    masked = masked.repeat(unit, 0).repeat(unit, 1)[..., None]
    part = picture[top * unit : bottom * unit, left * unit : right * unit]
    rows, columns = np.ogrid[: part.shape[0], : part.shape[1]]
    strokes = ((rows + columns) % 13 < 1.8)[..., None]
    veil = 0.34 * part + 0.66 * np.where(strokes, 0.6, rgb("masked"))
    part[...] = np.where(masked, veil, part)
    return picture
