"""Still pictures of patches: one face at two scales, a small image of numbered pixels, photographs in a row.

Notebook 01 shows each of them. They are drawn as those of `figures` are, on a white card, in the colours of
`palette`; the same numbers always give the same PNG file.
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Rectangle
from torch import Tensor

from swin_edu.visuals.palette import colour
from swin_edu.visuals.picture import Picture, draw_card, finish_card

Box = tuple[int, int, int, int]  # top, left, height, width in pixels


def scales(images: Mapping[str, tuple[Tensor, Box]], patch_size: int) -> Picture:
    """Photographs of different size, all drawn to one scale, with their patches and one box of interest.

    Args:
        images: title -> (image (3, height, width), float in [0, 1]; the box), the largest image first.
        patch_size: side of a patch in pixels, the same for all.

    Example:
        >>> scales({"small": (torch.zeros(3, 16, 24), (4, 8, 8, 4))}, patch_size=4)
        Picture: Patches of 4 x 4 pixels on photographs of different size. small: the box has 2 patches.
    """
    counts = {name: (box[2] // patch_size) * (box[3] // patch_size) for name, (_, box) in images.items()}
    titles = [f"{name}: the box has {count} patches" for name, count in counts.items()]
    height, width = next(iter(images.values()))[0].shape[1:]
    figure, panels = draw_card(titles, 400, height / width)
    for axes, (image, box) in zip(panels, images.values(), strict=True):
        _photograph(axes, image, (height, width))
        _patch_lines(axes, image, patch_size)
        _outline(axes, box)
    words = f"Patches of {patch_size} x {patch_size} pixels on photographs of different size."
    return finish_card(figure, f"{words} {', '.join(titles)}.")


def numbers(images: Mapping[str, Tensor], patches: Tensor) -> Picture:
    """Small images whose pixels carry numbers, each in the colour of its patch, and those patches one by one.

    Args:
        images: title -> (H, W) integers.
        patches: (rows, columns, p*p) the same integers, patch by patch; at most six patches.

    Raises:
        ValueError: for more than six patches: the palette has six colours for things side by side.

    Example:
        >>> numbers({"four": torch.arange(4).view(2, 2)}, torch.arange(4).view(1, 1, 4))
        Picture: Numbered pixels coloured by patch. Patch (0, 0) holds 0, 1, 2, 3.
    """
    rows, columns, length = patches.shape
    if rows * columns > 6:
        raise ValueError(f"six patches at most, got {rows} x {columns}")
    patch_of = {int(n): i for i, patch in enumerate(patches.reshape(-1, length)) for n in patch}
    height, width = next(iter(images.values())).shape
    figure, panels = draw_card([*images, "the patches, one a line"], 300, height / width)
    for axes, image in zip(panels, images.values(), strict=False):
        _frame(axes, height, width)
        for (row, column), number in np.ndenumerate(image.numpy()):
            _cell(axes, (column, row), 1, patch_of[int(number)], number)
    axes = panels[-1]
    _frame(axes, height, width)
    unit = height / (rows * columns)
    for i, patch in enumerate(patches.reshape(-1, length)):
        words = f"patch ({i // columns}, {i % columns})"
        axes.text(0, (i + 0.5) * unit, words, va="center", size=9, color=colour("muted_ink"))
        for j, number in enumerate(patch.tolist()):
            _cell(axes, (width * 0.36 + j * unit * 1.25, i * unit), unit, i, number, across=unit * 1.25)
    held = ". ".join(
        f"Patch ({i // columns}, {i % columns}) holds {str(patch.tolist())[1:-1]}"
        for i, patch in enumerate(patches.reshape(-1, length))
    )
    return finish_card(figure, f"Numbered pixels coloured by patch. {held}.")


def photographs(images: Mapping[str, Tensor]) -> Picture:
    """Photographs side by side.

    Args:
        images: title -> (3, height, width), in [0, 1]; what is outside is cut off.

    Example:
        >>> photographs({"black": torch.zeros(3, 8, 8), "white": torch.ones(3, 8, 8)})
        Picture: Photographs side by side: black, white.
    """
    height, width = next(iter(images.values())).shape[1:]
    figure, panels = draw_card(list(images), {1: 420, 2: 400}.get(len(images), 260), height / width)
    for axes, image in zip(panels, images.values(), strict=True):
        _photograph(axes, image, (height, width))
    return finish_card(figure, f"Photographs side by side: {', '.join(images)}.")


def _frame(axes: Axes, height: float, width: float) -> None:
    axes.set(xlim=(0, width), ylim=(height, 0), xticks=[], yticks=[], aspect="equal", anchor="NW")
    axes.spines[:].set_visible(False)


def _photograph(axes: Axes, image: Tensor, room: tuple[int, int]) -> None:
    height, width = image.shape[1:]
    pixels = image.permute(1, 2, 0).clamp(0, 1).numpy()
    axes.imshow(pixels, extent=(0, width, height, 0))
    _frame(axes, *room)


def _patch_lines(axes: Axes, image: Tensor, patch_size: int) -> None:
    height, width = image.shape[1:]
    lines = [[(0, y), (width, y)] for y in range(patch_size, height, patch_size)]
    lines += [[(x, 0), (x, height)] for x in range(patch_size, width, patch_size)]
    axes.add_collection(LineCollection(lines, colors="white", linewidths=0.4, alpha=0.4))


def _outline(axes: Axes, box: Box) -> None:
    top, left, height, width = box
    for width_of_line, edge in ((5, colour("surface")), (2.5, colour("series_1"))):
        axes.add_patch(Rectangle((left, top), width, height, fill=False, ec=edge, lw=width_of_line, zorder=3))


def _cell(
    axes: Axes, place: tuple[float, float], unit: float, patch: int, number: int, across: float | None = None
) -> None:
    across = across or unit
    axes.add_patch(Rectangle(place, across, unit, fc=colour(f"series_{patch}"), ec="white", lw=1))
    middle = place[0] + across / 2, place[1] + unit / 2
    axes.text(*middle, number, ha="center", va="center", size=10, color=colour("on_series"))
