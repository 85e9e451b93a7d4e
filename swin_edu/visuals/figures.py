"""Still pictures for the lessons: windows on a photograph, numbered grids, masks, and who hears whom.

Notebook 03 shows each of them. They are drawn with matplotlib, in the colours of `palette`, on a white card
that can be read on light and dark pages; the same numbers always give the same PNG file.
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.patches import Rectangle
from torch import Tensor

from swin_edu.visuals.palette import PALETTE, colour
from swin_edu.visuals.picture import Picture, draw_card, finish_card


def windows(image: Tensor, partitions: Mapping[str, Tensor]) -> Picture:
    """A photograph cut into windows, one panel for each partition; each window says its size in tokens.

    Args:
        image: (3, height, width), float in [0, 1].
        partitions: title -> (H, W) integers, the same number for tokens of one window.

    Example:
        >>> windows(torch.zeros(3, 64, 64), {"two windows": torch.tensor([[0, 1], [0, 1]])})
        Picture: A photograph with the walls of its windows. two windows: 2 windows.
    """
    titles = [f"{title}: {len(ids.unique())} windows" for title, ids in partitions.items()]
    figure, panels = draw_card(titles, 300, _aspect(image))
    for axes, ids in zip(panels, partitions.values(), strict=True):
        _photograph(axes, image, *ids.shape)
        _walls(axes, ids.numpy())
        for name in ids.unique():
            rows, columns = (ids == name).nonzero(as_tuple=True)
            size = f"{len(rows.unique())} x {len(columns.unique())}"
            centre = columns.double().mean() + 0.5, rows.double().mean() + 0.5
            plate = {"boxstyle": "round,pad=0.3", "fc": colour("surface"), "ec": "none", "alpha": 0.85}
            axes.text(*centre, size, ha="center", va="center", size=9, color=colour("ink"), bbox=plate)
    return finish_card(figure, f"A photograph with the walls of its windows. {', '.join(titles)}.")


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
    height, width = next(iter(grids.values()))[0].shape
    figure, panels = draw_card(list(grids), 330, height / width)
    for axes, (tokens, regions) in zip(panels, grids.values(), strict=True):
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
    return finish_card(figure, f"Token grids coloured by region. {rows}.")


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
    figure, panels = draw_card([f"window {w}" for w in range(len(mask))], size=184, labelled=True)
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
    return finish_card(figure, f"The masks of {len(mask)} windows, query by key. Allowed: {shares}.")


def heard(image: Tensor, maps: Mapping[str, Tensor], source: tuple[int, int]) -> Picture:
    """A photograph where only those tokens are bright that notice a change of one token.

    Args:
        image: (3, height, width), float in [0, 1].
        maps: title -> (H, W) bool, True where the token notices. Later maps may be coarser.
        source: (row, column) on the first map's grid of the token that changed, outlined as a key.

    Example:
        >>> heard(torch.zeros(3, 64, 64), {"one block": torch.eye(2) > 0}, source=(0, 0))
        Picture: Who hears token (0, 0). one block: 2 of 4 tokens.
    """
    titles = [f"{name}\n{noticed.sum()} of {noticed.numel()} tokens" for name, noticed in maps.items()]
    figure, panels = draw_card(titles, {1: 300, 2: 300, 3: 240}.get(len(maps), 186), _aspect(image))
    finest = next(iter(maps.values())).shape[0]
    for axes, noticed in zip(panels, maps.values(), strict=True):
        _photograph(axes, image, *noticed.shape)
        _shade(axes, 0.8 * (~noticed).numpy())
        _outline(axes, source, colour("key"), scale=noticed.shape[0] / finest)
    counted = ", ".join(f"{name}: {m.sum()} of {m.numel()} tokens" for name, m in maps.items())
    return finish_card(figure, f"Who hears token {source}. {counted}.")


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
    figure, panels = draw_card(list(maps), 300, _aspect(image))
    for axes, weights in zip(panels, maps.values(), strict=True):
        _photograph(axes, image, *weights.shape)
        _shade(axes, 0.8 - 0.8 * (weights / weights.max()).sqrt().numpy())
        _outline(axes, query, colour("query"))
    counted = ", ".join(f"{name}: at {(m > 0).sum()} of {m.numel()} tokens" for name, m in maps.items())
    return finish_card(figure, f"Where token {query} looks. {counted}.")


def colours() -> Picture:
    """Each colour of the course beside what it means.

    Example:
        >>> colours()
        Picture: The colours of the course: 9 regions, query, key, masked, padding.
    """
    names = [f"region_{region}" for region in range(9)], ["query", "key", "masked", "padding"]
    figure, panels = draw_card(["Regions after the roll", "Attention"], 360, 0.62)
    for axes, column in zip(panels, names, strict=True):
        _frame(axes, len(names[0]), 12)
        axes.set_aspect("auto")
        for row, name in enumerate(column):
            axes.add_patch(Rectangle((0, row + 0.1), 0.9, 0.8, fc=colour(name)))
            words, number = PALETTE[name].meaning, name.removeprefix("region_")
            words = words if number in words else f"{name}: {words}"
            axes.text(1.3, row + 0.5, words, va="center", size=8.5, color=colour("ink"))
            if number != name:
                place = {"ha": "center", "va": "center", "size": 8.5}
                axes.text(0.45, row + 0.5, number, color=colour("region_ink"), **place)
    return finish_card(figure, "The colours of the course: 9 regions, query, key, masked, padding.")


def _aspect(image: Tensor) -> float:
    return image.shape[1] / image.shape[2]


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


def _outline(axes: Axes, token: tuple[int, int], ink: str, scale: float = 1) -> None:
    place = token[1] * scale, token[0] * scale
    for width_of_line, edge in ((5, colour("surface")), (3, ink)):
        frame = Rectangle(place, scale, scale, fill=False, ec=edge, lw=width_of_line, joinstyle="round")
        frame.set_zorder(3)  # above the thin token lines
        axes.add_patch(frame)


def _region_colour(region: int) -> str:
    return colour("padding" if region < 0 else f"region_{region}")
