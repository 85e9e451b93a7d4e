"""WindowExplorer as Python sees it: state that is checked and hangs together, and a picture of it."""

import io
import re

import numpy as np
import pytest
import torch
from PIL import Image
from traitlets import TraitError

from swin_edu import window_partition
from swin_edu.visuals import WindowExplorer, WindowFacts
from swin_edu.visuals.explorer import assemble_module


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"batch": 3}, r"batch must be 1 \.\.\. 2, got 3"),
        ({"height": 0}, r"height must be 1 \.\.\. 16, got 0"),
        ({"width": 17}, r"width must be 1 \.\.\. 16, got 17"),
        ({"window_size": 9}, r"window_size must be 1 \.\.\. 8, got 9"),
        ({"window_size": 2.5}, "window_size must be an int or a pair of ints"),
        ({"progress": 1.5}, r"progress must be 0 \.\.\. 1, got 1.5"),
        ({"show": "cat"}, "show must be one of photo, both, numbers; got 'cat'"),
        ({"token": (0, 8, 0)}, r"token must be \(image, row, column\), .* \(0, 7, 11\); got \(0, 8, 0\)"),
        ({"token": (1, 0, 0)}, r"token must be \(image, row, column\)"),
        ({"token": 3}, r"token must be \(image, row, column\)"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(setting, message):
    with pytest.raises(TraitError, match=message):
        WindowExplorer(**setting)
    explorer = WindowExplorer()
    (name, value), before = *setting.items(), repr(explorer)
    with pytest.raises(TraitError, match=message):
        setattr(explorer, name, value)
    assert repr(explorer) == before


def test_a_smaller_batch_or_grid_keeps_the_token_on_it():
    explorer = WindowExplorer(8, 12, 4, batch=2, token=(1, 7, 11))
    explorer.batch, explorer.height = 1, 5
    assert explorer.token == (0, 4, 11)


def test_reset_goes_back_to_where_it_began():
    explorer = WindowExplorer(6, 9, (2, 3), batch=2, progress=1 / 3, show="numbers", token=(1, 2, 3))
    before = repr(explorer)
    explorer.height, explorer.forget_permute, explorer.progress, explorer.window_size = 2, True, 1.0, 5
    explorer.reset()
    assert repr(explorer) == before


def test_a_change_from_the_browser_arrives_whole():
    explorer = WindowExplorer()
    explorer.set_state({"batch": 2, "height": 6, "window_size": [2, 4], "token": [1, 5, 0], "progress": 0.5})
    assert (explorer.batch, explorer.window_size, explorer.token) == (2, (2, 4), (1, 5, 0))


@pytest.mark.parametrize("forget", [False, True])
@pytest.mark.parametrize("state", [(8, 12, 4, 1), (7, 10, (3, 4), 2), (3, 16, (8, 5), 1)])
def test_the_line_gives_the_windows_on_show(state, forget):
    height, width, window, batch = state
    explorer = WindowExplorer(height, width, window, batch=batch, forget_permute=forget)
    windows = eval(explorer.code, {"torch": torch, "window_partition": window_partition})
    assert torch.equal(windows[..., 0], explorer.facts.windows)


def test_the_module_is_one_file_with_one_export_and_unique_names():
    module = assemble_module("window_explorer.js")
    assert not re.search(r"^\s*import\b", module, re.MULTILINE)
    assert re.findall(r"^export .*", module, re.MULTILINE) == ["export default { render };"]
    names = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", module, re.MULTILINE)
    assert sorted(names) == sorted(set(names))


# ---- facts -----------------------------------------------------------------------------------------


def test_following_a_token_through_the_real_tensors_finds_it_where_the_facts_say():
    facts = WindowFacts(2, 7, 10, (3, 4), token=(1, 5, 8))
    split = facts.tokens[..., 0].view(2, 3, 3, 3, 4)
    steps = {
        "grid": facts.tokens[..., 0],
        "split": split,
        "permute": split.permute(0, 1, 3, 2, 4),
        "flatten": split.permute(0, 1, 3, 2, 4).reshape(-1, 3, 4),
    }
    for name, tensor in steps.items():
        assert tuple(tensor.shape) == facts.shapes[name][:-1]
        assert tensor[facts.indices[name]] == facts.number
    assert steps["flatten"].flatten()[facts.place] == facts.number


def test_forgetting_does_no_harm_only_where_each_window_lies_in_one_piece():
    for height, width, window in ((8, 12, 4), (8, 4, 4), (8, 12, (1, 4)), (6, 6, (2, 3)), (4, 12, (4, 6))):
        facts = WindowFacts(2, height, width, window, (0, 0, 0), forget_permute=True)
        harmless = bool((facts.windows == facts.true_windows).all())
        assert harmless == (facts.counts[1] == 1 or facts.fitted[0] == 1)
        assert ("by luck" in facts.sentence()) == harmless


# ---- the picture -----------------------------------------------------------------------------------


def pixels_of(explorer: WindowExplorer) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(explorer.picture())).convert("RGB"))


def test_the_same_state_gives_the_same_bytes_and_another_state_another_picture():
    explorer = WindowExplorer()
    pictures = {explorer.picture(), WindowExplorer().picture()}
    assert len(pictures) == 1
    changes = {
        "show": "numbers",
        "forget_permute": True,
        "token": (0, 0, 0),
        "window_size": (2, 4),
        "batch": 2,
    }
    for name, value in changes.items():
        setattr(explorer, name, value)
        pictures.add(explorer.picture())
    assert len(pictures) == 1 + len(changes)


@pytest.mark.parametrize("show", ["photo", "both", "numbers"])
@pytest.mark.parametrize(
    "state", [(1, 1, 1, 1), (16, 16, 1, 2), (16, 16, 8, 1), (3, 16, (8, 5), 2), (16, 1, (5, 1), 2)]
)
def test_every_state_can_be_drawn(state, show):
    height, width, window, batch = state
    assert pixels_of(WindowExplorer(height, width, window, batch=batch, show=show)).std() > 5


def test_the_page_gets_the_picture_at_its_width():
    data, metadata = WindowExplorer()._repr_mimebundle_()
    assert Image.open(io.BytesIO(data["image/png"])).width == 1.5 * metadata["image/png"]["width"]
    assert " at 0x" not in data["text/plain"]
