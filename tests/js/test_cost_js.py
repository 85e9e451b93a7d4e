"""The browser's costs, words and Python line are the library's, for every kind of image."""

import math
import random

import pytest

from swin_edu.visuals import CostExplorer, attention_cost
from swin_edu.visuals.amounts import compact, percent, ratio_text
from swin_edu.visuals.cost_facts import CostFacts

EXPLORER = "cost_explorer.js"
STATE = "({ side: c[0], window_size: c[1], channels: c[2], num_heads: c[3], patch_size: c[4] })"


def random_states(count):
    """Images that fit and that do not, windows larger than the grid, unequal windows, many heads."""
    draw, states = random.Random(0), []
    for _ in range(count):
        window = draw.choice([draw.randint(1, 16), [draw.randint(1, 12), draw.randint(1, 12)]])
        heads, patch = draw.randint(1, 16), draw.choice([1, 2, 4, 4, 4, 8, 16, 31])
        side = draw.randint(16, draw.choice([64, 300, 2048]))
        states.append([side, window, heads * draw.randint(1, 32), heads, patch])
    return states


STATES = [[224, 7, 96, 3, 4], [28, 7, 96, 3, 4], [32, 7, 96, 3, 4], *random_states(600)]


def facts_of(side, window, channels, heads, patch):
    return CostFacts(side, tuple(window) if isinstance(window, list) else window, channels, heads, patch)


def test_the_states_hold_every_kind():
    facts = [facts_of(*state) for state in STATES]
    kinds = {
        "one window": sum(f.count == 1 for f in facts),
        "padded": sum(f.windows.padding > 0 for f in facts),
        "fits": sum(f.count > 1 and f.windows.padding == 0 for f in facts),
        "windows cost more": sum(f.windows.pairs > f.everywhere.pairs for f in facts),
        "beyond 24 GB": sum(f.everywhere.matrix_bytes > 24e9 for f in facts),
    }
    assert min(kinds.values()) > 15, kinds


def test_costs_equal_the_library(run_javascript):
    draw, cases = random.Random(1), []
    for _ in range(500):
        window = draw.choice([None, draw.randint(1, 9), [draw.randint(1, 9), draw.randint(1, 9)]])
        sizes = draw.randint(1, 80), draw.randint(1, 80), draw.randint(1, 512)
        cases.append([*sizes, window, draw.randint(1, 12)])
    for case, answer in zip(cases, run_javascript(EXPLORER, "attentionCost(...c)", cases), strict=True):
        *sizes, window, heads = case
        cost = attention_cost(*sizes, tuple(window) if isinstance(window, list) else window, heads)
        for name in ("tokens", "padding", "pairs", "projections", "products"):
            assert answer[name] == getattr(cost, name), case
        assert (answer["multiplyAdds"], answer["bytes"]) == (cost.multiply_adds, cost.matrix_bytes)


def test_both_costs_of_an_image_equal_the_library(run_javascript):
    for state, answer in zip(STATES, run_javascript(EXPLORER, f"bothCosts({STATE})", STATES), strict=True):
        facts = facts_of(*state)
        assert (answer["along"], answer["crossing"]) == (facts.along, facts.crossing), state
        for name in ("everywhere", "windows"):
            cost = getattr(facts, name)
            assert answer[name]["pairs"] == cost.pairs, state
            assert answer[name]["multiplyAdds"] == pytest.approx(cost.multiply_adds, rel=1e-14)  # up to 10^16
        windows = answer["windows"]
        assert (windows["windows"], *windows["padded"]) == (facts.count, *facts.padded), state
        assert tuple(windows["window"]) == facts.window, state


def test_the_sentence_is_the_one_that_python_says(run_javascript):
    sentences = run_javascript(EXPLORER, f"describeCost({STATE})", STATES)
    for state, sentence in zip(STATES, sentences, strict=True):
        assert sentence == facts_of(*state).sentence()


def test_the_python_line_gives_the_numbers_on_show(run_javascript):
    lines = run_javascript(EXPLORER, f"costLine({STATE})", STATES)
    for state, line in zip(STATES, lines, strict=True):
        facts = facts_of(*state)
        assert line == facts.code
        assert eval(line, {"attention_cost": attention_cost}) == facts.windows
    assert lines[0] == CostExplorer().code == "attention_cost(56, 56, 96, 7, 3)"


def test_amounts_are_written_as_python_writes_them(run_javascript):
    draw = random.Random(2)
    values = [*range(1300), *(round(10 ** draw.uniform(0, 17)) for _ in range(3000))]
    values += [round(k * 10**e / 8) for k in range(1, 90) for e in range(2, 12)]  # many of them lie halfway
    written = run_javascript(EXPLORER, "[compact(c), compact(c, 'B')]", values)
    assert written == [[compact(value), compact(value, "B")] for value in values]
    ratios = [value / 1000 for value in values]
    assert run_javascript(EXPLORER, "ratioText(c)", ratios) == [ratio_text(ratio) for ratio in ratios]
    shares = [draw.random() for _ in range(500)] + [0, 1, 0.005, 0.125, 0.004, 0.996]
    assert run_javascript(EXPLORER, "percent(c)", shares) == [percent(share) for share in shares]


def test_the_curves_are_the_costs_at_every_image_side(run_javascript):
    cases = STATES[:12]
    expression = f"((p) => [SAMPLED, p.lines, p.dots, p.side])(pictureOf({STATE}))"
    answers = run_javascript(EXPLORER, expression, cases)
    for state, (sides, lines, dots, side) in zip(cases, answers, strict=True):
        assert 10**side == pytest.approx(state[0])
        for at in range(0, len(sides), 17):
            facts = facts_of(math.ceil(round(10 ** sides[at], 6)), *state[1:])
            pair = facts.everywhere, facts.windows
            for i, cost in enumerate(pair):
                assert lines["cost"][i][at] == pytest.approx(math.log10(cost.multiply_adds)), (state, at)
                assert lines["memory"][i][at] == pytest.approx(math.log10(cost.matrix_bytes)), (state, at)
        facts = facts_of(*state)
        assert dots["cost"] == pytest.approx(
            [math.log10(facts.everywhere.multiply_adds), math.log10(facts.windows.multiply_adds)]
        )


def test_a_picture_between_two_others_starts_and_ends_as_they_do(run_javascript):
    one, other = (f"pictureOf({STATE.replace('c[0]', str(side))})" for side in (224, 448))
    expression = f"[0, 1, 0.5].map((part) => between({one}, {other}, part).side)"
    (sides,) = run_javascript(EXPLORER, expression, STATES[:1])
    assert [10**side for side in sides] == pytest.approx([224, 448, 224 * 2**0.5])


def test_heads_that_do_not_share_the_channels_become_the_next_smaller_that_do(run_javascript):
    cases = [[c, h] for c in range(1, 60) for h in range(1, 20)]
    answers = run_javascript(EXPLORER, "possibleHeads(...c)", cases)
    for (channels, asked), heads in zip(cases, answers, strict=True):
        assert heads == max(h for h in range(1, asked + 1) if channels % h == 0)
