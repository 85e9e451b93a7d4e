// Drawing tools that explorers share: sharp canvases, photographs, token grids, regions in colour.

import { clamp, mod } from "./kit.js";

const FONT = 'system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif';
export const textFont = (size, weight = 400) => `${weight} ${size}px ${FONT}`;

/** A cleared context in CSS pixels on a canvas with one cell per device pixel; null while it has no size. */
export function fitted(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (!width || !height) return null;
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across || canvas.height !== down) Object.assign(canvas, { width: across, height: down });
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** Where a grid of rows x columns lies on a canvas: its corner and the side of a cell, on whole device pixels. */
export function gridOn(canvas, rows, columns, { before, after }) {
  const ratio = window.devicePixelRatio || 1;
  const snap = (value) => Math.round(value * ratio) / ratio;
  const [across, down] = [canvas.clientWidth, canvas.clientHeight].map((side) => side - before - after);
  const unit = Math.max(1, Math.floor(ratio * Math.min(across / columns, down / rows))) / ratio;
  const [width, height] = [unit * columns, unit * rows];
  const [x, y] = [snap(before + (across - width) / 2), snap(before + (down - height) / 2)];
  return { x, y, unit, rows, columns, width, height, ratio };
}

/** The [row, column] of a grid at a point of its canvas; null beside the grid. */
export function hitCell({ x, y, unit, rows, columns }, left, top) {
  const [r, c] = [Math.floor((top - y) / unit), Math.floor((left - x) / unit)];
  return r >= 0 && c >= 0 && r < rows && c < columns ? [r, c] : null;
}

/** The cleared canvas and the grid on it. */
export function startGrid(canvas, rows, columns, margins) {
  const context = fitted(canvas);
  return context && { context, ...gridOn(canvas, rows, columns, margins) };
}

/** Where the pointer is on a canvas, in CSS pixels. */
export function pointOn(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

/** [x, y, width, height] of a block of cells, given as [[top, bottom], [left, right]]. */
export function spanRect({ x, y, unit }, [[top, bottom], [left, right]]) {
  return [x + left * unit, y + top * unit, (right - left) * unit, (bottom - top) * unit];
}

// ---- strokes, plates, hatching --------------------------------------------------------------------

/** A line that is seen on dark and light alike: a narrow stroke over a wider one in another colour. */
export function casedStroke(context, path, { colour, width, casing, casingWidth = width + 2.5 }) {
  context.lineJoin = "round";
  context.lineCap = "round";
  context.lineWidth = casingWidth;
  context.strokeStyle = casing;
  context.stroke(path);
  context.lineWidth = width;
  context.strokeStyle = colour;
  context.stroke(path);
}

export function rectanglePath([x, y, width, height], radius = 0) {
  const path = new Path2D();
  if (radius) path.roundRect(x, y, width, height, Math.min(radius, width / 2, height / 2));
  else path.rect(x, y, width, height);
  return path;
}

export function circlePath(x, y, radius) {
  const path = new Path2D();
  path.arc(x, y, radius, 0, 2 * Math.PI);
  return path;
}

/** A frame in a colour that carries a meaning. */
export function outline(context, rect, colour, colours, width = 3) {
  casedStroke(context, rectanglePath(rect, 3), { colour, width, casing: colours.surface, casingWidth: width + 3 });
}

/** Fills the inside of a path and draws diagonal strokes over it. */
export function hatch(context, path, [x, y, width, height], { colour, gap = 7, line = 1, fill }) {
  context.save();
  context.clip(path, "evenodd");
  context.fillStyle = fill;
  context.fillRect(x, y, width, height);
  context.beginPath();
  for (let d = Math.floor((x + y) / gap) * gap; d < x + width + y + height; d += gap) {
    context.moveTo(d - y, y);
    context.lineTo(d - y - height, y + height);
  }
  context.strokeStyle = colour;
  context.lineWidth = line;
  context.stroke();
  context.restore();
}

/** A short text on a rounded plate, centred at (x, y). */
export function chip(context, text, x, y, { fill, ink, border, size = 12 }) {
  context.font = textFont(size, 650);
  const width = Math.max(size * 1.6, context.measureText(text).width + size * 0.9);
  const height = size * 1.6;
  const plate = rectanglePath([x - width / 2, y - height / 2, width, height], height / 2);
  context.fillStyle = fill;
  context.fill(plate);
  if (border) {
    context.lineWidth = 1;
    context.strokeStyle = border;
    context.stroke(plate);
  }
  context.fillStyle = ink;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x, y + size * 0.06);
}

