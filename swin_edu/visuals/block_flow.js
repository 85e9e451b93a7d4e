// The BlockExplorer's middle panel: one block as a road with two branches. Where things stand is worked out for
// all orders of norm and sum, wide and narrow; then it is drawn: a token's numbers as bars at each of seven places.

import { TINY } from "./block_numbers.js";
import { fitted, mixColours, rectanglePath, writeText } from "./drawing.js";

const HALF = 344; // one branch's length; all in units that are stretched to the canvas
const BARS = { width: 50, height: 80 };
const ROAD = 70;
const BRANCH = 204;
export const FLOW = { wide: [740, 280], narrow: [410, 560] };
// How long the boxes are, and what they hold.
const BOXES = { norm: [70, 56], attention: [90, 100], mlp: [90, 100] };

/** The places of the flow: bars { step, x, y }, boxes { kind, x, y, width, height } and arrows, of both halves. */
export function layOutFlow(normFirst, narrow) {
  const bars = [];
  const boxes = [];
  const arrows = [];
  const origin = (half) => (narrow ? [14, half * FLOW.wide[1]] : [half * HALF, 0]);
  for (const half of [0, 1]) {
    const [left, top] = origin(half);
    const first = 3 * half;
    const kind = half ? "mlp" : "attention";
    const at = (x, y) => [left + x, top + y];
    const bar = (step, x, y, road) => bars.push({ step, x: left + x, y: top + y, road });
    const box = (name, x, y) => {
      const [width, height] = BOXES[name];
      boxes.push({ kind: name, half, x: left + x, y: top + y - height / 2, width, height });
    };
    const arrow = (role, ...points) => arrows.push({ role, points: points.map(([x, y]) => at(x, y)) });
    if (!half || narrow) bar(first, 0, ROAD, true);
    if (normFirst) {
      box("norm", 0, BRANCH);
      bar(first + 1, 81, BRANCH, false);
      box(kind, 142, BRANCH);
      bar(first + 2, 243, BRANCH, false);
      arrow("branch", [25, ROAD + 44], [25, BRANCH - 28]);
      arrow("branch", [70, BRANCH], [80, BRANCH]);
      arrow("branch", [132, BRANCH], [142, BRANCH]);
      arrow("branch", [232, BRANCH], [242, BRANCH]);
      arrow("sum", [268, BRANCH - 44], [268, ROAD + 10]);
      arrow("road", [54, ROAD], [258, ROAD]);
      arrow("out", [278, ROAD], [341, ROAD]);
    } else {
      box(kind, 0, BRANCH);
      bar(first + 1, 105, BRANCH, false);
      bar(first + 2, 164, ROAD, true);
      box("norm", 242, ROAD);
      arrow("branch", [25, ROAD + 44], [25, BRANCH - 50]);
      arrow("branch", [90, BRANCH], [103, BRANCH]);
      arrow("sum", [130, BRANCH - 44], [130, ROAD + 10]);
      arrow("road", [54, ROAD], [120, ROAD]);
      arrow("out", [140, ROAD], [162, ROAD]);
      arrow("out", [217, ROAD], [241, ROAD]);
      arrow("out", [312, ROAD], [341, ROAD]);
    }
    if (half || narrow) bar(first + 3, 344, ROAD, true);
    if (!half && !narrow) bar(3, 344, ROAD, true);
  }
  return { bars, boxes, arrows };
}

/** How the units of the flow lie on a canvas: scale, and the left edge. */
export function scaleFlow(canvas, narrow) {
  const [width, height] = narrow ? FLOW.narrow : FLOW.wide;
  const scale = Math.min(canvas.clientWidth / width, canvas.clientHeight / height);
  return { scale, left: (canvas.clientWidth - width * scale) / 2 };
}

/** The thing at a point: { step, channel } in the bars, { box } for an operation, or null. */
export function flowThingAt(canvas, x, y, { normFirst, narrow }) {
  const { scale, left } = scaleFlow(canvas, narrow);
  const [u, v] = [(x - left) / scale, y / scale];
  const { bars, boxes } = layOutFlow(normFirst, narrow);
  for (const { step, x: from, y: middle } of bars) {
    const channel = Math.floor(((u - from) / BARS.width) * TINY.channels);
    const inside = Math.abs(v - middle) <= BARS.height / 2 + 4;
    if (inside && channel >= 0 && channel < TINY.channels) return { step, channel };
  }
  const found = boxes.findIndex((box) => u >= box.x && u <= box.x + box.width && v >= box.y && v <= box.y + box.height);
  return found < 0 ? null : { box: found };
}

