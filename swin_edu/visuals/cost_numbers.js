// What one attention layer costs, in the browser: the same numbers as attention_cost.py and the same words as
// cost_words.py (tests/js compares them). The image is square; its side may leave part of a patch or a window.

import { axesOf, pair } from "./windows.js";
import { compact, percent, ratioText } from "./amounts.js";

export const MEMORY_LIMIT = 24e9; // bytes of a common graphics card
export const SIDES = [16, 2048]; // image sides that can be chosen, in pixels

/** One attention layer on one token grid; windowSize null is global attention. */
export function attentionCost(height, width, channels, windowSize = null, heads = 1) {
  const [rows, columns] = axesOf(height, width, windowSize ?? [height, width], 0);
  const tokens = rows.padded * columns.padded;
  const pairs = tokens * rows.window * columns.window;
  const projections = 4 * tokens * channels ** 2;
  const products = 2 * pairs * channels;
  return {
    tokens, padding: tokens - height * width, pairs, projections, products,
    multiplyAdds: projections + products, bytes: 4 * heads * pairs, window: [rows.window, columns.window],
    padded: [rows.padded, columns.padded], windows: tokens / (rows.window * columns.window),
  };
}

/** Tokens along one side of the image. */
export const tokensAlong = (side, patch) => Math.ceil(side / patch);

/** Global and windowed attention for one state of the explorer. */
export function bothCosts({ side, window_size, channels, num_heads, patch_size }) {
  const along = tokensAlong(side, patch_size);
  const [everywhere, windows] = [null, window_size]
    .map((window) => attentionCost(along, along, channels, window, num_heads));
  return { along, everywhere, windows, crossing: crossingSide(num_heads, patch_size) };
}

/** The smallest image side, in whole patches, whose global attention matrices do not fit the memory. */
export function crossingSide(heads, patch) {
  let along = Math.max(1, Math.floor((MEMORY_LIMIT / (4 * heads)) ** 0.25) - 1);
  while (4 * heads * along ** 4 <= MEMORY_LIMIT) along += 1;
  return along * patch;
}

// ---- what may be chosen ---------------------------------------------------------------------------

/** The divisors of a number up to a bound, in rising order. */
export function divisorsOf(number, most) {
  return Array.from({ length: Math.min(number, most) }, (_, i) => i + 1).filter((d) => number % d === 0);
}

/** The heads nearest to those asked for, but no more, that share the channels evenly. */
export const possibleHeads = (channels, asked) => divisorsOf(channels, Math.max(1, asked)).at(-1);

// ---- words ----------------------------------------------------------------------------------------

const size = ([a, b]) => `${a} × ${b}`;
const headsText = (heads) => (heads === 1 ? "1 head" : `${heads} heads`);

/** The Python line that gives the numbers of windowed attention; window_size=None gives the global ones. */
export function costLine(state) {
  const { along } = bothCosts(state);
  const [mh, mw] = pair(state.window_size);
  const window = mh === mw ? mh : `(${mh}, ${mw})`;
  return `attention_cost(${along}, ${along}, ${state.channels}, ${window}, ${state.num_heads})`;
}

/** One or two sentences with the numbers filled in. */
export function describeCost(state) {
  const { along, everywhere, windows, crossing } = bothCosts(state);
  const where = `At ${state.side} px (${along} × ${along} tokens)`;
  const memory = `${headsText(state.num_heads)} × pairs × 4 bytes`;
  if (windows.windows === 1) {
    return `${where} all tokens fit into one window: global and windowed attention are the same, `
      + `${compact(everywhere.pairs)} pairs per layer and ${compact(everywhere.bytes, "B")} of attention matrices (${memory}).`;
  }
  const more = everywhere.pairs >= windows.pairs;
  const [one, other] = more ? [everywhere, windows] : [windows, everywhere];
  const who = more ? ["global attention makes", `windows of ${size(windows.window)}`]
    : [`windows of ${size(windows.window)} make`, "global attention"];
  const pairs = `${where}, per layer, ${who[0]} ${ratioText(one.pairs / other.pairs)} times as many pairs as ${who[1]}: `
    + `${compact(one.pairs)} against ${compact(other.pairs)}.`;
  if (windows.padding) {
    return `${pairs} The grid is padded to ${size(windows.padded)}: `
      + `${percent(windows.padding / windows.tokens)} of the windows' tokens are padding, which is work too.`;
  }
  const limit = everywhere.bytes <= MEMORY_LIMIT ? `they outgrow 24 GB at ${crossing} px` : "more than the 24 GB of a large card";
  return `${pairs} Its attention matrices take ${compact(everywhere.bytes, "B")} for one image (${memory}); ${limit}.`;
}
