"""Large numbers in few letters: three digits, the right power, no surprises at the edges."""

import pytest

from swin_edu.visuals.amounts import compact, percent, ratio_text


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"), (7, "7"), (999, "999"), (1000, "1,000"), (9999, "9,999"), (10_000, "10.0 k"),
        (99_949, "99.9 k"), (99_950, "100 k"), (999_499, "999 k"), (999_500, "1.00 M"), (1_125_000, "1.13 M"),
        (2_003_828_736, "2.00 G"), (7.2e13, "72.0 T"), (3e20, "300 E"),
    ],
)  # fmt: skip
def test_three_digits_and_a_power_of_a_thousand(value, words):
    assert compact(value) == words


def test_a_unit_follows_the_power():
    assert [compact(value, "B") for value in (12, 2048, 118_013_952, 24e9)] == [
        "12 B",
        "2.05 kB",
        "118 MB",
        "24.0 GB",
    ]


@pytest.mark.parametrize(
    ("ratio", "words"),
    [(1, "1"), (64, "64"), (13.8082, "13.8"), (1.5, "1.5"), (0.4266, "0.427"), (99.94, "99.9"),
     (99.96, "100"), (1337.47, "1,337")],
)  # fmt: skip
def test_how_many_times(ratio, words):
    assert ratio_text(ratio) == words


def test_a_share_is_never_nothing_or_all_where_it_is_not():
    shares = {0: "0 %", 0.0001: "< 1 %", 0.125: "13 %", 0.9999: "> 99 %", 1: "100 %"}
    assert [percent(share) for share in shares] == list(shares.values())