// ---- drawing ----------------------------------------------------------------------------------------

/** A vector as bars from a middle line; behind each, the range of that channel over all tokens. */
export function drawBars(context, { x, y, width, height }, numbers, ranges, limit, channel, colours) {
  const each = width / numbers.length;
  const gap = Math.min(1, each / 6);
  const place = (value) => y - Math.max(-1, Math.min(1, value / limit)) * (height / 2);
  numbers.forEach((value, i) => {
    const left = x + i * each;
    if (i === channel) {
      context.fillStyle = mixColours(colours.surface, colours.focus, 0.3);
      context.fillRect(left, y - height / 2 - 3, each, height + 6);
    }
    const [low, high] = ranges[i].map(place);
    context.fillStyle = mixColours(colours.surface, colours.muted_ink, 0.22);
    context.fillRect(left, high, each - gap, Math.max(1, low - high));
    context.fillStyle = value < 0 ? colours.negative : colours.positive;
    const top = Math.min(y, place(value));
    context.fillRect(left + gap / 2, top, each - 2 * gap, Math.max(1, Math.abs(place(value) - y)));
  });
  context.fillStyle = colours.muted_ink;
  context.fillRect(x - 1, y - 0.5, width + 2, 1);
}

function drawArrow(context, points, { colour, width, dashed = false, head = true }) {
  context.save();
  context.lineWidth = width;
  context.strokeStyle = colour;
  context.fillStyle = colour;
  if (dashed) context.setLineDash([3, 5]);
  const [[x0, y0], [x1, y1]] = points.slice(-2);
  const long = Math.hypot(x1 - x0, y1 - y0) || 1;
  const [dx, dy] = [(x1 - x0) / long, (y1 - y0) / long];
  const tip = head ? 4 + width : 0;
  context.beginPath();
  points.slice(0, -1).forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.lineTo(x1 - dx * tip, y1 - dy * tip);
  context.stroke();
  if (head) {
    context.setLineDash([]);
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x1 - dx * tip - dy * tip * 0.7, y1 - dy * tip + dx * tip * 0.7);
    context.lineTo(x1 - dx * tip + dy * tip * 0.7, y1 - dy * tip - dx * tip * 0.7);
    context.fill();
  }
  context.restore();
}

const thousands = (value) => (value < 10000 ? String(value) : `${(value / 1000).toFixed(value < 99500 ? 1 : 0)} k`);

function drawBox(context, box, scene, lit) {
  const { colours, costs, company, numbers } = scene;
  const { kind, x, y, width, height } = box;
  const path = rectanglePath([x, y, width, height], 7);
  context.fillStyle = colours.raised;
  context.fill(path);
  context.lineWidth = lit ? 2 : 1;
  context.strokeStyle = lit ? colours.focus : colours.muted_ink;
  context.stroke(path);
  const middle = x + width / 2;
  const title = { norm: "LayerNorm", attention: scene.shifted ? "SW-MSA" : "W-MSA", mlp: "MLP" }[kind];
  const small = (words, down) => writeText(context, words, middle, y + down, { size: 10, colour: colours.muted_ink });
  writeText(context, title, middle, y + 13, { size: kind === "norm" ? 10.5 : 12.5, weight: 650, colour: colours.ink });
  small(`${costs[kind].parameters} weights`, 29);
  if (kind === "norm") {
    small("each token", 43);
    return;
  }
  small(`${thousands(costs[kind].operations)} mult-adds`, 43);
  if (kind === "mlp") drawHidden(context, [x + 6, y + 54, width - 12, 40], numbers.hidden, colours);
  else drawHeads(context, [x + 6, y + 54, width - 12, 40], numbers.weights, company, colours);
}

/** The 32 numbers between the two linear layers. */
function drawHidden(context, [x, y, width, height], hidden, colours) {
  const largest = Math.max(1e-9, ...hidden);
  const base = y + height - 5;
  const each = width / hidden.length;
  hidden.forEach((value, i) => {
    const tall = (Math.abs(value) / largest) * (height - 8);
    context.fillStyle = value < 0 ? colours.negative : colours.positive;
    context.fillRect(x + i * each, value < 0 ? base : base - tall, each * 0.75, Math.max(0.6, Math.min(tall, value < 0 ? 5 : 99)));
  });
  context.fillStyle = colours.muted_ink;
  context.fillRect(x, base, width, 0.7);
}

