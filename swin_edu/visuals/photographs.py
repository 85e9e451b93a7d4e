"""Real photographs for figures and explorers: the ones that scikit-image carries in its own wheel.

Every notebook with a picture uses them; nothing is downloaded. They are read from the installed package
with Pillow, because importing skimage itself takes longer than a reader wants to wait for a first view.
"""

import io
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

import numpy as np
from PIL import Image

# name -> (file in skimage/data, point of interest as fractions (across, down) of the picture)
PHOTOGRAPHS: Mapping[str, tuple[str, tuple[float, float]]] = MappingProxyType(
    {
        "chelsea": ("chelsea.png", (0.55, 0.5)),
        "astronaut": ("astronaut.png", (0.44, 0.2)),
        "coffee": ("coffee.png", (0.48, 0.4)),
        "rocket": ("rocket.jpg", (0.5, 0.55)),
        "hubble_deep_field": ("hubble_deep_field.jpg", (0.5, 0.5)),
    }
)


@cache
def photograph(name: str = "chelsea") -> np.ndarray:
    """A photograph as numbers.

    Args:
        name: one of `PHOTOGRAPHS`: chelsea (a cat), astronaut, coffee, rocket, hubble_deep_field.

    Returns:
        (height, width, 3) uint8, red, green, blue; read-only, because it is shared.

    Raises:
        ValueError: for another name; the message lists those there are.
        FileNotFoundError: if scikit-image is installed without its pictures.

    Example:
        >>> photograph("chelsea").shape
        (300, 451, 3)
    """
    if name not in PHOTOGRAPHS:
        raise ValueError(f"no photograph is called {name!r}; choose one of {', '.join(PHOTOGRAPHS)}")
    package = find_spec("skimage")
    path = Path(package.origin).parent / "data" / PHOTOGRAPHS[name][0] if package else Path("skimage")
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing; reinstall scikit-image: pip install --force-reinstall scikit-image"
        )
    pixels = np.asarray(Image.open(path).convert("RGB"))
    pixels.setflags(write=False)
    return pixels


def as_jpeg(pixels: np.ndarray, longest_side: int = 512, quality: int = 85) -> bytes:
    """A picture small enough to travel to the browser with an explorer.

    Args:
        pixels: (height, width, 3) uint8.
        longest_side: shrink to this many pixels at most; never enlarge.
        quality: JPEG quality, 1 to 95.

    Returns:
        The JPEG file's bytes.

    Example:
        >>> as_jpeg(photograph("rocket"))[:2]
        b'\\xff\\xd8'
    """
    picture = Image.fromarray(pixels)
    picture.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return file.getvalue()


@cache
def photographs_for_browser() -> Mapping[str, Mapping[str, object]]:
    """All photographs as explorers send them: name -> {"data": JPEG bytes, "focus": [across, down]}.

    Example:
        >>> sorted(photographs_for_browser()["coffee"])
        ['data', 'focus']
    """
    with ThreadPoolExecutor() as pool:
        files = pool.map(lambda name: as_jpeg(photograph(name)), PHOTOGRAPHS)
        return {
            name: {"data": data, "focus": list(PHOTOGRAPHS[name][1])}
            for name, data in zip(PHOTOGRAPHS, files, strict=True)
        }
