"""torch.export and ONNX: free batch, padded and masked sizes, the same numbers, no noise."""

import warnings

import pytest
import torch

from swin_edu import SwinTransformer
from swin_edu.model.export import export_onnx, export_program

SIZE = (50, 72)  # 13x18 tokens, then 7x9: padding and masks in both stages


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    model = SwinTransformer(depths=(2, 2), num_heads=(1, 2), embed_dim=8, num_classes=5, window_size=4)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return model.eval()


@pytest.mark.parametrize("checkpoint_blocks", [False, True])
def test_an_exported_program_takes_any_batch_and_gives_the_same(model, checkpoint_blocks):
    again = SwinTransformer(model.config, checkpoint_blocks=checkpoint_blocks)
    again.load_state_dict(model.state_dict())
    again.train()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        program = export_program(again, *SIZE)
    assert again.training, "exporting left the network in another mode"
    for batch in (1, 2, 5):
        images = torch.randn(batch, 3, *SIZE)
        torch.testing.assert_close(program.module()(images), model(images))


def test_an_exported_program_survives_saving(model, tmp_path):
    program = export_program(model, *SIZE)
    torch.export.save(program, tmp_path / "swin.pt2")
    images = torch.randn(3, 3, *SIZE)
    again = torch.export.load(tmp_path / "swin.pt2").module()
    torch.testing.assert_close(again(images), model(images))


def test_onnx_takes_any_batch_and_gives_the_same(model, tmp_path, capfd):
    onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    path = tmp_path / "new folder" / "swin.onnx"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        export_onnx(model, path, *SIZE)
    assert [str(warning.message) for warning in caught] == []
    assert "".join(capfd.readouterr()) == ""
    assert [file.name for file in path.parent.iterdir()] == ["swin.onnx"], "one whole file, nothing beside it"
    onnx.checker.check_model(path, full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert session.get_inputs()[0].shape == ["batch", 3, *SIZE]
    for batch in (1, 2, 5):
        images = torch.randn(batch, 3, *SIZE)
        (logits,) = session.run(["logits"], {"images": images.numpy()})
        torch.testing.assert_close(torch.from_numpy(logits), model(images).detach(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size", [(0, 32), (32, -1)])
def test_an_image_without_pixels_is_refused(model, tmp_path, size):
    with pytest.raises(ValueError, match="at least one pixel"):
        export_program(model, *size)
    with pytest.raises(ValueError, match="at least one pixel"):
        export_onnx(model, tmp_path / "swin.onnx", *size)
    assert not list(tmp_path.iterdir())
