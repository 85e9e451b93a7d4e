"""The still picture of an experiment: every run of every variant, with the runs of one seed joined.

Assignment 5 shows it; it is drawn on the white card of `picture`, like all figures.
"""

from collections.abc import Mapping, Sequence

from swin_edu.visuals.palette import colour
from swin_edu.visuals.picture import Picture, draw_card, finish_card


def runs(counts: Mapping[str, Sequence[int]], images: int, chance: float | None = None) -> Picture:
    """How many test images each run got right: a dot a run, a bar for the mean, a line for each seed.

    Args:
        counts: variant -> one number for each seed, the seeds in the same order.
        images: how many test images there are.
        chance: the share that guessing gets right, drawn as a dashed line.

    Raises:
        ValueError: if there is no variant, a variant has no run, or a number is no count of the images.

    Example:
        >>> runs({"full": [19, 20], "no shift": [5, 6]}, images=20)
        Picture: Test images named rightly. full: 95.0 to 100.0 %. no shift: 25.0 to 30.0 %.
    """
    if not counts or not all(len(found) for found in counts.values()):
        raise ValueError("runs needs at least one variant, each with at least one run")
    if any(not 0 <= count <= images for found in counts.values() for count in found):
        raise ValueError(f"a run gets 0 to {images} of {images} images right, got {dict(counts)}")
    shares = {name: [100 * count / images for count in found] for name, found in counts.items()}
    figure, (axes,) = draw_card(
        ["test images named rightly (%), a dot for each seed"], 560, 0.45, labelled=True
    )
    plate = {"boxstyle": "square,pad=0.15", "fc": colour("surface"), "ec": "none"}
    for seed in range(min(map(len, shares.values()))):
        heights = [found[seed] for found in shares.values()]
        axes.plot(range(len(heights)), heights, color=colour("line"), linewidth=1.2, zorder=1)
    for place, found in enumerate(shares.values()):
        mean = sum(found) / len(found)
        axes.plot((place - 0.16, place + 0.16), (mean, mean), color=colour("ink"), linewidth=2.4, zorder=2)
        axes.plot(
            [place] * len(found), found, "o", color=colour("series_0"), markersize=6, alpha=0.8, zorder=3
        )
        axes.text(place + 0.2, mean, f"{mean:.1f}", va="center", size=9, color=colour("ink"), bbox=plate)
    if chance is not None:
        axes.axhline(100 * chance, color=colour("muted_ink"), linestyle="--", linewidth=1)
        axes.text(-0.45, 100 * chance + 1.5, "guessing", size=8.5, color=colour("muted_ink"))
    axes.set(xlim=(-0.5, len(shares) - 0.4), ylim=(0, 105), xticks=range(len(shares)), xticklabels=shares)
    axes.tick_params(length=0, colors=colour("muted_ink"), labelsize=9)
    axes.tick_params(axis="y", direction="in", pad=-24)
    for label in axes.get_yticklabels():
        label.set_bbox(plate)
    axes.spines[:].set_visible(False)
    axes.grid(axis="y", color=colour("line"), linewidth=0.6)
    axes.set_axisbelow(True)
    ends = " ".join(f"{name}: {min(found):.1f} to {max(found):.1f} %." for name, found in shares.items())
    return finish_card(figure, f"Test images named rightly. {ends}")
