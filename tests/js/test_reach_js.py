"""What a token reaches in the browser is what the library says, for every kind of grid; so are the words."""

import random
from itertools import pairwise

import numpy as np
import pytest

from swin_edu.visuals import ReachExplorer, token_reach
from swin_edu.visuals.reach_facts import MOST_BLOCKS, ReachFacts

EXPLORER = "reach_explorer.js"
NAMES = ("height", "width", "window_size", "blocks", "token", "merging", "looking_back")
STATE = "({ " + ", ".join(f"{name}: c[{i}]" for i, name in enumerate(NAMES)) + " })"


def random_states(count, largest, most_blocks):
    """Grids that windows divide and that they do not, windows larger than the grid, unequal windows."""
    draw, states = random.Random(0), []
    for _ in range(count):
        height, width = draw.randint(1, largest), draw.randint(1, largest)
        window = draw.choice([draw.randint(1, 8), [draw.randint(1, 8), draw.randint(1, 8)]])
        token = [draw.randrange(height), draw.randrange(width)]
        switches = draw.random() < 0.5, draw.random() < 0.5
        states.append([height, width, window, draw.randint(0, most_blocks), token, *switches])
    return states


STATES = [
    [32, 32, 4, 4, [14, 17], False, False],
    [64, 64, 2, 9, [0, 0], False, False],
    [64, 64, 16, 3, [63, 1], True, True],
    *random_states(300, 20, 8),
]


def facts_of(height, width, window, blocks, token, merging, back):
    window = tuple(window) if isinstance(window, list) else window
    return ReachFacts(height, width, window, blocks, tuple(token), merging, back)


def test_the_states_hold_every_kind():
    facts = [facts_of(*state) for state in STATES]
    kinds = {
        "all, with shift only": sum(
            f.reached["shifted"].all() and not f.reached["plain"].all() for f in facts
        ),
        "never all": sum(f.until_all("shifted") is None for f in facts),
        "the shift helps": sum(bool((f.reached["shifted"] != f.reached["plain"]).any()) for f in facts),
        "no block": sum(f.blocks == 0 for f in facts),
        "merged": sum(f.merging and f.blocks > 2 for f in facts),
        "looking back through merging": sum(f.merging and f.looking_back and f.blocks > 2 for f in facts),
    }
    assert min(kinds.values()) > 15, kinds


def mask(size, spans):
    (top, bottom), (left, right) = spans
    reached = np.zeros(size, dtype=bool)
    reached[top:bottom, left:right] = True
    return reached


def test_what_is_reached_equals_the_library(run_javascript):
    expression = f"['plain', 'shifted'].map((way) => stepsOf({STATE}, optionsOf({STATE})[way]).at(-1))"
    for state, answers in zip(STATES, run_javascript(EXPLORER, expression, STATES), strict=True):
        facts = facts_of(*state)
        for reached, spans in zip(facts.reached.values(), answers, strict=True):
            assert np.array_equal(mask(state[:2], spans), reached.numpy()), state


def test_every_block_on_the_way_equals_the_library(run_javascript):
    forward = [[*state[:6], False] for state in STATES[::3]]
    answers = run_javascript(EXPLORER, f"stepsOf({STATE}, optionsOf({STATE}).shifted)", forward)
    for state, steps in zip(forward, answers, strict=True):
        facts = facts_of(*state)
        for blocks, spans in enumerate(steps):
            assert np.array_equal(mask(state[:2], spans), facts.after(blocks).reach("shifted").numpy())


def test_looking_back_each_step_takes_in_one_more_block(run_javascript):
    """The last j of all blocks: so for j = blocks the whole way, and each step contains the one before."""
    back = [[*state[:6], True] for state in STATES[::3]]
    answers = run_javascript(EXPLORER, f"stepsOf({STATE}, optionsOf({STATE}).shifted)", back)
    for state, steps in zip(back, answers, strict=True):
        assert len(steps) == state[3] + 1
        masks = [mask(state[:2], spans) for spans in steps]
        assert all((later | ~earlier).all() for earlier, later in pairwise(masks))
        assert np.array_equal(masks[-1], facts_of(*state).reached["shifted"].numpy())


def test_counts_and_the_number_of_blocks_until_all_equal_the_library(run_javascript):
    cases = STATES[::4]
    expression = f"""Object.values(optionsOf({STATE})).map((way) => [countsUpTo({STATE}, 9, way),
        blocksUntilAll({STATE}, way), worstBlocks({STATE}, way)])"""
    for state, answers in zip(cases, run_javascript(EXPLORER, expression, cases), strict=True):
        facts = facts_of(*state)
        for way, (counts, until, worst) in zip(("plain", "shifted"), answers, strict=True):
            expected = [int(facts.after(blocks).reach(way).sum()) for blocks in range(10)]
            assert counts == expected, (state, way)
            assert until == facts.until_all(way), (state, way)
            assert worst is None or until <= worst, (state, way)


def test_no_token_needs_more_blocks_than_the_worst_corner(run_javascript):
    places = [[r, c] for r in range(9) for c in range(14)]
    for merging in (False, True):
        for back in (False, True):
            cases = [[9, 14, [4, 3], 1, place, merging, back] for place in places]
            both = f"((way) => [blocksUntilAll({STATE}, way), worstBlocks({STATE}, way)])"
            answers = run_javascript(EXPLORER, f"{both}(optionsOf({STATE}).shifted)", cases)
            assert max(until for until, _ in answers) == answers[0][1]


def test_the_sentence_is_the_one_that_python_says(run_javascript):
    sentences = run_javascript(EXPLORER, f"describeReach({STATE})", STATES)
    for state, sentence in zip(STATES, sentences, strict=True):
        assert sentence == facts_of(*state).sentence()


def test_the_python_line_gives_the_tokens_on_show(run_javascript):
    lines = run_javascript(EXPLORER, f"reachLine({STATE})", STATES)
    for state, line in zip(STATES, lines, strict=True):
        facts = facts_of(*state)
        assert line == facts.code
        assert eval(line, {"token_reach": token_reach}).equal(facts.reached["shifted"])
    assert lines[0] == ReachExplorer().code == "token_reach(32, 32, 4, 4, (14, 17))"


@pytest.mark.parametrize("way", ["plain", "shifted"])
def test_halving_finds_the_first_block_that_reaches_all(way):
    for state in STATES[3:15]:
        facts = facts_of(*state)
        reaches = [bool(facts.after(blocks).reach(way).all()) for blocks in range(MOST_BLOCKS + 1)]
        assert facts.until_all(way) == (reaches.index(True) if True in reaches else None), state
