"""The learner's own copies of the notebooks: given out once, never overwritten, new where untouched.

`swin-edu lab` opens JupyterLab on them.
"""

import hashlib
import itertools
import json
import os
import shutil
from pathlib import Path

__all__ = ["COPIES", "RECORD", "copy_notebooks", "trust_untouched_copies"]

COPIES = "my_notebooks"
RECORD = ".given_out.json"


def copy_notebooks(originals: Path, copies: Path) -> list[str]:
    """Give the learner a copy of every notebook, without ever overwriting what the learner wrote.

    A copy that is byte for byte what was given out before is replaced by the new version. A changed copy is
    kept; if the course's version is newer, it is laid beside as `NAME_new.ipynb`, once for each version.

    Args:
        originals: folder of the course's notebooks (`NN_name.ipynb`).
        copies: folder of the learner; made if missing.

    Returns:
        One sentence for everything the learner should know; empty when nothing of note happened.

    Examples:
        >>> import tempfile; folder = Path(tempfile.mkdtemp()); (folder / "a").mkdir()
        >>> _ = (folder / "a/01_x.ipynb").write_text("{}"); copy_notebooks(folder / "a", folder / "b")
        []
        >>> (folder / "b/01_x.ipynb").read_text()
        '{}'
    """
    copies.mkdir(parents=True, exist_ok=True)
    record = copies / RECORD
    given_out = _read_record(record)
    messages = []
    for original in sorted(originals.glob("[0-9]*.ipynb")):
        version, last = _digest(original), given_out.get(original.name)
        copy = copies / original.name
        if not copy.exists() or _digest(copy) == last:
            _copy_whole(original, copy)
        elif version not in (last, _digest(copy)):
            newer = _untouched_place(copies, original.stem, given_out)
            _copy_whole(original, newer)
            given_out[newer.name] = version
            messages.append(f"{copy.name} has a new version: it is in {newer.name}; yours is kept as it is.")
        given_out[original.name] = version
    unfinished = record.with_name(f"{RECORD}.part")
    unfinished.write_text(json.dumps(given_out, indent=1, sort_keys=True) + "\n")
    os.replace(unfinished, record)
    return messages


def trust_untouched_copies(originals: Path, copies: Path) -> int:
    """Mark the copies that are still the course's own as trusted, so that their pictures show at once.

    Without this JupyterLab hides some saved outputs and warns about every notebook that is opened. A copy
    that the learner changed is left to JupyterLab, which trusts what the learner ran.

    Args:
        originals: folder of the course's notebooks.
        copies: folder of the learner.

    Returns:
        How many copies were marked; none on the second call.

    Examples:
        >>> trust_untouched_copies(Path("no such folder"), Path("no such folder"))
        0
    """
    from nbformat import read
    from nbformat.sign import NotebookNotary

    notary, marked = NotebookNotary(), 0
    for original in sorted(originals.glob("[0-9]*.ipynb")):
        copy = copies / original.name
        if copy.exists() and _digest(copy) == _digest(original):
            notebook = read(copy, as_version=4)
            if not notary.check_signature(notebook):
                notary.sign(notebook)
                marked += 1
    return marked


def _untouched_place(copies: Path, stem: str, given_out: dict[str, str]) -> Path:
    """The first of NAME_new, NAME_new2, ... that is free, or that the learner has not written in."""
    numbers = itertools.chain([""], itertools.count(2))
    places = (copies / f"{stem}_new{number}.ipynb" for number in numbers)
    return next(
        place for place in places if not place.exists() or _digest(place) == given_out.get(place.name)
    )


def _copy_whole(original: Path, copy: Path) -> None:
    # Half a copy would later be taken for the learner's own work and kept for ever.
    unfinished = copy.with_name(f".{copy.name}.part")
    shutil.copyfile(original, unfinished)
    os.replace(unfinished, copy)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read_record(path: Path) -> dict[str, str]:
    try:
        record = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}
