"""Draw the picture at the top of the README: windows, shift, roll, mask, and the four stages.

Regions and mask come from `swin_edu` itself, colours from its palette. Run `python docs/make_picture.py`.
"""

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from einops import rearrange, reduce
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Polygon, Rectangle
from matplotlib.transforms import Affine2D
from PIL import Image
from skimage.data import chelsea

from swin_edu import region_ids, shift_mask
from swin_edu.visuals.palette import Theme, colour

# The token grid of the panels: the last stage of a 256 x 384 image.
HEIGHT, WIDTH, WINDOW, SHIFT = 8, 12, 4, 2
QUERY = (3, 4)  # the cat's eye: in a corner of its window, in the middle of the shifted one
CANVAS = (1040, 584)
PANEL = (300, 200)
TOKEN = PANEL[0] / WIDTH
COLUMNS, ROWS = (14, 364), (66, 352)
STAGE_COLUMN = 722
DARKEST = "#14171C"


def photograph() -> np.ndarray:
    """The cat of scikit-image, cut to 2:3, as (256, 384, 3) in 0..1: 64 x 96 patches of 4 x 4 pixels."""
    return np.asarray(Image.fromarray(chelsea()[:, :450]).resize((384, 256), Image.Resampling.LANCZOS)) / 255


def draw(theme: Theme) -> plt.Figure:
    """The whole picture for a light or a dark page, on a transparent ground."""
    plt.rcParams["font.family"] = "DejaVu Sans"
    figure = plt.figure(figsize=(CANVAS[0] / 100, CANVAS[1] / 100))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, CANVAS[0]), ylim=(CANVAS[1], 0))
    axes.axis("off")
    image = photograph()
    regions = region_ids(HEIGHT, WIDTH, WINDOW, SHIFT).numpy()

    draw_windows(axes, theme, image)
    draw_shifted(axes, theme, image, regions)
    draw_rolled(axes, theme, image, regions)
    draw_mask(axes, theme, regions)
    draw_stages(axes, theme, image)
    axes.set(xlim=(0, CANVAS[0]), ylim=(CANVAS[1], 0))
    return figure


def title(axes: Axes, theme: Theme, place: tuple[float, float], number: str, words: str, more: str) -> None:
    x, y = place
    axes.add_patch(Circle((x + 11, y - 35), 11, color=colour("ink", theme)))
    surface = colour("surface", theme)
    axes.text(x + 11, y - 34.5, number, color=surface, fontsize=11, weight="bold", ha="center", va="center")
    axes.text(x + 30, y - 35, words, color=colour("ink", theme), fontsize=12.5, weight="bold", va="center")
    axes.text(x, y - 12, more, color=colour("muted_ink", theme), fontsize=10.3, va="center")


def show(axes: Axes, image: np.ndarray, place: tuple[float, float], **options) -> None:
    (x, y), (width, height) = place, PANEL
    axes.imshow(image, extent=(x, x + width, y + height, y), zorder=1, interpolation="antialiased", **options)


def tint(axes: Axes, place: tuple[float, float], regions: np.ndarray) -> None:
    """Lay each token's region colour over the photograph."""
    for (row, column), region in np.ndenumerate(regions):
        corner = (place[0] + column * TOKEN, place[1] + row * TOKEN)
        face = colour(f"region_{region}")
        axes.add_patch(Rectangle(corner, TOKEN, TOKEN, facecolor=face, alpha=0.55, linewidth=0, zorder=2))


def grid(axes: Axes, place: tuple[float, float], offset: int) -> None:
    """Hairlines between tokens, strong lines where a window of the block ends."""
    x, y = place
    for count, vertical in ((WIDTH, True), (HEIGHT, False)):
        for i in range(count + 1):
            border = (i - offset) % WINDOW == 0 or i in (0, count)
            style = {"color": DARKEST if border else "white", "alpha": 1 if border else 0.45}
            style |= {"linewidth": 2.0 if border else 0.6, "zorder": 4 if border else 3}
            across = ([x + i * TOKEN] * 2, [y, y + PANEL[1]])
            down = ([x, x + PANEL[0]], [y + i * TOKEN] * 2)
            axes.plot(*(across if vertical else down), solid_capstyle="butt", **style)


