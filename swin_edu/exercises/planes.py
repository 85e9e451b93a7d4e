"""A plane of numbers out of a wrong answer: the first that differs, cut to what a reader can read.

The pictures of the exercises' checks use it for all answers that are neither masks nor moved numbers.
"""

import numpy as np
import torch
from torch import Tensor

from swin_edu.exercises.scenes import Pair, Scene
from swin_edu.visuals.answer_figures import Cells, Comparison
from swin_edu.visuals.sheet import rgb, signed_colours

ROOM = 200, 330  # for rows and columns of one answer in CSS pixels
PLAIN_CELL, SMALLEST_CELL, LETTER = 2.4, 14, 4.6  # the least for a cell without and with numbers; a letter
IN_A_ROW = 12  # numbers of a vector
MOST_DIGITS = 4  # behind the point
WHOLE = "answer"  # what a caption calls it
HERE = "●"  # the token that an answer is about
PALE = 0.42  # how much of its colour a cell with a number gets

Planes = tuple[Tensor, ...]  # expected, got, and bool: where they differ


def compare_planes(expected: Tensor, got: Tensor, wrong: Tensor, scene: Scene) -> Comparison:
    """The first plane of two answers that differs.

    Args:
        expected, got: of one shape and dtype, with at least one axis.
        wrong: bool like them, at least once True.
        scene: of the case.

    Example:
        >>> one, other = torch.zeros(2, 2, 3), torch.eye(3)[None, :2].expand(2, 2, 3)
        >>> compare_planes(one, other, one != other, Scene()).caption
        'This is answer[0, :, :], the first piece that differs.'
    """
    caption, planes = _plane((expected, got, wrong), scene)
    height, width = planes[2].shape
    plain = expected.dtype == torch.bool
    least = PLAIN_CELL if plain else SMALLEST_CELL
    rows, columns = _around_the_first(planes[2], least)
    if not plain:  # as many cells as there is room for the longest number
        letters = max(len(text) for texts in _texts(_cut(planes, rows, columns)) for text in texts.flat)
        rows, columns = _around_the_first(planes[2], max(least, LETTER * letters))
    planes = _cut(planes, rows, columns)
    cells = _plain_cells(planes, _place_in(scene.token, rows, columns)) if plain else _number_cells(planes)
    words = [f"{HERE} is the token."] * any(HERE in side.texts for side in cells if plain)
    words = ["Blue: True."] * plain + words + [caption] * bool(caption)
    if planes[2].shape != (height, width):
        words.append(f"Rows {rows.start} to {rows.stop - 1}, columns {columns.start} to {columns.stop - 1}")
        words[-1] += f" of {height} x {width}."
    down, across = scene.axes
    return Comparison(*cells, planes[2].numpy(), " ".join(words), across=across, down=down)


def _plane(tensors: Planes, scene: Scene) -> tuple[str, Planes]:
    """Two axes of some tensors, the rest fixed where the last of them (what is wrong) is first true."""
    wrong = tensors[-1]
    if wrong.ndim == 1:
        return _rows_of_vector(tensors)
    if scene.table and wrong.ndim == 2 and scene.table[0] * scene.table[1] == len(wrong):
        head = int(wrong.any(dim=0).int().argmax())
        caption = f"Head {head} of the table, a cell for each offset." if wrong.shape[1] > 1 else ""
        return caption, tuple(t[:, head].view(scene.table) for t in tensors)
    if wrong.ndim == 2:
        return "", tensors
    first = wrong.nonzero()[0].tolist()
    # Channels last, where there are any: from four axes on, the two before them are the plane.
    axes = (-2, -1) if wrong.ndim == 3 else (-3, -2)
    kept = {wrong.ndim + axis for axis in axes}
    fixed = tuple(slice(None) if axis in kept else place for axis, place in enumerate(first))
    said = ", ".join(":" if axis in kept else str(place) for axis, place in enumerate(first))
    return f"This is {WHOLE}[{said}], the first piece that differs.", tuple(t[fixed] for t in tensors)


