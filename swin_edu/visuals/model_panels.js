// The panels of the ModelExplorer: the stages as boxes drawn to scale, one bar chart for each count, and the
// windows of the chosen stage. Each is drawn from one scene: network (the numbers), drawn (the same while they
// move), chosen and pointed (stage and part), photo, colours.

import { PARTS } from "./model_arithmetic.js";
import { percent, short, times } from "./model_words.js";
import {
  casedStroke, circlePath, coverCrop, drawWindows, fitted, hatch, rectanglePath, startGrid, windowPath, writeText,
} from "./drawing.js";

export const PART_COLOURS = {
  entry: "series_0", projections: "series_1", attention: "series_2", mlp: "series_3", norms: "series_4", head: "series_5",
};

// ---- the boxes -------------------------------------------------------------------------------------

const SLANT = [0.4, 0.25]; // how far, in sides of a token, one step along W goes right and down
const SMALLEST = { tokens: 28, channels: 500, label: 66 }; // what the scale leaves room for at least
const GAP = 18;

/** Sides of a token and of a channel on the canvas, so that everything fits beside each other. */
export function scaleOf(width, height, { image, patch, stages }) {
  const label = Math.min(SMALLEST.label, width / 7.5);
  const [rows, columns] = image.map((side) => Math.max(side / patch, SMALLEST.tokens));
  const tall = height - 74;
  const token = Math.min(tall / (rows + SLANT[1] * columns), (0.2 * width) / columns);
  const channelsAtLeast = SMALLEST.channels / stages.reduce((sum, stage) => sum + stage.c, 0);
  const needed = (channel) => (GAP + label / 3) + Math.max(label, (image[1] / patch) * token)
    + stages.reduce((sum, { w, c }) => sum + GAP + Math.max(label, w * SLANT[0] * token + c * channel), 0);
  let [low, high] = [0, 4];
  for (let i = 0; i < 30; i++) {
    const middle = (low + high) / 2;
    if (needed(middle * Math.max(1, channelsAtLeast)) > width) high = middle;
    else low = middle;
  }
  return { token, channel: low, label };
}

/** Where the image and each box stand: slots from left to right, with the corners of what is drawn. */
export function layoutOf(width, height, shape, { token, channel, label }) {
  const middle = (height - 54) / 2;
  const imageWide = (shape.image[1] / shape.patch) * token;
  const imageTall = (shape.image[0] / shape.patch) * token;
  let x = 2;
  const slot = (wide) => {
    const place = { from: x, wide: Math.max(label, wide) };
    x += place.wide + GAP;
    return { ...place, left: place.from + (place.wide - wide) / 2, centre: place.from + place.wide / 2 };
  };
  const first = slot(imageWide);
  const image = { ...first, rect: [first.left, middle - imageTall / 2, imageWide, imageTall] };
  const boxes = shape.stages.map(({ h, w, c }) => {
    const [across, down] = [w * SLANT[0] * token, w * SLANT[1] * token];
    const place = slot(across + c * channel);
    return { ...place, x: place.left, y: middle - (h * token + down) / 2, across, down, tall: h * token, long: c * channel, h, w };
  });
  const spare = (width - (x - GAP)) / (boxes.length + 1); // what is left over goes between the boxes
  [image, ...boxes].forEach((place, i) => {
    const by = spare * i + spare / 2;
    for (const name of ["from", "left", "centre"]) place[name] += by;
    if (place.rect) place.rect[0] += by;
    else place.x += by;
  });
  return { image, boxes, token };
}

/** The number of the stage whose slot is at x, 0 for the image, null beside. */
export function slotAt({ image, boxes }, x) {
  const found = [image, ...boxes].findIndex(({ from, wide }) => x >= from - GAP / 2 && x < from + wide + GAP / 2);
  return found < 0 ? null : found;
}

const polygon = (points) => {
  const path = new Path2D();
  points.forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
  path.closePath();
  return path;
};

