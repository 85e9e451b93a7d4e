"""The checks behind `swin-edu doctor`: each looks at one thing on this machine and returns one `Finding`.

`00_start_here` tells the reader to run them first; `doctor.py` shows what they return.
"""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from swin_edu.commands import course_folder

__all__ = ["CHECKS", "INSTALL", "Finding"]

INSTALL = "run `make lab` in the course, or `pip install -r requirements.txt`"
UNKNOWN = "not known without PyTorch"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
LABEXTENSIONS = {"anywidget": "anywidget", "ipywidgets": "@jupyter-widgets/jupyterlab-manager"}


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        subject: what was looked at.
        state: "good"; "optional": the lessons work, but something could be better; "missing": needed.
        detail: what is there.
        remedy: what to do about it; empty when good.

    Examples:
        >>> Finding("disk", "good", "80 GB free").remedy
        ''
    """

    subject: str
    state: Literal["good", "optional", "missing"]
    detail: str
    remedy: str = ""


def check_python() -> Finding:
    """Python is 3.11 or newer."""
    found = f"{platform.python_version()} at {sys.executable}"
    if tuple(int(part) for part in platform.python_version_tuple()[:2]) < (3, 11):
        remedy = "install Python 3.11 or newer, delete .venv, and start again"
        return Finding("Python", "missing", found, remedy)
    return Finding("Python", "good", found)


def check_torch() -> Finding:
    """PyTorch can be imported, is 2.6 or newer, and computes."""
    try:
        import torch
    except (ImportError, OSError) as error:
        return Finding("PyTorch", "missing", f"cannot be imported: {error}", INSTALL)
    if tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2]) < (2, 6):
        return Finding("PyTorch", "missing", f"{torch.__version__} is older than 2.6", INSTALL)
    if (torch.eye(8) @ torch.ones(8, 3)).sum().item() != 24:
        return Finding("PyTorch", "missing", f"{torch.__version__} multiplies matrices wrongly", INSTALL)
    return Finding("PyTorch", "good", torch.__version__)


def check_packages() -> Finding:
    """Every package that swin-edu asks for is installed, in a checkout at the pinned version."""
    needed = _requirements()
    absent = sorted(name for name in needed if _version(name) is None)
    if absent:
        return Finding("packages", "missing", f"not installed: {', '.join(absent)}", INSTALL)
    differing = [
        f"{name} {_version(name)} (pinned {pin})"
        for name, pin in _pins().items()
        if name in needed and (_version(name) or "").split("+")[0] != pin
    ]
    if differing:
        detail = f"not the version that the course is tested with: {', '.join(differing)}"
        return Finding("packages", "optional", detail, INSTALL)
    return Finding("packages", "good", f"all {len(needed)} are installed")


def check_gpu() -> Finding:
    """An NVIDIA GPU or Apple's is found; without one the lessons still run, training is slower."""
    try:
        import torch
    except (ImportError, OSError):
        return Finding("GPU", "optional", UNKNOWN, INSTALL)
    if torch.cuda.is_available():
        gigabytes = torch.cuda.get_device_properties(0).total_memory / 2**30
        return Finding("GPU", "good", f"{torch.cuda.get_device_name(0)}, {gigabytes:.0f} GB")
    if torch.backends.mps.is_available():
        return Finding("GPU", "good", "Apple GPU (mps)")
    if shutil.which("nvidia-smi"):
        remedy = "install a PyTorch build with CUDA that fits the driver (see pytorch.org, Get Started)"
        return Finding("GPU", "optional", "there is an NVIDIA driver, but this PyTorch cannot use it", remedy)
    return Finding("GPU", "good", "none; every lesson runs on the CPU")


def check_threads() -> Finding:
    """PyTorch uses as many threads as there are cores."""
    try:
        import torch
    except (ImportError, OSError):
        return Finding("threads", "optional", UNKNOWN, INSTALL)
    cores, threads = _cores(), torch.get_num_threads()
    found = f"{threads} for {cores} cores"
    if threads > cores:
        remedy = f"set OMP_NUM_THREADS={cores}: more threads than cores is slower"
        return Finding("threads", "optional", found, remedy)
    if os.environ.get("OMP_NUM_THREADS") and threads < cores // 2:
        return Finding("threads", "optional", found, "unset OMP_NUM_THREADS to use all cores")
    return Finding("threads", "good", found)


def check_jupyter() -> Finding:
    """JupyterLab is installed, and notebooks run with this same Python."""
    absent = [name for name in ("jupyterlab", "ipykernel") if _version(name) is None]
    if absent:
        return Finding("Jupyter", "missing", f"not installed: {', '.join(absent)}", INSTALL)
    from jupyter_client.kernelspec import KernelSpecManager

    # A bare "python" is this Python: jupyter_client puts sys.executable in its place.
    kernel = Path(KernelSpecManager().get_kernel_spec("python3").argv[0])
    if kernel.is_absolute() and kernel.parent.resolve() != Path(sys.executable).parent.resolve():
        detail = f"JupyterLab {_version('jupyterlab')}, but notebooks would run with {kernel}"
        return Finding("Jupyter", "missing", detail, f"{sys.executable} -m ipykernel install --sys-prefix")
    return Finding("Jupyter", "good", f"JupyterLab {_version('jupyterlab')}, kernel of this environment")