/** Words at a point; by default their middle is there. */
export function writeText(context, words, x, y, { size = 12, weight = 400, colour, align = "center", baseline = "middle" }) {
  context.font = textFont(size, weight);
  context.fillStyle = colour;
  context.textAlign = align;
  context.textBaseline = baseline;
  context.fillText(words, x, y);
}

// ---- numbers as colours ---------------------------------------------------------------------------

const rgbOf = (colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));

/** A colour between two "#RRGGBB": part 0 is the first, 1 the second. */
export function mixColours(one, other, part) {
  const second = rgbOf(other);
  const mixed = rgbOf(one).map((value, i) => Math.round(value + (second[i] - value) * clamp(part, 0, 1)));
  return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

/** The colour of a signed number: the page's own at 0, full at +limit and -limit. */
export function signedColour(value, limit, colours) {
  return mixColours(colours.surface, value < 0 ? colours.negative : colours.positive, limit ? Math.abs(value) / limit : 0);
}

/** The cells of a grid, each in colourAt(row, column). */
export function drawMatrix(context, { x, y, unit, rows, columns }, colourAt) {
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      context.fillStyle = colourAt(r, c);
      context.fillRect(x + c * unit, y + r * unit, unit, unit);
    }
  }
}

// ---- photographs ----------------------------------------------------------------------------------

/** Decodes photographs {data, focus} when they are first asked for; null until one is there. */
export function createAlbum(photographs, onReady) {
  const decoded = new Map();
  return (name) => {
    if (!decoded.has(name)) {
      decoded.set(name, null);
      createImageBitmap(new Blob([photographs[name].data], { type: "image/jpeg" })).then((bitmap) => {
        decoded.set(name, { name, bitmap, focus: photographs[name].focus });
        onReady();
      });
    }
    return decoded.get(name);
  };
}

/** The largest part of a photograph with this aspect (width / height), as near to its focus as can be. */
export function coverCrop({ bitmap, focus }, aspect) {
  const width = Math.min(bitmap.width, bitmap.height * aspect);
  const height = width / aspect;
  const left = clamp(focus[0] * bitmap.width - width / 2, 0, bitmap.width - width);
  const top = clamp(focus[1] * bitmap.height - height / 2, 0, bitmap.height - height);
  return [left, top, width, height];
}

/** The photograph over the real tokens of a grid, and padding drawn as such. */
export function drawPhotograph(grid, photo, [rows, columns], colours) {
  const { context, x, y, unit, width, height } = grid;
  const real = [x, y, columns.length * unit, rows.length * unit];
  if (photo) context.drawImage(photo.bitmap, ...coverCrop(photo, columns.length / rows.length), ...real);
  const outside = rectanglePath([x, y, width, height]);
  outside.addPath(rectanglePath(real));
  hatch(context, outside, [x, y, width, height], { colour: colours.muted_ink, fill: colours.padding });
}

/** A photograph in light grey, to be multiplied with colours: its own darkest and brightest parts set the scale. */
export function greyPhotograph(canvas, photo, aspect, across, down) {
  Object.assign(canvas, { width: across, height: down });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(photo.bitmap, ...coverCrop(photo, aspect), 0, 0, across, down);
  const picture = context.getImageData(0, 0, across, down);
  const { data } = picture;
  const counts = new Uint32Array(256);
  const grey = new Uint8Array(data.length / 4);
  for (let i = 0; i < grey.length; i++) {
    grey[i] = 0.2126 * data[4 * i] + 0.7152 * data[4 * i + 1] + 0.0722 * data[4 * i + 2];
    counts[grey[i]]++;
  }
  const quantile = (part) => {
    let seen = 0;
    return counts.findIndex((count) => { seen += count; return seen >= part * grey.length; });
  };
  const [dark, bright] = [quantile(0.02), quantile(0.98)];
  for (let i = 0; i < grey.length; i++) {
    const value = 255 * (0.42 + 0.58 * clamp((grey[i] - dark) / Math.max(1, bright - dark), 0, 1));
    data.fill(value, 4 * i, 4 * i + 3);
  }
  context.putImageData(picture, 0, 0);
}

