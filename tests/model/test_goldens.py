"""Weights written by four other libraries give their logits here; needs the golden files.

They are looked for in the folder that SWIN_EDU_GOLDENS names, else in ../shared/goldens beside the
repository.
"""

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from swin_edu import CheckpointError, export_state_dict, load_checkpoint

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "goldens"
GOLDENS = Path(os.environ.get("SWIN_EDU_GOLDENS", BESIDE))
LAYOUT_OF_FILE = {
    "microsoft": "official",
    "timm": "timm",
    "torchvision": "torchvision",
    "transformers": "transformers",
}

pytestmark = pytest.mark.skipif(
    not any(GOLDENS.glob("*.safetensors")),
    reason="the golden checkpoints are not here: name their folder with SWIN_EDU_GOLDENS",
)


def golden(path):
    tensors = load_file(path)
    weights = {name.removeprefix("w."): t for name, t in tensors.items() if name.startswith("w.")}
    return weights, {name: t for name, t in tensors.items() if not name.startswith("w.")}


def files(pattern):
    return [pytest.param(path, id=path.stem) for path in sorted(GOLDENS.glob(pattern))]


@pytest.mark.parametrize("path", files("*-v1-*.safetensors"))
@torch.no_grad()
def test_logits_match_the_library_that_wrote_the_file(path):
    weights, expected = golden(path)
    model = load_checkpoint(weights)
    assert (model(expected["x"]) - expected["logits"]).abs().max() < 1e-4
    stages = [name for name in expected if name.startswith("stage")]
    assert bool(stages) == path.name.startswith("timm")
    for stage in stages:
        ours = model.features(expected["x"])[int(stage.removeprefix("stage"))]
        assert ours.shape == expected[stage].shape
        assert (ours - expected[stage]).abs().max() < 1e-4


@pytest.mark.parametrize("path", files("*-v1-*.safetensors"))
def test_exporting_gives_back_the_very_file(path):
    weights, _ = golden(path)
    layout = LAYOUT_OF_FILE[path.name.split("-")[0]]
    exported = export_state_dict(load_checkpoint(weights), layout)
    weights = {name: t for name, t in weights.items() if not name.endswith("attn_mask")}
    assert exported.keys() == weights.keys()
    for name, tensor in weights.items():
        assert torch.equal(exported[name], tensor), name


@pytest.mark.parametrize("path", files("*-v1-*.safetensors"))
def test_every_file_tells_the_same_config(path):
    config = load_checkpoint(golden(path)[0]).config
    assert (config.patch_size, config.in_channels, config.num_classes) == (2, 3, 7)
    assert (config.embed_dim, config.depths, config.num_heads) == (24, (2, 4), (3, 6))
    assert (config.window_size, config.mlp_ratio, config.qkv_bias) == (4, 4.0, True)


@pytest.mark.parametrize("path", files("*-v2-*.safetensors"))
def test_swin_v2_is_named_and_refused(path):
    with pytest.raises(CheckpointError, match="Swin V2"):
        load_checkpoint(golden(path)[0])
