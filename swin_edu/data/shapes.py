"""A data set made from a seed: a circle and a triangle, and the class says how they lie to each other.

It needs no files, trains in minutes and cannot be solved by looking at one shape or one place alone;
notebook 00 shows it and `swin-edu train` uses it unless told otherwise.
"""

import numpy as np
import torch
from torch import Tensor

from swin_edu.data.dataset import ImageDataset

IMAGE_SIZE = 32
# Half the way from the centre to a corner, for a triangle with the area of a circle of radius 1:
# seen from afar both are equally large.
INRADIUS = 0.78

#: Every image holds one circle and one triangle; only where they lie, and which is which, makes the class.
SHAPE_CLASSES = [
    "circle right of triangle",
    "circle below right of triangle",
    "circle below triangle",
    "circle below left of triangle",
    "circle left of triangle",
    "circle above left of triangle",
    "circle above triangle",
    "circle above right of triangle",
    "circle inside triangle",
    "triangle inside circle",
]
_DIRECTIONS = 8  # the first eight classes, in steps of 45 degrees, clockwise because rows grow downwards
_SEEDS = {"train": 0, "test": 1}  # the two splits draw from streams that never meet
# Drawn at a time: few enough to stay in the processor's cache. Each block has a stream of its own, so the
# first images are the same however many are drawn.
_BLOCK = 500


