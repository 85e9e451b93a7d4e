"""Who attends to whom on the whole grid agrees with the definition, straight from the design."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from swin_edu.visuals.reach import attention_reach, reach_after


@st.composite
def grids(draw):
    height, width = draw(st.integers(1, 11)), draw(st.integers(1, 11))
    window = (draw(st.integers(1, 6)), draw(st.integers(1, 6)))
    shift = tuple(draw(st.integers(0, m - 1)) for m in window)
    return height, width, window, shift


def window_of(position, length, window, shift):
    return 0 if length <= window else (position - shift) // window


@settings(max_examples=60, deadline=None)
@given(grids())
def test_reach_is_the_definition(grid):
    height, width, window, shift = grid
    reach = attention_reach(*grid)
    places = [(r, c) for r in range(height) for c in range(width)]
    for i, (r, c) in enumerate(places):
        for j, (k, m) in enumerate(places):
            rows = window_of(r, height, window[0], shift[0]) == window_of(k, height, window[0], shift[0])
            columns = window_of(c, width, window[1], shift[1]) == window_of(m, width, window[1], shift[1])
            assert bool(reach[i, j]) == (rows and columns), (grid, (r, c), (k, m))


def test_two_plain_blocks_reach_no_further_than_one():
    plain = attention_reach(8, 12, 4)
    assert torch.equal(reach_after([plain, plain, plain]), plain)


def test_the_order_of_plain_and_shifted_matters_for_single_tokens():
    plain, shifted = attention_reach(8, 8, 4), attention_reach(8, 8, 4, 2)
    assert int(reach_after([plain, shifted])[0].sum()) == 16  # the corner looks at 2 x 2, all of one window
    assert int(reach_after([shifted, plain])[0].sum()) == 36  # its window of 4 x 4 has looked at 6 x 6


def test_no_block_at_all_is_refused():
    with pytest.raises(ValueError, match="at least one block"):
        reach_after([])