def _rows_of_vector(tensors: Planes) -> tuple[str, Planes]:
    """A vector in rows of one length; where it has no such rows, the numbers around the first difference."""
    length = len(tensors[-1])
    side = next(side for side in range(min(IN_A_ROW, length), 0, -1) if length % side == 0)
    if length <= IN_A_ROW or side > IN_A_ROW // 3:
        return "", tuple(t.reshape(-1, side) for t in tensors)
    start = min(int(tensors[-1].int().argmax()), length - IN_A_ROW)
    piece = slice(start, start + IN_A_ROW)
    return f"Numbers {start} to {start + IN_A_ROW - 1} of {length}.", tuple(t[None, piece] for t in tensors)


def _around_the_first(wrong: Tensor, cell: float) -> tuple[slice, slice]:
    """As many rows and columns as have room, with the first difference in their first third."""
    parts = []
    for side, room, place in zip(wrong.shape, ROOM, wrong.nonzero()[0].tolist(), strict=True):
        most = max(1, int(room / cell))
        start = min(max(place - most // 3, 0), max(side - most, 0))
        parts.append(slice(start, min(start + most, side)))
    return parts[0], parts[1]


def _cut(planes: Planes, rows: slice, columns: slice) -> Planes:
    return tuple(plane[rows, columns] for plane in planes)


def _place_in(token: Pair | None, rows: slice, columns: slice) -> Pair | None:
    """Where a token stands in a part of the plane; None where it does not."""
    if token is None or not (rows.start <= token[0] < rows.stop and columns.start <= token[1] < columns.stop):
        return None
    return token[0] - rows.start, token[1] - columns.start


def _plain_cells(planes: Planes, here: Pair | None) -> tuple[Cells, Cells]:
    """True is blue; a dot stands in the cell of the token that the answer is about."""
    texts = np.full(planes[2].shape, "", dtype=object)
    if here:
        texts[here] = HERE
    fills = [np.where(plane.numpy()[:, :, None], tint("key"), rgb("surface")) for plane in planes[:2]]
    return Cells(fills[0], texts), Cells(fills[1], texts)


def _number_cells(planes: Planes) -> tuple[Cells, Cells]:
    """Numbers are written, orange above zero and purple below."""
    limit = _limit(*planes[:2])
    values = [p.double().nan_to_num(0.0, posinf=limit, neginf=-limit).numpy() for p in planes[:2]]
    fills = [signed_colours(numbers, limit / PALE) for numbers in values]
    texts = _texts(planes)
    return Cells(fills[0], texts[0]), Cells(fills[1], texts[1])


def _limit(*planes: Tensor) -> float:
    """The largest finite number, above 0."""
    finite = torch.cat([plane[plane.isfinite()].abs().double() for plane in planes])
    return max(float(finite.max()) if len(finite) else 0.0, 1e-12)


def _texts(planes: Planes) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of two planes, with so many digits that what differs looks different."""
    expected, got, wrong = planes
    limit = _limit(expected, got)
    digits = 2 if limit < 10 else 1 if limit < 100 else 0
    while True:
        one, other = (
            np.array([[_short(number, digits) for number in row] for row in plane.tolist()], dtype=object)
            for plane in (expected, got)
        )
        if digits >= MOST_DIGITS or not (one == other)[wrong.numpy()].any():
            return one, other
        digits += 1


def _short(number: float, digits: int) -> str:
    return str(number) if isinstance(number, int) else f"{round(number, digits) + 0.0:.{digits}f}"


def tint(name: str, part: float = PALE) -> np.ndarray:
    """A colour of the palette, paler.

    Args:
        name: a key of the palette.
        part: how much of it is left, 0 to 1.

    Example:
        >>> tint("key", 0.0)
        array([1., 1., 1.], dtype=float32)
    """
    return part * rgb(name) + (1 - part) * rgb("surface")
