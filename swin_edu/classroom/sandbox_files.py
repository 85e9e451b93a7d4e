"""What a submission finds in its box: Python, the installed packages, the library without exercises.

`sandbox` turns it into mounts. Only what is named here is there; nothing is hidden by naming it.
"""

import os
import sys
from pathlib import Path

__all__ = [
    "COURSE",
    "FOLDER",
    "course_files",
    "environment",
    "hidden_folders",
    "import_paths",
    "python_files",
    "python_program",
    "system_files",
]

COURSE, FOLDER = "/course", "/submission"
PACKAGE = Path(__file__).resolve().parents[1]
# What a submission may import of the library. The exercises (their cases, their known mistakes) and the
# classroom are not in it; a new folder stays outside until somebody writes it here.
LIBRARY = ("__init__.py", "model", "data", "training", "baselines", "dense", "visuals")
WORKER = (
    *("packed.py", "unpacking.py", "wire.py", "channel.py", "memory.py"),
    *("inside.py", "inside_shell.py"),
)
SYSTEM = (
    *("/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib", "/lib", "/lib32", "/lib64", "/nix/store"),
    *("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime"),
    *("/usr/share/zoneinfo", "/sys/devices/system/cpu"),
)


def system_files() -> list[tuple[str, str]]:
    """Files and folders of the system that Python needs, each with the target where it is a link, else ""."""
    return [
        (path, os.readlink(path) if os.path.islink(path) else "") for path in SYSTEM if os.path.exists(path)
    ]


def python_program() -> str:
    """The interpreter itself, not a virtual environment's link to it."""
    return os.path.realpath(sys.executable)


def python_files() -> list[str]:
    """The interpreter, its own library, and the folders that packages are installed in.

    Example:
        >>> python_program() in python_files()
        True
    """
    own = [os.path.join(prefix, lib) for prefix in {sys.base_prefix, sys.prefix} for lib in ("lib", "lib64")]
    found = {path for path in (*own, *import_paths(), python_program()) if os.path.exists(path)}
    return sorted(path for path in found if not any(_within(path, other) for other in SYSTEM))


def import_paths() -> list[str]:
    """Where packages are installed, in the order that Python looks there. A checkout is no such place."""
    return [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]


def course_files() -> list[tuple[Path, str]]:
    """Parts of the library, each with the place where a submission finds it."""
    parts = [(PACKAGE / name, f"{COURSE}/swin_edu/{name}") for name in LIBRARY]
    parts += [(PACKAGE / "classroom" / name, f"{COURSE}/swin_edu/classroom/{name}") for name in WORKER]
    parts += [(PACKAGE / "classroom" / "exercises_inside", f"{COURSE}/swin_edu/exercises")]
    return [(part, place) for part, place in parts if part.exists()]


def hidden_folders() -> list[str]:
    """Copies of the library that pip installed: they hold the exercises, and an empty folder covers them."""
    return [str(copy) for path in import_paths() if (copy := Path(path, "swin_edu")).is_dir()]


def environment(folder: str) -> dict[str, str]:
    """All variables that a submission sees; none is the teacher's.

    Args:
        folder: where the submission may write.
    """
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": folder,
        "TMPDIR": f"{folder}/.tmp",
        "IPYTHONDIR": f"{folder}/.tmp/ipython",
        "MPLCONFIGDIR": f"{folder}/.tmp/matplotlib",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "SWIN_EDU_PROGRESS": f"{folder}/.tmp/progress.json",
        "LANG": "C.UTF-8",
        "USER": "student",
        "LOGNAME": "student",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HF_HUB_OFFLINE": "1",
    }


def _within(path: str, folder: str) -> bool:
    return os.path.exists(folder) and Path(path).resolve().is_relative_to(Path(folder).resolve())
