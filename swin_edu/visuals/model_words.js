// What the ModelExplorer says: the sentence below it, its numbers, and the Python line. model_facts.py and
// model_explorer.py say the same.

import { COUNTS, sumOfParts } from "./model_arithmetic.js";
import { pair } from "./windows.js";

// The networks of the paper (Section 3.3), and the course's own for 32 x 32 images. model_explorer.py has the same.
const PAPER = { patch_size: 4, window_size: 7, mlp_ratio: 4, num_classes: 1000, in_channels: 3 };
export const PRESETS = {
  swin_tiny: { ...PAPER, embed_dim: 96, depths: [2, 2, 6, 2], num_heads: [3, 6, 12, 24] },
  swin_small: { ...PAPER, embed_dim: 96, depths: [2, 2, 18, 2], num_heads: [3, 6, 12, 24] },
  swin_base: { ...PAPER, embed_dim: 128, depths: [2, 2, 18, 2], num_heads: [4, 8, 16, 32] },
  swin_large: { ...PAPER, embed_dim: 192, depths: [2, 2, 18, 2], num_heads: [6, 12, 24, 48] },
  swin_cifar: {
    ...PAPER, patch_size: 2, window_size: 4, mlp_ratio: 2, num_classes: 10, embed_dim: 64, depths: [2, 2, 2], num_heads: [2, 4, 8],
  },
};
export const PRESET_SIZES = { swin_cifar: 32 }; // pixels; 224 for the others

export const times = ([a, b]) => `${a} × ${b}`;
export const whole = (number) => number.toLocaleString("en-US");

/** A share in words, rounded half up. */
export function percent(part, all) {
  const rounded = Math.floor((200 * part + all) / (2 * all));
  return rounded || !part ? `${rounded} %` : "<1 %";
}

/** A large number with three digits: 28.3 M, 4.49 G, 102 MB. */
export function short(number, unit = "") {
  const steps = [[1e9, "G"], [1e6, "M"], [1e3, "K"]];
  const [size, letter] = steps.find(([from]) => number >= from * 0.9995) ?? [1, ""];
  const value = number / size;
  const digits = letter && value < 99.95 ? (value < 9.995 ? 2 : 1) : 0;
  return `${value.toFixed(digits)} ${letter}${unit}`.trim();
}

/** The name of the preset that has exactly these settings, or "". */
export function presetOf(state) {
  const same = (settings) => Object.entries(settings).every(([name, value]) => String(state[name]) === String(value));
  return Object.keys(PRESETS).find((name) => same(PRESETS[name])) ?? "";
}

const number = (value) => (Array.isArray(value) ? `(${value.join(", ")}${value.length === 1 ? "," : ""})` : String(value));
const sided = (value) => (pair(value)[0] === pair(value)[1] ? String(pair(value)[0]) : number(value));

/** The Python line that makes the network on show. */
export function pythonLine(state) {
  const preset = presetOf(state);
  if (preset) return `${preset}()`;
  const given = ["embed_dim", "depths", "num_heads"].map((name) => `${name}=${number(state[name])}`);
  given.push(`window_size=${sided(state.window_size)}`);
  for (const name of ["patch_size", "in_channels", "num_classes"]) {
    if (state[name] !== PAPER[name]) given.push(`${name}=${state[name]}`);
  }
  if (state.mlp_ratio !== PAPER.mlp_ratio) {
    given.push(`mlp_ratio=${Number.isInteger(state.mlp_ratio) ? state.mlp_ratio.toFixed(1) : state.mlp_ratio}`);
  }
  return `SwinTransformer(${given.join(", ")})`;
}

/** One sentence on one stage, with the numbers filled in. */
export function describeStage(network, stage) {
  const [parameters, work, memory] = COUNTS.map((what) => percent(sumOfParts(stage[what]), network.totals[what]));
  const shares = `${parameters} of the parameters, ${work} of the work, ${memory} of the memory.`;
  const tokens = `Stage ${stage.number}: ${times(stage.grid)} tokens of ${stage.channels} channels`;
  const blocks = stage.depth === 1 ? "1 block" : `${stage.depth} blocks`;
  if (stage.windows === 1) return `${tokens} are one window, so no block shifts. ${blocks}: ${shares}`;
  const padding = String(stage.padded) === String(stage.grid) ? "" : `, padded to ${times(stage.padded)},`;
  const by = stage.shift[0] === stage.shift[1] ? String(stage.shift[0]) : `(${stage.shift.join(", ")})`;
  let moved = `every second one shifted by ${by}`;
  if (String(stage.shift) === "0,0") moved = stage.depth === 1 ? "not shifted" : "none of them shifted";
  return `${tokens}${padding} make ${stage.windows} windows of ${times(stage.window)}. ${blocks}, ${moved}: ${shares}`;
}

export const PART_WORDS = {
  entry: "patch embedding, merging",
  projections: "projections: Q, K, V and output",
  attention: "attention: Q Kᵀ, weights V; bias tables",
  mlp: "MLP",
  norms: "norms of the blocks",
  head: "last norm and head",
};

/** One sentence on one part of the network, in all its stages. */
export function describePart(network, part) {
  const shares = COUNTS.map((what) => {
    const all = part === "head" ? network.head[what] : network.stages.reduce((total, stage) => total + stage[what][part], 0);
    return percent(all, network.totals[what]);
  });
  return `${PART_WORDS[part][0].toUpperCase()}${PART_WORDS[part].slice(1)}. In the whole network: ${shares[0]} of the parameters, `
    + `${shares[1]} of the work, ${shares[2]} of the memory.`;
}
