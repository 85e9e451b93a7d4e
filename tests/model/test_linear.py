"""The fast product of the linear layers, and the MLP in pieces: same numbers, same gradients, real use."""

import copy
from unittest.mock import patch

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from swin_edu import MLP, WindowAttention
from swin_edu.model import block
from swin_edu.model.linear import TokenLinear, runs_eagerly


class OperationsSeen(TorchDispatchMode):
    """Remembers the name of every operation that runs inside it."""

    def __init__(self):
        super().__init__()
        self.names = []

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        self.names.append(operation.overloadpacket.__name__)
        return operation(*args, **(kwargs or {}))


SHAPES = [(71, 5), (3, 49, 5), (1, 8, 8, 5), (2, 8, 12, 5), (16, 4, 5), (7, 9, 5), (5,)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("bias", [True, False])
def test_token_linear_equals_the_plain_product_forward_and_backward(shape, bias):
    layer = TokenLinear(5, 11, bias=bias)
    tokens = torch.randn(shape, requires_grad=True)
    inputs = [tokens, *layer.parameters()]
    fast, plain = layer(tokens), layer.forward_plain(tokens)
    torch.testing.assert_close(fast, plain)
    weights = torch.randn_like(plain)
    for a, b in zip(
        torch.autograd.grad((fast * weights).sum(), inputs),
        torch.autograd.grad((plain * weights).sum(), inputs),
        strict=True,
    ):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("long", "training", "fast"), [(1, 1, 1), (1, 0, 1), (0, 1, 0), (0, 0, 1)])
def test_without_avx512_only_work_without_gradients_goes_to_onednn(monkeypatch, long, training, fast):
    monkeypatch.setattr("swin_edu.model.linear.LONG_VECTORS", bool(long))
    operations = OperationsSeen()
    with operations, torch.set_grad_enabled(bool(training)):
        TokenLinear(32, 64)(torch.randn(32, 49, 32))
    assert ("convolution" in operations.names) == bool(fast)


def test_token_linear_takes_tokens_that_are_not_contiguous():
    layer, tokens = TokenLinear(5, 11), torch.randn(2, 5, 8, 12).permute(0, 2, 3, 1)[:, 1:, ::2]
    torch.testing.assert_close(layer(tokens), layer.forward_plain(tokens))


def test_token_linear_gives_contiguous_tokens_without_a_copy():
    operations = OperationsSeen()
    with operations, torch.no_grad():
        mapped = TokenLinear(32, 64)(torch.randn(32, 49, 32))
    assert mapped.is_contiguous()
    assert "convolution" in operations.names
    assert not {"clone", "copy_", "contiguous"} & set(operations.names)


@pytest.mark.parametrize(
    "tokens",
    [
        torch.randn(2, 64, 5).double(),
        torch.randn(2, 64, 5, dtype=torch.bfloat16),
        torch.randn(7, 9, 5),
        torch.zeros(0, 64, 5),
    ],
    ids=["float64", "bfloat16", "few tokens", "empty"],
)
def test_token_linear_uses_the_plain_product_where_the_other_gains_nothing(tokens):
    layer, operations = TokenLinear(5, 11).to(tokens.dtype), OperationsSeen()
    with operations:
        mapped = layer(tokens)
    assert mapped.shape == (*tokens.shape[:-1], 11)
    assert "convolution" not in operations.names


def test_autocast_keeps_its_own_rules():
    layer, tokens = TokenLinear(5, 11), torch.randn(2, 64, 5)
    with torch.autocast("cpu", torch.bfloat16):
        assert layer(tokens).dtype == torch.bfloat16


def test_a_wrong_number_of_channels_is_an_error_and_never_regrouped():
    # 64 tokens of 10 channels have as many numbers as 128 tokens of 5.
    with pytest.raises(RuntimeError, match="10"):
        TokenLinear(5, 11)(torch.randn(64, 10))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch.jit.trace: old, but still in use
def test_compilers_and_exporters_see_one_plain_product():
    program = torch.export.export(TokenLinear(5, 11), (torch.randn(3, 64, 5),))
    assert not any("conv" in str(node.target) for node in program.graph.nodes)
    traced = torch.jit.trace(TokenLinear(5, 11), torch.randn(3, 64, 5))
    assert "conv" not in str(traced.inlined_graph)
    assert runs_eagerly(torch.zeros(1))
    assert not runs_eagerly(torch.nn.Parameter(torch.zeros(1)))


def test_the_mlp_in_pieces_equals_the_mlp_at_once_and_holds_less():
    mlp, tokens = MLP(6, 24), torch.randn(3, 11, 13, 6)
    sizes = []
    mlp.activation.register_forward_hook(lambda _, __, hidden: sizes.append(hidden.numel()))
    with torch.no_grad(), patch.object(block, "MLP_NUMBERS_AT_ONCE", 24 * 40):
        in_pieces = mlp(tokens)
    assert max(sizes) == 24 * 32  # 40 tokens, down to a multiple of 16
    assert sum(sizes) == 24 * 3 * 11 * 13
    torch.testing.assert_close(in_pieces, mlp.forward_plain(tokens))


def test_the_mlp_trains_at_once_because_its_hidden_numbers_are_kept():
    mlp, sizes = MLP(6, 24), []
    mlp.activation.register_forward_hook(lambda _, __, hidden: sizes.append(hidden.numel()))
    with patch.object(block, "MLP_NUMBERS_AT_ONCE", 24 * 16):
        mlp(torch.randn(3, 11, 13, 6)).sum().backward()
    assert sizes == [24 * 3 * 11 * 13]


@pytest.mark.parametrize("masked", [True, False])
def test_a_learning_bias_takes_the_plain_attention_and_gets_the_same_gradients(masked):
    attention = WindowAttention(channels=12, num_heads=3, window_size=(2, 3))
    torch.nn.init.normal_(attention.position.table)
    plain = copy.deepcopy(attention)
    mask = torch.rand(2, 6, 6) > 0.5
    mask |= torch.eye(6, dtype=torch.bool)
    windows, mask = torch.randn(4, 6, 12), mask if masked else None
    operations = OperationsSeen()
    with operations:
        out = attention(windows, mask=mask)
    assert not any("attention" in name for name in operations.names)
    with operations, torch.no_grad():
        fused = attention(windows, mask=mask)
    assert "_scaled_dot_product_flash_attention_for_cpu" in operations.names
    torch.testing.assert_close(out, fused)
    out.square().sum().backward()
    plain.forward_plain(windows, mask=mask).square().sum().backward()
    for a, b in zip(attention.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-4, atol=1e-4)
