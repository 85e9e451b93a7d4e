"""Patch merging: the order of the neighbours, odd sizes, and the weights it holds."""

import brute_force
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from swin_edu import PatchMerging, gather_neighbours


@settings(deadline=None)
@given(st.integers(1, 7), st.integers(1, 7), st.integers(1, 2), st.booleans())
def test_neighbours_stand_column_by_column_and_outside_is_zero(height, width, batch, transposed):
    tokens = torch.randn(batch, height, width, 3)
    if transposed:
        tokens = tokens.permute(0, 3, 2, 1).contiguous().permute(0, 3, 2, 1)
    groups = gather_neighbours(tokens)
    assert groups.shape == (batch, (height + 1) // 2, (width + 1) // 2, 12)
    for row, column in brute_force.positions(groups.shape[1:3]):
        for k, (dr, dc) in enumerate([(0, 0), (1, 0), (0, 1), (1, 1)]):
            r, c = 2 * row + dr, 2 * column + dc
            expected = tokens[:, r, c] if r < height and c < width else torch.zeros(batch, 3)
            assert torch.equal(groups[:, row, column, 3 * k : 3 * k + 3], expected)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 7), st.integers(1, 7))
@torch.no_grad()
def test_merging_equals_brute_force(height, width):
    merging = PatchMerging(3).double()
    for parameter in merging.parameters():
        torch.nn.init.normal_(parameter)
    tokens = torch.randn(2, height, width, 3, dtype=torch.float64)
    torch.testing.assert_close(merging(tokens), brute_force.merge(tokens, merging.state_dict()))


def test_merging_normalises_4c_before_it_reduces_without_bias():
    shapes = {name: tuple(p.shape) for name, p in PatchMerging(96).named_parameters()}
    assert shapes == {"norm.weight": (384,), "norm.bias": (384,), "reduction.weight": (192, 384)}


def test_tokens_that_are_no_grid_are_refused():
    with pytest.raises(ValueError, match=r"must be \(B, H, W, C\)"):
        gather_neighbours(torch.zeros(1, 49, 96))
