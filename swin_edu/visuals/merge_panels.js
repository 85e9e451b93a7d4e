// The panels of the MergeExplorer, each drawn from one scene: the maps of all levels, the merged token on show
// and its facts, what is pointed at (part), and how far a change of order has moved (part `moved`, 0 to 1).

import { placeColumn, placeRow, indexOf, numbersAt, slotAt, weightAt } from "./merging.js";
import { inWords, outputName } from "./merge_words.js";
import {
  chip, drawPhotograph, drawTokenLines, fitted, gridOn, hatch, outline, rectanglePath, signedColour, startGrid, writeText,
} from "./drawing.js";

export const MERGE_MARGINS = { before: 22, after: 8 };
const STRONGEST = 2; // a normalised number this large has the full colour
const seriesOf = (place) => `series_${place}`;

/** The length of an axis in tokens of a level; not whole where a merged token reaches over the edge. */
const lengths = ({ values, level }, merged) => [values.height, values.width].map((side) => (
  { length: side / 2 ** (level - (merged ? 0 : 1)) }));

function drawAxisNumbers({ context, x, y, unit, rows, columns }, chosen, colours) {
  const every = Math.max(1, Math.ceil(15 / unit));
  const write = (number, bold, left, top) => {
    if (!bold && number % every) return;
    writeText(context, String(number), left, top, { size: 11, weight: bold ? 700 : 400, colour: bold ? colours.ink : colours.muted_ink });
  };
  for (let r = 0; r < rows; r++) write(r, chosen[0].includes(r), x - 11, y + (r + 0.5) * unit);
  for (let c = 0; c < columns; c++) write(c, chosen[1].includes(c), x + (c + 0.5) * unit, y - 10);
}

/** Whether a neighbour of the token on show lies outside the map. */
function isPadding({ maps, level, token }, place) {
  const { height, width } = maps[level - 1];
  return 2 * token[0] + placeRow(place) >= height || 2 * token[1] + placeColumn(place) >= width;
}

const cellRect = ({ x, y, unit }, [r, c], inset = 0) => [x + c * unit + inset, y + r * unit + inset, unit - 2 * inset, unit - 2 * inset];

// ---- 1: the tokens that merge -----------------------------------------------------------------------

export const tokensGrid = (canvas, { maps, level }) => (
  gridOn(canvas, 2 * maps[level].height, 2 * maps[level].width, MERGE_MARGINS));

export function paintTokens(canvas, scene) {
  const { maps, level, token, facts, photo, colours, part } = scene;
  const grid = startGrid(canvas, 2 * maps[level].height, 2 * maps[level].width, MERGE_MARGINS);
  if (!grid) return;
  const { context, x, y, unit, rows, columns } = grid;
  drawPhotograph(grid, photo, lengths(scene), colours);
  drawTokenLines(grid);
  context.lineWidth = 1.5;
  context.strokeStyle = `${colours.surface}b3`;
  const groups = new Path2D();
  for (let r = 0; r <= rows; r += 2) { groups.moveTo(x, y + r * unit); groups.lineTo(x + grid.width, y + r * unit); }
  for (let c = 0; c <= columns; c += 2) { groups.moveTo(x + c * unit, y); groups.lineTo(x + c * unit, y + grid.height); }
  context.stroke(groups);
  outline(context, [x + 2 * token[1] * unit, y + 2 * token[0] * unit, 2 * unit, 2 * unit], colours.ink, colours, 3);
  facts.places.forEach((place, position) => {
    const cell = [2 * token[0] + placeRow(place), 2 * token[1] + placeColumn(place)];
    const pointed = part?.place === place;
    const inset = Math.max(1, unit * 0.06);
    const path = rectanglePath(cellRect(grid, cell, inset), 2);
    context.save();
    context.globalAlpha = pointed ? 0.9 : 0.5;
    context.fillStyle = colours[seriesOf(place)];
    context.fill(path);
    context.restore();
    context.lineWidth = pointed ? 3 : 2;
    context.strokeStyle = colours[seriesOf(place)];
    context.stroke(path);
    if (unit < 12) return;
    const [left, top] = [x + (cell[1] + 0.5) * unit, y + (cell[0] + 0.5) * unit];
    chip(context, String(position), left, top, { fill: colours[seriesOf(place)], ink: colours.on_series, border: colours.surface, size: Math.min(12, unit * 0.5) });
  });
  const [top, left] = token.map((t) => 2 * t);
  drawAxisNumbers(grid, [[top, top + 1], [left, left + 1]], colours);
}

