"""Build the Swin Transformer from scratch: the library behind the course's notebooks.

The network lives in `swin_edu.model`; what it offers can be imported from here.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from swin_edu.model import *  # noqa: F403

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Bring the model when one of its names is first asked for.

    PyTorch takes seconds to import, and `swin-edu doctor` has to run where it is missing.
    """
    if name != "__all__" and name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    model = import_module("swin_edu.model")
    if name == "model":
        return model
    if name == "__all__":
        return [*model.__all__, "__version__"]
    if name in model.__all__:
        return getattr(model, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__getattr__("__all__")])
