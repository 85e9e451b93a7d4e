"""Every explorer of the course, ready to be shown, and what tests of all of them ask a page."""

from dataclasses import dataclass, field
from pathlib import Path

from swin_edu import visuals
from swin_edu.visuals import Explorer

ROOT = ".swin-explorer[data-ready]"


@dataclass(frozen=True)
class Shown:
    """One explorer as the tests of all explorers show it.

    Args:
        code: the Python expression that makes it; not in its easiest state.
        panel: `data-panel` of a panel that answers to pointer and keys.
        keys: that change what the panel shows.
        drag: whether the pointer is held down while it moves.
    """

    code: str
    panel: str
    keys: tuple[str, ...] = field(default=("ArrowLeft", "ArrowUp"))
    drag: bool = False

    @property
    def name(self) -> str:
        return self.code.split("(")[0]

    def make(self) -> Explorer:
        return eval(self.code, vars(visuals))


EXPLORERS = [
    Shown("WindowExplorer(7, 10, (3, 4), batch=2, progress=1.0)", panel="way"),
    Shown("CostExplorer(228, (4, 9), 96, 6)", panel="cost", drag=True),
    Shown("ReachExplorer(21, 40, (4, 7), 6, (20, 2), merging=True)", panel="shifted"),
    Shown("BlockExplorer(9, 11, 6, block=4, token=(4, 5), norm_first=False)", panel="photo"),
    Shown("BiasExplorer((3, 5), query=(2, 3), key=(1, 1), head=2)", panel="table"),
    Shown("PatchExplorer(7, patch=(16, 19), number=20)", panel="photograph"),
    Shown("ShiftExplorer(9, 14, 4, (2, 3), token=(8, 13))", panel="shifted", drag=True),
    Shown("MergeExplorer(9, 14, level=2, token=(1, 2), order='by row')", panel="tokens"),
    Shown("ModelExplorer(height=97, width=131, stage=2)", panel="stages", keys=("ArrowLeft", "ArrowUp")),
]

# Collects how long each redraw took after its event.
REDRAWS = """root => {
  window.redraws = [];
  new MutationObserver((changes) => changes.forEach(() => window.redraws.push(Number(root.dataset.redrawMs))))
    .observe(root, { attributeFilter: ["data-redraw-ms"] });
}"""

# Notes when a cell is run by the keyboard, and how long after it a view was drawn.
FIRST_VIEWS = """() => {
  let run = 0;
  window.firstViews = [];
  const note = (event) => { if (event.key === "Enter") run = performance.now(); };
  document.addEventListener("keydown", note, true);
  new MutationObserver((changes) => changes.forEach(({ target }) => window.firstViews.push(
    [performance.now() - run, Number(target.dataset.firstViewMs)],
  ))).observe(document.body, { subtree: true, attributeFilter: ["data-ready"] });
}"""

# Contrast of each piece of text with the nearest ground under it that is painted.
TEXT_CONTRASTS = """root => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const luminance = (colour) => colour.slice(0, 3).map((value) => value / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const found = {};
  for (const node of root.querySelectorAll("*")) {
    const own = [...node.childNodes].filter((child) => child.nodeType === 3 && child.textContent.trim());
    if (!own.length || node.closest(".swin-hidden") || !node.getClientRects().length) continue;
    if (node.closest("[data-off], :disabled")) continue; // switched off
    let ground = node;
    while (rgb(getComputedStyle(ground).backgroundColor)[3] === 0) ground = ground.parentElement;
    const colours = [getComputedStyle(node).color, getComputedStyle(ground).backgroundColor];
    const [one, other] = colours.map(rgb).map(luminance).map((value) => value + 0.05);
    found[`${node.tagName} ${own[0].textContent.trim()}`] = Math.max(one, other) / Math.min(one, other);
  }
  return found;
}"""

# What would scroll inside the explorer, and what stands out of it.
SCROLLING = """root => [...root.querySelectorAll("*")]
  .filter((node) => !node.closest(".swin-hidden") && node.scrollWidth > node.clientWidth + 1
    && getComputedStyle(node).overflowX !== "visible")
  .map((node) => node.className + node.textContent)"""
STANDING_OUT = """root => [...root.querySelectorAll("*")]
  .filter((node) => !node.closest(".swin-hidden")
    && node.getBoundingClientRect().right > root.getBoundingClientRect().right + 0.5)
  .map((node) => node.className + node.textContent)"""

PICTURES = "root => [...root.querySelectorAll('canvas')].map((canvas) => canvas.toDataURL())"


def css_colour(value: str) -> str:
    """ "#RRGGBB" as a page says it."""
    return "rgb({}, {}, {})".format(*(int(value[i : i + 2], 16) for i in (1, 3, 5)))


def all_explorer_files() -> set[str]:
    """Names of the explorers that the library has: one class for each NAME_explorer.py."""
    files = Path(visuals.__file__).parent.glob("*_explorer.py")
    return {"".join(word.title() for word in file.stem.split("_")) for file in files}
