// The panels of the ShiftExplorer, each drawn from one scene: axes, offset (the shift as drawn, which may
// lie between two tokens while the windows move), token, pair (query and key pointed at in the mask).

import { attendedSpan, tokenAt, windowRegions } from "./windows.js";
import { mod } from "./kit.js";
import {
  casedStroke, chip, circlePath, drawNumbers, drawPhotograph, drawTokenLines, drawWindows,
  greyPhotograph, gridOn, hatch, markToken, outline, packed, rectanglePath, regionSpans, spanRect, startGrid, windowPath,
} from "./drawing.js";

// Above and left of a grid there is room for numbers, strips and ghosts.
export const MARGINS = { before: 22, after: 8 };
const THUMB_MARGINS = { before: 3, after: 3 };

const paddedGrid = (canvas, axes, margins = MARGINS) => startGrid(canvas, axes[0].padded, axes[1].padded, margins);

/** Marks the chosen token, or the query and key pointed at in the mask; `move` says where a token stands. */
function markTokens(grid, { axes, token, pair, colours }, move = (place) => place) {
  if (pair) markToken(grid, move(tokenAt(axes, pair.window, pair.key)), colours.key, colours);
  markToken(grid, move(token), colours.query, colours);
}

// ---- 1: the plain block ---------------------------------------------------------------------------

export function paintPlain(canvas, scene) {
  const { axes, facts, photo, token, colours } = scene;
  const grid = paddedGrid(canvas, axes);
  if (!grid) return;
  drawPhotograph(grid, photo, axes, colours);
  drawTokenLines(grid);
  drawWindows(grid, axes, [0, 0], colours);
  if (facts.real) outline(grid.context, spanRect(grid, facts.spans.plain), colours.key, colours);
  markTokens(grid, scene);
  drawNumbers(grid, axes, token, colours);
}

// ---- 2: the shifted block, in place ---------------------------------------------------------------

/** A painter of the photograph with each region in its colour, before the roll, for panels 2 and 3. */
export function createTint() {
  const grey = document.createElement("canvas");
  const tinted = document.createElement("canvas");
  let drawn = "";
  return (canvas, { axes, offset, photo, colours }) => {
    const [rows, columns] = axes;
    const { unit, ratio } = gridOn(canvas, rows.padded, columns.padded, MARGINS);
    const side = Math.round(unit * ratio);
    const [across, down] = [columns.length * side, rows.length * side];
    const wanted = [photo.name, across, down].join();
    if (wanted !== drawn) greyPhotograph(grey, photo, columns.length / rows.length, across, down);
    drawn = wanted;
    Object.assign(tinted, { width: columns.padded * side, height: rows.padded * side });
    const context = tinted.getContext("2d");
    context.drawImage(grey, 0, 0);
    context.globalCompositeOperation = "multiply";
    for (const [id, spans] of regionSpans(axes, offset)) {
      context.fillStyle = colours[`region_${id}`];
      context.fillRect(...spanRect({ x: 0, y: 0, unit: side }, spans));
    }
    context.globalCompositeOperation = "source-over";
    const whole = [0, 0, tinted.width, tinted.height];
    const outside = rectanglePath(whole);
    outside.addPath(rectanglePath([0, 0, across, down]));
    hatch(context, outside, whole, { colour: colours.muted_ink, fill: colours.padding, gap: 7 * ratio, line: ratio });
    return tinted;
  };
}

export function paintShifted(canvas, scene) {
  const { axes, offset, token, facts, tinted, colours, hint } = scene;
  const grid = paddedGrid(canvas, axes);
  if (!grid) return;
  const { context, x, y, width, height } = grid;
  if (tinted) context.drawImage(tinted, x, y, width, height);
  drawTokenLines(grid);
  context.strokeStyle = colours.muted_ink;
  context.lineWidth = 1;
  context.stroke(windowPath(grid, axes, offset, 8)); // the windows reach beyond the image
  drawWindows(grid, axes, offset, colours);
  if (facts.real) {
    const spans = axes.map((axis, i) => attendedSpan(axis, token[i], offset[i]));
    outline(context, spanRect(grid, spans), colours.key, colours);
  }
  drawRegionNumbers(grid, scene);
  markTokens(grid, scene);
  drawHandle(grid, scene, hint);
}

// Where the number of a region may stand in its piece; the first place that the token leaves free is taken.
const NUMBER_PLACES = [[0.5, 0.5], [0.5, 0.25], [0.5, 0.75], [0.25, 0.5], [0.75, 0.5]];

