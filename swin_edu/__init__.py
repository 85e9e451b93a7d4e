"""Build the Swin Transformer from scratch: the library behind the course's notebooks.

The network lives in `swin_edu.model`; what it offers can be imported from here.
"""

from swin_edu.model import *  # noqa: F403
from swin_edu.model import __all__ as _model_names

__version__ = "0.1.0"
__all__ = [*_model_names, "__version__"]
