"""Where data is looked for: the places that SWIN_EDU_DATA names first, then the course's own cache folder.

Used by every source; notebooks and the command line see the same places whatever folder they run in.
"""

import os
from pathlib import Path


def course_folder() -> Path | None:
    """The checkout of the course that this package runs from.

    Returns:
        The folder with ``pyproject.toml`` above the package, or None where only the package is installed.

    Example:
        >>> folder = course_folder()
        >>> folder is None or (folder / "pyproject.toml").is_file()
        True
    """
    folder = Path(__file__).resolve().parents[2]
    return folder if (folder / "pyproject.toml").is_file() else None


def cache_folder(cache_dir: str | Path | None = None) -> Path:
    """Where downloads and decoded images are kept.

    Args:
        cache_dir: use this folder instead.

    Returns:
        ``cache_dir``; else ``data/cache`` in the checkout; else ``~/.cache/swin-edu``. It may not exist yet.

    Example:
        >>> cache_folder("elsewhere").name
        'elsewhere'
    """
    if cache_dir is not None:
        return Path(cache_dir).expanduser()
    course = course_folder()
    return course / "data" / "cache" if course else Path.home() / ".cache" / "swin-edu"


def data_places() -> list[Path]:
    """The folders named in the environment variable SWIN_EDU_DATA, in order.

    Several are separated as in PATH (``:``, on Windows ``;``). A relative one is looked for in the
    current folder and then in the course's folder, because a notebook runs in ``notebooks/``.

    Returns:
        Folders; those that do not exist are kept, so that messages can name them.

    Example:
        >>> from unittest.mock import patch
        >>> with patch.dict(os.environ, SWIN_EDU_DATA="/nowhere"): data_places() == [Path("/nowhere")]
        True
    """
    places = []
    for text in os.environ.get("SWIN_EDU_DATA", "").split(os.pathsep):
        if not text.strip():
            continue
        place = Path(text.strip()).expanduser()
        course = course_folder()
        if not place.exists() and not place.is_absolute() and course and (course / place).exists():
            place = course / place
        places.append(place)
    return places


def find_in_places(*names: str) -> Path | None:
    """The folder that has one of the names, in the first place that has any.

    Args:
        names: names of a data set's folder, such as "cifar10", the best first.

    Returns:
        The folder, or None.

    Example:
        >>> find_in_places("no-such-data", "nor-this") is None
        True
    """
    folders = (place / name for place in data_places() for name in names)
    return next((folder for folder in folders if folder.is_dir()), None)
