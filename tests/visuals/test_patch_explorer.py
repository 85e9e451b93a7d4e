"""PatchExplorer's state can only be what is possible; what it says and draws are the library's numbers."""

import io
import re

import numpy as np
import pytest
import torch
from PIL import Image
from traitlets import TraitError

from swin_edu import PatchEmbedding, patchify
from swin_edu.visuals import PatchExplorer
from swin_edu.visuals.explorer import assemble_module
from swin_edu.visuals.patch_facts import embedding_matrix, small_photographs
from swin_edu.visuals.patch_figure import COLUMNS, SIDE, TALL, TOP
from swin_edu.visuals.sheet import SCALE


def pixels_of(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def test_left_out_the_patch_is_in_the_middle():
    assert repr(PatchExplorer(8)) == "PatchExplorer(patch_size=8, patch=(7, 9), number=0, image='chelsea')"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"patch_size": 1}, r"patch_size must be 2 \.\.\. 32, got 1"),
        ({"patch_size": 33}, "patch_size must be"),
        ({"patch_size": 4.0}, "patch_size must be"),
        ({"patch": (30, 0)}, r"grid of 30x36 patches, \(0, 0\) \.\.\. \(29, 35\); got \(30, 0\)"),
        ({"patch": 3}, "patch must be"),
        ({"patch": (1, 2, 3)}, "patch must be"),
        ({"number": 96}, r"number must be 0 \.\.\. 95"),
        ({"image": "dog"}, "image must be one of chelsea"),
        ({"image": np.zeros((4, 4, 3))}, "got float64"),
    ],
)
def test_what_cannot_be_is_refused_with_what_was_expected(arguments, words):
    with pytest.raises(TraitError, match=words):
        PatchExplorer(**arguments)


@pytest.mark.parametrize(
    ("name", "value"), [("patch_size", 0), ("patch", (99, 0)), ("number", -1), ("image", "dog")]
)
def test_a_wrong_value_set_later_is_refused_and_changes_nothing(name, value):
    explorer = PatchExplorer()
    before = repr(explorer)
    with pytest.raises(TraitError):
        setattr(explorer, name, value)
    assert repr(explorer) == before


def test_a_larger_patch_or_another_image_keeps_the_patch_inside():
    explorer = PatchExplorer(4, patch=(29, 35), image=np.zeros((120, 144, 3), dtype=np.uint8))
    explorer.patch_size = 32
    assert explorer.patch == (3, 4)
    explorer.patch_size = 2
    assert explorer.patch == (3, 4)
    explorer = PatchExplorer(4, patch=(5, 24), image=np.zeros((30, 100, 3), dtype=np.uint8))
    explorer.patch_size = 5
    assert explorer.patch == (5, 19)
    explorer.image = "coffee"
    assert explorer.patch == (5, 19)


def test_what_the_browser_says_is_not_sent_back_to_it(monkeypatch):
    """Else the patch would jump under the pointer."""
    explorer, sent = PatchExplorer(4, patch=(5, 5)), []
    monkeypatch.setattr(explorer, "_send", lambda message, buffers=None: sent.append(message))
    explorer.set_state({"patch_size": 8, "patch": [2, 2]})
    explorer.set_state({"patch_size": 32, "patch": [2, 2]})
    explorer.set_state({"patch_size": 4})
    assert [message["method"] for message in sent if message["method"] != "echo_update"] == []
    assert explorer.patch == (2, 2)


def test_a_change_from_the_browser_arrives_whole():
    explorer = PatchExplorer(32, patch=(0, 0))
    explorer.set_state({"patch_size": 4, "patch": [29, 35], "number": 7, "image": "coffee"})
    assert repr(explorer) == "PatchExplorer(patch_size=4, patch=(29, 35), number=7, image='coffee')"


def test_reset_goes_back_to_where_it_began():
    explorer = PatchExplorer(8, patch=(3, 5), number=9, image="coffee")
    before = repr(explorer)
    explorer.patch_size, explorer.number, explorer.image = 32, 2, "rocket"
    explorer.reset()
    assert repr(explorer) == before


def test_an_own_picture_of_any_shape_can_be_used():
    picture = np.random.default_rng(0).integers(0, 256, (30, 100, 3), dtype=np.uint8)
    explorer = PatchExplorer(7, image=picture)
    assert explorer.image == "yours"
    assert explorer.images.shape == (1, 3, 35, 105)
    expected = torch.tensor(picture).permute(2, 0, 1) / 255
    assert torch.equal(explorer.images[0, :, :30, :100], expected)
    explorer.image = "coffee"
    assert explorer.facts.grid == (18, 21)


