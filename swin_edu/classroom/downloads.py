"""What lies in a folder or zip of a learning platform: every file, also in zips inside, read with care.

`collecting.py` uses it. Whatever is broken, too large or no plain file becomes a sentence and stops nothing.
"""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

__all__ = ["LIMIT", "Download", "Trouble", "read_downloads"]

LIMIT = 50 * 1024**2  # bytes of a notebook; one without outputs has a thousandth of it
ZIP_LIMIT = 500 * 1024**2
MEMBERS = 20_000
DEPTH = 2  # a zip of everything, and in it the zip that a student handed in
UNWANTED = ("__MACOSX", ".DS_Store", ".ipynb_checkpoints")


@dataclass(frozen=True)
class Trouble:
    """A file that could not be taken, and why.

    Args:
        place: where it lies.
        words: what is wrong with it.

    Example:
        >>> print(Trouble("ada.zip", "is broken"))
        ada.zip: is broken
    """

    place: str
    words: str

    def __str__(self) -> str:
        return f"{self.place}: {self.words}"


@dataclass(frozen=True)
class Download:
    """One file of a download.

    Args:
        parts: its path, from the download's top; a zip is a part like a folder.
        when: when it was changed last, UTC.
        data: its bytes; None for what is no notebook.

    Example:
        >>> Download(("ada.zip", "x.ipynb"), datetime(2026, 1, 2), b"{}").place
        'ada.zip/x.ipynb'
    """

    parts: tuple[str, ...]
    when: datetime
    data: bytes | None

    @property
    def place(self) -> str:
        """The path as one word, for messages."""
        return "/".join(self.parts)

    @property
    def stem(self) -> str:
        """The file's name without its ending."""
        return PurePosixPath(self.parts[-1]).stem


def read_downloads(path: Path) -> Iterator[Download | Trouble]:
    """Every file of a download, in the order of the paths.

    Args:
        path: a folder, or a zip.

    Yields:
        Files, notebooks among them with their bytes; and troubles.

    Raises:
        FileNotFoundError: there is nothing of that name.

    Example:
        >>> import tempfile; folder = Path(tempfile.mkdtemp()); _ = (folder / "ada.ipynb").write_text("{}")
        >>> [download.place for download in read_downloads(folder)]
        ['ada.ipynb']
    """
    if path.is_file():
        yield from _read_file(path, (path.name,)) if path.suffix == ".ipynb" else _read_zip(path, (), 1)
        return
    if not path.is_dir():
        raise FileNotFoundError(path)
    for file in sorted(path.rglob("*")):
        parts = file.relative_to(path).parts
        if file.is_symlink():
            yield Trouble("/".join(parts), "is a link, not a file; it was not followed")
        elif file.is_file() and not any(part in UNWANTED for part in parts):
            yield from _read_file(file, parts)


def _read_file(file: Path, parts: tuple[str, ...]) -> Iterator[Download | Trouble]:
    try:
        stat = file.stat()
        when = datetime.fromtimestamp(int(stat.st_mtime), UTC).replace(tzinfo=None)
        if file.suffix.lower() == ".zip":
            yield from _read_zip(file, parts, 1)
        elif file.suffix.lower() != ".ipynb":
            yield Download(parts, when, None)
        elif stat.st_size > LIMIT:
            yield _too_large("/".join(parts), stat.st_size)
        else:
            yield Download(parts, when, file.read_bytes())
    except OSError as error:
        yield Trouble("/".join(parts), f"cannot be read: {error.strerror}")


def _read_zip(file: Path | io.BytesIO, parts: tuple[str, ...], depth: int) -> Iterator[Download | Trouble]:
    place = "/".join(parts) or str(file)
    try:
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MEMBERS:
                yield Trouble(place, f"has {len(members):,} files in it; more than {MEMBERS:,} are not read")
                return
            for member in sorted(members, key=lambda member: member.filename):
                yield from _read_member(archive, member, parts, depth)
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        yield Trouble(place, f"is a broken zip ({error})")


def _read_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, above: tuple[str, ...], depth: int
) -> Iterator[Download | Trouble]:
    path = PurePosixPath(member.filename.replace("\\", "/"))
    # Nothing is ever written where a zip says; its names only tell whose a file is.
    parts = (*above, *(part for part in path.parts if part not in ("/", "..", ".")))
    if any(part in UNWANTED for part in parts) or len(parts) == len(above):
        return
    place, ending = "/".join(parts), path.suffix.lower()
    try:
        when = datetime(*member.date_time)
    except ValueError:
        when = datetime(1980, 1, 1)
    if ending not in (".ipynb", ".zip"):
        yield Download(parts, when, None)
        return
    limit = LIMIT if ending == ".ipynb" else ZIP_LIMIT
    try:
        with archive.open(member) as stream:
            # What a zip says of its sizes need not be true.
            data = stream.read(limit + 1)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        yield Trouble(place, f"cannot be read out of its zip ({error})")
    except Exception as error:  # each way of packing has errors of its own, such as zlib.error
        yield Trouble(place, f"cannot be read out of its zip ({type(error).__name__}: {error})")
    else:
        if len(data) > limit:
            yield _too_large(place, max(len(data), member.file_size))
        elif ending == ".ipynb":
            yield Download(parts, when, data)
        elif depth < DEPTH:
            yield from _read_zip(io.BytesIO(data), parts, depth + 1)
        else:
            yield Trouble(place, "is a zip in a zip in a zip; it was not opened")


def _too_large(place: str, size: int) -> Trouble:
    return Trouble(
        place, f"is too large ({size / 1024**2:.0f} MiB); ask for the notebook without its outputs"
    )
