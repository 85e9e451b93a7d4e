"""BiasExplorer as Python sees it: state that hangs together, tables given and resized, a picture."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from traitlets import TraitError

from swin_edu.model.attention import WindowAttention
from swin_edu.model.position import relative_position_index, resize_bias_table
from swin_edu.visuals import BiasExplorer
from swin_edu.visuals.bias_facts import PATTERNS, BiasFacts, pattern_table


def pixels_of(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


# ---- state -----------------------------------------------------------------------------------------


def test_left_out_the_query_is_in_the_middle_and_the_key_to_its_left():
    explorer = BiasExplorer((3, 6))
    assert (explorer.query, explorer.key, explorer.facts.offset) == ((1, 3), (1, 2), (0, 1))
    assert BiasExplorer(1).facts.offset == (0, 0)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"window_size": 0}, r"window_size must be 1 \.\.\. 12, got 0"),
        ({"window_size": (3, 13)}, r"window_size must be 1 \.\.\. 12, got 13"),
        ({"window_size": 2.5}, "window_size must be an int or a pair of ints"),
        ({"table": "learned"}, "table must be one of distance, neighbours, random, zeros.*; got 'learned'"),
        ({"query": (4, 0)}, r"query must be \(row, column\) in the 4x4 window, \(0, 0\) \.\.\. \(3, 3\)"),
        ({"query": 3}, r"query must be \(row, column\) in the 4x4 window"),
        ({"key": (0, -1)}, r"key must be \(row, column\) in the 4x4 window"),
        ({"key": (0, 1, 2)}, r"key must be \(row, column\) in the 4x4 window"),
        ({"head": 4}, r"head must be 0 \.\.\. 3, got 4"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_changes_nothing(setting, message):
    with pytest.raises(TraitError, match=message):
        BiasExplorer(**setting)
    explorer = BiasExplorer()
    (name, value), before = *setting.items(), repr(explorer)
    with pytest.raises(TraitError, match=message):
        setattr(explorer, name, value)
    assert repr(explorer) == before


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (torch.zeros(48, 3), r"a table of 48 rows is of no square window; give window_size=\(Mh, Mw\) too"),
        (torch.zeros(49), "one row for each offset and one column for each head"),
        ([[1.0, 2.0], [3.0]], "one row for each offset and one column for each head"),
        ([], "one row for each offset and one column for each head"),
        (torch.full((9, 1), float("nan")), "numbers from -40 to 40"),
        ([[1000.0]], "numbers from -40 to 40"),
        (["a"], "one row for each offset and one column for each head"),
    ],
)
def test_a_table_that_is_none_is_refused(table, message):
    with pytest.raises(TraitError, match=message):
        BiasExplorer(table=table)


def test_a_table_for_another_window_is_refused():
    with pytest.raises(TraitError, match="a table for window 3x4 has 35 rows, got 49"):
        BiasExplorer((3, 4), torch.zeros(49, 2))
    with pytest.raises(TraitError, match="a table for window 4x4 has 49 rows, got 35"):
        BiasExplorer(4).values = torch.zeros(35, 4)


def test_the_table_of_a_network_can_be_given_and_its_window_is_found():
    attention = WindowAttention(channels=12, num_heads=3, window_size=5)
    explorer = BiasExplorer(table=attention.position.table)
    assert (explorer.window_size, explorer.table, len(explorer.values[0])) == (5, "yours", 3)
    assert torch.equal(torch.tensor(explorer.values), attention.position.table.detach())
    assert BiasExplorer((2, 3), np.ones((15, 1))).window == (2, 3)
    assert BiasExplorer(table=torch.ones(9, 2, dtype=torch.bfloat16)).values[0] == [1.0, 1.0]


def test_another_window_resizes_a_given_table_and_the_way_back_is_exact():
    table = torch.randn(49, 2)
    explorer = BiasExplorer(table=table)
    explorer.window_size = (6, 3)
    assert torch.allclose(torch.tensor(explorer.values), resize_bias_table(table, 4, (6, 3)))
    explorer.window_size = 4
    assert torch.equal(torch.tensor(explorer.values), table)


def test_a_smaller_window_keeps_both_tokens_inside_and_makes_the_table_anew():
    explorer = BiasExplorer(7, "neighbours", query=(6, 0), key=(2, 6))
    explorer.window_size = (3, 4)
    assert (explorer.query, explorer.key) == ((2, 0), (2, 3))
    assert explorer.values == pattern_table("neighbours", (3, 4))


def test_numbers_that_are_typed_in_stay_and_are_resized_with_the_window():
    explorer = BiasExplorer(3, "zeros")
    typed = [row.copy() for row in explorer.values]
    typed[12][1] = 2.5
    explorer.values = typed
    assert explorer.table == "typed"
    explorer.window_size = (4, 3)
    assert explorer.table == "typed"
    expected = resize_bias_table(torch.tensor(typed), 3, (4, 3))
    assert torch.allclose(torch.tensor(explorer.values), expected)
    explorer.table = "random"
    assert explorer.values == pattern_table("random", (4, 3))


def test_a_change_from_the_browser_arrives_whole():
    explorer = BiasExplorer(4, "distance", head=3)
    state = {
        "window_size": [2, 3],
        "values": [[0.5] * 4] * 15,
        "table": "typed",
        "query": [1, 2],
        "key": [0, 0],
    }
    explorer.set_state(state)
    assert (
        repr(explorer) == "BiasExplorer(window_size=(2, 3), table='typed', query=(1, 2), key=(0, 0), head=3)"
    )
    assert explorer.values == [[0.5] * 4] * 15


def test_the_head_stays_one_that_the_table_has():
    explorer = BiasExplorer(table=torch.randn(49, 12), head=11)
    explorer.table = "distance"
    assert explorer.head == 3


def test_reset_goes_back_to_where_it_began():
    explorer = BiasExplorer((3, 4), torch.randn(35, 2), query=(2, 1), head=1)
    before, values = repr(explorer), explorer.values
    explorer.window_size, explorer.table, explorer.head = 2, "random", 3
    explorer.reset()
    assert repr(explorer) == before
    assert explorer.values == values


def test_code_gives_the_index():
    explorer = BiasExplorer((3, 5), query=(2, 3), key=(0, 4))
    assert explorer.code == "relative_position_index((3, 5))[13, 4]"
    assert eval(explorer.code) == explorer.facts.index
    assert BiasExplorer(4).code == "relative_position_index(4)[6, 5]"


# ---- facts and built-in tables ---------------------------------------------------------------------


def test_facts_equal_the_library_for_every_pair():
    window = (3, 4)
    index = relative_position_index(window)
    for q in range(12):
        for k in range(12):
            facts = BiasFacts(window, divmod(q, 4), divmod(k, 4))
            assert facts.tokens == (q, k)
            assert facts.index == index[q, k]
            assert facts.shared == (index == index[q, k]).sum() == len(facts.pairs)
            assert facts.formula()[2].endswith(f"= {facts.index}")


def test_the_neighbours_table_looks_left_right_up_and_down():
    table = np.array(pattern_table("neighbours", (3, 4))).reshape(5, 7, 4)
    best = [np.unravel_index(table[:, :, head].argmax(), (5, 7)) for head in range(4)]
    assert [(r - 2, c - 3) for r, c in best] == [(0, 1), (0, -1), (1, 0), (-1, 0)]


# ---- the picture ---------------------------------------------------------------------------------


def test_the_same_state_gives_the_same_bytes_and_another_state_another_picture():
    explorer = BiasExplorer((3, 5))
    assert explorer.picture() == BiasExplorer((3, 5)).picture()
    pictures = {explorer.picture()}
    for name, value in (
        ("query", (2, 4)),
        ("key", (0, 0)),
        ("head", 2),
        ("table", "random"),
        ("window_size", 4),
    ):
        setattr(explorer, name, value)
        pictures.add(explorer.picture())
    assert len(pictures) == 6


@pytest.mark.parametrize("window", [1, 12, (1, 12), (12, 1), (7, 2)])
@pytest.mark.parametrize("table", PATTERNS)
def test_every_window_can_be_drawn(window, table):
    assert pixels_of(BiasExplorer(window, table).picture()).std() > 10


def test_many_heads_can_be_drawn():
    assert pixels_of(BiasExplorer(table=torch.randn(169, 24), head=23).picture()).std() > 10
