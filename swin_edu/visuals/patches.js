// The arithmetic of patches in the browser: the same numbers, in the same order, as swin_edu/model/patches.py
// and PatchExplorer in Python (tests/js compares the two).
//
// An image is { data, height, width }, data its bytes: red, green, blue of each pixel, row by row.

export const COLOURS = 3;
export const TOKEN_LENGTH = 96; // as in Swin-T

/** The grid of patches: { rows, columns }; the last ones are filled up with zeros. */
export function patchGrid({ height, width }, side) {
  return { rows: Math.ceil(height / side), columns: Math.ceil(width / side) };
}

/** Where a number stands in the flattened patch: rows of pixels first, then columns, then colours. */
export const numberPlace = (side, [row, column], colour = 0) => (row * side + column) * COLOURS + colour;

/** The way back: [row, column, colour] of a place. */
export function pixelOfPlace(side, place) {
  const pixel = Math.floor(place / COLOURS);
  return [Math.floor(pixel / side), pixel % side, place % COLOURS];
}

/** The p*p*3 numbers of one patch, 0 to 1, in their order. */
export function patchNumbers({ data, height, width }, side, [row, column]) {
  const numbers = new Float64Array(side * side * COLOURS);
  for (let place = 0; place < numbers.length; place++) {
    const [i, j, colour] = pixelOfPlace(side, place);
    const [y, x] = [row * side + i, column * side + j];
    if (y < height && x < width) numbers[place] = data[(y * width + x) * COLOURS + colour] / 255;
  }
  return numbers;
}

/** How many of a patch's pixels are padding. */
export function paddingOf({ height, width }, side, [row, column]) {
  const [down, across] = [Math.min(side, height - row * side), Math.min(side, width - column * side)];
  return side * side - down * across;
}

/** The matrix W, row by row: as random as in an untrained network, but the same each time. */
export function embeddingMatrix(side) {
  const length = side * side * COLOURS;
  const matrix = new Float64Array(TOKEN_LENGTH * length);
  const limit = 1 / Math.sqrt(length);
  for (let i = 0; i < matrix.length; i++) {
    let word = (i + side * 1048576) | 0;
    word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    word = (word ^ (word >>> 16)) >>> 0;
    matrix[i] = (word / 2147483648 - 1) * limit;
  }
  return matrix;
}

/** The token: each row of the matrix times the numbers, added up. */
export function embedNumbers(matrix, numbers) {
  const token = new Float64Array(TOKEN_LENGTH);
  for (let k = 0, i = 0; k < TOKEN_LENGTH; k++) {
    for (let place = 0; place < numbers.length; place++, i++) token[k] += matrix[i] * numbers[place];
  }
  return token;
}
