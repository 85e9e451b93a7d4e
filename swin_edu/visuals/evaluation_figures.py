"""Pictures of how sure a network is, and of its worst mistakes; which classes it mixes up is next door.

Notebook 08 shows them; `swin-edu evaluate` writes them as files.
"""

from textwrap import wrap

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.ticker import MaxNLocator

from swin_edu.visuals.confusion_figure import confusion_figure
from swin_edu.visuals.evaluation_parts import SMALL, Answers, Images, quiet
from swin_edu.visuals.palette import colour
from swin_edu.visuals.picture import Picture, draw_panels, finish_card

__all__ = ["calibration_figure", "confusion_figure", "worst_mistakes_figure"]

_COLUMNS = 6
_LETTERS = 17  # in a line under a picture


def calibration_figure(answers: Answers) -> Picture:
    """The reliability diagram: how often the network is right, for each degree of its confidence.

    Args:
        answers: of a network.

    Example:
        >>> from swin_edu.training.evaluation import evaluate_logits
        >>> calibration_figure(evaluate_logits(torch.eye(2), torch.tensor([0, 0]), ["cat", "dog"]))
        Picture: Reliability diagram. Mean confidence 73.1 %, accuracy 50.0 %, ...
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
    diagram.plot((0, 100), (0, 100), "--", color=colour("ink"), linewidth=1, zorder=4, label="as promised")
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
        quiet(axes)
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
            f"{len(answers.labels)} answers need as many images, got {len(dataset.images)}; was another "
            "split evaluated?"
        )
    places = answers.worst_mistakes(count)
    captions = []
    for place in places:
        said, true = (answers.class_names[int(kind[place])] for kind in (answers.predictions, answers.labels))
        sure = f"{100 * float(answers.confidences[place]):.0f} %"
        captions.append((f"{sure} {said}", f"is {true}"))
    lines = [[wrap(words, _LETTERS, max_lines=2, placeholder="…") for words in pair] for pair in captions]
    said_lines = max((len(said) for said, _ in lines), default=0)
    true_lines = max((len(true) for _, true in lines), default=0)
    side, gap, line = 104, 12, 14
    across, down = side + gap, side + gap + line * (said_lines + true_lines) + 6
    size = (_COLUMNS * across - gap, max(-(-len(places) // _COLUMNS) * down - gap, 24))
    title = "the surest mistakes: confidence in the predicted class, then the true class"
    figure, (axes,) = draw_panels([title if places else "no mistake in the test images"], [size])
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    style = {"va": "top", "linespacing": 1.15, **SMALL}
    for number, (place, (said, true)) in enumerate(zip(places, lines, strict=True)):
        left, top = number % _COLUMNS * across, number // _COLUMNS * down
        image = dataset.images[place].permute(1, 2, 0).cpu().numpy()
        tall, wide = (side * n / max(image.shape[:2]) for n in image.shape[:2])
        axes.imshow(image, extent=(left, left + wide, top + tall, top), interpolation="nearest")
        axes.text(left, top + side + 4, "\n".join(said), color=colour("series_1"), **style)
        below = top + side + 5 + line * len(said)
        axes.text(left, below, "\n".join(true), color=colour("ink"), **style)
    # imshow has set limits and proportions of its own.
    axes.set(xlim=(0, size[0]), ylim=(size[1], 0), aspect="auto")
    told = "; ".join(" ".join(pair) for pair in captions[:6]) or "There are none"
    return finish_card(figure, f"The surest mistakes, predicted and true. {told}.")


def _lighter(name: str) -> tuple[float, ...]:
    """A colour on which lines and hatches stay visible."""
    return tuple(1 - 0.4 * (1 - part) for part in to_rgb(colour(name)))
