"""A page for the still pictures of explorers: photographs, frames and words, drawn in a moment.

Explorers in all notebooks leave such a picture in the saved page. The live view waits for it, so it is
drawn with Pillow alone, in matplotlib's own font, and is small.
"""

import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from swin_edu.visuals.palette import PALETTE, colour

SCALE = 1.5  # pixels for each unit, so that the picture is sharp on fine screens too
Bounds = tuple[float, float, float, float]  # top, left, bottom, right


def rgb(name: str) -> np.ndarray:
    """A colour of the palette as three numbers.

    Args:
        name: a key of `PALETTE`.

    Returns:
        (3,) float32, red, green, blue, 0 to 1.

    Example:
        >>> rgb("surface")
        array([1., 1., 1.], dtype=float32)
    """
    value = colour(name)
    return np.array([int(value[i : i + 2], 16) for i in (1, 3, 5)], dtype=np.float32) / 255


def signed_colours(values: np.ndarray, limit: float) -> np.ndarray:
    """Signed numbers as colours: the page's own at 0, full at +limit and -limit.

    Args:
        values: any shape.
        limit: the size of a number that gets the full colour; above 0.

    Returns:
        (..., 3) float32, 0 to 1.

    Example:
        >>> bool((signed_colours(np.zeros(2), 1) == rgb("surface")).all())
        True
    """
    part = np.clip(np.abs(values) / limit, 0, 1)[..., None].astype(np.float32)
    full = np.where(np.asarray(values)[..., None] < 0, rgb("negative"), rgb("positive"))
    return (1 - part) * rgb("surface") + part * full


def _fill(fill: str | np.ndarray) -> str | tuple[int, ...]:
    if isinstance(fill, str):
        return colour(fill)
    return tuple(int(channel) for channel in (np.clip(fill, 0, 1) * 255 + 0.5))


@cache
def _font(size: float, weight: str) -> ImageFont.FreeTypeFont:
    name = {"normal": "DejaVuSans.ttf", "bold": "DejaVuSans-Bold.ttf"}[weight]
    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", name), size * SCALE)


class Sheet:
    """A page measured in units from its top left; a unit is `SCALE` pixels.

    Args:
        width, height: in units.

    Example:
        >>> sheet = Sheet(100, 50)
        >>> sheet.write(10, 20, "here")
        >>> sheet.png()[1:4]
        b'PNG'
    """

    def __init__(self, width: int, height: int) -> None:
        size = round(width * SCALE), round(height * SCALE)
        self.image = Image.new("RGB", size, colour("surface"))
        self.draw = ImageDraw.Draw(self.image)

    def write(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = 12,
        weight: str = "normal",
        name: str = "ink",
        anchor: str = "ls",
    ) -> None:
        """Write words; (x, y) is where their baseline starts ("ls"), its middle ("ms"), or theirs ("mm")."""
        place = round(x * SCALE), round(y * SCALE)
        self.draw.text(place, words, fill=colour(name), font=_font(size, weight), anchor=anchor)

    def width_of(self, words: str, *, size: float = 12, weight: str = "normal") -> float:
        """How wide words will be."""
        return self.draw.textlength(words, font=_font(size, weight)) / SCALE

    def square(self, x: float, y: float, side: float, name: str) -> None:
        """Fill a square, its top left corner at (x, y), with a colour of the palette."""
        corners = [round(value * SCALE) for value in (x, y, x + side, y + side)]
        self.draw.rounded_rectangle(corners, radius=3, fill=colour(name))

    def rectangle(self, x: float, y: float, width: float, height: float, fill: str | np.ndarray) -> None:
        """Fill a rectangle with a colour of the palette, or with (3,) numbers from 0 to 1."""
        box = [round(v * SCALE) for v in (x, y, x + width, y + height)]
        if box[2] > box[0] and box[3] > box[1]:
            self.draw.rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill=_fill(fill))

    def line(self, points: list[tuple[float, float]], name: str, width: float = 1) -> None:
        """Draw a line through points (x, y) in a colour of the palette."""
        places = [(x * SCALE, y * SCALE) for x, y in points]
        self.draw.line(places, fill=colour(name), width=max(1, round(width * SCALE)), joint="curve")

    def matrix(self, x: float, y: float, unit: float, colours: np.ndarray) -> None:
        """Fill the cells of a grid: colours (rows, columns, 3), 0 to 1, each cell `unit` wide and high."""
        rows, columns, _ = colours.shape
        for r, c in np.ndindex(rows, columns):
            self.rectangle(x + c * unit, y + r * unit, unit, unit, colours[r, c])

    def grid(self, left: float, top: float, side: float, cells: tuple[int, int]) -> "Grid":
        """A grid of (rows, columns) cells, as large as fits into a square and in its middle."""
        unit = max(1, int(side * SCALE / max(cells)))
        x = left * SCALE + (side * SCALE - unit * cells[1]) / 2
        y = top * SCALE + (side * SCALE - unit * cells[0]) / 2
        return Grid(self, round(x), round(y), unit, cells)

    def png(self) -> bytes:
        """The page as the bytes of a PNG file."""
        file = io.BytesIO()
        _few_colours(self.image).save(file, "PNG")
        return file.getvalue()


