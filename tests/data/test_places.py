"""Places: asking for them, also in the documentation's examples, changes nothing for the reader."""

import doctest
import os

from swin_edu.data import places


def test_the_examples_leave_the_readers_own_variable_as_it_was(monkeypatch):
    monkeypatch.setenv("SWIN_EDU_DATA", "/mine")
    assert doctest.testmod(places).failed == 0
    assert os.environ["SWIN_EDU_DATA"] == "/mine"
