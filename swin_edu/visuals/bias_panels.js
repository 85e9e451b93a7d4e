// The panels of the BiasExplorer, each drawn from one scene: window, table (values), head, the pair on show as
// drawn (its places may lie between two tokens while it moves), and the pair that it stands for.

import { indexOf, offsetOf, pairsWith, placeOf, tokenOf } from "./bias.js";
import {
  casedStroke, drawMatrix, drawTokenLines, outline, signedColour, startGrid, writeText,
} from "./drawing.js";

export const MARGINS = { before: 24, after: 6 };
const HEAD_TITLE = 15;

/** The bias of a pair in the head on show. */
const biasOf = ({ window, values, head }, query, key) => values[indexOf(window, offsetOf(query, key))][head];

/** How bright "#RRGGBB" is, 0 to 1, as the web's guidelines measure contrast. */
function luminanceOf(colour) {
  const parts = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16) / 255);
  const [red, green, blue] = parts.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The text colour, of the page's two, that can be read better on the colour of this value. */
export function inkOn(value, { limit, colours }) {
  const contrast = (one, other) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  const ground = luminanceOf(signedColour(value, limit, colours));
  const [ink, surface] = [colours.ink, colours.surface].map((colour) => contrast(luminanceOf(colour), ground));
  return ink >= surface ? colours.ink : colours.surface;
}

function numberCell({ context, x, y, unit }, row, column, text, colour, size) {
  writeText(context, text, x + (column + 0.5) * unit, y + (row + 0.5) * unit + 0.5, { size, colour });
}

/**
 * A layer that is drawn anew only where what it shows has changed; marks that move are drawn over it.
 * All that an explorer's cells depend on: size, window, table, head and theme.
 */
export function createLayer() {
  const layer = document.createElement("canvas");
  let before = [];
  return (grid, { window, values, head, colours }, draw) => {
    const { canvas } = grid.context;
    const reasons = [canvas.width, canvas.height, String(window), values, head, colours.surface, colours.ink];
    if (reasons.some((reason, i) => reason !== before[i])) {
      before = reasons;
      Object.assign(layer, { width: canvas.width, height: canvas.height });
      const own = layer.getContext("2d");
      own.setTransform(grid.context.getTransform());
      draw({ ...grid, context: own });
    }
    grid.context.save();
    grid.context.resetTransform();
    grid.context.drawImage(layer, 0, 0);
    grid.context.restore();
  };
}

// ---- 1: the window --------------------------------------------------------------------------------

export function paintWindow(canvas, scene) {
  const { window, pair, drawn, colours, limit } = scene;
  const grid = startGrid(canvas, ...window, MARGINS);
  if (!grid) return;
  const { context, x, y, unit, width, height } = grid;
  const valueAt = (r, c) => biasOf(scene, pair.query, [r, c]);
  drawMatrix(context, grid, (r, c) => signedColour(valueAt(r, c), limit, colours));
  drawTokenLines(grid, `${colours.muted_ink}66`);
  context.strokeStyle = colours.muted_ink;
  context.lineWidth = 1;
  context.strokeRect(x, y, width, height);
  if (unit >= 18) {
    for (let token = 0; token < window[0] * window[1]; token++) {
      const [r, c] = placeOf(window, token);
      const look = { size: Math.min(14, unit * 0.3), colour: inkOn(valueAt(r, c), scene), align: "left" };
      writeText(context, token, x + (c + 0.09) * unit, y + (r + 0.22) * unit, look);
    }
  }
  const offset = offsetOf(pair.query, pair.key);
  arrows(grid, pairsWith(window, offset), { colour: colours.muted_ink, width: unit < 30 ? 1 : 1.5, casing: colours.surface });
  const look = { colour: colours.ink, width: Math.max(2.5, unit * 0.05), casing: colours.surface };
  arrows(grid, [[drawn.query, drawn.key]], look);
  mark(grid, drawn.key, colours.key, colours);
  mark(grid, drawn.query, colours.query, colours);
  axisNumbers(grid, window.map((side) => [...Array(side).keys()]), pair.query, colours.query, colours);
}

/** A frame around one token, at its edge, so that its number can be read. */
function mark({ context, x, y, unit }, [r, c], colour, colours) {
  outline(context, [x + c * unit + 1, y + r * unit + 1, unit - 2, unit - 2], colour, colours, Math.min(4, Math.max(2, unit * 0.08)));
}

