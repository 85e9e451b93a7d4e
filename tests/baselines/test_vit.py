"""The plain ViT that Swin is compared with: it is one, and its attention is global."""

import pytest
import torch

from swin_edu import count_parameters
from swin_edu.baselines import GlobalAttention, VisionTransformer, position_code, vit_small
from swin_edu.model.attention import attention_plain


def small_vit(**options):
    torch.manual_seed(0)
    return VisionTransformer(
        **{"patch_size": 4, "channels": 24, "depth": 2, "num_heads": 3, "num_classes": 5, **options}
    )


def test_vit_small_has_the_parameters_of_the_published_network_without_class_token_and_learned_position():
    published = 22_050_664  # ViT-S/16 (DeiT-S): with a class token and 197 learned positions
    assert count_parameters(vit_small()) == published - 384 - 197 * 384


@torch.no_grad()
def test_attention_equals_the_plain_formula():
    attention, tokens = GlobalAttention(12, 3), torch.randn(2, 10, 12)
    query, key, value = attention.qkv(tokens).reshape(2, 10, 3, 3, 4).permute(2, 0, 3, 1, 4)
    mixed = attention_plain(query, key, value).permute(0, 2, 1, 3).reshape(2, 10, 12)
    torch.testing.assert_close(attention(tokens), attention.projection(mixed))


def test_one_block_lets_every_token_see_every_token():
    attention, tokens = GlobalAttention(12, 3), torch.randn(1, 30, 12, requires_grad=True)
    (gradient,) = torch.autograd.grad(attention(tokens)[0, 7].sum(), tokens)
    assert (gradient.abs().sum(-1) > 0).all()


@torch.no_grad()
def test_the_same_weights_take_any_size_and_zeros_fill_the_last_patch():
    model = small_vit()
    for height, width in [(32, 32), (20, 44), (4, 4), (33, 31)]:
        assert model(torch.randn(2, 3, height, width)).shape == (2, 5)
    images = torch.randn(2, 3, 18, 21)
    padded = torch.nn.functional.pad(images, (0, 3, 0, 2))
    torch.testing.assert_close(model(images), model(padded))


def test_the_position_code_tells_every_place_from_every_other():
    code = position_code(9, 13, channels=16).flatten(0, 1)
    assert torch.pdist(code).min() > 0.1
    assert code.abs().max() <= 1


@torch.no_grad()
def test_the_order_of_the_patches_matters():
    model, images = small_vit(), torch.randn(1, 3, 16, 16)
    assert (model(images) - model(images.flip(-1).unfold(3, 4, 4).flip(-1).flatten(3))).abs().max() > 1e-4


@pytest.mark.parametrize(
    "build", [lambda: position_code(2, 2, 6), lambda: GlobalAttention(12, 5), lambda: GlobalAttention(12, 0)]
)
def test_settings_that_cannot_work_are_refused(build):
    with pytest.raises(ValueError, match="got"):
        build()
