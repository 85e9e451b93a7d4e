"""All settings of a Swin network in one frozen dataclass, checked when it is made.

Notebook 07 turns these numbers into the networks of the paper's Section 3.3 (Swin-T, S, B and L).
"""

from dataclasses import dataclass
from math import isfinite

Pair = tuple[int, int]


def as_pair(value: int | Pair, name: str = "value") -> Pair:
    """Read ``value`` as (rows, columns).

    Args:
        value: one int for both axes, or a pair of ints.
        name: what the value is, for the error message.

    Returns:
        (rows, columns) as plain ints.

    Raises:
        ValueError: if it is neither an int nor two ints.

    Example:
        >>> as_pair(7), as_pair((4, 8))
        ((7, 7), (4, 8))
    """
    pair = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(pair) != 2 or not all(_is_whole(v) for v in pair):
        raise ValueError(f"{name} must be an int or a pair of ints (rows, columns), got {value!r}")
    return pair


@dataclass(frozen=True)
class SwinConfig:
    """Every choice that makes one Swin network; there is no image size, because the network takes any.

    Args:
        patch_size: side p of a patch in pixels.
        in_channels: channels of the image.
        num_classes: length of the logits; 0 leaves the pooled features as they are.
        embed_dim: channels C of the first stage; stage i has ``C * 2**i``.
        depths: blocks in each stage; every second block is shifted.
        num_heads: attention heads in each stage; each must divide that stage's channels.
        window_size: side M of a window in tokens, or (Mh, Mw).
        mlp_ratio: hidden channels of the MLP over its input channels.
        qkv_bias: whether the query, key and value projections have a bias.
        drop_path_rate: stochastic depth of the last block; it grows linearly from 0 at the first.
        shift_windows: False gives the ablation without shifted windows (paper, Table 4).
        relative_position_bias: False gives the ablation without position (paper, Table 4).
        checkpoint_blocks: recompute each block in the backward pass: less memory, more time.

    Raises:
        ValueError: names the setting that cannot work, what came and what is needed.

    Paper: Section 3.1 and 3.3 (architecture variants).

    Example:
        >>> SwinConfig(embed_dim=64, depths=(2, 4), num_heads=(2, 4), window_size=4).stage_channels
        (64, 128)
    """

    patch_size: int = 4
    in_channels: int = 3
    num_classes: int = 1000
    embed_dim: int = 96
    depths: tuple[int, ...] = (2, 2, 6, 2)
    num_heads: tuple[int, ...] = (3, 6, 12, 24)
    window_size: int | Pair = 7
    mlp_ratio: float = 4.0
    qkv_bias: bool = True
    drop_path_rate: float = 0.1
    shift_windows: bool = True
    relative_position_bias: bool = True
    checkpoint_blocks: bool = False

    def __post_init__(self) -> None:
        for name in ("depths", "num_heads"):  # lists come from JSON files; tuples keep the config hashable
            if not isinstance(getattr(self, name), (tuple, list)):
                raise ValueError(f"{name} needs one entry a stage, got {getattr(self, name)!r}")
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if isinstance(self.window_size, list):
            object.__setattr__(self, "window_size", tuple(self.window_size))
        self._check_whole_numbers()
        self._check_rates_and_switches()
        if len(self.depths) != len(self.num_heads):
            raise ValueError(
                f"depths and num_heads need one entry a stage, got {self.depths} and {self.num_heads}"
            )
        for stage, (channels, heads) in enumerate(zip(self.stage_channels, self.num_heads, strict=True)):
            if channels % heads:
                raise ValueError(
                    f"stage {stage} has {channels} channels, which {heads} heads cannot share evenly; "
                    f"change embed_dim={self.embed_dim} or num_heads={self.num_heads}"
                )

    def _check_whole_numbers(self) -> None:
        at_least_one = {
            "patch_size": (self.patch_size,),
            "in_channels": (self.in_channels,),
            "embed_dim": (self.embed_dim,),
            "depths": self.depths,
            "num_heads": self.num_heads,
            "window_size": as_pair(self.window_size, "window_size"),
        }
        for name, values in at_least_one.items():
            if not values or any(not _is_whole(v) or v < 1 for v in values):
                raise ValueError(f"{name} needs positive whole numbers, got {getattr(self, name)!r}")
        if not _is_whole(self.num_classes) or self.num_classes < 0:
            raise ValueError(f"num_classes must be 0 (no head) or a whole number, got {self.num_classes!r}")

    def _check_rates_and_switches(self) -> None:
        if not (_is_number(self.mlp_ratio) and round(self.embed_dim * self.mlp_ratio) >= 1):
            raise ValueError(f"mlp_ratio must leave at least one hidden channel, got {self.mlp_ratio!r}")
        if not (_is_number(self.drop_path_rate) and 0 <= self.drop_path_rate < 1):
            raise ValueError(f"drop_path_rate must be in [0, 1), got {self.drop_path_rate!r}")
        for name in ("qkv_bias", "shift_windows", "relative_position_bias", "checkpoint_blocks"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name} must be True or False, got {getattr(self, name)!r}")

    @property
    def stage_channels(self) -> tuple[int, ...]:
        """Channels of each stage: ``embed_dim`` doubled by every merging."""
        return tuple(self.embed_dim * 2**stage for stage in range(len(self.depths)))

    @property
    def window(self) -> Pair:
        """``window_size`` as (Mh, Mw)."""
        return as_pair(self.window_size, "window_size")

    @property
    def shift(self) -> Pair:
        """Shift of the shifted blocks: half a window along each axis (paper, Section 3.2)."""
        return (self.window[0] // 2, self.window[1] // 2) if self.shift_windows else (0, 0)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)
