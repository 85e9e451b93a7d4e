// What the BlockExplorer says: the sentence below it and the Python line. block_facts.py says the same.

import { layOutFlow } from "./block_flow.js";
import { TINY, sizeOf } from "./block_numbers.js";
import { attendedSpan } from "./windows.js";

const placeWords = ([r, c]) => `(${r}, ${c})`;
const plural = (count, word) => `${count} ${word}${count > 1 ? "s" : ""}`;
export const signedNumber = (value) => (value < 0 ? `−${Math.abs(value).toFixed(2)}` : value.toFixed(2));

/** The Python line that gives the followed token's numbers before the first and after each block. */
export function blockLine({ height, width, blocks, token, norm_first, residual, shift, image }) {
  const options = Object.entries({ norm_first, residual, shift }).filter(([, on]) => !on).map(([name]) => `${name}=False`);
  if (image !== "chelsea") options.push(`image="${image}"`);
  return `run_tiny_blocks(${[`${height}, ${width}, ${blocks}`, ...options].join(", ")})[:, ${token[0]}, ${token[1]}]`;
}

/** One sentence on the followed token in the block on show, and on the whole stack. */
export function describeBlock({ height, width, blocks, block, token, source, residual }, facts) {
  const { shifted, sizes, company, spread, heard } = facts;
  const word = residual ? "adds" : "replaces it by";
  return `Block ${block} of ${blocks}, ${shifted ? "shifted" : "plain"}. Token ${placeWords(token)} comes in with size `
    + `${sizes.start.toFixed(2)}; attention, to ${plural(company, "token")}, ${word} ${sizes.attention.toFixed(2)}, the MLP `
    + `${sizes.mlp.toFixed(2)}; it leaves with ${sizes.end.toFixed(2)}. After ${plural(blocks, "block")}, the tokens differ by `
    + `${(100 * spread).toFixed(0)} %, and ${heard} of ${height * width} have heard of token ${placeWords(source)}.`;
}

/** One channel of the followed token, step by step. */
export function describeChannel({ norm_first, residual }, token, channel, numbers) {
  const [z, a, b, middle, c, d, last] = numbers.map(signedNumber);
  const adds = residual ? "adds" : "replaces it by";
  const way = norm_first
    ? `${z} on the road; normed ${a}; attention ${adds} ${b}: ${middle}. Normed ${c}; the MLP ${adds} ${d}: ${last}.`
    : `${z} on the road; attention ${adds} ${a}: ${b}; normed ${middle}. The MLP ${adds} ${c}: ${d}; normed ${last}.`;
  return `Channel ${channel} of token ${placeWords(token)}: ${way}`;
}

/** One operation of the block, with this token's numbers. */
export function describeOperation(kind, token, { mean, size, company, strongest, hidden }) {
  if (kind === "norm") {
    return `LayerNorm looks at token ${placeWords(token)} alone: it subtracts the mean of its ${TINY.channels} numbers, `
      + `${signedNumber(mean)}, and divides by their standard deviation, ${size.toFixed(2)}; then each channel has a scale and a shift.`;
  }
  if (kind === "attention") {
    return `Attention: token ${placeWords(token)} looks at ${plural(company, "token")} of its window, most at `
      + `${placeWords(strongest.place)} (${(100 * strongest.weight).toFixed(0)} %). The only place where tokens meet.`;
  }
  return `MLP: the ${TINY.channels} numbers of token ${placeWords(token)} become ${TINY.hidden}, GELU lets ${hidden} of them through `
    + `above 0.1, and ${TINY.channels} come out. No other token takes part.`;
}

/** The sentence on what is pointed at: a channel, an operation, or else the whole. */
export function describeScene(values, scene) {
  const { steps, token, place, lit, normFirst, company, looks, numbers, axes } = scene;
  const C = TINY.channels;
  if (lit?.channel !== undefined) {
    return describeChannel(values, place, lit.channel, steps.map((tokens) => tokens[token * C + lit.channel]));
  }
  if (lit?.box !== undefined) {
    const { kind, half } = layOutFlow(normFirst, scene.narrow).boxes[lit.box];
    const input = steps[3 * half + (normFirst ? 0 : 2)].subarray(token * C, (token + 1) * C);
    const mean = input.reduce((sum, value) => sum + value / C, 0);
    const most = looks.indexOf(Math.max(...looks));
    const [top, left] = axes.map((axis, i) => attendedSpan(axis, place[i])[0]);
    return describeOperation(kind, place, {
      mean, size: Math.sqrt(input.reduce((sum, value) => sum + (value - mean) ** 2 / C, 0)), company: company.count,
      strongest: { place: [top + Math.floor(most / company.columns), left + (most % company.columns)], weight: looks[most] },
      hidden: numbers.hidden.filter((value) => value > 0.1).length,
    });
  }
  const [attention, mlp] = normFirst ? [2, 5] : [1, 4];
  const size = (step) => sizeOf(steps[step], token);
  return describeBlock({ ...values, token: place }, {
    shifted: scene.shifted, company: company.count, spread: scene.spreads.at(-1),
    heard: scene.heard.at(-1).filter((far) => far > 0).length,
    sizes: { start: size(0), attention: size(attention), mlp: size(mlp), end: size(6) },
  });
}
