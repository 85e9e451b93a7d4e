// ShiftExplorer: drag the windows of a Swin block over a photograph, and see the cyclic roll, the
// regions, the mask, and whom one token attends to. Its arithmetic is in windows.js.

import {
  attendedSpan, axesOf, pair, placed, rolled, tokenAt, tokenFacts, windowRegions,
} from "./windows.js";
import {
  casedStroke, chip, clamp, coverCrop, createAlbum, createChoice, createCopyButton, createFrame, createPanel,
  createSlider, createStepper, element, fitted, fontOf, glide, hatch, mod, pointOn, rectanglePath,
} from "./kit.js";

const STATE = ["height", "width", "window_size", "shift", "token", "window", "image"];
const BEFORE = 22; // the margin above and left of a grid: row and column numbers, ghosts, strips
const AFTER = 8;
const LIMITS = { grid: 24, window: 12 };

// ---- state and words ----------------------------------------------------------------------------

const asNumberOrPair = ([a, b]) => (a === b ? a : [a, b]);
const inPython = (value) => (Array.isArray(value) && value[0] !== value[1] ? `(${value[0]}, ${value[1]})` : `${pair(value)[0]}`);
const point = ([r, c]) => `(${r}, ${c})`;
const times = ([a, b]) => (a === b ? String(a) : `${a}×${b}`);

/** The Python line that gives the mask on show. */
export function pythonLine({ height, width, window_size, shift }) {
  return `shift_mask(${height}, ${width}, ${inPython(window_size)}, ${inPython(shift)})`;
}

/** One sentence on one token, with the numbers filled in. */
export function describeToken({ height, width, window_size, shift, token }) {
  const axes = axesOf(height, width, window_size, shift);
  const facts = tokenFacts(axes, token);
  if (!facts.real) return `Place ${point(token)} is padding: it only fills up the last windows and never takes part.`;
  const all = axes[0].window * axes[1].window;
  const padding = windowRegions(axes, facts.window).filter((id) => id < 0).length;
  const sees = facts.counts.shifted;
  const far = all - padding - sees;
  const others = [];
  if (far) others.push(`${padding ? far : `the other ${far}`} came from the opposite edge`);
  if (padding) others.push(`${far ? padding : `the other ${padding}`} ${padding === 1 ? "is" : "are"} padding`);
  const unshifted = axes.every((axis) => axis.shift === 0);
  const where = unshifted
    ? `Nothing is shifted: token ${point(token)} sits in window ${facts.window}`
    : `Token ${point(token)} sits in window ${facts.window} with region ${facts.region}`;
  const whom = others.length ? `${sees} of ${all} tokens; ${others.join(" and ")}.` : `all ${all} tokens of its window.`;
  const asked = pair(shift);
  const fits = ["rows", "columns"].filter((_, i) => axes[i].single && asked[i] > 0);
  const note = fits.length ? ` The ${fits.join(" and ")} fit into one window, so they are not shifted.` : "";
  return `${where}: it may attend to ${whom}${note}`;
}

/** One sentence on one cell of the mask. */
export function describePair({ height, width, window_size, shift }, window, query, key) {
  const axes = axesOf(height, width, window_size, shift);
  const ids = windowRegions(axes, window);
  const [asks, asked] = [query, key].map((index) => point(tokenAt(axes, window, index)));
  if (ids[query] < 0 || ids[key] < 0) {
    const which = ids[query] < 0 ? asks : asked;
    return `Query ${asks}, key ${asked}: ${which} is padding, so no attention passes between them.`;
  }
  if (ids[query] === ids[key]) {
    return `Query ${asks} may attend to key ${asked}: they share window ${window} and region ${ids[query]}, so they are true neighbours.`;
  }
  return `Query ${asks} may not attend to key ${asked}: they meet in window ${window} only through the roll (regions ${ids[query]} and ${ids[key]}).`;
}

// ---- the explorer -------------------------------------------------------------------------------

