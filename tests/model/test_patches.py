"""Patches: cutting, embedding, and the convolution that is a matrix product."""

import brute_force
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from swin_edu import PatchEmbedding, patchify


@settings(deadline=None)
@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_patchify_lays_out_rows_then_columns_then_channels(p, rows, columns, channels, batch):
    images = torch.randn(batch, channels, rows * p, columns * p)
    patches = patchify(images, p)
    assert patches.shape == (batch, rows, columns, p * p * channels)
    for row in range(rows):
        for column in range(columns):
            for y in range(p):
                for x in range(p):
                    pixel = images[:, :, row * p + y, column * p + x]
                    start = (y * p + x) * channels
                    assert torch.equal(patches[:, row, column, start : start + channels], pixel)


@pytest.mark.parametrize(("shape", "p"), [((1, 3, 30, 32), 4), ((1, 3, 32, 30), 4), ((1, 3, 32, 32), 0)])
def test_patchify_refuses_images_that_cannot_be_cut_evenly(shape, p):
    with pytest.raises(ValueError, match="cannot be cut into patches"):
        patchify(torch.zeros(shape), p)


def test_patchify_refuses_images_without_a_batch():
    with pytest.raises(ValueError, match=r"must be \(B, C, H, W\)"):
        patchify(torch.zeros(3, 32, 32), 4)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 4), st.integers(1, 13), st.integers(1, 13), st.booleans())
@torch.no_grad()
def test_embedding_by_convolution_equals_patchify_equals_loops_for_any_size(p, height, width, channels_last):
    embedding = PatchEmbedding(p, in_channels=3, embed_dim=6).double()
    for parameter in embedding.parameters():
        torch.nn.init.normal_(parameter)
    images = torch.randn(2, 3, height, width, dtype=torch.float64)
    if channels_last:
        images = images.contiguous(memory_format=torch.channels_last)
    expected = brute_force.embed(images, embedding.state_dict())
    torch.testing.assert_close(embedding(images), expected)
    torch.testing.assert_close(embedding.forward_plain(images), expected)


def test_a_patch_size_below_1_is_refused():
    with pytest.raises(ValueError, match="patch_size"):
        PatchEmbedding(0, 3, 96)
