"""Figures of an evaluation: true words, room for many classes and odd names, the same bytes each time."""

import io
import warnings
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from swin_edu.training.evaluation import evaluate_logits
from swin_edu.visuals import colour
from swin_edu.visuals.evaluation_figures import calibration_figure, confusion_figure, worst_mistakes_figure
from swin_edu.visuals.evaluation_parts import shorten


@dataclass
class Images:
    images: torch.Tensor = field(repr=False)


def answers(classes=10, count=300, strength=2.0, names=None):
    random = torch.Generator().manual_seed(1)
    labels = torch.randint(classes, (count,), generator=random)
    logits = torch.randn(count, classes, generator=random) + strength * F.one_hot(labels, classes)
    return evaluate_logits(logits, labels, names or [f"class {number}" for number in range(classes)])


def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGBA").convert("RGB")).astype(int)


def places_of(picture, name, far=40):
    """Rows and columns of the pixels in a colour of the palette."""
    wanted = [int(colour(name)[i : i + 2], 16) for i in (1, 3, 5)]
    return np.nonzero(np.abs(pixels(picture) - wanted).sum(axis=2) < far)


def photographs(count):
    random = torch.Generator().manual_seed(2)
    return Images(torch.randint(0, 256, (count, 3, 8, 8), dtype=torch.uint8, generator=random))


def test_right_answers_are_on_the_diagonal_and_mistakes_beside_it_in_another_colour():
    labels = torch.arange(4).repeat(5)
    rows, columns = places_of(
        confusion_figure(evaluate_logits(F.one_hot(labels, 4), labels, list("abcd"))), "series_0"
    )
    assert np.corrcoef(rows, columns)[0, 1] > 0.9
    shifted = evaluate_logits(F.one_hot((labels + 1) % 4, 4), labels, list("abcd"))
    picture = confusion_figure(shifted)
    assert len(places_of(picture, "series_0")[0]) == 0
    assert len(places_of(picture, "series_1")[0]) > 1000


def test_the_words_name_the_most_frequent_mistake_in_its_direction():
    labels = torch.tensor([0, 0, 0, 1])
    said = torch.tensor([1, 1, 0, 1])
    seen = evaluate_logits(F.one_hot(said, 2), labels, ["cat", "dog"])
    assert repr(confusion_figure(seen)).endswith("Most often: cat called dog (2 of 3).")


def test_many_classes_give_bars_of_the_worst_pairs_the_longest_on_top():
    labels = torch.tensor([0] * 3 + [1] * 9 + [2] * 6)
    picture = confusion_figure(
        evaluate_logits(F.one_hot(labels + 5, 200), labels, list(map(str, range(200))))
    )
    assert "Most often: 1 called 6 (9 of 9), 2 called 7 (6 of 6), 0 called 5 (3 of 3)" in repr(picture)
    assert "Which of 200 classes are mixed up" in repr(picture)
    rows, columns = places_of(picture, "series_1")
    top, bottom = (columns[rows == row].max() for row in (rows.min() + 4, rows.max() - 4))
    assert top > bottom
    assert picture.width < 900


@pytest.mark.parametrize("classes", [1, 21])
def test_no_mistake_at_all_can_be_drawn(classes):
    labels = torch.arange(classes)
    seen = evaluate_logits(50 * F.one_hot(labels, classes).float(), labels, [str(i) for i in range(classes)])
    assert "no mistake" in repr(confusion_figure(seen))
    assert "error 0.0 %" in repr(calibration_figure(seen))
    assert "There are none" in repr(worst_mistakes_figure(seen, photographs(classes)))


def test_classes_without_images_and_names_of_all_kinds_can_be_drawn():
    names = ["$x_1$", r"$\broken{$", "[bold] | <b>", "a very long name " * 5, "", "many\nlines"]
    for classes in (6, 30):
        labels = torch.tensor([0, 1, 2, 3, 4])
        said = torch.tensor([1, 2, 3, 4, 5])
        logits = F.one_hot(said, classes).float()
        seen = evaluate_logits(logits, labels, [*names, *map(str, range(classes - 6))])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for figure in (
                confusion_figure(seen),
                calibration_figure(seen),
                worst_mistakes_figure(seen, photographs(5)),
            ):
                assert figure.png[1:4] == b"PNG"


def test_promises_that_were_not_kept_are_hatched():
    random = torch.Generator().manual_seed(4)
    logits = 2 * torch.randn(4000, 5, generator=random)
    # Labels that are drawn with the network's own probabilities: it keeps its promises.
    labels = logits.softmax(dim=1).multinomial(1, generator=random).flatten()
    kept, broken = (evaluate_logits(scale * logits, labels, list("abcde")) for scale in (1, 4))
    assert broken.calibration.error > kept.calibration.error
    areas = [len(places_of(calibration_figure(seen), "series_1")[0]) for seen in (kept, broken)]
    assert areas[1] > areas[0]
    words = repr(calibration_figure(broken))
    assert f"accuracy {100 * broken.accuracy:.1f} %" in words
    assert f"calibration error {100 * broken.calibration.error:.1f} %" in words


def test_the_mistakes_show_their_own_images_in_order():
    seen = answers()
    images = torch.zeros(300, 3, 8, 8, dtype=torch.uint8)
    worst = seen.worst_mistakes(2)
    images[worst[0], 0] = 255  # red
    images[worst[1], 2] = 255  # blue
    picture = worst_mistakes_figure(seen, Images(images), count=2)
    found = pixels(picture)
    red = np.nonzero((found[..., 0] > 240) & (found[..., 1] < 15) & (found[..., 2] < 15))[1]
    blue = np.nonzero((found[..., 2] > 240) & (found[..., 1] < 15) & (found[..., 0] < 15))[1]
    assert len(red) > 10_000
    assert len(blue) > 10_000
    assert red.max() < blue.min()
    place = worst[0]
    said, true = (seen.class_names[int(kind[place])] for kind in (seen.predictions, seen.labels))
    assert f"{100 * float(seen.confidences[place]):.0f} % {said} is {true}" in repr(picture)


def test_images_of_another_split_are_refused():
    with pytest.raises(ValueError, match="300 answers need as many images, got 5"):
        worst_mistakes_figure(answers(), photographs(5))


def test_the_same_answers_give_the_same_bytes():
    for draw in (
        confusion_figure,
        calibration_figure,
        lambda seen: worst_mistakes_figure(seen, photographs(300), count=3),
    ):
        assert draw(answers(3)).png == draw(answers(3)).png


def test_names_are_cut_only_where_they_are_too_long():
    assert shorten("a  name", 6) == "a name"
    assert shorten("a longer name", 6) == "a lon…"
