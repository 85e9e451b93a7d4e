"""Lets the tests of the network import their reference, `brute_force`, which stands beside them."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def seed() -> None:
    """A test that fails, fails again when it is run alone."""
    torch.manual_seed(0)
