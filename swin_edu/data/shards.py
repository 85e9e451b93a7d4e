"""Which parquet files make up one split of a data set, and whether all of them are there.

Notebooks 08 and 09 read sets that are cut into such shards; a missing one is named, never skipped.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from swin_edu.data.errors import BrokenDataError, MissingDataError

#: What the files of each split may be called, best first; many public sets have labels only for validation.
SPLIT_WORDS = {"train": ("train",), "test": ("test", "validation", "valid", "val", "dev")}
_FILE = re.compile(
    r"(?P<word>[A-Za-z]+)(-(?P<index>\d{5})-of-(?P<count>\d{5})(-[0-9a-f]+)?)?\.parquet", re.IGNORECASE
)


def has_parquet(folder: Path) -> bool:
    """Whether a folder, or a folder in it, holds parquet files.

    Args:
        folder: an existing folder.

    Example:
        >>> import tempfile
        >>> has_parquet(Path(tempfile.mkdtemp()))
        False
    """
    return any(True for _ in _parquet_files(folder))


def find_shards(folder: Path, split: str) -> list[Path]:
    """The parquet files of one split, all of them, in order.

    Understood are ``train.parquet`` and ``train-00000-of-00004.parquet``, in the folder or one below it;
    for the test split also validation, valid, val and dev.

    Args:
        folder: where to look.
        split: "train" or "test".

    Returns:
        The files in the order of their numbers.

    Raises:
        MissingDataError: if the split is not there; says what is.
        BrokenDataError: if shards are missing (names each), doubled, or lie in several folders.

    Example:
        >>> import tempfile; folder = Path(tempfile.mkdtemp()); (folder / "train.parquet").touch()
        >>> [file.name for file in find_shards(folder, "train")]
        ['train.parquet']
    """
    files = sorted(_parquet_files(folder))
    for word in SPLIT_WORDS[split]:
        matches = [(file, match) for file in files if (match := _FILE.fullmatch(file.name))]
        matches = [(file, match) for file, match in matches if match["word"].lower() == word]
        if matches:
            return _complete(folder, matches)
    there = ", ".join(file.name for file in files[:6]) or "no parquet file at all"
    # NAME.parquet.part, .incomplete, .crdownload: what browsers and clients leave behind.
    unfinished = ", ".join(sorted(file.name for file in folder.glob("*.parquet.*")))
    hint = f" Unfinished downloads are not read: {unfinished}." if unfinished else ""
    raise MissingDataError(
        f"{folder} has no parquet file for the {split} split: expected {SPLIT_WORDS[split][0]}.parquet or "
        f"{SPLIT_WORDS[split][0]}-00000-of-0000N.parquet, found {there}.{hint}"
    )


def _parquet_files(folder: Path) -> Iterator[Path]:
    for pattern in ("*.parquet", "*/*.parquet"):
        yield from (file for file in folder.glob(pattern) if not file.name.startswith("."))


def _complete(folder: Path, matches: list[tuple[Path, re.Match]]) -> list[Path]:
    """Check that the files of one split are one whole set."""
    names = ", ".join(str(file.relative_to(folder)) for file, _ in matches[:6])
    counts = {match["count"] for _, match in matches}
    if (
        len({file.parent for file, _ in matches}) > 1
        or len(counts) > 1
        or (None in counts and len(matches) > 1)
    ):
        raise BrokenDataError(
            f"{folder} holds more than one version of a split: {names}. Keep one of them, or name the folder "
            "that holds only one."
        )
    count = counts.pop()
    if count is None:
        return [file for file, _ in matches]
    numbered = {int(match["index"]): file for file, match in matches}
    missing = [index for index in range(int(count)) if index not in numbered]
    if missing or len(numbered) != len(matches) or max(numbered) >= int(count):
        first, match = matches[0]
        absent = ", ".join(f"{match['word']}-{index:05d}-of-{count}.parquet" for index in missing[:8])
        problem = f"is missing {absent}" if missing else f"holds a shard twice or one too many: {names}"
        raise BrokenDataError(
            f"{first.parent} {problem} ({len(numbered)} of {int(count)} files are there). "
            "Nothing is loaded from a part of a data set; get the rest first."
        )
    return [numbered[index] for index in range(int(count))]
