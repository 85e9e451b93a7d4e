"""The still pictures of training: small images as the network gets them, and every run of an experiment.

Notebook 08 shows the images, assignment 5 the runs; both are drawn on the white card of `picture`.
"""

from collections.abc import Mapping, Sequence

from matplotlib.ticker import MaxNLocator
from torch import Tensor

from swin_edu.visuals.palette import colour
from swin_edu.visuals.picture import Picture, draw_card, draw_panels, finish_card

# Told apart by colour and by dashes.
_LINES = ("series_0", "-"), ("series_1", "--"), ("series_2", "-."), ("series_3", ":")


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


def curves(lines: Mapping[str, Sequence[float]], across: str, up: str) -> Picture:
    """How numbers change from step to step, a line for each name, and a key above the lines.

    Args:
        lines: name -> one number for step 0, 1, 2, ...; four lines at most, drawn from 0 up.
        across, up: what the axes are.

    Raises:
        ValueError: for no line, or more than four.

    Example:
        >>> curves({"grows": [1, 2, 4], "stays": [1, 1, 1]}, "step", "loss")
        Picture: loss against step. grows: from 1.0 to 4.0. stays: from 1.0 to 1.0.
    """
    if not 1 <= len(lines) <= len(_LINES):
        raise ValueError(f"curves draws 1 to {len(_LINES)} lines, got {len(lines)}")
    figure, (axes,) = draw_panels([up], [(520, 220)], below=24, left=26)
    for (name, values), (ink, dashes) in zip(lines.items(), _LINES, strict=False):
        axes.plot(range(len(values)), values, dashes, color=colour(ink), linewidth=2, label=name)
    longest, highest = max(map(len, lines.values())) - 1, max(map(max, lines.values()))
    axes.set(xlim=(0, longest), ylim=(0, 1.06 * highest))
    # As matplotlib chooses its ticks, but there is no half a step.
    axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 2.5, 5, 10], integer=True))
    axes.set_xlabel(across, size=9, color=colour("muted_ink"), labelpad=3)
    axes.tick_params(length=0, colors=colour("muted_ink"), labelsize=9)
    axes.spines[:].set_visible(False)
    axes.grid(axis="y", color=colour("line"), linewidth=0.8)
    axes.set_axisbelow(True)
    if len(lines) > 1:
        above = {"loc": "lower right", "bbox_to_anchor": (1.01, 0.99), "borderaxespad": 0, "ncol": len(lines)}
        axes.legend(frameon=False, fontsize=9, labelcolor=colour("ink"), handlelength=2.6, **above)
    ends = " ".join(f"{name}: from {values[0]:.1f} to {values[-1]:.1f}." for name, values in lines.items())
    return finish_card(figure, f"{up} against {across}. {ends}")


def small_images(rows: Mapping[str, tuple[Tensor, Sequence[str]]], side: int = 100) -> Picture:
    """Rows of small images, each image large enough to count its pixels, with words below.

    Args:
        rows: title -> (images (N, 3, H, W), float in [0, 1], what is outside is cut off; N captions of one
            line or more, or none at all).
        side: of an image in CSS pixels.

    Raises:
        ValueError: if there is no image, or a row has some captions, but not one for each image.

    Example:
        >>> small_images({"two": (torch.zeros(2, 3, 8, 8), ["black", "black"])})
        Picture: Small images. two: black, black.
    """
    if not any(len(images) for images, _ in rows.values()):
        raise ValueError("small_images needs at least one image")
    for title, (images, captions) in rows.items():
        if captions and len(captions) != len(images):
            raise ValueError(f"row {title!r} has {len(images)} images, but {len(captions)} captions")
    gap, line, heading = 14, 13, 24
    across = max(len(images) for images, _ in rows.values()) * (side + gap) - gap
    lines = [max((words.count("\n") + 1 for words in captions), default=0) for _, captions in rows.values()]
    tops = [sum(side + line * n + gap + heading for n in lines[:row]) for row in range(len(lines))]
    down = tops[-1] + side + line * lines[-1] + 4
    figure, (axes,) = draw_panels([next(iter(rows))], [(across, down)])
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    for number, (top, (title, (images, captions))) in enumerate(zip(tops, rows.items(), strict=True)):
        if number:  # the first one is the panel's own
            axes.text(0, top - 7, title, size=10.5, color=colour("ink"))
        for place, image in enumerate(images):
            left = place * (side + gap)
            pixels = image.permute(1, 2, 0).clamp(0, 1).cpu().numpy()
            axes.imshow(pixels, extent=(left, left + side, top + side, top), interpolation="nearest")
            words = captions[place].split("\n") if captions else []
            for row, text in enumerate(words):  # one by one, so that the lines of all images are level
                low = top + side + line * (row + 1)
                axes.text(left, low, text, size=8.5, color=colour("muted_ink"))
    # imshow has set limits and proportions of its own.
    axes.set(xlim=(0, across), ylim=(down, 0), aspect="auto")
    told = " ".join(
        f"{title}: {', '.join(words.replace(chr(10), ' ') for words in captions)}."
        if captions
        else f"{title}: {len(images)} images."
        for title, (images, captions) in rows.items()
    )
    return finish_card(figure, f"Small images. {told}")
