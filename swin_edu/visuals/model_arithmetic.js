// What a network costs for one image, in the browser: shapes, parameters, multiply-adds and memory of each
// stage, part by part. The same numbers as model_facts.py (tests/js compares the two), which tests hold
// against real networks.

import { axesOf, pair } from "./windows.js";

export const PARTS = ["entry", "projections", "attention", "mlp", "norms"];
export const COUNTS = ["parameters", "multiplyAdds", "memory"];
const BYTES = 4; // of a float32 number

const ceilDivide = (a, b) => Math.floor((a + b - 1) / b);
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
export const sumOfParts = (parts) => sum(PARTS.map((part) => parts[part]));

/** Python's round(): halves go to the even neighbour. */
export function roundHalfEven(value) {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 ? floor + 1 : floor;
}

/** All stages, the head, and the totals of a network for a height x width image. */
export function networkOf(state) {
  const [mh, mw] = pair(state.window_size);
  const halves = [Math.floor(mh / 2), Math.floor(mw / 2)];
  let grid = [state.height, state.width].map((side) => ceilDivide(side, state.patch_size));
  const stages = state.depths.map((depth, i) => {
    if (i) grid = grid.map((side) => ceilDivide(side, 2));
    const axes = axesOf(...grid, [mh, mw], depth > 1 ? halves : [0, 0]);
    const c = state.embed_dim * 2 ** i;
    return {
      number: i + 1, grid, axes, channels: c, heads: state.num_heads[i], depth,
      window: axes.map((axis) => axis.window),
      shift: axes.map((axis) => axis.shift),
      padded: axes.map((axis) => axis.padded),
      windows: axes[0].count * axes[1].count,
      ...countsOf(state, i, c, depth, axes),
    };
  });
  const head = headOf(state, stages.at(-1));
  const totals = Object.fromEntries(COUNTS.map((what) => [
    what, sum(stages.map((stage) => sumOfParts(stage[what]))) + head[what],
  ]));
  return { stages, head, totals };
}

function countsOf(state, i, c, depth, [rows, columns]) {
  const { patch_size: p, in_channels: input } = state;
  const [mh, mw] = pair(state.window_size);
  const heads = state.num_heads[i];
  const hidden = roundHalfEven(c * state.mlp_ratio);
  const [tokens, padded] = [rows.length * columns.length, rows.padded * columns.padded];
  const n = rows.window * columns.window;
  const bytes = (numbers) => Object.fromEntries(PARTS.map((part) => [part, BYTES * numbers[part]]));
  return {
    parameters: {
      // Patch embedding: convolution with bias, norm. Merging: norm over 2c, linear 2c -> c without bias.
      entry: i ? 2 * (2 * c) + 2 * c * c : (p * p * input * c + c) + 2 * c,
      projections: depth * ((3 * c * c + 3 * c) + (c * c + c)),
      attention: depth * (2 * mh - 1) * (2 * mw - 1) * heads,
      mlp: depth * ((c * hidden + hidden) + (hidden * c + c)),
      norms: depth * 2 * (2 * c),
    },
    multiplyAdds: {
      entry: tokens * (i ? 2 * c : p * p * input) * c,
      projections: depth * 4 * padded * c * c,
      attention: depth * 2 * padded * n * c,
      mlp: depth * 2 * tokens * c * hidden,
      norms: 0,
    },
    memory: bytes({
      entry: i ? tokens * 4 * c : tokens * (p * p * input + c),
      projections: depth * 2 * padded * c,
      attention: depth * padded * (3 * c + n * heads),
      mlp: depth * tokens * (c + 2 * hidden),
      norms: depth * 2 * tokens * c,
    }),
  };
}

function headOf({ num_classes: classes }, { channels: c, grid: [height, width] }) {
  return {
    parameters: 2 * c + (c * classes + classes),
    multiplyAdds: c * classes,
    memory: BYTES * (height * width * c + (classes ? c : 0)),
  };
}

// ---- what is possible ------------------------------------------------------------------------------

/** The most heads, at most as many as asked for, that can share the channels evenly. */
export function fittingHeads(channels, asked) {
  let heads = Math.min(asked, channels);
  while (channels % heads) heads -= 1;
  return heads;
}

/** Heads of every stage: as asked where they fit, doubled from the stage before where none were asked for. */
export function settleHeads(embedDim, depths, asked) {
  const heads = [];
  depths.forEach((_, i) => heads.push(fittingHeads(embedDim * 2 ** i, asked[i] ?? 2 * heads[i - 1])));
  return heads;
}

// ---- while things move ------------------------------------------------------------------------------

/** The numbers that are drawn, in a form that can be mixed while they move. */
export function numbersOf(network, values) {
  const parts = (counts) => Object.fromEntries(PARTS.map((part) => [part, counts[part]]));
  return {
    image: [values.height, values.width],
    patch: values.patch_size,
    stages: network.stages.map((stage) => ({
      h: stage.grid[0], w: stage.grid[1], c: stage.channels,
      ...Object.fromEntries(COUNTS.map((what) => [what, parts(stage[what])])),
    })),
    head: { ...network.head },
  };
}

/** Numbers between two such objects of one form: part 0 is the first, 1 the second. */
export function mix(from, to, part) {
  if (typeof to === "number") return from + (to - from) * part;
  if (Array.isArray(to)) return to.map((value, i) => mix(from[i], value, part));
  return Object.fromEntries(Object.entries(to).map(([name, value]) => [name, mix(from[name], value, part)]));
}
