"""Where the numbers of an answer come from: cutting, joining and gathering only move them.

The picture of a check then shows tokens and not their random contents: which one came, and in what order.
"""

import numpy as np
import torch
from torch import Tensor

from swin_edu.exercises.planes import tint
from swin_edu.exercises.scenes import Layout
from swin_edu.visuals.answer_figures import Cells, Comparison
from swin_edu.visuals.sheet import rgb

NOWHERE, COMPUTED = -1, -2  # not in the input: a zero, such as those of a padding; any other number
CHANNELS = ("series_1", "series_2", "series_0", "series_3", "series_4", "series_5")  # so R, G, B look like it
MOST_COMPUTED = 0.5  # share of an answer; with more of them it was not moved
MOST = 12  # columns of numbers that were one after another


def origins(answer: Tensor, source: Tensor) -> Tensor | None:
    """For each number of an answer, its place in the flattened source.

    Args:
        answer: any shape.
        source: what its numbers were taken from.

    Returns:
        int64 like `answer`; `NOWHERE` or `COMPUTED` for numbers that the source does not have. None where
        the source has a number twice.

    Example:
        >>> origins(torch.tensor([[7.0, 0.0, 0.5]]), torch.tensor([5.0, 6.0, 7.0]))
        tensor([[ 2, -1, -2]])
    """
    flat, order = source.detach().flatten().sort()
    if len(flat) < 2 or bool((flat[1:] == flat[:-1]).any()):
        return None
    near = torch.searchsorted(flat, answer.contiguous()).clamp(max=len(flat) - 1)
    nowhere = torch.where(answer == 0, NOWHERE, COMPUTED)
    return torch.where(flat[near] == answer, order[near], nowhere)


def compare_moved(
    expected: Tensor, got: Tensor, wrong: Tensor, moved: tuple[Layout, Layout], source: Tensor
) -> Comparison | None:
    """The first piece of an answer that differs, as numbers of tokens or pixels.

    Args:
        expected, got: of one shape.
        wrong: bool like them.
        moved: the layouts of source and answer.
        source: the input whose numbers they are.

    Returns:
        None where the numbers cannot be followed.

    Example:
        >>> tokens = torch.arange(8.0).view(1, 2, 4, 1)
        >>> right, other = tokens.view(2, 2, 2, 1), tokens.transpose(1, 2).reshape(2, 2, 2, 1)
        >>> compare_moved(right, other, right != other, ("tokens", "tokens"), tokens).got.texts
        array([['0', '4'],
               ['1', '5']], dtype=object)
    """
    places = [origins(answer, source) for answer in (expected, got)]
    if any(place is None or (place == COMPUTED).double().mean() > MOST_COMPUTED for place in places):
        return None
    source_map = _Source(source.shape, moved[0])
    pieces = [*places, wrong]
    if moved[1] == "images":
        pieces = [piece.movedim(1, -1) for piece in pieces]
    if pieces[0].ndim < 3:
        return None
    first = pieces[2].nonzero()[0].tolist()
    if pieces[0].shape[-1] > source_map.channels:
        return _sequence(pieces, first, source_map)
    return _window(pieces, first, source_map)


