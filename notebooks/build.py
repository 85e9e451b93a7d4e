"""Make the notebooks from their text sources: run every cell, keep the outputs, always the same bytes.

`python notebooks/build.py` builds all of `notebooks/src`, `python notebooks/build.py 03` one chapter;
`--check` builds in memory and compares with what is there.
"""

import argparse
import base64
import difflib
import hashlib
import io
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import jupytext
import nbformat
import numpy as np
from nbclient import NotebookClient
from nbformat import NotebookNode
from PIL import Image

FOLDER = Path(__file__).resolve().parent
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
# What JupyterLab itself would write; anything else and it marks the notebook as changed on opening.
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
SECONDS_A_CELL = 120
LINES_OF_DIFFERENCE = 30
# Cells whose outputs differ between processors or from run to run, such as the curves of a long training.
UNCOMPARED = "nbval-ignore-output"


def find_sources(chapters: list[str]) -> list[Path]:
    """The sources whose names start with one of the given chapter numbers; all where none is given."""
    sources = sorted((FOLDER / "src").glob("[0-9][0-9]_*.py"))
    for chapter in chapters:
        if not any(source.name.startswith(chapter) for source in sources):
            raise SystemExit(f"no source notebooks/src/{chapter}*.py; there is: {[s.name for s in sources]}")
    return [source for source in sources if source.name.startswith(tuple(chapters) or "")]


def read_source(source: Path) -> NotebookNode:
    """A notebook without outputs, with cell ids that depend on the cells' texts only."""
    notebook = jupytext.read(source, fmt="py:percent")
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        # From the text, not from the position: a cell that is put in does not rename those below it.
        name = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]
        cell.id = f"{name}-{seen[name]}" if seen[name] else name
        seen[name] += 1
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k == "tags"})
    return notebook


def execute(notebook: NotebookNode) -> None:
    """Run all cells in a new kernel, in the folder where the reader will run them.

    Raises:
        nbclient.exceptions.CellExecutionError: where a cell fails.
    """
    # A learner's progress on this machine is no part of the lessons.
    os.environ["SWIN_EDU_PROGRESS"] = str(Path(tempfile.gettempdir()) / "swin_edu_nobody" / "progress.json")
    client = NotebookClient(
        notebook,
        timeout=SECONDS_A_CELL,
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(FOLDER)}},
    )
    client.execute()


def clean(notebook: NotebookNode) -> None:
    """Take out what differs from run to run, or belongs to one kernel's life.

    Widget state goes, and so do live views that nothing stands behind; the picture that an explorer shows
    beside its live view stays. Text that came in several pieces becomes one.
    """
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        outputs: list[NotebookNode] = []
        for output in cell.outputs:
            output.get("data", {}).pop(WIDGET_VIEW, None)
            output.get("metadata", {}).pop(WIDGET_VIEW, None)
            last = outputs[-1] if outputs else {}
            if output.output_type == "stream" == last.get("output_type") and output.name == last.name:
                last.text += output.text
            elif output.get("data", True):
                outputs.append(output)
        cell.outputs = outputs


def find_warnings(notebook: NotebookNode) -> Iterator[str]:
    """What a lesson must not show: anything a cell wrote to stderr."""
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                yield f"cell {number} wrote to stderr: {output.text.strip()[:300]}"


def build(source: Path) -> bytes:
    """The bytes of the finished notebook.

    Raises:
        SystemExit: if a cell writes to stderr.
    """
    notebook = read_source(source)
    execute(notebook)
    clean(notebook)
    if problems := list(find_warnings(notebook)):
        raise SystemExit(f"{source.name}: " + "\n".join(problems))
    nbformat.validate(notebook)
    return (nbformat.writes(notebook).rstrip("\n") + "\n").encode()


def summarise_difference(there: bytes, built: bytes, tolerance: int | None = None) -> str:
    """What differs between two notebooks, for people; empty where nothing does.

    Args:
        there: the notebook that is in the repository.
        built: the notebook as it was built now.
        tolerance: None compares bytes. A number is kinder to what depends on the machine: pixels may
            differ by so many steps of 255 (fonts and compression differ between systems), and the
            patch version of Python is not compared, nor what cells with the tag UNCOMPARED put out.
    """
    if there == built:
        return ""
    (old, old_pictures), (new, new_pictures) = (_split(data, tolerance is None) for data in (there, built))
    lines = [
        line for line in difflib.unified_diff(old, new, lineterm="", n=0) if line[:2] not in ("--", "++")
    ]
    if len(old_pictures) != len(new_pictures):
        lines.append(f"{len(old_pictures)} pictures are there, {len(new_pictures)} were built")
    for number, pair in enumerate(zip(old_pictures, new_pictures, strict=False)):
        if pair[0] != pair[1] and (tolerance is None or _pixel_difference(*pair) > tolerance):
            lines.append(f"picture {number} differs by up to {_pixel_difference(*pair)} of 255")
    if not lines and tolerance is None:
        lines.append("the same content in other bytes (spacing, order of keys, end of file)")
    if len(lines) > LINES_OF_DIFFERENCE:
        lines[LINES_OF_DIFFERENCE:] = [f"... and {len(lines) - LINES_OF_DIFFERENCE} lines more"]
    return "\n".join(lines)


def _split(data: bytes, exact: bool) -> tuple[list[str], list[bytes]]:
    """The lines of a notebook file with its pictures taken out, and the pictures as PNG files."""
    notebook = json.loads(data)
    pictures = []
    for cell in notebook["cells"]:
        if not exact and UNCOMPARED in cell["metadata"].get("tags", []):
            cell["outputs"] = []
        for output in cell.get("outputs", []):
            if png := output.get("data", {}).pop("image/png", None):
                pictures.append(base64.b64decode("".join(png)))
    if not exact:
        notebook["metadata"]["language_info"].pop("version", None)
    return json.dumps(notebook, indent=1, ensure_ascii=False).split("\n"), pictures


def _pixel_difference(old: bytes, new: bytes) -> int:
    """The largest difference of two PNG files in any pixel, 0 ... 255; 255 where the sizes differ.

    One pixel in 10,000 may differ more: processors round differently, and an edge then falls otherwise.
    """
    pixels = [np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"), int) for png in (old, new)]
    if pixels[0].shape != pixels[1].shape:
        return 255
    differences = abs(pixels[0] - pixels[1]).max(axis=-1)
    return int(np.quantile(differences, 0.9999, method="higher"))


def main(arguments: list[str] | None = None) -> int:
    """Build or check; the exit status is 1 where a notebook is not what its source gives."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("chapters", nargs="*", metavar="NN", help="chapter numbers; all where none is given")
    parser.add_argument("--check", action="store_true", help="write nothing; compare with what is there")
    options = parser.parse_args(arguments)
    status = 0
    for source in find_sources(options.chapters):
        target = FOLDER / f"{source.stem}.ipynb"
        built = build(source)
        if not options.check:
            target.write_bytes(built)
            print(f"{target.name}: {len(built) / 1024:.0f} KiB")
            continue
        difference = (
            "not built yet" if not target.exists() else summarise_difference(target.read_bytes(), built)
        )
        print(f"{target.name}: {difference or 'as its source gives it'}")
        status = status or int(bool(difference))
    return status


if __name__ == "__main__":
    sys.exit(main())
