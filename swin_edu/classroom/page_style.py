"""How the teacher's page looks, and the little script that sorts its table; colours come from the palette.

`teacher_page.py` puts both into the page, which needs nothing from outside and can be read without the
script.
"""

import base64
import hashlib

from swin_edu.visuals.palette import Theme, colour

__all__ = ["SCRIPT", "policy", "style"]

# What a part of the page means -> its colour in the palette.
COLOURS = {
    "page": "surface",
    "raised": "raised",
    "line": "line",
    "ink": "ink",
    "quiet": "muted_ink",
    "focus": "focus",
    "right": "series_2",
    "mistake": "series_1",
    "other": "series_3",
    "trouble": "series_5",
    "points": "series_0",
    "on-colour": "on_series",
}

RULES = """
* { box-sizing: border-box }
html { color-scheme: light dark; -webkit-text-size-adjust: 100% }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif }
main { max-width: 1060px; margin: 0 auto; padding: 28px 24px 72px }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 4px; letter-spacing: -.01em }
h2 { font-size: 1.25rem; margin: 52px 0 6px }
h3 { font-size: 1.1rem; margin: 0 }
h3 .quiet { font-weight: 400 }
p { margin: 6px 0; max-width: 46rem }
a { color: var(--focus) }
code { font: .92em ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace }
.quiet, figcaption, .points + p { color: var(--quiet); font-size: .9rem }
.tiles { display: grid; grid-template-columns: repeat(12, 1fr); gap: 12px; margin: 22px 0 0 }
.tile { grid-column: span 4; background: var(--raised); border: 1px solid var(--line); border-radius: 10px;
  padding: 12px 16px 14px; min-width: 0 }
.tile.half { grid-column: span 6 }
.tile .title { color: var(--quiet); font-size: .85rem; margin: 0 }
.tile .big { font-size: 1.7rem; font-weight: 650; line-height: 1.2; margin: 2px 0; overflow-wrap: anywhere }
.tile .big small { font-size: 1rem; font-weight: 400; color: var(--quiet) }
.tile p { font-size: .92rem; margin: 2px 0 }
.tile.mistake { border-left: 5px solid var(--mistake) }
.tile.hardest { border-left: 5px solid var(--points) }
.tile .big a { color: inherit; text-decoration-color: var(--line); text-underline-offset: 4px;
  text-decoration-thickness: 2px }
.says { font-style: italic }
svg { display: block }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 20px; padding: 0; margin: 10px 0 14px;
  font-size: .9rem }
.legend li { display: flex; gap: 7px; align-items: center }
/* A little narrower than its share, so that the page shows between two pieces. */
.outcomes .piece { width: max(1.5px, calc(100% - 2px)) }
.piece.right { fill: var(--right) } .piece.mistake { fill: var(--mistake) }
.piece.other { fill: var(--other) } .piece.trouble { fill: var(--trouble) }
.piece.unwritten { fill: var(--page); stroke: var(--quiet); stroke-width: 1.5; stroke-dasharray: 3 2.5 }
.label { fill: var(--on-colour); font-size: 12.5px; font-weight: 600; text-anchor: middle }
.label.on-unwritten { fill: var(--ink) }
.on-narrow { display: none }
.overview { display: grid; grid-template-columns: minmax(130px, 190px) 1fr auto; gap: 10px 14px;
  align-items: center; margin: 0 }
.overview .name { overflow-wrap: anywhere; line-height: 1.25 }
.overview .name a { color: inherit; font-weight: 600; text-decoration-color: var(--line);
  text-underline-offset: 3px }
.overview .share { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap }
.outcomes, .count, .points { width: 100%; overflow: visible }
.number, .tick, .median-words { font-size: 12.5px; fill: var(--ink) }
.tick { fill: var(--quiet) }
.number { font-weight: 600; paint-order: stroke; stroke: var(--page); stroke-width: 4 }
.bar { fill: var(--points) }
.axis { stroke: var(--quiet); stroke-width: 1 }
.median { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 5 4 }
.median-words { font-weight: 600 }
figure { margin: 14px 0 0 }
.exercise { border-top: 1px solid var(--line); padding-top: 22px; margin-top: 30px; scroll-margin-top: 10px }
.exercise > .quiet { margin: 2px 0 10px; max-width: 52rem }
details.group, .group { border-top: 1px solid var(--line) }
.group > summary, .row { display: grid; grid-template-columns: 250px 180px 1fr; gap: 14px; padding: 7px 4px;
  align-items: start }
summary { cursor: pointer }
summary::marker { color: var(--quiet) }
.group > summary { list-style: none }
.group > summary::-webkit-details-marker { display: none }
.group > summary .what::before { content: "\\25B8"; color: var(--quiet); display: inline-block;
  width: 1.2em; text-indent: 0 }
.group[open] > summary .what::before { content: "\\25BE" }
.group > summary:hover { background: var(--raised) }
.what { overflow-wrap: anywhere; padding-left: 1.2em; text-indent: -1.2em }
.what.known { font-weight: 600 }
.hint { font-size: .95rem }
.who { margin: 2px 0 12px 1.4em; padding: 0; list-style: none; font-size: .92rem }
.who li { padding: 2px 0; overflow-wrap: anywhere }
.names { columns: 13rem; column-gap: 20px }
.next { background: var(--raised); border-radius: 10px; padding: 12px 18px; margin: 14px 0 0 }
.next h4 { margin: 0 0 2px; font-size: .95rem }
.next ul { margin: 4px 0; padding-left: 1.2em }
.next li { margin: 4px 0 }
.fold { border: 1px solid var(--line); border-radius: 10px; padding: 10px 16px; margin-top: 10px }
.fold > summary { font-weight: 600 }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: .92rem; margin-top: 10px }
th, td { padding: 5px 10px; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
td.total { font-weight: 650 }
td.zero { color: var(--quiet) }
tbody th { font-weight: 500 }
td.trouble { font-size: .88rem; min-width: 11rem; max-width: 24rem; overflow-wrap: anywhere }
th.n { white-space: normal } th small { font-weight: 400; color: var(--quiet); white-space: nowrap }
thead th { vertical-align: bottom }
th button { all: unset; cursor: pointer; font-weight: 600 }
th button:focus-visible, summary:focus-visible, a:focus-visible, input:focus-visible {
  outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 3px }
th[aria-sort=ascending] button::after { content: " \\2191" }
th[aria-sort=descending] button::after { content: " \\2193" }
.controls { display: flex; flex-wrap: wrap; gap: 8px 18px; align-items: center; margin-top: 10px;
  font-size: .92rem }
.controls input[type=search] { width: 17rem; max-width: 100%;
  font: inherit; color: inherit; background: var(--page);
  border: 1px solid var(--quiet); border-radius: 6px; padding: 4px 9px }
@media (max-width: 860px) {
  main { padding: 20px 16px 56px }
  .on-wide { display: none } .on-narrow { display: inline }
  .overview { grid-template-columns: 132px 1fr auto }
  .group > summary, .row { grid-template-columns: 190px 1fr }
  .hint { grid-column: 1 / -1; margin: -6px 0 2px 1.1em }
  .hint:empty { display: none }
}
@media (max-width: 560px) { .tile, .tile.half { grid-column: span 12 } }
@media print {
  body { font-size: 11pt } main { max-width: none; padding: 0 }
  h2 { margin-top: 26px } h2, h3 { break-after: avoid }
  .tile, .next, .group, tr, figure { break-inside: avoid }
  .controls { display: none } a { color: inherit; text-decoration: none }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact }
}
"""

