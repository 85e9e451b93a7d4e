// The chosen stage of the ModelExplorer in words and numbers: steppers for its blocks and heads, its facts, and
// what each part costs. The table is the legend of the bar charts, too.

import { COUNTS, PARTS } from "./model_arithmetic.js";
import { PART_WORDS, short, times, whole } from "./model_words.js";
import { PART_COLOURS } from "./model_charts.js";
import { clamp, element, write } from "./kit.js";
import { createStepper } from "./controls.js";

const FACTS = ["tokens", "channels", "windows", "padding", "shift"];
const TABLE_WORDS = { ...PART_WORDS, head: "last norm, head (no stage)" };

/** Adds the row below the panels; `values` is the explorer's state, `most` the most blocks of a stage. */
export function createDetails(frame, { values, change, pointAt, most }) {
  const heading = element("h4");
  const atStage = (list, by) => list.map((value, i) => (i === values.stage - 1 ? by(value, i) : value));
  const blocks = createStepper("Blocks of the chosen stage", "Blocks", (by) => change({ depths: atStage(values.depths, (depth) => depth + by) }));
  const heads = createStepper("Heads of the chosen stage", "Heads", (by) => change({
    num_heads: atStage(values.num_heads, (now, i) => nextHeads(values.embed_dim * 2 ** i, now, by)),
  }));
  const facts = Object.fromEntries(FACTS.map((name) => [name, element("dd")]));
  const list = element("dl", "", {}, ...FACTS.flatMap((name) => [element("dt", "", {}, name), facts[name]]));
  const rows = Object.fromEntries([...PARTS, "head"].map((part) => [part, createRow(part, pointAt)]));
  const titles = ["part", "parameters", "work", "memory"].map((words) => element("th", "", { scope: "col" }, words));
  const table = element("table", "", {}, element("thead", "", {}, element("tr", "", {}, ...titles)),
    element("tbody", "", {}, ...Object.values(rows).map(({ node }) => node)));
  const first = element("div", "", {}, element("div", "swin-stage-head", {}, heading, blocks.node, heads.node), list);
  frame.panels.append(element("div", "swin-stage", {}, first, table));
  for (const kind of ["click", "keydown"]) frame.time(first, kind);
  return {
    show(network, stage, pointed) {
      write(heading, `Stage ${stage.number}`);
      blocks.show(stage.depth, 1, most);
      heads.show(stage.heads, 1, stage.channels);
      for (const [name, words] of Object.entries(factsOf(stage, values.patch_size))) write(facts[name], words);
      for (const [part, row] of Object.entries(rows)) {
        COUNTS.forEach((what, i) => write(row.cells[i], inWords(what, part === "head" ? network.head[what] : stage[what][part])));
        row.node.toggleAttribute("data-lit", pointed?.part === part);
      }
      write(rows.entry.words, stage.number === 1 ? "patch embedding" : "patch merging");
    },
  };
}

function createRow(part, pointAt) {
  const mark = element("i", "", { style: `background: var(--swin-${PART_COLOURS[part].replace("_", "-")})`, "aria-hidden": "true" });
  const words = element("span", "", {}, TABLE_WORDS[part]);
  const cells = COUNTS.map(() => element("td"));
  const node = element("tr", "", { "data-part": part }, element("th", "", { scope: "row" }, mark, words), ...cells);
  node.addEventListener("pointerenter", () => pointAt({ stage: null, part }));
  node.addEventListener("pointerleave", () => pointAt(null));
  return { node, words, cells };
}

function inWords(what, count) {
  if (!count) return "–";
  return what === "parameters" ? whole(count) : short(count, what === "memory" ? "B" : "");
}

function factsOf(stage, patch) {
  const real = stage.grid[0] * stage.grid[1];
  const padded = stage.padded[0] * stage.padded[1];
  const by = stage.shift[0] === stage.shift[1] ? stage.shift[0] : `(${stage.shift.join(", ")})`;
  let shift = `${by} tokens in every second block`;
  if (String(stage.shift) === "0,0") shift = stage.windows === 1 ? "none: one window holds all" : "none";
  return {
    tokens: `${times(stage.grid)} = ${whole(real)}, one every ${patch * 2 ** (stage.number - 1)} pixels`,
    channels: `${stage.channels} = ${stage.heads} heads × ${stage.channels / stage.heads}`,
    windows: `${whole(stage.windows)} of ${times(stage.window)} = ${stage.window[0] * stage.window[1]} tokens`,
    padding: padded === real ? "none" : `to ${times(stage.padded)}: ${Math.round((100 * (padded - real)) / padded)} % of the windows`,
    shift,
  };
}

/** The next number of heads, up or down, that can share the channels evenly. */
function nextHeads(channels, heads, by) {
  let next = heads + by;
  while (next > 1 && next < channels && channels % next) next += by;
  return clamp(next, 1, channels);
}