class _Source:
    """The input: what a place in it is called."""

    def __init__(self, shape: torch.Size, layout: Layout) -> None:
        self.layout = layout
        self.grid = tuple(shape[2:]) if layout == "images" else tuple(shape[1:-1])
        self.channels = shape[1] if layout == "images" else shape[-1]
        self.tokens = int(np.prod(self.grid))
        self.word = "pixel" if layout == "images" else "token"

    def split(self, place: Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Image, token and channel of each place; all negative where it is."""
        place = place.numpy()
        image, rest = place // (self.tokens * self.channels), place % (self.tokens * self.channels)
        if self.layout == "images":
            channel, token = rest // self.tokens, rest % self.tokens
        else:
            token, channel = rest // self.channels, rest % self.channels
        return tuple(np.where(place < 0, place, part) for part in (image, token, channel))

    def map(self, expected: Tensor, got: Tensor) -> tuple[Cells | None, np.ndarray | None]:
        """The grid of one image with the expected tokens blue, and which ones came instead."""
        if len(self.grid) != 2 or self.tokens > 150:
            return None, None
        (images, tokens, _), (other_images, others, _) = self.split(expected), self.split(got)
        image = images.flat[0]
        blue, came = np.zeros(self.tokens, bool), np.zeros(self.tokens, bool)
        blue[tokens[images == image]] = True
        came[others[other_images == image]] = True
        fills = np.where(blue.reshape(*self.grid, 1), tint("key"), rgb("surface"))
        texts = np.array([str(n) for n in range(self.tokens)], dtype=object).reshape(self.grid)
        return Cells(fills, texts), came.reshape(self.grid)


def _sequence(pieces: list[Tensor], first: list[int], source: _Source) -> Comparison:
    """A patch or a group: its numbers one after another, row by row, each with its token and channel."""
    where = tuple(first[:-1])
    expected, got, wrong = (piece[where] for piece in pieces)
    columns = next(n for n in range(min(MOST, len(wrong)), 0, -1) if len(wrong) % n == 0)
    shape = (len(wrong) // columns, columns)
    most_rows = slice(0, max(1, 96 // columns))
    place, came = source.map(expected, got)
    image = source.split(expected)[0].flat[0]
    cells = []
    for piece in (expected, got):
        images, tokens, channels = (part.reshape(shape)[most_rows] for part in source.split(piece))
        fills = np.array([[_channel(c) for c in row] for row in channels])
        cells.append(Cells(fills, _names(images, tokens, image)))
    shown = f"Token {where[1:]} of image {where[0]}: from which {source.word} its {len(wrong)} numbers come"
    caption = f"{shown}, one after another; the colour is the channel.{_legend(place)}"
    return Comparison(
        *cells,
        wrong.numpy().reshape(shape)[most_rows],
        caption,
        place=place,
        place_title=f"the {source.word}s",
        outlined=came,
    )


def _window(pieces: list[Tensor], first: list[int], source: _Source) -> Comparison:
    """A window of whole tokens, or a map that was put together from parts of tokens."""
    put_together = pieces[0].shape[-1] < source.channels
    channel = first[-1]
    where = tuple(first[:-3]) if len(first) > 3 else ()
    expected, got, wrong = (piece[(*where, ..., channel)] for piece in pieces)
    if expected.ndim > 2:
        expected, got, wrong = (piece[first[0]] for piece in (expected, got, wrong))
    parts = [source.split(piece) for piece in (expected, got)]
    image = parts[0][0].flat[0]
    if put_together:
        walls = parts[0][1].reshape(wrong.shape)
        cells = [
            Cells(
                np.array([[_group(t) for t in row] for row in tokens]),
                _names(images, channels, image),
                walls,
            )
            for images, tokens, channels in parts
        ]
        caption = f"Image {first[0]}, channel {channel}. One colour is one {source.word} of the input, "
        caption += f"the number says which of its {source.channels} numbers it is."
        return Comparison(*cells, wrong.numpy(), caption)
    place, came = source.map(expected, got)
    belongs = set(zip(parts[0][0].flat, parts[0][1].flat, strict=True))
    cells = []
    for images, tokens, _ in parts:
        inside = [
            [pair in belongs for pair in zip(*rows, strict=True)] for rows in zip(images, tokens, strict=True)
        ]
        fills = np.where(np.array(inside)[:, :, None], tint("key"), rgb("surface"))
        cells.append(Cells(fills, _names(images, tokens, image)))
    caption = f"Window {first[0]}, the first that differs: which {source.word} stands where.{_legend(place)}"
    return Comparison(
        *cells, wrong.numpy(), caption, place=place, place_title=f"the {source.word}s", outlined=came
    )


def _legend(place: Cells | None) -> str:
    return "" if place is None else " At the left, blue is what belongs here, outlined what you took."


def _names(images: np.ndarray, numbers: np.ndarray, image: int) -> np.ndarray:
    """What stands in a cell: the number, with the image before it where it is another one; 0 for padding."""
    names = np.empty(numbers.shape, dtype=object)
    for place, number in np.ndenumerate(numbers):
        here = images[place]
        if number < 0:
            names[place] = "0" if number == NOWHERE else "?"
        else:
            names[place] = f"{number}" if here == image else f"{here}:{number}"
    return names


def _channel(number: int) -> np.ndarray:
    return rgb("padding") if number < 0 else tint(CHANNELS[number % len(CHANNELS)])


def _group(number: int) -> np.ndarray:
    return rgb("padding") if number < 0 else tint(f"series_{number % 6}", 0.3)
