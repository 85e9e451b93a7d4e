// The bar charts of the ModelExplorer, one for each count, and the windows of one stage. The scene that is
// drawn is described in model_explorer.js.

import { PARTS } from "./model_arithmetic.js";
import { percent, short } from "./model_words.js";
import { drawWindows, fitted, hatch, rectanglePath, startGrid, windowPath, writeText } from "./drawing.js";

export const PART_COLOURS = {
  entry: "series_0", projections: "series_1", attention: "series_2", mlp: "series_3", norms: "series_4", head: "series_5",
};

// ---- the bars --------------------------------------------------------------------------------------

const LABEL = 32;
const NUMBERS = 92;

function barsOf(canvas, count) {
  const step = canvas.clientHeight / count;
  return { step, thick: Math.min(20, step - 8) };
}

/** The stage (and the part, where the pointer is on a bar) at a point of a bar chart. */
export function barAt(canvas, { network, drawn }, what, x, y) {
  const count = network.stages.length + 1;
  const row = Math.floor(y / barsOf(canvas, count).step);
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
  const { step, thick } = barsOf(canvas, segments.length);
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
