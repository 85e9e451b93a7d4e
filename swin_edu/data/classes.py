"""A part of the classes of a data set: which ones a list means, in which order, what a wrong name is told.

Notebook 09 makes a subset of ImageNet this way; a list may hold WordNet ids or words.
"""

import difflib
import re
from collections.abc import Sequence
from pathlib import Path

from swin_edu.data.errors import DataError
from swin_edu.data.words import wordnet_words

_WORDNET_ID = re.compile(r"n\d{8}")


def read_class_list(file: str | Path) -> list[str]:
    """Read a text file with one class a line.

    Empty lines and what follows a ``#`` are left out. A line that begins with a WordNet id may go on with
    words, as in ``n01440764 tench, Tinca tinca``; the id counts.

    Args:
        file: a text file.

    Returns:
        The classes in the order of the lines.

    Raises:
        DataError: if the file cannot be read or names no class.

    Example:
        >>> import tempfile; file = Path(tempfile.mkdtemp()) / "classes.txt"
        >>> _ = file.write_text("n01440764 tench # a fish\\n\\ngolf ball\\n"); read_class_list(file)
        ['n01440764', 'golf ball']
    """
    try:
        lines = Path(file).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file} cannot be read as a list of classes, one a line: {error}.") from error
    names = [line.split("#")[0].strip() for line in lines]
    names = [match[0] if (match := _WORDNET_ID.match(name)) else name for name in names if name]
    if not names:
        raise DataError(f"{file} names no class; expected one a line.")
    return names


def choose_classes(available: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Find the wanted classes among those of a data set.

    A class is found by its name in the data set, by its WordNet id, or by any of its words; upper and lower
    case, ``_`` and a space count as the same. A class's first word goes before other words.

    Args:
        available: the names that the data set has.
        wanted: what is looked for.

    Returns:
        For each wanted class its position in ``available``.

    Raises:
        DataError: if one is unknown (names the closest ones), means several classes, or comes twice.

    Example:
        >>> choose_classes(["n01443537", "n03445777", "dog"], ["golf ball", "n01443537"])
        [1, 0]
    """
    if isinstance(wanted, str):
        raise TypeError(f"classes must be a list of names, got the text {wanted!r}")
    if not wanted:
        raise DataError("the list of classes is empty; expected at least one name")
    # From the surest meaning of a name to the loosest.
    meanings = [
        _index([(name, *wordnet_words(name)[:depth]) for name in available]) for depth in (0, 1, None)
    ]
    # The other way round: the list has an id, the data set a word.
    found = [next((hits for index in meanings if (hits := _lookup(index, name))), []) for name in wanted]
    unknown = [name for name, hits in zip(wanted, found, strict=True) if not hits]
    if unknown:
        known = sorted(meanings[1])
        wrong = "; no class ".join(_with_closest(name, known) for name in unknown[:5])
        more = f"; and {len(unknown) - 5} more are unknown" if len(unknown) > 5 else ""
        some = ", ".join(available[:5]) + (", ..." if len(available) > 5 else "")
        raise DataError(f"the data set has no class {wrong}{more}. It has {len(available)} classes: {some}")
    for name, hits in zip(wanted, found, strict=True):
        if len(hits) > 1:
            several = ", ".join(" ".join((available[i], *wordnet_words(available[i])[:1])) for i in hits)
            raise DataError(f"the class {name!r} could be any of {several}; name it by its id")
    chosen = [hits[0] for hits in found]
    for position, index in enumerate(chosen):
        if index in chosen[:position]:
            first = wanted[chosen.index(index)]
            raise DataError(
                f"the list names the class {available[index]} twice: {first!r}, {wanted[position]!r}"
            )
    return chosen


def _key(name: str) -> str:
    return " ".join(name.replace("_", " ").lower().split())


def _index(names: list[tuple[str, ...]]) -> dict[str, list[int]]:
    """Each name or word -> the classes that it may mean."""
    index: dict[str, list[int]] = {}
    for position, words in enumerate(names):
        for key in dict.fromkeys(map(_key, words)):
            index.setdefault(key, []).append(position)
    return index


def _lookup(index: dict[str, list[int]], name: str) -> list[int]:
    if hits := index.get(_key(name)):
        return hits
    # A list with ids for a data set whose classes are words.
    return next((hits for word in wordnet_words(name) if (hits := index.get(_key(word)))), [])


def _with_closest(name: str, known: list[str]) -> str:
    closest = difflib.get_close_matches(_key(name), known, n=3)
    return f"{name!r} (close to it: {', '.join(closest)})" if closest else f"{name!r}"
