// The panels of the CostExplorer, each drawn from one scene: picture (cost_curves.js), costs, state, chosen side,
// which of the two attentions is pointed at, colours.

import { chipInside, dashed, drawAxes, drawDot, drawMarker, haloText, linePath, linearScale } from "./charts.js";
import { CURVES, SAMPLED } from "./cost_curves.js";
import { MEMORY_LIMIT, SIDES } from "./cost_numbers.js";
import { compact, percent } from "./amounts.js";
import { clamp } from "./kit.js";
import { casedStroke, circlePath, fitted, hatch, mixColours, rectanglePath, writeText } from "./drawing.js";

export const SERIES = { everywhere: "series_0", windows: "series_1" };
export const NAMES = { everywhere: "global", windows: "windows" };
const EDGES = { left: 44, right: 6, top: 12, bottom: 40 };
const UNITS = ["", "k", "M", "G", "T", "P", "E"];

/** The two scales of a chart, in powers of ten, as it lies on its canvas. */
export function chartScales(canvas, [low, high]) {
  return {
    x: linearScale(SIDES.map(Math.log10), [EDGES.left, canvas.clientWidth - EDGES.right]),
    y: linearScale([low, high], [canvas.clientHeight - EDGES.bottom, EDGES.top]),
  };
}

// ---- 1 and 2: cost and memory against the image's side --------------------------------------------

export function paintChart(canvas, kind, scene) {
  const context = fitted(canvas);
  if (!context) return;
  const { picture, colours, which } = scene;
  const scales = chartScales(canvas, picture.ranges[kind]);
  const { x, y } = scales;
  drawAxes(context, scales, { ...ticksOf(scales, picture.ranges[kind], kind), name: "image side in pixels" }, colours);
  const paths = CURVES.map((_, i) => linePath(SAMPLED.map((side, at) => [x.at(side), y.at(picture.lines[kind][i][at])])));
  for (const i of [1, 0]) { // global is drawn last: where the two are one, it lies on top
    const faint = which && which !== CURVES[i];
    const colour = colours[SERIES[CURVES[i]]];
    context.lineJoin = "round";
    context.lineWidth = which === CURVES[i] ? 4 : 2.5;
    context.strokeStyle = faint ? mixColours(colour, colours.surface, 0.6) : colour;
    context.stroke(paths[i]);
  }
  if (scene.state.side !== scene.chosen) drawMarker(context, scales, Math.log10(scene.chosen), colours, { grip: false });
  const low = Math.min(...picture.dots[kind]);
  drawMarker(context, scales, picture.side, colours, { hint: scene.hint && kind === "cost" && scene.state.side === scene.chosen && y.from - y.at(low) > 70 });
  if (kind === "memory") drawLimit(context, scales, scene);
  drawValues(context, scales, kind, scene);
}

function ticksOf({ x, y }, [low, high], kind) {
  const octave = x.at(Math.log10(2)) - x.at(0);
  const all = [16, 32, 64, 128, 256, 512, 1024, 2048];
  const across = all.map((side, i) => [Math.log10(side), octave > 38 || i % 2 === 0 ? String(side) : ""]);
  const powers = [];
  for (let power = Math.ceil(low); power <= high; power++) powers.push(power);
  const labelled = powers.filter((power) => power % 3 === 0);
  const unit = kind === "memory" ? "B" : "";
  const down = labelled.map((power) => [power, `1 ${UNITS[power / 3] ?? ""}${unit}`.trimEnd()]);
  const decade = Math.abs(y.at(1) - y.at(0));
  return { across, down, minor: decade > 9 ? powers : [] };
}

/** The line of 24 GB, and the image side at which global attention crosses it. */
function drawLimit(context, { x, y }, { picture, colours, numbers }) {
  const top = y.at(Math.log10(MEMORY_LIMIT));
  dashed(context, linePath([[x.from, top], [x.to, top]]), colours.ink);
  writeText(context, "24 GB", x.from - 5, top, { size: 11, weight: 650, colour: colours.ink, align: "right" });
  if (picture.crossing > Math.log10(SIDES[1])) return;
  const left = x.at(picture.crossing);
  dashed(context, linePath([[left, top], [left, y.from]]), colours.muted_ink, [2, 3], 1);
  const ring = circlePath(left, top, 4.5);
  casedStroke(context, ring, { colour: colours.ink, width: 2, casing: colours.surface });
  context.fillStyle = colours.surface;
  context.fill(ring);
  const look = { size: 11, weight: 650, colour: colours.ink };
  const words = `${numbers.crossing} px`;
  if (left - x.from > 60) haloText(context, words, left - 8, top - 10, { ...look, align: "right" }, colours);
  else haloText(context, words, left + 10, top + 11, { ...look, align: "left" }, colours);
}

