// How far one token's influence spreads over blocks, in the browser: the same sets as reach.py, the same words as
// reach_facts.py (tests/js compares them).
//
// Rows and columns never mix, and along one axis what is reached is always one span [from, to), so a token is
// followed through plain and shifted blocks, and through merging, with two numbers an axis.

import { attendedSpan, axisOf, pair } from "./windows.js";
import { grouped } from "./amounts.js";

export const MOST_BLOCKS = 64;

/** The merging level of each block's grid: with merging, 2 x 2 tokens become one before every other block. */
const levelOf = (block, merging) => (merging ? Math.floor(block / 2) : 0);
const lengthAt = (length, level) => Math.ceil(length / 2 ** level);

/** The axis of one block: its tokens, its window, and half a window of shift in every other block. */
export function blockAxis(length, window, block, { shifted, merging }) {
  const shift = shifted && block % 2 ? Math.floor(window / 2) : 0;
  return axisOf(lengthAt(length, levelOf(block, merging)), window, shift);
}

/**
 * The spans reached along one axis, on the first block's grid: [j] after j blocks; looking back, [j] after looking
 * back through the last j of all blocks. The last entry is what is reached in all.
 */
export function spansOf(length, window, place, blocks, options) {
  const { merging, back } = options;
  const last = blocks ? levelOf(blocks - 1, merging) : 0;
  let level = back ? last : 0;
  let [from, to] = [place >> level, (place >> level) + 1];
  const onFirst = () => [from * 2 ** level, Math.min(length, to * 2 ** level)];
  const found = [onFirst()];
  for (let step = 0; step < blocks; step++) {
    const block = back ? blocks - 1 - step : step;
    for (; level < levelOf(block, merging); level++) [from, to] = [from >> 1, (to + 1) >> 1];
    for (; level > levelOf(block, merging); level--) [from, to] = [2 * from, Math.min(2 * to, lengthAt(length, level - 1))];
    const axis = blockAxis(length, window, block, options);
    [from, to] = [attendedSpan(axis, from)[0], attendedSpan(axis, to - 1)[1]];
    found.push(onFirst());
  }
  return found;
}

/** What one token reaches: [rows, columns] spans after each of the blocks (or looking back through them). */
export function stepsOf({ height, width, window_size, blocks, token }, options) {
  const [mh, mw] = pair(window_size);
  const rows = spansOf(height, mh, token[0], blocks, options);
  const columns = spansOf(width, mw, token[1], blocks, options);
  return rows.map((span, i) => [span, columns[i]]);
}

export const areaOf = ([[top, bottom], [left, right]]) => (bottom - top) * (right - left);

/** How many tokens are reached after 0, 1, ... blocks. */
export function countsUpTo(state, most, options) {
  if (!options.back) return stepsOf({ ...state, blocks: most }, options).map(areaOf);
  return Array.from({ length: most + 1 }, (_, blocks) => areaOf(stepsOf({ ...state, blocks }, options).at(-1)));
}

/** The smallest number of blocks after which all is reached; null where it never is. */
export function blocksUntilAll(state, options) {
  const all = state.height * state.width;
  const found = countsUpTo(state, MOST_BLOCKS, options).indexOf(all);
  return found < 0 ? null : found;
}

const worstKnown = new Map();

/** The number of blocks until every token, wherever it is, reaches all; null where one never does. */
export function worstBlocks({ height, width, window_size }, options) {
  const key = JSON.stringify([height, width, window_size, options]);
  if (!worstKnown.has(key)) {
    const corners = [[0, 0], [0, width - 1], [height - 1, 0], [height - 1, width - 1]];
    const needed = corners.map((token) => blocksUntilAll({ height, width, window_size, token }, options));
    worstKnown.set(key, needed.includes(null) ? null : Math.max(...needed));
  }
  return worstKnown.get(key);
}

export const optionsOf = ({ merging, looking_back: back }) => ({
  plain: { shifted: false, merging, back }, shifted: { shifted: true, merging, back },
});

// ---- words ----------------------------------------------------------------------------------------

const spot = ([r, c]) => `(${r}, ${c})`;
const blocksText = (count) => `${count} block${count === 1 ? "" : "s"}`;

/** The Python line that gives the tokens reached with shift. */
export function reachLine({ height, width, window_size, blocks, token, merging, looking_back }) {
  const [mh, mw] = pair(window_size);
  const switches = `${merging ? ", merging=True" : ""}${looking_back ? ", looking_back=True" : ""}`;
  return `token_reach(${height}, ${width}, ${mh === mw ? mh : spot([mh, mw])}, ${blocks}, ${spot(token)}${switches})`;
}

/** A few sentences with the numbers filled in. */
export function describeReach(state) {
  const { height, width, window_size, blocks, token, merging, looking_back: back } = state;
  const ways = optionsOf(state);
  const [plain, shifted] = [ways.plain, ways.shifted].map((way) => areaOf(stepsOf(state, way).at(-1)));
  const all = grouped(height * width);
  const what = back ? `token ${spot(token)} has seen` : `token ${spot(token)} is heard by`;
  const by = back ? "" : "by ";
  const numbers = plain === shifted ? `${grouped(shifted)} of ${all} tokens, with and without shift`
    : `${grouped(shifted)} of ${all} tokens with shift, ${by}${grouped(plain)} without`;
  const level = blocks && merging ? Math.floor((blocks - 1) / 2) : 0;
  const sides = [[height, 0], [width, 1]].map(([length, i]) => (
    Math.min(length, axisOf(lengthAt(length, level), pair(window_size)[i], 0).window * 2 ** level)));
  const merged = level ? ` A merged window covers ${sides.join(" × ")} of them.` : "";
  return `After ${blocksText(blocks)}, ${what} ${numbers}.${merged} ${untilAll(state, ways)}`;
}

function untilAll(state, ways) {
  const back = state.looking_back;
  const [plain, shifted] = [ways.plain, ways.shifted].map((way) => blocksUntilAll(state, way));
  if (shifted === null) return "However many blocks follow, it never reaches all.";
  const who = back ? "It has seen all" : "All have heard it";
  if (plain === shifted) return `${who} after ${blocksText(shifted)}, with and without shift.`;
  if (plain === null) return `${who} after ${blocksText(shifted)} with shift; without, never.`;
  return `${who} after ${blocksText(shifted)} with shift, after ${plain} without.`;
}
