"""The white card that every still picture is drawn on, and the PNG file that becomes of it.

All figures in the notebooks go through here, so that they look alike, can be read on light and dark pages,
and are the same bytes for the same numbers.
"""

import io
import logging

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.transforms import Affine2D
from PIL import Image

from swin_edu.visuals.palette import colour

# The first use on a machine builds a font cache and says so; in a lesson that would be noise.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

CSS_INCH = 96  # CSS pixels in an inch: sizes below are in CSS pixels
SHARPNESS = 2  # pixels of the file for each CSS pixel, for fine screens


class Picture:
    """A PNG that notebooks show, with a sentence that says what is in it.

    Args:
        png: the file's bytes.
        description: shown where the picture cannot be.
        width: in CSS pixels.

    Example:
        >>> Picture(b"", "Nothing yet.", width=10)
        Picture: Nothing yet.
    """

    def __init__(self, png: bytes, description: str, width: int) -> None:
        self.png, self.description, self.width = png, description, width

    def __repr__(self) -> str:
        return f"Picture: {self.description}"

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, object], dict[str, object]]:
        metadata = {"image/png": {"width": self.width, "alt": self.description}}
        return {"image/png": self.png, "text/plain": repr(self)}, metadata


def draw_card(
    titles: list[str], size: int, aspect: float = 1, labelled: bool = False
) -> tuple[Figure, list[Axes]]:
    """A row of panels of one size under their titles on a white card.

    Args:
        titles: one for each panel; may have two lines.
        size: width of a panel in CSS pixels.
        aspect: height of a panel over its width.
        labelled: whether the panels need room for axis labels.

    Returns:
        The figure, and its panels from left to right.

    Example:
        >>> figure, panels = draw_card(["before", "after"], size=100)
        >>> len(panels)
        2
    """
    return draw_panels(titles, [(size, round(size * aspect))] * len(titles), below=18 * labelled)


def draw_panels(
    titles: list[str], sizes: list[tuple[int, int]], below: int = 0, gap: int = 24, left: int = 0
) -> tuple[Figure, list[Axes]]:
    """A row of panels, each of its own size, under their titles on a white card.

    Args:
        titles: one for each panel; may have two lines.
        sizes: (width, height) of each in CSS pixels.
        below: room under the panels, for labels.
        gap: between two panels.
        left: room at the left of the first one.

    Returns:
        The figure, and its panels from left to right.

    Example:
        >>> figure, panels = draw_panels(["map", "more"], [(100, 100), (200, 50)])
        >>> round(figure.get_figwidth() * 96)
        368
    """
    edge, tall = 22, max(height for _, height in sizes)
    above, below = 2 + 18 * (1 + titles[0].count("\n")), edge + below
    width = sum(panel for panel, _ in sizes) + (len(titles) - 1) * gap + 2 * edge + left
    height = edge + above + tall + below
    figure = Figure(figsize=(width / CSS_INCH, height / CSS_INCH), dpi=CSS_INCH)
    FigureCanvasAgg(figure)
    rounded = "round,pad=0,rounding_size=10"
    pixels = Affine2D().scale(1 / CSS_INCH) + figure.dpi_scale_trans
    card = FancyBboxPatch((1, 1), width - 2, height - 2, boxstyle=rounded, transform=pixels, zorder=-10)
    card.set(facecolor=colour("surface"), edgecolor=colour("line"))
    figure.add_artist(card)
    panels, left = [], edge + left
    for text, (across, down) in zip(titles, sizes, strict=True):
        box = (left / width, (below + tall - down) / height, across / width, down / height)
        axes = figure.add_axes(box)
        axes.set_title(text, loc="left", size=10.5, color=colour("ink"), pad=5, linespacing=1.3)
        panels.append(axes)
        left += across + gap
    return figure, panels


def finish_card(figure: Figure, description: str) -> Picture:
    """Make the PNG of a card.

    Args:
        figure: from `draw_card`.
        description: what a reader should know who cannot see it.

    Example:
        >>> finish_card(draw_card(["empty"], size=20)[0], "An empty card.").png[1:4]
        b'PNG'
    """
    raw, png = io.BytesIO(), io.BytesIO()
    figure.savefig(raw, dpi=CSS_INCH * SHARPNESS, facecolor="none", metadata={"Software": None})
    # 256 colours make a photograph a third of the size, so that notebooks stay light.
    Image.open(raw).quantize(256, method=Image.Quantize.FASTOCTREE).save(png, format="png", optimize=True)
    return Picture(png.getvalue(), description, width=round(figure.get_figwidth() * CSS_INCH))