/** Both values at the side on show: a dot on each curve, and the number on a chip. */
function drawValues(context, { x, y }, kind, { picture, numbers, colours }) {
  const left = x.at(picture.side);
  const box = [x.from, 2, x.to, y.from - 10];
  const tops = picture.dots[kind].map((value) => y.at(value));
  const apart = Math.max(0, 22 - Math.abs(tops[1] - tops[0]) / 2); // where the curves are close, the chips still are not
  for (const [i, name] of CURVES.entries()) {
    drawDot(context, left, tops[i], colours[SERIES[name]], colours);
    const cost = numbers[name];
    const text = `${NAMES[name]} ${kind === "cost" ? compact(cost.multiplyAdds) : compact(cost.bytes, "B")}`;
    const look = { fill: colours[SERIES[name]], ink: colours.on_series, border: colours.surface };
    const upper = tops[i] < tops[1 - i] || (i === 0 && tops[0] === tops[1]);
    const beside = upper ? [left - 58, tops[i] - 16 - apart] : [left + 64, tops[i] + 16 + apart];
    chipInside(context, text, ...beside, box, { ...look, size: 11.5 });
  }
}

// ---- 3: every query and every key -----------------------------------------------------------------

/** Where the square of all pairs lies on its canvas. */
export function pairsSquare(canvas) {
  const side = Math.min(canvas.clientWidth - 2, canvas.clientHeight - 2);
  return { x: (canvas.clientWidth - side) / 2, y: 1, side };
}

/** "everywhere", "windows" or null: what a place of the square belongs to. */
export function pairAt(canvas, { windows }, left, top) {
  const { x, y, side } = pairsSquare(canvas);
  const [across, down] = [(left - x) / side, (top - y) / side];
  if (Math.min(across, down) < 0 || Math.max(across, down) >= 1) return null;
  const near = Math.max(1 / windows.windows, 8 / side); // a thin diagonal is hard to hit
  const same = Math.floor(across * windows.windows) === Math.floor(down * windows.windows);
  return same || Math.abs(across - down) < near / 2 ? "windows" : "everywhere";
}

export function paintPairs(canvas, { numbers, colours, which }) {
  const context = fitted(canvas);
  if (!context) return;
  const { everywhere, windows } = numbers;
  const { x, y, side } = pairsSquare(canvas);
  const own = (side * everywhere.tokens) / windows.tokens; // padding makes the windows' square larger
  if (windows.padding) {
    const whole = [x, y, side, side];
    hatch(context, rectanglePath(whole), whole, { colour: colours.muted_ink, fill: colours.padding });
  }
  context.fillStyle = mixColours(colours.surface, colours.series_0, which === "everywhere" ? 0.75 : 0.4);
  context.fillRect(x, y, own, own);
  context.strokeStyle = colours.series_0;
  context.lineWidth = which === "everywhere" ? 3 : 1.5;
  context.strokeRect(x + 0.5, y + 0.5, own - 1, own - 1);
  const block = side / windows.windows;
  context.save();
  context.globalAlpha = which === "everywhere" ? 0.45 : 1;
  if (block >= 2.5) {
    context.fillStyle = colours.series_1;
    const gap = block > 12 ? 1 : 0;
    for (let i = 0; i < windows.windows; i++) context.fillRect(x + i * block, y + i * block, block - gap, block - gap);
  } else {
    context.strokeStyle = colours.series_1;
    context.lineWidth = Math.max(block * Math.SQRT2, which === "windows" ? 2.5 : 1.2);
    context.stroke(linePath([[x, y], [x + side, y + side]]));
  }
  context.restore();
  const box = [x, y, x + side, y + side];
  const look = (name) => ({ fill: colours[SERIES[name]], ink: colours.on_series, border: colours.surface });
  chipInside(context, `global ${compact(everywhere.pairs)}`, x + 0.72 * own, y + 0.2 * own, box, look("everywhere"));
  chipInside(context, `windows ${compact(windows.pairs)}`, x + 0.28 * side, y + 0.8 * side, box, look("windows"));
}

