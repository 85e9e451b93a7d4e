"""The browser's charts of a training run: round ticks, ranges that hold the curves, words for earlier places."""

import pytest

EXPLORER = "training_dashboard.js"


def test_ticks_are_round_and_inside_the_range(run_javascript):
    cases = [[0, 1, 5], [0, 2.31, 5], [0.37, 0.42, 4], [0, 300, 6], [29, 31.5, 5]]
    ticks = run_javascript(EXPLORER, "roundTicks(...c)", cases)
    assert ticks[0] == [0, 0.2, 0.4, 0.6, 0.8, 1]
    for (low, high, count), found in zip(cases, ticks, strict=True):
        assert 2 <= len(found) <= count + 2
        assert low <= found[0] and found[-1] <= high + 1e-9


@pytest.mark.parametrize(
    ("place", "epochs", "first", "expected"),
    [(0, 10, None, [0, 1]), (0.2, 10, 0.1, [0, 1]), (4, 10, 0.1, [0, 4.4]), (10, 10, 0.1, [0, 10])],
)
def test_the_run_fills_the_charts_and_ends_with_the_last_epoch(run_javascript, place, epochs, first, expected):
    loss = [] if first is None else [[first, 1, 1, 1]]
    case = [{"loss": loss, "tested": []}, {"place": place, "epochs": epochs}]
    (answer,) = run_javascript(EXPLORER, "rangeOfPlaces(...c)", [case])
    assert answer == pytest.approx(expected)


def test_a_resumed_run_begins_where_it_began(run_javascript):
    case = [{"loss": [[30.1, 1, 1, 1]], "tested": []}, {"place": 34, "epochs": 100}]
    (answer,) = run_javascript(EXPLORER, "rangeOfPlaces(...c)", [case])
    assert answer == pytest.approx([30, 34.4])


def test_one_wild_batch_does_not_press_the_curves_flat(run_javascript):
    loss = [[i / 100, 2, 1.5, 80 if i == 7 else 2.5] for i in range(1, 101)]
    tested = [[1, 2.1, 2.2, 0.1, 0.1]]
    (low, high), nothing = run_javascript(
        EXPLORER, "rangeOfLosses(c)", [{"loss": loss, "tested": tested}, {"loss": [], "tested": []}]
    )
    assert (low, high) == (1.5 - 0.1 * (high - 1.5), pytest.approx(1.05 * 2.5))
    assert nothing == [0, 1]


def test_numbers_in_words(run_javascript):
    rates = run_javascript(EXPLORER, "rateText(c)", [0, 1e-3, 2.5e-4, 0.0123, 0.5])
    assert rates == ["0", "1e-3", "2.5e-4", "0.012", "0.5"]
    losses = run_javascript(EXPLORER, "lossText(c)", [0.123, 2.345, 12.34, 1234.5])
    assert losses[:3] == ["0.12", "2.35", "12.3"]


def test_an_earlier_place_is_described_by_what_was_known_there(run_javascript):
    moment = [0.9, [2, 1], [0.5, 0.5], [0.5, 0.1]]
    about = {"loss": [1.2, 0.75, 0.7, 0.8], "rate": [1.2, 1e-3], "moment": moment, "labels": [2, 0]}
    cases = [[1.25, about], [1.25, {**about, "tested": [1, 1.5, 1.4, 0.4, 0.456]}], [0, {"labels": []}]]
    plain, tested, nothing = run_javascript(EXPLORER, "describePlace(...c)", cases)
    assert plain == (
        "Back at epoch 1.25: the loss was 0.75 at learning rate 1e-3. Of the 2 test images shown, 1 were named rightly."
    )
    assert "After epoch 1, 45.6 % of the test images were named rightly, and 40.0 % of the training" in tested
    assert nothing == "Back at epoch 0.00."


def test_right_and_wrong_answers_differ_in_words(run_javascript):
    cases = [["cat", "cat", 0.5], ["cat", "dog", 0.876]]
    spoken = run_javascript(EXPLORER, "describeSample(...c)", cases)
    assert spoken == ["cat: right, 50 % sure", "cat: named dog, 88 % sure"]
    assert run_javascript(EXPLORER, "answerText(c[0], c[1], 88)", cases) == ["88 % sure", "88 % dog"]