/** Arrows from queries to their keys, a dot where the two are one; all in one stroke. */
function arrows({ context, x, y, unit }, pairs, { colour, width, casing }) {
  const path = new Path2D();
  const head = Math.max(4, Math.min(unit * 0.2, width * 3.2));
  for (const [from, to] of pairs) {
    const [[y0, x0], [y1, x1]] = [from, to].map(([r, c]) => [y + (r + 0.5) * unit, x + (c + 0.5) * unit]);
    const length = Math.hypot(x1 - x0, y1 - y0);
    if (length < unit * 0.3) {
      path.moveTo(x0 + Math.max(1.5, width), y0);
      path.arc(x0, y0, Math.max(1.5, width), 0, 2 * Math.PI);
      continue;
    }
    const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length];
    path.moveTo(x0, y0);
    path.lineTo(x1, y1);
    path.moveTo(x1 - head * (ux - 0.6 * uy), y1 - head * (uy + 0.6 * ux));
    path.lineTo(x1, y1);
    path.lineTo(x1 - head * (ux + 0.6 * uy), y1 - head * (uy - 0.6 * ux));
  }
  casedStroke(context, path, { colour, width, casing });
}

/** Names of the rows at the left and of the columns above; those of the chosen place stand out. */
function axisNumbers({ context, x, y, unit }, [rows, columns], [row, column], chosen, colours) {
  const name = (value) => String(value).replace("-", "−");
  const longest = Math.max(...columns.map((value) => name(value).length));
  const show = (value, i, at, room, left, top) => {
    if (i !== at && (i - at) % Math.ceil(room / unit) !== 0) return;
    writeText(context, name(value), left, top, { size: 11, weight: i === at ? 700 : 400, colour: i === at ? chosen : colours.muted_ink });
  };
  rows.forEach((value, i) => show(value, i, row, 17, x - 12, y + (i + 0.5) * unit));
  columns.forEach((value, i) => show(value, i, column, 4 + 7.5 * longest, x + (i + 0.5) * unit, y - 11));
}

// ---- 2: all pairs ---------------------------------------------------------------------------------

export function paintPairs(canvas, scene, layer) {
  const { window, pair, drawn, colours } = scene;
  const tokens = window[0] * window[1];
  const grid = startGrid(canvas, tokens, tokens, MARGINS);
  if (!grid) return;
  const { context, x, y, unit, width, height } = grid;
  layer(grid, scene, (cells) => drawPairs(cells, scene));
  const [query, key] = [drawn.query, drawn.key].map(([r, c]) => r * window[1] + c);
  outline(context, [x, y + query * unit, width, unit], colours.query, colours, 1.5);
  outline(context, [x + key * unit, y, unit, height], colours.key, colours, 1.5);
  const same = new Path2D();
  for (const [q, k] of pairsWith(window, offsetOf(pair.query, pair.key))) {
    same.rect(x + tokenOf(window, k) * unit, y + tokenOf(window, q) * unit, unit, unit);
  }
  const width_ = Math.min(2, Math.max(1, unit * 0.12));
  casedStroke(context, same, { colour: colours.ink, width: width_, casing: colours.surface, casingWidth: width_ + 1.5 });
  outline(context, [x + key * unit, y + query * unit, unit, unit], colours.ink, colours, Math.min(3.5, Math.max(2, unit * 0.2)));
  const numbers = [...Array(tokens).keys()];
  axisNumbers(grid, [numbers, numbers], [tokenOf(window, pair.query), tokenOf(window, pair.key)], colours.ink, colours);
}

function drawPairs(grid, { window, values, head, colours, limit }) {
  const { context, x, y, unit, width, height, rows } = grid;
  const places = Array.from({ length: rows }, (_, token) => placeOf(window, token));
  const shades = values.map((row) => signedColour(row[head], limit, colours));
  const inks = unit < 15 ? [] : values.map((row) => inkOn(row[head], { limit, colours }));
  const indices = places.map((query) => places.map((key) => indexOf(window, offsetOf(query, key))));
  drawMatrix(context, grid, (q, k) => shades[indices[q][k]]);
  if (unit >= 6) drawTokenLines(grid, `${colours.muted_ink}40`);
  context.strokeStyle = colours.muted_ink;
  context.lineWidth = 1;
  context.strokeRect(x, y, width, height);
  if (unit < 15) return;
  indices.forEach((row, q) => row.forEach((index, k) => {
    numberCell(grid, q, k, index, inks[index], Math.min(12, unit * 0.52));
  }));
}

