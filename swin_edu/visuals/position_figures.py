"""Still pictures for notebook 04: a shuffled window, and tables of biases as pictures of offsets.

They are drawn like all figures of the lessons, on a white card, the same file for the same numbers.
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle
from torch import Tensor

from swin_edu.visuals.palette import colour
from swin_edu.visuals.picture import Picture, draw_card, finish_card
from swin_edu.visuals.sheet import signed_colours

Place = tuple[int, int]


def attention_on(panels: Mapping[str, tuple[Tensor, Tensor, Place]]) -> Picture:
    """Photographs side by side; each token is as bright as the attention that it gets from one query.

    The least and the second largest weight set the scale: most tokens look by far the most at themselves.

    Args:
        panels: title -> (image (3, height, width) in [0, 1], weights (H, W), query (row, column)).

    Example:
        >>> attention_on({"a window": (torch.zeros(3, 64, 64), torch.ones(2, 2) / 4, (0, 1))})
        Picture: Where one token looks. a window: token (0, 1) looks most at (0, 0).
    """
    image = next(iter(panels.values()))[0]
    figure, all_axes = draw_card(list(panels), 300, image.shape[1] / image.shape[2])
    said = []
    for axes, (title, (picture, weights, query)) in zip(all_axes, panels.items(), strict=True):
        height, width = weights.shape
        extent = (0, width, height, 0)
        axes.imshow(picture.permute(1, 2, 0).clamp(0, 1).numpy(), extent=extent)
        veil = np.broadcast_to(to_rgba(colour("masked")), (height, width, 4)).copy()
        veil[:, :, 3] = 0.85 - 0.85 * _stretched(weights).numpy()
        axes.imshow(veil, extent=extent, interpolation="nearest")
        _frame(axes, height, width)
        for row, column in np.ndindex(height, width):
            axes.add_patch(Rectangle((column, row), 1, 1, fill=False, ec="white", lw=0.8, alpha=0.6))
        _outline(axes, query, "query")
        most = divmod(int(weights.argmax()), width)
        said.append(f"{title}: token {query} looks most at {most}")
    return finish_card(figure, f"Where one token looks. {', '.join(said)}.")


def tables(grids: Mapping[str, Tensor], entry: Place | None = None) -> Picture:
    """Tables of biases as pictures: a cell for each offset, orange above zero, purple below; a dot at (0, 0).

    Args:
        grids: title -> (2*Mh - 1, 2*Mw - 1) biases, one for each offset query - key.
        entry: an offset (dr, dc) to outline, or None.

    Raises:
        ValueError: for a grid with an even side: it has no middle.

    Example:
        >>> tables({"head 0": torch.tensor([[0.0, 1.0, 0.0]])})
        Picture: Tables of biases, a cell for each offset. head 0: 1 x 3.
    """
    first = next(iter(grids.values()))
    figure, panels = draw_card(
        list(grids),
        {1: 260, 2: 260, 3: 240}.get(len(grids), 186),
        first.shape[0] / first.shape[1],
        labelled=True,
    )
    said = []
    for number, (axes, (title, grid)) in enumerate(zip(panels, grids.items(), strict=True)):
        height, width = grid.shape
        if not (height % 2 and width % 2):
            raise ValueError(f"a table of offsets has odd sides, 2*M - 1; got {height}x{width}")
        values = grid.detach().double().numpy()
        limit = max(abs(values).max(), 1e-9)
        axes.imshow(signed_colours(values, limit), extent=(0, width, height, 0), interpolation="nearest")
        _frame(axes, height, width)
        for row, column in np.ndindex(height, width):
            axes.add_patch(Rectangle((column, row), 1, 1, fill=False, ec=colour("line"), lw=0.6))
        middle = (height - 1) // 2, (width - 1) // 2
        axes.plot(middle[1] + 0.5, middle[0] + 0.5, "o", ms=3, color=colour("ink"))
        if entry is not None:
            _outline(axes, (entry[0] + middle[0], entry[1] + middle[1]), "ink")
        for across, label in ((0.5, f"−{middle[1]}"), (width - 0.5, f"+{middle[1]}")):
            axes.text(across, height + 0.1, label, **_small("center", "top"))
        axes.set_xlabel("dc", size=8.5, color=colour("muted_ink"), labelpad=5)
        if number == 0:
            for down, label in ((0.5, f"−{middle[0]}"), (height - 0.5, f"+{middle[0]}")):
                axes.text(-0.1, down, label, **_small("right", "center"))
            axes.text(-0.1, height / 2, "dr", **_small("right", "center"))
        said.append(f"{title}: {height} x {width}")
    return finish_card(figure, f"Tables of biases, a cell for each offset. {', '.join(said)}.")


def _stretched(weights: Tensor) -> Tensor:
    low, high = weights.min(), weights.flatten().sort().values[-2]
    return ((weights - low) / (high - low).clamp(min=1e-9)).clamp(0, 1)


def _small(across: str, down: str) -> dict[str, object]:
    return {"ha": across, "va": down, "size": 8, "color": colour("muted_ink")}


def _frame(axes: Axes, height: int, width: int) -> None:
    """One unit a cell, row 0 at the top, no ticks."""
    axes.set(xlim=(0, width), ylim=(height, 0), xticks=[], yticks=[], aspect="equal", anchor="NW")
    axes.spines[:].set_visible(False)


def _outline(axes: Axes, place: Place, name: str) -> None:
    for width, edge in ((5, colour("surface")), (3, colour(name))):
        frame = Rectangle(place[::-1], 1, 1, fill=False, ec=edge, lw=width, joinstyle="round", zorder=3)
        axes.add_patch(frame)