/** A photograph with one pixel a token. */
export function createMosaic() {
  const canvases = new Map();
  return (photo, rows, columns, aspect) => {
    const key = [photo.name, rows, columns, aspect].join();
    if (!canvases.has(key)) {
      if (canvases.size > 60) canvases.clear();
      const canvas = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
      const context = canvas.getContext("2d");
      context.imageSmoothingQuality = "high";
      context.drawImage(photo.bitmap, ...coverCrop(photo, aspect), 0, 0, columns, rows);
      canvases.set(key, canvas);
    }
    return canvases.get(key);
  };
}

export function paintBoxes(canvas, scene) {
  const context = fitted(canvas);
  if (!context) return;
  const { network, drawn, layout, colours, photo, chosen, pointed } = scene;
  const { image, boxes } = layout;
  const [x, y, wide, tall] = image.rect;
  if (photo) context.drawImage(photo.bitmap, ...coverCrop(photo, drawn.image[1] / drawn.image[0]), x, y, wide, tall);
  drawHandle(context, x + wide, y + tall, colours);
  label(context, canvas, image, "Image", times(drawn.image.map(Math.round)), "", false, colours);
  boxes.forEach((box, i) => {
    const stage = network.stages[i];
    const [isChosen, isPointed] = [stage.number === chosen, stage.number === pointed?.stage];
    drawArrow(context, (i ? boxes[i - 1] : image), box, canvas, colours);
    drawBox(context, box, stage, scene, isChosen, isPointed);
    label(context, canvas, box, `Stage ${i + 1}`, `${times(stage.grid)} × ${stage.channels}`, "", isChosen, colours);
    drawBlocks(context, canvas, box, stage, colours, isChosen);
  });
}

function drawBox(context, box, stage, { photo, mosaic, colours, drawn }, chosen, pointed) {
  const { x, y, across, down, tall, long, w, h } = box;
  const [front, top] = [x + across, y + down];
  const faces = {
    front: polygon([[front, top], [front + long, top], [front + long, top + tall], [front, top + tall]]),
    top: polygon([[x, y], [x + long, y], [front + long, top], [front, top]]),
    left: polygon([[x, y], [front, top], [front, top + tall], [x, y + tall]]),
  };
  context.fillStyle = colours.raised;
  context.fill(faces.front);
  context.fillStyle = colours.line;
  context.fill(faces.top);
  context.beginPath();
  for (let head = 1; head < stage.heads; head++) {
    const at = front + (long * head) / stage.heads;
    context.moveTo(at, top);
    context.lineTo(at, top + tall);
  }
  context.lineWidth = 1;
  context.strokeStyle = colours.line;
  context.stroke();
  if (photo) {
    context.save();
    context.transform(across / w, down / w, 0, tall / h, x, y);
    context.imageSmoothingEnabled = false;
    context.drawImage(mosaic(photo, ...stage.grid, drawn.image[1] / drawn.image[0]), 0, 0, w, h);
    context.restore();
    drawSkewedWindows(context, box, stage, colours);
  }
  const outlines = new Path2D();
  for (const face of Object.values(faces)) outlines.addPath(face);
  context.lineJoin = "round";
  context.lineWidth = chosen ? 2.25 : 1;
  context.strokeStyle = chosen || pointed ? colours.ink : colours.muted_ink;
  context.stroke(outlines);
}

/** The borders of the windows on the slanted face. */
function drawSkewedWindows(context, { x, y, across, down, tall, w, h }, { axes }, colours) {
  const path = new Path2D();
  const at = (row, column) => [x + (across * column) / w, y + (down * column) / w + (tall * row) / h];
  for (let row = axes[0].window; row < axes[0].length; row += axes[0].window) {
    path.moveTo(...at(row, 0));
    path.lineTo(...at(row, w));
  }
  for (let column = axes[1].window; column < axes[1].length; column += axes[1].window) {
    path.moveTo(...at(0, column));
    path.lineTo(...at(h, column));
  }
  casedStroke(context, path, { colour: "#fff", width: 0.8, casing: `${colours.region_ink}77`, casingWidth: 1.8 });
}

