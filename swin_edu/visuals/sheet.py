"""A page for the still pictures of explorers: pixels, and a few lines and words on them.

Explorers in all notebooks leave such a picture in the saved page. It has no axes, so it is there in a
moment, and the live view beside it does not have to wait.
"""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.transforms import Affine2D
from PIL import Image

from swin_edu.visuals.palette import PALETTE, colour

SCALE = 1.5  # pixels for each unit, so that the picture is sharp on fine screens too


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


@dataclass
class Sheet:
    """A page measured in units from its top left; pictures go into `pixels`, lines and words into `figure`.

    Example:
        >>> sheet = Sheet.blank(100, 50)
        >>> sheet.write(10, 20, "here")
        >>> sheet.png()[1:4]
        b'PNG'
    """

    figure: Figure
    pixels: np.ndarray
    transform: Affine2D

    @classmethod
    def blank(cls, width: int, height: int) -> "Sheet":
        """An empty page of width x height units."""
        across, down = round(width * SCALE), round(height * SCALE)
        figure = Figure(figsize=(across / 100, down / 100), dpi=100, frameon=False)
        pixels = np.ones((down, across, 3), dtype=np.float32) * rgb("surface")
        return cls(figure, pixels, Affine2D().scale(SCALE, -SCALE).translate(0, down))

    def write(
        self, x: float, y: float, words: str, *, size: float = 12, name: str = "ink", **style: Any
    ) -> None:
        """Write words with their baseline starting at (x, y)."""
        look = {"size": size * SCALE * 0.72, "color": colour(name), "zorder": 5, **style}
        self.figure.text(x, y, words, transform=self.transform, **look)

    def rectangle(self, x: float, y: float, width: float, height: float, **style: Any) -> None:
        """Draw a rectangle whose top left corner is (x, y)."""
        self.figure.add_artist(Rectangle((x, y), width, height, transform=self.transform, **style))

    def grid(self, left: float, top: float, side: float, cells: tuple[int, int]) -> "Grid":
        """A grid of (rows, columns) cells, as large as fits into a square and in its middle."""
        unit = max(1, int(side * SCALE / max(cells)))
        x = left * SCALE + (side * SCALE - unit * cells[1]) / 2
        y = top * SCALE + (side * SCALE - unit * cells[0]) / 2
        return Grid(self, round(x), round(y), unit, cells)

    def png(self) -> bytes:
        """The page as the bytes of a PNG file."""
        renderer = FigureCanvasAgg(self.figure).get_renderer()
        page = np.asarray(renderer.buffer_rgba())
        page[..., :3] = self.pixels * 255 + 0.5
        page[..., 3] = 255
        self.figure.draw(renderer)
        file = io.BytesIO()
        _few_colours(Image.fromarray(page[..., :3])).save(file, "PNG")
        return file.getvalue()


@dataclass
class Grid:
    """A grid of cells on a sheet; x, y and unit are pixels, places are (row, column).

    Example:
        >>> grid = Sheet.blank(100, 100).grid(0, 0, 100, cells=(4, 4))
        >>> grid.at(2, 1)  # row 2, column 1
        (25.333333333333332, 50.0)
    """

    sheet: Sheet
    x: int
    y: int
    unit: int
    cells: tuple[int, int]

    def paste(self, picture: np.ndarray) -> None:
        """Put pixels (rows * unit, columns * unit, 3), 0 to 1, onto the grid."""
        down, across = picture.shape[:2]
        self.sheet.pixels[self.y : self.y + down, self.x : self.x + across] = picture

    def at(self, row: float, column: float) -> tuple[float, float]:
        """Where a place lies on the sheet, in units."""
        return (self.x + column * self.unit) / SCALE, (self.y + row * self.unit) / SCALE

    def box(self, bounds: tuple[float, float, float, float], **style: Any) -> None:
        """Draw a rectangle around the places between bounds, (top, left, bottom, right)."""
        (x0, y0), (x1, y1) = self.at(*bounds[:2]), self.at(*bounds[2:])
        self.sheet.rectangle(x0, y0, x1 - x0, y1 - y0, **style)

    def frame(self, bounds: tuple[float, float, float, float], name: str, width: float = 3) -> None:
        """Frame places in a colour of the palette."""
        for line, edge in ((width + 2.5, colour("surface")), (width, colour(name))):
            self.box(
                bounds, fill=False, edgecolor=edge, linewidth=line * SCALE * 0.72, joinstyle="round", zorder=4
            )

    def fill(self, bounds: tuple[float, float, float, float], name: str) -> None:
        """Fill places with a colour of the palette."""
        self.box(bounds, facecolor=colour(name), edgecolor=colour("surface"), linewidth=1, zorder=4)

    def token(self, place: tuple[int, int]) -> None:
        """Frame one token as the one that asks."""
        self.frame((place[0] + 0.14, place[1] + 0.14, place[0] + 0.86, place[1] + 0.86), "query")

    def windows(self, size: tuple[int, int], shift: tuple[int, int]) -> None:
        """Draw the borders of windows, moved by a shift."""
        height, width = self.cells
        lines = [[self.at(r, 0), self.at(r, width)] for r in range(shift[0], height + 1, size[0])]
        lines += [[self.at(0, c), self.at(height, c)] for c in range(shift[1], width + 1, size[1])]
        for line, edge in ((3.6, colour("masked")), (1.8, "white")):
            style = {"colors": edge, "linewidths": line * SCALE * 0.72, "capstyle": "projecting", "zorder": 2}
            self.sheet.figure.add_artist(LineCollection(lines, transform=self.sheet.transform, **style))

    def numbers(self, regions: np.ndarray) -> None:
        """The id of each region in the middle of its piece, where it fits."""
        for region in range(9):
            places = np.argwhere(regions == region)
            if not len(places) or min(np.ptp(places, axis=0) + 1) * self.unit < 20 * SCALE:
                continue
            x, y = self.at(*(places.mean(axis=0) + 0.5))
            ink = colour("region_ink")
            plate = {"boxstyle": "circle,pad=0.22", "fc": colour(f"region_{region}"), "ec": ink, "lw": 1}
            style = {"ha": "center", "va": "center_baseline", "bbox": plate, "weight": "bold"}
            self.sheet.write(x, y, str(region), name="region_ink", **style)


def _few_colours(picture: Image.Image) -> Image.Image:
    """The same in 256 colours, dithered: a third of the size, so that notebooks stay light."""
    sample = picture.resize((picture.width // 3, picture.height // 3), Image.Resampling.NEAREST)
    exact = [round(float(channel) * 255) for name in PALETTE for channel in rgb(name)]
    rest = 256 - len(exact) // 3
    colours = Image.new("P", (1, 1))
    frequent = sample.quantize(rest, method=Image.Quantize.MEDIANCUT).getpalette()[: 3 * rest]
    colours.putpalette(exact + frequent)
    few = picture.quantize(palette=colours, dither=Image.Dither.FLOYDSTEINBERG)
    # Pillow finds the nearest colour only roughly; the page itself has to stay as it is.
    indices = np.array(few)
    page = list(PALETTE).index("surface")
    indices[(np.asarray(picture) == exact[3 * page : 3 * page + 3]).all(axis=-1)] = page
    result = Image.fromarray(indices, "P")
    result.putpalette(few.getpalette())
    return result
