"""The exercise on CutMix: a box of another image pasted in, and targets that know how much of it was.

Chapter 08 and assignment 5 use it; paper, Section 4.1 ("augmentation and regularization strategies").
"""

import random
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from swin_edu.exercises.engine import Exercise, Mistake

Box = tuple[int, int, int, int]
Mixed = tuple[Tensor, Tensor]


def _cutmix(
    images: Tensor, labels: Tensor, order: Tensor, box: Box, num_classes: int, smoothing: float
) -> Mixed:
    (H, W), (top, left, rows, columns) = images.shape[-2:], box
    bottom, right = min(top + rows, H), min(left + columns, W)  # what of the box lies in the image
    top, left = max(top, 0), max(left, 0)
    bottom, right = max(bottom, top), max(right, left)  # nothing, where it lies beside the image
    mixed = images.clone()
    mixed[:, :, top:bottom, left:right] = images[order][:, :, top:bottom, left:right]
    part = (bottom - top) * (right - left) / (H * W)
    hot = F.one_hot(labels, num_classes).to(images.dtype)
    targets = (1 - part) * hot + part * hot[order]
    return mixed, (1 - smoothing) * targets + smoothing / num_classes


# ---- What goes wrong ---------------------------------------------------------------------------------


def _inside(box: Box, height: int, width: int) -> tuple[slice, slice]:
    """The rows and columns of a box (top, left, height, width) that lie in the image."""
    top, left, rows, columns = box
    return (
        slice(max(top, 0), max(min(top + rows, height), 0)),
        slice(max(left, 0), max(min(left + columns, width), 0)),
    )


def _mix(
    images: Tensor,
    labels: Tensor,
    order: Tensor,
    box: Box,
    num_classes: int,
    smoothing: float,
    *,
    share: Callable[[float, Box, Tensor], float] = lambda part, box, images: part,
    spread: Callable[[Tensor, float, int], Tensor] = lambda hot, e, k: (1 - e) * hot + e / k,
) -> Mixed:
    """The right answer, or one with a twist; ``share`` says how much of the target is the partner's."""
    height, width = images.shape[-2:]
    rows, columns = _inside(box, height, width)
    mixed = images.clone()
    mixed[:, :, rows, columns] = images[order][:, :, rows, columns]
    part = (rows.stop - rows.start) * (columns.stop - columns.start) / (height * width)
    part = share(part, box, images)
    hot = F.one_hot(labels, num_classes).to(images.dtype)
    return mixed, spread((1 - part) * hot + part * hot[order], smoothing, num_classes)


def _mix_with(**twist: object) -> Callable[..., Mixed]:
    def cutmix(
        images: Tensor, labels: Tensor, order: Tensor, box: Box, num_classes: int, smoothing: float
    ) -> Mixed:
        return _mix(images, labels, order, box, num_classes, smoothing, **twist)

    return cutmix


def _with_box(change: Callable[[Box], Box]) -> Callable[..., Mixed]:
    def cutmix(
        images: Tensor, labels: Tensor, order: Tensor, box: Box, num_classes: int, smoothing: float
    ) -> Mixed:
        return _mix(images, labels, order, change(box), num_classes, smoothing)

    return cutmix


def _box_is_corners(
    images: Tensor, labels: Tensor, order: Tensor, box: Box, num_classes: int, smoothing: float
) -> Mixed:
    """(top, left, bottom, right) in place of (top, left, height, width)."""
    top, left, bottom, right = box
    sizes = (top, left, max(bottom - top, 0), max(right - left, 0))
    return _mix(images, labels, order, sizes, num_classes, smoothing)


def _outside_pasted(
    images: Tensor, labels: Tensor, order: Tensor, box: Box, num_classes: int, smoothing: float
) -> Mixed:
    _, targets = _mix(images, labels, order, box, num_classes, smoothing)
    rows, columns = _inside(box, *images.shape[-2:])
    swapped = images[order].clone()
    swapped[:, :, rows, columns] = images[:, :, rows, columns]
    return swapped, targets


def _pasted_in_turn(
    images: Tensor, labels: Tensor, order: Tensor, box: Box, num_classes: int, smoothing: float
) -> Mixed:
    """One image after another, so that later ones get pieces of images that are mixed already."""
    _, targets = _mix(images, labels, order, box, num_classes, smoothing)
    rows, columns = _inside(box, *images.shape[-2:])
    mixed = images.clone()
    for place, partner in enumerate(order.tolist()):
        mixed[place, :, rows, columns] = mixed[partner, :, rows, columns]
    return mixed, targets


def _input_painted(
    images: Tensor, labels: Tensor, order: Tensor, box: Box, num_classes: int, smoothing: float
) -> Mixed:
    mixed, targets = _mix(images, labels, order, box, num_classes, smoothing)
    return images.copy_(mixed), targets


def _order_backwards(
    images: Tensor, labels: Tensor, order: Tensor, box: Box, num_classes: int, smoothing: float
) -> Mixed:
    return _mix(images, labels, order.argsort(), box, num_classes, smoothing)


