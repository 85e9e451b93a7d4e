"""What there is to say about one merged token: its four sources, its numbers, what another order does.

Notebook 06's explorer and its picture show it; every number comes from `PatchMerging`, and a test holds
what the explorer computes in the browser against these.
"""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

import numpy as np
import torch
from einops import rearrange
from PIL import Image
from torch import Tensor

from swin_edu.model.config import Pair
from swin_edu.model.merging import PatchMerging, gather_neighbours
from swin_edu.visuals.checks import one_of, within
from swin_edu.visuals.photographs import photographs_for_browser

LARGEST_GRID, LEVELS = 16, 3
GRAIN = (48, 72)  # rows and columns of the small picture that tokens are averaged from
ORDERS = {
    "by column": "b (h row) (w column) c -> b h w (column row c)",
    "by row": "b (h row) (w column) c -> b h w (row column c)",
    "by channel": "b (h row) (w column) c -> b h w (c row column)",
}
COLOURS = ("red", "green", "blue")
DIFFERENCES = ("upper − lower", "left − right", "diagonal")


def with_grain(photo: Mapping[str, Any]) -> dict[str, Any]:
    """A photograph as the MergeExplorer sends it: with its size, and a small copy that tokens are made from.

    Args:
        photo: {"data": a picture file's bytes, "focus": [across, down]}.

    Returns:
        The same with "size" [width, height] and "grain", base64 of (48, 72, 3) uint8.

    Example:
        >>> with_grain(photographs_for_browser()["coffee"])["size"]
        [512, 341]
    """
    picture = Image.open(io.BytesIO(photo["data"])).convert("RGB")
    small = np.asarray(picture.resize(GRAIN[::-1], Image.Resampling.BOX))
    return {**photo, "size": list(picture.size), "grain": base64.b64encode(small.tobytes()).decode()}


@cache
def photographs_with_grain() -> dict[str, dict[str, Any]]:
    """All photographs with their grain.

    Example:
        >>> sorted(photographs_with_grain()["coffee"])
        ['data', 'focus', 'grain', 'size']
    """
    return {name: with_grain(photo) for name, photo in photographs_for_browser().items()}


def photo_tokens(photo: Mapping[str, Any], height: int, width: int) -> Tensor:
    """Tokens of three numbers: the mean red, green and blue of each cell of a photograph.

    Args:
        photo: from `with_grain`; cropped to height x width squares, as near to its focus as can be.
        height, width: the token grid.

    Returns:
        (1, height, width, 3) float64, 0 to 1.

    Example:
        >>> photo_tokens(photographs_with_grain()["coffee"], 7, 8).shape
        torch.Size([1, 7, 8, 3])
    """
    across, down = photo["size"]
    wide = min(across, down * width / height)
    sides = (wide * height / width, wide)  # of the crop, rows before columns
    shares = []
    for side, whole, focus, cells, grain in zip(
        sides, (down, across), photo["focus"][::-1], (height, width), GRAIN, strict=True
    ):
        first = min(max(focus * whole - side / 2, 0), whole - side)
        edges = (first + side * np.arange(cells + 1) / cells) * grain / whole
        fine = np.arange(grain)
        overlap = np.minimum(edges[1:, None], fine + 1) - np.maximum(edges[:-1, None], fine)
        shares.append(overlap.clip(0) / np.diff(edges)[:, None])
    grain_pixels = np.frombuffer(base64.b64decode(photo["grain"]), np.uint8).reshape(*GRAIN, 3) / 255
    tokens = np.einsum("hy,yxc,wx->hwc", shares[0], grain_pixels, shares[1])
    return torch.from_numpy(tokens)[None]


@cache
def readable_merging(channels: int) -> PatchMerging:
    """A merging whose weights are set by hand: the mean of each channel, then one difference of each.

    The differences take turns: upper minus lower, left minus right, one diagonal minus the other.

    Args:
        channels: C of the tokens that come in.

    Returns:
        float64, one for each C, shared: output c is twice the mean of channel c, output C + c a difference
        within channel c.

    Example:
        >>> readable_merging(1).reduction.weight.data
        tensor([[ 0.5000,  0.5000,  0.5000,  0.5000],
                [ 0.5000, -0.5000,  0.5000, -0.5000]], dtype=torch.float64)
    """
    row, column = torch.tensor([0, 1, 0, 1]), torch.tensor([0, 0, 1, 1])
    signs = torch.stack([1 - 2 * row, 1 - 2 * column, (1 - 2 * row) * (1 - 2 * column)]).double()
    weight = torch.zeros(2 * channels, 4, channels, dtype=torch.float64)
    for c in range(channels):
        weight[c, :, c] = 0.5
        weight[channels + c, :, c] = 0.5 * signs[c % 3]
    merging = PatchMerging(channels).double().requires_grad_(False)
    merging.reduction.weight.copy_(weight.flatten(1))
    return merging


