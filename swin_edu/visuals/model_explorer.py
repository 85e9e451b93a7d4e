"""ModelExplorer: the whole network drawn to scale, and what each stage costs, for any settings and size.

Notebook 07 plays with it; the drawing is in model_explorer.js, the arithmetic in model_facts.py.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import traitlets

from swin_edu.model.config import Pair, SwinConfig, as_pair
from swin_edu.visuals.checks import Value, one_of, within
from swin_edu.visuals.explorer import FOLDER, Explorer, assemble_module
from swin_edu.visuals.model_facts import ModelFacts
from swin_edu.visuals.model_figure import draw_model
from swin_edu.visuals.photographs import PHOTOGRAPHS, photographs_for_browser

LARGEST = MappingProxyType(
    {
        "height": 1024,
        "width": 1024,
        "patch_size": 32,
        "in_channels": 16,
        "embed_dim": 256,
        "num_classes": 22_000,
        "depth": 24,
        "window_size": 24,
        "stages": 4,
    }
)
SETTINGS = (
    "embed_dim",
    "depths",
    "num_heads",
    "window_size",
    "patch_size",
    "in_channels",
    "num_classes",
    "mlp_ratio",
)
_WIDE = {"depths": (2, 2, 18, 2), "patch_size": 4, "in_channels": 3, "num_classes": 1000, "mlp_ratio": 4.0}
# The networks of the paper (Section 3.3), and the course's own for small images, as in model_words.js.
PRESETS: Mapping[str, SwinConfig] = MappingProxyType(
    {
        "swin_tiny": SwinConfig(),
        "swin_small": SwinConfig(**_WIDE),
        "swin_base": SwinConfig(embed_dim=128, num_heads=(4, 8, 16, 32), **_WIDE),
        "swin_large": SwinConfig(embed_dim=192, num_heads=(6, 12, 24, 48), **_WIDE),
        "swin_cifar": SwinConfig(
            patch_size=2,
            num_classes=10,
            embed_dim=64,
            depths=(2, 2, 2),
            num_heads=(2, 4, 8),
            window_size=4,
            mlp_ratio=2.0,
        ),
    }
)


class ModelExplorer(Explorer):
    """A Swin network as boxes drawn to scale, with the parameters, work and memory of every stage.

    Everything can be read and set from Python while it is on show: ``explorer.height = 97`` changes the
    image, and after a click ``explorer.stage`` is the stage that was chosen.

    Args:
        config: the network; Swin-T where it is left out.
        height, width: the image in pixels, 1 to 1,024 each.
        stage: the chosen stage, 1 for the first, as the paper counts.
        image: name of a photograph (chelsea, astronaut, coffee, rocket, hubble_deep_field).
        **settings: single settings of `SwinConfig` that change ``config``: embed_dim, depths, num_heads,
            window_size, patch_size, in_channels, num_classes, mlp_ratio.

    Attributes:
        config: the settings on show as a `SwinConfig`.
        facts: everything that is drawn, as `ModelFacts`.

    Raises:
        traitlets.TraitError: for a value that cannot be; says what was expected and what came.

    Paper: Section 3.1, Figure 3(a); Section 3.3.

    Example:
        >>> ModelExplorer(embed_dim=64, num_heads=(2, 4, 8, 16)).facts.total("parameters")
        12764388
    """

    _esm = assemble_module("model_explorer.js")
    _css = Explorer._css + (FOLDER / "model_explorer.css").read_text(encoding="utf-8")
    _photographs = traitlets.Dict().tag(sync=True)

    height = Value(224).tag(sync=True)
    width = Value(224).tag(sync=True)
    embed_dim = Value(96).tag(sync=True)
    depths = Value((2, 2, 6, 2)).tag(sync=True)
    num_heads = Value((3, 6, 12, 24)).tag(sync=True)
    window_size = Value(7).tag(sync=True)
    patch_size = Value(4).tag(sync=True)
    in_channels = Value(3).tag(sync=True)
    num_classes = Value(1000).tag(sync=True)
    mlp_ratio = Value(4.0).tag(sync=True)
    stage = Value(3).tag(sync=True)
    image = traitlets.Unicode("chelsea").tag(sync=True)

    state_names = ("height", "width", *SETTINGS, "stage", "image")

    def __init__(
        self,
        config: SwinConfig | None = None,
        *,
        height: int = 224,
        width: int = 224,
        stage: int | None = None,
        image: str = "chelsea",
        **settings: Any,
    ) -> None:
        if unknown := sorted(set(settings) - set(SETTINGS)):
            raise traitlets.TraitError(f"{unknown[0]!r} is no setting here; there are {', '.join(SETTINGS)}")
        try:
            config = replace(config or SwinConfig(), **settings)
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None
        # Checked here, in this order, because traitlets checks in any order.
        for name in ("qkv_bias", "relative_position_bias", "shift_windows"):
            if not getattr(config, name):
                raise traitlets.TraitError(f"only networks with {name}=True can be shown, got False")
        values = {"height": height, "width": width, **{name: getattr(config, name) for name in SETTINGS}}
        for name in values:
            values[name] = _checked(name, values[name])
        stage = _default_stage(config.depths) if stage is None else stage
        values["stage"] = within(stage, 1, len(config.depths), "stage")
        super().__init__(image=image, _photographs=photographs_for_browser(), **values)
        self._initial = {name: getattr(self, name) for name in self.state_names}
        self.observe(self._settle, names=["embed_dim", "depths", "num_heads"])

    # ---- what the state may be ----------------------------------------------------------------

    @traitlets.validate("height", "width", *SETTINGS)
    def _check(self, proposal: Any) -> Any:
        value = _checked(proposal.trait.name, proposal.value)
        both = {"embed_dim": self.embed_dim, "mlp_ratio": self.mlp_ratio, proposal.trait.name: value}
        if round(both["embed_dim"] * both["mlp_ratio"]) < 1:
            raise traitlets.TraitError(
                f"mlp_ratio must leave at least one hidden channel; "
                f"{both['mlp_ratio']} of {both['embed_dim']} is none"
            )
        return value

    @traitlets.validate("stage")
    def _check_stage(self, proposal: Any) -> int:
        return within(proposal.value, 1, len(self.depths), "stage")

    @traitlets.validate("image")
    def _check_image(self, proposal: Any) -> str:
        return one_of(proposal.value, tuple(PHOTOGRAPHS), "image")

    def _settle(self, _: Any) -> None:
        """Keep one entry of heads a stage, each a divisor of its channels, and the chosen stage in place."""
        with self.hold_sync():
            self.num_heads = settle_heads(self.embed_dim, self.depths, self.num_heads)
            self.stage = min(self.stage, len(self.depths))

    # ---- what follows from the state ----------------------------------------------------------

    @property
    def config(self) -> SwinConfig:
        """The settings on show.

        Example:
            >>> ModelExplorer(window_size=8).config == SwinConfig(window_size=8)
            True
        """
        return SwinConfig(**{name: getattr(self, name) for name in SETTINGS})

    @property
    def facts(self) -> ModelFacts:
        """Everything that follows from the state: shapes, parameters, multiply-adds, memory.

        Example:
            >>> [stage.grid for stage in ModelExplorer(height=97, width=131).facts.stages]
            [(25, 33), (13, 17), (7, 9), (4, 5)]
        """
        return ModelFacts(self.config, self.height, self.width)

    @property
    def code(self) -> str:
        """The Python line that makes the network on show, as the copy button copies it.

        Example:
            >>> ModelExplorer().code, ModelExplorer(depths=(2, 2), num_heads=(3, 6)).code
            ('swin_tiny()', 'SwinTransformer(embed_dim=96, depths=(2, 2), num_heads=(3, 6), window_size=7)')
        """
        for name, preset in PRESETS.items():
            if self.config == preset:
                return f"{name}()"
        always = ("embed_dim", "depths", "num_heads", "window_size")
        default = SwinConfig()
        given = [
            f"{name}={getattr(self, name)!r}"
            for name in SETTINGS
            if name in always or getattr(self, name) != getattr(default, name)
        ]
        return f"SwinTransformer({', '.join(given)})"

    def picture(self) -> bytes:
        """Draw the present state as a PNG file.

        Returns:
            The file's bytes.

        Example:
            >>> ModelExplorer().picture()[1:4]
            b'PNG'
        """
        photo = self._photographs[self.image]
        return draw_model(self.facts, self.stage, photo["data"], photo["focus"])


def settle_heads(embed_dim: int, depths: tuple[int, ...], asked: tuple[int, ...]) -> tuple[int, ...]:
    """Heads for every stage: as asked where they fit, else the next smaller number that does.

    Args:
        embed_dim: channels of the first stage.
        depths: blocks in each stage; only their number matters.
        asked: heads; where they are too few, each further stage doubles those of the stage before.

    Returns:
        One entry a stage, each a divisor of its channels.

    Example:
        >>> settle_heads(64, (2, 2, 2), asked=(3, 6))
        (2, 4, 8)
    """
    heads: list[int] = []
    for stage in range(len(depths)):
        channels = embed_dim * 2**stage
        fitting = min(asked[stage] if stage < len(asked) else 2 * heads[-1], channels)
        while channels % fitting:
            fitting -= 1
        heads.append(fitting)
    return tuple(heads)


def _default_stage(depths: tuple[int, ...]) -> int:
    """The deepest stage, as the one to look at first."""
    return depths.index(max(depths)) + 1


def _checked(name: str, value: Any) -> Any:
    if name in ("depths", "num_heads"):
        return _entries(name, value)
    if name == "mlp_ratio":
        return _ratio(value)
    if name == "window_size":
        return _window(value)
    return within(value, 0 if name == "num_classes" else 1, LARGEST[name], name)


def _entries(name: str, value: Any) -> tuple[int, ...]:
    most = LARGEST["depth"] if name == "depths" else LARGEST["embed_dim"] * 8
    if not isinstance(value, (tuple, list)) or not 1 <= len(value) <= LARGEST["stages"]:
        raise traitlets.TraitError(
            f"{name} needs one entry a stage, 1 to {LARGEST['stages']} of them; got {value!r}"
        )
    return tuple(within(entry, 1, most, name) for entry in value)


def _ratio(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.25 <= value <= 8:
        raise traitlets.TraitError(f"mlp_ratio must be 0.25 ... 8, got {value!r}")
    return float(value)


def _window(value: Any) -> int | Pair:
    try:
        pair = as_pair(value, "window_size")
    except ValueError as error:
        raise traitlets.TraitError(str(error)) from None
    for side in pair:
        within(side, 1, LARGEST["window_size"], "window_size")
    return pair[0] if pair[0] == pair[1] else pair
