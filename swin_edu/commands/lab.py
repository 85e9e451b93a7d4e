"""`swin-edu lab`: JupyterLab on the learner's own copies of the notebooks, with nothing popping up.

`make lab` ends here, and every notebook is opened this way; `notebooks/` stays as the authors wrote it.
"""

import hashlib
import itertools
import json
import logging
import os
import shutil
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from swin_edu.commands import FIRST_NOTEBOOK, course_folder

__all__ = ["COPIES", "copy_notebooks", "lab", "lab_arguments", "lab_environment", "trust_untouched_copies"]

COPIES = "my_notebooks"
RECORD = ".given_out.json"


def lab(
    notebook: Annotated[
        str, typer.Argument(help="Which notebook to open: its name, or how the name begins (`03`).")
    ] = FIRST_NOTEBOOK,
    browser: Annotated[bool, typer.Option(help="Open the page in your browser.")] = True,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="First port to try; the next free one is taken.")
    ] = 8888,
) -> None:
    """Open the course in JupyterLab, on your own copies of the notebooks.

    The copies lie in `my_notebooks/`, which git ignores. What you change there is yours and is never
    overwritten; a copy that you have not touched follows the course when it is updated.

    Args:
        notebook: name of the notebook, or its first characters.
        browser: whether to open the page in the browser.
        port: first port to try.

    Raises:
        typer.BadParameter: no notebook begins like that.
        typer.Exit: the notebooks or JupyterLab are missing; what to do is printed.

    Examples:
        >>> lab("no such notebook", browser=False)  # doctest: +IGNORE_EXCEPTION_DETAIL
        Traceback (most recent call last):
        click.exceptions.BadParameter: no notebook begins with 'no such notebook'
    """
    course = course_folder()
    if course is None:
        typer.echo(
            "The notebooks are not here: they come with the repository, not with the package.\n"
            "Clone it, and run `make lab` (or `swin-edu lab`) inside it.",
            err=True,
        )
        raise typer.Exit(1)
    names = sorted(path.stem for path in (course / "notebooks").glob("[0-9]*.ipynb"))
    chosen = next((name for name in names if name.startswith(notebook.removesuffix(".ipynb"))), None)
    if chosen is None:
        raise typer.BadParameter(f"no notebook begins with {notebook!r}; there are: {', '.join(names)}")
    for message in copy_notebooks(course / "notebooks", course / COPIES):
        typer.echo(message)
    trust_untouched_copies(course / "notebooks", course / COPIES)
    os.environ.update(lab_environment(course))
    try:  # only now: JupyterLab reads the environment while it is imported
        from jupyterlab.labapp import LabApp
    except ImportError:
        typer.echo("JupyterLab is not installed: run `pip install -r requirements.txt`.", err=True)
        raise typer.Exit(1) from None
    if browser and not _has_browser():
        browser = False
        typer.echo("No browser was found here: open the address below in yours.")
    # Jupyter Server and Tornado read the same number as milliseconds and as seconds; no reader can help it.
    logging.getLogger("tornado.general").addFilter(lambda record: "ping_timeout" not in record.getMessage())
    typer.echo(f"Opening {COPIES}/{chosen}.ipynb. Press Ctrl+C here to stop JupyterLab.")
    LabApp.launch_instance(lab_arguments(course, chosen, browser=browser, port=port))


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


def lab_environment(course: Path) -> dict[str, str]:
    """Return the environment variables under which JupyterLab starts.

    `.jupyter/` of the course is searched first and switches the news pop-up off; the reader's own settings
    still count. Open tabs are remembered for the course alone, apart from the reader's other JupyterLabs.

    Args:
        course: the checkout of the course.

    Returns:
        Names and values, to be put into `os.environ` before jupyterlab is imported.

    Examples:
        >>> Path(lab_environment(Path("course"))["JUPYTERLAB_WORKSPACES_DIR"]).parts[1:]
        ('.jupyter', 'lab', 'workspaces')
    """
    config = course / ".jupyter"
    already = os.environ.get("JUPYTER_CONFIG_PATH", "")
    places = [str(config), *(place for place in already.split(os.pathsep) if place)]
    return {
        "JUPYTER_CONFIG_PATH": os.pathsep.join(dict.fromkeys(places)),
        "JUPYTERLAB_WORKSPACES_DIR": str(config / "lab" / "workspaces"),
    }


def lab_arguments(course: Path, notebook: str, *, browser: bool = True, port: int = 8888) -> list[str]:
    """Return JupyterLab's command line: which page, which folder, how quiet.

    Args:
        course: the checkout of the course; JupyterLab's file browser shows it.
        notebook: name of a notebook in `my_notebooks/`, without `.ipynb`.
        browser: whether to open the browser.
        port: first port to try.

    Returns:
        The arguments for `LabApp.launch_instance`.

    Examples:
        >>> lab_arguments(Path("course"), "03_shifted_windows")[1]
        '--LabApp.default_url=/lab/tree/my_notebooks/03_shifted_windows.ipynb'
    """
    arguments = [
        f"--ServerApp.root_dir={course}",
        f"--LabApp.default_url=/lab/tree/{COPIES}/{notebook}.ipynb",
        f"--ServerApp.port={port}",
        "--ServerApp.log_level=WARN",  # the address is still printed
        "--LabApp.log_level=WARN",
        "--ServerApp.answer_yes=True",  # Ctrl+C stops at once; JupyterLab has saved by itself
    ]
    if _can_encrypt():
        arguments.append("--KernelManager.transport_encryption=auto")  # else every kernel warns about it
    if not browser:
        arguments.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--allow-root")  # in a container everybody is root
    return arguments


def _can_encrypt() -> bool:
    """Whether this Jupyter can encrypt what it says to its kernels (jupyter_client 8.10 and newer)."""
    import zmq
    from jupyter_client.manager import KernelManager

    return zmq.has("curve") and KernelManager.class_traits().get("transport_encryption") is not None


def _has_browser() -> bool:
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


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
