"""Files that are either whole or not there: written beside their place, flushed to disk, then renamed.

The dataset cache and the checkpoints of notebook 08 are written this way, so a kill never leaves half a file.
"""

import glob
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_ABANDONED_AFTER = 3600  # seconds


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; on success it takes the place of ``path`` in one step.

    Args:
        path: the final file; its folder is made if needed. The old file stays until the new one is whole.

    Yields:
        A path in the same folder. If the body raises, that file is deleted and ``path`` is untouched.

    Raises:
        OSError: if the folder cannot be written.

    Example:
        >>> import tempfile; target = Path(tempfile.mkdtemp()) / "note.txt"
        >>> with atomic_write(target) as temporary: _ = temporary.write_text("whole")
        >>> target.read_text()
        'whole'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        # Of a process that was killed; one that is still writing has touched its file a moment ago.
        with suppress(OSError):
            if time.time() - leftover.stat().st_mtime > _ABANDONED_AFTER:
                leftover.unlink()
    try:
        yield temporary
        flush_to_disk(temporary)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    # The rename itself is only safe against a power cut once the folder is on disk too;
    # Windows cannot open a folder and does not need it.
    with suppress(OSError):
        flush_to_disk(path.parent)


def flush_to_disk(path: Path) -> None:
    """Wait until the operating system has really written a file or folder (fsync).

    Args:
        path: an existing file or folder.

    Raises:
        OSError: if it cannot be opened.

    Example:
        >>> import tempfile
        >>> flush_to_disk(Path(tempfile.mkdtemp()))
    """
    # fsync needs a descriptor open for writing on Windows, where folders cannot be opened at all.
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content.

    Args:
        path: the file; it is read in pieces, so its size does not matter.

    Returns:
        64 hexadecimal digits.

    Example:
        >>> import tempfile; file = Path(tempfile.mkdtemp()) / "empty"; file.touch()
        >>> sha256_of(file)[:8]
        'e3b0c442'
    """
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
