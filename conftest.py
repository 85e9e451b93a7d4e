"""What every doctest may use without importing it, and how long a property may take."""

import os
import tempfile
from pathlib import Path

import pytest
import torch
from hypothesis import settings

# A pause of a busy machine is no failure of the code.
settings.register_profile("course", deadline=None)
if "CI" not in os.environ:  # there Hypothesis takes its own: fixed examples, no deadline
    settings.load_profile("course")


# What the tests solve is no learner's progress; the notebooks' kernels inherit it.
os.environ["SWIN_EDU_PROGRESS"] = str(Path(tempfile.mkdtemp(prefix="swin_edu_")) / "progress.json")


@pytest.fixture(autouse=True)
def doctest_names(doctest_namespace: dict[str, object]) -> None:
    """Docstring examples start with ``torch`` imported, as PyTorch's own do."""
    doctest_namespace["torch"] = torch
