// The charts of the TrainingDashboard, drawn from one scene: curves, the place that is pointed at, colours.
// Places along a run are in epochs: 2.5 is the middle of the third.

import { drawAxes, drawDot, dashed, haloText, linePath, linearScale } from "./charts.js";
import { clamp } from "./kit.js";
import { casedStroke, fitted, mixColours, rectanglePath, writeText } from "./drawing.js";
import { rateText, wholeText } from "./training_words.js";

const TRAINING = "series_0";
const TEST = "series_1";
const EDGES = { left: 40, right: 12, top: 10, bottom: 40 };

/** Round numbers between two others, at most `count` steps apart, both ends included where they are round. */
export function roundTicks(low, high, count) {
  const rough = Math.max((high - low) / count, 1e-12);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((size) => size >= rough * (1 - 1e-9));
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

/** From where to where the charts go: from the first epoch on show to a little after the newest place. */
export function rangeOfPlaces(curves, { place, epochs }) {
  const first = Math.min(curves.loss[0]?.[0] ?? Infinity, curves.tested[0]?.[0] - 1 || Infinity);
  const low = Number.isFinite(first) ? Math.max(0, Math.floor(first)) : 0;
  const whole = Math.max(epochs, Math.ceil(place), low + 1);
  return [low, clamp(low + 1.1 * (place - low), low + 1, whole)];
}

/** The range of losses: all of the means, most of the single batches. */
export function rangeOfLosses({ loss, tested }) {
  const means = [...loss.map((row) => row[1]), ...tested.flatMap((row) => [row[1], row[2]])];
  if (!means.length) return [0, 1];
  const ordered = loss.map((row) => row[3]).sort((a, b) => a - b);
  const high = 1.05 * Math.max(...tested.flatMap((row) => [row[1], row[2]]), ordered[Math.floor(0.97 * (ordered.length - 1))] ?? 0);
  const low = Math.min(...means, ...loss.map((row) => row[2]));
  return [low < 0.4 * high ? 0 : low - 0.1 * (high - low), Math.max(high, low + 1e-6)];
}

function scalesOn(canvas, places, values, { top = EDGES.top, bottom = canvas.clientHeight - EDGES.bottom } = {}) {
  return {
    x: linearScale(places, [EDGES.left, canvas.clientWidth - EDGES.right]),
    y: linearScale(values, [bottom, top]),
  };
}

/** The place along the run at a point of a chart, within the run; null beside the chart. */
export function placeAt(canvas, { curves, progress }, left) {
  const { x } = scalesOn(canvas, rangeOfPlaces(curves, progress), [0, 1]);
  return left < x.from - 10 || left > x.to + 10 ? null : clamp(x.back(left), 0, progress.place);
}

function axes(context, scales, places, down, colours, name = "epoch") {
  const across = roundTicks(...places, Math.max(2, (scales.x.to - scales.x.from) / 42))
    .filter((tick) => tick === Math.round(tick)).map((tick) => [tick, String(tick)]);
  drawAxes(context, scales, { across, down, name }, colours);
}

/** The lines of training (mean over an epoch, in its middle, round dots) and test (at its end, diamonds). */
function drawBoth(context, { x, y }, rows, columns, { colours, at }) {
  for (const [name, column, shift, mark] of [[TRAINING, columns[0], 0.5, drawDot], [TEST, columns[1], 0, drawDiamond]]) {
    const points = rows.map((row) => [x.at(row[0] - shift), y.at(row[column])]);
    if (!points.length) continue;
    context.lineWidth = 2.5;
    context.lineJoin = "round";
    context.strokeStyle = colours[name];
    context.stroke(linePath(points));
    const marked = points.length <= 24 ? points : points.slice(-1);
    for (const [left, top] of marked) mark(context, left, top, colours[name], colours, 3.5);
    const chosen = at === null ? -1 : rows.findLastIndex((row) => row[0] <= at + 1e-6);
    if (chosen >= 0) mark(context, ...points[chosen], colours[name], colours, 6);
  }
}

function drawDiamond(context, left, top, colour, colours, radius) {
  const reach = radius * 1.35;
  const path = linePath([[left, top - reach], [left + reach, top], [left, top + reach], [left - reach, top]]);
  path.closePath();
  casedStroke(context, path, { colour, width: 1, casing: colours.surface, casingWidth: 4 });
  context.fillStyle = colour;
  context.fill(path);
}

/** A broken line at the place that is pointed at. */
function drawPlace(context, { x, y }, { at, colours }) {
  if (at === null) return;
  const left = Math.round(x.at(at)) + 0.5;
  dashed(context, linePath([[left, y.to], [left, y.from]]), colours.ink, [3, 3]);
}

export function paintLoss(canvas, scene) {
  const context = fitted(canvas);
  if (!context) return;
  const { curves, colours, progress } = scene;
  const places = rangeOfPlaces(curves, progress);
  const values = rangeOfLosses(curves);
  const scales = scalesOn(canvas, places, values);
  const { x, y } = scales;
  axes(context, scales, places, roundTicks(...values, 5).map((tick) => [tick, String(tick)]), colours);
  context.save();
  context.clip(rectanglePath([x.from, y.to - 6, x.to - x.from + EDGES.right, y.from - y.to + 6]));
  const { loss } = curves;
  if (loss.length > 1) {
    const band = [...loss.map((row) => [x.at(row[0]), y.at(row[3])]), ...loss.toReversed().map((row) => [x.at(row[0]), y.at(row[2])])];
    context.fillStyle = mixColours(colours[TRAINING], colours.surface, 0.82);
    context.fill(linePath(band));
  }
  context.lineWidth = 1.25;
  context.lineJoin = "round";
  context.strokeStyle = mixColours(colours[TRAINING], colours.surface, 0.5);
  context.stroke(linePath(loss.map((row) => [x.at(row[0]), y.at(row[1])])));
  if (loss.length === 1) drawDot(context, x.at(loss[0][0]), y.at(loss[0][1]), colours[TRAINING], colours, 3);
  context.restore();
  drawBoth(context, scales, curves.tested, [1, 2], scene);
  drawPlace(context, scales, scene);
}

export function paintAccuracy(canvas, scene) {
  const context = fitted(canvas);
  if (!context) return;
  const { curves, colours, progress, classes } = scene;
  const places = rangeOfPlaces(curves, progress);
  const scales = scalesOn(canvas, places, [0, 1]);
  axes(context, scales, places, [0, 0.25, 0.5, 0.75, 1].map((part) => [part, `${100 * part}`]), colours);
  if (classes > 1) {
    const { x, y } = scales;
    dashed(context, linePath([[x.from, y.at(1 / classes)], [x.to, y.at(1 / classes)]]), colours.muted_ink, [2, 3], 1);
    haloText(context, "guessing", x.to, y.at(1 / classes) - 8, { size: 11, colour: colours.muted_ink, align: "right" }, colours);
  }
  drawBoth(context, scales, curves.tested, [3, 4], scene);
  drawPlace(context, scales, scene);
}

/** Two small charts, one above the other: learning rate, images per second. */
export function paintPace(canvas, scene) {
  const context = fitted(canvas);
  if (!context) return;
  const { curves, colours, progress, at } = scene;
  const places = rangeOfPlaces(curves, progress);
  const half = (canvas.clientHeight - EDGES.bottom) / 2;
  const charts = [
    { rows: curves.learning_rate, name: "learning rate", text: rateText, top: 18, bottom: half - 8, last: false },
    { rows: curves.speed, name: "images per second", text: wholeText, top: half + 22, bottom: 2 * half, last: true },
  ];
  for (const { rows, name, text, top, bottom, last } of charts) {
    const most = Math.max(...rows.map((row) => row[1]), 1e-12);
    const scales = scalesOn(canvas, places, [0, 1.08 * most], { top, bottom });
    const { x, y } = scales;
    const down = rows.length ? [[0, "0"], [most, text(most)]] : [[0, "0"]];
    if (last) axes(context, scales, places, down, colours);
    else drawAxes(context, scales, { across: [], down }, colours);
    context.lineWidth = 2;
    context.lineJoin = "round";
    context.strokeStyle = colours.ink;
    context.stroke(linePath(rows.map((row) => [x.at(row[0]), y.at(row[1])])));
    const shown = rowAt(rows, at ?? progress.place);
    if (shown) drawDot(context, x.at(shown[0]), y.at(shown[1]), colours.ink, colours, 3.5);
    const words = shown ? `${name} ${text(shown[1])}` : name;
    writeText(context, words, x.from, top - 10, { size: 11, weight: 650, colour: colours.ink, align: "left" });
    drawPlace(context, scales, scene);
  }
}

/** The last row at or before a place; the first one where there is none before; undefined where there are no rows. */
export function rowAt(rows, place) {
  return rows.findLast((row) => row[0] <= place + 1e-6) ?? rows[0];
}