// ---- 2: numbers, norm, matrix, outputs --------------------------------------------------------------

/** Where everything stands in the wide panel. */
export function mergeLayout(canvas, channels) {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const [left, right] = [2, width < 440 ? 122 : 148];
  const [n, outs] = [4 * channels, 2 * channels];
  const unit = (width - left - right) / n;
  const rowHeight = Math.min(26, height * 0.11);
  const numbers = { y: 20, height: rowHeight };
  const norm = { y: numbers.y + rowHeight + 10, height: rowHeight };
  const matrix = { y: norm.y + rowHeight + 12 };
  matrix.step = (height - matrix.y - 2) / outs;
  return { width, height, left, unit, n, outs, numbers, norm, matrix, outputs: width - right };
}

/** What is at a point of the wide panel: { place, channel }, { output }, both, or null. */
export function mergePartAt(canvas, channels, order, x, y) {
  const { left, unit, n, outs, numbers, norm, matrix, outputs } = mergeLayout(canvas, channels);
  const index = Math.floor((x - left) / unit);
  const output = Math.floor((y - matrix.y) / matrix.step);
  const inMatrix = output >= 0 && output < outs;
  if (index >= 0 && index < n) {
    const slot = slotAt(order, index, channels);
    if (inMatrix) return { ...slot, output };
    return y >= numbers.y - 16 && y < norm.y + norm.height + 6 ? slot : null;
  }
  return inMatrix && x >= outputs ? { output } : null;
}

export function paintMerge(canvas, scene) {
  const context = fitted(canvas);
  if (!context) return;
  context.save(); // outlines leave their joins behind
  const { facts, colours, order, from, moved, part } = scene;
  const { channels, gathered, normed } = facts;
  const layout = mergeLayout(canvas, channels);
  const { left, unit, n, numbers, norm } = layout;
  const label = { size: 11.5, colour: colours.muted_ink, align: "left" };
  writeText(context, "their numbers", layout.outputs + 10, numbers.y + numbers.height / 2, label);
  writeText(context, "after the norm", layout.outputs + 10, norm.y + norm.height / 2, label);
  const size = Math.min(11.5, unit * 0.34);
  const gap = unit > 12 ? 1 : 0;
  for (let index = 0; index < n; index++) {
    const slot = slotAt(order, index, channels);
    // While the order changes, each number travels from its old place to its new one.
    const at = index * moved + indexOf(from, slot, channels) * (1 - moved);
    const x = left + at * unit;
    const pointed = part && part.place === slot.place && part.channel === slot.channel;
    const box = [x, numbers.y, unit - gap, numbers.height];
    context.fillStyle = colours[seriesOf(slot.place)];
    context.fillRect(...box);
    if (isPadding(scene, slot.place)) hatch(context, rectanglePath(box), box, { colour: colours.muted_ink, fill: colours.padding });
    context.fillStyle = signedColour(normed[index], STRONGEST, colours);
    context.fillRect(x, norm.y, unit - gap, norm.height);
    context.strokeStyle = colours.line;
    context.lineWidth = 1;
    if (gap) context.strokeRect(x + 0.5, norm.y + 0.5, unit - gap - 1, norm.height - 1);
    if (size > 8) {
      const middle = x + (unit - gap) / 2;
      writeText(context, inWords(gathered[index]), middle, numbers.y + numbers.height / 2 + 0.5, {
        size, weight: 600, colour: isPadding(scene, slot.place) ? colours.ink : colours.on_series,
      });
      const ink = Math.abs(normed[index]) > 0.8 * STRONGEST ? colours.surface : colours.ink;
      writeText(context, inWords(normed[index]), middle, norm.y + norm.height / 2 + 0.5, { size, colour: ink });
    }
    if (pointed) outline(context, [x, numbers.y, unit - gap, norm.y + norm.height - numbers.y], colours.ink, colours, 2);
  }
  if (part?.place !== undefined && part.channel === undefined && moved === 1) {
    const indices = Array.from({ length: channels }, (_, channel) => indexOf(order, { place: part.place, channel }, channels));
    const blocks = order === "by channel" ? indices.map((index) => [index, 1]) : [[indices[0], channels]];
    for (const [index, wide] of blocks) outline(context, [left + index * unit, numbers.y, wide * unit - gap, norm.y + norm.height - numbers.y], colours.ink, colours, 2);
  }
  drawSourceLabels(context, scene, layout);
  drawWeights(context, scene, layout);
  drawOutputs(context, scene, layout);
  context.restore();
}

