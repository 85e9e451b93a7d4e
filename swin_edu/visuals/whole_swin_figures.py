"""Still pictures of the whole network: what its feature maps look like, stage by stage.

Notebook 07 shows them; they are drawn on the card of `picture`, like all figures of the course.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from swin_edu.visuals.picture import Picture, draw_card, finish_card


def feature_maps(image: Tensor, maps: Mapping[str, Tensor]) -> Picture:
    """A photograph, and beside it each feature map as a colour picture of its three strongest directions.

    A map of 96 channels cannot be shown as it is. Principal component analysis finds the three directions
    of channel space in which the tokens differ most; they become red, green and blue. Colours of two maps
    cannot be compared, because each map has directions of its own.

    Args:
        image: (3, height, width), float in [0, 1].
        maps: title -> (C, H, W), C at least 3.

    Raises:
        ValueError: for a map that is not (C, H, W) with at least 3 channels.

    Example:
        >>> feature_maps(torch.rand(3, 8, 8), {"stage 1": torch.rand(4, 2, 2)})
        Picture: A photograph and the 3 strongest directions of its feature maps. stage 1: 2 x 2 tokens.
    """
    sizes = [f"{title}: {m.shape[1]} x {m.shape[2]} tokens" for title, m in maps.items()]
    titles = ["photograph", *(size.replace(": ", "\n") for size in sizes)]
    titles[0] += f"\n{image.shape[1]} x {image.shape[2]} pixels"
    figure, panels = draw_card(
        titles, {2: 300, 3: 240}.get(len(titles), 148), image.shape[1] / image.shape[2]
    )
    pictures = [image.permute(1, 2, 0).clamp(0, 1), *(strongest_directions(m) for m in maps.values())]
    for axes, picture in zip(panels, pictures, strict=True):
        axes.imshow(picture.numpy(), interpolation="nearest", aspect="auto")
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    described = ", ".join(sizes)
    return finish_card(
        figure, f"A photograph and the 3 strongest directions of its feature maps. {described}."
    )


def strongest_directions(feature_map: Tensor) -> Tensor:
    """The three directions in which the tokens of a map differ most, as a picture.

    Args:
        feature_map: (C, H, W), C at least 3.

    Returns:
        (H, W, 3) float in [0, 1]; 0.5 is the mean of all tokens.

    Raises:
        ValueError: for another shape.

    Example:
        >>> strongest_directions(torch.rand(4, 2, 5)).shape
        torch.Size([2, 5, 3])
    """
    if feature_map.ndim != 3 or feature_map.shape[0] < 3:
        raise ValueError(f"expected (C, H, W) with C at least 3, got shape {tuple(feature_map.shape)}")
    tokens = feature_map.detach().flatten(1).T.double()
    tokens = tokens - tokens.mean(dim=0)
    directions = torch.linalg.eigh(tokens.T @ tokens).eigenvectors[:, -3:].flip(1)
    # A direction and its opposite are equally good: the channel with the largest part decides.
    largest = directions.abs().argmax(dim=0)
    directions = directions * directions[largest, [0, 1, 2]].sign()
    parts = tokens @ directions
    scale = 2 * parts.abs().quantile(0.98, dim=0).clamp(min=1e-12)
    return (0.5 + parts / scale).clamp(0, 1).reshape(*feature_map.shape[1:], 3).float()


def variance_shown(feature_map: Tensor) -> float:
    """Which share of a map's variance its three strongest directions hold, 0 to 1.

    Args:
        feature_map: (C, H, W), C at least 3.

    Example:
        >>> flat = torch.rand(3, 4, 4)
        >>> round(variance_shown(torch.cat([flat, flat])), 3)
        1.0
    """
    tokens = feature_map.detach().flatten(1).T.double()
    tokens = tokens - tokens.mean(dim=0)
    variances = torch.linalg.eigvalsh(tokens.T @ tokens)
    return float(variances[-3:].sum() / variances.sum())
