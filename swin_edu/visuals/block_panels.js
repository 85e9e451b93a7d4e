// The BlockExplorer's photograph with the followed token, and the strip of blocks with the token after each.

import { TINY } from "./block_numbers.js";
import { drawBars } from "./block_flow.js";
import { attendedSpan } from "./windows.js";
import {
  coverCrop, drawTokenLines, drawWindows, fitted, markToken, mixColours, outline, rectanglePath, spanRect, startGrid,
  windowPath, writeText,
} from "./drawing.js";

export const PHOTO_MARGINS = { before: 4, after: 4 };

/** The photograph: windows of the block on show, the followed token and where it looks, the changed token. */
export function paintPhoto(canvas, scene) {
  const { axes, photo, place, source, colours, looks } = scene;
  const grid = startGrid(canvas, axes[0].length, axes[1].length, PHOTO_MARGINS);
  if (!grid) return;
  const { context, x, y, unit, width, height } = grid;
  if (photo) context.drawImage(photo.bitmap, ...coverCrop(photo, axes[1].length / axes[0].length), x, y, width, height);
  drawTokenLines(grid);
  const span = axes.map((axis, i) => attendedSpan(axis, place[i]));
  const outside = rectanglePath([x, y, width, height]);
  outside.addPath(rectanglePath(spanRect(grid, span)));
  context.save();
  context.globalAlpha = 0.45;
  context.fillStyle = colours.surface;
  context.fill(outside, "evenodd");
  context.restore();
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  drawWindows(grid, axes, axes.map((axis) => axis.shift), colours);
  context.restore();
  const largest = Math.max(...looks);
  const [[top], [left, right]] = span;
  looks.forEach((weight, n) => {
    const [r, c] = [top + Math.floor(n / (right - left)), left + (n % (right - left))];
    const side = unit * 0.62 * Math.sqrt(weight / largest);
    context.fillStyle = colours.surface;
    context.fillRect(x + (c + 0.5) * unit - side / 2 - 1, y + (r + 0.5) * unit - side / 2 - 1, side + 2, side + 2);
    context.fillStyle = colours.key;
    context.fillRect(x + (c + 0.5) * unit - side / 2, y + (r + 0.5) * unit - side / 2, side, side);
  });
  outline(context, [x + source[1] * unit + 1, y + source[0] * unit + 1, unit - 2, unit - 2], colours.series_2, colours, 3);
  markToken(grid, place, colours.query, colours);
}

/** Where the columns of the strip stand: how many, how wide, and from where. */
export function layOutStrip(canvas, blocks) {
  const count = blocks + 1;
  const unit = Math.min(112, canvas.clientWidth / count);
  return { count, unit, left: (canvas.clientWidth - unit * count) / 2 };
}

/** The strip: for the photograph's tokens and after each block, who has heard, the followed token, the spread. */
export function paintStrip(canvas, scene) {
  const context = fitted(canvas);
  if (!context) return;
  const { colours, blocks, block, history, heard, spreads, historyRanges, historyLimit, token, channel, stack } = scene;
  const { unit, left } = layOutStrip(canvas, blocks);
  const size = Math.min(unit - Math.min(14, unit * 0.16), 64);
  const across = Math.min(unit - Math.min(14, unit * 0.16), 80);
  const narrow = unit < 74;
  history.forEach((tokens, k) => {
    const middle = left + (k + 0.5) * unit;
    if (k === block) {
      const path = rectanglePath([left + k * unit + 1, 1, unit - 2, canvas.clientHeight - 2], 7);
      context.fillStyle = colours.raised;
      context.fill(path);
      context.lineWidth = 2;
      context.strokeStyle = colours.ink;
      context.stroke(path);
    }
    const kind = stack[k - 1]?.axes.some((axis) => axis.shift) ? "shifted" : "plain";
    const title = k ? (narrow ? String(k) : `${k}  ${kind}`) : narrow ? "0" : "start";
    const ink = { size: narrow ? 11 : 12, weight: k === block ? 650 : 400, colour: colours.ink };
    writeText(context, title, middle, 14, ink);
    drawHeard(context, [middle - size / 2, 26, size], heard[k], scene, k ? stack[k - 1].axes : null);
    const numbers = Array.from(tokens.subarray(token * TINY.channels, (token + 1) * TINY.channels));
    const bars = { x: middle - across / 2, y: 26 + size + 12 + 32, width: across, height: 60 };
    drawBars(context, bars, numbers, historyRanges[k], historyLimit, channel, k === block ? { ...colours, surface: colours.raised } : colours);
    writeText(context, `${narrow ? "" : "differ "}${(100 * spreads[k]).toFixed(0)} %`, middle, bars.y + 45, { size: narrow ? 10 : 12, colour: colours.ink });
  });
}

/** The height that the strip needs, in CSS pixels. */
export function stripHeight(width, blocks) {
  const unit = Math.min(112, width / (blocks + 1));
  return 26 + Math.min(unit - Math.min(14, unit * 0.16), 64) + 12 + 64 + 22;
}

/** A small map of who differs because the source was changed: the more, the darker. */
function drawHeard(context, [left, top, side], far, { axes, place, source, colours }, windows) {
  const [rows, columns] = axes.map((axis) => axis.length);
  const unit = side / Math.max(rows, columns);
  const grid = {
    context, unit, rows, columns, width: unit * columns, height: unit * rows,
    x: left + (side - unit * columns) / 2, y: top + (side - unit * rows) / 2,
  };
  context.fillStyle = mixColours(colours.surface, colours.muted_ink, 0.18);
  context.fillRect(grid.x, grid.y, grid.width, grid.height);
  far.forEach((value, t) => {
    if (!(value > 0)) return;
    const part = 1 + Math.log10(2 * value) / 4; // the change itself is 0.5; four orders of magnitude to pale
    context.fillStyle = mixColours(colours.surface, colours.series_2, 0.3 + 0.7 * Math.max(0, part));
    context.fillRect(grid.x + (t % columns) * unit, grid.y + Math.floor(t / columns) * unit, unit + 0.3, unit + 0.3);
  });
  if (windows) {
    context.save();
    context.beginPath();
    context.rect(grid.x - 0.5, grid.y - 0.5, grid.width + 1, grid.height + 1);
    context.clip();
    context.strokeStyle = colours.ink;
    context.lineWidth = 1;
    context.stroke(windowPath(grid, windows, windows.map((axis) => axis.shift)));
    context.restore();
  }
  const mark = ([r, c], colour, thick) => {
    context.strokeStyle = colour;
    context.lineWidth = thick;
    context.strokeRect(grid.x + c * unit + 0.5, grid.y + r * unit + 0.5, Math.max(2, unit - 1), Math.max(2, unit - 1));
  };
  mark(source, colours.series_2, 1.5);
  mark(place, colours.query, 2);
}