/** Above the numbers: which token each block of them comes from, or which channel. */
function drawSourceLabels(context, { facts, colours, order, level, moved }, { left, unit, numbers }) {
  if (moved < 1) return;
  const { channels, sources } = facts;
  const byChannel = order === "by channel";
  const [blocks, wide] = byChannel ? [channels, 4 * unit] : [4, channels * unit];
  if (wide < 34) return;
  for (let block = 0; block < blocks; block++) {
    const words = byChannel ? (level === 1 ? ["red", "green", "blue"][block] : `ch ${block}`) : `(${sources[block].join(", ")})`;
    const colour = byChannel ? colours.muted_ink : colours[seriesOf(facts.places[block])];
    writeText(context, words, left + (block + 0.5) * wide, numbers.y - 10, { size: 11, weight: 650, colour });
  }
}

function drawWeights(context, { facts, colours, part }, { left, unit, n, outs, matrix }) {
  const gap = Math.min(unit, matrix.step) > 6 ? 1 : 0;
  for (let out = 0; out < outs; out++) {
    for (let index = 0; index < n; index++) {
      context.fillStyle = signedColour(weightAt(out, index, facts.channels), 0.5, colours);
      context.fillRect(left + index * unit, matrix.y + out * matrix.step, unit - gap, matrix.step - gap);
    }
  }
  context.lineWidth = 1;
  context.strokeStyle = colours.line;
  context.strokeRect(left - 0.5, matrix.y - 0.5, n * unit, outs * matrix.step);
  if (part?.output !== undefined) {
    outline(context, [left, matrix.y + part.output * matrix.step, n * unit, matrix.step], colours.ink, colours, 2);
  }
}

const differs = ({ order, facts }, out) => order !== "by column" && Math.abs(facts.official[out] - facts.outputs[out]) > 5e-3;

/** Signed bars at the right of the matrix; a mark shows what the official order would have given. */
function drawOutputs(context, scene, { outputs: x, width, outs, matrix }) {
  const { facts, colours, level, part, shownOutputs } = scene;
  const words = matrix.step >= 10;
  const longest = words ? (width - x) * 0.18 : (width - x) * 0.4;
  const axis = x + 10 + longest;
  const strongest = Math.max(STRONGEST, ...facts.outputs.map(Math.abs), ...facts.official.map(Math.abs));
  for (let out = 0; out < outs; out++) {
    const y = matrix.y + out * matrix.step;
    const value = shownOutputs[out];
    const inset = matrix.step > 8 ? 3 : 0.5;
    context.fillStyle = value < 0 ? colours.negative : colours.positive;
    context.fillRect(axis, y + inset, (longest * value) / strongest, matrix.step - 2 * inset);
    const wrong = differs(scene, out);
    if (wrong) {
      context.fillStyle = colours.ink;
      context.fillRect(axis + (longest * facts.official[out]) / strongest - 1, y + 1, 2.5, matrix.step - 2);
    }
    if (!words) continue;
    const look = { size: Math.min(11.5, matrix.step), weight: wrong || part?.output === out ? 700 : 400, colour: colours.ink };
    const middle = y + matrix.step / 2;
    const number = axis + longest + 43;
    writeText(context, inWords(facts.outputs[out]), number, middle, { ...look, align: "right" });
    writeText(context, `${shortName(level, out, facts.channels)}${wrong ? " ✗" : ""}`, number + 6, middle, { ...look, align: "left" });
  }
  context.fillStyle = colours.muted_ink;
  context.fillRect(axis - 0.5, matrix.y, 1, outs * matrix.step);
}