// ---- 4: projections and products ------------------------------------------------------------------

const ROWS = { everywhere: 20, sliver: 86, windows: 150, bar: 26, height: 249 };

/** The heights of panel 4, stretched where the canvas is large. */
function rowsOf(canvas) {
  const stretch = clamp(canvas.clientHeight / ROWS.height, 1, 1.5);
  return Object.fromEntries(Object.entries(ROWS).map(([name, value]) => [name, value * stretch]));
}

/** The lengths of the bars in panel 4: global and windows to one scale, and the windows enlarged. */
function barsOf(canvas, { lengths }) {
  const width = canvas.clientWidth;
  const rows = rowsOf(canvas);
  return {
    everywhere: [0, rows.everywhere, width * lengths[0], rows.bar],
    sliver: [0, rows.sliver, Math.max(1.5, width * lengths[1]), 9],
    windows: [0, rows.windows, width, rows.bar],
  };
}

export function barAt(canvas, top) {
  const rows = rowsOf(canvas);
  if (top < rows.sliver - 8) return "everywhere";
  return top < rows.windows + rows.bar + 40 ? "windows" : null;
}

export function paintSplit(canvas, scene) {
  const context = fitted(canvas);
  if (!context) return;
  const { picture, numbers, colours, which } = scene;
  const bars = barsOf(canvas, picture);
  drawFan(context, bars, colours);
  for (const [i, name] of CURVES.entries()) {
    const faint = which && which !== name ? 0.4 : 1;
    const cost = numbers[name];
    const colour = colours[SERIES[name]];
    context.save();
    context.globalAlpha = faint;
    drawParts(context, bars[name], picture.shares[i], colour, colours);
    if (name === "windows") drawParts(context, bars.sliver, picture.shares[i], colour, colours);
    const [, top, , height] = bars[name];
    const total = compact(cost.multiplyAdds);
    writeText(context, NAMES[name], 0, top - 9, { size: 12, weight: 650, colour, align: "left" });
    writeText(context, total, canvas.clientWidth, top - 9, { size: 12, weight: 650, colour: colours.ink, align: "right" });
    const share = cost.projections / cost.multiplyAdds;
    const look = { size: 11, colour: colours.muted_ink };
    const rows = [["projections", compact(cost.projections), percent(share)], ["products", compact(cost.products), percent(1 - share)]];
    for (const [at, [words, value, part]] of rows.entries()) {
      const place = [at ? canvas.clientWidth : 0, top + height + 11];
      const align = at ? "right" : "left";
      writeText(context, words, ...place, { ...look, align });
      writeText(context, `${value} · ${part}`, place[0], place[1] + 14, { ...look, align, colour: colours.ink });
    }
    context.restore();
  }
}

/** One bar: projections light with an edge, products full. */
function drawParts(context, [x, y, width, height], share, colour, colours) {
  context.fillStyle = colour;
  context.fillRect(x, y, width, height);
  const part = width * share;
  context.fillStyle = mixColours(colours.surface, colour, 0.3);
  context.fillRect(x, y, part, height);
  if (width > 6) {
    context.strokeStyle = colour;
    context.lineWidth = 1.5;
    context.strokeRect(x + 0.75, y + 0.75, Math.max(0, part - 1.5), height - 1.5);
  }
}

/** From the windows' bar to scale to the same bar enlarged, so that its parts can be seen. */
function drawFan(context, { sliver, windows }, colours) {
  const [x, y, width, height] = sliver;
  const fan = linePath([[x, y + height], [x + width, y + height], [windows[0] + windows[2], windows[1] - 20], [windows[0], windows[1] - 20]]);
  context.fillStyle = colours.raised;
  context.fill(fan);
  dashed(context, linePath([[x + width, y + height], [windows[0] + windows[2], windows[1] - 20]]), colours.muted_ink, [2, 3], 1);
}
