// The two panels of the WindowExplorer: the tokens on their way into windows, and the same tokens in memory.
// A scene holds sizes, step (0 ... 3), forget, photos, shown (the token), company (a Set), show and colours.

import { isPadding, numberAt, numberOf, ownerOf, tokenOf } from "./window_steps.js";
import { memoryLayout, seriesOf, wayLayout } from "./window_layouts.js";
import { casedStroke, coverCrop, fitted, hatch, outline, rectanglePath, textFont, writeText } from "./drawing.js";
import { clamp } from "./kit.js";

const everyNumber = ({ total }) => Array.from({ length: total }, (_, number) => number);

/** Those that share a window come last, so that they are drawn above the others. */
const inDrawingOrder = ({ sizes, company }) => {
  const numbers = everyNumber(sizes);
  return [...numbers.filter((number) => !company.has(number)), ...numbers.filter((number) => company.has(number))];
};

export function wayOn(canvas, { sizes, step, forget }) {
  return wayLayout(sizes, canvas.clientWidth, canvas.clientHeight, step, forget);
}

export function memoryOn(canvas, { sizes, step, forget }) {
  return memoryLayout(sizes, canvas.clientWidth, canvas.clientHeight, step, forget);
}

/** The number of the token at a point, or null. */
export function tokenAtPoint(scene, layout, wide, tall, x, y) {
  const found = everyNumber(scene.sizes).find((number) => {
    const [left, top] = layout.at(number);
    return x >= left && y >= top && x < left + wide && y < top + tall;
  });
  return found ?? null;
}

// ---- 1: on the way ----------------------------------------------------------------------------------

export function paintWay(canvas, scene) {
  const context = fitted(canvas);
  if (!context) return;
  const { sizes, company, shown, colours } = scene;
  const layout = wayOn(canvas, scene);
  const { unit } = layout;
  const places = everyNumber(sizes).map((number) => layout.at(number));
  const order = inDrawingOrder(scene);
  const firstOfCompany = order.length - company.size;
  order.forEach((number, i) => {
    if (i === firstOfCompany) glow(context, company, places, unit, colours);
    drawTile(context, scene, number, places[number], unit);
  });
  drawReading(context, scene, places, unit);
  if (scene.show !== "photo" && unit >= 15) for (const number of order) drawPlate(context, scene, number, places[number], unit);
  const [x, y] = places[shown];
  outline(context, [x + 1, y + 1, unit - 2, unit - 2], colours.query, colours, clamp(unit * 0.1, 2, 4));
  drawNames(context, scene, places, layout);
}

/** A rim around all tokens that share a window with the one on show; neighbours cover it where they touch. */
function glow(context, company, places, unit, colours) {
  for (const [rim, colour] of [[5, colours.surface], [3.5, colours.key]]) {
    context.fillStyle = colour;
    for (const number of company) {
      const [x, y] = places[number];
      context.fillRect(x - rim, y - rim, unit + 2 * rim, unit + 2 * rim);
    }
  }
}

function drawTile(context, { sizes, photos, show, colours }, number, [x, y], unit) {
  const token = tokenOf(sizes, number);
  const [image, row, column] = token;
  const rect = [x, y, unit, unit];
  if (isPadding(sizes, token)) {
    hatch(context, rectanglePath(rect), rect, { colour: colours.muted_ink, fill: colours.padding });
    return;
  }
  const series = colours[`series_${seriesOf(sizes, number)}`];
  const photo = photos[image];
  if (show === "numbers" || !photo) {
    context.fillStyle = series;
    context.fillRect(...rect);
  } else {
    const [left, top, width, height] = coverCrop(photo, sizes.width / sizes.height);
    const [across, down] = [width / sizes.width, height / sizes.height];
    context.drawImage(photo.bitmap, left + column * across, top + row * down, across, down, ...rect);
  }
  const line = show === "photo" ? clamp(unit * 0.08, 0.75, 3) : 0.75;
  context.strokeStyle = show === "photo" ? series : colours.surface;
  context.lineWidth = line;
  context.strokeRect(x + line / 2, y + line / 2, unit - line, unit - line);
}

function drawPlate(context, { sizes, show, colours }, number, [x, y], unit) {
  if (isPadding(sizes, tokenOf(sizes, number))) return;
  const size = clamp(unit * (show === "both" ? 0.27 : 0.34), 8, 14);
  const middle = [x + unit / 2, y + unit / 2];
  context.font = textFont(size, 600);
  const width = Math.max(size * 1.5, context.measureText(number).width + size * 0.6);
  context.fillStyle = colours[`series_${seriesOf(sizes, number)}`];
  context.fill(rectanglePath([middle[0] - width / 2, middle[1] - size * 0.75, width, size * 1.5], size * 0.4));
  writeText(context, String(number), ...middle, { size, weight: 600, colour: colours.on_series });
}

