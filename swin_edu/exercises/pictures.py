"""The picture of a wrong answer: which piece of it is shown, and what stands in its cells.

`Exercise.check` shows it in a notebook. A large tensor is shown by the first piece that differs: one window,
one channel, one patch; the caption says which.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from swin_edu.exercises.answers import differs
from swin_edu.exercises.moved import compare_moved
from swin_edu.exercises.scenes import NO_SCENE, Scene
from swin_edu.model.windows import region_ids
from swin_edu.visuals.answer_figures import Cells, Comparison
from swin_edu.visuals.sheet import rgb, signed_colours

ROOM = 200, 330  # for rows and columns of one answer in CSS pixels
PLAIN_CELL, SMALLEST_CELL, LETTER = 6.5, 14, 4.6  # the least for a cell without and with numbers; a letter
IN_A_ROW = 12  # numbers of a vector
WHOLE = "answer"  # what a caption calls it
HERE = "●"  # the token that an answer is about
PALE = 0.42  # how much of its colour a cell with a number gets


def compare(
    expected: Any, got: Any, scene: Scene = NO_SCENE, arguments: tuple[Any, ...] = ()
) -> Comparison | None:
    """What a picture of two answers shows.

    Args:
        expected: a tensor, or a tuple or list of which an item is one.
        got: the learner's.
        scene: of the case.
        arguments: of the case.

    Returns:
        None where there is nothing to draw beside each other: another shape, dtype or kind, no tensor.

    Example:
        >>> compare(torch.zeros(2, 3), torch.eye(2, 3)).wrong.tolist()
        [[True, False, False], [False, True, False]]
        >>> compare(torch.zeros(2, 3), torch.zeros(3, 2)) is None
        True
    """
    if isinstance(expected, (tuple, list)) and isinstance(got, (tuple, list)):
        return _compare_first_item(expected, got, scene, arguments)
    if isinstance(expected, Mapping) or not (isinstance(expected, Tensor) and isinstance(got, Tensor)):
        return None
    form = (expected.shape, expected.dtype, expected.device, expected.layout)
    if form != (got.shape, got.dtype, got.device, got.layout) or not expected.ndim:
        return None
    expected, got = expected.detach(), got.detach()
    wrong = differs(got, expected)
    if not wrong.any():
        return None
    if scene.moved and (comparison := compare_moved(expected, got, wrong, scene.moved, arguments[0])):
        return comparison
    if expected.dtype == torch.bool and expected.ndim == 3 and expected.shape[1] == expected.shape[2]:
        return _compare_masks(expected, got, wrong, scene)
    return _compare_planes(expected, got, wrong, scene)


def _compare_first_item(
    expected: tuple | list, got: tuple | list, scene: Scene, arguments: tuple[Any, ...]
) -> Comparison | None:
    for number, (one, other) in enumerate(zip(expected, got, strict=False)):
        if isinstance(one, Tensor) and (comparison := compare(one, other, scene, arguments)):
            caption = comparison.caption.replace(WHOLE, f"{WHOLE}[{number}]")
            if caption == comparison.caption:
                caption = f"This is {WHOLE}[{number}]. {caption}".strip()
            return Comparison(**{**vars(comparison), "caption": caption})
    return None


# ---- masks ------------------------------------------------------------------------------------------


def _compare_masks(expected: Tensor, got: Tensor, wrong: Tensor, scene: Scene) -> Comparison:
    """The mask of the first window that differs, and the window on the grid."""
    windows = wrong.flatten(1).any(dim=1)
    first = int(windows.int().argmax())
    regions, place, outlined = None, None, None
    if scene.grid and scene.window and scene.shift:
        ids = region_ids(*scene.grid, scene.window, scene.shift)
        numbers = _window_numbers(scene.grid, scene.window)
        regions = ids[numbers == first]
        place = Cells(
            np.array([[rgb(f"region_{i}") for i in row] for row in ids.tolist()]),
            np.array([[str(i) for i in row] for row in ids.tolist()]),
            numbers.numpy(),
        )
        outlined = (numbers == first).numpy()
    caption = f"Window {first} of 0 to {len(wrong) - 1}, the first that differs"
    caption += f" ({int(windows.sum())} do)." if windows.sum() > 1 else " (no other does)."
    caption += " Dark: may not attend."
    return Comparison(
        _mask_cells(expected[first], regions),
        _mask_cells(got[first], regions),
        wrong[first].numpy(),
        caption,
        across="key",
        down="query",
        place=place,
        place_title="regions after the roll",
        outlined=outlined,
    )


def _window_numbers(grid: tuple[int, int], window: tuple[int, int]) -> Tensor:
    rows, columns = (torch.arange(side) // m for side, m in zip(grid, window, strict=True))
    return rows[:, None] * (grid[1] // window[1]) + columns[None, :]


def _mask_cells(mask: Tensor, regions: Tensor | None) -> Cells:
    """Allowed pairs in the colour of the query's region, as in the lesson; the others dark."""
    if regions is None or len(regions) != len(mask):
        colours = np.broadcast_to(_tint("key"), (*mask.shape, 3))
    else:
        colours = np.array([rgb(f"region_{i}") for i in regions.tolist()])[:, None, :]
    return Cells(np.where(mask.numpy()[:, :, None], colours, rgb("masked")))


# ---- everything else --------------------------------------------------------------------------------


