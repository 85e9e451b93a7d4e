// A stack of small Swin blocks, computed in the browser: LayerNorm, attention with heads and bias inside the
// windows, GELU, MLP. The same numbers as swin_edu/visuals/tiny_block.py, whose blocks are real `SwinBlock`s
// (tests/js compares the two). No DOM here.
//
// Windows follow the definition, token by token (attendedSpan of windows.js): no roll, no padding, no mask.

import { attendedSpan, axesOf } from "./windows.js";

export const TINY = { channels: 8, heads: 2, window: 4, hidden: 32, most: 12 };
const LAYER_NORM_EPSILON = 1e-5;
const WEIGHT_STEPS = 4096;
const { channels: C, heads: HEADS, window: M, hidden: HIDDEN } = TINY;
const OFFSETS = 2 * M - 1;
// The order of `LAYOUT` in tiny_block.py.
const WEIGHT_SIZES = {
  norm1Scale: C, norm1Shift: C, qkv: 3 * C * C, qkvBias: 3 * C, table: OFFSETS * OFFSETS * HEADS, projection: C * C,
  projectionBias: C, norm2Scale: C, norm2Shift: C, expand: HIDDEN * C, expandBias: HIDDEN, contract: C * HIDDEN,
  contractBias: C,
};

export function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/** The weights of all blocks: [{ norm1Scale, ... }], from int16 in base64. */
export function readWeights(base64) {
  const steps = new Int16Array(bytesOf(base64).buffer);
  const blocks = [];
  for (let at = 0; at < steps.length;) {
    const block = {};
    for (const [name, size] of Object.entries(WEIGHT_SIZES)) {
      block[name] = Float64Array.from(steps.subarray(at, at + size), (step) => step / WEIGHT_STEPS);
      at += size;
    }
    blocks.push(block);
  }
  return blocks;
}

// ---- tokens of a photograph -------------------------------------------------------------------------

/** A photograph { data, size: [height, width], focus } as tokens, H*W*C numbers; `embedding` is C rows of 12. */
export function tokensOfPixels({ data, size: [high, across], focus }, height, width, embedding) {
  const wide = Math.min(across, Math.floor((high * width) / height + 0.5));
  const tall = Math.min(high, Math.floor((wide * height) / width + 0.5));
  const left = Math.floor(Math.min(Math.max(focus[0] * across - wide / 2, 0), across - wide));
  const top = Math.floor(Math.min(Math.max(focus[1] * high - tall / 2, 0), high - tall));
  const mean = (r, c, channel) => { // over one of 2H x 2W pixels
    const [from, to] = [Math.floor((r * tall) / (2 * height)), Math.ceil(((r + 1) * tall) / (2 * height))];
    const [start, end] = [Math.floor((c * wide) / (2 * width)), Math.ceil(((c + 1) * wide) / (2 * width))];
    let sum = 0;
    for (let i = from; i < to; i++) {
      for (let j = start; j < end; j++) sum += data[3 * ((top + i) * across + left + j) + channel] / 255 - 0.5;
    }
    return sum / ((to - from) * (end - start));
  };
  const tokens = new Float64Array(height * width * C);
  for (let r = 0; r < height; r++) {
    for (let c = 0; c < width; c++) {
      for (let i = 0; i < 12; i++) {
        const value = mean(2 * r + (i >= 6 ? 1 : 0), 2 * c + (Math.floor(i / 3) % 2), i % 3);
        for (let k = 0; k < C; k++) tokens[(r * width + c) * C + k] += embedding[k][i] * value;
      }
    }
  }
  return tokens;
}

// ---- the parts of a block ---------------------------------------------------------------------------

/** Each token minus its mean, divided by its standard deviation, then scaled and shifted channel by channel. */
export function layerNorm(tokens, scale, shift) {
  const normed = new Float64Array(tokens.length);
  for (let t = 0; t < tokens.length; t += C) {
    let [mean, variance] = [0, 0];
    for (let k = 0; k < C; k++) mean += tokens[t + k] / C;
    for (let k = 0; k < C; k++) variance += (tokens[t + k] - mean) ** 2 / C;
    const size = Math.sqrt(variance + LAYER_NORM_EPSILON);
    for (let k = 0; k < C; k++) normed[t + k] = ((tokens[t + k] - mean) / size) * scale[k] + shift[k];
  }
  return normed;
}

