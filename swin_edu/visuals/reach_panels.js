// The panels of the ReachExplorer, each drawn from one scene: state on show, picture (spans, blocks and counts as
// drawn, which may lie between two states while they move), curves, photograph, colours.

import { dashed, drawAxes, drawDot, drawMarker, haloText, linearScale, linePath } from "./charts.js";
import { axesOf, pair } from "./windows.js";
import { blockAxis, optionsOf, stepsOf } from "./reach_numbers.js";
import { grouped } from "./amounts.js";
import { clamp } from "./kit.js";
import {
  chip, circlePath, drawPhotograph, fitted, gridOn, mixColours, outline, rectanglePath, spanRect, startGrid, windowPath,
} from "./drawing.js";

const PHOTO_MARGINS = { before: 5, after: 5 };
const EDGES = { left: 44, right: 40, top: 14, bottom: 40 };
export const WAYS = ["plain", "shifted"];
export const LINES = { plain: "series_4", shifted: "series_2" };

/** The grid of tokens as it lies on a photograph's canvas. */
export const photoGrid = (canvas, { height, width }) => gridOn(canvas, height, width, PHOTO_MARGINS);

// ---- 1 and 2: the photograph, bright where the token has reached ----------------------------------

export function paintReach(canvas, way, { state, picture, photo, colours }) {
  const { height, width, token, looking_back: back } = state;
  const grid = startGrid(canvas, height, width, PHOTO_MARGINS);
  if (!grid) return;
  const { context, x, y } = grid;
  const [asks, others] = back ? [colours.query, colours.key] : [colours.key, colours.query];
  if (photo) drawPhotograph(grid, photo, axesOf(height, width, [height, width], 0), colours);
  const spans = picture[way];
  const hole = spanRect(grid, spans);
  const veil = rectanglePath([x, y, grid.width, grid.height]);
  veil.addPath(rectanglePath(hole));
  context.save();
  context.globalAlpha = 0.82;
  context.fillStyle = colours.surface;
  context.fill(veil, "evenodd");
  context.restore();
  drawBlockWindows(grid, way, state, colours);
  drawRings(grid, way, state, others, colours);
  outline(context, hole, others, colours);
  const side = clamp(grid.unit, 8, 18);
  const rect = [x + (token[1] + 0.5) * grid.unit - side / 2, y + (token[0] + 0.5) * grid.unit - side / 2, side, side];
  const dot = rectanglePath(rect, 2);
  context.fillStyle = asks;
  context.fill(dot);
  context.lineWidth = 1.5;
  context.strokeStyle = colours.surface;
  context.stroke(dot);
}

/** The windows of the last block (looking back: the last one too, where the looking begins). */
function drawBlockWindows(grid, way, state, colours) {
  const { height, width, window_size, blocks } = state;
  if (!blocks) return;
  const options = optionsOf(state)[way];
  const scale = state.merging ? 2 ** Math.floor((blocks - 1) / 2) : 1;
  const axes = [height, width].map((length, i) => {
    const axis = blockAxis(length, pair(window_size)[i], blocks - 1, options);
    return { window: axis.window * scale, shift: axis.shift * scale, padded: length };
  });
  if (Math.min(...axes.map((axis) => axis.window)) * grid.unit < 7) return;
  const { context, x, y } = grid;
  context.save();
  context.clip(rectanglePath([x, y, grid.width, grid.height]));
  context.lineWidth = 1;
  context.strokeStyle = `${colours.ink}66`;
  context.stroke(windowPath(grid, axes, axes.map((axis) => axis.shift)));
  context.restore();
}

/** A thin frame for each block before the last: how the reach has grown. */
function drawRings(grid, way, state, colour, colours) {
  const steps = stepsOf(state, optionsOf(state)[way]).slice(1, -1);
  const { context } = grid;
  context.save();
  context.lineWidth = 1.5;
  steps.forEach((spans, i) => {
    const ring = rectanglePath(spanRect(grid, spans));
    context.strokeStyle = `${colours.surface}88`;
    context.lineWidth = 3.5;
    context.stroke(ring);
    context.strokeStyle = mixColours(colour, colours.surface, 0.45 - (0.45 * (i + 1)) / steps.length);
    context.lineWidth = 1.5;
    context.stroke(ring);
  });
  context.restore();
}

// ---- 3: tokens reached against blocks -------------------------------------------------------------

