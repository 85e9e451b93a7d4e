"""What every doctest may use without importing it."""

import pytest
import torch


@pytest.fixture(autouse=True)
def doctest_names(doctest_namespace: dict[str, object]) -> None:
    """Docstring examples start with ``torch`` imported, as PyTorch's own do."""
    doctest_namespace["torch"] = torch
