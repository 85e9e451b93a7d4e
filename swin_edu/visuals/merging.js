// The arithmetic of patch merging, in the browser: the same definition, the same numbers as PatchMerging with
// the weights of merge_facts.py (tests/js compares the two). No DOM here.
//
// A place is one of the four neighbours, numbered as the official order takes them: 0 (0, 0), 1 (1, 0), 2 (0, 1),
// 3 (1, 1), as (row, column). A map is { height, width, channels, values }, values row by row, channels last.

export const ORDERS = ["by column", "by row", "by channel"];
const GRAIN = [48, 72];
const EPSILON = 1e-5;

export const placeRow = (place) => place % 2;
export const placeColumn = (place) => Math.floor(place / 2);
const IN_ROWS = [0, 2, 1, 3]; // the places as rows go through them

/** Which neighbour and channel the number at `index` of a group comes from. */
export function slotAt(order, index, channels) {
  if (order === "by channel") return { place: IN_ROWS[index % 4], channel: Math.floor(index / 4) };
  const place = Math.floor(index / channels);
  return { place: order === "by row" ? IN_ROWS[place] : place, channel: index % channels };
}

/** Where in a group the number of a neighbour's channel stands; the way back of `slotAt`. */
export function indexOf(order, { place, channel }, channels) {
  if (order === "by channel") return 4 * channel + IN_ROWS[place];
  return (order === "by row" ? IN_ROWS[place] : place) * channels + channel;
}

/** The weight of output `out` for the number at `index`: means of all channels, then one difference of each. */
export function weightAt(out, index, channels) {
  const place = Math.floor(index / channels);
  const channel = out % channels;
  if (index % channels !== channel) return 0;
  if (out < channels) return 0.5;
  const [row, column] = [1 - 2 * placeRow(place), 1 - 2 * placeColumn(place)];
  return 0.5 * [row, column, row * column][channel % 3];
}

// ---- tokens of a photograph -------------------------------------------------------------------------

/** For each cell of one axis: [first, shares...] of the grain that it covers; shares sum to 1. */
function sharesOf(cells, side, whole, focus, grain) {
  const first = Math.min(Math.max(focus * whole - side / 2, 0), whole - side);
  return Array.from({ length: cells }, (_, cell) => {
    const [from, to] = [cell, cell + 1].map((edge) => ((first + (side * edge) / cells) * grain) / whole);
    const start = Math.floor(from);
    const end = Math.min(grain, Math.ceil(to));
    const shares = [];
    for (let i = start; i < end; i++) shares.push((Math.min(to, i + 1) - Math.max(from, i)) / (to - from));
    return { start, shares };
  });
}

/** Mean red, green and blue of each cell of a photograph's crop: a map of 3 channels. */
export function photoTokens({ size, focus, grain }, height, width) {
  const pixels = typeof grain === "string" ? Uint8Array.from(atob(grain), (letter) => letter.charCodeAt(0)) : grain;
  const [across, down] = size;
  const wide = Math.min(across, (down * width) / height);
  const rows = sharesOf(height, (wide * height) / width, down, focus[1], GRAIN[0]);
  const columns = sharesOf(width, wide, across, focus[0], GRAIN[1]);
  const values = new Float64Array(height * width * 3);
  rows.forEach((row, r) => columns.forEach((column, c) => {
    row.shares.forEach((down1, y) => column.shares.forEach((across1, x) => {
      const at = 3 * ((row.start + y) * GRAIN[1] + column.start + x);
      for (let k = 0; k < 3; k++) values[3 * (r * width + c) + k] += (down1 * across1 * pixels[at + k]) / 255;
    }));
  }));
  return { height, width, channels: 3, values };
}

// ---- merging ----------------------------------------------------------------------------------------

/** The numbers of the four neighbours that make one merged token, in an order; zeros in the padding. */
export function gatherGroup({ height, width, channels, values }, [row, column], order) {
  return Float64Array.from({ length: 4 * channels }, (_, index) => {
    const { place, channel } = slotAt(order, index, channels);
    const [r, c] = [2 * row + placeRow(place), 2 * column + placeColumn(place)];
    return r < height && c < width ? values[(r * width + c) * channels + channel] : 0;
  });
}

/** LayerNorm without learned scale. */
export function normalise(numbers) {
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numbers.length;
  return numbers.map((value) => (value - mean) / Math.sqrt(variance + EPSILON));
}

/** 4C numbers -> 2C. */
export function reduceNumbers(numbers, channels) {
  return Float64Array.from({ length: 2 * channels }, (_, out) => (
    numbers.reduce((sum, value, index) => sum + weightAt(out, index, channels) * value, 0)));
}

/** A whole map, merged once. */
export function mergeMap(map, order) {
  const [height, width] = [Math.ceil(map.height / 2), Math.ceil(map.width / 2)];
  const channels = 2 * map.channels;
  const values = new Float64Array(height * width * channels);
  for (let r = 0; r < height; r++) {
    for (let c = 0; c < width; c++) {
      const outputs = reduceNumbers(normalise(gatherGroup(map, [r, c], order)), map.channels);
      values.set(outputs, (r * width + c) * channels);
    }
  }
  return { height, width, channels, values };
}

/** The numbers of one token. */
export function numbersAt({ width, channels, values }, [row, column]) {
  return values.subarray((row * width + column) * channels, (row * width + column + 1) * channels);
}

/** The tokens of a photograph before any merging and after each of three. */
export function pyramidOf(photo, height, width, order) {
  const maps = [photoTokens(photo, height, width)];
  for (let level = 1; level <= 3; level++) maps.push(mergeMap(maps[level - 1], order));
  return maps;
}

/** Everything on one merged token: sources in their order, numbers on their way, what the official order gives. */
export function mergeFacts(maps, officialMaps, level, token, order) {
  const map = maps[level - 1];
  const { channels } = map;
  const places = order === "by column" ? [0, 1, 2, 3] : IN_ROWS;
  const sources = places.map((place) => [2 * token[0] + placeRow(place), 2 * token[1] + placeColumn(place)]);
  const padded = sources.filter(([r, c]) => r >= map.height || c >= map.width).length;
  const gathered = gatherGroup(map, token, order);
  const normed = normalise(gathered);
  const outputs = reduceNumbers(normed, channels);
  return { channels, places, sources, padded, gathered, normed, outputs, official: numbersAt(officialMaps[level], token) };
}

/** The next thing to point at with arrow keys in the wide panel: numbers go sideways, outputs (below them) down. */
export function stepPart(part, [down, right], channels, order) {
  const [n, outs] = [4 * channels, 2 * channels];
  const column = part?.place === undefined ? -1 : indexOf(order, part, channels);
  const row = part?.output ?? -1;
  const [index, output] = [Math.min(n - 1, Math.max(0, column + right)), Math.min(outs - 1, row + down)];
  return { ...slotAt(order, index, channels), ...(output >= 0 ? { output } : {}) };
}
