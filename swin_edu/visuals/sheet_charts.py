"""What charts need on a sheet: smooth lines and dots, words on a plate, words that end at a place.

The still pictures of the explorers with charts use them (notebooks 02 and 05).
"""

from collections.abc import Sequence

from PIL import Image, ImageDraw

from swin_edu.visuals.palette import colour
from swin_edu.visuals.sheet import SCALE, Sheet

FINE = 3  # lines are drawn so many times larger and made smaller again, so that their edges are smooth
Line = tuple[Sequence[tuple[float, float]], str, float]  # points (x, y), colour of the palette, width
Dot = tuple[float, float, str, float]  # x, y, colour of the palette, radius


def write_right(
    sheet: Sheet, x: float, y: float, words: str, size: float = 12, weight: str = "normal", name: str = "ink"
) -> None:
    """Write words with their baseline ending at (x, y).

    Example:
        >>> sheet = Sheet(100, 50)
        >>> write_right(sheet, 90, 20, "here")
        >>> sheet.png() == Sheet(100, 50).png()
        False
    """
    left = x - sheet.width_of(words, size=size, weight=weight)
    sheet.write(left, y, words, size=size, weight=weight, name=name)


def chip(
    sheet: Sheet, words: str, x: float, y: float, name: str, box: tuple[float, float, float, float]
) -> None:
    """Words on a round plate.

    Args:
        sheet: where to write.
        words: a few.
        x, y: the middle of the plate, if it is then inside the box.
        name: colour of the plate, one of the series.
        box: [left, top, right, bottom] that the plate may not leave.

    Example:
        >>> sheet = Sheet(100, 50)
        >>> chip(sheet, "64", 50, 25, "series_0", (0, 0, 100, 50))
        >>> sheet.png() == Sheet(100, 50).png()
        False
    """
    half, tall = sheet.width_of(words, size=11, weight="bold") / 2 + 6, 9
    x = min(max(x, box[0] + half), box[2] - half)
    y = min(max(y, box[1] + tall), box[3] - tall)
    for out, fill in ((1.5, "surface"), (0, name)):
        corners = [v * SCALE for v in (x - half - out, y - tall - out, x + half + out, y + tall + out)]
        sheet.draw.rounded_rectangle(corners, radius=(tall + out) * SCALE, fill=colour(fill))
    sheet.write(x - half + 6, y + 4, words, size=11, weight="bold", name="on_series")


def smooth_lines(sheet: Sheet, lines: Sequence[Line], dots: Sequence[Dot] = ()) -> None:
    """Lines, and dots that stand off from them, with smooth edges.

    Args:
        sheet: where to draw.
        lines: (points, colour, width) each; at least one.
        dots: (x, y, colour, radius) each.

    Example:
        >>> sheet = Sheet(100, 50)
        >>> smooth_lines(sheet, [([(0, 0), (100, 50)], "series_0", 2)], [(50, 25, "series_0", 5)])
        >>> sheet.png() == Sheet(100, 50).png()
        False
    """
    xs, ys = zip(*(point for points, _, _ in lines for point in points), strict=True)
    left, top = min(xs) - 8, min(ys) - 8
    factor = SCALE * FINE
    size = round((max(xs) - left + 8) * SCALE), round((max(ys) - top + 8) * SCALE)
    layer = Image.new("RGBA", (size[0] * FINE, size[1] * FINE))
    draw = ImageDraw.Draw(layer)
    for points, name, width in lines:
        places = [((x - left) * factor, (y - top) * factor) for x, y in points]
        draw.line(places, fill=colour(name), width=round(width * factor), joint="curve")
    for x, y, name, radius in dots:
        centre = (x - left) * factor, (y - top) * factor
        draw.circle(centre, (radius + 1.5) * factor, fill=colour("surface"))
        draw.circle(centre, radius * factor, fill=colour(name))
    # Colours that are multiplied with their opacity do not darken where edges are averaged.
    picture = layer.convert("RGBa").resize(size, Image.Resampling.BOX).convert("RGBA")
    sheet.image.paste(picture, (round(left * SCALE), round(top * SCALE)), picture)
