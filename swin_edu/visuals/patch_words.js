// What the PatchExplorer says: the sentence below it and the Python line. patch_facts.py says the same.

import { COLOURS, TOKEN_LENGTH, numberPlace, paddingOf, patchGrid } from "./patches.js";

const COLOUR_NAMES = ["red", "green", "blue"];
const grouped = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ",");
export const signedWords = (value) => `${value < 0 ? "−" : ""}${Math.abs(value).toFixed(2)}`;

/** The Python line that gives the numbers of the chosen patch. */
export function patchLine({ patch_size, patch }) {
  return `patchify(explorer.images, ${patch_size})[0, ${patch[0]}, ${patch[1]}]`;
}

/** On one patch: where it lies, and how many numbers it has. */
export function describePatch(image, side, [row, column]) {
  const { rows, columns } = patchGrid(image, side);
  const padding = paddingOf(image, side, [row, column]);
  const filled = padding ? ` (${grouped(padding)} of the pixels ${padding === 1 ? "is" : "are"} padding, zeros)` : "";
  return `Patch (${row}, ${column}) has ${side} × ${side} pixels of ${COLOURS} colours: ${grouped(side * side * COLOURS)} numbers${filled}. `
    + `The matrix makes ${TOKEN_LENGTH} of them: a token. The image is ${rows} × ${columns} = ${grouped(rows * columns)} tokens.`;
}

/** On one pixel of the patch, all three colours. */
export function describePixel(side, [row, column], [i, j]) {
  const first = numberPlace(side, [i, j]);
  return `Pixel (${i}, ${j}) of the patch is pixel (${row * side + i}, ${column * side + j}) of the image. Its red, green and blue`
    + ` are at the places ${grouped(first)}, ${grouped(first + 1)} and ${grouped(first + 2)}, from (${i} × ${side} + ${j}) × 3 on.`;
}

/** On one number of the patch: what it is, and what it adds to one number of the token. */
export function describeNumber(side, [i, j, colour], value, weight, number) {
  const place = numberPlace(side, [i, j], colour);
  return `Place ${grouped(place)} = (${i} × ${side} + ${j}) × 3 + ${colour} holds the ${COLOUR_NAMES[colour]} of the patch's`
    + ` pixel (${i}, ${j}). ${signedWords(value)} times the weight ${signedWords(weight)} adds ${signedWords(value * weight)}`
    + ` to number ${number} of the token.`;
}

/** On one number of the token. */
export function describeTokenNumber(length, number, value) {
  return `Number ${number} of the token is ${signedWords(value)}: each of the ${grouped(length)} numbers of the patch times its`
    + ` weight in row ${number} of the matrix, all added up.`;
}
