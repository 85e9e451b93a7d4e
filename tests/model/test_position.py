"""Relative position index and bias against loops; resizing a table to another window."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from swin_edu import RelativePositionBias, relative_position_index, resize_bias_table

WINDOW = st.tuples(st.integers(1, 6), st.integers(1, 6))


def test_relative_position_index_of_a_2x2_window():
    assert relative_position_index(2).tolist() == [[4, 3, 1, 0], [5, 4, 2, 1], [7, 6, 4, 3], [8, 7, 5, 4]]


@given(WINDOW)
def test_relative_position_index_is_the_offset_query_minus_key_in_mixed_digits(window):
    mh, mw = window
    index = relative_position_index(window)
    tokens = [(row, column) for row in range(mh) for column in range(mw)]
    expected = [
        [(qr - kr + mh - 1) * (2 * mw - 1) + (qc - kc + mw - 1) for kr, kc in tokens] for qr, qc in tokens
    ]
    assert index.dtype == torch.int64
    assert index.tolist() == expected


@given(WINDOW)
def test_equal_offsets_and_only_equal_offsets_share_an_entry(window):
    mh, mw = window
    tokens = [(row, column) for row in range(mh) for column in range(mw)]
    offsets = {(qr - kr, qc - kc) for qr, qc in tokens for kr, kc in tokens}
    assert len(relative_position_index(window).unique()) == len(offsets) == (2 * mh - 1) * (2 * mw - 1)


@given(WINDOW, st.data())
def test_a_smaller_window_uses_the_same_offsets_from_the_middle_of_the_table(window, data):
    small = (data.draw(st.integers(1, window[0])), data.draw(st.integers(1, window[1])))
    position = RelativePositionBias(window, num_heads=2)
    bias = position(small)
    tokens = [(row, column) for row in range(small[0]) for column in range(small[1])]
    for q, (qr, qc) in enumerate(tokens):
        for k, (kr, kc) in enumerate(tokens):
            row = (qr - kr + window[0] - 1) * (2 * window[1] - 1) + (qc - kc + window[1] - 1)
            assert torch.equal(bias[:, q, k], position.table[row])


def test_each_head_has_a_table_of_its_own_that_learns():
    position = RelativePositionBias((2, 3), num_heads=4)
    position().square().sum().backward()
    assert position.table.grad.shape == (15, 4)
    assert position.table.grad.abs().gt(0).all()


@pytest.mark.parametrize("way", ["to_empty", "assign"])
def test_a_bias_made_without_memory_is_right_once_it_has_its_weights(way):
    expected = RelativePositionBias((2, 3), num_heads=2)
    with torch.device("meta"):
        position = RelativePositionBias((2, 3), num_heads=2)
    if way == "to_empty":
        position.to_empty(device="cpu")
    position.load_state_dict(expected.state_dict(), assign=way == "assign")
    with torch.inference_mode():
        position()
    position().sum().backward()  # what inference made must not stand in the way of training
    assert torch.equal(position(), expected())


@pytest.mark.parametrize("window", [(3, 2), (2, 4), (0, 1)])
def test_a_window_larger_than_the_table_or_empty_is_refused(window):
    with pytest.raises(ValueError, match="window"):
        RelativePositionBias((2, 3), num_heads=1)(window)


@pytest.mark.parametrize("window", [0, (3, -1)])
def test_an_empty_window_has_no_index_no_bias_and_no_table(window):
    for function in (relative_position_index, lambda w: RelativePositionBias(w, 1)):
        with pytest.raises(ValueError, match="at least 1"):
            function(window)
    with pytest.raises(ValueError, match="at least 1"):
        resize_bias_table(torch.zeros(9, 1), 2, window)


def test_resizing_to_the_same_window_changes_nothing_and_copies():
    table = torch.randn(9 * 13, 3)
    same = resize_bias_table(table, (5, 7), (5, 7))
    assert torch.equal(same, table)
    assert same.data_ptr() != table.data_ptr()


@pytest.mark.parametrize(("old", "new"), [(7, 12), (12, 7), ((5, 7), (8, 6))])
def test_resizing_is_the_authors_bicubic_interpolation_of_each_head(old, new):
    oh, ow = (old, old) if isinstance(old, int) else old
    nh, nw = (new, new) if isinstance(new, int) else new
    table = torch.randn((2 * oh - 1) * (2 * ow - 1), 3)
    resized = resize_bias_table(table, old, new)
    for head in range(3):
        image = table[:, head].reshape(1, 1, 2 * oh - 1, 2 * ow - 1)
        expected = F.interpolate(image, size=(2 * nh - 1, 2 * nw - 1), mode="bicubic")
        assert torch.allclose(resized[:, head], expected.flatten(), atol=1e-6)


def test_resizing_keeps_the_bias_of_no_offset_in_the_middle_and_left_right_symmetry():
    table = torch.randn(13, 13, 2)
    table = table + table.flip(1)
    resized = resize_bias_table(table.reshape(169, 2), 7, (12, 9)).reshape(23, 17, 2)
    assert torch.allclose(resized[11, 8], table[6, 6], atol=1e-5)
    assert torch.allclose(resized, resized.flip(1), atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_resizing_keeps_the_dtype(dtype):
    assert resize_bias_table(torch.randn(9, 2).to(dtype), 2, 3).dtype == dtype


def test_a_table_that_does_not_fit_its_window_is_refused():
    with pytest.raises(ValueError, match="169 rows"):
        resize_bias_table(torch.zeros(170, 3), 7, 8)