/** Where the token looks in its window, head by head. */
function drawHeads(context, [x, y, width, height], weights, { rows, columns }, colours) {
  const side = Math.min(height / rows, (width / 2 - 4) / columns);
  weights.forEach((head, h) => {
    const left = x + (width / 4) * (1 + 2 * h) - (side * columns) / 2;
    const top = y + (height - side * rows) / 2;
    const largest = Math.max(...head);
    head.forEach((weight, n) => {
      context.fillStyle = mixColours(colours.surface, colours.key, 0.05 + 0.95 * (weight / largest));
      context.fillRect(left + (n % columns) * side, top + Math.floor(n / columns) * side, side - 0.7, side - 0.7);
    });
  });
}

const NAMES = {
  true: ["z", "normed", "attention", "ẑ", "normed", "MLP", "new z"],
  false: ["z", "attention", "sum", "ẑ", "MLP", "sum", "new z"],
};

export function paintFlow(canvas, scene) {
  const context = fitted(canvas);
  if (!context) return;
  const { colours, normFirst, residual, narrow, lit, steps, ranges, limit, token, axes } = scene;
  const { scale, left } = scaleFlow(canvas, narrow);
  context.translate(left, 0);
  context.scale(scale, scale);
  const { bars, boxes, arrows } = layOutFlow(normFirst, narrow);
  const shape = `(${axes[0].length}, ${axes[1].length}, ${TINY.channels})`;
  for (const { role, points } of arrows) {
    const road = role === "road" || role === "out";
    const cut = role === "road" && !residual;
    drawArrow(context, points, {
      colour: cut ? colours.line : road ? colours.ink : colours.muted_ink, width: road ? 4 : 1.8, dashed: cut, head: !cut,
    });
    if (role === "sum") drawPlus(context, points.at(-1)[0], points.at(-1)[1] - 10, residual, colours);
    if (cut) {
      const middle = (points[0][0] + points[1][0]) / 2;
      const wide = points[1][0] - points[0][0] > 120;
      writeText(context, wide ? "no residual" : "cut", middle, points[0][1] - 10, { size: 11, colour: colours.muted_ink });
    }
  }
  boxes.forEach((box, i) => drawBox(context, box, scene, lit?.box === i));
  for (const { step, x, y, road } of bars) {
    const numbers = Array.from(steps[step].subarray(token * TINY.channels, (token + 1) * TINY.channels));
    const place = { x, y, width: BARS.width, height: BARS.height };
    context.fillStyle = colours.surface;
    context.fillRect(x - 3, y - BARS.height / 2 - 2, BARS.width + 6, BARS.height + 4);
    drawBars(context, place, numbers, ranges[step], limit, lit?.channel ?? -1, colours);
    const down = road ? y - BARS.height / 2 - 22 : y + BARS.height / 2 + 11;
    const name = NAMES[normFirst][step];
    writeText(context, name, x + BARS.width / 2, down, { size: 12, weight: road ? 650 : 500, colour: colours.ink });
    writeText(context, shape, x + BARS.width / 2, down + 13, { size: 10, colour: colours.muted_ink });
    if (lit?.step === step) {
      context.strokeStyle = colours.focus;
      context.lineWidth = 1.5;
      context.strokeRect(x - 4, y - BARS.height / 2 - 4, BARS.width + 8, BARS.height + 8);
    }
  }
}

/** The plus on the road; without a residual the branch only turns into it. */
function drawPlus(context, x, y, residual, colours) {
  context.beginPath();
  context.arc(x, y, 10, 0, 2 * Math.PI);
  context.fillStyle = residual ? colours.ink : colours.surface;
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = residual ? colours.ink : colours.muted_ink;
  context.stroke();
  const arms = residual ? [[-5, 0, 5, 0], [0, -5, 0, 5]] : [[0, 5, 0, 0], [0, 0, 5, 0]];
  context.beginPath();
  for (const [x0, y0, x1, y1] of arms) {
    context.moveTo(x + x0, y + y0);
    context.lineTo(x + x1, y + y1);
  }
  context.lineWidth = 2;
  context.strokeStyle = residual ? colours.surface : colours.muted_ink;
  context.stroke();
}
