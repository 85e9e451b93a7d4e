"""Still pictures for the lessons: windows on a photograph, numbered grids, masks, and who hears whom.

Notebook 03 shows each of them. They are drawn with matplotlib, in the colours of `palette`, on a white card
that can be read on light and dark pages; the same numbers always give the same PNG file.
"""

import io
import logging
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.transforms import Affine2D
from PIL import Image
from torch import Tensor

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


def windows(image: Tensor, partitions: Mapping[str, Tensor]) -> Picture:
    """A photograph cut into windows, one panel for each partition; each window says its size in tokens.

    Args:
        image: (3, height, width), float in [0, 1].
        partitions: title -> (H, W) integers, the same number for tokens of one window.

    Example:
        >>> windows(torch.zeros(3, 64, 64), {"two windows": torch.tensor([[0, 1], [0, 1]])})
        Picture: A photograph with the walls of its windows. two windows: 2 windows.
    """
    figure, panels = _panels(list(partitions), size=300)
    for axes, ids in zip(panels, partitions.values(), strict=True):
        _photograph(axes, image, *ids.shape)
        _walls(axes, ids.numpy())
        for name in ids.unique():
            rows, columns = (ids == name).nonzero(as_tuple=True)
            size = f"{len(rows.unique())} x {len(columns.unique())}"
            centre = columns.double().mean() + 0.5, rows.double().mean() + 0.5
            plate = {"boxstyle": "round,pad=0.3", "fc": colour("surface"), "ec": "none", "alpha": 0.85}
            axes.text(*centre, size, ha="center", va="center", size=9, color=colour("ink"), bbox=plate)
    counted = ", ".join(f"{title}: {len(ids.unique())} windows" for title, ids in partitions.items())
    return _finish(figure, f"A photograph with the walls of its windows. {counted}.")


