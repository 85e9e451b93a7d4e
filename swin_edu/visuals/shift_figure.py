"""The picture of a shifted block that stays in a saved notebook: windows, roll, mask, what a token sees.

Notebook 03 keeps it beside the live ShiftExplorer; it is drawn from the same numbers, in the same colours.
"""

import io

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image
from torch import Tensor

from swin_edu.model.windows import region_ids
from swin_edu.visuals.palette import colour
from swin_edu.visuals.shift_facts import ShiftFacts

UNIT = 24  # pixels of a token in the pictures of the panels
LEFT, STEP = 0.016, 0.2475  # the four columns, as fractions of the figure's width
SIGHTS = {"plain": "in the plain block", "shifted": "in the shifted block", "both": "after both"}
LEGEND = {
    "query": "query: the token that asks",
    "key": "keys: whom it may attend to",
    "masked": "masked: not true neighbours",
    "padding": "padding: never takes part",
}


def draw_shift(facts: ShiftFacts, photo: bytes, focus: tuple[float, float] = (0.5, 0.5)) -> bytes:
    """Draw plain windows, shifted windows, the roll, the mask, and what one token sees.

    Args:
        facts: grid, window, shift and token.
        photo: a picture file's bytes (JPEG or PNG).
        focus: point of interest as fractions (across, down), kept where the picture is cropped.

    Returns:
        A PNG file's bytes, 1,000 pixels wide; the same bytes for the same arguments.

    Example:
        >>> from swin_edu.visuals.photographs import photographs_for_browser
        >>> draw_shift(ShiftFacts(8, 8, 4, 2, (7, 3)), photographs_for_browser()["coffee"]["data"])[1:4]
        b'PNG'
    """
    figure = Figure(figsize=(10, 4.9), dpi=100, facecolor=colour("surface"))
    FigureCanvasAgg(figure)
    picture = _cropped(photo, focus, facts.height, facts.width)
    _draw_panels(figure, picture, facts)
    padded = _padded(picture, facts)
    for column, (name, seen) in enumerate(facts.seen.items()):
        axes = figure.add_axes((LEFT + STEP * column, 0.11, 0.105, 0.214))
        _draw_sight(axes, padded, seen, facts)
        left = LEFT + STEP * column + 0.115
        figure.text(left, 0.232, str(int(seen.sum())), size=19, weight="bold", color=colour("ink"))
        words = f"of {seen.numel()} tokens seen\n{SIGHTS[name]}"
        figure.text(left, 0.215, words, size=8.5, va="top", color=colour("muted_ink"))
    for line, (name, words) in enumerate(LEGEND.items()):
        bottom = 0.285 - 0.045 * line
        figure.add_artist(Rectangle((LEFT + 3 * STEP, bottom - 0.004), 0.012, 0.024, color=colour(name)))
        figure.text(LEFT + 3 * STEP + 0.02, bottom, words, size=8.5, color=colour("muted_ink"))
    figure.text(LEFT, 0.035, facts.sentence(), size=10.5, color=colour("ink"))
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def _draw_panels(figure: Figure, picture: np.ndarray, facts: ShiftFacts) -> None:
    (mh, mw), (sh, sw) = facts.fitted
    count = facts.padded[0] // mh * (facts.padded[1] // mw)
    n = mh * mw
    tinted = _tinted(picture, facts)
    captions = [
        ("Plain block", f"{count} window{'s' if count > 1 else ''} of {mh} × {mw} tokens"),
        ("Shifted block", f"windows moved by ({sh}, {sw})"),
        (f"Cyclic roll by ({-sh}, {-sw})", "cut pieces share whole windows"),
        (f"Mask of window {facts.window}", f"{n} × {n}: row = query, column = key"),
    ]
    panels = []
    for column, (title, note) in enumerate(captions):
        left = LEFT + STEP * column
        figure.text(left, 0.945, f"{column + 1}  {title}", size=11, weight="bold", color=colour("ink"))
        figure.text(left, 0.9, note, size=8.5, color=colour("muted_ink"))
        panels.append(figure.add_axes((left, 0.395, 0.226, 0.46)))
    plain, shifted, rolled, mask = panels
    _show(plain, _padded(picture, facts), facts.padded)
    _draw_windows(plain, facts, (0, 0))
    _draw_token(plain, facts.token, facts.seen["plain"].nonzero())
    _show(shifted, tinted, facts.padded)
    _draw_windows(shifted, facts, (sh, sw))
    _number_regions(shifted, np.roll(region_ids(*facts.grid).numpy(), (sh, sw), axis=(0, 1)))
    _draw_token(shifted, facts.token, facts.seen["shifted"].nonzero())
    _show(rolled, np.roll(tinted, (-sh * UNIT, -sw * UNIT), axis=(0, 1)), facts.padded)
    _draw_windows(rolled, facts, (0, 0))
    _number_regions(rolled, region_ids(*facts.grid).numpy())
    seen = facts.seen["shifted"].nonzero()
    _draw_token(rolled, facts.rolled, (seen - seen.new_tensor((sh, sw))) % seen.new_tensor(facts.padded))
    _draw_mask(mask, facts)


