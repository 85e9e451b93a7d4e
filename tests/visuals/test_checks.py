"""Values that an explorer cannot show are refused, and the message says what would do."""

import pytest
from traitlets import TraitError

from swin_edu.visuals.checks import one_of, within


@pytest.mark.parametrize("value", [0, 13, 2.0, "3", None, True])
def test_only_whole_numbers_between_the_limits_pass(value):
    with pytest.raises(TraitError, match=r"window_size must be 1 \.\.\. 12, got"):
        within(value, 1, 12, "window_size")
    assert [within(side, 1, 12, "window_size") for side in (1, 12)] == [1, 12]


def test_only_what_is_on_the_list_passes():
    with pytest.raises(TraitError, match="image must be one of chelsea, coffee; got 'cat'"):
        one_of("cat", ["chelsea", "coffee"], "image")
    assert one_of("coffee", ["chelsea", "coffee"], "image") == "coffee"
