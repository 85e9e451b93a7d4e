"""The browser's steps into windows are the library's, on every kind of grid, also without the permute."""

import random

import pytest

from swin_edu import window_partition, window_reverse
from swin_edu.visuals import WindowFacts

EXPLORER = "window_explorer.js"
SIZES = "sizesOf({ batch: c[0], height: c[1], width: c[2], window_size: c[3] })"
NUMBER = f"numberOf({SIZES}, c[4])"


def random_tokens(count):
    """Batches of grids, each with a token: divisible and not, windows larger than the grid."""
    draw = random.Random(0)
    cases = [[1, 8, 12, [4, 4], [0, 2, 5], False], [1, 8, 12, [4, 4], [0, 2, 5], True]]
    for _ in range(count):
        batch, height, width = draw.randint(1, 2), draw.randint(1, 16), draw.randint(1, 16)
        window = [draw.randint(1, 8), draw.randint(1, 8)]
        token = [draw.randrange(batch), draw.randrange(height), draw.randrange(width)]
        cases.append([batch, height, width, window, token, draw.random() < 0.5])
    return cases


CASES = [*random_tokens(400), [2, 16, 16, [1, 1], [1, 15, 15], False]]


def facts_of(case):
    batch, height, width, window, token, forget = case
    return WindowFacts(batch, height, width, tuple(window), tuple(token), forget)


def test_the_cases_hold_every_kind():
    facts = [facts_of(case) for case in CASES]
    padded = sum(f.padded != (f.height, f.width) for f in facts)
    shorter = sum(f.fitted != tuple(f.window_size) for f in facts)
    harmless = sum(f.forget_permute and bool((f.windows == f.true_windows).all()) for f in facts)
    assert min(padded, shorter, harmless, len(facts) - padded, sum(f.forget_permute for f in facts)) > 20


def test_all_windows_equal_the_library(run_javascript):
    expression = f"((s) => Array.from({{ length: s.total }}, (_, i) => numberAt(s, i, c[5])))({SIZES})"
    for case, numbers in zip(CASES, run_javascript(EXPLORER, expression, CASES), strict=True):
        facts = facts_of(case)
        assert numbers == facts.order.tolist(), case
        if not case[5]:
            windows = window_partition(facts.tokens, facts.fitted)
            assert numbers == windows.flatten().tolist(), case
            assert window_reverse(windows, facts.fitted, *facts.padded).equal(facts.tokens)


def test_place_is_the_way_back_from_number(run_javascript):
    back = "placeOf(s, numberAt(s, i, c[5]), c[5])"
    expression = f"((s) => Array.from({{ length: s.total }}, (_, i) => {back}))({SIZES})"
    for case, places in zip(CASES, run_javascript(EXPLORER, expression, CASES), strict=True):
        assert places == list(range(len(places))), case


def test_shapes_indices_company_and_owner_of_a_token_equal_python(run_javascript):
    expression = f"""((s, n) => ({{
        shapes: Object.values(shapesOf(s, c[5])).map(([, numbers]) => numbers),
        letters: Object.values(shapesOf(s, c[5])).map(([letters]) => letters.length),
        indices: Object.values(indicesOf(s, n, c[5])), company: companyOf(s, n, c[5]),
        number: n, place: placeOf(s, n, c[5]), owner: ownerOf(s, c[4]), token: tokenOf(s, n),
        padding: isPadding(s, c[4]) }}))({SIZES}, {NUMBER})"""
    for case, answer in zip(CASES, run_javascript(EXPLORER, expression, CASES), strict=True):
        facts = facts_of(case)
        assert answer["shapes"] == [list(shape) for shape in facts.shapes.values()], case
        assert answer["letters"] == [4, 6, 6, 4]
        assert answer["indices"] == [list(index) for index in facts.indices.values()], case
        assert answer["company"] == facts.company.tolist(), case
        assert (answer["number"], answer["place"]) == (facts.number, facts.place)
        assert answer["owner"] == facts.owners[facts.number]
        assert answer["token"] == case[4]
        assert not answer["padding"]


def test_an_index_is_within_its_shape_and_leads_to_its_place():
    """Read the shape as mixed digits: the index of every step is then a place in the order of reading."""
    for case in CASES:
        facts = facts_of(case)
        for step, shape in facts.shapes.items():
            place = 0
            for at, length in zip(facts.indices[step], shape[:-1], strict=True):
                assert 0 <= at < length
                place = place * length + at
            late = step == "flatten" or (step == "permute" and not case[5])
            assert place == (facts.place if late else facts.number), (case, step)


def test_sentence_and_python_line_are_those_of_python(run_javascript):
    expression = f"((s, n) => [describe(s, n, c[5]), pythonLine(s, c[5])])({SIZES}, {NUMBER})"
    for case, (sentence, line) in zip(CASES, run_javascript(EXPLORER, expression, CASES), strict=True):
        facts = facts_of(case)
        assert sentence == facts.sentence(), case
        assert line == facts.code, case


def test_padding_is_said_to_be_padding(run_javascript):
    case = [1, 7, 12, [4, 4], [0, 7, 3], False]
    (sentence,) = run_javascript(EXPLORER, f"describe({SIZES}, {NUMBER}, false)", [case])
    assert sentence == facts_of(case).sentence()
    assert "is padding" in sentence


@pytest.mark.parametrize("forget", [False, True])
def test_layouts_put_every_token_on_the_canvas_and_no_two_in_one_place(run_javascript, forget):
    """At the four stops; sizes are those of a wide cell and of a narrow one."""
    cases = [[*case[:4], width, width / 1.6] for case in CASES[:60] for width in (640, 426)]
    expression = f"""((s) => [0, 1, 2, 3].map((step) => {{
        const layout = wayLayout(s, c[4], c[5], step, {str(forget).lower()});
        return [layout.unit, Array.from({{ length: s.total }}, (_, n) => layout.at(n))]; }}))({SIZES})"""
    for case, stops in zip(cases, run_javascript(EXPLORER, expression, cases), strict=True):
        for unit, places in stops:
            assert unit > 1, case
            assert all(-0.01 <= x <= case[4] - unit + 0.01 for x, _ in places), case
            assert all(-0.01 <= y <= case[5] - unit + 0.01 for _, y in places), case
            cells = {(round(x / unit * 2), round(y / unit * 2)) for x, y in places}
            assert len(cells) == len(places), case


def test_every_cell_of_memory_has_a_size_and_lies_on_the_canvas(run_javascript):
    expression = f"""((s) => {{ const layout = memoryLayout(s, 237, 300, 0, false);
        return [layout.wide, layout.tall, ...layout.at(s.total - 1)]; }})({SIZES})"""
    for case, (wide, tall, x, y) in zip(CASES, run_javascript(EXPLORER, expression, CASES), strict=True):
        assert min(wide, tall) > 0.8, case
        assert x + wide <= 237, case
        assert y + tall <= 300, case


def test_in_memory_tokens_move_only_in_the_last_step_and_only_with_the_permute(run_javascript):
    expression = f"""((s) => [1, 2, 3].map((step) => {{
        const layout = memoryLayout(s, 300, 380, step, c[5]);
        return Array.from({{ length: s.total }}, (_, n) => layout.at(n).map((v) => Math.round(1e6 * v)));
    }}))({SIZES})"""
    for case, (first, second, last) in zip(CASES, run_javascript(EXPLORER, expression, CASES), strict=True):
        facts = facts_of(case)
        assert first == second
        moved = bool((facts.order != facts.tokens.flatten()).any())
        assert (last != first) == moved, case
        assert sorted(last) == sorted(first)
