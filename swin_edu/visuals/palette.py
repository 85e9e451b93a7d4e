"""The colours of the course: one meaning, one colour, in every figure and every explorer.

Notebook 00 shows them; explorers get them as JSON, figures ask `colour`. No other file names a colour
that carries a meaning.

The nine region colours are cool where tokens stayed in place (regions 0, 1, 3, 4) and warm where they
wrapped around an edge (2, 5, 6, 7, 8). They were searched so that they stay apart for colour-blind eyes
too, most of all the ones that meet in one window; a test measures it. Regions also carry their number,
so nothing depends on colour alone. The series (neighbours, stages, curves) tells things apart that have no
fixed meaning, with letters or numbers beside them; signed numbers run from `negative` over the page to
`positive`.
"""

from dataclasses import dataclass
from typing import Literal

Theme = Literal["light", "dark"]


@dataclass(frozen=True)
class Colour:
    """One meaning and its colour on a light and on a dark page.

    Attributes:
        meaning: what it stands for, in words.
        light, dark: "#RRGGBB" for each theme.

    Example:
        >>> PALETTE["query"].meaning
        'the token that asks'
    """

    meaning: str
    light: str
    dark: str


def _region(meaning: str, value: str) -> Colour:
    return Colour(meaning, value, value)


PALETTE: dict[str, Colour] = {
    "region_0": _region("region 0: windows without an edge", "#B5E0FF"),
    "region_1": _region("region 1: the right end", "#60DABA"),
    "region_2": _region("region 2: wrapped from the left edge", "#F7A56A"),
    "region_3": _region("region 3: the bottom end", "#A5ADF4"),
    "region_4": _region("region 4: the bottom right corner", "#61A596"),
    "region_5": _region("region 5: the bottom end, wrapped from the left edge", "#E2ACD5"),
    "region_6": _region("region 6: wrapped from the top edge", "#F2DC84"),
    "region_7": _region("region 7: the right end, wrapped from the top edge", "#ADB201"),
    "region_8": _region("region 8: wrapped from the top left corner", "#E57568"),
    "region_ink": _region("text on a region colour", "#14171C"),
    "query": Colour("the token that asks", "#D4145A", "#FF7FAB"),
    "key": Colour("tokens that are asked", "#1646C8", "#8FB4FF"),
    "masked": Colour("pairs that may not attend", "#2B303A", "#2C323D"),
    "padding": Colour("padding, which never takes part", "#C9CED6", "#6A7382"),
    "positive": Colour("numbers above zero", "#B35806", "#F5A04C"),
    "negative": Colour("numbers below zero", "#5E3C99", "#A48BE8"),
    "series_0": Colour("first of a few things side by side", "#123F7D", "#5B8FB9"),
    "series_1": Colour("second of a few things side by side", "#CF3A0A", "#E0782A"),
    "series_2": Colour("third of a few things side by side", "#1D8571", "#4DF0D0"),
    "series_3": Colour("fourth of a few things side by side", "#AC45D6", "#EBA6FA"),
    "series_4": Colour("fifth of a few things side by side", "#4F3B0D", "#F2E34A"),
    "series_5": Colour("sixth of a few things side by side", "#0E0B3C", "#A55DF8"),
    "on_series": Colour("text on a colour of the series", "#FFFFFF", "#14171C"),
    "surface": Colour("the page", "#FFFFFF", "#14171C"),
    "raised": Colour("controls", "#F5F6F8", "#1F242C"),
    "line": Colour("quiet borders", "#DDE1E7", "#363C47"),
    "ink": Colour("text", "#1A1D23", "#ECEEF2"),
    "muted_ink": Colour("quiet text", "#5A6270", "#A7AFBC"),
    "focus": Colour("keyboard focus and sliders", "#1F5FD0", "#7FB2FF"),
}


def colour(name: str, theme: Theme = "light") -> str:
    """The colour that has this meaning.

    Args:
        name: a key of `PALETTE`, such as "region_3" or "query".
        theme: "light" or "dark".

    Returns:
        "#RRGGBB".

    Raises:
        KeyError: for a name that the palette does not have; the message lists those it has.

    Example:
        >>> colour("query")
        '#D4145A'
    """
    if name not in PALETTE:
        raise KeyError(f"no colour is called {name!r}; there are {', '.join(PALETTE)}")
    return getattr(PALETTE[name], theme)


def luminance(value: str) -> float:
    """Relative luminance of "#RRGGBB", 0 (black) to 1 (white), as WCAG 2 defines it.

    Example:
        >>> luminance("#FFFFFF")
        1.0
    """
    channels = (int(value[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast_ratio(one: str, other: str) -> float:
    """Contrast of two colours, 1 (same) to 21 (black on white), as WCAG 2 defines it.

    Text needs at least 4.5, other things that carry a meaning at least 3.

    Args:
        one, other: "#RRGGBB".

    Returns:
        The ratio, whichever of the two is lighter.

    Example:
        >>> contrast_ratio("#000000", "#FFFFFF")
        21.0
    """
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)
