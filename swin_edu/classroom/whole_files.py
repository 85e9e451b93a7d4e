"""Small files of the classroom, written so that each is either whole or the old one.

Everything that is kept between two commands goes through it; see `swin_edu.data.atomic_files`.
"""

from pathlib import Path

from swin_edu.data.atomic_files import atomic_write

__all__ = ["write_whole"]


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file that is either whole or the old one.

    Args:
        path: of the file; its folder is made.
        content: what it shall hold; a text is written as UTF-8, with the line ends that it has.

    Raises:
        OSError: if it cannot be written; the old file stays.

    Example:
        >>> import tempfile; path = Path(tempfile.mkdtemp()) / "a" / "b.txt"
        >>> write_whole(path, "whole"); path.read_text()
        'whole'
    """
    with atomic_write(path) as unfinished:
        unfinished.write_bytes(content.encode() if isinstance(content, str) else content)