function render({ model, el }) {
  const state = {};
  const view = { offset: [0, 0], hover: null, pair: null, drag: null, stopGlide: () => {} };
  const frame = createFrame({
    el, model, label: "Shift explorer: windows, cyclic shift, mask and attention over a photograph", paint: () => paint(),
  });
  const { colours } = frame;
  const photograph = createAlbum(model.get("_photographs"), () => paint());
  const base = { key: "", canvas: document.createElement("canvas") };
  const tinted = document.createElement("canvas");
  const maskPixels = document.createElement("canvas");

  const keys = "Arrow keys move the token; Shift with arrow keys, or square brackets, change the shift.";
  const panels = {
    plain: createPanel(frame, { name: "plain", number: 1, title: "Plain block", label: `Plain windows. ${keys}` }),
    shifted: createPanel(frame, {
      name: "shifted", number: 2, title: "Shifted block", draggable: true,
      label: `Shifted windows: drag to change the shift. ${keys}`,
    }),
    rolled: createPanel(frame, {
      name: "rolled", number: 3, title: "Rolled", draggable: true,
      label: `The image after the cyclic roll: drag to change the shift. ${keys}`,
    }),
    mask: createPanel(frame, {
      name: "mask", number: 4, title: "Mask",
      label: "Mask matrix of the chosen window. Arrow keys up and down choose the query, left and right the key.",
    }),
  };
  const sights = Object.fromEntries(["plain", "shifted", "both"].map((name) => [name, createSight(frame, name)]));
  const legend = element("div", "swin-legend");
  for (const [name, text] of [["query", "query: the token that asks"], ["key", "keys: whom it may attend to"],
    ["masked", "masked: not true neighbours"], ["padding", "padding: never takes part"]]) {
    legend.append(element("span", "", {}, element("i", "", { style: `background: var(--swin-${name})` }), text));
  }
  frame.panels.append(legend);

  // -- state --

  function read() {
    for (const name of STATE) state[name] = model.get(name);
    state.axes = axesOf(state.height, state.width, state.window_size, state.shift);
  }

  /** Takes over a change made here, tells the kernel, and moves the windows there. */
  function change(values, { move = true, quiet = false } = {}) {
    const next = { ...state, ...values };
    const window = pair(next.window_size);
    next.shift = asNumberOrPair(pair(next.shift).map((s, i) => clamp(s, 0, window[i] - 1)));
    next.token = [clamp(next.token[0], 0, next.height - 1), clamp(next.token[1], 0, next.width - 1)];
    const axes = axesOf(next.height, next.width, next.window_size, next.shift);
    next.window = tokenFacts(axes, next.token).window;
    for (const name of STATE) {
      if (JSON.stringify(model.get(name)) !== JSON.stringify(next[name])) model.set(name, next[name]);
    }
    view.own = true;
    model.save_changes();
    view.own = false;
    read();
    if (move) moveWindows();
    paint(quiet);
  }

  /** Lets the drawn windows glide to the shift that holds now. */
  function moveWindows() {
    view.stopGlide();
    const from = view.offset.slice();
    const to = state.axes.map((axis) => axis.shift);
    if (from.every((value, i) => Math.abs(value - to[i]) < 1e-6)) return;
    frame.root.dataset.moving = "true";
    view.stopGlide = glide(240, (part) => {
      view.offset = from.map((value, i) => value + (to[i] - value) * part);
      paint(true);
    }, () => delete frame.root.dataset.moving);
  }

  const shown = () => view.hover ?? state.token;

  // -- painting --

  function paint(quiet = false) {
    if (!state.axes) return;
    const photo = photograph(state.image);
    const token = shown();
    const facts = tokenFacts(state.axes, token);
    const scene = { photo, token, facts, axes: state.axes };
    prepare(scene);
    paintPlain(scene);
    paintShifted(scene);
    paintRolled(scene);
    paintMask(scene);
    for (const [name, sight] of Object.entries(sights)) paintSight(sight, scene, facts.spans[name], facts.counts[name]);
    captions(scene);
    showControls();
    const { query, key } = view.pair ?? {};
    frame.say(view.pair ? describePair(state, facts.window, query, key) : describeToken({ ...state, token }),
      quiet || view.hover !== null || view.pair?.pointed);
    Object.assign(frame.root.dataset, {
      shift: pair(state.shift).join(","), token: state.token.join(","), window: String(state.window),
      size: `${state.height},${state.width}`, windowSize: pair(state.window_size).join(","), image: state.image,
    });
    if (photo && scene.drawn) frame.ready();
  }

  function captions({ axes, facts }) {
    const [rows, columns] = axes;
    const count = rows.count * columns.count;
    panels.plain.caption("Plain block", `${count} window${count > 1 ? "s" : ""} of ${rows.window} × ${columns.window} tokens`);
    const still = axes.every((axis) => axis.single);
    panels.shifted.caption("Shifted block", still ? "one window: nothing to shift" : `moved by (${rows.shift}, ${columns.shift}): drag the windows`);
    panels.rolled.caption(`Cyclic roll by (${-rows.shift}, ${-columns.shift})`, "cut pieces share whole windows");
    const n = rows.window * columns.window;
    panels.mask.caption(`Mask of window ${facts.window}`, `${n} × ${n}: row = query, column = key`);
    const total = state.height * state.width;
    const words = { plain: "in the plain block", shifted: "in the shifted block", both: "after both" };
    for (const [name, sight] of Object.entries(sights)) {
      sight.number.textContent = String(facts.counts[name]);
      sight.text.textContent = `of ${total} tokens seen ${words[name]}`;
    }
  }

  /** Where the grid lies on a square canvas: side of a token, and the grid's corner. */
  function layOut(canvas, rows, columns, before = BEFORE, after = AFTER) {
    const fit = fitted(canvas);
    if (!fit) return null;
    const snap = (value) => Math.round(value * fit.ratio) / fit.ratio;
    const room = Math.min(fit.width, fit.height) - before - after;
    const cells = Math.max(rows, columns);
    const unit = Math.max(1, Math.floor((room * fit.ratio) / cells)) / fit.ratio;
    const x = snap(before + (room - unit * columns) / 2);
    const y = snap(before + (room - unit * rows) / 2);
    return { ...fit, unit, x, y, rows, columns, width: unit * columns, height: unit * rows, across: fit.width, down: fit.height };
  }

  /** The photograph in grey, and the same with each region in its colour; cached while nothing changes. */
  function prepare(scene) {
    const [rows, columns] = scene.axes;
    const grid = layOut(panels.shifted.canvas, rows.padded, columns.padded);
    scene.drawn = Boolean(grid);
    if (!grid || !scene.photo) return;
    const side = Math.round(grid.unit * grid.ratio);
    const [across, down] = [columns.length * side, rows.length * side];
    const key = [state.image, across, down].join();
    if (base.key !== key) {
      base.key = key;
      Object.assign(base.canvas, { width: across, height: down });
      const grey = base.canvas.getContext("2d");
      grey.filter = "grayscale(1) brightness(1.12) contrast(0.95)";
      grey.drawImage(scene.photo.bitmap, ...coverCrop(scene.photo, columns.length / rows.length), 0, 0, across, down);
    }
    Object.assign(tinted, { width: columns.padded * side, height: rows.padded * side });
    const context = tinted.getContext("2d");
    context.drawImage(base.canvas, 0, 0);
    const bands = scene.axes.map((axis, i) => bandSpans(axis, view.offset[i]));
    context.globalCompositeOperation = "multiply";
    for (const [rowBand, top, bottom] of bands[0]) {
      for (const [columnBand, left, right] of bands[1]) {
        context.fillStyle = colours[`region_${3 * rowBand + columnBand}`];
        context.fillRect(left * side, top * side, (right - left) * side, (bottom - top) * side);
      }
    }
    context.globalCompositeOperation = "source-over";
    const outside = new Path2D();
    outside.rect(0, 0, tinted.width, tinted.height);
    outside.rect(0, 0, across, down);
    hatch(context, outside, [0, 0, tinted.width, tinted.height], {
      colour: colours.muted_ink, fill: colours.padding, gap: 7 * grid.ratio, line: grid.ratio,
    });
  }

  function tokenLines({ context, x, y, unit, width, height, rows, columns }, colour = "rgba(255,255,255,0.28)") {
    if (unit < 7) return;
    context.beginPath();
    for (let r = 1; r < rows; r++) { context.moveTo(x, y + r * unit); context.lineTo(x + width, y + r * unit); }
    for (let c = 1; c < columns; c++) { context.moveTo(x + c * unit, y); context.lineTo(x + c * unit, y + height); }
    context.lineWidth = 1;
    context.strokeStyle = colour;
    context.stroke();
  }

  function windowLines(grid, axes, offset, options = {}) {
    const path = new Path2D();
    const { x, y, unit, width, height } = grid;
    const reach = options.reach ?? 0;
    for (let p = mod(offset[0], axes[0].window); p <= axes[0].padded + 1e-6; p += axes[0].window) {
      path.moveTo(x - reach, y + p * unit); path.lineTo(x + width + reach, y + p * unit);
    }
    for (let p = mod(offset[1], axes[1].window); p <= axes[1].padded + 1e-6; p += axes[1].window) {
      path.moveTo(x + p * unit, y - reach); path.lineTo(x + p * unit, y + height + reach);
    }
    if (!reach) path.rect(x, y, width, height);
    casedStroke(grid.context, path, { colour: "#fff", width: 2, casing: "rgba(20,23,28,0.55)", casingWidth: 4, ...options });
  }

  function spanRect(grid, spans) {
    const { x, y, unit } = grid;
    return [x + spans[1][0] * unit, y + spans[0][0] * unit, (spans[1][1] - spans[1][0]) * unit, (spans[0][1] - spans[0][0]) * unit];
  }

  function outline(grid, rect, colour, width = 3) {
    casedStroke(grid.context, rectanglePath(...rect, 3), { colour, width, casing: colours.surface, casingWidth: width + 3 });
  }

  function markTokens(grid, place) {
    const { unit } = grid;
    const inset = Math.max(1.5, unit * 0.12);
    const mark = ([r, c], colour) => {
      const rect = [grid.x + c * unit + inset, grid.y + r * unit + inset, unit - 2 * inset, unit - 2 * inset];
      outline(grid, rect, colour, clamp(unit * 0.12, 2, 4));
    };
    if (view.pair) {
      mark(place(tokenAt(state.axes, view.pair.window, view.pair.key)), colours.key);
      mark(place(tokenAt(state.axes, view.pair.window, view.pair.query)), colours.query);
    } else {
      mark(place(shown()), colours.query);
    }
  }

  function paintPlain({ photo, axes, facts, token }) {
    const [rows, columns] = axes;
    const grid = layOut(panels.plain.canvas, rows.padded, columns.padded);
    if (!grid) return;
    const { context, x, y, unit } = grid;
    drawPhoto(grid, photo, axes);
    tokenLines(grid);
    windowLines(grid, axes, [0, 0]);
    outline(grid, spanRect(grid, facts.spans.plain), colours.key);
    markTokens(grid, (place) => place);
    context.textAlign = "center";
    context.textBaseline = "middle";
    const every = Math.max(1, Math.ceil(15 / unit));
    const number = (text, at, left, top) => {
      context.font = `${at ? 700 : 400} 11px ${fontOf(context)}`;
      context.fillStyle = at ? colours.query : colours.muted_ink;
      context.fillText(text, left, top);
    };
    for (let r = 0; r < rows.length; r++) {
      if (r % every === 0 || r === token[0]) number(r, r === token[0], x - 10, y + (r + 0.5) * unit);
    }
    for (let c = 0; c < columns.length; c++) {
      if (c % every === 0 || c === token[1]) number(c, c === token[1], x + (c + 0.5) * unit, y - 9);
    }
  }

  function drawPhoto(grid, photo, [rows, columns]) {
    const { context, x, y, unit, width, height } = grid;
    const [across, down] = [columns.length * unit, rows.length * unit];
    if (photo) context.drawImage(photo.bitmap, ...coverCrop(photo, columns.length / rows.length), x, y, across, down);
    const outside = new Path2D();
    outside.rect(x, y, width, height);
    outside.rect(x, y, across, down);
    hatch(context, outside, [x, y, width, height], { colour: colours.muted_ink, fill: colours.padding, gap: 7 });
  }

  function paintShifted({ axes, token }) {
    const [rows, columns] = axes;
    const grid = layOut(panels.shifted.canvas, rows.padded, columns.padded);
    if (!grid) return;
    const { context, x, y, width, height, unit } = grid;
    context.drawImage(tinted, x, y, width, height);
    tokenLines(grid);
    context.save();
    context.globalAlpha = 0.5;
    windowLines(grid, axes, view.offset, { reach: 7, colour: colours.muted_ink, casing: "transparent" });
    context.restore();
    context.save();
    context.clip(rectanglePath(x - 1, y - 1, width + 2, height + 2));
    windowLines(grid, axes, view.offset);
    context.restore();
    const spans = axes.map((axis, i) => attendedSpan(axis, token[i], view.offset[i]));
    outline(grid, spanRect(grid, spans), colours.key);
    regionNumbers(grid, axes, (place) => place);
    markTokens(grid, (place) => place);
    shiftArrow(grid, axes);
    view.grid = { unit };
  }

  /** From a corner of the plain windows to the same corner of the shifted ones: the handle to drag. */
  function shiftArrow({ context, x, y, unit }, axes) {
    if (axes.every((axis) => axis.single)) return;
    const from = axes.map((axis) => Math.floor(axis.count / 2) * axis.window);
    const tip = from.map((value, i) => value + (axes[i].single ? 0 : view.offset[i]));
    const [x0, y0, x1, y1] = [x + from[1] * unit, y + from[0] * unit, x + tip[1] * unit, y + tip[0] * unit];
    const long = Math.hypot(x1 - x0, y1 - y0);
    if (long > 12) {
      const path = new Path2D();
      path.moveTo(x0, y0);
      path.lineTo(x1 - ((x1 - x0) * 10) / long, y1 - ((y1 - y0) * 10) / long);
      casedStroke(context, path, { colour: colours.ink, width: 2.5, casing: colours.surface });
    }
    const start = new Path2D();
    start.arc(x0, y0, 3.5, 0, 7);
    casedStroke(context, start, { colour: colours.ink, width: 1.5, casing: colours.surface });
    const handle = new Path2D();
    handle.arc(x1, y1, 9, 0, 7);
    context.fillStyle = colours.surface;
    context.fill(handle);
    casedStroke(context, handle, { colour: colours.ink, width: 2, casing: colours.surface });
    context.fillStyle = colours.ink;
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.beginPath();
      context.moveTo(x1 + dx * 6.5, y1 + dy * 6.5);
      context.lineTo(x1 + dx * 3 + dy * 2.8, y1 + dy * 3 + dx * 2.8);
      context.lineTo(x1 + dx * 3 - dy * 2.8, y1 + dy * 3 - dx * 2.8);
      context.fill();
    }
  }

  /** The number of each region in the middle of its piece; `move` says where a piece stands. */
  function regionNumbers(grid, axes, move) {
    const bands = axes.map((axis, i) => bandSpans(axis, view.offset[i]));
    for (const [rowBand, top, bottom] of bands[0]) {
      for (const [columnBand, left, right] of bands[1]) {
        if ((bottom - top) * grid.unit < 20 || (right - left) * grid.unit < 20) continue;
        const [r, c] = move([top, left], [rowBand, columnBand]);
        const id = 3 * rowBand + columnBand;
        chip(grid.context, String(id), grid.x + (c + (right - left) / 2) * grid.unit, grid.y + (r + (bottom - top) / 2) * grid.unit,
          { fill: colours[`region_${id}`], ink: colours.region_ink, border: colours.region_ink });
      }
    }
  }

  function paintRolled({ axes, facts, token }) {
    const [rows, columns] = axes;
    const grid = layOut(panels.rolled.canvas, rows.padded, columns.padded);
    if (!grid) return;
    const { context, x, y, width, height, unit } = grid;
    const [dr, dc] = view.offset.map((value) => value * unit);
    // What left over the top and left edges, as a ghost that fades.
    context.save();
    context.globalAlpha = 0.45;
    const margin = new Path2D();
    margin.rect(x - BEFORE, y - BEFORE, width + BEFORE, height + BEFORE);
    margin.rect(x, y, width, height);
    context.clip(margin, "evenodd");
    context.drawImage(tinted, x - dc, y - dr, width, height);
    context.drawImage(tinted, x - dc + width, y - dr, width, height);
    context.drawImage(tinted, x - dc, y - dr + height, width, height);
    context.restore();
    fade(grid);
    context.save();
    context.clip(rectanglePath(x, y, width, height));
    for (const down of [0, height]) {
      for (const right of [0, width]) context.drawImage(tinted, x - dc + right, y - dr + down, width, height);
    }
    context.restore();
    tokenLines(grid);
    seams(grid, axes);
    windowLines(grid, axes, [0, 0]);
    const move = ([r, c]) => [r, c].map((place, i) => mod(place - view.offset[i] + 1e-6, axes[i].padded) - 1e-6);
    const spans = axes.map((axis, i) => attendedSpan(axis, token[i], view.offset[i]));
    const corner = move([spans[0][0], spans[1][0]]);
    const piece = spanRect(grid, spans.map(([from, to], i) => [corner[i], corner[i] + to - from]));
    if (facts.real) {
      const at = [Math.floor(facts.window / columns.count) * rows.window, (facts.window % columns.count) * columns.window];
      const whole = spanRect(grid, [[at[0], at[0] + rows.window], [at[1], at[1] + columns.window]]);
      const rest = rectanglePath(...whole);
      rest.addPath(rectanglePath(...piece));
      context.save();
      context.globalAlpha = 0.62;
      hatch(context, rest, whole, { colour: "rgba(255,255,255,0.5)", fill: colours.masked, gap: 9, line: 1.25 });
      context.restore();
      outline(grid, whole, colours.ink, 2.5);
      outline(grid, piece, colours.key);
    }
    regionNumbers(grid, axes, move);
    markTokens(grid, (place) => move(place));
  }

  /** Lets the margin above and left of the grid fade into the page. */
  function fade({ context, x, y, width, height }) {
    const clear = `${colours.surface}00`;
    const up = context.createLinearGradient(0, y - BEFORE, 0, y);
    const left = context.createLinearGradient(x - BEFORE, 0, x, 0);
    for (const gradient of [up, left]) { gradient.addColorStop(0.1, colours.surface); gradient.addColorStop(1, clear); }
    context.fillStyle = up;
    context.fillRect(x - BEFORE, y - BEFORE, width + 2 * BEFORE, BEFORE);
    context.fillStyle = left;
    context.fillRect(x - BEFORE, y - BEFORE, BEFORE, height + 2 * BEFORE);
  }

  /** The dashed lines along which the image's opposite edges meet. */
  function seams({ context, x, y, width, height, unit, rows, columns }, axes) {
    const path = new Path2D();
    if (axes[0].shift) { path.moveTo(x, y + (rows - view.offset[0]) * unit); path.lineTo(x + width, y + (rows - view.offset[0]) * unit); }
    if (axes[1].shift) { path.moveTo(x + (columns - view.offset[1]) * unit, y); path.lineTo(x + (columns - view.offset[1]) * unit, y + height); }
    context.save();
    context.setLineDash([5, 4]);
    casedStroke(context, path, { colour: "#14171c", width: 2, casing: "rgba(255,255,255,0.7)", casingWidth: 3.5 });
    context.restore();
  }

  function paintMask({ axes, facts }) {
    const ids = windowRegions(axes, facts.window);
    const n = ids.length;
    const grid = layOut(panels.mask.canvas, n, n);
    if (!grid) return;
    const { context, x, y, width, height, unit } = grid;
    const shade = (id) => (id < 0 ? colours.padding : colours[`region_${id}`]);
    Object.assign(maskPixels, { width: n, height: n });
    const small = maskPixels.getContext("2d");
    const picture = small.createImageData(n, n);
    const words = new Uint32Array(picture.data.buffer);
    const inks = [...ids].map((id) => packed(shade(id)));
    const [masked, padding] = [packed(colours.masked), packed(colours.padding)];
    for (let q = 0, at = 0; q < n; q++) {
      for (let k = 0; k < n; k++, at++) {
        words[at] = ids[q] < 0 || ids[k] < 0 ? padding : ids[q] === ids[k] ? inks[q] : masked;
      }
    }
    small.putImageData(picture, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(maskPixels, x, y, width, height);
    if (unit >= 5) tokenLines(grid, `${colours.surface}66`);
    for (let i = 0; i < n; i++) {
      context.fillStyle = shade(ids[i]);
      context.fillRect(x - 10, y + i * unit, 7, unit);
      context.fillRect(x + i * unit, y - 10, unit, 7);
    }
    const { query, key } = view.pair ?? { query: facts.index, key: null };
    if (facts.real || view.pair) outline(grid, [x, y + query * unit, width, unit], colours.query, 2);
    if (key !== null) {
      outline(grid, [x + key * unit, y, unit, height], colours.key, 2);
      outline(grid, [x + key * unit, y + query * unit, unit, unit], colours.ink, 2);
    }
    view.mask = { x, y, unit, n, window: facts.window };
  }

  function paintSight(sight, { photo, axes }, spans, count) {
    const [rows, columns] = axes;
    const grid = layOut(sight.canvas, rows.padded, columns.padded, 3, 3);
    if (!grid || !photo) return;
    const { context, x, y, unit } = grid;
    drawPhoto(grid, photo, axes);
    context.save();
    const veil = rectanglePath(x, y, columns.length * unit, rows.length * unit);
    if (count) veil.addPath(rectanglePath(...spanRect(grid, spans)));
    context.fillStyle = colours.surface;
    context.globalAlpha = 0.8;
    context.fill(veil, "evenodd");
    context.restore();
    if (count) outline(grid, spanRect(grid, spans), colours.key, 2);
    const [r, c] = shown();
    const side = Math.max(unit, 5);
    const rect = [x + (c + 0.5) * unit - side / 2, y + (r + 0.5) * unit - side / 2, side, side];
    context.fillStyle = colours.query;
    context.fill(rectanglePath(...rect, 2));
    casedStroke(context, rectanglePath(...rect, 2), { colour: colours.surface, width: 1, casing: "transparent" });
  }

  // -- pointing, dragging, keys --

  function placeUnder(name, event) {
    const { canvas } = panels[name];
    const [rows, columns] = state.axes;
    const grid = layOutOnly(canvas, rows.padded, columns.padded);
    const [px, py] = pointOn(canvas, event);
    const r = Math.floor((py - grid.y) / grid.unit);
    const c = Math.floor((px - grid.x) / grid.unit);
    if (r < 0 || c < 0 || r >= rows.padded || c >= columns.padded) return null;
    return name === "rolled" ? [placed(rows, r), placed(columns, c)] : [r, c];
  }

  function layOutOnly(canvas, rows, columns) {
    const ratio = window.devicePixelRatio || 1;
    const room = Math.min(canvas.clientWidth, canvas.clientHeight) - BEFORE - AFTER;
    const unit = Math.max(1, Math.floor((room * ratio) / Math.max(rows, columns))) / ratio;
    return { unit, x: BEFORE + (room - unit * columns) / 2, y: BEFORE + (room - unit * rows) / 2 };
  }

  for (const name of ["plain", "shifted", "rolled"]) {
    const { canvas } = panels[name];
    const direction = { plain: 0, shifted: 1, rolled: -1 }[name];
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      view.drag = { name, at: [event.clientY, event.clientX], offset: view.offset.slice(), moved: false };
    });
    canvas.addEventListener("pointermove", (event) => frame.timed(event, () => {
      const { drag } = view;
      if (!drag) {
        const place = placeUnder(name, event);
        if (String(place) === String(view.hover)) return;
        view.hover = place;
        paint(true);
        return;
      }
      if (!direction) return;
      const by = [event.clientY - drag.at[0], event.clientX - drag.at[1]];
      if (!drag.moved && Math.hypot(...by) < 4) return;
      if (!drag.moved) { drag.moved = true; view.hover = null; view.stopGlide(); frame.root.dataset.dragging = "true"; }
      const limit = pair(state.window_size).map((m) => m - 1);
      view.offset = drag.offset.map((start, i) => (state.axes[i].single ? 0
        : clamp(start + (direction * by[i]) / view.grid.unit, -0.2, limit[i] + 0.2)));
      const asked = pair(state.shift);
      const shift = view.offset.map((value, i) => (state.axes[i].single ? asked[i] : clamp(Math.round(value), 0, limit[i])));
      if (shift.join() === asked.join()) paint(true);
      else change({ shift: asNumberOrPair(shift) }, { move: false, quiet: true });
    }));
    canvas.addEventListener("pointerup", (event) => frame.timed(event, () => {
      const { drag } = view;
      view.drag = null;
      delete frame.root.dataset.dragging;
      if (!drag) return;
      if (drag.moved) { moveWindows(); paint(); return; }
      const place = placeUnder(name, event);
      if (place && tokenFacts(state.axes, place).real) change({ token: place });
    }));
    canvas.addEventListener("pointercancel", () => { view.drag = null; delete frame.root.dataset.dragging; moveWindows(); });
    canvas.addEventListener("pointerleave", (event) => frame.timed(event, () => {
      if (view.hover) { view.hover = null; paint(true); }
    }));
    canvas.addEventListener("keydown", onKey);
  }

  function onKey(event) {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    const both = { "]": 1, "[": -1 }[event.key];
    if ((!step && !both) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    view.hover = null;
    frame.timed(event, () => {
      const shift = pair(state.shift);
      if (both) change({ shift: shift.map((s) => s + both) });
      else if (event.shiftKey) change({ shift: shift.map((s, i) => s + step[i]) });
      else change({ token: state.token.map((t, i) => t + step[i]) });
    });
  }

  const maskCanvas = panels.mask.canvas;
  maskCanvas.addEventListener("pointermove", (event) => frame.timed(event, () => {
    const { x, y, unit, n, window: shownWindow } = view.mask;
    const [px, py] = pointOn(maskCanvas, event);
    const [key, query] = [Math.floor((px - x) / unit), Math.floor((py - y) / unit)];
    const inside = query >= 0 && key >= 0 && query < n && key < n;
    view.pair = inside ? { query, key, window: shownWindow, pointed: true } : null;
    paint(true);
  }));
  const clearPair = (event) => frame.timed(event, () => { if (view.pair) { view.pair = null; paint(true); } });
  maskCanvas.addEventListener("pointerleave", clearPair);
  maskCanvas.addEventListener("blur", clearPair);
  maskCanvas.addEventListener("pointerdown", (event) => {
    maskCanvas.focus({ preventScroll: true });
    if (!view.pair) return;
    const place = tokenAt(state.axes, view.pair.window, view.pair.query);
    if (tokenFacts(state.axes, place).real) frame.timed(event, () => change({ token: place }));
  });
  maskCanvas.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    frame.timed(event, () => {
      const { n, window: shownWindow } = view.mask;
      const { index } = tokenFacts(state.axes, state.token);
      const now = view.pair ?? { query: index, key: index };
      view.pair = {
        window: shownWindow, query: clamp(now.query + step[0], 0, n - 1), key: clamp(now.key + step[1], 0, n - 1),
      };
      paint();
    });
  });

  // -- controls --

  const low = 1;
  const height = createStepper("Height", (by, event) => frame.timed(event, () => change({ height: clamp(state.height + by, low, LIMITS.grid) })));
  const width = createStepper("Width", (by, event) => frame.timed(event, () => change({ width: clamp(state.width + by, low, LIMITS.grid) })));
  const windowSize = createStepper("Window", (by, event) => frame.timed(event, () => change({
    window_size: asNumberOrPair(pair(state.window_size).map((m) => clamp(m + by, low, LIMITS.window))),
  })));
  const shift = createSlider("Shift", (value, event) => frame.timed(event, () => change({ shift: value })));
  const image = createChoice("Image", Object.keys(model.get("_photographs")), (value, event) => frame.timed(event, () => change({ image: value })));
  const reset = element("button", "swin-push", { type: "button", title: "Back to the first state" }, "Reset");
  reset.addEventListener("click", (event) => frame.timed(event, () => { view.hover = null; change(model.get("_initial")); }));
  const copy = createCopyButton(() => pythonLine(state));
  frame.controls.append(shift.node, height.node, width.node, windowSize.node, image.node, reset, copy.node);

  function showControls() {
    height.show(state.height, low, LIMITS.grid);
    width.show(state.width, low, LIMITS.grid);
    const window = pair(state.window_size);
    windowSize.show(window[0], low, LIMITS.window, times(window));
    const asked = pair(state.shift);
    shift.show(Math.max(...asked), 0, Math.max(...window) - 1, asked[0] === asked[1] ? String(asked[0]) : point(asked));
    image.show(state.image);
    copy.show();
  }

  // -- the kernel --

  let waiting = 0;
  const onModel = () => {
    if (view.own || waiting) return;
    waiting = requestAnimationFrame(() => {
      waiting = 0;
      view.hover = null;
      view.pair = null;
      read();
      moveWindows();
      paint();
    });
  };
  for (const name of STATE) model.on(`change:${name}`, onModel);

  read();
  view.offset = state.axes.map((axis) => axis.shift);
  paint(true);
  return () => {
    for (const name of STATE) model.off(`change:${name}`, onModel);
    cancelAnimationFrame(waiting);
    view.stopGlide();
    frame.destroy();
  };
}

/** The bands of one axis before the roll, [band, from, to), for a shift that may lie between two tokens. */
function bandSpans(axis, offset) {
  const shift = clamp(offset, 0, axis.window);
  if (axis.shift === 0 && shift < 0.5) return [[0, 0, axis.length]];
  const end = axis.padded - axis.window + shift;
  return [[2, 0, shift], [0, shift, Math.min(end, axis.length)], [1, end, axis.length]].filter(([, from, to]) => to > from);
}

/** "#RRGGBB" as one little-endian RGBA word. */
function packed(colour) {
  const value = parseInt(colour.slice(1), 16);
  return ((255 << 24) | ((value & 255) << 16) | (value & 0xff00) | (value >> 16)) >>> 0;
}

/** One of the three pictures of what the token sees, with a number beside it. */
function createSight(frame, name) {
  const canvas = element("canvas", "", { role: "img", "aria-hidden": "true" });
  const number = element("b");
  const text = element("span");
  const node = element("figure", "swin-sight", { "data-sight": name },
    element("div", "swin-thumb", {}, canvas), element("figcaption", "", {}, number, text));
  frame.panels.append(node);
  return { canvas, number, text };
}

export default { render };
