"""Pictures of what a network gets wrong: which classes it mixes up, how sure it is, its worst mistakes.

Notebook 08 shows them; `swin-edu evaluate` writes them as files. They know an evaluation only by what it
has to offer (`Answers`), so that figures need nothing of the training code.
"""

from typing import Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from swin_edu.visuals.palette import colour
from swin_edu.visuals.picture import Picture, draw_panels, finish_card

LARGEST_MATRIX = 20  # classes; beyond, a cell is too small for a number
_PAIRS, _COLUMNS = 20, 6
_SMALL = {"size": 8.5, "parse_math": False}


class Bins(Protocol):
    """Images in bins by confidence; `swin_edu.training.calibration.Calibration` is one."""

    edges: Tensor
    counts: Tensor
    confidences: Tensor
    accuracies: Tensor
    error: float
    confidence: float


class Answers(Protocol):
    """A network's answers beside the truth; `swin_edu.training.evaluation.Evaluation` is one."""

    class_names: list[str]
    labels: Tensor
    predictions: Tensor
    confidences: Tensor
    confusion: Tensor
    counts: Tensor
    accuracy: float
    calibration: Bins

    def worst_mistakes(self, count: int = ...) -> list[int]: ...

    def most_confused(self, count: int = ...) -> list[tuple[int, int, int]]: ...


class Images(Protocol):
    """Test images; `swin_edu.data.ImageDataset` is one."""

    images: Tensor


def confusion_figure(answers: Answers) -> Picture:
    """Who is taken for whom: the whole matrix of up to 20 classes, else the pairs that are mixed up most.

    Args:
        answers: of a network, K classes.

    Example:
        >>> from swin_edu.training.evaluation import evaluate_logits
        >>> confusion_figure(evaluate_logits(torch.eye(2), torch.tensor([0, 0]), ["cat", "dog"]))
        Picture: Which classes are mixed up. Most often: cat called dog (1 of 1).
    """
    names, counts = answers.class_names, answers.counts.tolist()
    pairs = answers.most_confused(_PAIRS)
    words = [f"{names[true]} called {names[said]} ({n} of {counts[true]})" for true, said, n in pairs]
    told = f"Most often: {', '.join(words[:3])}." if words else "There is no mistake."
    if len(names) <= LARGEST_MATRIX:
        return _matrix(answers, told)
    return _pair_bars(answers, pairs, told)


def _matrix(answers: Answers, told: str) -> Picture:
    classes, names = len(answers.class_names), [shorten(name, 16) for name in answers.class_names]
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
        style = {"color": colour("ink"), "clip_on": False, **_SMALL}
        axes.text(-0.62, place, name, ha="right", va="center", **style)
        axes.text(place, classes - 0.38, name, ha="center", va="top", rotation=90, **style)
    walls = np.arange(classes + 1) - 0.5
    axes.set(xticks=walls, yticks=walls, xticklabels=[], yticklabels=[])
    _quiet(axes)
    axes.grid(color=colour("line"), linewidth=0.6)
    _title_from_the_edge(axes, margin / side)
    return finish_card(figure, f"Which classes are mixed up. {told}")


def _pair_bars(answers: Answers, pairs: list[tuple[int, int, int]], told: str) -> Picture:
    names, counts = [shorten(name, 22) for name in answers.class_names], answers.counts.tolist()
    title = f"most often mixed up, of {len(names)} classes: true → predicted"
    left = 24 + 7.5 * max((len(names[true] + names[said]) for true, said, _ in pairs), default=12)
    figure, (axes,) = draw_panels([title], [(360, 22 * max(len(pairs), 1))], below=18, left=round(left))
    most = max((n for _, _, n in pairs), default=1)
    for row, (true, said, n) in enumerate(pairs):
        axes.add_patch(Rectangle((0, row - 0.36), n, 0.72, color=colour("series_1")))
        style = {"va": "center", "color": colour("ink"), "clip_on": False, **_SMALL}
        axes.text(-0.02 * most, row, f"{names[true]} → {names[said]}", ha="right", **style)
        axes.text(n + 0.015 * most, row, f"{n} of {counts[true]}", **style)
    axes.set(xlim=(0, 1.18 * most), ylim=(len(pairs) - 0.4, -0.6), yticks=[])
    axes.set_xlabel("test images", size=9, color=colour("muted_ink"))
    axes.xaxis.get_major_locator().set_params(integer=True)
    _quiet(axes)
    axes.grid(axis="x", color=colour("line"), linewidth=0.6)
    _title_from_the_edge(axes, left / 360)
    return finish_card(figure, f"Which of {len(names)} classes are mixed up. {told}")


