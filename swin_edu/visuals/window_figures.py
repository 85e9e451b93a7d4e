"""Still pictures of windows as a batch: which tokens, and which part of the photograph, each one holds.

Notebook 02 shows with them what `view` alone does to a photograph, and what `permute` is for.
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Rectangle
from torch import Tensor

from swin_edu.visuals.palette import colour
from swin_edu.visuals.picture import Picture, draw_card, finish_card

GAP = 0.5  # between two windows, in tokens
PANEL = 400  # width of a panel in CSS pixels


def window_contents(image: Tensor, windows: Mapping[str, Tensor], grid: tuple[int, int]) -> Picture:
    """The windows of one photograph, each drawn with the patches that it really holds.

    Every window stands where it belongs, under its number; every token shows its patch and its own number.
    Windows that were cut rightly add up to the photograph.

    Args:
        image: (3, height, width), float in [0, 1], cut into `grid` patches.
        windows: title -> (nW, Mh, Mw) integers: which token, counted row by row, sits in each place.
        grid: (H, W), the token grid.

    Returns:
        One panel for each title.

    Raises:
        ValueError: if the windows cannot cover the grid.

    Example:
        >>> tokens = torch.arange(8).view(2, 2, 2)
        >>> window_contents(torch.zeros(3, 16, 32), {"view alone": tokens}, grid=(2, 4))
        Picture: What each of 2 windows holds. view alone: the rows of window 0 begin with 0, 2.
    """
    (rows, columns), (count, mh, mw) = grid, next(iter(windows.values())).shape
    down, across = rows // mh, columns // mw
    if down * across != count or rows % mh or columns % mw:
        raise ValueError(f"{count} windows of {mh}x{mw} do not cover a grid of {rows}x{columns}")
    size = down * (mh + 2 * GAP), across * (mw + GAP) - GAP
    figure, panels = draw_card(list(windows), PANEL, size[0] / size[1])
    patches = _patches(image, grid)
    for axes, numbers in zip(panels, windows.values(), strict=True):
        axes.set(xlim=(0, size[1]), ylim=(size[0], 0), xticks=[], yticks=[], aspect="equal", anchor="NW")
        axes.spines[:].set_visible(False)
        for window, inside in enumerate(numbers.numpy()):
            top, left = window // across * (mh + 2 * GAP) + 2 * GAP, window % across * (mw + GAP)
            axes.text(left, top - 0.2, f"window {window}", size=8.5, color=colour("muted_ink"))
            _draw_window(axes, inside, patches, top, left)
    begins = ". ".join(
        f"{title}: the rows of window 0 begin with {str(ids[0, :, 0].tolist())[1:-1]}"
        for title, ids in windows.items()
    )
    return finish_card(figure, f"What each of {count} windows holds. {begins}.")


def _patches(image: Tensor, grid: tuple[int, int]) -> np.ndarray:
    """(3, height, width) -> (H*W, p, q, 3)."""
    pixels = image.permute(1, 2, 0).clamp(0, 1).numpy()
    p, q = pixels.shape[0] // grid[0], pixels.shape[1] // grid[1]
    cut = pixels[: p * grid[0], : q * grid[1]].reshape(grid[0], p, grid[1], q, 3)
    return cut.transpose(0, 2, 1, 3, 4).reshape(-1, p, q, 3)


def _draw_window(axes: Axes, numbers: np.ndarray, patches: np.ndarray, top: float, left: float) -> None:
    mh, mw = numbers.shape
    picture = np.concatenate([np.concatenate(patches[row], axis=1) for row in numbers], axis=0)
    axes.imshow(picture, extent=(left, left + mw, top + mh, top), interpolation="nearest")
    lines = [[(left, top + r), (left + mw, top + r)] for r in range(1, mh)]
    lines += [[(left + c, top), (left + c, top + mh)] for c in range(1, mw)]
    axes.add_collection(LineCollection(lines, colors="white", linewidths=0.6, alpha=0.5))
    axes.add_patch(Rectangle((left, top), mw, mh, fill=False, ec=colour("ink"), lw=1.2))
    plate = {"boxstyle": "round,pad=0.15", "fc": colour("surface"), "ec": "none", "alpha": 0.75}
    for (row, column), number in np.ndenumerate(numbers):
        place = left + column + 0.5, top + row + 0.5
        axes.text(*place, number, ha="center", va="center", size=6.5, color=colour("ink"), bbox=plate)
