"""Still pictures for the lesson on the block: one number for each token, and how something grows with depth.

Notebook 05 shows them; they are drawn on the white card of `picture`, like all figures.
"""

from collections.abc import Mapping, Sequence

import matplotlib
from matplotlib.colors import LinearSegmentedColormap
from torch import Tensor

from swin_edu.visuals.palette import colour
from swin_edu.visuals.picture import Picture, draw_card, finish_card

# Told apart by colour, by dashes and by the words at the line's end.
LINES = (("series_0", "-"), ("series_1", "--"), ("series_2", ":"), ("series_3", "-."))


def token_maps(maps: Mapping[str, Tensor], quantity: str) -> Picture:
    """A number for each token as brightness, on one scale for all panels: 0 is dark.

    Args:
        maps: title -> (H, W), none below 0.
        quantity: what the numbers are, in words.

    Raises:
        ValueError: if there is no map, or a number is below 0.

    Example:
        >>> token_maps({"before": torch.eye(2), "after": torch.zeros(2, 2)}, "size")
        Picture: The size of each token, as brightness. before: mean 0.50. after: mean 0.00.
    """
    if not maps or min(float(values.min()) for values in maps.values()) < 0:
        raise ValueError("token_maps needs at least one map, and no number below 0")
    largest = max(float(values.max()) for values in maps.values()) or 1.0
    figure, panels = draw_card(list(maps), {1: 300, 2: 300}.get(len(maps), 240))
    shades = LinearSegmentedColormap.from_list("shades", [colour("ink"), colour("surface")])
    for axes, values in zip(panels, maps.values(), strict=True):
        height, width = values.shape
        axes.imshow(values.numpy(), cmap=shades, vmin=0, vmax=largest, extent=(0, width, height, 0))
        axes.set(xticks=[], yticks=[], aspect="equal", anchor="NW")
        axes.spines[:].set(color=colour("line"))
    means = " ".join(f"{title}: mean {float(values.mean()):.2f}." for title, values in maps.items())
    return finish_card(figure, f"The {quantity} of each token, as brightness. {means}")


def curves(lines: Mapping[str, Sequence[float]], across: str, up: str) -> Picture:
    """How something changes from block to block, a line for each way, its name at its end.

    Args:
        lines: name -> one number for 0, 1, 2, ... blocks; four lines at most, from 0 up.
        across, up: what the axes are.

    Raises:
        ValueError: for no line, or more than four.

    Example:
        >>> curves({"grows": [1, 2, 4], "stays": [1, 1, 1]}, "blocks", "size")
        Picture: size against blocks. grows: from 1.0 to 4.0. stays: from 1.0 to 1.0.
    """
    if not 1 <= len(lines) <= len(LINES):
        raise ValueError(f"curves draws 1 to {len(LINES)} lines, got {len(lines)}")
    with matplotlib.rc_context({"font.size": 9}):
        figure, (axes,) = draw_card([up], 560, 0.4, labelled=True)
        for (name, values), (ink, dashes) in zip(lines.items(), LINES, strict=False):
            axes.plot(range(len(values)), values, dashes, color=colour(ink), linewidth=2.2)
            last = (len(values) - 1, values[-1])
            axes.annotate(name, last, (8, 0), textcoords="offset points", va="center", color=colour("ink"))
    longest = max(len(values) for values in lines.values()) - 1
    axes.set_ylim(0, None)
    axes.set_xticks([tick for tick in axes.get_xticks() if 0 <= tick <= longest])
    axes.set_xlim(-0.08 * longest, 1.32 * longest)  # room for the numbers at the left, the names at the right
    axes.tick_params(axis="y", direction="in", pad=-18, length=0, colors=colour("muted_ink"))
    axes.tick_params(axis="x", length=3, colors=colour("muted_ink"))
    axes.text(longest * 1.03, 0, across, color=colour("muted_ink"), va="center", size=9)
    axes.spines[:].set_visible(False)
    for tick in axes.get_yticks():
        axes.plot((0, longest), (tick, tick), color=colour("line"), linewidth=0.8, zorder=0)
    axes.set_ylim(0, 1.08 * max(max(values) for values in lines.values()))
    ends = " ".join(f"{name}: from {values[0]:.1f} to {values[-1]:.1f}." for name, values in lines.items())
    return finish_card(figure, f"{up} against {across}. {ends}")
