"""Every explorer as Python sees it: no trait takes None, and what it says about itself can be made again."""

import inspect

import pytest
from traitlets import TraitError

from swin_edu import visuals
from swin_edu.visuals import Explorer

EXPLORERS = [
    cls
    for _, cls in inspect.getmembers(visuals, inspect.isclass)
    if issubclass(cls, Explorer) and cls is not Explorer
]


@pytest.mark.parametrize("kind", EXPLORERS, ids=lambda kind: kind.__name__)
def test_no_part_of_the_state_can_be_none(kind):
    explorer = kind()
    before = repr(explorer)
    for name in explorer.state_names:
        with pytest.raises(TraitError):
            setattr(explorer, name, None)
        assert repr(explorer) == before, name


@pytest.mark.parametrize("kind", EXPLORERS, ids=lambda kind: kind.__name__)
def test_reset_undoes_every_change(kind):
    explorer = kind()
    before = repr(explorer)
    for name in explorer.state_names:
        value = getattr(explorer, name)
        if isinstance(value, bool):
            setattr(explorer, name, not value)
        elif name in ("height", "width"):
            setattr(explorer, name, value - 1)
    explorer.reset()
    assert repr(explorer) == before
