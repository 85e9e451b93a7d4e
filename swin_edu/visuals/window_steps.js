// The arithmetic of the WindowExplorer: where a token is at each step from the grid to the batch of windows,
// and what there is to say about it. No DOM; window_facts.py says the same, and tests/js compares the two.

import { axesOf } from "./windows.js";

export const STEPS = ["grid", "split", "permute", "flatten"];

/** All sizes that follow from the state: { batch, rows, columns, nh, nw, mh, mw, inside, perImage, total }. */
export function sizesOf({ batch, height, width, window_size }) {
  const [down, across] = axesOf(height, width, window_size, 0);
  const inside = down.window * across.window;
  const perImage = down.count * across.count;
  return {
    batch, height, width, rows: down.padded, columns: across.padded, nh: down.count, nw: across.count,
    mh: down.window, mw: across.window, inside, perImage, total: batch * perImage * inside,
  };
}

/** [image, row, column] of the token with this number, and back. */
export function tokenOf({ rows, columns }, number) {
  const inImage = number % (rows * columns);
  return [Math.floor(number / (rows * columns)), Math.floor(inImage / columns), inImage % columns];
}
export const numberOf = ({ rows, columns }, [image, row, column]) => (image * rows + row) * columns + column;

export const isPadding = ({ height, width }, [, row, column]) => row >= height || column >= width;

/** [image, window row, row inside, window column, column inside]: the axes after the split. */
export function splitIndex({ mh, mw }, [image, row, column]) {
  return [image, Math.floor(row / mh), row % mh, Math.floor(column / mw), column % mw];
}

/** The right window of a token, counted over the batch. */
export function ownerOf(sizes, token) {
  const [image, i, , j] = splitIndex(sizes, token);
  return image * sizes.perImage + i * sizes.nw + j;
}

/** A token's place in memory at the end; where the permute is forgotten, nothing moves. */
export function placeOf(sizes, number, forget) {
  if (forget) return number;
  const [, , y, , x] = splitIndex(sizes, tokenOf(sizes, number));
  return ownerOf(sizes, tokenOf(sizes, number)) * sizes.inside + y * sizes.mw + x;
}

/** The number of the token that ends at this place in memory. */
export function numberAt(sizes, place, forget) {
  if (forget) return place;
  const window = Math.floor(place / sizes.inside);
  const inside = place % sizes.inside;
  const inImage = window % sizes.perImage;
  const row = Math.floor(inImage / sizes.nw) * sizes.mh + Math.floor(inside / sizes.mw);
  const column = (inImage % sizes.nw) * sizes.mw + (inside % sizes.mw);
  return numberOf(sizes, [Math.floor(window / sizes.perImage), row, column]);
}

/** [window, row, column] at the end. */
export function endOf(sizes, number, forget) {
  const place = placeOf(sizes, number, forget);
  const inside = place % sizes.inside;
  return [Math.floor(place / sizes.inside), Math.floor(inside / sizes.mw), inside % sizes.mw];
}

/** The numbers of all tokens that end in the same window. */
export function companyOf(sizes, number, forget) {
  const [window] = endOf(sizes, number, forget);
  return Array.from({ length: sizes.inside }, (_, i) => numberAt(sizes, window * sizes.inside + i, forget));
}

/** A token's index at each step, without the channel. */
export function indicesOf(sizes, number, forget) {
  const token = tokenOf(sizes, number);
  const [image, i, y, j, x] = splitIndex(sizes, token);
  const split = [image, i, y, j, x];
  return { grid: token, split, permute: forget ? split : [image, i, j, y, x], flatten: endOf(sizes, number, forget) };
}

/** The shape at each step, in letters and in numbers. */
export function shapesOf({ batch, rows, columns, nh, nw, mh, mw, perImage }, forget) {
  const split = [["B", "nh", "Mh", "nw", "Mw", "C"], [batch, nh, mh, nw, mw, "C"]];
  return {
    grid: [["B", "H", "W", "C"], [batch, rows, columns, "C"]],
    split,
    permute: forget ? split : [["B", "nh", "nw", "Mh", "Mw", "C"], [batch, nh, nw, mh, mw, "C"]],
    flatten: [["B*nW", "Mh", "Mw", "C"], [batch * perImage, mh, mw, "C"]],
  };
}

/** The Python line that gives the windows on show. */
export function pythonLine({ batch, rows, columns, mh, mw, total }, forget) {
  if (forget) return `torch.arange(${total}).view(-1, ${mh}, ${mw}, 1)`;
  const window = mh === mw ? mh : `(${mh}, ${mw})`;
  return `window_partition(torch.arange(${total}).view(${batch}, ${rows}, ${columns}, 1), ${window})`;
}

/** What happens to a token, in words. */
export function describe(sizes, number, forget) {
  const [image, row, column] = tokenOf(sizes, number);
  const token = `Token ${number} (row ${row}, column ${column}${sizes.batch > 1 ? ` of image ${image}` : ""})`;
  if (isPadding(sizes, [image, row, column])) {
    return `${token} is padding: it only fills up the last windows and never takes part.`;
  }
  const [window, y, x] = endOf(sizes, number, forget);
  const inside = `place (${y}, ${x})`;
  if (!forget) {
    const place = placeOf(sizes, number, forget);
    const others = `with the ${sizes.inside - 1} other${sizes.inside > 2 ? "s" : ""} of its window`;
    const moves = place === number ? `is still at place ${place} of memory` : `has moved in memory, from place ${number} to ${place}`;
    return `${token} goes to window ${window}, ${inside}, ${sizes.inside > 1 ? others : "alone"}. At the end it ${moves}.`;
  }
  const company = companyOf(sizes, number, forget);
  const mixed = new Set(company.map((other) => ownerOf(sizes, tokenOf(sizes, other)))).size;
  if (mixed === 1) {
    const reason = sizes.mh === 1 ? "one row high" : "as wide as the grid";
    return `${token} goes to window ${window}, ${inside}: the right one, by luck. The windows are ${reason}, `
      + "so each lies in one piece in memory already.";
  }
  return `${token} ends up in “window” ${window}, ${inside}, with tokens of ${mixed} different windows. `
    + `Nothing moved in memory: this “window” is just the places ${company[0]} to ${company.at(-1)}.`;
}