// ---- token grids ----------------------------------------------------------------------------------

export function drawTokenLines({ context, x, y, unit, width, height, rows, columns }, colour = "rgba(255,255,255,0.3)") {
  if (unit < 7) return;
  context.beginPath();
  for (let r = 1; r < rows; r++) { context.moveTo(x, y + r * unit); context.lineTo(x + width, y + r * unit); }
  for (let c = 1; c < columns; c++) { context.moveTo(x + c * unit, y); context.lineTo(x + c * unit, y + height); }
  context.lineWidth = 1;
  context.strokeStyle = colour;
  context.stroke();
}

/** The borders of the windows, moved by an offset that may lie between two tokens. */
export function windowPath({ x, y, unit, width, height }, axes, offset, reach = 0) {
  const path = new Path2D();
  for (let p = mod(offset[0], axes[0].window); p <= axes[0].padded + 1e-6; p += axes[0].window) {
    path.moveTo(x - reach, y + p * unit);
    path.lineTo(x + width + reach, y + p * unit);
  }
  for (let p = mod(offset[1], axes[1].window); p <= axes[1].padded + 1e-6; p += axes[1].window) {
    path.moveTo(x + p * unit, y - reach);
    path.lineTo(x + p * unit, y + height + reach);
  }
  return path;
}

export function drawWindows(grid, axes, offset, colours) {
  const { context, x, y, width, height } = grid;
  context.save();
  context.clip(rectanglePath([x - 2, y - 2, width + 4, height + 4]));
  const look = { colour: "#fff", width: 2, casing: `${colours.region_ink}99`, casingWidth: 4 };
  casedStroke(context, windowPath(grid, axes, offset), look);
  context.restore();
}

/** A frame around one token. */
export function markToken(grid, [r, c], colour, colours) {
  const { context, x, y, unit } = grid;
  const inset = Math.max(1, unit * 0.12);
  const rect = [x + c * unit + inset, y + r * unit + inset, unit - 2 * inset, unit - 2 * inset];
  outline(context, rect, colour, colours, clamp(unit * 0.11, 2, 4));
}

/** Row and column numbers beside a grid; those of one token stand out. */
export function drawNumbers(grid, [rows, columns], token, colours) {
  const { context, x, y, unit } = grid;
  const every = Math.max(1, Math.ceil(15 / unit));
  context.textAlign = "center";
  context.textBaseline = "middle";
  const write = (number, chosen, left, top) => {
    if (number !== chosen && (number % every !== 0 || Math.abs(number - chosen) < every - 0.5)) return;
    context.font = textFont(11, number === chosen ? 700 : 400);
    context.fillStyle = number === chosen ? colours.query : colours.muted_ink;
    context.fillText(String(number), left, top);
  };
  for (let r = 0; r < rows.length; r++) write(r, token[0], x - 11, y + (r + 0.5) * unit);
  for (let c = 0; c < columns.length; c++) write(c, token[1], x + (c + 0.5) * unit, y - 10);
}

// ---- regions --------------------------------------------------------------------------------------

/** The bands of one axis before the roll, [band, from, to), for a shift that may lie between two tokens. */
export function bandSpans(axis, offset) {
  const shift = clamp(offset, 0, axis.window);
  if (shift < 0.5 && axis.shift === 0) return [[0, 0, axis.length]];
  const end = axis.padded - axis.window + shift;
  return [[2, 0, shift], [0, shift, Math.min(end, axis.length)], [1, end, axis.length]].filter(([, from, to]) => to > from);
}

/** Every region before the roll: [id, [[top, bottom], [left, right]]]. */
export function regionSpans(axes, offset) {
  const [rows, columns] = axes.map((axis, i) => bandSpans(axis, offset[i]));
  return rows.flatMap(([rowBand, ...down]) => columns.map(([band, ...across]) => [3 * rowBand + band, [down, across]]));
}

/** "#RRGGBB" as one little-endian RGBA word. */
export function packed(colour) {
  const value = parseInt(colour.slice(1), 16);
  return ((255 << 24) | ((value & 255) << 16) | (value & 0xff00) | (value >> 16)) >>> 0;
}
