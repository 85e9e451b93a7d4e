// The panels of the PatchExplorer, each drawn from one scene: image, side, patch, numbers, row (the weights of one
// number of the token), token, number, place (the pixel pointed at, [row, column] or [row, column, colour]).

import { COLOURS, TOKEN_LENGTH, patchGrid } from "./patches.js";
import { signedWords } from "./patch_words.js";
import { clamp } from "./kit.js";
import { chip, drawMatrix, fitted, hatch, outline, packed, rectanglePath, signedColour, writeText } from "./drawing.js";

const TOKEN_LIMIT = 1.2; // the numbers of a token hardly ever go beyond
const ROOM = 6; // around a picture, for the frame of what is chosen

// ---- 1: the photograph ------------------------------------------------------------------------------

/** Where the padded image lies on its canvas; `unit` is the side of a pixel and need not be whole. */
export function imageOn(canvas, image, side) {
  const { rows, columns } = patchGrid(image, side);
  const [across, down] = [canvas.clientWidth - 2 * ROOM, canvas.clientHeight - 2 * ROOM];
  const unit = Math.min(across / (columns * side), down / (rows * side));
  const [width, height] = [columns * side * unit, rows * side * unit];
  return { x: ROOM + (across - width) / 2, y: ROOM, unit, width, height, rows, columns };
}

/** The image's pixels as something that can be drawn. */
export function bitmapOf({ data, height, width }) {
  const bitmap = document.createElement("canvas");
  Object.assign(bitmap, { height, width });
  const context = bitmap.getContext("2d");
  const pixels = context.createImageData(width, height);
  for (let i = 0; i < height * width; i++) {
    for (let colour = 0; colour < COLOURS; colour++) pixels.data[4 * i + colour] = data[COLOURS * i + colour];
    pixels.data[4 * i + 3] = 255;
  }
  context.putImageData(pixels, 0, 0);
  return bitmap;
}

export function paintImage(canvas, { image, side, patch, colours }) {
  const context = fitted(canvas);
  if (!context) return;
  const { x, y, unit, width, height, rows, columns } = imageOn(canvas, image, side);
  const real = [x, y, image.width * unit, image.height * unit];
  const outside = rectanglePath([x, y, width, height]);
  outside.addPath(rectanglePath(real));
  hatch(context, outside, [x, y, width, height], { colour: colours.muted_ink, fill: colours.padding });
  context.imageSmoothingEnabled = false;
  context.drawImage(image.bitmap, ...real);
  const step = side * unit;
  context.beginPath();
  for (let r = 0; r <= rows; r++) { context.moveTo(x, y + r * step); context.lineTo(x + width, y + r * step); }
  for (let c = 0; c <= columns; c++) { context.moveTo(x + c * step, y); context.lineTo(x + c * step, y + height); }
  context.lineWidth = 1;
  context.globalAlpha = clamp(step / 22, 0.22, 0.7);
  context.strokeStyle = "#fff";
  context.stroke();
  context.globalAlpha = 1;
  outline(context, [x + patch[1] * step, y + patch[0] * step, step, step], colours.series_1, colours, 2.5);
}

// ---- 2: the patch, enlarged -------------------------------------------------------------------------

/** Where the pixels of the patch lie. */
export function patchOn(canvas, side) {
  const room = Math.min(canvas.clientWidth, canvas.clientHeight) - 2 * ROOM;
  return { x: (canvas.clientWidth - room) / 2, y: ROOM, unit: room / side, rows: side, columns: side };
}

export function paintPatch(canvas, { image, side, patch, place, colours }) {
  const context = fitted(canvas);
  if (!context) return;
  const grid = patchOn(canvas, side);
  const { x, y, unit } = grid;
  const whole = [x, y, unit * side, unit * side];
  const [left, top] = [patch[1] * side, patch[0] * side];
  const [across, down] = [Math.min(side, image.width - left), Math.min(side, image.height - top)];
  const real = [x, y, across * unit, down * unit];
  const outside = rectanglePath(whole);
  outside.addPath(rectanglePath(real));
  hatch(context, outside, whole, { colour: colours.muted_ink, fill: colours.padding });
  context.imageSmoothingEnabled = false;
  context.drawImage(image.bitmap, left, top, across, down, ...real);
  outline(context, whole, colours.series_1, colours, 2.5);
  if (place) outline(context, [x + place[1] * unit, y + place[0] * unit, unit, unit], colours.series_0, colours, 2.5);
}

const isPadding = ({ height, width }, side, [row, column]) => (i, j) => (
  row * side + i >= height || column * side + j >= width);

// ---- 3: its numbers, and one row of the matrix ------------------------------------------------------

/** Where the numbers (block 0) and the weights (block 1) lie: a line for each row of pixels, colours side by side. */
export function numbersOn(canvas, side) {
  const unit = (canvas.clientWidth - 2) / (side * COLOURS);
  const label = 20;
  const blocks = [0, 1].map((block) => ({
    x: 1, y: label + block * (side * unit + label + 4), unit, rows: side, columns: side * COLOURS,
  }));
  return { blocks, label };
}

