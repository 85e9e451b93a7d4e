"""The browser's region ids, masks and sentences are the library's, for every kind of grid."""

import base64
import itertools
import random

import numpy as np
import pytest

from swin_edu.model.config import as_pair
from swin_edu.model.windows import effective_window, padded_size, region_ids, shift_mask
from swin_edu.visuals import ShiftExplorer, ShiftFacts

EXPLORER = "shift_explorer.js"
SIZES = (1, 2, 3, 4, 5, 7, 8, 9, 12)  # below, at and beyond the windows; divisible and not
WINDOWS = (1, 2, 3, 4, 7, 10, (2, 4), (5, 3))


def all_shifts(window):
    mh, mw = as_pair(window)
    return range(mh) if mh == mw else itertools.product(range(mh), range(mw))


GRIDS = [
    (height, width, window, shift)
    for height, width, window in itertools.product(SIZES, SIZES, WINDOWS)
    for shift in all_shifts(window)
]


def random_tokens(count):
    """Grids, each with a token: sizes of their own for rows and columns, and unequal shifts too."""
    draw = random.Random(0)
    cases = []
    for _ in range(count):
        height, width = draw.randint(1, 14), draw.randint(1, 14)
        window = [draw.randint(1, 8), draw.randint(1, 8)]
        shift = [draw.randrange(m) for m in window]
        token = [draw.randrange(height), draw.randrange(width)]
        cases.append([height, width, window, shift, token])
    return cases


TOKENS = random_tokens(800)


def test_the_grids_hold_every_kind():
    squares = sum(height == width for height, width, _, _ in GRIDS)
    padded = sum(padded_size(*grid[:3]) != grid[:2] for grid in GRIDS)
    single = sum(effective_window(*grid)[0] != as_pair(grid[2]) for grid in GRIDS)
    assert len(GRIDS) > 3500
    assert min(squares, padded, single, len(GRIDS) - squares, len(GRIDS) - padded, len(GRIDS) - single) > 300


def test_region_ids_equal_the_library_on_every_grid(run_javascript):
    ids = run_javascript(EXPLORER, "((x) => [x.rows, x.columns, [...x.ids]])(regionIds(...c))", GRIDS)
    for grid, (rows, columns, flat) in zip(GRIDS, ids, strict=True):
        assert np.array_equal(np.reshape(flat, (rows, columns)), region_ids(*grid).numpy()), grid


def test_masks_equal_the_library_on_every_grid(run_javascript):
    expression = "((x) => [x.windows, x.tokens, Buffer.from(x.mask).toString('base64')])(shiftMask(...c))"
    masks = run_javascript(EXPLORER, expression, GRIDS)
    for grid, (windows, tokens, bits) in zip(GRIDS, masks, strict=True):
        mask = np.frombuffer(base64.b64decode(bits), dtype=np.uint8).reshape(windows, tokens, tokens)
        assert np.array_equal(mask, shift_mask(*grid).numpy()), grid


def test_window_region_index_and_whom_a_token_sees_equal_the_library(run_javascript):
    expression = "tokenFacts(axesOf(...c.slice(0, 4)), c[4])"
    answers = run_javascript(EXPLORER, expression, TOKENS)
    for (height, width, window, shift, token), answer in zip(TOKENS, answers, strict=True):
        facts = ShiftFacts(height, width, tuple(window), tuple(shift), tuple(token))
        assert (answer["window"], answer["region"], answer["index"]) == (
            facts.window,
            facts.region,
            facts.index,
        )
        for name, seen in facts.seen.items():
            (top, bottom), (left, right) = answer["spans"][name]
            expected = np.zeros((height, width), dtype=bool)
            expected[top:bottom, left:right] = True
            assert np.array_equal(seen.numpy(), expected), (facts, name)
            assert answer["counts"][name] == expected.sum()


def test_padding_has_no_region_and_sees_nothing(run_javascript):
    (answer,) = run_javascript(EXPLORER, "tokenFacts(axesOf(...c), [9, 2])", [[9, 10, 4, 2]])
    assert answer["region"] == -1
    assert not answer["real"]
    assert answer["counts"] == {"plain": 0, "shifted": 0, "both": 0}