@dataclass(frozen=True)
class MergeFacts:
    """One photograph cut into tokens, merged up to three times, and one merged token; the rest follows.

    Args:
        height, width: the token grid, 1 to 16 each.
        level: which merging is on show, 1 to 3.
        token: (row, column) of the merged token, on the grid that this merging makes.
        order: "by column" (the official one), "by row" or "by channel".
        image: a name, or a photograph from `with_grain`.

    Raises:
        traitlets.TraitError: for a value that cannot be.

    Example:
        >>> facts = MergeFacts(8, 8, token=(1, 2))
        >>> facts.sources, facts.outputs.shape
        ([(2, 4), (3, 4), (2, 5), (3, 5)], torch.Size([6]))
    """

    height: int
    width: int
    level: int = 1
    token: Pair = (0, 0)
    order: str = "by column"
    image: str | Mapping[str, Any] = field(default="chelsea")

    def __post_init__(self) -> None:
        for name in ("height", "width"):
            within(getattr(self, name), 1, LARGEST_GRID, name)
        within(self.level, 1, LEVELS, "level")
        one_of(self.order, ORDERS, "order")
        for place, side, name in zip(self.token, self.grid_of(self.level), ("row", "column"), strict=True):
            within(place, 0, side - 1, f"token's {name}")

    def grid_of(self, level: int) -> Pair:
        """(rows, columns) after so many mergings."""
        return -(-self.height // 2**level), -(-self.width // 2**level)

    @property
    def channels(self) -> int:
        """C of the tokens that this merging takes in."""
        return 3 * 2 ** (self.level - 1)

    @cached_property
    def maps(self) -> list[Tensor]:
        """The tokens (1, H, W, C) before the first merging and after each, up to this one."""
        return self._maps(self.order)

    def _maps(self, order: str) -> list[Tensor]:
        photo = photographs_with_grain()[self.image] if isinstance(self.image, str) else self.image
        maps = [photo_tokens(photo, self.height, self.width)]
        for _ in range(self.level):
            merging = readable_merging(maps[-1].shape[-1])
            maps.append(merging.reduction(merging.norm(in_order(maps[-1], order))))
        return maps

    @property
    def sources(self) -> list[Pair]:
        """(row, column) of the four tokens that merge, in their order; may lie in the padding."""
        top, left = 2 * self.token[0], 2 * self.token[1]
        places = [(0, 0), (0, 1), (1, 0), (1, 1)]
        if self.order == "by column":
            places = [(row, column) for column, row in places]
        return [(top + row, left + column) for row, column in places]

    @property
    def padded(self) -> int:
        """How many of the four sources are padding."""
        rows, columns = self.grid_of(self.level - 1)
        return sum(row >= rows or column >= columns for row, column in self.sources)

    @cached_property
    def gathered(self) -> Tensor:
        """(4C,) the sources' numbers, one after another."""
        return in_order(self.maps[-2], self.order)[0, self.token[0], self.token[1]]

    @cached_property
    def normed(self) -> Tensor:
        """(4C,) after LayerNorm."""
        return readable_merging(self.channels).norm(self.gathered)

    @cached_property
    def outputs(self) -> Tensor:
        """(2C,) the merged token."""
        return self.maps[-1][0, self.token[0], self.token[1]]

    @cached_property
    def official(self) -> Tensor:
        """(2C,) the merged token where every merging takes its neighbours by column."""
        return self._maps("by column")[-1][0, self.token[0], self.token[1]]

    def output_name(self, output: int) -> str:
        """What an output means, in words."""
        c = output % self.channels
        channel = COLOURS[c] if self.level == 1 else f"channel {c}"
        return f"{channel}, {'mean' if output < self.channels else DIFFERENCES[c % 3]}"

    def sentence(self) -> str:
        """What the explorer says about this token, in one or two sentences."""
        C, here = self.channels, _point(self.token)
        before, after = self.grid_of(self.level - 1), self.grid_of(self.level)
        taken = ", ".join(_point(place) for place in self.sources)
        numbers = f"4 × {C} = {4 * C} numbers go in, {2 * C} come out"
        sizes = f"{before[0]} × {before[1]} tokens become {after[0]} × {after[1]}"
        said = f"Token {here} is made of tokens {taken}, {self.order}: {numbers}; {sizes}."
        if self.padded:
            several = f"{self.padded} of the four are" if self.padded > 1 else "One of the four is"
            at = int(torch.nonzero(self.gathered == 0)[0])
            said += f" {several} padding: zeros, which the norm turns into {_number(self.normed[at])}."
        if self.order != "by column":
            change = (self.outputs - self.official).abs()
            count = int((change > 5e-3).sum())
            said += (
                f" The weights were made for another order: {count} of {2 * C} outputs are wrong, "
                f"by up to {_number(change.max())}."
            )
        return said


def in_order(tokens: Tensor, order: str) -> Tensor:
    """`gather_neighbours`, but with the neighbours in one of the `ORDERS`.

    Args:
        tokens: (B, H, W, C); odd sizes are padded.
        order: "by column", "by row" or "by channel".

    Returns:
        (B, ceil(H/2), ceil(W/2), 4C).

    Example:
        >>> in_order(torch.tensor([[1, 2], [3, 4]])[None, :, :, None], "by row").flatten()
        tensor([1, 2, 3, 4])
    """
    official = gather_neighbours(tokens)
    after = ORDERS[order].split(" -> ")[1]
    inside = after.removeprefix("b h w ")
    return rearrange(official, f"b h w (column row c) -> b h w {inside}", row=2, column=2)


def _point(place: Pair) -> str:
    return f"({place[0]}, {place[1]})"


def _number(value: Tensor | float) -> str:
    return f"{float(value):.2f}".replace("-", "−")