def frame(axes: Axes, place, rows: tuple[int, int], columns: tuple[int, int], edge: str, width=3.0) -> None:
    """Outline the tokens from row and column to row and column."""
    corner = (place[0] + columns[0] * TOKEN, place[1] + rows[0] * TOKEN)
    size = ((columns[1] - columns[0]) * TOKEN, (rows[1] - rows[0]) * TOKEN)
    for line, ink, layer in ((width + 2.4, "white", 5), (width, edge, 6)):
        axes.add_patch(Rectangle(corner, *size, fill=False, edgecolor=ink, linewidth=line, zorder=layer))


def mark_query(axes: Axes, place: tuple[float, float], top: int, left: int, row: int, column: int) -> None:
    """Outline the query token, and the window of keys that it attends to."""
    frame(axes, place, (top, top + WINDOW), (left, left + WINDOW), colour("key"))
    frame(axes, place, (row, row + 1), (column, column + 1), colour("query"), 2.4)


def draw_windows(axes: Axes, theme: Theme, image: np.ndarray) -> None:
    place = (COLUMNS[0], ROWS[0])
    title(axes, theme, place, "1", "Attention inside windows", "A token sees only its own window.")
    show(axes, image, place)
    grid(axes, place, 0)
    mark_query(axes, place, 0, 4, *QUERY)


def draw_shifted(axes: Axes, theme: Theme, image: np.ndarray, regions: np.ndarray) -> None:
    place = (COLUMNS[1], ROWS[0])
    title(axes, theme, place, "2", "The next block shifts them", "Now it sees across the old border.")
    show(axes, image, place)
    tint(axes, place, np.roll(regions, (SHIFT, SHIFT), (0, 1)))
    grid(axes, place, SHIFT)
    mark_query(axes, place, 2, 2, *QUERY)


def draw_rolled(axes: Axes, theme: Theme, image: np.ndarray, regions: np.ndarray) -> None:
    place = (COLUMNS[0], ROWS[1])
    title(axes, theme, place, "3", "A roll makes them whole", "Warm colours came round the edge.")
    pixels = image.shape[0] // HEIGHT * SHIFT
    show(axes, np.roll(image, (-pixels, -pixels), (0, 1)), place)
    tint(axes, place, regions)
    grid(axes, place, 0)
    mark_query(axes, place, 0, 0, QUERY[0] - SHIFT, QUERY[1] - SHIFT)
    frame(axes, place, (4, 8), (8, 12), colour("ink"), 3)


def draw_mask(axes: Axes, theme: Theme, regions: np.ndarray) -> None:
    """The last window's tokens by region, and which pairs of them may attend."""
    place = (COLUMNS[1], ROWS[1])
    title(axes, theme, place, "4", "A mask parts strangers", "In the last window, like sees like.")
    window = regions[-WINDOW:, -WINDOW:]
    labels = window.flatten()
    allowed = shift_mask(HEIGHT, WIDTH, WINDOW, SHIFT)[-1].numpy()
    cell = PANEL[1] / WINDOW**2
    for (query, key), may in np.ndenumerate(allowed):
        face = colour(f"region_{labels[query]}") if may else colour("masked", theme)
        corner = (place[0] + 100 + key * cell, place[1] + query * cell)
        axes.add_patch(Rectangle(corner, cell - 0.9, cell - 0.9, facecolor=face, linewidth=0))
    side = 19
    for (row, column), region in np.ndenumerate(window):
        corner = (place[0] + column * side, place[1] + row * side)
        axes.add_patch(
            Rectangle(corner, side - 1, side - 1, facecolor=colour(f"region_{region}"), linewidth=0)
        )
        middle = (corner[0] + side / 2 - 0.5, corner[1] + side / 2 - 0.5)
        axes.text(*middle, str(region), color=colour("region_ink"), fontsize=8.5, ha="center", va="center")
    for end in (0, 4):  # from the marked window of panel 3 to its enlargement
        here = (COLUMNS[0] + PANEL[0] + 3, place[1] + (4 + end) * TOKEN)
        there = (place[0] - 3, place[1] + end * side)
        axes.plot(*zip(here, there, strict=True), color=colour("muted_ink", theme), linewidth=0.9)
    muted = {"color": colour("muted_ink", theme), "fontsize": 9.5}
    axes.text(place[0], place[1] + 94, "last window,\nregion ids", va="top", linespacing=1.4, **muted)
    axes.text(place[0] + 88, place[1] + 168, "queries", rotation=90, va="center", ha="center", **muted)
    axes.text(place[0] + 200, place[1] + 211, "keys", va="center", ha="center", **muted)


