"""`swin-edu lab`: JupyterLab on the learner's own copies of the notebooks, with nothing popping up.

`make lab` ends here, and every notebook is opened this way; `notebooks/` stays as the authors wrote it. With
`--teacher` nbgrader's pages are there, which a learner never sees.
"""

import logging
import os
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from swin_edu.commands import FIRST_NOTEBOOK, course_folder
from swin_edu.commands.copies import COPIES, copy_notebooks, trust_untouched_copies
from swin_edu.commands.teacher_lab import ASSIGNMENTS, prepare_teacher

__all__ = ["lab", "lab_arguments", "lab_environment"]


def lab(
    notebook: Annotated[
        str, typer.Argument(help="Which notebook to open: its name, or how the name begins (`03`).")
    ] = FIRST_NOTEBOOK,
    browser: Annotated[bool, typer.Option(help="Open the page in your browser.")] = True,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="First port to try; the next free one is taken.")
    ] = 8888,
    teacher: Annotated[
        bool, typer.Option("--teacher", help="Open `assignments/` with nbgrader's pages instead.")
    ] = False,
) -> None:
    """Open the course in JupyterLab, on your own copies of the notebooks.

    The copies lie in `my_notebooks/`, which git ignores. What you change there is yours and is never
    overwritten; a copy that you have not touched follows the course when it is updated.

    Args:
        notebook: name of the notebook, or its first characters.
        browser: whether to open the page in the browser.
        port: first port to try.
        teacher: whether to open the assignments, with nbgrader's pages.

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
    if teacher:
        page = prepare_teacher(Path(lab_environment(course, teacher=True)["JUPYTERLAB_WORKSPACES_DIR"]))
    else:
        chosen = _choose(notebook, course)
        for message in copy_notebooks(course / "notebooks", course / COPIES):
            typer.echo(message)
        trust_untouched_copies(course / "notebooks", course / COPIES)
        page = f"{COPIES}/{chosen}.ipynb"
    os.environ.update(lab_environment(course, teacher=teacher))
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
    typer.echo(f"Opening {page}. Press Ctrl+C here to stop JupyterLab.")
    LabApp.launch_instance(lab_arguments(course, page, browser=browser, port=port))


def _choose(notebook: str, course: Path) -> str:
    """The notebook whose name begins like that.

    Raises:
        typer.BadParameter: there is none.
    """
    names = sorted(path.stem for path in (course / "notebooks").glob("[0-9]*.ipynb"))
    chosen = next((name for name in names if name.startswith(notebook.removesuffix(".ipynb"))), None)
    if chosen is None:
        raise typer.BadParameter(f"no notebook begins with {notebook!r}; there are: {', '.join(names)}")
    return chosen


def lab_environment(course: Path, teacher: bool = False) -> dict[str, str]:
    """Return the environment variables under which JupyterLab starts.

    `.jupyter/` of the course is searched first: it switches the news pop-up and nbgrader's pages off. For a
    teacher `assignments/.jupyter/` comes before it and switches those pages on. The reader's own settings
    still count, and are not touched. Open tabs are remembered for the course alone, and apart for teachers.

    Args:
        course: the checkout of the course.
        teacher: whether nbgrader's pages are wanted.

    Returns:
        Names and values, to be put into `os.environ` before jupyterlab is imported.

    Examples:
        >>> Path(lab_environment(Path("course"))["JUPYTERLAB_WORKSPACES_DIR"]).parts[1:]
        ('.jupyter', 'lab', 'workspaces')
    """
    config = course / ".jupyter"
    # The folder itself too: nbgrader_config.py lies in it.
    own = [course / ASSIGNMENTS / ".jupyter", course / ASSIGNMENTS] if teacher else []
    already = os.environ.get("JUPYTER_CONFIG_PATH", "")
    places = [*map(str, own), str(config), *(place for place in already.split(os.pathsep) if place)]
    return {
        "JUPYTER_CONFIG_PATH": os.pathsep.join(dict.fromkeys(places)),
        "JUPYTERLAB_WORKSPACES_DIR": str(config / "lab" / ("teacher" if teacher else "workspaces")),
    }


def lab_arguments(course: Path, page: str, *, browser: bool = True, port: int = 8888) -> list[str]:
    """Return JupyterLab's command line: which page, which folder, how quiet.

    Args:
        course: the checkout of the course; JupyterLab's file browser shows it.
        page: path of a notebook or a folder in it.
        browser: whether to open the browser.
        port: first port to try.

    Returns:
        The arguments for `LabApp.launch_instance`.

    Examples:
        >>> lab_arguments(Path("course"), "my_notebooks/03_shifted_windows.ipynb")[1]
        '--LabApp.default_url=/lab/tree/my_notebooks/03_shifted_windows.ipynb'
    """
    arguments = [
        f"--ServerApp.root_dir={course}",
        f"--LabApp.default_url=/lab/tree/{page}",
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