@pytest.mark.parametrize("size", [2, 4, 7, 32])
def test_numbers_and_token_are_what_the_library_computes(size):
    explorer = PatchExplorer(size)
    embedding = PatchEmbedding(size, 3, 96).double()
    row, column = explorer.patch
    padded = embedding.pad(explorer.images)
    assert torch.equal(padded, explorer.images), "the image is filled up already"
    assert torch.equal(explorer.facts.numbers, patchify(explorer.images, size)[0, row, column])
    with torch.no_grad():
        kernel = explorer.weight.view(96, size, size, 3).permute(0, 3, 1, 2)
        embedding.projection.weight.copy_(kernel)
        embedding.projection.bias.zero_()
        token = embedding.projection(explorer.images.double())[0, :, row, column]
    torch.testing.assert_close(explorer.facts.token, token)


@pytest.mark.parametrize("size", [2, 4, 16])
def test_the_matrix_is_as_random_as_an_untrained_layer_and_loses_nothing(size):
    weight = embedding_matrix(size)
    limit = 1 / (3 * size * size) ** 0.5
    assert weight.abs().max() <= limit
    assert weight.std().item() == pytest.approx(limit / 3**0.5, rel=0.05)
    assert abs(weight.mean().item()) < 0.1 * limit
    assert torch.linalg.matrix_rank(weight) == min(weight.shape)


def test_neither_making_nor_drawing_it_changes_the_random_state():
    torch.manual_seed(1)
    expected = torch.rand(2)
    torch.manual_seed(1)
    PatchExplorer(7).picture()
    assert torch.equal(torch.rand(2), expected)


def test_the_module_is_one_file_with_one_export_and_no_name_twice():
    module = assemble_module("patch_explorer.js")
    assert re.findall(r"^export .*", module, re.MULTILINE) == ["export default { render };"]
    names = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", module, re.MULTILINE)
    assert sorted(names) == sorted(set(names))


def test_the_browser_gets_each_pixel_as_it_is():
    photographs = PatchExplorer().get_state()["_photographs"]
    assert {name: len(photo["data"]) for name, photo in photographs.items()} == dict.fromkeys(
        small_photographs(), 120 * 144 * 3
    )


def test_the_page_gets_one_view_and_its_picture():
    data, metadata = PatchExplorer()._repr_mimebundle_()
    assert sorted(data) == ["application/vnd.jupyter.widget-view+json", "image/png", "text/plain"]
    assert pixels_of(data["image/png"]).shape[1] == 1.5 * metadata["image/png"]["width"]


def test_the_picture_follows_the_state_and_is_the_same_for_the_same():
    explorer = PatchExplorer()
    pictures = {explorer.picture(), PatchExplorer().picture()}
    assert len(pictures) == 1
    for name, value in (("patch", (0, 0)), ("number", 50), ("image", "coffee"), ("patch_size", 7)):
        setattr(explorer, name, value)
        pictures.add(explorer.picture())
    assert len(pictures) == 5


def test_the_picture_shows_the_patch_and_its_numbers_in_their_order():
    explorer = PatchExplorer(4, patch=(11, 9))
    card = pixels_of(explorer.picture()).astype(int)
    numbers = 255 * explorer.facts.numbers.view(4, 4, 3).numpy()
    unit = SIDE / 12
    for row in range(4):
        for column in range(4):
            x = COLUMNS[1] + (SIDE - TALL) / 2 + (column + 0.5) * TALL / 4
            y = TOP + (row + 0.5) * TALL / 4
            found = card[round(y * SCALE), round(x * SCALE)]
            assert np.abs(found - numbers[row, column]).max() < 14, (row, column)
            for colour in range(3):
                x = COLUMNS[2] + (3 * column + colour + 0.5) * unit
                found = card[round((TOP + 20 + (row + 0.5) * unit) * SCALE), round(x * SCALE)]
                assert abs(found[colour] - numbers[row, column, colour]) < 25
                assert found.sum() - found[colour] < 60


@pytest.mark.parametrize(
    ("size", "shape"), [(2, (5, 5)), (32, (5, 5)), (32, (1, 200)), (7, (144, 30)), (32, (144, 144))]
)
def test_every_picture_can_be_drawn(size, shape):
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    explorer = PatchExplorer(size, image=picture)
    rows, columns = explorer.facts.grid
    explorer.patch = (rows - 1, columns - 1)
    assert pixels_of(explorer.picture()).std() > 10
