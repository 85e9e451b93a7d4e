"""Which classes a network mixes up: a matrix for few classes, the pairs mixed up most for many.

Notebook 08 shows it; `swin-edu evaluate` writes it as a file.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from swin_edu.visuals.evaluation_parts import SMALL, Answers, quiet, shorten
from swin_edu.visuals.palette import colour
from swin_edu.visuals.picture import Picture, draw_panels, finish_card

LARGEST_MATRIX = 20  # classes; beyond, a cell is too small for a number
_PAIRS = 20


def confusion_figure(answers: Answers) -> Picture:
    """Who is taken for whom: the whole matrix of up to 20 classes, else the pairs that are mixed up most.

    Args:
        answers: of a network, K classes.

    Example:
        >>> from swin_edu.training.evaluation import evaluate_logits
        >>> confusion_figure(evaluate_logits(torch.eye(2), torch.tensor([0, 0]), ["cat", "dog"]))
        Picture: Which classes are mixed up. Most often: cat called dog (1 of 2).
    """
    names, counts = answers.class_names, answers.counts.tolist()
    pairs = answers.most_confused(_PAIRS)
    words = [f"{names[true]} called {names[said]} ({n} of {counts[true]})" for true, said, n in pairs]
    told = f"Most often: {', '.join(words[:3])}." if words else "There is no mistake."
    if len(names) <= LARGEST_MATRIX:
        return _matrix(answers, told)
    return _pair_bars(answers, pairs, told)


def _matrix(answers: Answers, told: str) -> Picture:
    classes, names = len(answers.class_names), [shorten(name, 30) for name in answers.class_names]
    cell = 44 if classes <= 12 else 34
    margin = 14 + 6 * max(map(len, names))
    side = cell * classes
    figure, (axes,) = draw_panels(
        ["true class in rows, predicted class in columns: number of test images"],
        [(side, side)],
        below=margin - 14,
        left=margin,
    )
    confusion = answers.confusion.numpy()
    # The root makes few mistakes visible beside many right answers.
    shares = np.sqrt(confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1))
    page, right, wrong = (np.array(to_rgb(colour(name))) for name in ("surface", "series_0", "series_1"))
    inks = np.where(np.eye(classes, dtype=bool)[:, :, None], right, wrong)  # (K, K, 3)
    axes.imshow(page + shares[:, :, None] * (inks - page), interpolation="nearest", aspect="auto")
    for row, column in np.argwhere(confusion):
        ink = colour("on_series" if shares[row, column] > 0.72 else "ink")
        axes.text(column, row, str(confusion[row, column]), ha="center", va="center", size=9, color=ink)
    for place, name in enumerate(names):
        style = {"color": colour("ink"), "clip_on": False, **SMALL}
        axes.text(-0.62, place, name, ha="right", va="center", **style)
        axes.text(place, classes - 0.38, name, ha="center", va="top", rotation=90, **style)
    walls = np.arange(classes + 1) - 0.5
    axes.set(xticks=walls, yticks=walls, xticklabels=[], yticklabels=[])
    quiet(axes)
    axes.grid(color=colour("line"), linewidth=0.6)
    _title_from_the_edge(axes, margin / side)
    return finish_card(figure, f"Which classes are mixed up. {told}")


def _pair_bars(answers: Answers, pairs: list[tuple[int, int, int]], told: str) -> Picture:
    names, counts = [shorten(name, 30) for name in answers.class_names], answers.counts.tolist()
    title = f"most often mixed up, of {len(names)} classes: true → predicted"
    left = 24 + 7.5 * max((len(names[true] + names[said]) for true, said, _ in pairs), default=12)
    figure, (axes,) = draw_panels([title], [(360, 22 * max(len(pairs), 1))], below=18, left=round(left))
    most = max((n for _, _, n in pairs), default=1)
    for row, (true, said, n) in enumerate(pairs):
        axes.add_patch(Rectangle((0, row - 0.36), n, 0.72, color=colour("series_1")))
        style = {"va": "center", "color": colour("ink"), "clip_on": False, **SMALL}
        axes.text(-0.02 * most, row, f"{names[true]} → {names[said]}", ha="right", **style)
        axes.text(n + 0.015 * most, row, f"{n} of {counts[true]}", **style)
    axes.set(xlim=(0, 1.18 * most), ylim=(len(pairs) - 0.4, -0.6), yticks=[])
    axes.set_xlabel("test images", size=9, color=colour("muted_ink"))
    axes.xaxis.get_major_locator().set_params(integer=True)
    quiet(axes)
    axes.grid(axis="x", color=colour("line"), linewidth=0.6)
    _title_from_the_edge(axes, left / 360)
    return finish_card(figure, f"Which of {len(names)} classes are mixed up. {told}")


def _title_from_the_edge(axes: Axes, share: float) -> None:
    """Begin the title left of the panel, by a share of its width, where the labels begin."""
    axes.set_title(axes.get_title("left"), loc="left", x=-share, size=10.5, color=colour("ink"), pad=5)
