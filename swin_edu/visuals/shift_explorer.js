// ShiftExplorer: drag the windows of a Swin block over a photograph, and see the cyclic roll, the regions,
// the mask, and whom one token attends to. What is drawn is in shift_panels.js, the numbers in windows.js.

import { axesOf, pair, placed, tokenAt, tokenFacts } from "./windows.js";
import { describePair, describeToken, inPython, pythonLine } from "./shift_words.js";
import {
  clamp, createChoice, createCopyButton, createFrame, createPanel, createSlider, createStepper, element, glide, write,
} from "./kit.js";
import { createAlbum, gridOn, pointOn } from "./drawing.js";
import { MARGINS, createTint, paintMask, paintPlain, paintRolled, paintShifted, paintSight } from "./shift_panels.js";

const STATE = ["height", "width", "window_size", "shift", "token", "window", "image"];
const LARGEST = { grid: 24, window: 12 };
const KEYS = "Arrow keys move the token. Shift with arrow keys, or square brackets, change the shift.";
const SIGHTS = { plain: "plain block", shifted: "shifted block", both: "after both" };
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

const numberOrPair = ([a, b]) => (a === b ? a : [a, b]);

function render({ model, el }) {
  let state = {};
  const view = { offset: [0, 0], hover: null, pair: null, drag: null, own: false, hint: true, stopGlide: () => {} };
  const frame = createFrame({ el, model, label: "Shift explorer: windows, cyclic shift and mask over a photograph", paint });
  const photograph = createAlbum(model.get("_photographs"), paint);
  const tint = createTint();
  const panels = createPanels(frame);
  const controls = createControls();

  // ---- state --------------------------------------------------------------------------------------

  function read() {
    state = Object.fromEntries(STATE.map((name) => [name, model.get(name)]));
    state.axes = axesOf(state.height, state.width, state.window_size, state.shift);
  }

  /** Takes over what the reader did, tells the kernel, and lets the windows move there. */
  function change(values, { move = true, quiet = false } = {}) {
    const next = { ...state, ...values };
    const sides = pair(next.window_size);
    next.shift = numberOrPair(pair(next.shift).map((s, i) => clamp(s, 0, sides[i] - 1)));
    next.token = [clamp(next.token[0], 0, next.height - 1), clamp(next.token[1], 0, next.width - 1)];
    next.window = tokenFacts(axesOf(next.height, next.width, next.window_size, next.shift), next.token).window;
    if (String(next.shift) !== String(state.shift)) view.hint = false; // who has done it need not be told
    view.pair = null;
    view.own = true;
    for (const name of STATE) {
      if (JSON.stringify(model.get(name)) !== JSON.stringify(next[name])) model.set(name, next[name]);
    }
    model.save_changes();
    view.own = false;
    read();
    if (move) moveWindows();
    show(quiet);
  }

  function haltWindows() {
    view.stopGlide();
    delete frame.root.dataset.moving;
  }

  /** Lets the windows, as they are drawn, glide to the shift that holds now. */
  function moveWindows() {
    haltWindows();
    const from = view.offset;
    const to = state.axes.map((axis) => axis.shift);
    if (from.every((value, i) => Math.abs(value - to[i]) < 1e-6)) return;
    frame.root.dataset.moving = "true";
    view.stopGlide = glide(260, (part) => {
      view.offset = from.map((value, i) => value + (to[i] - value) * part);
      paint();
    }, () => delete frame.root.dataset.moving);
  }

  /** The token on show: the one pointed at, else the chosen one. */
  function shown() {
    if (view.pair) return tokenAt(state.axes, view.pair.window, view.pair.query);
    return view.hover ?? state.token;
  }

  // ---- showing ------------------------------------------------------------------------------------

  /** All canvases, as things stand; false while there is nothing to draw on. */
  function paint() {
    if (!state.axes || !panels.shifted.canvas.clientWidth) return;
    const { axes } = state;
    const token = shown();
    const facts = tokenFacts(axes, token);
    const photo = photograph(state.image);
    const scene = {
      axes, token, facts, photo, offset: view.offset, pair: view.pair, colours: frame.colours, hint: view.hint,
    };
    scene.tinted = photo && tint(panels.shifted.canvas, scene);
    paintPlain(panels.plain.canvas, scene);
    paintShifted(panels.shifted.canvas, scene);
    paintRolled(panels.rolled.canvas, scene);
    paintMask(panels.mask.canvas, scene);
    for (const [name, sight] of Object.entries(panels.sights)) paintSight(sight.canvas, scene, facts.spans[name]);
    if (photo) frame.ready();
  }

  /** Canvases, captions, controls and sentence. */
  function show(quiet = false) {
    paint();
    const token = shown();
    const facts = tokenFacts(state.axes, token);
    captions(token, facts);
    controls.show();
    const pointing = view.pair
      ? describePair(state, view.pair.window, view.pair.query, view.pair.key) : describeToken({ ...state, token });
    frame.say(pointing, quiet || view.hover !== null);
    Object.assign(frame.root.dataset, {
      shift: pair(state.shift).join(), token: state.token.join(), shownToken: token.join(), window: state.window,
      size: `${state.height},${state.width}`, windowSize: pair(state.window_size).join(), image: state.image,
    });
  }

  function captions(token, facts) {
    const [rows, columns] = state.axes;
    const count = rows.count * columns.count;
    const moved = count === 1 ? "one window: nothing to shift" : `windows moved by (${rows.shift}, ${columns.shift})`;
    const by = [rows, columns].map(({ shift }) => (shift ? `−${shift}` : "0")).join(", ");
    panels.plain.caption("Plain block", `${count} window${count > 1 ? "s" : ""} of ${rows.window} × ${columns.window} tokens`);
    panels.shifted.caption("Shifted block", moved);
    const meets = rows.shift || columns.shift ? "cut pieces fill whole windows" : "no shift, so nothing rolls";
    panels.rolled.caption(`Cyclic roll by (${by})`, meets);
    panels.mask.caption(`Mask of window ${facts.window}`, "row = query, column = key");
    write(panels.heading, `What token (${token.join(", ")}) sees`);
    for (const [name, sight] of Object.entries(panels.sights)) {
      write(sight.number, facts.counts[name]);
      write(sight.total, `of ${state.height * state.width} tokens`);
    }
  }

  // ---- pointing and dragging ----------------------------------------------------------------------

  function placeUnder(name, event) {
    const [rows, columns] = state.axes;
    const grid = gridOn(panels[name].canvas, rows.padded, columns.padded, MARGINS);
    const [left, top] = pointOn(panels[name].canvas, event);
    const [r, c] = [Math.floor((top - grid.y) / grid.unit), Math.floor((left - grid.x) / grid.unit)];
    if (r < 0 || c < 0 || r >= rows.padded || c >= columns.padded) return null;
    return name === "rolled" ? [placed(rows, r), placed(columns, c)] : [r, c];
  }

  function hoverAt(place) {
    if (String(place) === String(view.hover)) return;
    view.hover = place;
    show(true);
  }

  /** Moves the windows with the pointer: they follow it exactly, the shift is the nearest whole one. */
  function dragTo(event, direction) {
    const { drag } = view;
    const by = [event.clientY - drag.at[0], event.clientX - drag.at[1]];
    if (!drag.moved && Math.hypot(...by) < 4) return;
    if (!drag.moved) {
      Object.assign(drag, { moved: true });
      Object.assign(view, { hover: null, pair: null });
      haltWindows();
      frame.root.dataset.dragging = "true";
    }
    const [rows, columns] = state.axes;
    const { unit } = gridOn(panels.shifted.canvas, rows.padded, columns.padded, MARGINS);
    const asked = pair(state.shift);
    const last = pair(state.window_size).map((side) => side - 1);
    view.offset = state.axes.map((axis, i) => (
      axis.single ? 0 : clamp(drag.offset[i] + (direction * by[i]) / unit, -0.2, last[i] + 0.2)));
    const shift = state.axes.map((axis, i) => (axis.single ? asked[i] : clamp(Math.round(view.offset[i]), 0, last[i])));
    if (shift.join() === asked.join()) paint();
    else change({ shift: numberOrPair(shift) }, { move: false, quiet: true });
  }

  for (const [name, direction] of [["plain", 0], ["shifted", 1], ["rolled", -1]]) {
    const { canvas } = panels[name];
    const stop = () => {
      const { drag } = view;
      view.drag = null;
      delete frame.root.dataset.dragging;
      return drag;
    };
    frame.on(canvas, "pointerdown", (event) => {
      if (event.button) return;
      canvas.setPointerCapture(event.pointerId);
      view.drag = { at: [event.clientY, event.clientX], offset: view.offset, moved: false };
    });
    frame.on(canvas, "pointermove", (event) => {
      if (!view.drag) hoverAt(placeUnder(name, event));
      else if (direction) dragTo(event, direction);
    });
    frame.on(canvas, "pointerup", (event) => {
      const drag = stop();
      const place = placeUnder(name, event);
      if (drag?.moved) {
        moveWindows();
        show();
      } else if (drag && place && tokenFacts(state.axes, place).real) {
        view.hover = null;
        change({ token: place });
      }
    });
    frame.on(canvas, "pointercancel", () => { if (stop()?.moved) moveWindows(); });
    frame.on(canvas, "pointerleave", () => { if (!view.drag) hoverAt(null); });
    frame.on(canvas, "keydown", onKey);
  }

  function onKey(event) {
    const step = STEPS[event.key];
    const both = { "]": 1, "[": -1 }[event.key];
    if ((!step && !both) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    view.hover = null;
    if (both) change({ shift: pair(state.shift).map((s) => s + both) });
    else if (event.shiftKey) change({ shift: pair(state.shift).map((s, i) => s + step[i]) });
    else change({ token: state.token.map((t, i) => t + step[i]) });
  }

  // ---- the mask -----------------------------------------------------------------------------------

  function pairAt(next) {
    if (JSON.stringify(next) === JSON.stringify(view.pair)) return;
    view.pair = next;
    show(next === null || next.pointed);
  }

  const matrix = panels.mask.canvas;
  const tokensInWindow = () => state.axes[0].window * state.axes[1].window;
  frame.on(matrix, "pointermove", (event) => {
    const n = tokensInWindow();
    const grid = gridOn(matrix, n, n, MARGINS);
    const [left, top] = pointOn(matrix, event);
    const [key, query] = [Math.floor((left - grid.x) / grid.unit), Math.floor((top - grid.y) / grid.unit)];
    const inside = Math.min(query, key) >= 0 && Math.max(query, key) < n;
    pairAt(inside ? { query, key, window: state.window, pointed: true } : null);
  });
  frame.on(matrix, "pointerleave", () => pairAt(null));
  frame.on(matrix, "blur", () => pairAt(null));
  frame.on(matrix, "pointerdown", () => {
    const token = shown();
    if (view.pair && tokenFacts(state.axes, token).real) change({ token });
  });
  frame.on(matrix, "keydown", (event) => {
    const step = STEPS[event.key];
    if (!step || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) {
      onKey(event);
      return;
    }
    event.preventDefault();
    const { index } = tokenFacts(state.axes, state.token);
    const now = view.pair ?? { query: index, key: index };
    const last = tokensInWindow() - 1;
    pairAt({ window: state.window, query: clamp(now.query + step[0], 0, last), key: clamp(now.key + step[1], 0, last) });
  });

  // ---- controls -----------------------------------------------------------------------------------

  function createControls() {
    const shift = createSlider("Shift", (value) => change({ shift: value }));
    const height = createStepper("Height", "Grid", (by) => change({ height: clamp(state.height + by, 1, LARGEST.grid) }));
    const width = createStepper("Width", "", (by) => change({ width: clamp(state.width + by, 1, LARGEST.grid) }));
    const size = createStepper("Window", "Window", (by) => change({
      window_size: numberOrPair(pair(state.window_size).map((side) => clamp(side + by, 1, LARGEST.window))),
    }));
    const image = createChoice("Image", Object.keys(model.get("_photographs")), (name) => change({ image: name }));
    const reset = element("button", "swin-push", { type: "button", title: "Back to the first state" }, "Reset");
    const copy = createCopyButton(() => pythonLine(state));
    reset.addEventListener("click", () => { view.hover = null; change(model.get("_initial")); });
    height.node.append("×", width.node);
    frame.controls.append(shift.node, height.node, size.node, image.node, reset, copy.node);
    for (const kind of ["click", "input", "change", "keydown"]) frame.time(frame.controls, kind);
    return {
      show() {
        const [asked, sides] = [pair(state.shift), pair(state.window_size)];
        shift.show(Math.max(...asked), 0, Math.max(...sides) - 1, inPython(state.shift));
        height.show(state.height, 1, LARGEST.grid);
        width.show(state.width, 1, LARGEST.grid);
        size.show(Math.max(...sides), 1, LARGEST.window, sides[0] === sides[1] ? String(sides[0]) : sides.join("×"));
        image.show(state.image);
        copy.show();
      },
    };
  }

  // ---- the kernel ---------------------------------------------------------------------------------

  let waiting = 0;
  function onModel() {
    if (view.own || waiting) return;
    waiting = requestAnimationFrame(() => {
      waiting = 0;
      Object.assign(view, { hover: null, pair: null });
      read();
      moveWindows();
      show();
    });
  }
  for (const name of STATE) model.on(`change:${name}`, onModel);

  read();
  view.offset = state.axes.map((axis) => axis.shift);
  show(true);
  return () => {
    for (const name of STATE) model.off(`change:${name}`, onModel);
    cancelAnimationFrame(waiting);
    view.stopGlide();
    frame.destroy();
  };
}

function createPanels(frame) {
  const panel = (name, number, label, draggable = false) => createPanel(frame, { name, number, label, draggable });
  const panels = {
    plain: panel("plain", 1, `The plain block's windows over the photograph. ${KEYS}`),
    shifted: panel("shifted", 2, `The shifted windows over the photograph; drag to change the shift. ${KEYS}`, true),
    rolled: panel("rolled", 3, `The photograph after the cyclic roll; drag to change the shift. ${KEYS}`, true),
    mask: panel("mask", 4, "Mask of the window. Arrow keys up and down choose the query, left and right the key."),
  };
  const heading = element("h4", "swin-heading");
  const sights = {};
  const row = element("div", "swin-sights", {}, heading);
  for (const [name, words] of Object.entries(SIGHTS)) {
    const sight = {
      canvas: element("canvas", "", { "aria-hidden": "true" }), number: element("b"), total: element("span"),
    };
    row.append(element("figure", "swin-sight", { "data-sight": name },
      element("div", "swin-thumb", {}, sight.canvas),
      element("figcaption", "", {}, element("span", "", {}, words), sight.number, sight.total)));
    sights[name] = sight;
  }
  const legend = element("div", "swin-legend");
  for (const [name, words] of [["query", "query: the token that asks"], ["key", "keys: whom it attends to"],
    ["masked", "masked: not neighbours"], ["padding", "padding: never takes part"]]) {
    legend.append(element("span", "", {}, element("i", "", { style: `background: var(--swin-${name})` }), words));
  }
  row.append(legend);
  frame.panels.append(row);
  return { ...panels, heading, sights };
}

export default { render };
