"""The browser's offsets, indices, tables and words are the library's, for every kind of window."""

import itertools
import random

import numpy as np
import pytest
import torch

from swin_edu.model.position import relative_position_index, resize_bias_table
from swin_edu.visuals import BiasExplorer
from swin_edu.visuals.bias_facts import PATTERNS, BiasFacts, pattern_table
from swin_edu.visuals.palette import colour, contrast_ratio

EXPLORER = "bias_explorer.js"
WINDOWS = [*itertools.product((1, 2, 3, 4, 5, 7), repeat=2), (12, 12), (12, 1), (8, 11)]


def random_pairs(count):
    draw = random.Random(0)
    cases = []
    for _ in range(count):
        window = [draw.randint(1, 12), draw.randint(1, 12)]
        places = [[draw.randrange(window[0]), draw.randrange(window[1])] for _ in "qk"]
        cases.append([window, *places, draw.randrange(4), round(draw.uniform(-4, 4), 3) + 0.0001])
    return cases


PAIRS = random_pairs(400)


def test_the_index_of_every_pair_equals_the_library(run_javascript):
    tokens = "[...Array(c[0] * c[1]).keys()].map((t) => placeOf(c, t))"
    expression = f"((all) => all.map((q) => all.map((k) => indexOf(c, offsetOf(q, k)))))({tokens})"
    for window, answer in zip(WINDOWS, run_javascript(EXPLORER, expression, WINDOWS), strict=True):
        assert np.array_equal(answer, relative_position_index(window).numpy()), window


def test_row_and_offset_name_each_other(run_javascript):
    expression = "Array.from({ length: entriesOf(c) }, (_, i) => indexOf(c, offsetAt(c, i)))"
    for window, answer in zip(WINDOWS, run_javascript(EXPLORER, expression, WINDOWS), strict=True):
        assert answer == list(range((2 * window[0] - 1) * (2 * window[1] - 1)))


def test_all_pairs_with_an_offset_are_those_with_its_index(run_javascript):
    expression = "pairsWith(c[0], offsetOf(c[1], c[2])).map(([q, k]) => [tokenOf(c[0], q), tokenOf(c[0], k)])"
    for case, answer in zip(PAIRS, run_javascript(EXPLORER, expression, PAIRS), strict=True):
        facts = BiasFacts(*map(tuple, case[:3]))
        expected = (relative_position_index(facts.window) == facts.index).nonzero().tolist()
        assert sorted(answer) == expected
        assert len(expected) == facts.shared == len(facts.pairs)


def test_choosing_an_offset_finds_a_pair_with_it_and_moves_the_query_no_more_than_it_must(run_javascript):
    expression = "Array.from({ length: entriesOf(c[0]) }, (_, i) => pairNear(c[0], offsetAt(c[0], i), c[1]))"
    cases = PAIRS[:60]
    for (window, place, *_), answers in zip(cases, run_javascript(EXPLORER, expression, cases), strict=True):
        for index, answer in enumerate(answers):
            query, key = tuple(answer["query"]), tuple(answer["key"])
            facts = BiasFacts(tuple(window), query, key)
            assert facts.index == index
            assert min(*query, *key) >= 0
            assert all(p < m for pair in (query, key) for p, m in zip(pair, window, strict=True))
            nearest = min(abs(q[0] - place[0]) + abs(q[1] - place[1]) for q, _ in facts.pairs)
            assert abs(query[0] - place[0]) + abs(query[1] - place[1]) == nearest


@pytest.mark.parametrize("name", PATTERNS)
def test_tables_that_nobody_trained_are_the_same_on_both_sides(run_javascript, name):
    tables = run_javascript(EXPLORER, f"patternTable({name!r}, c)", WINDOWS)
    for window, table in zip(WINDOWS, tables, strict=True):
        assert np.allclose(table, pattern_table(name, window), atol=3e-6), window


def test_a_resized_table_is_the_librarys(run_javascript):
    windows = [((4, 4), (6, 6)), ((7, 7), (12, 12)), ((7, 3), (2, 5)), ((2, 9), (2, 9)), ((1, 4), (3, 1))]
    cases = []
    for old, new in windows:
        table = torch.randn(
            (2 * old[0] - 1) * (2 * old[1] - 1), 3, generator=torch.Generator().manual_seed(0)
        )
        cases.append([table.tolist(), old, new])
    for case, answer in zip(cases, run_javascript(EXPLORER, "resizeTable(...c)", cases), strict=True):
        assert np.allclose(answer, resize_bias_table(torch.tensor(case[0]), *case[1:]), atol=1e-5)


def test_formula_and_sentence_are_those_of_python(run_javascript):
    formulas = run_javascript(EXPLORER, "formulaOf(...c.slice(0, 3))", PAIRS)
    sentences = run_javascript(EXPLORER, "describeBias(...c)", PAIRS)
    for case, formula, sentence in zip(PAIRS, formulas, sentences, strict=True):
        facts = BiasFacts(*map(tuple, case[:3]))
        assert formula == list(facts.formula())
        assert sentence == facts.sentence(*case[3:])


def test_the_python_line_gives_the_index_on_show(run_javascript):
    lines = run_javascript(EXPLORER, "biasLine(...c.slice(0, 3))", PAIRS)
    for (window, query, key, *_), line in zip(PAIRS, lines, strict=True):
        explorer = BiasExplorer(tuple(window), query=tuple(query), key=tuple(key))
        assert line == explorer.code
        assert eval(line) == explorer.facts.index


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_numbers_can_be_read_on_every_shade(run_javascript, theme):
    colours = {name: colour(name, theme) for name in ("surface", "ink", "positive", "negative")}
    cases = [[value / 20, {"limit": 1, "colours": colours}] for value in range(-20, 21)]
    shades = run_javascript(EXPLORER, "[signedColour(c[0], 1, c[1].colours), inkOn(...c)]", cases)
    worst = min(contrast_ratio(ground, ink) for ground, ink in shades)
    assert worst > 4, shades
    assert {ink for _, ink in shades} == {colours["ink"], colours["surface"]}