/** The number of each region in its piece; `move` says where a place stands after the roll. */
function drawRegionNumbers(grid, { axes, offset, token, colours }, move) {
  const { unit } = grid;
  const at = ([r, c]) => { const [down, right] = move ? move([r, c]) : [r, c]; return [grid.x + right * unit, grid.y + down * unit]; };
  const [tokenX, tokenY] = at(token).map((value) => value + unit / 2);
  for (const [id, [[top, bottom], [left, right]]] of regionSpans(axes, offset)) {
    const [wide, tall] = [(right - left) * unit, (bottom - top) * unit];
    const aside = id === 8 && !move; // before the roll, the handle's arrow runs through region 8
    if (Math.min(tall, wide) < (aside ? 40 : 20)) continue;
    const [x, y] = at([top, left]);
    const places = (aside ? [[0.73, 0.27]] : NUMBER_PLACES).map(([i, j]) => [x + wide * i, y + tall * j]);
    const free = places.find((place) => Math.max(Math.abs(place[0] - tokenX), Math.abs(place[1] - tokenY)) > unit / 2 + 8);
    chip(grid.context, String(id), ...(free ?? places[0]), {
      fill: colours[`region_${id}`], ink: colours.region_ink, border: colours.region_ink,
    });
  }
}

/** An arrow from the image's corner to the corner of the moved windows: the shift, and what to drag. */
function drawHandle({ context, x, y, unit }, { axes, offset, colours }, hint) {
  if (axes.every((axis) => axis.single)) return;
  const [x1, y1] = [x + offset[1] * unit, y + offset[0] * unit];
  const long = Math.hypot(x1 - x, y1 - y);
  if (long > 14) {
    const path = new Path2D();
    path.moveTo(x, y);
    path.lineTo(x1 - ((x1 - x) * 9) / long, y1 - ((y1 - y) * 9) / long);
    casedStroke(context, path, { colour: colours.ink, width: 2.5, casing: colours.surface });
    casedStroke(context, circlePath(x, y, 3), { colour: colours.ink, width: 2, casing: colours.surface });
  }
  const handle = circlePath(x1, y1, 10);
  casedStroke(context, handle, { colour: colours.ink, width: 2, casing: colours.surface });
  context.fillStyle = colours.surface;
  context.fill(handle);
  context.fillStyle = colours.ink;
  for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    context.beginPath();
    context.moveTo(x1 + dx * 7.5, y1 + dy * 7.5);
    context.lineTo(x1 + dx * 3.5 + dy * 3, y1 + dy * 3.5 + dx * 3);
    context.lineTo(x1 + dx * 3.5 - dy * 3, y1 + dy * 3.5 - dx * 3);
    context.fill();
  }
  if (hint) chip(context, "drag", x1 + 34, y1 + 13, { fill: colours.ink, ink: colours.surface });
}

// ---- 3: after the cyclic roll ---------------------------------------------------------------------

export function paintRolled(canvas, scene) {
  const { axes, offset, token, facts, tinted, colours } = scene;
  const [rows, columns] = axes;
  const grid = paddedGrid(canvas, axes);
  if (!grid) return;
  const { context, x, y, width, height } = grid;
  if (tinted) drawRolled(grid, tinted, offset, colours);
  drawTokenLines(grid);
  drawSeams(grid, axes, offset, colours);
  drawWindows(grid, axes, [0, 0], colours);
  const move = (place) => place.map((value, i) => mod(value - offset[i] + 1e-6, axes[i].padded) - 1e-6);
  if (facts.real) {
    const spans = axes.map((axis, i) => attendedSpan(axis, token[i], offset[i]));
    const corner = move(spans.map(([from]) => from));
    const piece = spanRect(grid, spans.map(([from, to], i) => [corner[i], corner[i] + to - from]));
    const top = Math.floor(facts.window / columns.count) * rows.window;
    const left = (facts.window % columns.count) * columns.window;
    const whole = spanRect(grid, [[top, top + rows.window], [left, left + columns.window]]);
    const masked = rectanglePath(whole);
    masked.addPath(rectanglePath(piece));
    context.save();
    context.globalAlpha = 0.66;
    hatch(context, masked, whole, { colour: "rgba(255,255,255,0.55)", fill: colours.masked, gap: 9, line: 1.25 });
    context.restore();
    outline(context, whole, colours.ink, colours, 2.5);
    outline(context, piece, colours.key, colours);
  }
  context.save();
  context.clip(rectanglePath([x, y, width, height]));
  drawRegionNumbers(grid, scene, move);
  context.restore();
  markTokens(grid, scene, move);
}

