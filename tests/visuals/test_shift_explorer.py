"""ShiftExplorer as Python sees it: state that is checked and hangs together, and a picture of it."""

import io
import re

import numpy as np
import pytest
import torch
from PIL import Image
from traitlets import TraitError

from swin_edu.model.windows import shift_mask
from swin_edu.visuals import ShiftExplorer
from swin_edu.visuals.explorer import FOLDER, assemble_module
from swin_edu.visuals.palette import PALETTE, colour
from swin_edu.visuals.sheet import SCALE
from swin_edu.visuals.shift_figure import COLUMNS, SIDE, TOP


def pixels_of(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


# ---- state -----------------------------------------------------------------------------------------


def test_left_out_the_shift_is_half_the_window():
    assert ShiftExplorer(14, 14, window_size=7).shift == 3
    assert ShiftExplorer(14, 14, window_size=(4, 6)).shift == (2, 3)
    assert ShiftExplorer(14, 14, window_size=1).shift == 0


def test_pairs_of_equal_numbers_become_one_number():
    explorer = ShiftExplorer(window_size=(4, 4), shift=[1, 1])
    assert (explorer.window_size, explorer.shift) == (4, 1)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"height": 0}, r"height must be 1 \.\.\. 24, got 0"),
        ({"width": 25}, r"width must be 1 \.\.\. 24, got 25"),
        ({"window_size": 13}, r"window_size must be 1 \.\.\. 12, got 13"),
        ({"window_size": 2.5}, "window_size must be an int or a pair of ints"),
        ({"shift": 4}, r"shift must be 0 \.\.\. 3 for a window of 4, got 4"),
        ({"shift": -1}, r"shift must be 0 \.\.\. 3 for a window of 4, got -1"),
        ({"shift": (1, 2, 3)}, "shift must be an int or a pair of ints"),
        ({"token": (8, 0)}, r"token must be \(row, column\) on the 8x8 grid, \(0, 0\) \.\.\. \(7, 7\); got"),
        ({"token": 3}, r"token must be \(row, column\) on the 8x8 grid"),
        ({"image": "cat"}, "image must be one of chelsea, astronaut, coffee, .*; got 'cat'"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_changes_nothing(setting, message):
    with pytest.raises(TraitError, match=message):
        ShiftExplorer(**setting)
    explorer = ShiftExplorer()
    (name, value), before = *setting.items(), repr(explorer)
    with pytest.raises(TraitError, match=message):
        setattr(explorer, name, value)
    assert repr(explorer) == before


@pytest.mark.parametrize("name", ["height", "width", "window_size", "shift", "token", "image"])
def test_words_where_numbers_belong_are_refused(name):
    with pytest.raises(TraitError, match=f"{name} must be"):
        ShiftExplorer(**{name: "eight"})


def test_a_window_number_that_is_not_there_is_refused():
    explorer = ShiftExplorer()
    with pytest.raises(TraitError, match=r"window must be 0 \.\.\. 3, got 4"):
        explorer.window = 4


def test_window_follows_token_and_token_follows_window():
    explorer = ShiftExplorer(8, 8, 4, 2)
    explorer.token = (0, 0)
    assert explorer.window == 3
    explorer.window = 0
    assert explorer.token == (4, 4)
    assert explorer.facts.window == explorer.window == 0
    explorer.shift = 0
    assert explorer.window == 3
    assert explorer.token == (4, 4)


def test_a_smaller_grid_or_window_keeps_token_and_shift_possible():
    explorer = ShiftExplorer(8, 8, 4, 3, token=(7, 7))
    explorer.height = 5
    explorer.window_size = (2, 4)
    assert explorer.token == (4, 7)
    assert explorer.shift == (1, 3)
    assert explorer.window == explorer.facts.window
    assert explorer.facts.mask.shape == (8, 8)


def test_a_change_from_the_browser_arrives_whole():
    explorer = ShiftExplorer()
    explorer.set_state({"height": 6, "window_size": [2, 4], "shift": [1, 3], "token": [5, 0], "window": 5})
    assert repr(explorer) == (
        "ShiftExplorer(height=6, width=8, window_size=(2, 4), shift=(1, 3), token=(5, 0), image='chelsea')"
    )
    assert explorer.window == explorer.facts.window == 5


def test_what_the_browser_says_is_not_sent_back_to_it(monkeypatch):
    """Else a drag would jump back to where it was a moment ago."""
    explorer, sent = ShiftExplorer(), []
    monkeypatch.setattr(explorer, "_send", lambda message, buffers=None: sent.append(message))
    explorer.set_state({"shift": [1, 2], "token": [5, 0], "window": 3})
    assert [message["method"] for message in sent if message["method"] != "echo_update"] == []
    explorer.shift = 0
    updates = [message["state"] for message in sent if message["method"] == "update"]
    assert updates == [{"shift": 0}, {"window": 2}]


def test_reset_goes_back_to_where_it_began():
    explorer = ShiftExplorer(10, 6, 4, 1, token=(2, 3), image="coffee")
    before, window = repr(explorer), explorer.window
    explorer.window_size, explorer.height, explorer.image = 2, 3, "rocket"
    explorer.reset()
    assert repr(explorer) == before
    assert explorer.window == window


def test_two_explorers_do_not_share_state():
    one, other = ShiftExplorer(), ShiftExplorer()
    one.shift = 1
    assert other.shift == 2


def test_an_own_picture_can_be_used():
    picture = np.zeros((40, 60, 3), dtype=np.uint8)
    explorer = ShiftExplorer(image=picture)
    assert explorer.image == "yours"
    explorer.image = "coffee"
    explorer.image = "yours"
    with pytest.raises(TraitError, match=r"\(height, width, 3\) uint8 array, got float64 \(40, 60, 3\)"):
        ShiftExplorer(image=picture / 255)


def test_code_gives_the_mask():
    explorer = ShiftExplorer(9, 14, (4, 5), (3, 1), token=(8, 0))
    assert explorer.code == "shift_mask(9, 14, (4, 5), (3, 1))"
    assert torch.equal(eval(explorer.code)[explorer.window], explorer.facts.mask)


# ---- what travels to the browser -----------------------------------------------------------------


def test_the_module_is_one_file_with_one_export():
    module = assemble_module("shift_explorer.js")
    assert not re.search(r"^\s*import\b", module, re.MULTILINE)
    assert re.findall(r"^export .*", module, re.MULTILINE) == ["export default { render };"]
    assert not re.search(r"https?://", module)


def test_no_two_files_of_the_module_give_one_name_to_two_things():
    module = assemble_module("shift_explorer.js")
    names = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", module, re.MULTILINE)
    assert len(names) > 60
    assert sorted(names) == sorted(set(names))


def test_every_name_that_a_file_imports_is_exported_there():
    for path in FOLDER.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        for names, source in re.findall(r'^import \{([^}]*)\} from "\./([\w.]+)";', text, re.MULTILINE):
            exported = (FOLDER / source).read_text(encoding="utf-8")
            for name in re.findall(r"\w+", names):
                assert re.search(rf"^export (?:async )?(?:function|const) {name}\b", exported, re.MULTILINE)
                assert len(re.findall(rf"\b{name}\b", text)) > 1, f"{path.name} imports {name} for nothing"


def test_palette_and_photographs_travel_along():
    state = ShiftExplorer().get_state()
    assert state["_palette"]["query"] == {"light": PALETTE["query"].light, "dark": PALETTE["query"].dark}
    assert all(photo["data"][:2] == b"\xff\xd8" for photo in state["_photographs"].values())


# ---- the picture ---------------------------------------------------------------------------------


def test_the_page_gets_one_view_and_its_picture():
    data, metadata = ShiftExplorer()._repr_mimebundle_()
    assert sorted(data) == ["application/vnd.jupyter.widget-view+json", "image/png", "text/plain"]
    assert data["text/plain"].startswith("ShiftExplorer(height=8, width=8, window_size=4, shift=2")
    assert " at 0x" not in data["text/plain"]
    assert pixels_of(data["image/png"]).shape[1] == 1.5 * metadata["image/png"]["width"]


def test_the_same_state_gives_the_same_bytes():
    assert ShiftExplorer(9, 7, 4, 1).picture() == ShiftExplorer(9, 7, 4, 1).picture()


def test_the_picture_follows_the_state():
    explorer = ShiftExplorer()
    pictures = {explorer.picture()}
    for name, value in (
        ("shift", 1),
        ("token", (0, 0)),
        ("image", "coffee"),
        ("height", 6),
        ("window_size", 3),
    ):
        setattr(explorer, name, value)
        pictures.add(explorer.picture())
    assert len(pictures) == 6


@pytest.mark.parametrize(("shift", "token"), [(2, (7, 7)), (1, (0, 3)), ((3, 0), (0, 0))])
def test_the_mask_in_the_picture_is_shift_mask(shift, token):
    explorer = ShiftExplorer(8, 8, 4, shift, token=token)
    pixels = pixels_of(explorer.picture()).astype(int)
    facts = explorer.facts
    unit = int((SIDE - 12) * SCALE / 16)
    left, top = (COLUMNS[3] + 12) * SCALE, (TOP + 12) * SCALE
    edge = ((SIDE - 12) * SCALE - 16 * unit) / 2
    expected = shift_mask(8, 8, 4, shift)[facts.window]
    for query in range(16):
        if query == facts.index:
            continue  # framed
        for key in range(16):
            x, y = round(left + edge + (key + 0.5) * unit), round(top + edge + (query + 0.5) * unit)
            name = f"region_{int(facts.regions_in_window[query])}" if expected[query, key] else "masked"
            wanted = [int(colour(name)[i : i + 2], 16) for i in (1, 3, 5)]
            assert np.abs(pixels[y, x] - wanted).max() < 12, (query, key)


@pytest.mark.parametrize(
    "grid", [(1, 1, 1, 0), (24, 24, 12, 6), (3, 20, 7, 3), (5, 5, 12, 11), (24, 1, 2, 1)]
)
def test_every_grid_can_be_drawn(grid):
    assert pixels_of(ShiftExplorer(*grid).picture()).std() > 10
