"""The exercise on weights of another library: give them our names, and join query, key and value.

It belongs to notebook 07; `swin_edu.model.renaming` does it for all libraries.
"""

import random
import re
from collections.abc import Callable

import torch
from torch import Tensor

from swin_edu.exercises.engine import Exercise, Mistake
from swin_edu.model.config import SwinConfig
from swin_edu.model.renaming import export_state_dict
from swin_edu.model.swin import SwinTransformer

Convert = Callable[[dict[str, Tensor]], dict[str, Tensor]]


def _from_transformers(state: dict[str, Tensor]) -> dict[str, Tensor]:
    names = {
        "swin.embeddings.patch_embeddings.": "patch_embedding.",
        "swin.embeddings.": "patch_embedding.",
        "swin.encoder.layers.": "stages.",
        "swin.layernorm": "norm",
        "classifier": "head",
        "layernorm_before": "norm1",
        "layernorm_after": "norm2",
        "attention.o_proj": "attention.projection",
        "attention.relative_position_bias.relative_position_bias_table": "attention.position.table",
        "mlp.fc1": "mlp.expand",
        "mlp.fc2": "mlp.contract",
    }
    ours, parts = {}, {}
    for name, tensor in state.items():
        for theirs, own in names.items():
            name = name.replace(theirs, own)
        # Their downsample leads out of a stage, our merging leads into one.
        name = re.sub(r"(\d+)\.downsample", lambda found: f"{int(found[1]) + 1}.merging", name)
        if found := re.search(r"\b([qkv])_proj\b", name):
            parts.setdefault(name.replace(found[0], "qkv"), {})[found[1]] = tensor
        else:
            ours[name] = tensor
    for name, three in parts.items():
        ours[name] = torch.cat([three["q"], three["k"], three["v"]])
    return ours


def _theirs(seed: int, **settings: object) -> dict[str, Tensor]:
    """A state dict as transformers writes it, every number random."""
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):  # making a network must not change the learner's random numbers
        model = SwinTransformer(SwinConfig(**{"window_size": 2, "num_classes": 3, **settings}))
    own = {name: torch.randn(w.shape, generator=generator) for name, w in model.state_dict().items()}
    model.load_state_dict(own)
    return export_state_dict(model, "transformers")


def _draw_state(generator: random.Random) -> tuple[dict[str, Tensor]]:
    stages = generator.randint(2, 4)
    settings = {
        "embed_dim": generator.choice((4, 6)),
        "depths": [generator.randint(1, 2) for _ in range(stages)],
        "num_heads": [2] * stages,
        "qkv_bias": generator.random() < 0.7,
        "window_size": generator.choice((2, 3)),
    }
    return (_theirs(generator.randrange(2**31), **settings),)


def _renamed(pattern: str, name: Callable[[re.Match], str]) -> Convert:
    """The right answer with some of its names changed."""

    def answer(state: dict[str, Tensor]) -> dict[str, Tensor]:
        return {re.sub(pattern, name, ours): tensor for ours, tensor in _from_transformers(state).items()}

    return answer


def _joined(join: Callable[[list[Tensor]], Tensor]) -> Convert:
    """The right answer with query, key and value put together in another way."""

    def answer(state: dict[str, Tensor]) -> dict[str, Tensor]:
        right = _from_transformers(state)
        return {
            name: join(list(tensor.chunk(3))) if ".attention.qkv." in name else tensor
            for name, tensor in right.items()
        }

    return answer


def _without_qkv_bias(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {n: t for n, t in _from_transformers(state).items() if not n.endswith("attention.qkv.bias")}


def _swap(pairs: dict[str, str]) -> Callable[[re.Match], str]:
    return lambda found: found[0].replace(found[1], pairs[found[1]])


from_transformers = Exercise(
    name="from_transformers",
    chapter="07",
    difficulty="hard",
    minutes=20,
    task="A state dict of transformers' Swin under our names, ready for SwinTransformer.load_state_dict.",
    reference=_from_transformers,
    cases=lambda: [
        (_theirs(0, embed_dim=6, depths=(1, 2, 1), num_heads=(1, 2, 3)),),
        (_theirs(1, embed_dim=8, depths=(2, 1), num_heads=(2, 4), qkv_bias=False),),
    ],
    draw=_draw_state,
    mistakes={
        "key_first": Mistake(
            _joined(lambda parts: torch.cat([parts[1], parts[0], parts[2]])),
            "Query, key and value are all there. In which order does our qkv expect them?",
        ),
        "value_first": Mistake(
            _joined(lambda parts: torch.cat([parts[2], parts[0], parts[1]])),
            "Query, key and value are all there. In which order does our qkv expect them?",
        ),
        "alphabetical": Mistake(
            _joined(lambda parts: torch.cat([parts[1], parts[2], parts[0]])),
            "Sorted names give another order than ours. In which order does our qkv expect them?",
        ),
        "rows_taken_in_turn": Mistake(
            _joined(lambda parts: torch.stack(parts, dim=1).flatten(0, 1)),
            "You take one row of each in turn. Which rows of our qkv belong to the query?",
        ),
        "joined_side_by_side": Mistake(
            _joined(lambda parts: torch.cat(parts, dim=-1)),
            "A linear layer's weight is (outputs, inputs). Which of the two becomes three times as many?",
        ),
        "qkv_bias_forgotten": Mistake(_without_qkv_bias, "Query, key and value have weights. Is that all?"),
        "merging_one_stage_early": Mistake(
            _renamed(r"stages\.(\d+)\.merging", lambda found: f"stages.{int(found[1]) - 1}.merging"),
            "You kept the number. Where do they keep the merging that leads into our stage 1?",
        ),
        "norms_swapped": Mistake(
            _renamed(r"blocks\.\d+\.(norm[12])\.", _swap({"norm1": "norm2", "norm2": "norm1"})),
            "The two norms of a block stand in each other's place. Which one comes before attention?",
        ),
        "mlp_swapped": Mistake(
            _renamed(r"mlp\.(expand|contract)\.", _swap({"expand": "contract", "contract": "expand"})),
            "The two layers of the MLP stand in each other's place. Which one makes tokens wider?",
        ),
    },
    hints=(
        "Start with a dict of the parts that are only named otherwise, and re.sub for the numbers.",
        "Query, key and value: collect the three, then join them once, weights and biases alike.",
        "Their layers.0.downsample leads out of stage 0. Where does ours lead in?",
    ),
)