def draw_stages(axes: Axes, theme: Theme, image: np.ndarray) -> None:
    """The four stages as planes: the window keeps its number of tokens, so it covers more and more."""
    place = (STAGE_COLUMN, ROWS[0])
    title(
        axes,
        theme,
        place,
        "5",
        "Four stages, ever coarser",
        "2 \u00d7 2 tokens merge; a window stays 4 \u00d7 4.",
    )
    shear, squeeze, width = 0.42, 0.66, 176
    corners_below = None
    for stage in range(4):
        patch = 4 * 2**stage
        tokens = reduce(image, "(h p) (w q) c -> h w c", "mean", p=patch, q=patch)
        rows, columns, _ = tokens.shape
        lift = ROWS[1] + 121 - 125 * stage
        scale = width / columns
        plane = Affine2D().scale(scale, scale * squeeze).skew(-np.arctan(shear), 0)
        plane += Affine2D().translate(STAGE_COLUMN + 4 + shear * rows * scale * squeeze, lift)
        show_plane(axes, theme, tokens, plane)
        centre = (int((QUERY[0] + 0.5) / HEIGHT * rows), int((QUERY[1] + 0.5) / WIDTH * columns))
        top, left = (index // WINDOW * WINDOW for index in centre)
        corners = [(left, top), (left + WINDOW, top), (left + WINDOW, top + WINDOW), (left, top + WINDOW)]
        corners = plane.transform(corners)
        axes.add_patch(Polygon(corners, fill=False, edgecolor="white", linewidth=4, zorder=20 + stage))
        axes.add_patch(
            Polygon(corners, fill=False, edgecolor=colour("key"), linewidth=2.2, zorder=21 + stage)
        )
        if corners_below is not None:
            for below, above in zip(corners_below, corners, strict=True):
                line = {
                    "color": colour("key", theme),
                    "linewidth": 0.9,
                    "alpha": 0.8,
                    "linestyle": (0, (3, 2)),
                }
                axes.plot(*zip(below, above, strict=True), zorder=15, **line)
        corners_below = corners
        words = f"stage {stage + 1}\n{rows} \u00d7 {columns}\n{96 * 2**stage} channels"
        style = {"color": colour("ink", theme), "fontsize": 9.5, "va": "center", "linespacing": 1.4}
        axes.text(STAGE_COLUMN + 224, lift + 36, words, **style)


def show_plane(axes: Axes, theme: Theme, tokens: np.ndarray, plane: Affine2D) -> None:
    """One stage's tokens, seen at an angle, with the borders of its windows."""
    rows, columns, _ = tokens.shape
    picture = axes.imshow(tokens, extent=(0, columns, rows, 0), interpolation="nearest", zorder=5)
    picture.set_transform(plane + axes.transData)
    outline = rearrange(np.array([[0, columns, columns, 0], [0, 0, rows, rows]]), "xy corner -> corner xy")
    axes.add_patch(Polygon(plane.transform(outline), fill=False, edgecolor=DARKEST, linewidth=1.2, zorder=6))
    fine = 0.3 + 0.25 * (columns < 50) + 0.4 * (columns < 20)
    for start, end in [((0, i), (columns, i)) for i in range(WINDOW, rows, WINDOW)] + [
        ((i, 0), (i, rows)) for i in range(WINDOW, columns, WINDOW)
    ]:
        axes.plot(*zip(*plane.transform([start, end]), strict=True), color=DARKEST, linewidth=fine, zorder=6)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent, help="where the pictures go")
    folder = parser.parse_args().folder
    for theme in ("light", "dark"):
        figure = draw(theme)
        path = folder / f"swin_{theme}.png"
        figure.savefig(path, dpi=150, transparent=True, metadata={"Software": None})
        plt.close(figure)
        print(f"{path}: {path.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
