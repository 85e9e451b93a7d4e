"""What stands around an answer: its grid, its windows, the token it is about.

The picture of a check shows it, since an answer alone is a block of numbers. An exercise without a scene is
drawn by the shape of its answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Pair = tuple[int, int]
Layout = Literal["images", "tokens"]


@dataclass(frozen=True)
class Scene:
    """What a picture needs to know besides the two answers.

    Args:
        grid: (H, W), the tokens that windows are cut from.
        window: (Mh, Mw).
        shift: (sh, sw); with it, the regions after the roll are shown.
        token: (row, column) of the token that the answer is about.
        moved: how the input and how the answer lie in memory, "images" (B, C, H, W) or "tokens"
            (B, *grid, C), where each number of the answer is one of the first argument's: then the picture
            says where it comes from.
        table: (rows, columns) of the picture that each column of a table is.
        axes: what the rows and the columns of the answer are.

    Example:
        >>> Scene(grid=(8, 12), window=(4, 4), shift=(1, 1)).token is None
        True
    """

    grid: Pair | None = None
    window: Pair | None = None
    shift: Pair | None = None
    token: Pair | None = None
    moved: tuple[Layout, Layout] | None = None
    table: Pair | None = None
    axes: tuple[str, str] = ("", "")


NO_SCENE = Scene()
PAIRS = ("query", "key")  # the axes of what has an entry for each pair of tokens


def _moved(before: Layout, after: Layout) -> Callable[..., Scene]:
    return lambda *_: Scene(moved=(before, after))


def _table_of(window: tuple[int, ...]) -> Scene:
    sides = tuple(2 * m - 1 for m in window)
    if len(sides) > 2:
        return Scene(axes=("offset", "head"))
    return Scene(table=(1, *sides)[-2:], axes=("dr" if len(sides) == 2 else "", "dc"))


# By the exercise's name; each is called with the arguments of a case.
SCENES: dict[str, Callable[..., Scene]] = {
    "cut_patches": _moved("images", "tokens"),
    "join_patches": _moved("tokens", "images"),
    "cut_windows": _moved("tokens", "tokens"),
    "dilated_windows": _moved("tokens", "tokens"),
    "gather_blocks": _moved("tokens", "tokens"),
    "split_neighbours": _moved("tokens", "tokens"),
    "mask_1d": lambda length, M, s: Scene(grid=(1, length), window=(1, M), shift=(0, s)),
    "mask_any": lambda H, W, Mh, Mw, sh, sw: Scene(grid=(H, W), window=(Mh, Mw), shift=(sh, sw)),
    "video_mask": lambda grid, window, shift: Scene(axes=PAIRS),
    "mend_memory": lambda sizes, window, shift: Scene(axes=PAIRS),
    "who_hears_after": lambda H, W, M, k, row, column: Scene(token=(row, column)),
    "seen_through_blocks": lambda H, W, blocks, row, column: Scene(token=(row, column)),
    "index_any": lambda Mh, Mw: Scene(axes=PAIRS),
    "index_with_halo": lambda Mh, Mw, halo: Scene(axes=PAIRS),
    "resize_table": lambda table, old, new: _table_of(new),
    "ring_reduce": lambda chunks: Scene(axes=("part", "number")),
    "table_from_bias": lambda bias, window: _table_of(window),
}


def scene_of(name: str, arguments: tuple[Any, ...]) -> Scene:
    """The scene of a case.

    Args:
        name: of the exercise.
        arguments: of the case.

    Example:
        >>> scene_of("mask_1d", (12, 4, 1)).grid
        (1, 12)
        >>> scene_of("an exercise without a scene", ())
        Scene(grid=None, window=None, shift=None, token=None, moved=None, table=None, axes=('', ''))
    """
    return SCENES[name](*arguments) if name in SCENES else NO_SCENE