@dataclass
class Grid:
    """A grid of cells on a sheet; x, y and unit are pixels, places are (row, column).

    Example:
        >>> Sheet(100, 100).grid(0, 0, 100, cells=(4, 4)).corners((1, 0, 2, 4))  # row 1
        [1, 38, 148, 74]
    """

    sheet: Sheet
    x: int
    y: int
    unit: int
    cells: tuple[int, int]

    def paste(self, picture: np.ndarray, right: int = 0, down: int = 0) -> None:
        """Put pixels (height, width, 3), 0 to 1, onto the grid, moved by a few pixels."""
        pixels = Image.fromarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8))
        self.sheet.image.paste(pixels, (self.x + right, self.y + down))

    def corners(self, bounds: Bounds) -> list[int]:
        """[left, top, right, bottom] in pixels of the places between bounds."""
        top, left, bottom, right = (round(value * self.unit) for value in bounds)
        return [self.x + left, self.y + top, self.x + right - 1, self.y + bottom - 1]

    def frame(self, bounds: Bounds, name: str, width: int = 5) -> None:
        """Frame places in a colour of the palette, on a light line that sets it off from the picture."""
        x0, y0, x1, y1 = self.corners(bounds)
        for out, into, edge in ((width // 2 + 2, width // 2 + 2, "surface"), (width // 2, width // 2, name)):
            box = (x0 - out, y0 - out, x1 + out, y1 + out)
            self.sheet.draw.rounded_rectangle(box, radius=3, outline=colour(edge), width=out + into + 1)

    def fill(self, bounds: Bounds, name: str) -> None:
        """Fill places with a colour of the palette."""
        self.sheet.draw.rectangle(self.corners(bounds), fill=colour(name), outline=colour("surface"))

    def token(self, place: tuple[int, int]) -> None:
        """Frame one token as the one that asks."""
        row, column = place
        self.frame((row + 0.16, column + 0.16, row + 0.84, column + 0.84), "query", 4)

    def windows(self, size: tuple[int, int], shift: tuple[int, int]) -> None:
        """Draw the borders of windows, moved by a shift."""
        height, width = self.cells
        lines = [(r, 0, r, width) for r in range(shift[0], height + 1, size[0])]
        lines += [(0, c, height, c) for c in range(shift[1], width + 1, size[1])]
        for around, edge in ((3, colour("masked")), (1, "white")):
            for line in lines:
                top, left, bottom, right = (value * self.unit for value in line)
                box = (
                    self.x + left - around,
                    self.y + top - around,
                    self.x + right + around,
                    self.y + bottom + around,
                )
                self.sheet.draw.rectangle(box, fill=edge)

    def numbers(self, regions: np.ndarray) -> None:
        """The id of each region on a plate in the middle of its piece, where it fits."""
        for region in range(9):
            places = np.argwhere(regions == region)
            if len(places) and min(np.ptp(places, axis=0) + 1) * self.unit >= 20 * SCALE:
                row, column = places.mean(axis=0) + 0.5
                plate = _plate(region)
                x, y = self.x + column * self.unit, self.y + row * self.unit
                self.sheet.image.paste(
                    plate, (round(x - plate.width / 2), round(y - plate.height / 2)), plate
                )


@cache
def _plate(region: int) -> Image.Image:
    """The number of a region on a round plate in its colour, with smooth edges."""
    side, fine = round(19 * SCALE), 4
    large = Image.new("RGBA", (side * fine, side * fine))
    edge = {
        "fill": colour(f"region_{region}"),
        "outline": colour("region_ink"),
        "width": round(1.2 * SCALE * fine),
    }
    ImageDraw.Draw(large).ellipse((0, 0, side * fine - 1, side * fine - 1), **edge)
    plate = large.resize((side, side), Image.Resampling.LANCZOS)
    middle = (side / 2, side / 2)
    ImageDraw.Draw(plate).text(middle, str(region), colour("region_ink"), _font(12, "bold"), anchor="mm")
    return plate


def _few_colours(picture: Image.Image) -> Image.Image:
    """The same in 256 colours, dithered: a third of the size, so that notebooks stay light."""
    sample = picture.resize((picture.width // 3, picture.height // 3), Image.Resampling.NEAREST)
    exact = [round(float(channel) * 255) for name in PALETTE for channel in rgb(name)]
    rest = 256 - len(exact) // 3
    frequent = sample.quantize(rest, method=Image.Quantize.MEDIANCUT).getpalette()[: 3 * rest]
    colours = Image.new("P", (1, 1))
    colours.putpalette(exact + frequent)
    few = picture.quantize(palette=colours, dither=Image.Dither.FLOYDSTEINBERG)
    # Pillow finds the nearest colour only roughly; the page itself has to stay as it is.
    indices = np.array(few)
    page = list(PALETTE).index("surface")
    red, green, blue = (np.asarray(channel) for channel in picture.split())
    r, g, b = exact[3 * page : 3 * page + 3]
    indices[(red == r) & (green == g) & (blue == b)] = page
    result = Image.fromarray(indices, "P")
    result.putpalette(few.getpalette())
    return result
