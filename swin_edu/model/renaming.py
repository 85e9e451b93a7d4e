"""Give weights other names: from another library's to ours, and from ours to theirs.

Notebook 07 loads the weights of four libraries with it, and hands ours back to them.
"""

from collections.abc import Iterable, Iterator, Mapping

import torch
from torch import Tensor, nn

from swin_edu.model.layouts import INDEX, LAYOUTS, OWN_BLOCK, TABLE, Layout
from swin_edu.model.position import relative_position_index


def weight_names(depths: Iterable[int]) -> Iterator[str]:
    """Our names of all weights, and of the index, that a network of these depths can have.

    Args:
        depths: blocks in each stage.

    Example:
        >>> next(weight_names([2, 2]))
        'patch_embedding.projection.weight'
    """

    def parameters(*modules: str) -> Iterator[str]:
        return (f"{module}.{suffix}" for module in modules for suffix in ("weight", "bias"))

    yield from parameters("patch_embedding.projection", "patch_embedding.norm")
    for stage, depth in enumerate(depths):
        if stage:
            yield from parameters(f"stages.{stage}.merging.norm", f"stages.{stage}.merging.reduction")
        for block in range(depth):
            start = f"stages.{stage}.blocks.{block}"
            for part in OWN_BLOCK:
                is_whole = part in (TABLE, INDEX)  # not a module with a weight and a bias
                yield from [f"{start}.{part}"] if is_whole else parameters(f"{start}.{part}")
    yield from parameters("norm", "head")


def export_state_dict(model: nn.Module, layout: str) -> dict[str, Tensor]:
    """The weights under another library's names, ready for its ``load_state_dict``.

    The official code and torchvision keep the relative position index in their files; it is written
    for them. (The official code also expects its ``attn_mask``, which belongs to one image size:
    load with ``strict=False`` there.)

    Args:
        model: a `SwinTransformer`.
        layout: a name in `LAYOUTS`: "official", "timm", "torchvision", "transformers", ...

    Returns:
        Their names -> tensors, detached copies.

    Raises:
        ValueError: if there is no such layout.

    Example:
        >>> from swin_edu import swin_cifar
        >>> export_state_dict(swin_cifar(), "torchvision")["features.0.0.weight"].shape
        torch.Size([64, 3, 2, 2])
    """
    if layout not in LAYOUTS:
        raise ValueError(f"layout must be one of {', '.join(LAYOUTS)}, got {layout!r}")
    names, exported = LAYOUTS[layout], {}
    for name, tensor in model.state_dict().items():
        theirs = names.theirs(name)
        for their_name, part in zip(theirs, tensor.chunk(len(theirs)), strict=True):
            exported[their_name] = part.detach().clone()
        if name.endswith(TABLE) and layout in ("official", "torchvision"):
            index = relative_position_index(model.config.window)
            (index_name,) = names.theirs(name.replace(TABLE, INDEX))
            exported[index_name] = index.flatten() if layout == "torchvision" else index
    return exported


def to_our_names(state: Mapping[str, Tensor], layout: Layout) -> tuple[dict[str, Tensor], list[str]]:
    """Give the weights of a file our names.

    Args:
        state: their names -> tensors.
        layout: as `recognise_layout` found it.

    Returns:
        Our names -> tensors (with the index, where the file has it), and the names that no Swin has.
    """
    ours, known = {}, set()
    for name in weight_names(layout.depths(state)):
        theirs = layout.theirs(name)
        known.update(theirs)
        parts = [state[part] for part in theirs if part in state]
        if len(parts) == len(theirs):
            ours[name] = torch.cat(parts) if len(parts) > 1 else parts[0]
    # Masks are made anew for every size, so an old one is of no use.
    return ours, [name for name in state if name not in known and not name.endswith("attn_mask")]