def check_widgets() -> Finding:
    """The widgets' Python side and their JupyterLab side are both there: explorers need the two."""
    absent = [name for name in LABEXTENSIONS if _version(name) is None]
    if absent:
        return Finding("widgets", "missing", f"not installed: {', '.join(absent)}", INSTALL)
    from jupyter_core.paths import jupyter_path

    places = [Path(place) for place in jupyter_path("labextensions")]
    pages = [
        extension
        for extension in LABEXTENSIONS.values()
        if not any((place / extension / "package.json").is_file() for place in places)
    ]
    if pages:
        remedy = f"{sys.executable} -m pip install --force-reinstall anywidget ipywidgets jupyterlab-widgets"
        return Finding("widgets", "missing", f"JupyterLab does not know: {', '.join(pages)}", remedy)
    return Finding("widgets", "good", ", ".join(f"{name} {_version(name)}" for name in LABEXTENSIONS))


def check_disk() -> Finding:
    """There is room for the datasets and for the checkpoints of a few runs."""
    folder = course_folder() or Path.cwd()
    gigabytes = shutil.disk_usage(folder).free / 1e9
    found = f"{gigabytes:,.0f} GB free at {folder}"
    if gigabytes < 0.2:
        return Finding("disk", "missing", found, "free at least 2 GB: saving notebooks and runs would fail")
    if gigabytes < 2:
        return Finding("disk", "optional", found, "free 2 GB before you download CIFAR-10 or train")
    return Finding("disk", "good", found)


def check_data() -> Finding:
    """CIFAR-10 is at hand; the built-in `shapes` always is."""
    try:
        from swin_edu.data import find_data
        from swin_edu.data.hub import download_folder, is_downloaded
        from swin_edu.data.places import data_places
    except (ImportError, OSError) as error:
        return Finding("data", "optional", f"not known: {error}", INSTALL)
    if wrong := [str(place) for place in data_places() if not place.is_dir()]:
        detail = f"SWIN_EDU_DATA names a folder that is not there: {', '.join(wrong)}"
        return Finding("data", "optional", detail, "correct the variable, or unset it")
    folder = find_data("cifar10")
    remedy = "`swin-edu data get cifar10` downloads it; or SWIN_EDU_DATA=FOLDER names a place that has it"
    if folder is None:
        return Finding("data", "optional", "shapes (built in); cifar10 is not here yet", remedy)
    if folder == download_folder("cifar10") and not all(
        is_downloaded("cifar10", s) for s in ("train", "test")
    ):
        return Finding("data", "optional", f"shapes (built in); cifar10 is only partly in {folder}", remedy)
    return Finding("data", "good", f"shapes (built in), cifar10 in {folder}")


def check_tests() -> Finding:
    """What only `make test` needs: a browser and Node."""
    browser = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    absent = [name for name, path in (("Chromium", browser), ("Node", shutil.which("node"))) if path is None]
    if not absent:
        return Finding("for tests", "good", f"{browser}, node")
    remedy = "only `make test` needs them. Debian, Ubuntu: sudo apt-get install chromium nodejs"
    return Finding("for tests", "optional", f"not found: {', '.join(absent)}", remedy)


def check_classroom() -> Finding:
    """What only teachers need: nbgrader, and a bubblewrap that works."""
    if importlib.util.find_spec("nbgrader") is None:
        return Finding("for teachers", "optional", "no nbgrader", 'pip install "swin-edu[classroom]"')
    try:
        from swin_edu.classroom.sandbox import NoSandbox, find_sandbox
    except (ImportError, OSError) as error:
        return Finding("for teachers", "optional", f"not known: {error}", INSTALL)
    try:
        sandbox = find_sandbox()
    except NoSandbox as error:
        return Finding("for teachers", "optional", "submissions cannot be graded in isolation", str(error))
    return Finding("for teachers", "good", f"nbgrader {_version('nbgrader')}, {sandbox.program}")


CHECKS: dict[str, Callable[[], Finding]] = {
    "Python": check_python,
    "PyTorch": check_torch,
    "packages": check_packages,
    "GPU": check_gpu,
    "threads": check_threads,
    "Jupyter": check_jupyter,
    "widgets": check_widgets,
    "disk": check_disk,
    "data": check_data,
    "for tests": check_tests,
    "for teachers": check_classroom,
}


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _requirements() -> list[str]:
    """Names of the packages that swin-edu itself and its `lab` extra ask for, here on this system."""
    from packaging.requirements import Requirement

    wanted = [Requirement(line) for line in importlib.metadata.requires("swin-edu") or []]
    return [need.name for need in wanted if need.marker is None or need.marker.evaluate({"extra": "lab"})]


def _pins() -> dict[str, str]:
    """Name and version of every pin in the course's constraints.txt; empty where only the library is."""
    from packaging.requirements import Requirement

    course = course_folder()
    if course is None or not (course / "constraints.txt").is_file():
        return {}
    lines = (course / "constraints.txt").read_text().splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {
        pin.name: next(iter(pin.specifier)).version
        for pin in pins
        if pin.marker is None or pin.marker.evaluate()
    }
