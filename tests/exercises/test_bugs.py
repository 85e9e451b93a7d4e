"""Chapter 03, the bugs to mend: the given function is really wrong, a mended one right however it is "
"mended."""

import pytest
import torch

from swin_edu import exercises, shift_mask
from swin_edu.exercises.bug_of_memory import masks_one_by_one
from swin_edu.exercises.bug_of_padding import attend_shifted


def padding_by_definition(tokens, window, shift):
    """Each token gathers its company by floor((r - s) / M): no roll, no padding, no mask."""
    B, H, W, C = tokens.shape
    out = torch.empty_like(tokens)
    for r in range(H):
        for c in range(W):
            rows = [i for i in range(H) if (i - shift) // window == (r - shift) // window]
            columns = [j for j in range(W) if (j - shift) // window == (c - shift) // window]
            company = tokens[:, rows][:, :, columns].reshape(B, -1, C)
            weights = (company @ tokens[:, r, c, :, None] / C**0.5).softmax(dim=1)
            out[:, r, c] = (weights * company).sum(dim=1)
    return out


def padding_by_one_big_mask(tokens, window, shift):
    B, H, W, C = tokens.shape
    rows, columns = (torch.arange(H) - shift) // window, (torch.arange(W) - shift) // window
    ids = (rows[:, None] * 1000 + columns).flatten()
    flat = tokens.flatten(1, 2)
    scores = (flat @ flat.mT / C**0.5).masked_fill(ids[:, None] != ids[None, :], float("-inf"))
    return (scores.softmax(dim=-1) @ flat).view(B, H, W, C)


def memory_by_the_library(sizes, window, shift):
    return [shift_mask(H, W, window, shift) for H, W in sizes]


def memory_mended_in_one_line(sizes, window, shift):
    """The given function, called anew for each size."""
    return [masks_one_by_one([size], window, shift)[0] for size in sizes]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("mend_padding", padding_by_definition),
        ("mend_padding", padding_by_one_big_mask),
        ("mend_memory", memory_by_the_library),
        ("mend_memory", memory_mended_in_one_line),
    ],
)
def test_a_right_answer_passes_however_it_is_mended(name, answer, right_everywhere):
    right_everywhere(name, answer)


@pytest.mark.parametrize(
    ("name", "given"), [("mend_padding", attend_shifted), ("mend_memory", masks_one_by_one)]
)
def test_the_given_function_stands_in_the_task_runs_and_is_wrong_but_not_always(name, given):
    exercise = getattr(exercises, name)
    code = exercise.task.split("\n\n", 1)[1]
    names = dict(given.__globals__)
    exec(code, names)
    report = exercise.examine(names[given.__name__])
    assert report.mistake == "as_given"
    assert 0 < report.right < report.cases
    assert report.got is not None, "wrong without an error, as in the libraries"
