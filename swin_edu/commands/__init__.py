"""The commands of `swin-edu`, one module each: `doctor`, `lab`, `data`, `train`, `evaluate`,
`compare`, and the teacher's `release`, `collect`, `feedback`.

`swin_edu/cli.py` registers them; the notebooks use the library directly and none of these.
"""

from pathlib import Path

__all__ = ["FIRST_NOTEBOOK", "course_folder"]

FIRST_NOTEBOOK = "00_start_here"
FIRST_PATH = Path("notebooks") / f"{FIRST_NOTEBOOK}.ipynb"


def course_folder(start: Path | None = None) -> Path | None:
    """Find the checkout of the course: the folder that holds `notebooks/00_start_here.ipynb`.

    Looks first where this package was installed from (`pip install -e .`), then in the current folder and
    in every folder above it.

    Args:
        start: where to look instead; only this folder and those above it are searched.

    Returns:
        The folder, or None when only the library is installed and no notebooks are near.

    Examples:
        >>> course_folder(Path("/")) is None
        True
    """
    if start is None:
        installed_from, current = Path(__file__).resolve().parents[2], Path.cwd()
        places = [installed_from, current, *current.parents]
    else:
        places = [start.resolve(), *start.resolve().parents]
    return next((place for place in places if (place / FIRST_PATH).is_file()), None)
