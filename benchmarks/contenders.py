"""The implementations that are compared: one network, the same weights in each, the same logits from each.

A library that is not installed, or cannot be imported, is left out and named with its reason.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import torch
from torch import Tensor, nn

from swin_edu import SwinConfig, SwinTransformer, export_state_dict

TOLERANCE = 1e-4  # of the largest logit: the same weights differ by rounding only, some 1e-6


@dataclass(frozen=True)
class Contender:
    """One implementation of Swin.

    Attributes:
        name: as it stands in the table.
        package: the distribution it comes from, for its version.
        layout: the name that `export_state_dict` has for its weights, or None for our own.
        build: makes the network for images of a side in pixels; raises whatever its import raises.

    Example:
        >>> CONTENDERS["swin-edu"].package
        'swin-edu'
    """

    name: str
    package: str
    layout: str | None
    build: Callable[[SwinConfig, int], nn.Module]

    def version(self) -> str:
        """Its installed version, or "not installed"."""
        try:
            return version(self.package)
        except PackageNotFoundError:
            return "not installed"


class Logits(nn.Module):
    """Gives the logits of a network that wraps them in an output object."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, S, S) -> (B, num_classes)."""
        return self.network(images).logits


def _ours(config: SwinConfig, size: int) -> nn.Module:
    return SwinTransformer(config)


def _transformers(attention: str) -> Callable[[SwinConfig, int], nn.Module]:
    def build(config: SwinConfig, size: int) -> nn.Module:
        import transformers

        settings = transformers.SwinConfig(
            image_size=size,
            patch_size=config.patch_size,
            embed_dim=config.embed_dim,
            depths=list(config.depths),
            num_heads=list(config.num_heads),
            window_size=config.window[0],
            drop_path_rate=config.drop_path_rate,
            num_labels=config.num_classes,
            attn_implementation=attention,
        )
        return Logits(transformers.SwinForImageClassification(settings))

    return build


def _timm(config: SwinConfig, size: int) -> nn.Module:
    from timm.models.swin_transformer import SwinTransformer as TimmSwin

    return TimmSwin(
        img_size=size,
        patch_size=config.patch_size,
        num_classes=config.num_classes,
        embed_dim=config.embed_dim,
        depths=config.depths,
        num_heads=config.num_heads,
        window_size=config.window[0],
        drop_path_rate=config.drop_path_rate,
    )


def _torchvision(config: SwinConfig, size: int) -> nn.Module:
    from torchvision.models.swin_transformer import SwinTransformer as TorchvisionSwin

    return TorchvisionSwin(
        patch_size=[config.patch_size] * 2,
        embed_dim=config.embed_dim,
        depths=list(config.depths),
        num_heads=list(config.num_heads),
        window_size=list(config.window),
        stochastic_depth_prob=config.drop_path_rate,
        num_classes=config.num_classes,
    )


OURS = "swin-edu"
CONTENDERS = {
    contender.name: contender
    for contender in [
        Contender(OURS, "swin-edu", None, _ours),
        Contender("transformers, sdpa", "transformers", "transformers", _transformers("sdpa")),
        Contender("transformers, eager", "transformers", "transformers", _transformers("eager")),
        Contender("timm", "timm", "timm", _timm),
        Contender("torchvision", "torchvision", "torchvision", _torchvision),
    ]
}


def build_network(name: str, config: SwinConfig, size: int) -> nn.Module:
    """One contender's network, with the weights that all contenders have.

    Args:
        name: a key of `CONTENDERS`.
        config: the network's settings.
        size: side of the images in pixels.

    Returns:
        The network; ``network(images)`` gives logits.

    Raises:
        ValueError: if a weight has no place in it, or one of its own is not set.
    """
    contender = CONTENDERS[name]
    torch.manual_seed(0)
    ours = SwinTransformer(config)
    if contender.layout is None:
        return ours
    network = contender.build(config, size)
    holder = network.network if isinstance(network, Logits) else network
    missing, unexpected = holder.load_state_dict(export_state_dict(ours, contender.layout), strict=False)
    learned = set(dict(holder.named_parameters()))
    if unset := sorted((set(missing) & learned) | set(unexpected)):
        raise ValueError(f"{name} and {OURS} do not share their weights; first difference: {unset[0]}")
    return network


def build_networks(
    names: list[str], config: SwinConfig, size: int
) -> tuple[dict[str, nn.Module], dict[str, str]]:
    """All contenders that can be had, proved to compute the same.

    Args:
        names: keys of `CONTENDERS`, ours among them.
        config: the network's settings.
        size: side of the images in pixels.

    Returns:
        Networks by name, and reasons by name for those that could not be built.

    Raises:
        ValueError: if one gives other logits than ours for the same images.
    """
    networks, missing = {}, {}
    for name in names:
        try:
            networks[name] = build_network(name, config, size)
        except (ImportError, RuntimeError, AttributeError) as error:  # what broken installations raise
            missing[name] = f"{type(error).__name__}: {str(error).splitlines()[0]}"
    images = torch.randn(2, config.in_channels, size, size)
    with torch.inference_mode():
        logits = {name: network.eval()(images) for name, network in networks.items()}
    for name, found in logits.items():
        if (found - logits[OURS]).abs().max() > TOLERANCE * logits[OURS].abs().max():
            raise ValueError(
                f"{name} gives other logits than {OURS} for the same weights: nothing to compare"
            )
    return networks, missing
