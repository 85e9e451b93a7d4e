// The arithmetic of windows, cyclic shift and mask, in the browser: the same definition, the same
// numbers as swin_edu/model/windows.py (tests/js compares the two). Every explorer that draws windows
// uses it.
//
// Rows and columns never mix, so everything is said for one axis first. A token at position r belongs
// to window floor((r - s) / M); an axis no longer than M is one window and is not shifted.

export const pair = (value) => (Array.isArray(value) ? value : [value, value]);

/** One axis: its window and shift as they really apply, and its length padded to whole windows. */
export function axisOf(length, window, shift) {
  const single = length <= window;
  const size = single ? length : window;
  const count = Math.ceil(length / size);
  return { length, window: size, shift: single ? 0 : shift, count, padded: count * size, single };
}

/** Both axes, [rows, columns], of a height x width token grid. */
export function axesOf(height, width, windowSize, shift) {
  const [mh, mw] = pair(windowSize);
  const [sh, sw] = pair(shift);
  return [axisOf(height, mh, sh), axisOf(width, mw, sw)];
}

/** Where the token of place r stands after the roll by -s; `placed` is the way back. */
export const rolled = (axis, place) => (place - axis.shift + axis.padded) % axis.padded;
export const placed = (axis, position) => (position + axis.shift) % axis.padded;

/** The band of a rolled position: 0 ordinary, 1 the end of the image, 2 wrapped around from its start. */
export function bandOf(axis, position) {
  if (axis.shift === 0 || position < axis.padded - axis.window) return 0;
  return position < axis.padded - axis.shift ? 1 : 2;
}

/** Region ids after the roll, row by row: 3 * row band + column band, and -1 for padding. */
export function regionIds(height, width, windowSize, shift) {
  const [rows, columns] = axesOf(height, width, windowSize, shift);
  const ids = new Int8Array(rows.padded * columns.padded);
  for (let r = 0; r < rows.padded; r++) {
    for (let c = 0; c < columns.padded; c++) {
      const real = placed(rows, r) < rows.length && placed(columns, c) < columns.length;
      ids[r * columns.padded + c] = real ? 3 * bandOf(rows, r) + bandOf(columns, c) : -1;
    }
  }
  return { rows: rows.padded, columns: columns.padded, ids };
}

/** The region ids of one window's N tokens, in row-major order. */
export function windowRegions(axes, window) {
  const [rows, columns] = axes;
  const top = Math.floor(window / columns.count) * rows.window;
  const left = (window % columns.count) * columns.window;
  const ids = new Int8Array(rows.window * columns.window);
  for (let i = 0; i < ids.length; i++) {
    const r = top + Math.floor(i / columns.window);
    const c = left + (i % columns.window);
    const real = placed(rows, r) < rows.length && placed(columns, c) < columns.length;
    ids[i] = real ? 3 * bandOf(rows, r) + bandOf(columns, c) : -1;
  }
  return ids;
}

/** Who may attend to whom: (windows, N, N) flat, 1 = may attend, [window, query, key]. */
export function shiftMask(height, width, windowSize, shift) {
  const axes = axesOf(height, width, windowSize, shift);
  const windows = axes[0].count * axes[1].count;
  const tokens = axes[0].window * axes[1].window;
  const mask = new Uint8Array(windows * tokens * tokens);
  for (let w = 0; w < windows; w++) {
    const ids = windowRegions(axes, w);
    for (let q = 0; q < tokens; q++) {
      for (let k = 0; k < tokens; k++) mask[(w * tokens + q) * tokens + k] = ids[q] === ids[k] ? 1 : 0;
    }
  }
  return { windows, tokens, mask };
}

/** The places [from, to) that place r attends to along one axis, straight from the definition. */
export function attendedSpan(axis, place, shift = axis.shift) {
  const from = Math.floor((place + 0.5 - shift) / axis.window) * axis.window + shift;
  return [Math.max(0, from), Math.min(axis.length, from + axis.window)];
}

/** The places [from, to) that reach place r through a plain block and then a shifted one. */
export function reachedSpan(axis, place) {
  const [from, to] = attendedSpan(axis, place);
  return [attendedSpan(axis, from, 0)[0], attendedSpan(axis, to - 1, 0)[1]];
}

/** What the explorers say about one token: its window, region, index in the window, whom it sees. */
export function tokenFacts(axes, token) {
  const [rows, columns] = axes;
  const [r, c] = [rolled(rows, token[0]), rolled(columns, token[1])];
  const window = Math.floor(r / rows.window) * columns.count + Math.floor(c / columns.window);
  const index = (r % rows.window) * columns.window + (c % columns.window);
  const real = token[0] < rows.length && token[1] < columns.length;
  const nothing = [[0, 0], [0, 0]];
  const spans = real ? {
    plain: axes.map((axis, i) => attendedSpan(axis, token[i], 0)),
    shifted: axes.map((axis, i) => attendedSpan(axis, token[i])),
    both: axes.map((axis, i) => reachedSpan(axis, token[i])),
  } : { plain: nothing, shifted: nothing, both: nothing };
  const area = ([[top, bottom], [left, right]]) => (bottom - top) * (right - left);
  const counts = { plain: area(spans.plain), shifted: area(spans.shifted), both: area(spans.both) };
  const region = real ? 3 * bandOf(rows, r) + bandOf(columns, c) : -1;
  return { window, region, index, spans, counts, real };
}

/** The place [row, column] of the token with this index in this window; padding included. */
export function tokenAt(axes, window, index) {
  const [rows, columns] = axes;
  const r = Math.floor(window / columns.count) * rows.window + Math.floor(index / columns.window);
  const c = (window % columns.count) * columns.window + (index % columns.window);
  return [placed(rows, r), placed(columns, c)];
}