function drawArrow(context, from, to, canvas, colours) {
  const y = (canvas.clientHeight - 54) / 2;
  const start = from.rect ? from.rect[0] + from.rect[2] : from.x + from.across + from.long;
  const [left, right] = [start + 4, to.x - 4];
  if (right - left < 7) return;
  context.beginPath();
  context.moveTo(left, y);
  context.lineTo(right, y);
  context.moveTo(right - 4, y - 4);
  context.lineTo(right, y);
  context.lineTo(right - 4, y + 4);
  context.lineWidth = 1.5;
  context.strokeStyle = colours.muted_ink;
  context.stroke();
}

function label(context, canvas, { centre, wide }, title, size, _, chosen, colours) {
  const y = canvas.clientHeight - 44;
  const small = wide < 62;
  writeText(context, title, centre, y, { size: small ? 11 : 13, weight: chosen ? 700 : 600, colour: chosen ? colours.ink : colours.muted_ink });
  writeText(context, size, centre, y + 16, { size: small ? 10 : 12, colour: colours.ink });
}

/** One small square of four windows for each block; in a shifted block the windows' cross has moved. */
function drawBlocks(context, canvas, { centre, wide }, stage, colours, chosen) {
  const room = Math.max(3, wide + GAP - 4);
  const side = Math.min(10, room / stage.depth - 2);
  const step = side + Math.min(4, Math.max(1, side / 3));
  const y = canvas.clientHeight - 15;
  let x = centre - (step * stage.depth - (step - side)) / 2;
  context.lineWidth = 1;
  context.strokeStyle = chosen ? colours.ink : colours.muted_ink;
  context.beginPath();
  for (let block = 0; block < stage.depth; block++, x += step) {
    context.rect(x, y, side, side);
    const shifted = block % 2 && String(stage.shift) !== "0,0";
    const part = shifted ? 0.74 : 0.5;
    if (side < 4) continue;
    context.moveTo(x + side * part, y);
    context.lineTo(x + side * part, y + side);
    context.moveTo(x, y + side * part);
    context.lineTo(x + side, y + side * part);
  }
  context.stroke();
}

/** What to drag to change the image's size. */
function drawHandle(context, x, y, colours) {
  const handle = circlePath(x, y, 8);
  casedStroke(context, handle, { colour: colours.ink, width: 1.75, casing: colours.surface });
  context.fillStyle = colours.surface;
  context.fill(handle);
  context.beginPath();
  for (const way of [1, -1]) {
    context.moveTo(x - way, y - way);
    context.lineTo(x + way * 3.6, y + way * 3.6);
    context.moveTo(x + way * 0.4, y + way * 3.6);
    context.lineTo(x + way * 3.6, y + way * 3.6);
    context.lineTo(x + way * 3.6, y + way * 0.4);
  }
  context.lineWidth = 1.4;
  context.strokeStyle = colours.ink;
  context.stroke();
}

// ---- the bars --------------------------------------------------------------------------------------

const LABEL = 32;
const NUMBERS = 92;

function rowsOf(canvas, count) {
  const step = canvas.clientHeight / count;
  return { step, thick: Math.min(20, step - 8) };
}

/** The stage (and the part, where the pointer is on a bar) at a point of a bar chart. */
export function barAt(canvas, { network, drawn }, what, x, y) {
  const count = network.stages.length + 1;
  const row = Math.floor(y / rowsOf(canvas, count).step);
  if (row < 0 || row >= count) return null;
  const stage = row < network.stages.length ? row + 1 : "head";
  const segments = segmentsOf(canvas, drawn, what)[row];
  const under = segments.find(({ from, wide }) => x >= from && x < from + wide);
  return { stage, part: under?.part ?? null };
}