/** The picture rolled by -offset; what left over the top and the left edge stays there as a ghost. */
function drawRolled({ context, x, y, width, height, unit }, tinted, offset, colours) {
  const [dr, dc] = offset.map((value) => value * unit);
  const room = MARGINS.before;
  context.save();
  context.globalAlpha = 0.6;
  const margin = rectanglePath([x - room, y - room, width + room, height + room]);
  margin.addPath(rectanglePath([x, y, width, height]));
  context.clip(margin, "evenodd");
  for (const [right, down] of [[0, 0], [width, 0], [0, height]]) {
    context.drawImage(tinted, x - dc + right, y - dr + down, width, height);
  }
  context.restore();
  const up = context.createLinearGradient(0, y - room, 0, y);
  const back = context.createLinearGradient(x - room, 0, x, 0);
  for (const gradient of [up, back]) {
    gradient.addColorStop(0.05, colours.surface);
    gradient.addColorStop(1, `${colours.surface}00`);
  }
  context.fillStyle = up;
  context.fillRect(x - room, y - room, width + 2 * room, room);
  context.fillStyle = back;
  context.fillRect(x - room, y - room, room, height + 2 * room);
  context.save();
  context.clip(rectanglePath([x, y, width, height]));
  for (const down of [0, height]) {
    for (const right of [0, width]) context.drawImage(tinted, x - dc + right, y - dr + down, width, height);
  }
  context.restore();
}

/** The dashed lines along which opposite edges of the image meet. */
function drawSeams({ context, x, y, width, height, unit, rows, columns }, axes, offset, colours) {
  const path = new Path2D();
  if (axes[0].shift) {
    path.moveTo(x, y + (rows - offset[0]) * unit);
    path.lineTo(x + width, y + (rows - offset[0]) * unit);
  }
  if (axes[1].shift) {
    path.moveTo(x + (columns - offset[1]) * unit, y);
    path.lineTo(x + (columns - offset[1]) * unit, y + height);
  }
  context.save();
  context.lineCap = "butt";
  context.setLineDash([5, 4]);
  context.lineWidth = 2;
  context.strokeStyle = colours.region_ink;
  context.stroke(path);
  context.restore();
}

// ---- 4: the mask of one window --------------------------------------------------------------------

const maskPixels = globalThis.document?.createElement("canvas");

export function paintMask(canvas, { axes, facts, pair, colours }) {
  const ids = windowRegions(axes, facts.window);
  const n = ids.length;
  const grid = startGrid(canvas, n, n, MARGINS);
  if (!grid) return;
  const { context, x, y, width, height, unit } = grid;
  const shades = [...ids].map((id) => colours[id < 0 ? "padding" : `region_${id}`]);
  fillMask(ids, shades, colours);
  context.imageSmoothingEnabled = false;
  context.drawImage(maskPixels, x, y, width, height);
  if (unit >= 5) drawTokenLines(grid, `${colours.surface}59`);
  shades.forEach((shade, i) => {
    context.fillStyle = shade;
    context.fillRect(x - 11, y + i * unit, 7, unit);
    context.fillRect(x + i * unit, y - 11, unit, 7);
  });
  if (facts.real || pair) outline(context, [x, y + (pair?.query ?? facts.index) * unit, width, unit], colours.query, colours, 2);
  if (pair) {
    outline(context, [x + pair.key * unit, y, unit, height], colours.key, colours, 2);
    outline(context, [x + pair.key * unit, y + pair.query * unit, unit, unit], colours.ink, colours, 2);
  }
}

/** One pixel for each pair of tokens. */
function fillMask(ids, shades, colours) {
  const n = ids.length;
  Object.assign(maskPixels, { width: n, height: n });
  const context = maskPixels.getContext("2d");
  const picture = context.createImageData(n, n);
  const words = new Uint32Array(picture.data.buffer);
  const inks = shades.map(packed);
  const [masked, padding] = [packed(colours.masked), packed(colours.padding)];
  for (let query = 0, at = 0; query < n; query++) {
    for (let key = 0; key < n; key++, at++) {
      if (ids[query] < 0 || ids[key] < 0) words[at] = padding;
      else words[at] = ids[query] === ids[key] ? inks[query] : masked;
    }
  }
  context.putImageData(picture, 0, 0);
}

// ---- what the token sees --------------------------------------------------------------------------

/** The photograph as the token has it: bright where it has looked, veiled elsewhere. */
export function paintSight(canvas, { axes, photo, token, facts, colours }, spans) {
  const grid = paddedGrid(canvas, axes, THUMB_MARGINS);
  if (!grid) return;
  const { context, x, y, unit } = grid;
  drawPhotograph(grid, photo, axes, colours);
  const veil = rectanglePath([x, y, axes[1].length * unit, axes[0].length * unit]);
  if (facts.real) veil.addPath(rectanglePath(spanRect(grid, spans)));
  context.save();
  context.globalAlpha = 0.82;
  context.fillStyle = colours.surface;
  context.fill(veil, "evenodd");
  context.restore();
  if (facts.real) outline(context, spanRect(grid, spans), colours.key, colours, 2);
  const side = Math.max(unit, 6);
  const rect = [x + (token[1] + 0.5) * unit - side / 2, y + (token[0] + 0.5) * unit - side / 2, side, side];
  context.fillStyle = colours.query;
  context.fill(rectanglePath(rect, 2));
  casedStroke(context, rectanglePath(rect, 2), { colour: colours.surface, width: 1, casing: "transparent" });
}