def _labels_of_own(
    images: Tensor, labels: Tensor, order: Tensor, box: Box, num_classes: int, smoothing: float
) -> Mixed:
    return _mix(images, labels, order, box, num_classes, smoothing, share=lambda *_: 0.0)


def _draw_cutmix(generator: random.Random, whole: bool = False) -> tuple:
    """A batch whose images cannot be mistaken for each other; the box may hang over an edge."""
    batch, channels = generator.randint(3, 5), generator.randint(1, 3)
    height, width = generator.randint(4, 7), generator.randint(8, 11)
    rows, columns = generator.randint(2, height - 1), generator.randint(2, width - 3)
    low, ends = (0, (height - rows, width - columns)) if whole else (-1, (height - 2, width - 2))
    box = (generator.randint(low, ends[0]), generator.randint(low, ends[1]), rows, columns)
    draw = torch.Generator().manual_seed(generator.randrange(2**31))
    images = torch.rand(batch, channels, height, width, generator=draw)
    classes = generator.randint(5, 8)
    # A partner's partner is a third image: so a permutation and its inverse differ.
    order = torch.arange(batch).roll(generator.choice((1, -1)))
    labels = torch.randperm(classes, generator=draw)[:batch]
    return images, labels, order, box, classes, generator.choice((0.05, 0.1, 0.2))


def _cutmix_cases() -> list[tuple]:
    inside = _draw_cutmix(random.Random(1), whole=True)
    images, labels, order, _, classes, _ = _draw_cutmix(random.Random(2))
    over_the_edge = (images, labels, order, (images.shape[2] - 2, -1, 3, 5), classes, 0.1)
    images, labels, order, _, classes, _ = _draw_cutmix(random.Random(3))
    plain = (images, labels, order, (1, 2, 2, images.shape[3] - 3), classes, 0.0)
    return [inside, over_the_edge, plain]


cutmix = Exercise(
    name="cutmix",
    chapter="08",
    difficulty="medium",
    minutes=15,
    task="Paste a box (top, left, height, width) of each image's partner, images[order], into it; the box "
    "may hang over an edge. Mix the one-hot targets (B, num_classes) by the area that was really "
    "pasted, then smooth them as F.cross_entropy does: return (images, targets).",
    reference=_cutmix,
    cases=_cutmix_cases,
    mistakes={
        "area_of_the_whole_box": Mistake(
            _mix_with(share=lambda part, box, images: box[2] * box[3] / images[0, 0].numel()),
            "Right where the box lies inside. How many pixels were pasted where it hangs over the edge?",
        ),
        "shares_swapped": Mistake(
            _mix_with(share=lambda part, box, images: 1 - part),
            "A small box of a cat makes your dog nearly a cat. Whose share is the area of the box?",
        ),
        "half_and_half": Mistake(
            _mix_with(share=lambda part, box, images: 0.5),
            "Both classes always get one half. What should the size of the box change?",
        ),
        "targets_not_mixed": Mistake(
            _labels_of_own, "The images are mixed, the targets are not. What is in the box?"
        ),
        "smoothing_forgotten": Mistake(
            _mix_with(spread=lambda hot, e, k: hot), "Mixed rightly. Which argument did you not use?"
        ),
        "smoothing_added": Mistake(
            _mix_with(spread=lambda hot, e, k: hot + e / k),
            "Your targets sum to more than 1. What pays for the share that all classes get?",
        ),
        "smoothing_to_the_others": Mistake(
            _mix_with(spread=lambda hot, e, k: (1 - e) * hot + e / (k - 1) * (1 - hot)),
            "You share the smoothing among the other classes only. Among how many does PyTorch share it?",
        ),
        "rows_and_columns_swapped": Mistake(
            _with_box(lambda box: (box[1], box[0], box[3], box[2])),
            "Your box lies on its side. Which of its numbers count rows?",
        ),
        "box_is_corners": Mistake(
            _box_is_corners, "You read the last two numbers of the box as a corner. What do they say?"
        ),
        "outside_pasted": Mistake(
            _outside_pasted,
            "You keep the box and exchange all around it. Which part is the partner's?",
        ),
        "order_backwards": Mistake(
            _order_backwards,
            "Your images have other partners. Image i gets a piece of which one: order[i], or the one that "
            "has i in `order`?",
        ),
        "pasted_in_turn": Mistake(
            _pasted_in_turn,
            "Some boxes hold pieces of pieces. From which images do you copy when the first is mixed?",
        ),
        "input_painted": Mistake(_input_painted, "Which tensor do you paste into?"),
    },
    hints=(
        "Clip the box first: its rows run from max(top, 0) to min(top + rows, H).",
        "Paste from images[order] into a clone of images.",
        "The partner's share is the clipped area over H * W. F.one_hot gives the targets of both.",
    ),
    draw=_draw_cutmix,
)