def make_shapes(count: int, split: str = "train", seed: int = 0, side: int = IMAGE_SIZE) -> ImageDataset:
    """Draw images of a circle and a triangle in ten arrangements.

    Exchanging the two shapes changes every label, so the arrangement alone is not enough; both shapes
    are in every image, so the shapes alone are not enough. Colours, sizes, places, fillings, the
    background's slope and ripples and the noise are drawn for each image.

    Args:
        count: images to draw, at least 1. The classes come in turn, so they are balanced.
        split: "train" or "test"; the same seed gives other images in the other split.
        seed: the same seed gives the same images.
        side: pixels; the same seed shows the same scenes with another camera, more or less sharp. Only the
            noise is drawn anew, because each pixel has its own.

    Returns:
        A dataset of (count, 3, side, side) images whose labels index `SHAPE_CLASSES`.

    Raises:
        ValueError: if ``count`` or ``side`` is below 1 or ``split`` is neither of the two.

    Example:
        >>> shapes = make_shapes(20)
        >>> shapes.class_names[shapes.labels[3]]
        'circle below left of triangle'
    """
    if count < 1 or split not in _SEEDS:
        raise ValueError(f"expected count >= 1 and split 'train' or 'test', got {count} and {split!r}")
    if side < 1:
        raise ValueError(f"expected a side of at least 1 pixel, got {side}")
    block = np.arange(_BLOCK) % len(SHAPE_CLASSES)
    blocks = -(-count // _BLOCK)
    randoms = [np.random.default_rng([seed, _SEEDS[split], number]) for number in range(blocks)]
    images = [_draw(random, block, side) for random in randoms]
    return ImageDataset(
        images=torch.cat(images)[:count],
        labels=torch.from_numpy(np.tile(block, blocks)[:count]).long(),
        class_names=list(SHAPE_CLASSES),
        name="shapes",
        split=split,
        # "left of" becomes "right of" in the mirror.
        mirror_keeps_label=False,
        fingerprint=f"shapes-1-{split}-{seed}-{count}" + (f"-{side}" if side != IMAGE_SIZE else ""),
    )


def _draw(random: np.random.Generator, labels: np.ndarray, side: int) -> Tensor:
    """(N,) labels -> (N, 3, side, side) uint8: all images at once, painted from back to front."""
    circle, triangle = _arrange(random, labels)
    count = len(labels)
    # The scene is measured in pixels of an image of 32; a finer camera looks between them.
    pixel = np.float32(IMAGE_SIZE / side)
    axis = (np.arange(side, dtype=np.float32) + np.float32(0.5)) * pixel - np.float32(0.5)
    rows, columns = axis[None, :, None], axis[None, None, :]

    background, colours = _choose_colours(random, count)
    canvas = background + _texture(random, count, rows, columns)[:, None]

    # The larger shape is painted first, otherwise it would hide the one inside it.
    circle_cover = _filled_or_outlined(random, _circle_distance(circle, rows, columns), pixel)
    triangle_cover = _filled_or_outlined(random, _triangle_distance(random, triangle, rows, columns), pixel)
    circle_first = (circle[:, 2] > triangle[:, 2])[:, None, None]
    back = np.where(circle_first, circle_cover, triangle_cover)[:, None]
    front = np.where(circle_first, triangle_cover, circle_cover)[:, None]
    canvas = canvas * (1 - back) + colours[:, 0] * back
    canvas = canvas * (1 - front) + colours[:, 1] * front

    noise_level = random.uniform(0.01, 0.07, (count, 1, 1, 1)).astype(np.float32)
    canvas += noise_level * random.standard_normal(canvas.shape, dtype=np.float32)
    return torch.from_numpy((canvas.clip(0, 1) * 255).round().astype(np.uint8))


def _arrange(random: np.random.Generator, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N,) labels -> circle and triangle, each (N, 3): row and column of the centre, radius, in pixels."""
    count = len(labels)
    inside = labels >= _DIRECTIONS
    circle_is_outer = labels == len(SHAPE_CLASSES) - 1
    outer_radius = random.uniform(8, 10.5, count)
    inner_radius = random.uniform(2.5, 3.5, count)
    circle_radius = np.where(circle_is_outer, outer_radius, inner_radius)
    circle_radius = np.where(inside, circle_radius, random.uniform(3, 5, count))
    triangle_radius = np.where(circle_is_outer, inner_radius, outer_radius)
    triangle_radius = np.where(inside, triangle_radius, random.uniform(3, 5, count))

    # Side by side: so far apart that even a corner leaves a gap. One in the other: close together.
    angle = (labels % _DIRECTIONS) * (np.pi / 4) + random.uniform(-0.2, 0.2, count)
    angle = np.where(inside, random.uniform(0, 2 * np.pi, count), angle)
    apart = circle_radius + 2 * INRADIUS * triangle_radius + random.uniform(0, 2.5, count)
    apart = np.where(inside, random.uniform(0, 1.5, count), apart)
    step = np.stack([np.sin(angle), np.cos(angle)], axis=1) * apart[:, None]  # from triangle to circle

    # The pair as a whole may lie anywhere on the canvas where both shapes are fully visible.
    circle_margin, triangle_margin = circle_radius[:, None] + 0.5, 1.5 * triangle_radius[:, None] + 0.5
    low = np.maximum(triangle_margin, circle_margin - step)
    high = np.minimum(IMAGE_SIZE - 1 - triangle_margin, IMAGE_SIZE - 1 - circle_margin - step)
    triangle_centre = low + random.uniform(0, 1, (count, 2)) * (high - low)
    circle = np.concatenate([triangle_centre + step, circle_radius[:, None]], axis=1)
    triangle = np.concatenate([triangle_centre, triangle_radius[:, None]], axis=1)
    return circle.astype(np.float32), triangle.astype(np.float32)


def _choose_colours(random: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Background (N, 3, 1, 1) and the colours of back and front shape (N, 2, 3, 1, 1), all in 0..1.

    In each channel both shapes are brighter than the background, or, in three images of ten, all is
    inverted: with one rule for all images, the sum of the pixels in a place would tell too much. Which
    of the two shapes is brighter, and in which colour, is left to chance.
    """
    background = random.uniform(0, 0.35, (count, 3, 1, 1))
    first = random.uniform(0.5, 0.7, (count, 3, 1, 1))
    second = random.uniform(0.8, 1.0, (count, 3, 1, 1))
    exchange = random.uniform(0, 1, (count, 3, 1, 1)) < 0.5
    colours = np.stack([np.where(exchange, first, second), np.where(exchange, second, first)], axis=1)
    inverted = random.uniform(0, 1, (count, 1, 1, 1)) < 0.3
    background = np.where(inverted, 1 - background, background)
    colours = np.where(inverted[:, None], 1 - colours, colours)
    return background.astype(np.float32), colours.astype(np.float32)


def _texture(random: np.random.Generator, count: int, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """(N, side, side): a slope of brightness and ripples of random direction, width and strength."""

    def draw(low: float, high: float) -> np.ndarray:
        return random.uniform(low, high, (count, 1, 1)).astype(np.float32)

    slope = (draw(-0.1, 0.1) * rows + draw(-0.1, 0.1) * columns) / IMAGE_SIZE
    turns = draw(-1.2, 1.2) * rows + draw(-1.2, 1.2) * columns + draw(0, 2 * np.pi)
    return slope + draw(0, 0.07) * np.sin(turns)


def _circle_distance(circle: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """(N, side, side) signed distance of each pixel to the circle's edge, negative inside."""
    row, column, radius = (circle[:, i, None, None] for i in range(3))
    return np.hypot(rows - row, columns - column) - radius


def _triangle_distance(
    random: np.random.Generator, triangle: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """(N, side, side) distance of each pixel to the edges of a slightly turned triangle, negative inside."""
    row, column, radius = (triangle[:, i, None, None] for i in range(3))
    turn = random.uniform(-0.2, 0.2, (len(triangle), 1, 1)).astype(np.float32)
    # The three edges look down, up left and up right.
    sides = [
        np.sin(turn + side) * (rows - row) + np.cos(turn + side) * (columns - column)
        for side in np.float32([np.pi / 2, np.pi * 7 / 6, np.pi * 11 / 6])
    ]
    return np.maximum.reduce(sides) - INRADIUS * radius


def _filled_or_outlined(random: np.random.Generator, distance: np.ndarray, pixel: np.float32) -> np.ndarray:
    """Signed distance -> how much of each pixel is painted, 0..1, with smooth edges; half are outlines."""
    outlined = random.uniform(0, 1, (len(distance), 1, 1)) < 0.5
    distance = np.where(outlined, np.abs(distance + 0.75) - 0.75, distance)
    return (0.5 - distance / pixel).clip(0, 1).astype(np.float32)
