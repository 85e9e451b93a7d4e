// The arithmetic of the relative position bias in the browser: offsets, index, tables, and a table resized to
// another window; the same numbers as swin_edu/model/position.py and bias_facts.py (tests/js compares them).

export const HEADS = 4; // of the built-in tables
export const entriesOf = ([mh, mw]) => (2 * mh - 1) * (2 * mw - 1);
export const placeOf = ([, mw], token) => [Math.floor(token / mw), token % mw];
export const tokenOf = ([, mw], [r, c]) => r * mw + c;
export const offsetOf = (query, key) => [query[0] - key[0], query[1] - key[1]];

/** The table's row for an offset query - key. */
export function indexOf([mh, mw], [dr, dc]) {
  return (dr + mh - 1) * (2 * mw - 1) + (dc + mw - 1);
}

/** The offset that a row of the table stands for. */
export function offsetAt([mh, mw], index) {
  return [Math.floor(index / (2 * mw - 1)) - (mh - 1), (index % (2 * mw - 1)) - (mw - 1)];
}

/** Every pair [query, key] of a window with this offset. */
export function pairsWith([mh, mw], [dr, dc]) {
  const pairs = [];
  for (let r = Math.max(0, dr); r < mh + Math.min(0, dr); r++) {
    for (let c = Math.max(0, dc); c < mw + Math.min(0, dc); c++) pairs.push([[r, c], [r - dr, c - dc]]);
  }
  return pairs;
}

/** A pair with this offset whose query is as near to the given one as can be. */
export function pairNear([mh, mw], [dr, dc], [r, c]) {
  const query = [
    Math.min(Math.max(r, dr, 0), mh - 1 + Math.min(0, dr)), Math.min(Math.max(c, dc, 0), mw - 1 + Math.min(0, dc)),
  ];
  return { query, key: [query[0] - dr, query[1] - dc] };
}

// ---- tables ---------------------------------------------------------------------------------------

const NEIGHBOURS = [[0, 1], [0, -1], [1, 0], [-1, 0]]; // left, right, above, below: query - key
const PATTERNS = {
  distance(dr, dc) {
    const far = Math.hypot(dr, dc);
    return [2.4 - 1.4 * far, 1.6 - 1.6 * Math.abs(dr), 1.6 - 1.6 * Math.abs(dc), 0.9 * far - 1.8];
  },
  neighbours: (dr, dc) => NEIGHBOURS.map(([r, c]) => 3 * Math.exp(-2 * ((dr - r) ** 2 + (dc - c) ** 2)) - 0.5),
  random: (dr, dc) => NEIGHBOURS.map((_, head) => {
    const wave = Math.sin(12.9898 * dr + 78.233 * dc + 37.719 * head + 1) * 4375.85;
    return 4 * (wave - Math.floor(wave)) - 2;
  }),
  zeros: () => [0, 0, 0, 0],
};
export const PATTERN_NAMES = Object.keys(PATTERNS);

/** A table that nobody trained: one row an offset, one column a head. */
export function patternTable(name, window) {
  return Array.from({ length: entriesOf(window) }, (_, index) => (
    PATTERNS[name](...offsetAt(window, index)).map((value) => Math.round(value * 1e6) / 1e6)));
}

/** How a bicubic resize of one axis weighs the old places: for each new place, [[old place, weight], ...]. */
function cubicWeights(length, wanted) {
  const a = -0.75;
  const near = (x) => ((a + 2) * x - (a + 3)) * x * x + 1;
  const far = (x) => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return Array.from({ length: wanted }, (_, place) => {
    const at = ((place + 0.5) * length) / wanted - 0.5;
    const [whole, part] = [Math.floor(at), at - Math.floor(at)];
    return [far(part + 1), near(part), near(1 - part), far(2 - part)].map((weight, i) => (
      [Math.min(length - 1, Math.max(0, whole - 1 + i)), weight]));
  });
}

/** A table stretched from one window to another: each head's picture of offsets, bicubically. */
export function resizeTable(table, from, to) {
  if (String(from) === String(to)) return table.map((row) => [...row]);
  const [rows, columns] = [0, 1].map((axis) => cubicWeights(2 * from[axis] - 1, 2 * to[axis] - 1));
  const across = 2 * from[1] - 1;
  return rows.flatMap((down) => columns.map((right) => table[0].map((_, head) => {
    let sum = 0;
    for (const [r, u] of down) for (const [c, v] of right) sum += u * v * table[r * across + c][head];
    return sum;
  })));
}

// ---- words ----------------------------------------------------------------------------------------

const signed = (number) => String(number).replace("-", "−");
const point = ([r, c]) => `(${r}, ${c})`;

/** The offset, the index, and the index with its numbers, in three lines. */
export function formulaOf([mh, mw], query, key) {
  const [dr, dc] = offsetOf(query, key);
  const [first, second] = [dr + mh - 1, dc + mw - 1];
  return [
    `(dr, dc) = query − key = ${point(query)} − ${point(key)} = (${signed(dr)}, ${signed(dc)})`,
    "index = (dr + Mh − 1) · (2·Mw − 1) + (dc + Mw − 1)",
    `index = (${signed(dr)} + ${mh} − 1) · (2·${mw} − 1) + (${signed(dc)} + ${mw} − 1)`
      + ` = ${first} · ${2 * mw - 1} + ${second} = ${indexOf([mh, mw], [dr, dc])}`,
  ];
}

/** One sentence on a pair, with the numbers filled in. */
export function describeBias(window, query, key, head, bias) {
  const [dr, dc] = offsetOf(query, key);
  const shared = (window[0] - Math.abs(dr)) * (window[1] - Math.abs(dc));
  const share = shared === 1 ? "the only pair" : `shared by ${shared} of ${(window[0] * window[1]) ** 2} pairs`;
  return `Query ${point(query)} asks key ${point(key)}: offset (${signed(dr)}, ${signed(dc)}), `
    + `row ${indexOf(window, [dr, dc])} of the table, ${share}. Head ${head} adds ${signed(bias.toFixed(2))} to the score: `
    + `the weight times ${Math.exp(bias).toFixed(2)}, before all weights are made to sum to 1.`;
}

/** The Python line that gives the index on show. */
export function biasLine([mh, mw], query, key) {
  const size = mh === mw ? mh : point([mh, mw]);
  return `relative_position_index(${size})[${tokenOf([mh, mw], query)}, ${tokenOf([mh, mw], key)}]`;
}
