"""torch.compile without graph breaks, bf16, channels_last, and checkpointing that really saves memory."""

import shutil
import weakref

import pytest
import torch
from torch._dynamo.testing import CompileCounterWithBackend
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

from swin_edu import SwinTransformer, swin_cifar

SIZE = (50, 72)  # 13x18 tokens, then 7x9: padding and masks in both stages


@pytest.fixture(autouse=True)
def forget_what_was_compiled():
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def small_swin(**options):
    settings = {"depths": (2, 2), "num_heads": (1, 2), "embed_dim": 8, "num_classes": 5, "window_size": 4}
    model = SwinTransformer(**{**settings, **options})
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return model


@torch.no_grad()
def test_each_size_compiles_to_one_graph_without_breaks_and_gives_the_same_in_any_order():
    model = small_swin(depths=(2, 1)).eval()
    counter = CompileCounterWithBackend("eager")
    compiled = torch.compile(model, fullgraph=True, backend=counter, dynamic=False)
    for size, graphs in [(SIZE, 1), (SIZE, 1), ((32, 20), 2), (SIZE, 2)]:
        images = torch.randn(2, 3, *size)
        torch.testing.assert_close(compiled(images), model(images))
        assert counter.frame_count == graphs


@pytest.mark.parametrize("options", [{"drop_path_rate": 0.3}, {"checkpoint_blocks": True}])
def test_training_compiles_to_one_graph_without_breaks(options):
    model = small_swin(**{"drop_path_rate": 0.0, **options, "depths": (2,), "num_heads": (1,)}).train()
    counter = CompileCounterWithBackend("aot_eager")
    images = torch.randn(3, 3, *SIZE)
    torch.compile(model, fullgraph=True, backend=counter)(images).square().sum().backward()
    assert counter.frame_count == 1
    compiled = [parameter.grad for parameter in model.parameters()]
    assert all(gradient.abs().sum() > 0 for gradient in compiled)
    if "checkpoint_blocks" in options:
        model.zero_grad()
        model(images).square().sum().backward()
        for parameter, gradient in zip(model.parameters(), compiled, strict=True):
            torch.testing.assert_close(gradient, parameter.grad, rtol=1e-3, atol=1e-3)


@pytest.mark.skipif(not shutil.which("g++"), reason="the default compiler needs a C++ compiler (g++)")
def test_the_default_compiler_gives_the_same_logits():
    model = small_swin(depths=(2,), num_heads=(1,)).eval()
    compiled = torch.compile(model, fullgraph=True)
    images = torch.randn(2, 3, *SIZE)
    with torch.no_grad():
        torch.testing.assert_close(compiled(images), model(images), rtol=1e-4, atol=1e-5)


def test_bf16_autocast_stays_close_to_fp32_forward_and_backward():
    model = swin_cifar(drop_path_rate=0.0).train()
    images = torch.randn(2, 3, 29, 20)  # 15x10 tokens: padding and masks

    def logits_and_gradient():
        model.zero_grad()
        logits = model(images)
        logits.float().square().sum().backward()
        assert all(parameter.grad.dtype == torch.float32 for parameter in model.parameters())
        return logits.detach(), torch.cat([parameter.grad.flatten() for parameter in model.parameters()])

    logits, gradient = logits_and_gradient()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        low_logits, low_gradient = logits_and_gradient()
    assert low_logits.dtype == torch.bfloat16
    assert (low_logits - logits).norm() < 0.02 * logits.norm()
    assert (low_gradient - gradient).norm() < 0.05 * gradient.norm()


def test_a_network_in_bf16_or_fp16_gives_finite_logits_close_to_fp32():
    model = swin_cifar().eval()
    images = torch.randn(2, 3, 29, 20)
    with torch.no_grad():
        expected = model(images)
        for dtype, tolerance in ((torch.bfloat16, 0.05), (torch.float16, 0.01)):
            low = model.to(dtype)(images.to(dtype)).float()
            model.float()
            assert (low - expected).norm() < tolerance * expected.norm()


def test_channels_last_images_and_weights_give_the_same():
    model = swin_cifar().eval()
    images = torch.randn(3, 3, 29, 20)
    with torch.no_grad():
        expected = model(images)
        last = images.contiguous(memory_format=torch.channels_last)
        torch.testing.assert_close(model(last), expected)
        torch.testing.assert_close(model.to(memory_format=torch.channels_last)(last), expected)


class LiveBytes(TorchDispatchMode):
    """How much memory the tensors made inside it hold at the same time, at most."""

    def __init__(self):
        super().__init__()
        self.now = self.peak = 0
        self.known = weakref.WeakKeyDictionary()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        tree_map_only(torch.Tensor, self.track, result)
        return result

    def track(self, tensor):
        storage = tensor.untyped_storage()
        if storage in self.known:
            return
        self.known[storage] = True
        self.now += storage.nbytes()
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self.release, storage.nbytes())

    def release(self, size):
        self.now -= size


def test_the_memory_meter_sees_what_lives_and_what_was_freed():
    with LiveBytes() as meter:
        a = torch.ones(1000)
        b = a + 1
        view = b[10:]
        assert meter.now == 8000
        del b, view
        assert meter.now == 4000
    assert meter.peak == 8000


def test_checkpointed_blocks_give_the_same_gradients_with_less_memory():
    images = torch.randn(2, 3, 40, 40)
    gradients, peaks = [], []
    for checkpoint_blocks in (False, True):
        torch.manual_seed(0)
        model = swin_cifar(
            depths=(4, 4), num_heads=(2, 4), drop_path_rate=0.3, checkpoint_blocks=checkpoint_blocks
        ).train()
        torch.manual_seed(1)  # the same samples lose the same branches
        with LiveBytes() as meter:
            model(images).square().sum().backward()
        peaks.append(meter.peak)
        gradients.append([parameter.grad for parameter in model.parameters()])
    for plain, checkpointed in zip(*gradients, strict=True):
        torch.testing.assert_close(plain, checkpointed)
    assert peaks[1] < 0.5 * peaks[0], (
        f"{peaks[1] / 1e6:.1f} MB with checkpoints, {peaks[0] / 1e6:.1f} MB without"
    )


def test_checkpointing_costs_nothing_where_no_gradient_is_wanted():
    model = swin_cifar(checkpoint_blocks=True).train()
    with torch.no_grad():
        assert model(torch.randn(2, 3, 32, 32)).shape == (2, 10)
    with torch.inference_mode():
        assert model(torch.randn(2, 3, 32, 32)).shape == (2, 10)
