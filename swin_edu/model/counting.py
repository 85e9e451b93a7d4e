"""Count what a network costs: its parameters, and the multiply-adds of one image, stage by stage.

Notebooks 02 and 07 show this code: attention inside windows grows with the image as the image does.
"""

from dataclasses import dataclass

from torch import nn

from swin_edu.model.config import Pair, SwinConfig
from swin_edu.model.windows import effective_window, padded_size


@dataclass(frozen=True)
class StageCost:
    """Multiply-adds of one stage for one image.

    Args:
        grid: (H, W) of the stage's tokens.
        entry: patch embedding in the first stage, merging in the others.
        projections: queries, keys, values and the output of attention.
        attention: the products Q K^T and (weights) V inside the windows.
        mlp: the two linear layers of each block.

    Example:
        >>> StageCost(grid=(7, 7), entry=1, projections=2, attention=3, mlp=4).total
        10
    """

    grid: Pair
    entry: int
    projections: int
    attention: int
    mlp: int

    @property
    def total(self) -> int:
        """All of the stage together."""
        return self.entry + self.projections + self.attention + self.mlp


@dataclass(frozen=True)
class NetworkCost:
    """Multiply-adds of a network for one image.

    Args:
        stages: one cost a stage.
        head: the linear layer from pooled features to logits.

    Example:
        >>> NetworkCost(stages=(StageCost((7, 7), 1, 2, 3, 4),), head=5).total
        15
    """

    stages: tuple[StageCost, ...]
    head: int

    @property
    def total(self) -> int:
        """The whole network."""
        return sum(stage.total for stage in self.stages) + self.head


def count_parameters(model: nn.Module) -> int:
    """How many numbers a network learns.

    Args:
        model: any module; a parameter that two modules share counts once.

    Example:
        >>> count_parameters(nn.Linear(96, 10))
        970
    """
    return sum(parameter.numel() for parameter in model.parameters())


def multiply_adds(config: SwinConfig, height: int, width: int) -> NetworkCost:
    """Multiply-adds of the matrix products for one image; one multiply-add is two FLOPs.

    Norms, activations, softmax and sums are no matrix products and are left out. Padding up to whole
    windows is work too, so it is counted.

    Args:
        config: the network's settings.
        height, width: the image in pixels.

    Returns:
        The cost of every stage and of the head.

    Raises:
        ValueError: for an image without pixels.

    Paper: Section 3.2, equations (1) and (2); Section 4.1, Table 1, "FLOPs" (they are multiply-adds).

    Example:
        >>> round(multiply_adds(SwinConfig(), 224, 224).total / 1e9, 2)
        4.49
    """
    p, stages = config.patch_size, []
    h, w = -(-height // p), -(-width // p)  # odd sizes are padded: divide and round up
    for stage, (depth, c) in enumerate(zip(config.depths, config.stage_channels, strict=True)):
        if stage == 0:
            entry = h * w * (p * p * config.in_channels) * c
        else:
            h, w = -(-h // 2), -(-w // 2)
            entry = h * w * (2 * c) * c  # four neighbours of c/2 channels each become one of c
        (mh, mw), _ = effective_window(h, w, config.window, 0)
        hp, wp = padded_size(h, w, config.window)
        hidden = round(c * config.mlp_ratio)
        stages.append(
            StageCost(
                grid=(h, w),
                entry=entry,
                projections=depth * 4 * hp * wp * c * c,
                attention=depth * 2 * hp * wp * (mh * mw) * c,  # each token meets the mh * mw of its window
                mlp=depth * 2 * h * w * c * hidden,
            )
        )
    return NetworkCost(tuple(stages), head=config.stage_channels[-1] * config.num_classes)
