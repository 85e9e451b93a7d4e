"""The picture of a wrong answer: which piece of it is shown, and what stands in its cells.

`Exercise.check` shows it in a notebook. Numbers that were only moved are shown by where they come from, masks
by a window, everything else by a plane of numbers.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from swin_edu.exercises.answers import differs
from swin_edu.exercises.moved import compare_moved
from swin_edu.exercises.planes import WHOLE, compare_planes, tint
from swin_edu.exercises.scenes import NO_SCENE, PAIRS, Scene
from swin_edu.model.windows import region_ids
from swin_edu.visuals.answer_figures import Cells, Comparison
from swin_edu.visuals.sheet import rgb

REGIONS = 9  # that have a colour in the palette


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
    if expected.dtype == torch.bool and expected.ndim == 3 and (scene.grid or scene.axes == PAIRS):
        return _compare_masks(expected, got, wrong, scene)
    return compare_planes(expected, got, wrong, scene)


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
    # Tokens of one region meet the same tokens, so that the mask itself names the regions.
    regions, place, outlined = _same_rows(expected[first]), None, None
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
    if not scene.grid and len(set(regions.tolist() if regions is not None else ())) > 1:
        caption += " Rows of one colour may attend to the same tokens."
    return Comparison(
        _mask_cells(expected[first], regions),
        _mask_cells(got[first], regions),
        wrong[first].numpy(),
        caption,
        across=PAIRS[1],
        down=PAIRS[0],
        place=place,
        place_title="regions after the roll",
        outlined=outlined,
    )


def _same_rows(mask: Tensor) -> Tensor | None:
    """(N, N) -> (N,) numbers, equal where two may attend to the same; None where the palette is too small."""
    numbers = torch.unique(mask.int(), dim=0, return_inverse=True)[1].tolist()
    seen = list(dict.fromkeys(numbers))  # in the order of the tokens
    return torch.tensor([seen.index(number) for number in numbers]) if len(seen) <= REGIONS else None


def _window_numbers(grid: tuple[int, int], window: tuple[int, int]) -> Tensor:
    rows, columns = (torch.arange(side) // m for side, m in zip(grid, window, strict=True))
    return rows[:, None] * (grid[1] // window[1]) + columns[None, :]


def _mask_cells(mask: Tensor, regions: Tensor | None) -> Cells:
    """Allowed pairs in the colour of the query's region, as in the lesson; the others dark."""
    if regions is None or len(regions) != len(mask):
        colours = np.broadcast_to(tint("key"), (*mask.shape, 3))
    else:
        colours = np.array([rgb(f"region_{i}") for i in regions.tolist()])[:, None, :]
    return Cells(np.where(mask.numpy()[:, :, None], colours, rgb("masked")))