/** The two scales of the chart: blocks across, tokens up. */
export function reachScales(canvas, { most, all }) {
  return {
    x: linearScale([0, most], [EDGES.left, canvas.clientWidth - EDGES.right]),
    y: linearScale([-0.1 * all, all], [canvas.clientHeight - EDGES.bottom, EDGES.top]),
  };
}

export function paintCounts(canvas, scene) {
  const context = fitted(canvas);
  if (!context) return;
  const { curves, picture, state, colours, which, chosen } = scene;
  const scales = reachScales(canvas, curves);
  const { x, y } = scales;
  const every = Math.ceil(26 / Math.max(1, x.at(1) - x.at(0)));
  const across = Array.from({ length: curves.most + 1 }, (_, k) => [k, k % every ? "" : String(k)]);
  const down = [0, 0.5, 1].map((part) => [part * curves.all, grouped(Math.round(part * curves.all))]);
  drawAxes(context, scales, { across, down, name: "blocks" }, colours);
  if (curves.unmerged) drawMergings(context, scales, curves, colours);
  for (const way of WAYS) {
    if (curves.unmerged) drawCurve(context, scales, curves.unmerged[way], curves.most, colours[LINES[way]], { ghost: true });
  }
  if (curves.unmerged) {
    const low = Math.min(y.at(curves.unmerged.shifted[curves.most]) + 16, y.at(0) - 22);
    haloText(context, "without merging", x.to - 4, low, { size: 11, colour: colours.muted_ink, align: "right" }, colours);
  }
  for (const way of WAYS) {
    const faint = which && which !== way;
    const colour = faint ? mixColours(colours[LINES[way]], colours.surface, 0.6) : colours[LINES[way]];
    drawCurve(context, scales, curves.counts[way], curves.most, colour, { wide: which === way });
  }
  drawEnd(context, scales, curves, colours);
  if (chosen !== state.blocks) drawMarker(context, scales, chosen, colours, { grip: false });
  drawMarker(context, scales, picture.blocks, colours, { hint: scene.hint });
  const words = `${state.blocks} block${state.blocks === 1 ? "" : "s"}`;
  const right = picture.blocks > 0.8 * curves.most;
  const look = { weight: 650, colour: colours.ink, align: right ? "right" : "left" };
  haloText(context, words, x.at(picture.blocks) + (right ? -8 : 8), y.at(0.75 * curves.all), look, colours);
  for (const [i, way] of WAYS.entries()) {
    drawDot(context, x.at(picture.blocks), y.at(picture.counts[way]), colours[LINES[way]], colours);
    const last = curves.counts[way][curves.most];
    const beside = i === 0 && last === curves.counts.shifted[curves.most] ? 22 : 0;
    const [left, top] = [x.to + 22, y.at(last) + beside];
    chip(context, String(i + 1), left, top, { fill: colours[LINES[way]], ink: colours.on_series, size: 11 });
  }
}

/** An upright line after every two blocks, where 2 x 2 tokens become one. */
function drawMergings(context, { x, y }, { most }, colours) {
  for (let k = 2; k < most; k += 2) dashed(context, linePath([[x.at(k), y.from], [x.at(k), y.to]]), colours.muted_ink, [1, 3], 1);
  if (x.at(2) - x.at(0) < 40) return;
  haloText(context, "2 × 2 become one", x.at(2) + 5, y.to + 16, { size: 11, colour: colours.muted_ink, align: "left" }, colours);
}

function drawCurve(context, { x, y }, counts, most, colour, { ghost = false, wide = false } = {}) {
  const places = counts.slice(0, most + 1).map((count, k) => [x.at(k), y.at(count)]);
  if (ghost) {
    dashed(context, linePath(places), colour, [3, 4], 1.5);
    return;
  }
  context.lineJoin = "round";
  context.lineWidth = wide ? 4 : 2.5;
  context.strokeStyle = colour;
  context.stroke(linePath(places));
  if (x.at(1) - x.at(0) < 8) return;
  context.fillStyle = colour;
  for (const [left, top] of places) context.fill(circlePath(left, top, wide ? 4 : 3));
}

/** Where each way has reached all. */
function drawEnd(context, { x, y }, { until, most, all }, colours) {
  for (const way of WAYS) {
    if (until[way] === null || until[way] > most) continue;
    const [left, top] = [x.at(until[way]), y.at(all)];
    const ring = circlePath(left, top, 6.5);
    context.lineWidth = 2;
    context.strokeStyle = colours[LINES[way]];
    context.fillStyle = colours.surface;
    context.fill(ring);
    context.stroke(ring);
  }
}
