"""What is said about a token is what `shift_mask` and the definition say."""

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from swin_edu.model.windows import region_ids, shift_mask
from swin_edu.visuals.shift_facts import ShiftFacts, token_in_window


@st.composite
def facts(draw):
    height, width = draw(st.integers(1, 13)), draw(st.integers(1, 13))
    window = (draw(st.integers(1, 7)), draw(st.integers(1, 7)))
    shift = tuple(draw(st.integers(0, m - 1)) for m in window)
    token = (draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1)))
    return ShiftFacts(height, width, window, shift, token)


def span(place, length, window, shift):
    """The places that one place attends to along an axis: those with the same floor((r - s) / M)."""
    if length <= window:
        return range(length)
    return [r for r in range(length) if (r - shift) // window == (place - shift) // window]


@settings(max_examples=100, deadline=None)
@given(facts())
def test_whom_the_token_sees_is_the_definition(state):
    (r, c), (mh, mw), (sh, sw) = state.token, state.window_size, state.shift
    rows, columns = span(r, state.height, mh, sh), span(c, state.width, mw, sw)
    shifted = {(i, j) for i in rows for j in columns}
    plain = {(i, j) for i in span(r, state.height, mh, 0) for j in span(c, state.width, mw, 0)}
    both = {
        (i, j) for k, m in shifted for i in span(k, state.height, mh, 0) for j in span(m, state.width, mw, 0)
    }
    for name, expected in (("plain", plain), ("shifted", shifted), ("both", both)):
        assert {tuple(place) for place in state.seen[name].nonzero().tolist()} == expected, name


@settings(max_examples=100, deadline=None)
@given(facts())
def test_window_index_and_region_find_the_token_in_the_mask(state):
    ids = region_ids(*state.grid)
    assert int(ids[state.rolled]) == state.region >= 0
    assert int(state.regions_in_window[state.index]) == state.region
    assert torch.equal(state.mask, shift_mask(*state.grid)[state.window])
    assert int(state.mask[state.index].sum()) == int(state.seen["shifted"].sum())


@settings(max_examples=100, deadline=None)
@given(facts())
def test_the_sentence_names_the_numbers(state):
    numbers = [int(number) for number in re.findall(r"\d+", state.sentence())]
    total, may = len(state.regions_in_window), int(state.mask[state.index].sum())
    padding = int((state.regions_in_window < 0).sum())
    assert numbers[:3] == [*state.token, state.window]
    assert total in numbers
    if may < total:
        assert f"may attend to {may} of {total} tokens" in state.sentence()
        said = re.findall(r"(\d+) came from the opposite edge", state.sentence())
        assert sum(map(int, said)) == total - may - padding
        said = re.findall(r"(\d+) (?:is|are) padding", state.sentence())
        assert sum(map(int, said)) == padding
    else:
        assert f"may attend to all {total} tokens" in state.sentence()


def test_sentences_read_well():
    say = [
        (ShiftFacts(8, 8, 4, 2, (7, 3)),
         "Token (7, 3) sits in window 2 with region 3: it may attend to 8 of 16 tokens; "
         "the other 8 came from the opposite edge."),
        (ShiftFacts(8, 8, 4, 2, (3, 3)),
         "Token (3, 3) sits in window 0 with region 0: it may attend to all 16 tokens of its window."),
        (ShiftFacts(7, 13, (4, 5), (2, 3), (6, 6)),
         "Token (6, 6) sits in window 3 with region 3: it may attend to 5 of 20 tokens; "
         "10 came from the opposite edge and 5 are padding."),
        (ShiftFacts(8, 8, 4, 0, (7, 3)),
         "Nothing is shifted. Token (7, 3) sits in window 2: it may attend to all 16 tokens of its window."),
        (ShiftFacts(3, 9, 4, 2, (0, 0)),
         "Token (0, 0) sits in window 2 with region 2: it may attend to 6 of 12 tokens; the other 6 are "
         "padding. The rows fit into one window, so they are not shifted."),
    ]  # fmt: skip
    for state, sentence in say:
        assert state.sentence() == sentence


@settings(max_examples=60, deadline=None)
@given(facts(), st.data())
def test_every_window_has_a_real_token_to_go_to(state, data):
    count = len(shift_mask(*state.grid))
    window = data.draw(st.integers(0, count - 1))
    token = token_in_window(state, window)
    there = ShiftFacts(*state.grid, token)
    assert there.window == window
    if region_ids(*state.grid).numel() == state.height * state.width:
        assert there.index == state.index


def test_a_window_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"window must be 0 \.\.\. 3, got 4"):
        token_in_window(ShiftFacts(8, 8, 4, 2, (7, 3)), 4)