/** The line along which the tokens are read: rows of the grid first, window after window once permuted. */
function drawReading(context, scene, places, unit) {
  const { sizes, step, forget, colours } = scene;
  const thin = clamp(unit / 24, 0.3, 1);
  const permuted = forget ? 0 : clamp(step - 1, 0, 1);
  for (const [alpha, late] of [[1 - permuted, false], [permuted, true]]) {
    if (alpha < 0.05) continue;
    const [along, back] = [new Path2D(), new Path2D()];
    let before = null;
    for (let place = 0; place < sizes.total; place++) {
      const [x, y] = places[numberAt(sizes, place, !late)].map((value) => value + unit / 2);
      if (before) {
        const path = Math.abs(y - before[1]) < 1 && x > before[0] ? along : back;
        path.moveTo(...before);
        path.lineTo(x, y);
      }
      before = [x, y];
    }
    context.save();
    context.globalAlpha = alpha;
    context.setLineDash([1, 4]);
    casedStroke(context, back, { colour: colours.ink, width: thin, casing: "transparent" });
    context.setLineDash([]);
    casedStroke(context, along, { colour: colours.ink, width: 1.5 * thin, casing: colours.surface, casingWidth: 3.5 * thin });
    context.restore();
  }
}

/** Above each image its number; from the permute on, above each window its index, and at the end its number. */
function drawNames(context, { sizes, step, forget, colours }, places, { unit, head }) {
  const { batch, perImage, nw, mh, mw, inside } = sizes;
  const name = (words, number, alpha, colour, weight) => {
    if (alpha <= 0.02) return;
    const [x, y] = places[number];
    context.globalAlpha = alpha;
    writeText(context, words, x, y - 10, { size: 12, weight, colour, align: "left" });
  };
  const early = clamp(1 - Math.max(0, step - 1) * 2, 0, 1);
  if (batch > 1) for (let b = 0; b < batch; b++) name(`image ${b}`, numberOf(sizes, [b, 0, 0]), early, colours.muted_ink, 400);
  const wide = mw * unit;
  if (head < 15 || wide < 18) return;
  for (let w = 0; w < batch * perImage; w++) {
    const [b, i, j] = [Math.floor(w / perImage), Math.floor((w % perImage) / nw), w % nw];
    const index = `[${batch > 1 ? `${b}, ` : ""}${i}, ${j}]`;
    if (!forget && wide > 48) name(index, numberOf(sizes, [b, i * mh, j * mw]), 1 - Math.abs(step - 2) * 2, colours.muted_ink, 400);
    name(wide > 66 ? `window ${w}` : String(w), numberAt(sizes, w * inside, forget), (step - 2.5) * 2, colours.ink, 650);
  }
  context.globalAlpha = 1;
}

// ---- 2: in memory -----------------------------------------------------------------------------------

export function paintMemory(canvas, scene) {
  const context = fitted(canvas);
  if (!context) return;
  const { sizes, step, company, shown, colours } = scene;
  const layout = memoryOn(canvas, scene);
  const { wide, tall } = layout;
  for (let line = 0; line < layout.lines; line++) {
    const [x, y] = layout.cell(line * layout.inLine * sizes.inside);
    const done = step > 2.99;
    writeText(context, String(line * layout.inLine), x - 8, y + tall / 2, {
      size: clamp(tall * 0.6, 8, 12), weight: done ? 650 : 400, colour: done ? colours.ink : colours.muted_ink, align: "right",
    });
  }
  const rim = clamp(tall * 0.15, 0.5, 3);
  const order = inDrawingOrder(scene);
  order.forEach((number, i) => {
    const [x, y] = layout.at(number);
    if (i === order.length - company.size) {
      for (const other of company) {
        const [left, top] = layout.at(other);
        context.fillStyle = colours.key;
        context.fillRect(left - 1, top - rim, wide + 2, tall + 2 * rim);
      }
    }
    const padding = isPadding(sizes, tokenOf(sizes, number));
    context.fillStyle = padding ? colours.padding : colours[`series_${seriesOf(sizes, number)}`];
    const thin = wide > 5 ? 0.5 : 0;
    context.fillRect(x + thin, y, wide - 2 * thin, tall);
    if (!padding && wide >= 13 && tall >= 9) {
      writeText(context, String(number), x + wide / 2, y + tall / 2, { size: clamp((wide * 1.5) / (String(number).length + 1), 7, 11), weight: 600, colour: colours.on_series });
    }
  });
  const [x, y] = layout.at(shown);
  outline(context, [x, y - 1, wide, tall + 2], colours.query, colours, 2);
}

/** How many windows the company comes from, for the captions. */
export const mixedOf = ({ sizes, company }) => new Set([...company].map((number) => ownerOf(sizes, tokenOf(sizes, number)))).size;
