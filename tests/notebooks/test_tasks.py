"""The tasks of chapter 03 can be solved as they are described, and their checks see right and wrong."""

import re
from pathlib import Path
from types import ModuleType

import pytest
import torch
from nbformat.v4 import new_code_cell

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

SOLUTIONS = {
    "mask_1d": """
def mask_1d(length, M, s):
    position = torch.arange(length)
    ids = rearrange((position >= length - M).long() + (position >= length - s).long(), "(w m) -> w m", m=M)
    return ids[:, :, None] == ids[:, None, :]
""",
    "mask_any": """
def mask_any(H, W, Mh, Mw, sh, sw):
    rows = (torch.arange(H) >= H - Mh).long() + (torch.arange(H) >= H - sh).long()
    columns = (torch.arange(W) >= W - Mw).long() + (torch.arange(W) >= W - sw).long()
    ids = rearrange(3 * rows[:, None] + columns, "(h m) (w k) -> (h w) (m k)", m=Mh, k=Mw)
    return ids[:, :, None] == ids[:, None, :]
""",
    "who_hears_after": """
def who_hears_after(H, W, M, k, row, column):
    knows = torch.zeros(H, W, dtype=torch.bool)
    knows[row, column] = True
    for block in range(k):
        s = M // 2 * (block % 2)
        window = 1000 * ((torch.arange(H) - s) // M)[:, None] + (torch.arange(W) - s) // M
        knows = torch.isin(window, window[knows])
    return knows
""",
}
# Wrong answers that a learner may well give: strangers allowed, rows and columns confused, no shift.
MISTAKES = {
    "mask_1d": "\ndef mask_1d(length, M, s):\n    return torch.ones(length // M, M, M, dtype=torch.bool)\n",
    "mask_any": SOLUTIONS["mask_any"].replace("(H) >= H - sh", "(H) >= H - sw"),
    "who_hears_after": SOLUTIONS["who_hears_after"].replace("block % 2", "0"),
}


def outputs_with_answers(builder: ModuleType, source: Path) -> str:
    """What the notebook prints with the right answers in place of the stubs, and wrong ones after each."""
    notebook = builder.read_source(source)
    for name, answer in SOLUTIONS.items():
        (place,) = (n for n, cell in enumerate(notebook.cells) if f"def {name}(" in cell.source)
        stub, check = notebook.cells[place].source.split("\n    ...\n")
        assert stub.startswith(f"def {name}(")
        notebook.cells[place].source = answer + check
        notebook.cells.insert(place + 1, new_code_cell(MISTAKES[name] + check))
    builder.execute(notebook)
    texts = (o.text for cell in notebook.cells for o in cell.get("outputs", []) if o.output_type == "stream")
    return "".join(texts)


def test_right_answers_are_called_right_and_wrong_ones_are_not(builder: ModuleType) -> None:
    text = outputs_with_answers(builder, NOTEBOOKS / "src/03_shifted_windows.py")
    assert "not written yet" not in text
    assert "mask_1d, s = 2: right!\nmask_1d, s = 1: 6 of 48 entries differ" in text
    assert text.count("right!") == len(
        ["mask_1d, 1", "mask_1d, 2", "mask_any", "after 1", "after 2", "after 3", "after 1, wrong"]
    )
    # One block is plain, so whoever forgets the shift is right there, and wrong after two and three.
    assert len(re.findall(r"^after [23]: \d+ of 1024 entries differ$", text, re.MULTILINE)) == 2
    assert text.count("entries differ") == 5


def test_a_check_says_kindly_what_is_missing_or_has_another_shape(
    builder: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = builder.read_source(NOTEBOOKS / "src/03_shifted_windows.py").cells
    (cell,) = (cell for cell in cells if "self-check" in cell.metadata.get("tags", []))
    names: dict = {"torch": torch}
    exec(cell.source, names)
    names["self_check"]("task", None, torch.ones(1, 3, dtype=torch.bool))
    expected = torch.tensor([[True, False, True]])
    for answer in (expected.T, expected.int(), [1, 0, 1], ~expected):
        names["self_check"]("task", answer, expected)
    assert capsys.readouterr().out.splitlines() == [
        "task: not written yet (or is there no return?). Take your time.",
        "task: the shape should be (1, 3), yours is (3, 1)",
        "task: return a torch.bool tensor; yours is torch.int32",
        "task: return a torch.bool tensor; yours is <class 'list'>",
        "task: every entry is the other way round. True = may attend",
    ]
