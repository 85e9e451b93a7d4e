// Charts that explorers draw: scales, axes with their numbers, lines, and a marker that can be dragged along.

import { casedStroke, chip, circlePath, rectanglePath, textFont, writeText } from "./drawing.js";

/** A scale from numbers to places on the canvas, and back. */
export function linearScale([low, high], [from, to]) {
  const at = (value) => from + ((value - low) / (high - low)) * (to - from);
  return { at, back: (place) => low + ((place - from) / (to - from)) * (high - low), from, to };
}

/** The same, with equal steps for equal factors. */
export function logScale([low, high], span) {
  const linear = linearScale([Math.log10(low), Math.log10(high)], span);
  return { ...linear, at: (value) => linear.at(Math.log10(value)), back: (place) => 10 ** linear.back(place) };
}

/** Thin lines at the ticks, their labels below and to the left; `minor` y values get a line and no label. */
export function drawAxes(context, { x, y }, { across, down, minor = [], name }, colours) {
  const path = new Path2D();
  const snap = (value) => Math.round(value) + 0.5;
  for (const value of [...minor, ...down.map(([value]) => value)]) {
    path.moveTo(x.from, snap(y.at(value)));
    path.lineTo(x.to, snap(y.at(value)));
  }
  context.lineWidth = 1;
  context.strokeStyle = colours.line;
  context.stroke(path);
  const axis = new Path2D();
  axis.moveTo(x.from, snap(y.from));
  axis.lineTo(x.to, snap(y.from));
  for (const [value] of across) {
    axis.moveTo(snap(x.at(value)), y.from);
    axis.lineTo(snap(x.at(value)), y.from + 4);
  }
  context.strokeStyle = colours.muted_ink;
  context.stroke(axis);
  const look = { size: 11, colour: colours.muted_ink };
  for (const [value, label] of down) writeText(context, label, x.from - 5, y.at(value), { ...look, align: "right" });
  for (const [value, label] of across) {
    const align = Math.abs(x.at(value) - x.to) < 14 ? "right" : "center";
    writeText(context, label, x.at(value) + (align === "right" ? 6 : 0), y.from + 16, { ...look, align });
  }
  if (name) writeText(context, name, (x.from + x.to) / 2, y.from + 31, look);
}

/** A line through points [x, y] in places of the canvas. */
export function linePath(points) {
  const path = new Path2D();
  points.forEach(([left, top], i) => (i ? path.lineTo(left, top) : path.moveTo(left, top)));
  return path;
}

export function dashed(context, path, colour, dash = [5, 4], width = 1.5) {
  context.save();
  context.lineCap = "butt";
  context.setLineDash(dash);
  context.lineWidth = width;
  context.strokeStyle = colour;
  context.stroke(path);
  context.restore();
}

/** A dot on a line, set off from it. */
export function drawDot(context, left, top, colour, colours, radius = 5) {
  const dot = circlePath(left, top, radius);
  casedStroke(context, dot, { colour, width: 1, casing: colours.surface, casingWidth: 4 });
  context.fillStyle = colour;
  context.fill(dot);
}

/** Words that can be read over lines. */
export function haloText(context, words, left, top, look, colours) {
  context.font = textFont(look.size ?? 12, look.weight ?? 400);
  context.textAlign = look.align ?? "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 4;
  context.strokeStyle = colours.surface;
  context.strokeText(words, left, top);
  writeText(context, words, left, top, look);
}

/** A chip whose whole plate stays inside [left, top, right, bottom]. */
export function chipInside(context, text, left, top, box, look) {
  const size = look.size ?? 12;
  context.font = textFont(size, 650);
  const half = Math.max(size * 1.6, context.measureText(text).width + size * 0.9) / 2;
  const inside = (value, low, high) => Math.min(Math.max(value, low), high);
  chip(context, text, inside(left, box[0] + half, box[2] - half), inside(top, box[1] + size * 0.8, box[3] - size * 0.8), look);
}

/** The upright line of a marker and, at its foot, the grip by which it is dragged. */
export function drawMarker(context, { x, y }, value, colours, { grip = true, hint = false } = {}) {
  const left = Math.round(x.at(value)) + 0.5;
  const path = linePath([[left, y.to], [left, y.from]]);
  if (!grip) {
    dashed(context, path, colours.muted_ink, [3, 3]);
    return;
  }
  casedStroke(context, path, { colour: colours.ink, width: 1.5, casing: `${colours.surface}aa`, casingWidth: 4 });
  const plate = rectanglePath([left - 13, y.from - 9, 26, 18], 9);
  casedStroke(context, plate, { colour: colours.ink, width: 2, casing: colours.surface });
  context.fillStyle = colours.surface;
  context.fill(plate);
  context.fillStyle = colours.ink;
  for (const way of [-1, 1]) {
    context.beginPath();
    context.moveTo(left + way * 9, y.from);
    context.lineTo(left + way * 3.5, y.from - 4);
    context.lineTo(left + way * 3.5, y.from + 4);
    context.fill();
  }
  if (hint) chip(context, "drag", Math.min(left + 34, x.to - 16), y.from - 14, { fill: colours.ink, ink: colours.surface });
}

/** A picture between two others: part 0 is the first, 1 the second. */
export function between(one, other, part) {
  if (typeof one === "number") return one + (other - one) * part;
  if (Array.isArray(one)) return one.map((value, i) => between(value, other[i], part));
  return Object.fromEntries(Object.keys(one).map((key) => [key, between(one[key], other[key], part)]));
}