def calibration_figure(answers: Answers) -> Picture:
    """The reliability diagram: how often the network is right, for each degree of its confidence.

    Args:
        answers: of a network.

    Example:
        >>> from swin_edu.training.evaluation import evaluate_logits
        >>> calibration_figure(evaluate_logits(torch.eye(2), torch.tensor([0, 0]), ["cat", "dog"]))
        Picture: Reliability diagram. Mean confidence 73.1 %, accuracy 50.0 %, expected calibration error 23.1 %.
    """
    bins = answers.calibration
    error = f"expected calibration error {100 * bins.error:.1f} %"
    figure, (diagram, histogram) = draw_panels(
        [f"right answers (%): {error}", "test images in each bin (%)"],
        [(330, 330), (330, 330)],
        below=80,
        gap=64,
        left=24,
    )
    edges, counts = 100 * bins.edges.numpy(), bins.counts.numpy()
    confidences, accuracies = 100 * bins.confidences.numpy(), 100 * bins.accuracies.numpy()
    width = edges[1] - edges[0]
    full = np.flatnonzero(counts)
    middles = edges[:-1] + width / 2
    faces = {"width": 0.88 * width, "color": _lighter("series_0"), "zorder": 2}
    diagram.bar(middles[full], accuracies[full], label="right answers", **faces)
    # From what came to what was promised; hatched, so that it can be told in grey.
    diagram.bar(
        middles[full],
        confidences[full] - accuracies[full],
        0.88 * width,
        accuracies[full],
        facecolor="none",
        edgecolor=colour("series_1"),
        hatch="////",
        linewidth=1,
        zorder=3,
        label="from right answers to mean confidence",
    )
    diagram.plot((0, 100), (0, 100), "--", color=colour("ink"), linewidth=1, zorder=4, label="as often as promised")
    diagram.set(ylim=(0, 100))
    histogram.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=True))
    histogram.bar(middles, 100 * counts / counts.sum(), **faces)
    marks = (bins.confidence, "mean confidence", "--"), (answers.accuracy, "accuracy", "-")
    for value, name, line in marks:
        label = f"{name} {100 * value:.1f} %"
        histogram.axvline(100 * value, color=colour("ink"), linestyle=line, linewidth=1.4, label=label)
    for axes in (diagram, histogram):
        below = {"loc": "upper left", "bbox_to_anchor": (-0.02, -0.115), "borderaxespad": 0}
        axes.legend(frameon=False, fontsize=8.5, labelcolor=colour("ink"), **below)
        axes.set(xlim=(0, 100))
        axes.set_xlabel("confidence in the predicted class (%)", size=9, color=colour("muted_ink"))
        _quiet(axes)
        axes.grid(color=colour("line"), linewidth=0.6)
    return finish_card(
        figure,
        f"Reliability diagram. Mean confidence {100 * bins.confidence:.1f} %, accuracy "
        f"{100 * answers.accuracy:.1f} %, {error}.",
    )


def worst_mistakes_figure(answers: Answers, dataset: Images, count: int = 18) -> Picture:
    """The images of which the network was surest and wrong, with what it said and what is true.

    Args:
        answers: of a network.
        dataset: the test images that it answered for; ``images`` is (N, 3, H, W), uint8.
        count: how many at most.

    Raises:
        ValueError: if there is not one image for each answer.

    Example:
        >>> from swin_edu.data import make_shapes; from swin_edu.training.evaluation import evaluate_logits
        >>> shapes = make_shapes(10); said = torch.eye(10)[shapes.labels.roll(1)]
        >>> worst_mistakes_figure(evaluate_logits(said, shapes.labels, shapes.class_names), shapes, count=1)
        Picture: The surest mistakes, predicted and true. ...
    """
    if len(dataset.images) != len(answers.labels):
        raise ValueError(
            f"{len(answers.labels)} answers need as many images, got {len(dataset.images)}; was another split "
            "evaluated?"
        )
    places = answers.worst_mistakes(count)
    side, caption, gap = 104, 34, 12
    rows = max(-(-len(places) // _COLUMNS), 1)
    across, down = side + gap, side + caption + gap
    size = (_COLUMNS * across - gap, rows * down - gap if places else 24)
    title = "the surest mistakes: confidence in the predicted class, then the true class"
    figure, (axes,) = draw_panels([title if places else "no mistake in the test images"], [size])
    axes.set(xlim=(0, size[0]), ylim=(size[1], 0), xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    told = []
    for number, place in enumerate(places):
        left, top = number % _COLUMNS * across, number // _COLUMNS * down
        image = dataset.images[place].permute(1, 2, 0).cpu().numpy()
        tall, wide = (side * n / max(image.shape[:2]) for n in image.shape[:2])
        axes.imshow(image, extent=(left, left + wide, top + tall, top), interpolation="nearest")
        label, said = (answers.class_names[int(kind[place])] for kind in (answers.labels, answers.predictions))
        sure = f"{100 * float(answers.confidences[place]):.0f} %"
        style = {"va": "top", **_SMALL}
        axes.text(left, top + side + 4, f"{sure} {shorten(said, 12)}", color=colour("series_1"), **style)
        axes.text(left, top + side + 19, f"is {shorten(label, 14)}", color=colour("ink"), **style)
        told.append(f"{said} ({sure}) is {label}")
    # imshow has set limits and proportions of its own.
    axes.set(xlim=(0, size[0]), ylim=(size[1], 0), aspect="auto")
    return finish_card(
        figure, f"The surest mistakes, predicted and true. {'; '.join(told[:6]) or 'There are none'}."
    )


def shorten(name: str, length: int) -> str:
    """A class name that fits, with an ellipsis where it was cut.

    Args:
        name: any text.
        length: characters, at least 1.

    Example:
        >>> shorten("cassette player", 9)
        'cassette…'
    """
    name = " ".join(name.split())
    return name if len(name) <= length else name[: length - 1].rstrip() + "…"


def _title_from_the_edge(axes: Axes, share: float) -> None:
    """Begin the title left of the panel, by a share of its width, where the labels begin."""
    axes.set_title(axes.get_title("left"), loc="left", x=-share, size=10.5, color=colour("ink"), pad=5)


def _lighter(name: str) -> tuple[float, ...]:
    """A colour on which lines and hatches stay visible."""
    return tuple(1 - 0.4 * (1 - part) for part in to_rgb(colour(name)))


def _quiet(axes: Axes) -> None:
    """No frame, small grey numbers, the grid behind the marks."""
    axes.tick_params(length=0, colors=colour("muted_ink"), labelsize=8.5)
    axes.spines[:].set_visible(False)
    axes.set_axisbelow(True)
