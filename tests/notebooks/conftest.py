"""The builder and the notebooks, for the tests of both."""

import importlib.util
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from nbformat import NotebookNode

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SOURCES = sorted((NOTEBOOKS / "src").glob("[0-9][0-9]_*.py"))


@pytest.fixture(scope="session")
def builder() -> ModuleType:
    """`notebooks/build.py`; a script in a folder that is no package."""
    spec = importlib.util.spec_from_file_location("build", NOTEBOOKS / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=SOURCES, ids=lambda source: source.stem)
def source(request: pytest.FixtureRequest) -> Path:
    """The text source of each chapter in turn."""
    return request.param


@pytest.fixture
def notebook(source: Path) -> NotebookNode:
    """The committed notebook of each chapter in turn."""
    return nbformat.read(NOTEBOOKS / f"{source.stem}.ipynb", as_version=4)
