// The stages of the ModelExplorer as boxes drawn to scale: a photograph cut into tokens on the slanted side
// (H x W), and C channels from there to the right. The scene that is drawn is described in model_explorer.js.

import { times } from "./model_words.js";
import { casedStroke, circlePath, coverCrop, fitted, writeText } from "./drawing.js";

const SLANT = [0.4, 0.25]; // how far, in sides of a token, one step along W goes right and down
const SMALLEST = { tokens: 28, channels: 500, label: 74 }; // what the scale leaves room for at least
const GAP = 18;
const WORDS = 60; // below each box: name, size, blocks

/** Which places stand side by side: 0 is the image, then the stages; two rows where there is little room. */
function rowsOf(stages, narrow) {
  const places = [...Array(stages + 1).keys()];
  const first = Math.ceil((stages + 1) / 2);
  return narrow && stages > 1 ? [places.slice(0, first), places.slice(first)] : [places];
}

/** Sides of a token and of a channel on the canvas, so that everything fits beside each other. */
export function scaleOf(width, height, { image, patch, stages }, narrow) {
  const rows = rowsOf(stages.length, narrow);
  const [down, across] = image.map((side) => Math.max(side / patch, SMALLEST.tokens));
  const token = Math.min((height / rows.length - WORDS - 16) / (down + SLANT[1] * across), (0.2 * width * rows.length ** 0.5) / across);
  const wideOf = (place, channel) => {
    if (!place) return (image[1] / patch) * token;
    const { w, c } = stages[place - 1];
    return w * SLANT[0] * token + c * channel;
  };
  const needed = (row, channel) => row.reduce((sum, place) => sum + GAP + Math.max(SMALLEST.label, wideOf(place, channel)), 0);
  let [low, high] = [0, width / Math.max(SMALLEST.channels, stages.reduce((sum, { c }) => sum + c, 0))];
  for (let i = 0; i < 30; i++) {
    const channel = (low + high) / 2;
    if (rows.some((row) => needed(row, channel) > width)) high = channel;
    else low = channel;
  }
  return { token, channel: low };
}

/** Where the image and each box stand: slots from left to right, with the corners of what is drawn. */
export function layoutOf(width, height, shape, { token, channel }, narrow) {
  const rows = rowsOf(shape.stages.length, narrow);
  const tall = height / rows.length;
  const places = rows.flatMap((row, number) => {
    const middle = number * tall + (tall - WORDS) / 2;
    const made = row.map((place) => ({ row: number, middle, words: (number + 1) * tall - WORDS + 16, ...sidesOf(shape, place, token, channel) }));
    const spare = (width - made.reduce((sum, { slot }) => sum + slot, 0)) / row.length; // shared between them
    let x = spare / 2;
    for (const place of made) {
      Object.assign(place, { from: x - spare / 2, to: x + place.slot + spare / 2, x: x + (place.slot - place.wide) / 2, centre: x + place.slot / 2 });
      place.y = middle - place.high / 2;
      x += place.slot + spare;
    }
    return made;
  });
  return { image: places[0], boxes: places.slice(1) };
}

function sidesOf({ image, patch, stages }, place, token, channel) {
  const slot = (wide) => ({ wide, slot: Math.max(SMALLEST.label, wide) });
  if (!place) return { ...slot((image[1] / patch) * token), high: (image[0] / patch) * token };
  const { h, w, c } = stages[place - 1];
  const [across, down] = [w * SLANT[0] * token, w * SLANT[1] * token];
  return { h, w, across, down, tall: h * token, long: c * channel, high: h * token + down, ...slot(across + c * channel) };
}

/** The number of the stage at a point, 0 for the image, null beside. */
export function slotAt({ image, boxes }, x, y, height) {
  const rows = 1 + boxes.at(-1).row;
  const found = [image, ...boxes].findIndex(({ from, to, row }) => x >= from && x < to && Math.floor((y * rows) / height) === row);
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
  const { x, y, wide, high } = image;
  if (photo) context.drawImage(photo.bitmap, ...coverCrop(photo, drawn.image[1] / drawn.image[0]), x, y, wide, high);
  drawHandle(context, x + wide, y + high, colours);
  drawName(context, image, "Image", times(drawn.image.map(Math.round)), false, colours);
  boxes.forEach((box, i) => {
    const stage = network.stages[i];
    const [isChosen, isPointed] = [stage.number === chosen, stage.number === pointed?.stage];
    drawArrow(context, i ? boxes[i - 1] : image, box, colours);
    drawBox(context, box, stage, scene, isChosen, isPointed);
    drawName(context, box, `Stage ${i + 1}`, `${times(stage.grid)} × ${stage.channels}`, isChosen, colours);
    drawBlocks(context, box, stage, colours, isChosen);
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

function drawArrow(context, from, to, colours) {
  const y = from.middle;
  const [left, right] = [from.x + from.wide + 4, to.x - 4];
  if (from.row !== to.row || right - left < 7) return;
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

function drawName(context, { centre, words }, name, size, chosen, colours) {
  writeText(context, name, centre, words, { size: 13, weight: chosen ? 700 : 600, colour: chosen ? colours.ink : colours.muted_ink });
  writeText(context, size, centre, words + 16, { colour: colours.ink });
}

/** One small square of four windows for each block; in a shifted block the windows' cross has moved. */
function drawBlocks(context, { centre, slot, words }, stage, colours, chosen) {
  const step = Math.min(13, (slot + GAP - 4) / stage.depth);
  const side = step * 0.77;
  const y = words + 28;
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