/** For each row, its segments from left to right. */
function segmentsOf(canvas, drawn, what) {
  const rows = [...drawn.stages.map((stage) => PARTS.map((part) => [part, stage[what][part]])), [["head", drawn.head[what]]]];
  const largest = Math.max(...rows.map((row) => row.reduce((sum, [, value]) => sum + value, 0)));
  const unit = Math.max(1, canvas.clientWidth - LABEL - NUMBERS) / largest;
  return rows.map((row) => {
    let from = LABEL;
    return row.map(([part, value]) => {
      const segment = { part, from, wide: value * unit };
      from += segment.wide;
      return segment;
    });
  });
}

export function paintBars(canvas, scene, what) {
  const context = fitted(canvas);
  if (!context) return;
  const { network, drawn, colours, chosen, pointed } = scene;
  const segments = segmentsOf(canvas, drawn, what);
  const { step, thick } = rowsOf(canvas, segments.length);
  const unit = what === "memory" ? "B" : "";
  segments.forEach((row, i) => {
    const stage = i < network.stages.length ? i + 1 : "head";
    const y = i * step + (step - thick) / 2;
    const lit = stage === pointed?.stage;
    if (lit) {
      context.fillStyle = colours.raised;
      context.fill(rectanglePath([0, i * step + 1, canvas.clientWidth, step - 2], 4));
    }
    const mine = stage === chosen;
    writeText(context, String(stage), stage === "head" ? 0 : 12, y + thick / 2, {
      size: 12, weight: mine ? 700 : 400, colour: mine ? colours.ink : colours.muted_ink, align: stage === "head" ? "left" : "center",
    });
    for (const { part, from, wide } of row) {
      context.globalAlpha = pointed?.part && pointed.part !== part ? 0.25 : 1;
      context.fillStyle = colours[PART_COLOURS[part]];
      if (wide > 0.3) context.fillRect(from, y, Math.max(wide - (wide > 3 ? 1 : 0), 0.75), thick);
    }
    context.globalAlpha = 1;
    const all = row.reduce((sum, { part }) => sum + (part === "head" ? network.head[what] : network.stages[i][what][part]), 0);
    const end = row.at(-1).from + row.at(-1).wide;
    if (mine) {
      context.lineWidth = 1.75;
      context.strokeStyle = colours.ink;
      context.stroke(rectanglePath([LABEL - 2, y - 2, Math.max(end - LABEL, 2) + 3, thick + 4], 3));
    }
    const right = canvas.clientWidth - 2;
    writeText(context, percent(all, network.totals[what]), right, y + thick / 2, { size: 12, weight: 650, colour: colours.ink, align: "right" });
    writeText(context, short(all, unit), right - 38, y + thick / 2, { size: 11, colour: colours.muted_ink, align: "right" });
  });
}

// ---- the windows of one stage ------------------------------------------------------------------------

export function paintWindows(canvas, { stage, photo, mosaic, drawn, colours }) {
  const { axes } = stage;
  const grid = startGrid(canvas, axes[0].padded, axes[1].padded, { before: 6, after: 6 });
  if (!grid) return;
  const { context, x, y, unit, width, height } = grid;
  const real = [x, y, axes[1].length * unit, axes[0].length * unit];
  const outside = rectanglePath([x, y, width, height]);
  outside.addPath(rectanglePath(real));
  hatch(context, outside, [x, y, width, height], { colour: colours.muted_ink, fill: colours.padding });
  if (photo) {
    context.imageSmoothingEnabled = false;
    context.drawImage(mosaic(photo, ...stage.grid, drawn.image[1] / drawn.image[0]), ...real);
  }
  if (stage.shift[0] || stage.shift[1]) {
    context.save();
    context.clip(rectanglePath([x, y, width, height]));
    context.setLineDash([4, 3]);
    context.lineCap = "butt";
    context.lineWidth = 1.5;
    context.strokeStyle = colours.region_ink;
    context.stroke(windowPath(grid, axes, stage.shift));
    context.restore();
  }
  drawWindows(grid, axes, [0, 0], colours);
}