def _compare_planes(expected: Tensor, got: Tensor, wrong: Tensor, scene: Scene) -> Comparison:
    """The first plane of a tensor that differs, cut to what a reader can read."""
    caption, planes = _plane((expected, got, wrong), scene)
    rows, columns, cut = _cut(planes)
    planes = [plane[rows, columns] for plane in planes]
    here = None
    if scene.token and expected.ndim == 2:
        here = (scene.token[0] - rows.start, scene.token[1] - columns.start)
        caption = f"{HERE} is the token. {caption}"
    limit = 1.0 if expected.dtype == torch.bool else _limit(*planes[:2])
    cells = [_cells(plane, limit, here) for plane in planes[:2]]
    if expected.dtype == torch.bool:
        caption = f"Blue: True. {caption}"
    down, across = scene.axes
    return Comparison(*cells, planes[2].numpy(), f"{caption}{cut}".strip(), across=across, down=down)


def _plane(tensors: tuple[Tensor, ...], scene: Scene) -> tuple[str, list[Tensor]]:
    """Two axes of some tensors, the rest fixed where the last of them (what is wrong) is first true."""
    wrong = tensors[-1]
    if wrong.ndim == 1:
        return _rows_of_vector(tensors)
    if scene.table and wrong.ndim == 2 and scene.table[0] * scene.table[1] == len(wrong):
        head = int(wrong.any(dim=0).int().argmax())
        caption = f"Head {head} of the table, a cell for each offset." if wrong.shape[1] > 1 else ""
        return caption, [t[:, head].view(scene.table) for t in tensors]
    first = wrong.nonzero()[0].tolist()
    # Channels last, where there are any: from four axes on, the two before them are the plane.
    axes = (-2, -1) if wrong.ndim <= 3 else (-3, -2)
    kept = {wrong.ndim + axis for axis in axes}
    fixed = tuple(slice(None) if axis in kept else place for axis, place in enumerate(first))
    if wrong.ndim == 2:
        return "", list(tensors)
    said = ", ".join(":" if axis in kept else str(place) for axis, place in enumerate(first))
    return f"This is {WHOLE}[{said}], the first piece that differs.", [t[fixed] for t in tensors]


def _rows_of_vector(tensors: tuple[Tensor, ...]) -> tuple[str, list[Tensor]]:
    """A vector in rows of one length; where it has no such rows, the numbers around the first difference."""
    length = len(tensors[-1])
    side = next(side for side in range(min(IN_A_ROW, length), 0, -1) if length % side == 0)
    if length <= IN_A_ROW or side > IN_A_ROW // 3:
        return "", [t.view(-1, side) for t in tensors]
    start = min(int(tensors[-1].int().argmax()), length - IN_A_ROW)
    piece = slice(start, start + IN_A_ROW)
    return f"Numbers {start} to {start + IN_A_ROW - 1} of {length}.", [t[None, piece] for t in tensors]


def _cut(planes: list[Tensor]) -> tuple[slice, slice, str]:
    """The part of two planes around the first difference that can be read, and the words that say so."""
    expected, got, wrong = planes
    least = PLAIN_CELL
    if expected.dtype != torch.bool:
        limit = _limit(expected, got)
        letters = max(
            len(_short(number, limit)) for number in [*expected.flatten().tolist(), *got.flatten().tolist()]
        )
        least = max(SMALLEST_CELL, LETTER * letters)
    most = [int(room / least) for room in ROOM]
    if all(side <= limit for side, limit in zip(wrong.shape, most, strict=True)):
        return slice(0, wrong.shape[0]), slice(0, wrong.shape[1]), ""
    parts = []
    for side, limit, place in zip(wrong.shape, most, wrong.nonzero()[0].tolist(), strict=True):
        start = min(max(place - limit // 3, 0), max(side - limit, 0))
        parts.append(slice(start, min(start + limit, side)))
    rows, columns = parts
    words = f"Rows {rows.start} to {rows.stop - 1}, columns {columns.start} to {columns.stop - 1}"
    return rows, columns, f" {words} of {wrong.shape[0]} x {wrong.shape[1]}."


def _cells(plane: Tensor, limit: float, here: tuple[int, int] | None) -> Cells:
    """True is blue; numbers are written, orange above zero and purple below."""
    if plane.dtype == torch.bool:
        fills = np.where(plane.numpy()[:, :, None], _tint("key"), rgb("surface"))
        texts = np.full(plane.shape, "", dtype=object)
        if here and all(0 <= place < side for place, side in zip(here, plane.shape, strict=True)):
            texts[here] = HERE
        return Cells(fills, texts)
    values = plane.double().nan_to_num(0.0, posinf=limit, neginf=-limit).numpy()
    texts = np.array([[_short(number, limit) for number in row] for row in plane.tolist()], dtype=object)
    return Cells(signed_colours(values, limit / PALE), texts)


def _limit(*planes: Tensor) -> float:
    """The largest finite number, above 0."""
    finite = torch.cat([plane[plane.isfinite()].abs().double() for plane in planes])
    return max(float(finite.max()) if len(finite) else 0.0, 1e-12)


def _short(number: float, limit: float) -> str:
    if isinstance(number, int):
        return str(number)
    digits = 2 if limit < 10 else 1 if limit < 100 else 0
    return f"{round(number, digits) + 0.0:.{digits}f}"


def _tint(name: str, part: float = PALE) -> np.ndarray:
    return part * rgb(name) + (1 - part) * rgb("surface")