/** (tokens, from) times a (to, from) matrix, plus bias. */
export function linearMap(tokens, from, to, weight, bias) {
  const count = tokens.length / from;
  const mapped = new Float64Array(count * to);
  for (let t = 0; t < count; t++) {
    for (let o = 0; o < to; o++) {
      let sum = bias[o];
      for (let i = 0; i < from; i++) sum += weight[o * from + i] * tokens[t * from + i];
      mapped[t * to + o] = sum;
    }
  }
  return mapped;
}

/** The error function, to 1.2e-7 (Numerical Recipes, section 6.2). */
export function errorFunction(x) {
  const t = 1 / (1 + Math.abs(x) / 2);
  const inner = -x * x - 1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806
    + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))))))));
  const rest = t * Math.exp(inner);
  return x >= 0 ? 1 - rest : rest - 1;
}

export const geluOf = (x) => (x * (1 + errorFunction(x / Math.SQRT2))) / 2;

/** { out, weights }: attention inside the windows; weights[(token * HEADS + head) * M*M + key of its window]. */
export function windowAttention(tokens, axes, w) {
  const [rows, columns] = axes;
  const [height, width] = [rows.length, columns.length];
  const qkv = linearMap(tokens, C, 3 * C, w.qkv, w.qkvBias);
  const mixed = new Float64Array(tokens.length);
  const weights = new Float64Array(height * width * HEADS * M * M);
  const d = C / HEADS;
  for (let r = 0; r < height; r++) {
    const [top, bottom] = attendedSpan(rows, r);
    for (let c = 0; c < width; c++) {
      const [left, right] = attendedSpan(columns, c);
      const query = r * width + c;
      for (let h = 0; h < HEADS; h++) {
        const at = (query * HEADS + h) * M * M;
        let largest = -Infinity;
        for (let i = top, n = 0; i < bottom; i++) {
          for (let j = left; j < right; j++, n++) {
            let score = 0;
            const [q, k] = [query * 3 * C + h * d, (i * width + j) * 3 * C + C + h * d];
            for (let e = 0; e < d; e++) score += qkv[q + e] * qkv[k + e];
            score = score / Math.sqrt(d) + w.table[((r - i + M - 1) * OFFSETS + c - j + M - 1) * HEADS + h];
            weights[at + n] = score;
            largest = Math.max(largest, score);
          }
        }
        const count = (bottom - top) * (right - left);
        let sum = 0;
        for (let n = 0; n < count; n++) {
          weights[at + n] = Math.exp(weights[at + n] - largest);
          sum += weights[at + n];
        }
        for (let i = top, n = 0; i < bottom; i++) {
          for (let j = left; j < right; j++, n++) {
            weights[at + n] /= sum;
            const v = (i * width + j) * 3 * C + 2 * C + h * d;
            for (let e = 0; e < d; e++) mixed[query * C + h * d + e] += weights[at + n] * qkv[v + e];
          }
        }
      }
    }
  }
  return { out: linearMap(mixed, C, C, w.projection, w.projectionBias), weights };
}

// ---- blocks in a row --------------------------------------------------------------------------------

const sumOf = (one, other) => one.map((value, i) => value + other[i]);

/**
 * One block with all that happens in it: `steps` is what stands at seven places, in the order of the flow.
 * With the norm first: z, normed, attention, z-hat, normed, MLP, new z. With the norm after: z, attention, sum,
 * z-hat, MLP, sum, new z. Without a residual, a sum is only its branch.
 */
