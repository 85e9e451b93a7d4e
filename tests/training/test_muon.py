"""Muon: the same as PyTorch's own where both can be compared, and matrices in parts."""

import pytest
import torch
from torch import nn

from swin_edu.model import WindowAttention, swin_cifar
from swin_edu.training import Muon, TrainingSettings, make_optimizer
from swin_edu.training.muon import orthogonalise


def stepped(optimizer_of, start, gradients):
    weight = nn.Parameter(start.clone())
    optimizer = optimizer_of([weight])
    for gradient in gradients:
        weight.grad = gradient.clone()
        optimizer.step()
    return weight.detach() - start


@pytest.mark.parametrize("shape", [(24, 16), (16, 24), (20, 20)])
def test_updates_equal_those_of_pytorch_s_muon_up_to_its_bfloat16(shape):
    torch.manual_seed(0)
    start, gradients = torch.randn(shape), torch.randn(5, *shape)
    options = {"lr": 0.01, "weight_decay": 0.1, "momentum": 0.95}
    ours = stepped(lambda weights: Muon(weights, **options), start, gradients)
    theirs = stepped(
        lambda weights: torch.optim.Muon(weights, adjust_lr_fn="match_rms_adamw", **options), start, gradients
    )
    assert (ours - theirs).norm() < 0.02 * theirs.norm()
    assert theirs.norm() > 0.1


def test_singular_values_come_near_one_and_singular_vectors_stay():
    torch.manual_seed(0)
    matrix = torch.randn(3, 12, 8, dtype=torch.float64)
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    result = orthogonalise(matrix)
    inner = u.mT @ result @ v.mT
    diagonal = inner.diagonal(dim1=-2, dim2=-1)
    assert ((diagonal > 0.6) & (diagonal < 1.25)).all()
    torch.testing.assert_close(inner, torch.diag_embed(diagonal), atol=1e-9, rtol=0)


def test_three_parts_are_moved_like_three_matrices():
    torch.manual_seed(0)
    start, gradients = torch.randn(12, 4), torch.randn(3, 12, 4)
    together = stepped(lambda weights: Muon([{"params": weights, "parts": 3}]), start, gradients)
    for part in range(3):
        rows = slice(4 * part, 4 * part + 4)
        torch.testing.assert_close(together[rows], stepped(Muon, start[rows], gradients[:, rows]))
    assert not torch.allclose(together, stepped(Muon, start, gradients))


def test_a_weight_that_is_no_matrix_or_cannot_be_parted_is_refused():
    with pytest.raises(ValueError, match=r"got shape \(4,\); give other weights to AdamW"):
        Muon([nn.Parameter(torch.zeros(4))])
    with pytest.raises(ValueError, match="3 parts can share"):
        Muon([{"params": [nn.Parameter(torch.zeros(4, 4))], "parts": 3}])


def test_muon_gets_the_blocks_matrices_and_adamw_all_other_weights_once():
    model = swin_cifar()
    optimizer = make_optimizer(model, TrainingSettings(optimizer="muon", weight_decay=0.5))
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    muon, adamw = optimizer.optimizers
    moved = [names[id(p)] for group in muon.param_groups for p in group["params"]]
    others = [names[id(p)] for group in adamw.param_groups for p in group["params"]]
    assert sorted(moved + others) == sorted(names.values())
    assert all(name.startswith("stages.") and name.endswith("weight") for name in moved)
    assert len(moved) == 6 * 4 + 2, "four in each block, one in each merging"
    attentions = [module for module in model.modules() if isinstance(module, WindowAttention)]
    assert muon.param_groups[0]["parts"] == 3
    assert [id(p) for p in muon.param_groups[0]["params"]] == [id(a.qkv.weight) for a in attentions]
    assert not any(name.startswith("head") or "table" in name or "norm" in name for name in moved)


def test_the_state_of_both_optimizers_goes_through_a_dictionary_and_back():
    def trained(steps, state=None, weights=None):
        torch.manual_seed(0)
        model = swin_cifar(embed_dim=16, num_heads=(1, 2, 4), depths=(1, 1, 1), drop_path_rate=0.0)
        optimizer = make_optimizer(model, TrainingSettings(optimizer="muon", learning_rate=0.01))
        if state:
            model.load_state_dict(weights)
            optimizer.load_state_dict(state)
        for number in steps:
            optimizer.zero_grad()
            model(torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(number))).sum().backward()
            optimizer.step()
        return model.state_dict(), optimizer.state_dict()

    whole, _ = trained(range(4))
    weights, state = trained(range(2))
    resumed, _ = trained(range(2, 4), state, weights)
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
