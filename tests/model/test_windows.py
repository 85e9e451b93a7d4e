"""Windows, regions and masks against the definition, for every size, window and shift."""

import brute_force
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from swin_edu import (
    effective_window,
    padded_size,
    region_ids,
    shift_mask,
    window_partition,
    window_reverse,
)

WINDOW = st.tuples(st.integers(1, 5), st.integers(1, 5))


@st.composite
def geometry(draw, largest=13):
    """A grid size, a window and a shift: square or not, divisible or not, larger than the map or not."""
    size = (draw(st.integers(1, largest)), draw(st.integers(1, largest)))
    window = draw(WINDOW)
    shift = (draw(st.integers(0, window[0] - 1)), draw(st.integers(0, window[1] - 1)))
    return size, window, shift


@settings(deadline=None)
@given(WINDOW, st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.booleans())
def test_window_partition_cuts_windows_row_by_row_image_by_image(window, rows, columns, batch, transposed):
    mh, mw = window
    tokens = torch.randn(batch, rows * mh, columns * mw, 2)
    if transposed:  # the same tokens, laid out in memory the other way round
        tokens = tokens.transpose(1, 2).contiguous().transpose(1, 2)
    expected = torch.stack(
        [
            image[row * mh : (row + 1) * mh, column * mw : (column + 1) * mw]
            for image in tokens
            for row in range(rows)
            for column in range(columns)
        ]
    )
    windows = window_partition(tokens, window)
    assert torch.equal(windows, expected)
    assert torch.equal(window_reverse(windows, window, rows * mh, columns * mw), tokens)


@pytest.mark.parametrize("window", [0, -1, 3, (4, 3)])
def test_window_partition_refuses_what_cannot_be_cut_evenly(window):
    with pytest.raises(ValueError, match="cannot be cut into windows"):
        window_partition(torch.zeros(1, 8, 8, 2), window)


def test_window_partition_and_reverse_refuse_wrong_shapes():
    with pytest.raises(ValueError, match=r"must be \(B, H, W, C\)"):
        window_partition(torch.zeros(8, 8, 2), 4)
    with pytest.raises(ValueError, match=r"must be \(B\*nW, 4, 4, C\)"):
        window_reverse(torch.zeros(4, 16, 2), 4, 8, 8)
    with pytest.raises(ValueError, match="3 windows are not a whole number of grids"):
        window_reverse(torch.zeros(3, 4, 4, 2), 4, 8, 8)
    with pytest.raises(ValueError, match="pair of ints"):
        window_partition(torch.zeros(1, 8, 8, 2), (4, 4, 4))
    with pytest.raises(ValueError, match="pair of ints"):
        window_partition(torch.zeros(1, 8, 8, 2), 4.0)


@given(geometry(largest=40))
def test_effective_window_and_padded_size_follow_the_definition_on_each_axis_alone(geometry):
    size, window, shift = geometry
    fitted, shifts = effective_window(*size, window, shift)
    padded = padded_size(*size, window)
    for length, m, s, fit, sh, pad in zip(size, window, shift, fitted, shifts, padded, strict=True):
        assert (fit, sh) == ((length, 0) if length <= m else (m, s))
        assert pad % fit == 0
        assert length <= pad < length + fit


@pytest.mark.parametrize("shift", [-1, 7, (0, 7), (3, -2)])
def test_a_shift_outside_the_window_is_refused(shift):
    for function in (effective_window, region_ids, shift_mask):
        with pytest.raises(ValueError, match=r"shift must be 0 \.\.\. 6"):
            function(14, 14, 7, shift)


@pytest.mark.parametrize(("height", "width", "window"), [(0, 8, 4), (8, -1, 4), (8, 8, 0), (8, 8, (4, 0))])
def test_an_empty_grid_or_window_is_refused(height, width, window):
    with pytest.raises(ValueError, match="at least 1"):
        padded_size(height, width, window)
    with pytest.raises(ValueError, match="at least 1"):
        region_ids(height, width, window, 0)


@settings(deadline=None)
@given(geometry())
def test_region_ids_number_the_bands_of_the_rolled_grid_and_mark_padding(geometry):
    size, window, shift = geometry
    ids = region_ids(*size, window, shift)
    fitted, shifts = effective_window(*size, window, shift)
    padded = padded_size(*size, window)
    assert ids.dtype == torch.int64
    assert ids.shape == padded
    for row, column in brute_force.positions(padded):
        bands, stood = [], []
        for pos, length, m, s in zip((row, column), padded, fitted, shifts, strict=True):
            bands.append(0 if s == 0 or pos < length - m else 1 if pos < length - s else 2)
            stood.append((pos + s) % length)
        is_real = stood[0] < size[0] and stood[1] < size[1]
        assert ids[row, column] == (3 * bands[0] + bands[1] if is_real else -1)


@settings(deadline=None, max_examples=200)
@given(geometry())
def test_shift_mask_lets_exactly_the_tokens_meet_whose_window_index_agrees(geometry):
    size, window, shift = geometry
    mask = shift_mask(*size, window, shift)
    fitted, (sh, sw) = effective_window(*size, window, shift)
    padded = padded_size(*size, window)
    count = (padded[0] // fitted[0]) * (padded[1] // fitted[1])
    assert mask.dtype == torch.bool
    assert mask.shape == (count, fitted[0] * fitted[1], fitted[0] * fitted[1])

    numbers = torch.arange(padded[0] * padded[1]).reshape(padded).roll((-sh, -sw), (0, 1))
    places = window_partition(numbers[None, :, :, None], fitted).reshape(count, -1)
    meets = torch.zeros(padded[0] * padded[1], padded[0] * padded[1], dtype=torch.bool)
    for place, allowed in zip(places, mask, strict=True):
        meets[place[:, None], place[None, :]] = allowed

    real = torch.tensor([row < size[0] and column < size[1] for row, column in brute_force.positions(padded)])
    assert torch.equal(meets[real][:, real], brute_force.meeting_matrix(size, window, shift))
    assert not meets[real][:, ~real].any(), "a real token would see padding"
    assert mask.any(dim=-1).all(), "a query without any key gives NaN"


def test_region_ids_and_mask_are_whole_where_nothing_is_shifted_or_padded():
    assert region_ids(8, 12, 4, 0).eq(0).all()
    assert shift_mask(8, 12, 4, 0).all()
    assert shift_mask(3, 4, 7, 3).all()
    assert shift_mask(3, 4, 7, 3).shape == (1, 12, 12)


def test_ids_and_mask_are_made_on_the_device_that_is_asked_for():
    for made in (region_ids(5, 6, 4, 2, device="meta"), shift_mask(5, 6, 4, 2, device="meta")):
        assert made.device.type == "meta"
