"""What every doctest may use without importing it, and how long a property may take."""

import os

import pytest
import torch
from hypothesis import settings

# A pause of a busy machine is no failure of the code.
settings.register_profile("course", deadline=None)
if "CI" not in os.environ:  # there Hypothesis takes its own: fixed examples, no deadline
    settings.load_profile("course")


@pytest.fixture(autouse=True)
def doctest_names(doctest_namespace: dict[str, object]) -> None:
    """Docstring examples start with ``torch`` imported, as PyTorch's own do."""
    doctest_namespace["torch"] = torch