# Sorts by a column, keeps the rows with a word in them. Without it the table stands in the order of names.
SCRIPT = """
const table = document.querySelector("#students table");
if (table) {
  const body = table.tBodies[0];
  const value = (row, k) => {
    const cell = row.cells[k];
    return "n" in cell.dataset ? Number(cell.dataset.n) : cell.textContent.trim();
  };
  const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b
    : String(a).localeCompare(String(b));
  table.tHead.querySelectorAll("th").forEach((head, k) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const numbers = "n" in body.rows[0].cells[k].dataset;
      const before = head.getAttribute("aria-sort");
      const up = before ? before === "descending" : !numbers;
      table.tHead.querySelectorAll("th").forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      body.append(...[...body.rows].sort((a, b) => (up ? 1 : -1) * compare(value(a, k), value(b, k))));
    });
  });
  const controls = document.querySelector("#students .controls");
  const [words, only] = controls.querySelectorAll("input");
  const choose = () => {
    const wanted = words.value.trim().toLowerCase();
    for (const row of body.rows) {
      const fits = row.textContent.toLowerCase().includes(wanted);
      row.hidden = !fits || (only.checked && !("look" in row.dataset));
    }
  };
  words.addEventListener("input", choose);
  only.addEventListener("change", choose);
  controls.hidden = false;
}
"""


def style() -> str:
    """The style sheet: light, dark where the system is dark, and light on paper."""
    light, dark = _variables("light"), _variables("dark")
    return (
        f":root {{ {light} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n{RULES}"
    )


def policy() -> str:
    """What the browser may run and load: this script and style, and nothing else, whatever else is there.

    Example:
        >>> "default-src 'none'" in policy()
        True
    """
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; base-uri 'none'; "
        "form-action 'none'"
    )


def _variables(theme: Theme) -> str:
    return "; ".join(f"--{part}: {colour(name, theme)}" for part, name in COLOURS.items())
