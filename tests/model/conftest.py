"""Lets the tests of the network import their reference, `brute_force`, which stands beside them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