def numbers(grids: Mapping[str, tuple[Tensor, Tensor]], window: int) -> Picture:
    """Numbered token grids with each token in the colour of its region, and the walls of the windows.

    Args:
        grids: title -> (numbers, region ids), both (H, W).
        window: side M of the windows that are drawn.

    Example:
        >>> grid = torch.arange(4).view(2, 2)
        >>> numbers({"four tokens": (grid, grid)}, window=2)
        Picture: Token grids coloured by region. four tokens: the first row is 0, 1.
    """
    figure, panels = _panels(list(grids), size=330)
    for axes, (tokens, regions) in zip(panels, grids.values(), strict=True):
        height, width = tokens.shape
        _frame(axes, height, width)
        for (row, column), number in np.ndenumerate(tokens.numpy()):
            fill = _region_colour(int(regions[row, column]))
            axes.add_patch(Rectangle((column, row), 1, 1, fc=fill, ec="white", lw=0.8))
            place = column + 0.5, row + 0.5
            axes.text(*place, number, ha="center", va="center", size=9, color=colour("region_ink"))
        _walls(axes, np.add.outer(np.arange(height) // window * width, np.arange(width) // window))
    rows = ". ".join(
        f"{title}: the first row is {str(t[0].tolist())[1:-1]}" for title, (t, _) in grids.items()
    )
    return _finish(figure, f"Token grids coloured by region. {rows}.")


def masks(mask: Tensor, ids: Tensor) -> Picture:
    """The mask of each window: allowed pairs in the colour of their region, forbidden ones dark.

    Args:
        mask: (nW, N, N) bool, True = may attend.
        ids: (H, W) region ids, from which the windows were cut in row-major order.

    Example:
        >>> from swin_edu import region_ids, shift_mask
        >>> masks(shift_mask(4, 4, 2, 1), region_ids(4, 4, 2, 1))
        Picture: The masks of 4 windows, query by key. Allowed: 100 %, 50 %, 50 %, 25 %.
    """
    side = round(mask.shape[1] ** 0.5)
    figure, panels = _panels([f"window {w}" for w in range(len(mask))], size=184, labelled=True)
    per_row = ids.shape[1] // side
    for w, (axes, allowed) in enumerate(zip(panels, mask, strict=True)):
        row, column = w // per_row * side, w % per_row * side
        region = ids[row : row + side, column : column + side].flatten()
        colours = np.array([to_rgb(_region_colour(int(r))) for r in region])[:, None, :]
        picture = np.where(allowed.numpy()[:, :, None], colours, to_rgb(colour("masked")))
        axes.imshow(picture, extent=(0, len(region), len(region), 0), interpolation="nearest")
        _frame(axes, *allowed.shape)
        _token_lines(axes, *allowed.shape)
        axes.set_xlabel("key token", size=8.5, color=colour("muted_ink"), labelpad=5)
        axes.set_ylabel("query token" if w == 0 else "", size=8.5, color=colour("muted_ink"), labelpad=4)
    shares = ", ".join(f"{100 * share:.0f} %" for share in mask.double().mean(dim=(1, 2)))
    return _finish(figure, f"The masks of {len(mask)} windows, query by key. Allowed: {shares}.")


def heard(image: Tensor, maps: Mapping[str, Tensor], source: tuple[int, int]) -> Picture:
    """A photograph where only those tokens are bright that notice a change of one token.

    Args:
        image: (3, height, width), float in [0, 1].
        maps: title -> (H, W) bool, True where the token notices.
        source: (row, column) of the token that changed, outlined in the colour of a key.

    Example:
        >>> heard(torch.zeros(3, 64, 64), {"one block": torch.eye(2) > 0}, source=(0, 0))
        Picture: Who hears token (0, 0). one block: 2 of 4 tokens.
    """
    size = {1: 300, 2: 300, 3: 240}.get(len(maps), 186)
    figure, panels = _panels([f"{name}\n{m.sum()} of {m.numel()} tokens" for name, m in maps.items()], size)
    for axes, noticed in zip(panels, maps.values(), strict=True):
        _photograph(axes, image, *noticed.shape)
        _shade(axes, 0.8 * (~noticed).numpy())
        _outline(axes, source, colour("key"))
    counted = ", ".join(f"{name}: {m.sum()} of {m.numel()} tokens" for name, m in maps.items())
    return _finish(figure, f"Who hears token {source}. {counted}.")


def attention(image: Tensor, maps: Mapping[str, Tensor], query: tuple[int, int]) -> Picture:
    """A photograph where each token is as bright as the attention it gets from one query.

    Args:
        image: (3, height, width), float in [0, 1].
        maps: title -> (H, W) weights that sum to 1.
        query: (row, column) of the token that asks, outlined in the colour of a query.

    Example:
        >>> attention(torch.zeros(3, 64, 64), {"itself": torch.eye(2)[:1] * torch.eye(2)}, query=(0, 0))
        Picture: Where token (0, 0) looks. itself: at 1 of 4 tokens.
    """
    figure, panels = _panels(list(maps), size=300)
    for axes, weights in zip(panels, maps.values(), strict=True):
        _photograph(axes, image, *weights.shape)
        _shade(axes, 0.8 - 0.8 * (weights / weights.max()).sqrt().numpy())
        _outline(axes, query, colour("query"))
    counted = ", ".join(f"{name}: at {(m > 0).sum()} of {m.numel()} tokens" for name, m in maps.items())
    return _finish(figure, f"Where token {query} looks. {counted}.")


def _panels(titles: list[str], size: int, labelled: bool = False) -> tuple[Figure, list[Axes]]:
    """A row of square panels of ``size`` CSS pixels, each under its title, on a white card."""
    gap, edge = 24, 20
    above, below = 2 + 18 * (1 + titles[0].count("\n")), edge + 18 * labelled
    width, height = len(titles) * (size + gap) - gap + 2 * edge, edge + above + size + below
    figure = Figure(figsize=(width / CSS_INCH, height / CSS_INCH), dpi=CSS_INCH)
    FigureCanvasAgg(figure)
    rounded = "round,pad=0,rounding_size=10"
    pixels = Affine2D().scale(1 / CSS_INCH) + figure.dpi_scale_trans
    card = FancyBboxPatch((1, 1), width - 2, height - 2, boxstyle=rounded, transform=pixels, zorder=-10)
    card.set(facecolor=colour("surface"), edgecolor=colour("line"))
    figure.add_artist(card)
    panels = []
    for n, text in enumerate(titles):
        left = edge + n * (size + gap)
        axes = figure.add_axes((left / width, below / height, size / width, size / height))
        axes.set_title(text, loc="left", size=10.5, color=colour("ink"), pad=5, linespacing=1.3)
        panels.append(axes)
    return figure, panels


def _finish(figure: Figure, description: str) -> Picture:
    raw, png = io.BytesIO(), io.BytesIO()
    figure.savefig(raw, dpi=CSS_INCH * SHARPNESS, facecolor="none", metadata={"Software": None})
    # 256 colours make a photograph a third of the size, so that notebooks stay light.
    Image.open(raw).quantize(256, method=Image.Quantize.FASTOCTREE).save(png, format="png", optimize=True)
    return Picture(png.getvalue(), description, width=round(figure.get_figwidth() * CSS_INCH))


def _frame(axes: Axes, height: int, width: int) -> None:
    """One unit a token, row 0 at the top, no ticks."""
    axes.set(xlim=(0, width), ylim=(height, 0), xticks=[], yticks=[], aspect="equal", anchor="NW")
    axes.spines[:].set_visible(False)


def _photograph(axes: Axes, image: Tensor, height: int, width: int) -> None:
    axes.imshow(image.permute(1, 2, 0).clamp(0, 1).numpy(), extent=(0, width, height, 0))
    _frame(axes, height, width)
    _token_lines(axes, height, width)


def _token_lines(axes: Axes, height: int, width: int) -> None:
    lines = [[(0, row), (width, row)] for row in range(1, height)]
    lines += [[(column, 0), (column, height)] for column in range(1, width)]
    # Many lines make a grey veil, so the more there are, the fainter.
    axes.add_collection(LineCollection(lines, colors="white", linewidths=0.6, alpha=min(0.45, 3 / width)))


def _shade(axes: Axes, darkness: np.ndarray) -> None:
    """Darken each token of (H, W) by so much, 0 ... 1."""
    height, width = darkness.shape
    layer = np.broadcast_to(to_rgba(colour("masked")), (height, width, 4)).copy()
    layer[:, :, 3] = darkness
    axes.imshow(layer, extent=(0, width, height, 0), interpolation="nearest")


def _walls(axes: Axes, ids: np.ndarray) -> None:
    """Lines where two neighbours of (H, W) ids differ."""
    height, width = ids.shape
    lines = [[(0, 0), (width, 0), (width, height), (0, height), (0, 0)]]
    lines += [[(c + 1, r), (c + 1, r + 1)] for r, c in np.argwhere(ids[:, 1:] != ids[:, :-1])]
    lines += [[(c, r + 1), (c + 1, r + 1)] for r, c in np.argwhere(ids[1:] != ids[:-1])]
    for width_of_line, ink in ((5, colour("surface")), (2, colour("ink"))):  # readable on dark and on light
        axes.add_collection(
            LineCollection(lines, colors=ink, linewidths=width_of_line, capstyle="projecting")
        )


def _outline(axes: Axes, token: tuple[int, int], ink: str) -> None:
    for width_of_line, edge in ((5, colour("surface")), (3, ink)):
        axes.add_patch(Rectangle(token[::-1], 1, 1, fill=False, ec=edge, lw=width_of_line, joinstyle="round"))


def _region_colour(region: int) -> str:
    return colour("padding" if region < 0 else f"region_{region}")
