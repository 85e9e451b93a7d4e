"""What other libraries call the weights of a Swin: one table of names for each library.

Notebook 07 shows that the networks are the same and only the names differ.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

TABLE = "attention.position.table"
INDEX = "attention.position.index"  # not a weight of ours: others keep the index beside the table


@dataclass(frozen=True)
class Layout:
    """Where one library keeps each part; ``{stage}``, ``{block}`` and numbers made of them are filled in.

    Args:
        title: the library, for messages.
        projection, patch_norm: the two parts of the patch embedding.
        block: what the names of a block start with.
        inside: our name inside a block -> theirs; three names with ``|`` between them where query,
            key and value are kept apart.
        merging: what the names of the merging that leads into a stage start with.
        norm, head: the last two layers.

    Example:
        >>> LAYOUTS["torchvision"].theirs("stages.1.blocks.0.mlp.expand.weight")
        ('features.3.0.mlp.0.weight',)
    """

    title: str
    projection: str
    patch_norm: str
    block: str
    inside: Mapping[str, str]
    merging: str
    norm: str = "norm"
    head: str = "head"

    def theirs(self, name: str) -> tuple[str, ...]:
        """Their name for one of our weights; three names where they keep query, key and value apart.

        Args:
            name: as in ``SwinTransformer.state_dict()``.
        """
        found = re.fullmatch(r"stages\.(\d+)\.(?:blocks\.(\d+)|(merging))\.(.+)", name)
        if found:
            stage, block, merging, rest = int(found[1]), found[2], found[3], found[4]
            numbers = {"stage": stage, "before": stage - 1, "odd": 2 * stage + 1, "even": 2 * stage}
            if merging:
                return (f"{self.merging.format(**numbers)}.{rest}",)
            part, suffix = (rest, "") if rest in (TABLE, INDEX) else rest.rsplit(".", 1)
            start, end = self.block.format(block=block, **numbers), suffix and f".{suffix}"
            return tuple(f"{start}.{theirs}{end}" for theirs in self.inside[part].split("|"))
        part, suffix = name.rsplit(".", 1)
        places = {
            "patch_embedding.projection": self.projection,
            "patch_embedding.norm": self.patch_norm,
            "norm": self.norm,
            "head": self.head,
        }
        return (f"{places[part]}.{suffix}",)

    def depths(self, keys: Iterable[str]) -> tuple[int, ...]:
        """Blocks in each stage, as far as the keys go.

        Args:
            keys: the names in a file of this layout.
        """
        keys, depths = list(keys), []
        while True:
            stage = len(depths)
            start = self.block.format(stage=stage, odd=2 * stage + 1, block="@")
            pattern = re.compile(re.escape(start).replace("@", r"(\d+)") + r"\.")
            blocks = [int(found[1]) for key in keys if (found := pattern.match(key))]
            if not blocks:
                return tuple(depths)
            depths.append(max(blocks) + 1)


_OFFICIAL_BLOCK = {
    "norm1": "norm1",
    "attention.qkv": "attn.qkv",
    "attention.projection": "attn.proj",
    TABLE: "attn.relative_position_bias_table",
    INDEX: "attn.relative_position_index",
    "norm2": "norm2",
    "mlp.expand": "mlp.fc1",
    "mlp.contract": "mlp.fc2",
}
_OFFICIAL = Layout(
    title="official",
    projection="patch_embed.proj",
    patch_norm="patch_embed.norm",
    block="layers.{stage}.blocks.{block}",
    inside=_OFFICIAL_BLOCK,
    merging="layers.{before}.downsample",
)
_TRANSFORMERS = Layout(
    title="transformers",
    projection="swin.embeddings.patch_embeddings.projection",
    patch_norm="swin.embeddings.norm",
    block="swin.encoder.layers.{stage}.blocks.{block}",
    inside={
        "norm1": "layernorm_before",
        "attention.qkv": "attention.q_proj|attention.k_proj|attention.v_proj",
        "attention.projection": "attention.o_proj",
        TABLE: "attention.relative_position_bias.relative_position_bias_table",
        INDEX: "attention.relative_position_bias.relative_position_index",
        "norm2": "layernorm_after",
        "mlp.expand": "mlp.fc1",
        "mlp.contract": "mlp.fc2",
    },
    merging="swin.encoder.layers.{before}.downsample",
    norm="swin.layernorm",
    head="classifier",
)
OWN_BLOCK = {part: part for part in _OFFICIAL_BLOCK}

LAYOUTS: dict[str, Layout] = {
    "swin_edu": Layout(
        title="swin_edu",
        projection="patch_embedding.projection",
        patch_norm="patch_embedding.norm",
        block="stages.{stage}.blocks.{block}",
        inside=OWN_BLOCK,
        merging="stages.{stage}.merging",
    ),
    "official": _OFFICIAL,
    "timm": replace(_OFFICIAL, title="timm", merging="layers.{stage}.downsample", head="head.fc"),
    "torchvision": Layout(
        title="torchvision",
        projection="features.0.0",
        patch_norm="features.0.2",
        block="features.{odd}.{block}",
        inside={**_OFFICIAL_BLOCK, "mlp.expand": "mlp.0", "mlp.contract": "mlp.3"},
        merging="features.{even}",
    ),
    "transformers": _TRANSFORMERS,
    "transformers_4": replace(
        _TRANSFORMERS,
        title="transformers before 5",
        inside={
            **_TRANSFORMERS.inside,
            "attention.qkv": "attention.self.query|attention.self.key|attention.self.value",
            "attention.projection": "attention.output.dense",
            TABLE: "attention.self.relative_position_bias_table",
            INDEX: "attention.self.relative_position_index",
            "mlp.expand": "intermediate.dense",
            "mlp.contract": "output.dense",
        },
    ),
}
"""Every layout that is read and written, by name."""


def recognise_layout(keys: Iterable[str]) -> Layout | None:
    """Which library wrote these names, from the names alone.

    Args:
        keys: names of a state dict, without prefixes such as ``module.``.

    Returns:
        The layout; None if it is no Swin that this library knows.

    Example:
        >>> recognise_layout(["layers.0.blocks.0.attn.qkv.weight", "head.fc.weight"]).title
        'timm'
    """
    keys = set(keys)

    def any_starts(start: str) -> bool:
        return any(key.startswith(start) for key in keys)

    if any_starts("stages.0.blocks.0.attention."):
        return LAYOUTS["swin_edu"]
    if any_starts("features.1.0.attn."):
        return LAYOUTS["torchvision"]
    if any_starts("layers.0.blocks.0.attn."):
        # timm moved the merging (0.9) and the head; files of all ages are about, so each is looked at.
        at_next_stage = any_starts("layers.1.downsample.") and not any_starts("layers.0.downsample.")
        is_timm = at_next_stage or any_starts("head.fc.")
        layout = LAYOUTS["timm" if is_timm else "official"]
        merging = "layers.{stage}.downsample" if at_next_stage else "layers.{before}.downsample"
        return replace(layout, merging=merging, head="head.fc" if any_starts("head.fc.") else "head")
    for prefix in ("swin.", ""):
        if any_starts(f"{prefix}encoder.layers.0.blocks.0.attention."):
            is_old = any_starts(f"{prefix}encoder.layers.0.blocks.0.attention.self.")
            layout = LAYOUTS["transformers_4" if is_old else "transformers"]
            return layout if prefix else _without_prefix(layout)
    return None


def _without_prefix(layout: Layout) -> Layout:
    places = ("projection", "patch_norm", "block", "merging", "norm")
    return replace(layout, **{place: getattr(layout, place).removeprefix("swin.") for place in places})