def _cropped(photo: bytes, focus: tuple[float, float], height: int, width: int) -> np.ndarray:
    """The photograph cut to the grid's aspect around its focus: (H*UNIT, W*UNIT, 3), 0 to 1."""
    image = Image.open(io.BytesIO(photo))
    across = min(image.width, image.height * width / height)
    down = across * height / width
    left = min(max(focus[0] * image.width - across / 2, 0), image.width - across)
    top = min(max(focus[1] * image.height - down / 2, 0), image.height - down)
    box = (left, top, left + across, top + down)
    image = image.resize((width * UNIT, height * UNIT), Image.Resampling.BILINEAR, box=box)
    return np.asarray(image, dtype=np.float32) / 255


def _rgb(name: str) -> np.ndarray:
    value = colour(name)
    return np.array([int(value[i : i + 2], 16) for i in (1, 3, 5)], dtype=np.float32) / 255


def _padded(picture: np.ndarray, facts: ShiftFacts) -> np.ndarray:
    """The picture with padding below and to the right, hatched."""
    down, across = (n * UNIT for n in facts.padded)
    rows, columns = np.ogrid[:down, :across]
    strokes = ((rows + columns) % 8 < 1)[..., None]
    canvas = np.where(strokes, _rgb("muted_ink"), _rgb("padding"))
    canvas[: picture.shape[0], : picture.shape[1]] = picture
    return canvas


def _tinted(picture: np.ndarray, facts: ShiftFacts) -> np.ndarray:
    """The picture in grey, each region in its colour, before the roll."""
    _, (sh, sw) = facts.fitted
    regions = np.roll(region_ids(*facts.grid).numpy(), (sh, sw), axis=(0, 1))[: facts.height, : facts.width]
    colours = np.stack([_rgb(f"region_{i}") for i in range(9)])[regions]
    grey = np.clip(picture @ np.float32([0.2126, 0.7152, 0.0722]) * 1.1, 0, 1)[..., None]
    return _padded(grey * colours.repeat(UNIT, axis=0).repeat(UNIT, axis=1), facts)


def _show(axes: Axes, picture: np.ndarray, cells: tuple[int, int]) -> None:
    side = max(cells)
    axes.imshow(picture, extent=(0, cells[1], cells[0], 0), interpolation="antialiased")
    middle = cells[1] / 2, cells[0] / 2
    axes.set(xlim=(middle[0] - side / 2 - 0.1, middle[0] + side / 2 + 0.1))
    axes.set(ylim=(middle[1] + side / 2 + 0.1, middle[1] - side / 2 - 0.1))
    axes.axis("off")