export function runBlock(z, axes, w, { normFirst, residual }) {
  const branches = [
    (x) => windowAttention(x, axes, w),
    (x) => {
      const hidden = linearMap(x, C, HIDDEN, w.expand, w.expandBias).map(geluOf);
      return { out: linearMap(hidden, HIDDEN, C, w.contract, w.contractBias), hidden };
    },
  ];
  const norms = [[w.norm1Scale, w.norm1Shift], [w.norm2Scale, w.norm2Shift]];
  const steps = [z];
  const inside = {};
  branches.forEach((branch, i) => {
    const road = steps.at(-1);
    const input = normFirst ? layerNorm(road, ...norms[i]) : road;
    const { out, ...rest } = branch(input);
    Object.assign(inside, rest);
    const joined = residual ? sumOf(road, out) : out;
    if (normFirst) steps.push(input, out, joined);
    else steps.push(out, joined, layerNorm(joined, ...norms[i]));
  });
  return { steps, ...inside };
}

/** All blocks: [{ steps, weights, hidden, axes }]; every second one shifted, unless `shift` is false. */
export function runStack(tokens, { height, width, blocks, normFirst, residual, shift }, weights) {
  const done = [];
  for (let k = 0; k < blocks; k++) {
    const axes = axesOf(height, width, M, shift && k % 2 ? M / 2 : 0);
    const z = done.length ? done.at(-1).steps.at(-1) : tokens;
    done.push({ axes, ...runBlock(z, axes, weights[k], { normFirst, residual }) });
  }
  return done;
}

/** The tokens before the first block and after each. */
export const historyOf = (tokens, stack) => [tokens, ...stack.map(({ steps }) => steps.at(-1))];

/** How far the tokens are from their mean token, over how long they are: 0 when all are the same token. */
export function spreadOf(tokens) {
  const count = tokens.length / C;
  const mean = new Float64Array(C);
  tokens.forEach((value, i) => { mean[i % C] += value / count; });
  let [far, long] = [0, 0];
  for (let t = 0; t < tokens.length; t += C) {
    let [one, other] = [0, 0];
    for (let k = 0; k < C; k++) {
      one += (tokens[t + k] - mean[k]) ** 2;
      other += tokens[t + k] ** 2;
    }
    far += Math.sqrt(one);
    long += Math.sqrt(other);
  }
  return long ? far / long : 0;
}

/** The root mean square of one token's numbers. */
export function sizeOf(tokens, token) {
  let sum = 0;
  for (let k = 0; k < C; k++) sum += tokens[token * C + k] ** 2 / C;
  return Math.sqrt(sum);
}

/** For each token, how much it differs between two runs. */
export function differences(one, other) {
  const far = new Float64Array(one.length / C);
  for (let t = 0; t < far.length; t++) {
    let sum = 0;
    for (let k = 0; k < C; k++) sum += (one[t * C + k] - other[t * C + k]) ** 2 / C;
    far[t] = Math.sqrt(sum);
  }
  return far;
}

/** [lowest, highest] of each channel over all tokens, C pairs. */
export function channelRanges(tokens) {
  const ranges = Array.from({ length: C }, () => [Infinity, -Infinity]);
  tokens.forEach((value, i) => {
    const range = ranges[i % C];
    range[0] = Math.min(range[0], value);
    range[1] = Math.max(range[1], value);
  });
  return ranges;
}

/** What nearly all numbers are smaller than: 49 of 50, so that a single large one does not make all bars small. */
export function usualSize(tensors) {
  const sizes = new Float64Array(tensors.reduce((sum, tensor) => sum + tensor.length, 0));
  let at = 0;
  for (const tensor of tensors) {
    for (const value of tensor) sizes[at++] = Math.abs(value);
  }
  sizes.sort();
  return Math.max(1e-6, sizes[Math.floor(sizes.length * 0.98)]);
}

/** What each part of a block costs on this grid: parameters, and multiply-adds of its matrix products. */
export function costsOf([rows, columns]) {
  const padded = rows.padded * columns.padded;
  const tokens = rows.length * columns.length;
  return {
    norm: { parameters: 2 * C, operations: 0 },
    attention: {
      parameters: 4 * C * C + 4 * C + OFFSETS * OFFSETS * HEADS,
      operations: padded * (4 * C * C + 2 * rows.window * columns.window * C),
    },
    mlp: { parameters: 2 * C * HIDDEN + HIDDEN + C, operations: tokens * 2 * C * HIDDEN },
  };
}