const SHORT = { mean: "", "upper − lower": " ↕", "left − right": " ↔", diagonal: " ╲" };
const LETTERS = { red: "R", green: "G", blue: "B" };

function shortName(level, out, channels) {
  const [channel, what] = outputName(level, out, channels).split(", ");
  return `${LETTERS[channel] ?? channel.replace("channel ", "")}${SHORT[what]}`;
}

// ---- 3: the merged tokens ---------------------------------------------------------------------------

export const mergedGrid = (canvas, { maps, level }) => gridOn(canvas, maps[level].height, maps[level].width, MERGE_MARGINS);

export function paintMerged(canvas, scene) {
  const { maps, officialMaps, level, token, photo, colours, part } = scene;
  const map = maps[level];
  const grid = startGrid(canvas, map.height, map.width, MERGE_MARGINS);
  if (!grid) return;
  const { context, x, y, unit } = grid;
  drawPhotograph(grid, photo, lengths(scene, true), colours);
  context.fillStyle = `${colours.surface}d9`;
  context.fillRect(x, y, grid.width, grid.height);
  const strongest = Math.max(1, ...[map, officialMaps[level]].map(({ values }) => (
    values.reduce((most, value) => Math.max(most, Math.abs(value)), 0))));
  for (let r = 0; r < map.height; r++) {
    for (let c = 0; c < map.width; c++) {
      const numbers = numbersAt(map, [r, c]);
      const right = numbersAt(officialMaps[level], [r, c]);
      const step = (unit - 6) / numbers.length;
      const middle = y + (r + 0.5) * unit;
      const here = String([r, c]) === String(token);
      numbers.forEach((value, out) => {
        context.fillStyle = value < 0 ? colours.negative : colours.positive;
        context.globalAlpha = part?.output === undefined || (part.output === out && here) ? 1 : 0.35;
        const tall = -(unit / 2 - 4) / strongest;
        const wide = Math.max(0.75, step - (step > 3 ? 1 : 0));
        const left = x + c * unit + 3 + out * step;
        context.fillRect(left, middle, wide, tall * value);
        if (Math.abs(right[out] - value) < 5e-3 || step < 2) return;
        context.fillStyle = colours.ink; // where the official order would have ended
        context.fillRect(left, middle + tall * right[out] - 0.75, wide, 1.5);
      });
      context.globalAlpha = 1;
    }
  }
  drawTokenLines({ ...grid, unit: Math.max(unit, 7) }, colours.line);
  context.lineWidth = 1;
  context.strokeStyle = colours.muted_ink;
  context.strokeRect(x + 0.5, y + 0.5, grid.width - 1, grid.height - 1);
  outline(context, cellRect(grid, token), colours.ink, colours, 3);
  drawAxisNumbers(grid, token.map((t) => [t]), colours);
}

// ---- the pyramid ------------------------------------------------------------------------------------

/** One level of the pyramid: its grid on the photograph, and the footprint of the token on show. */
export function paintLevel(canvas, scene, shownLevel) {
  const { maps, level, token, photo, colours, values } = scene;
  const map = maps[shownLevel];
  const grid = startGrid(canvas, map.height, map.width, { before: 3, after: 3 });
  if (!grid) return;
  const { context, x, y, unit, width, height } = grid;
  drawPhotograph(grid, photo, [values.height, values.width].map((side) => ({ length: side / 2 ** shownLevel })), colours);
  const scale = 2 ** (level - shownLevel); // sides of the token on show, in tokens of this level
  const [top, left, side] = scale >= 1
    ? [token[0] * scale, token[1] * scale, scale] : [...token.map((t) => Math.floor(t * scale)), 1];
  const rect = [x + left * unit, y + top * unit, Math.min(side, map.width - left) * unit, Math.min(side, map.height - top) * unit];
  const veil = rectanglePath([x, y, width, height]);
  veil.addPath(rectanglePath(rect));
  context.fillStyle = `${colours.surface}a6`;
  context.fill(veil, "evenodd");
  drawTokenLines({ ...grid, unit: Math.max(unit, 7) }, `${colours.ink}40`);
  outline(context, rect, colours.ink, colours, 2);
}