export function paintNumbers(canvas, scene) {
  const { image, side, patch, numbers, row, number, place, colours } = scene;
  const context = fitted(canvas);
  if (!context) return;
  const { blocks, label } = numbersOn(canvas, side);
  const padded = isPadding(image, side, patch);
  const limit = 1 / Math.sqrt(numbers.length);
  const word = { size: 12, colour: colours.muted_ink, align: "left" };
  writeText(context, "red, green, blue of each pixel", 1, blocks[0].y - label / 2 - 1, word);
  writeText(context, `weights: row ${number} of the matrix`, 1, blocks[1].y - label / 2 - 1, word);
  const at = (r, c) => r * side * COLOURS + c;
  const shades = [
    (r, c) => (padded(r, Math.floor(c / COLOURS)) ? colours.padding : swatch(numbers[at(r, c)], c % COLOURS)),
    (r, c) => signedColour(row[at(r, c)], limit, colours),
  ];
  blocks.forEach((block, b) => {
    const { x, y, unit } = block;
    if (unit >= 8) drawMatrix(context, block, shades[b]);
    else drawFine(context, block, shades[b]);
    separate(context, block, colours);
    if (unit >= 23) writeValues(context, block, b ? row : numbers, (r, c) => inkOn(shades[b](r, c), colours));
    if (!place) return;
    const [left, wide] = place.length > 2 ? [place[1] * COLOURS + place[2], 1] : [place[1] * COLOURS, COLOURS];
    outline(context, [x + left * unit, y + place[0] * unit, wide * unit, unit], colours.series_0, colours, 2.5);
  });
}

const finePixels = globalThis.document?.createElement("canvas");

/** Many small cells: one pixel each, enlarged, which is faster and leaves no hairlines between them. */
function drawFine(context, { x, y, unit, rows, columns }, shadeAt) {
  Object.assign(finePixels, { width: columns, height: rows });
  const fine = finePixels.getContext("2d");
  const picture = fine.createImageData(columns, rows);
  const words = new Uint32Array(picture.data.buffer);
  for (let i = 0; i < words.length; i++) words[i] = packed(shadeAt(Math.floor(i / columns), i % columns));
  fine.putImageData(picture, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(finePixels, x, y, columns * unit, rows * unit);
}

/** A number as its own light: so much red, green or blue. */
function swatch(value, colour) {
  const parts = [0, 0, 0];
  parts[colour] = Math.round(255 * value);
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

function separate(context, { x, y, unit, rows, columns }, colours) {
  if (unit < 5) return;
  context.beginPath();
  for (let c = COLOURS; c < columns; c += COLOURS) { context.moveTo(x + c * unit, y); context.lineTo(x + c * unit, y + rows * unit); }
  for (let r = 1; r < rows; r++) { context.moveTo(x, y + r * unit); context.lineTo(x + columns * unit, y + r * unit); }
  context.lineWidth = unit > 12 ? 2 : 1;
  context.strokeStyle = colours.surface;
  context.stroke();
}

function writeValues(context, { x, y, unit, rows, columns }, values, inkAt) {
  const size = clamp(unit * 0.36, 9, 13);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const words = signedWords(values[r * columns + c]).replace("0.", ".");
      writeText(context, words, x + (c + 0.5) * unit, y + (r + 0.54) * unit, { size, colour: inkAt(r, c) });
    }
  }
}

const channel = (shade, from) => (parseInt(shade.slice(from, from + 2), 16) / 255) ** 2.2;

/** White or black, whichever can be read on a colour. */
function inkOn(shade, colours) {
  const light = 0.2126 * channel(shade, 1) + 0.7152 * channel(shade, 3) + 0.0722 * channel(shade, 5);
  return light < 0.18 ? "#fff" : colours.region_ink;
}

// ---- 4: the token -----------------------------------------------------------------------------------

const AXIS = 26; // room for the numbers beside the bars

/** Where the bars stand: `unit` is the room of one. */
export function barsOn(canvas) {
  const [width, height] = [canvas.clientWidth - AXIS - 4, canvas.clientHeight];
  return { x: AXIS, unit: width / TOKEN_LENGTH, zero: height / 2, scale: (height / 2 - 10) / TOKEN_LIMIT, width, height };
}

export function paintToken(canvas, { token, number, colours }) {
  const context = fitted(canvas);
  if (!context) return;
  const { x, unit, zero, scale, width, height } = barsOn(canvas);
  context.fillStyle = colours.line;
  context.fillRect(x + number * unit - 1, 0, unit + 2, height);
  for (const value of [1, 0, -1]) {
    const y = Math.round(zero - value * scale) + 0.5;
    context.fillStyle = value ? colours.line : colours.muted_ink;
    context.fillRect(x, y - 0.5, width, 1);
    writeText(context, String(value).replace("-", "−"), AXIS - 8, y, { size: 11, colour: colours.muted_ink, align: "right" });
  }
  const gap = unit > 5 ? 1.5 : 0.6;
  token.forEach((value, k) => {
    const tall = clamp(value, -TOKEN_LIMIT, TOKEN_LIMIT) * scale;
    context.fillStyle = value < 0 ? colours.negative : colours.positive;
    context.fillRect(x + k * unit + gap / 2, Math.min(zero, zero - tall), unit - gap, Math.abs(tall));
  });
  const words = `number ${number}: ${signedWords(token[number])}`;
  const place = clamp(x + (number + 0.5) * unit, x + 62, x + width - 58);
  chip(context, words, place, token[number] < 0 ? 12 : height - 12, { fill: colours.ink, ink: colours.surface });
}