def test_a_token_found_by_window_and_index_is_the_same_token(run_javascript):
    expression = "((a, f) => tokenAt(a, f.window, f.index))(axes(c), tokenFacts(axes(c), c[4]))"
    expression = expression.replace("axes(c)", "axesOf(...c.slice(0, 4))")
    assert run_javascript(EXPLORER, expression, TOKENS) == [case[4] for case in TOKENS]


STATE = "({ height: c[0], width: c[1], window_size: c[2], shift: c[3], token: c[4] })"


def test_the_sentence_is_the_one_that_python_says(run_javascript):
    sentences = run_javascript(EXPLORER, f"describeToken({STATE})", TOKENS)
    for (height, width, window, shift, token), sentence in zip(TOKENS, sentences, strict=True):
        assert sentence == ShiftFacts(height, width, tuple(window), tuple(shift), tuple(token)).sentence()


def test_the_sentence_on_a_pair_says_what_the_mask_says(run_javascript):
    draw, cases, expected = random.Random(1), [], []
    for height, width, window, shift, _ in TOKENS:
        ids = region_ids(height, width, tuple(window), tuple(shift))
        mask = shift_mask(height, width, tuple(window), tuple(shift))
        (mh, mw), _ = effective_window(height, width, tuple(window), tuple(shift))
        last, query, key = len(mask) - 1, *(draw.randrange(mh * mw) for _ in "qk")
        cases.append([height, width, window, shift, last, query, key])
        ids = ids[-mh:, -mw:].reshape(-1)  # the last window, where all regions meet
        real = min(ids[query], ids[key]) >= 0
        expected.append(
            ("may attend" if mask[last, query, key] else "may not attend") if real else "is padding"
        )
    said = run_javascript(EXPLORER, f"describePair({STATE}, c[4], c[5], c[6])", cases)
    for case, sentence, words in zip(cases, said, expected, strict=True):
        assert words in sentence, (case, sentence)
    assert min(expected.count(words) for words in set(expected)) > 50
    assert len(set(expected)) == 3


def test_the_python_line_gives_the_mask_on_show(run_javascript):
    lines = run_javascript(EXPLORER, f"pythonLine({STATE})", TOKENS[:100])
    for (height, width, window, shift, token), line in zip(TOKENS, lines, strict=False):
        explorer = ShiftFacts(height, width, tuple(window), tuple(shift), tuple(token))
        assert (eval(line, {"shift_mask": shift_mask})[explorer.window] == explorer.mask).all()
    assert run_javascript(EXPLORER, f"pythonLine({STATE})", [[8, 8, 4, 2, [0, 0]]]) == [
        "shift_mask(8, 8, 4, 2)"
    ]


@pytest.mark.parametrize("shift", [0, 2, (1, 2)])
def test_the_python_line_is_the_same_in_python(run_javascript, shift):
    explorer = ShiftExplorer(8, 12, 4, shift)
    state = [8, 12, 4, shift, [0, 0]]
    assert run_javascript(EXPLORER, f"pythonLine({STATE})", [state]) == [explorer.code]


def test_regions_drawn_between_two_shifts_are_whole_at_every_shift(run_javascript):
    """regionSpans draws with a shift that may lie between tokens; on whole shifts it is the region ids."""
    cases = [case for case in GRIDS if case[0] <= 9 and case[1] <= 9][::7]
    expression = "((a) => regionSpans(a, a.map((x) => x.shift)))(axesOf(...c))"
    for grid, regions in zip(cases, run_javascript(EXPLORER, expression, cases), strict=True):
        height, width = grid[:2]
        drawn = np.full(padded_size(*grid[:3]), -1)
        for region, ((top, bottom), (left, right)) in regions:
            drawn[top:bottom, left:right] = region
        _, (sh, sw) = effective_window(*grid)
        expected = np.roll(region_ids(*grid).numpy(), (sh, sw), axis=(0, 1))
        assert np.array_equal(drawn[:height, :width], expected[:height, :width]), grid
