"""The recipe's pieces: who decays, how the rate moves, which device and precision."""

import itertools
import math

import pytest
import torch

from swin_edu.model import RelativePositionBias, save_checkpoint, swin_cifar
from swin_edu.training import (
    TrainingError,
    TrainingSettings,
    build_model,
    choose_device,
    choose_precision,
    learning_rate_at,
    make_optimizer,
    parameter_groups,
)


def test_a_network_can_begin_with_weights_of_a_file_with_a_new_head_and_another_window(tmp_path):
    torch.manual_seed(0)
    first = swin_cifar(embed_dim=16, num_heads=(1, 2, 4))
    save_checkpoint(first, tmp_path / "first.safetensors")
    settings = TrainingSettings(weights=str(tmp_path / "first.safetensors"), model_options={"window_size": 5})
    model = build_model(settings, num_classes=3)
    assert (model.config.embed_dim, model.config.num_classes, model.config.window_size) == (16, 3, 5)
    assert model.training
    before, after = (m.stages[1].blocks[0].mlp.expand.weight for m in (first, model))
    assert torch.equal(before, after)
    with pytest.raises(TrainingError, match=r"cannot load .*nowhere"):
        build_model(TrainingSettings(weights=str(tmp_path / "nowhere.pt")), 3)


def test_only_matrices_and_kernels_decay_and_no_parameter_is_lost():
    model = swin_cifar()
    decaying, free = parameter_groups(model, 0.05)
    assert (decaying["weight_decay"], free["weight_decay"]) == (0.05, 0.0)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    decaying_names = {names[id(parameter)] for parameter in decaying["params"]}
    free_names = {names[id(parameter)] for parameter in free["params"]}
    assert decaying_names | free_names == set(names.values())
    assert not decaying_names & free_names
    assert all(name.endswith("weight") for name in decaying_names)
    assert all(dict(model.named_parameters())[name].ndim >= 2 for name in decaying_names)
    tables = [module for module in model.modules() if isinstance(module, RelativePositionBias)]
    assert len(tables) == sum(model.config.depths)
    for table in tables:
        for parameter in table.parameters():
            assert names[id(parameter)] in free_names
            assert parameter.ndim == 2, "a table looks like a matrix, so its shape alone does not tell"
    assert any("norm" in name for name in free_names)


def test_frozen_parameters_are_left_out():
    model = swin_cifar()
    model.head.requires_grad_(False)
    grouped = [parameter for group in parameter_groups(model, 0.05) for parameter in group["params"]]
    assert len(grouped) == len(list(model.parameters())) - 2


def test_weight_decay_shrinks_matrices_and_leaves_biases_alone():
    model = torch.nn.Linear(3, 3)
    torch.nn.init.ones_(model.weight)
    torch.nn.init.ones_(model.bias)
    optimizer = make_optimizer(model, TrainingSettings(learning_rate=0.1, weight_decay=0.5))
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    torch.testing.assert_close(model.weight, torch.full((3, 3), 0.95))
    torch.testing.assert_close(model.bias, torch.ones(3))


def test_the_rate_rises_straight_to_its_highest_and_falls_as_a_cosine_to_nearly_zero():
    settings = TrainingSettings(learning_rate=2.0, warmup_fraction=0.1)
    rates = [learning_rate_at(step, 200, settings) for step in range(200)]
    assert rates[:20] == pytest.approx([0.1 * (step + 1) for step in range(20)])
    assert max(rates) == 2.0
    assert all(later < earlier for earlier, later in itertools.pairwise(rates[20:]))
    assert rates[110] == pytest.approx(1 + math.cos(math.pi / 2))
    assert 0 < rates[-1] < 0.001


@pytest.mark.parametrize(("steps", "warmup"), [(1, 0.1), (1, 0.0), (2, 0.9), (5, 0.0)])
def test_very_short_runs_have_a_usable_rate_at_every_step(steps, warmup):
    settings = TrainingSettings(warmup_fraction=warmup)
    assert all(0 < learning_rate_at(step, steps, settings) <= 1e-3 for step in range(steps))


def test_a_device_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(TrainingError, match=r"no device 'toaster'; here are auto, .*cpu"):
        choose_device("toaster")
    if not torch.cuda.is_available():
        with pytest.raises(TrainingError, match=r"this machine has no device 'cuda'; here are auto, .*cpu"):
            choose_device("cuda")


def test_auto_takes_the_gpu_where_there_is_one():
    device = choose_device("auto")
    assert (device.type == "cpu") == (not torch.cuda.is_available() and not torch.backends.mps.is_available())


def test_precision_is_float32_on_the_cpu_unless_asked_for():
    cpu = torch.device("cpu")
    assert choose_precision("auto", cpu) is torch.float32
    assert choose_precision("bfloat16", cpu) is torch.bfloat16


def test_the_preset_gets_its_classes_and_its_options():
    model = build_model(TrainingSettings(model_options={"window_size": 8}), 17)
    assert model.config.num_classes == 17
    assert model.config.window == (8, 8)


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        ("swin_huge", {}, "model must be one of swin_cifar.*got 'swin_huge'"),
        ("swin_cifar", {"window": 4}, "cannot be built with"),
        ("swin_cifar", {"embed_dim": 7}, "heads cannot share evenly"),
    ],
)
def test_a_network_that_cannot_be_built_is_explained(model, options, message):
    with pytest.raises(TrainingError, match=message):
        build_model(TrainingSettings(model=model, model_options=options), 10)