def _draw_windows(axes: Axes, facts: ShiftFacts, shift: tuple[int, int]) -> None:
    (mh, mw), (height, width) = facts.fitted[0], facts.padded
    lines = [[(0, r), (width, r)] for r in range(shift[0], height + 1, mh)]
    lines += [[(c, 0), (c, height)] for c in range(shift[1], width + 1, mw)]
    axes.add_collection(LineCollection(lines, colors=colour("masked"), linewidths=2.6, alpha=0.6))
    axes.add_collection(LineCollection(lines, colors="white", linewidths=1.4))


def _draw_token(axes: Axes, token: tuple[int, int], seen: Tensor) -> None:
    """Frame the places that the token attends to, (n, 2), which fill a rectangle, and the token."""
    (top, left), (bottom, right) = seen.min(dim=0).values.tolist(), (seen.max(dim=0).values + 1).tolist()
    for name, x, y, width, height in (
        ("key", left, top, right - left, bottom - top),
        ("query", token[1] + 0.15, token[0] + 0.15, 0.7, 0.7),
    ):
        for line, edge in ((4.2, "white"), (2.2, colour(name))):
            axes.add_patch(Rectangle((x, y), width, height, fill=False, lw=line, ec=edge, clip_on=False))


def _number_regions(axes: Axes, regions: np.ndarray) -> None:
    for region in range(9):
        places = np.argwhere(regions == region)
        if len(places):
            row, column = places.mean(axis=0) + 0.5
            plate = {
                "boxstyle": "circle,pad=0.25",
                "fc": colour(f"region_{region}"),
                "ec": colour("region_ink"),
            }
            text = {
                "size": 8,
                "weight": "bold",
                "color": colour("region_ink"),
                "ha": "center",
                "va": "center",
            }
            axes.text(column, row, str(region), bbox={**plate, "lw": 0.8}, **text)


def _draw_mask(axes: Axes, facts: ShiftFacts) -> None:
    regions, mask = facts.regions_in_window.numpy(), facts.mask.numpy()
    shades = np.stack([*(_rgb(f"region_{i}") for i in range(9)), _rgb("padding")])[regions]
    picture = np.where(mask[..., None], shades[:, None], _rgb("masked"))
    picture[(regions < 0)[:, None] | (regions < 0)[None, :]] = _rgb("padding")
    n = len(regions)
    axes.imshow(picture, extent=(0, n, n, 0), interpolation="nearest")
    strip = n * 0.03
    axes.imshow(shades[:, None], extent=(-2 * strip, -strip, n, 0), interpolation="nearest")
    axes.imshow(shades[None], extent=(0, n, -strip, -2 * strip), interpolation="nearest")
    for line, edge in ((3.6, "white"), (1.8, colour("query"))):
        axes.add_patch(Rectangle((0, facts.index), n, 1, fill=False, lw=line, ec=edge, clip_on=False))
    axes.set(xlim=(-2.2 * strip, n + 0.1), ylim=(n + 0.1, -2.2 * strip))
    axes.axis("off")


def _draw_sight(axes: Axes, picture: np.ndarray, seen: Tensor, facts: ShiftFacts) -> None:
    """The picture as the token sees it: what it has not seen is veiled."""
    bright = np.zeros(facts.padded, dtype=np.float32)
    bright[: facts.height, : facts.width] = 0.2 + 0.8 * seen.numpy()
    bright[facts.height :], bright[:, facts.width :] = 0.2, 0.2
    bright = bright.repeat(UNIT, axis=0).repeat(UNIT, axis=1)[..., None]
    _show(axes, picture * bright + (1 - bright), facts.padded)
    places = seen.nonzero()
    top, left = places.min(dim=0).values.tolist()
    bottom, right = (places.max(dim=0).values + 1).tolist()
    frame = Rectangle((left, top), right - left, bottom - top, fill=False, ec=colour("key"), lw=1.5)
    frame.set_clip_on(False)
    axes.add_patch(frame)
    axes.add_patch(Rectangle(facts.token[::-1], 1, 1, fc=colour("query"), ec="white", lw=0.8))
