"""Which exercises were solved on this machine, kept in one small file; nothing else is written down.

`check` remembers a right answer; `exercises.list()` and the map of the course show what is done.
"""

import json
import os
import tempfile
from pathlib import Path


def progress_file() -> Path:
    """Where it is kept: what `SWIN_EDU_PROGRESS` names, else `~/.swin_edu/progress.json`.

    Example:
        >>> progress_file().suffix
        '.json'
    """
    named = os.environ.get("SWIN_EDU_PROGRESS")
    return Path(named).expanduser() if named else Path("~/.swin_edu/progress.json").expanduser()


def done() -> frozenset[str]:
    """The names of the exercises that were solved; none where there is no file, or a broken one.

    Example:
        >>> "an exercise that nobody wrote" in done()
        False
    """
    try:
        names = json.loads(progress_file().read_text(encoding="utf-8"))["done"]
        return frozenset(name for name in names if isinstance(name, str))
    except (OSError, ValueError, TypeError, KeyError, RuntimeError):
        return frozenset()


def remember(name: str) -> None:
    """Write down that an exercise is solved. Where nothing can be written, nothing is: learning goes on.

    The file is put in place whole, so that two notebooks at once never leave half of one.

    Args:
        name: of the exercise.
    """
    solved = done()
    if name in solved:
        return
    try:
        file = progress_file()
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"done": sorted(solved | {name})}, indent=1) + "\n"
        with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8") as part:
            part.write(text)
        Path(part.name).replace(file)
    except (OSError, RuntimeError):
        return


def forget() -> None:
    """Forget it all: every exercise is open again."""
    progress_file().unlink(missing_ok=True)