// ---- 3: the table ---------------------------------------------------------------------------------

export const tableSize = ([mh, mw]) => [2 * mh - 1, 2 * mw - 1];

export function paintTable(canvas, scene, layer) {
  const { window, pair, drawn, colours } = scene;
  const [mh, mw] = window;
  const grid = startGrid(canvas, ...tableSize(window), MARGINS);
  if (!grid) return;
  const { context, x, y, unit } = grid;
  layer(grid, scene, (cells) => drawTable(cells, scene));
  // What this query can use of the table: as many entries as the window has tokens.
  const reach = [x + drawn.query[1] * unit, y + drawn.query[0] * unit, mw * unit, mh * unit];
  outline(context, reach, colours.query, colours, 2);
  const [dr, dc] = offsetOf(drawn.query, drawn.key);
  outline(context, [x + (dc + mw - 1) * unit, y + (dr + mh - 1) * unit, unit, unit], colours.ink, colours, 3.5);
  const offset = offsetOf(pair.query, pair.key);
  const names = [mh, mw].map((side) => Array.from({ length: 2 * side - 1 }, (_, i) => i - side + 1));
  axisNumbers(grid, names, [offset[0] + mh - 1, offset[1] + mw - 1], colours.ink, colours);
}

function drawTable(grid, { values, head, colours, limit }) {
  const { context, x, y, unit, width, height, rows, columns } = grid;
  const valueAt = (r, c) => values[r * columns + c][head];
  drawMatrix(context, grid, (r, c) => signedColour(valueAt(r, c), limit, colours));
  drawTokenLines(grid, `${colours.muted_ink}66`);
  context.strokeStyle = colours.muted_ink;
  context.lineWidth = 1;
  context.strokeRect(x, y, width, height);
  if (unit < 17) return;
  for (let index = 0; index < rows * columns; index++) {
    const [r, c] = [Math.floor(index / columns), index % columns];
    numberCell(grid, r, c, index, inkOn(valueAt(r, c), { limit, colours }), Math.min(14, unit * 0.36));
  }
}

// ---- 4: all heads ---------------------------------------------------------------------------------

/** Where each head's table lies on the canvas: as large as possible, row by row. */
export function headGrids(canvas, window, heads) {
  const [rows, columns] = tableSize(window);
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  let best = null;
  for (let across = 1; across <= heads; across++) {
    const [cellWidth, cellHeight] = [width / across, height / Math.ceil(heads / across)];
    const unit = Math.min((cellWidth - 10) / columns, (cellHeight - HEAD_TITLE - 6) / rows);
    if (!best || unit > best.unit) best = { unit, across, cellWidth, cellHeight };
  }
  const ratio = globalThis.devicePixelRatio || 1;
  const unit = Math.max(1, Math.floor(best.unit * ratio)) / ratio;
  return Array.from({ length: heads }, (_, head) => ({
    x: Math.round((head % best.across) * best.cellWidth) + 5,
    y: Math.round(Math.floor(head / best.across) * best.cellHeight) + HEAD_TITLE,
    unit, rows, columns,
  }));
}

export function paintHeads(canvas, scene, layer) {
  const { window, values, head, colours, limit, pair } = scene;
  const start = startGrid(canvas, 1, 1, { before: 0, after: 0 });
  if (!start) return;
  const { context } = start;
  const grids = headGrids(canvas, window, values[0].length);
  layer(start, scene, (cells) => grids.forEach((grid, number) => {
    drawMatrix(cells.context, grid, (r, c) => signedColour(values[r * grid.columns + c][number], limit, colours));
  }));
  const [row, column] = offsetOf(pair.query, pair.key).map((d, i) => d + window[i] - 1);
  grids.forEach(({ x, y, unit, rows, columns }, number) => {
    const chosen = number === head;
    context.strokeStyle = chosen ? colours.ink : colours.muted_ink;
    context.lineWidth = chosen ? 2.5 : 1;
    context.strokeRect(x, y, columns * unit, rows * unit);
    if (unit >= 3) {
      context.lineWidth = 1.5;
      context.strokeStyle = colours.ink;
      context.strokeRect(x + column * unit, y + row * unit, unit, unit);
    }
    if (columns * unit >= 14) {
      const look = { size: 11, weight: chosen ? 700 : 400, colour: chosen ? colours.ink : colours.muted_ink, align: "left" };
      writeText(context, columns * unit >= 44 ? `head ${number}` : number, x, y - 8, look);
    }
  });
}
