"""The chapters of the course, and the map that shows them as tiles to click on.

Notebook 00 shows it. A chapter that is written gets its minutes here, and with them its link.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

TILE = (
    "display:inline-block;width:12.5em;min-height:8.2em;vertical-align:top;border-radius:8px;"
    "margin:0 8px 8px 0;"
)
# Half-transparent or mid-grey, so that tiles look right on light and on dark pages.
OPEN_TILE = TILE + "border:2px solid #3b82d6;padding:7px 11px;background-color:rgba(59,130,214,0.12)"
LATER_TILE = TILE + "border:1px solid rgba(128,128,128,0.55);padding:8px 12px"


@dataclass(frozen=True)
class Chapter:
    """One notebook of the course.

    Args:
        name: of the notebook file without its ending; starts with the chapter's number.
        title: what a reader sees.
        part: the part of the course it belongs to.
        lets_you: what the reader can do at its end, after "you can".
        needs: what comes before it.
        minutes: how long a reader takes, without the tasks; None while it is not written.

    Example:
        >>> Chapter("01_patches", "Patches", "The block", "cut an image into tokens", "PyTorch basics").number
        '01'
    """

    name: str
    title: str
    part: str
    lets_you: str
    needs: str
    minutes: int | None = None

    @property
    def number(self) -> str:
        """The two digits that its file starts with."""
        return self.name[:2]

    @property
    def time(self) -> str:
        """Its minutes, or "later"."""
        return f"{self.minutes} minutes" if self.minutes else "later"


CHAPTERS = (
    Chapter(
        "01_patches",
        "Patches",
        "The block",
        "turn an image into tokens, and tokens back into pixels",
        "PyTorch",
        40,
    ),
    Chapter(
        "02_windows", "Windows", "The block", "attend inside windows, and say what attention costs", "01", 40
    ),
    Chapter(
        "03_shifted_windows",
        "Shifted windows",
        "The block",
        "let windows talk, and mask what must not meet",
        "02 or its recap",
        35,
    ),
    Chapter(
        "04_relative_position_bias",
        "Position bias",
        "The block",
        "give attention a sense of place, at any window size",
        "03",
        40,
    ),
    Chapter(
        "05_swin_block",
        "The Swin block",
        "The block",
        "build both kinds of block, and see how far they reach",
        "04",
        40,
    ),
    Chapter(
        "06_patch_merging", "Patch merging", "The network", "build the pyramid that detectors want", "05", 40
    ),
    Chapter(
        "07_whole_swin",
        "The whole Swin",
        "The network",
        "assemble Swin-T, and load anybody's weights",
        "06",
        40,
    ),
    Chapter("08_train_cifar", "Train on CIFAR", "Training", "train a network that sees", "07", 40),
    Chapter(
        "09_imagenet_subset",
        "ImageNet subset",
        "Training",
        "fine-tune at a new size of image and window",
        "08",
        40,
    ),
    Chapter("10_looking_inside", "Looking inside", "Understanding", "see on the pixels where it looks", "08"),
    Chapter(
        "11_what_matters",
        "What matters",
        "Understanding",
        "say which ideas pay, with ablations and ViT",
        "08",
    ),
    Chapter("12_bug_museum", "Bug museum", "Understanding", "find five real bugs of well-known code", "07"),
    Chapter("13_dense_prediction", "Dense prediction", "Going on", "detect and segment", "07"),
    Chapter("14_swin_v2", "Swin V2", "Going on", "scale up, with cosine attention", "07"),
)


class CourseMap:
    """The chapters as tiles, one row for each part; those that are written are links.

    Args:
        chapters: in the order of the course.
        done: the chapter's number -> (exercises done, exercises that there are); a chapter where nothing is
            done yet says nothing about it.

    Example:
        >>> print(CourseMap((CHAPTERS[11], CHAPTERS[12])))
        Understanding
          12 Bug museum (later, needs 07): find five real bugs of well-known code
        Going on
          13 Dense prediction (later, needs 07): detect and segment
        >>> print(CourseMap((CHAPTERS[12],), done={"13": (2, 4)}))
        Going on
          13 Dense prediction (later, needs 07; 2 of 4 exercises done): detect and segment
    """

    def __init__(
        self, chapters: tuple[Chapter, ...] = CHAPTERS, done: Mapping[str, tuple[int, int]] | None = None
    ) -> None:
        self.done = dict(done or {})
        self.parts = {part: list(group) for part, group in groupby(chapters, key=lambda c: c.part)}

    def __repr__(self) -> str:
        lines = []
        for part, chapters in self.parts.items():
            lines.append(part)
            for c in chapters:
                progress = f"; {words}" if (words := self._progress(c)) else ""
                lines.append(f"  {c.number} {c.title} ({c.time}, needs {c.needs}{progress}): {c.lets_you}")
        return "\n".join(lines)

    def _progress(self, chapter: Chapter) -> str:
        """How many of its exercises are done; empty before the first one is."""
        solved, all_of_them = self.done.get(chapter.number, (0, 0))
        if not solved:
            return ""
        return f"{solved} of {all_of_them} exercises done"

    def _repr_html_(self) -> str:
        # A list, so that viewers which drop the styles still show something well ordered.
        rows = []
        for part, chapters in self.parts.items():
            tiles = "\n".join(_tile(chapter, self._progress(chapter)) for chapter in chapters)
            rows.append(
                f'<b>{part}</b>\n<ul style="list-style-type:none;padding:0;margin:4px 0">\n{tiles}\n</ul>'
            )
        return "\n".join(rows)


def _tile(chapter: Chapter, progress: str) -> str:
    title = f"<b>{chapter.number} {chapter.title}</b>"
    if chapter.minutes:
        title = f'<a href="{chapter.name}.ipynb">{title}</a>'
    small = f"<small>{chapter.time}, needs {chapter.needs}</small>"
    if progress:
        small += f"<br><small><b>✓ {progress}</b></small>"
    style = OPEN_TILE if chapter.minutes else LATER_TILE
    return f'<li style="{style}">{title}<br>{chapter.lets_you}<br>{small}</li>'
