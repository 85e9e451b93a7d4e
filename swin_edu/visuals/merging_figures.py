"""Still pictures for patch merging: one window in four stages, four neighbours, and what a merging computes.

Notebook 06 shows each of them; they are drawn like those in `figures`, on a white card.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle
from torch import Tensor

from swin_edu.model.merging import gather_neighbours
from swin_edu.visuals.palette import colour
from swin_edu.visuals.picture import Picture, draw_card, finish_card


def window_in_stages(image: Tensor, window: int, strides: Sequence[int] = (4, 8, 16, 32)) -> Picture:
    """A photograph with the token grid of each stage, and one window of M x M tokens in its middle.

    Args:
        image: (3, height, width), float in [0, 1].
        window: M, in tokens.
        strides: pixels from one token to the next, one panel for each.

    Example:
        >>> window_in_stages(torch.zeros(3, 64, 96), window=2, strides=(4, 8))
        Picture: A window of 2 x 2 tokens in each stage. stride 4: 8 x 8 pixels, stride 8: 16 x 16 pixels.
    """
    height, width = image.shape[1:]
    titles = [f"stride {stride}\nM = {window} is {window * stride} pixels" for stride in strides]
    figure, panels = draw_card(titles, 190, height / width)
    for axes, stride in zip(panels, strides, strict=True):
        axes.imshow(image.permute(1, 2, 0).clamp(0, 1).numpy(), extent=(0, width, height, 0))
        _frame(axes, height, width)
        lines = [[(0, y), (width, y)] for y in range(stride, height, stride)]
        lines += [[(x, 0), (x, height)] for x in range(stride, width, stride)]
        # Many lines make a grey veil, so the finer the grid, the fainter.
        axes.add_collection(LineCollection(lines, colors="white", linewidths=0.5, alpha=0.16 + stride / 100))
        # The window that holds the middle of the photograph, or the last whole one before it.
        left, top = (
            min(side // 2, max(side - window * stride, 0)) // (window * stride) * window * stride
            for side in (width, height)
        )
        for thick, ink in ((4.5, colour("surface")), (2.5, colour("key"))):
            side = window * stride
            axes.add_patch(Rectangle((left, top), side, side, fill=False, ec=ink, lw=thick, zorder=3))
    sizes = ", ".join(f"stride {s}: {window * s} x {window * s} pixels" for s in strides)
    return finish_card(figure, f"A window of {window} x {window} tokens in each stage. {sizes}.")


def neighbours(grid: Tensor) -> Picture:
    """Numbered tokens in the colours of their place in the 2 x 2 group, before and after they are gathered.

    Args:
        grid: (H, W) integers, H and W even.

    Example:
        >>> neighbours(torch.arange(8).view(2, 4))
        Picture: 2 x 4 tokens become 1 x 2. The first merged token holds 0, 4, 1, 5.
    """
    height, width = grid.shape
    gathered = gather_neighbours(grid[None, :, :, None])[0].numpy()
    titles = [f"{height} x {width} tokens of 1 number", f"{height // 2} x {width // 2} tokens of 4 numbers"]
    figure, panels = draw_card(titles, 380, height / width)
    for axes in panels:
        _frame(axes, height, width)
    for (row, column), number in np.ndenumerate(grid.numpy()):
        _cell(panels[0], column, row, 1, 1, number, place=row % 2 + 2 * (column % 2))
    for row, column, place in np.ndindex(gathered.shape):
        left = 2 * column + place / 2
        _cell(panels[1], left, 2 * row + 0.5, 0.5, 1, gathered[row, column, place], place)
    for axes in panels:
        for row, column in np.ndindex(height // 2, width // 2):
            box = Rectangle((2 * column, 2 * row), 2, 2, fill=False, ec=colour("ink"), lw=1.6)
            axes.add_patch(box)
    first = ", ".join(str(number) for number in gathered[0, 0])
    sizes = f"{height} x {width} tokens become {height // 2} x {width // 2}"
    return finish_card(figure, f"{sizes}. The first merged token holds {first}.")


def signed_maps(image: Tensor, maps: Mapping[str, Tensor]) -> Picture:
    """A photograph beside maps of signed numbers, all on one scale.

    Args:
        image: (3, height, width), float in [0, 1].
        maps: title -> (H, W); what is far from 0 is strong, in the colour of its sign.

    Example:
        >>> signed_maps(torch.zeros(3, 8, 8), {"difference": torch.tensor([[1.0, -1.0], [0.0, 0.5]])})
        Picture: A photograph and what is computed from it. difference: from -1.00 to 1.00.
    """
    figure, panels = draw_card(["photograph", *maps], 270, image.shape[1] / image.shape[2])
    panels[0].imshow(image.permute(1, 2, 0).clamp(0, 1).numpy(), extent=(0, 1, 1, 0), aspect="auto")
    shades = LinearSegmentedColormap.from_list(
        "signed", [colour("negative"), colour("surface"), colour("positive")]
    )
    # A few very strong places would leave the rest pale.
    limit = max(float(np.quantile(abs(values.numpy()), 0.99)) for values in maps.values()) or 1.0
    for axes, values in zip(panels[1:], maps.values(), strict=True):
        scale = {"vmin": -limit, "vmax": limit, "cmap": shades, "interpolation": "nearest"}
        axes.imshow(values.numpy(), extent=(0, 1, 1, 0), aspect="auto", **scale)
    for axes in panels:
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_color(colour("line"))
    ranges = ", ".join(f"{title}: from {m.min():.2f} to {m.max():.2f}" for title, m in maps.items())
    return finish_card(figure, f"A photograph and what is computed from it. {ranges}.")


def _frame(axes: Axes, height: int, width: int) -> None:
    """One unit a pixel or token, row 0 at the top, no ticks."""
    axes.set(xlim=(0, width), ylim=(height, 0), xticks=[], yticks=[], aspect="equal", anchor="NW")
    axes.spines[:].set_visible(False)


def _cell(
    axes: Axes, left: float, top: float, width: float, height: float, number: object, place: int
) -> None:
    """A numbered box in the colour of its place (0 to 3) among the four neighbours."""
    fill = colour(f"series_{place}")
    axes.add_patch(Rectangle((left, top), width, height, fc=fill, ec=colour("surface"), lw=1))
    middle = left + width / 2, top + height / 2
    axes.text(*middle, number, ha="center", va="center", size=9, color=colour("on_series"))
