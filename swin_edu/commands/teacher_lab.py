"""What `swin-edu lab --teacher` prepares: nbgrader's pages open beside the guide, and its programs are found.

Nothing here is done for learners, and nothing of it is written outside the course.
"""

import json
import logging
from pathlib import Path
from typing import Any

from rich.console import Console

from swin_edu.classroom.course import find_own_programs
from swin_edu.commands.classroom import open_course

__all__ = ["ASSIGNMENTS", "open_pages", "prepare_teacher"]

ASSIGNMENTS = "assignments"
FORMGRADER = "nbgrader-formgrader:nbgrader-formgrader"
GUIDE = f"markdownviewer-widget:{ASSIGNMENTS}/README.md"


def prepare_teacher(workspaces: Path) -> str:
    """Get everything ready for nbgrader's pages.

    Args:
        workspaces: where JupyterLab keeps the open tabs of teachers.

    Returns:
        The folder that JupyterLab's file browser shows first.

    Raises:
        typer.Exit: nbgrader or the assignments are missing; what to do is printed.
    """
    open_course(Console(stderr=True))
    find_own_programs()
    open_pages(workspaces)
    # On one machine there is no exchange, and nobody to contact; the guide says when there is one.
    logging.getLogger("ServerApp").addFilter(
        lambda record: "contact your instructor" not in record.getMessage()
    )
    return ASSIGNMENTS


def open_pages(workspaces: Path) -> bool:
    """Have the grading page and the guide open in a JupyterLab that has no tabs of its own yet.

    Args:
        workspaces: where JupyterLab keeps the open tabs.

    Returns:
        Whether that was done; a teacher's own tabs stay as they are.

    Examples:
        >>> import tempfile; folder = Path(tempfile.mkdtemp())
        >>> open_pages(folder), open_pages(folder)
        (True, False)
    """
    from jupyterlab_server.workspaces_handler import WorkspacesManager

    if workspaces.is_dir() and any(workspaces.iterdir()):
        return False
    files = {"collapsed": False, "visible": True, "current": "filebrowser", "widgets": ["filebrowser"]}
    dock = {"type": "tab-area", "currentIndex": 0, "widgets": [FORMGRADER, GUIDE]}
    data: dict[str, Any] = {
        "layout-restorer:data": {
            "main": {"dock": dock, "current": FORMGRADER},
            "left": files,
            "relativeSizes": [0.2, 0.8, 0],
        },
        "file-browser-filebrowser:cwd": {"path": ASSIGNMENTS},
        FORMGRADER: {"data": {}},
        GUIDE: {"data": {"path": f"{ASSIGNMENTS}/README.md", "factory": "Markdown Preview"}},
    }
    workspaces.mkdir(parents=True, exist_ok=True)
    raw = json.dumps({"data": data, "metadata": {"id": "default"}})
    WorkspacesManager(str(workspaces)).save("default", raw)
    return True
