// ShiftExplorer: drag the windows of a Swin block over a photograph, and see the cyclic roll, the regions,
// the mask, and whom one token attends to. What is drawn is in shift_panels.js, the numbers in windows.js.

import { axesOf, pair, placed, tokenAt, tokenFacts } from "./windows.js";
import { describePair, describeToken, inPython, pythonLine } from "./shift_words.js";
import { clamp, createFrame, createLegend, createPanel, createState, element, glide, write } from "./kit.js";
import { addResetAndCopy, createChoice, createSlider, createStepper } from "./controls.js";
import { createAlbum, gridOn, hitCell, pointOn } from "./drawing.js";
import { onPoint, stepOf } from "./pointing.js";
import { MARGINS, createTint, paintMask, paintPlain, paintRolled, paintShifted, paintSight } from "./shift_panels.js";

const STATE = ["height", "width", "window_size", "shift", "token", "window", "image"];
const LARGEST = { grid: 24, window: 12 };
const KEYS = "Arrow keys move the token. Shift with arrow keys, or square brackets, change the shift.";
const SIGHTS = { plain: "plain block", shifted: "shifted block", both: "after both" };
const LEGEND = [
  ["query", "query: the token that asks"], ["key", "keys: whom it attends to"],
  ["masked", "masked: not neighbours"], ["padding", "padding: never takes part"],
];

const numberOrPair = ([a, b]) => (a === b ? a : [a, b]);

function render({ model, el }) {
  let axes = null;
  const view = { offset: [0, 0], hover: null, pair: null, drag: null, hint: true, stopGlide: () => {} };
  const state = createState({ model, names: STATE, settle, show: onChange });
  const { values, change } = state;
  const frame = createFrame({ el, model, label: "Shift explorer: windows, cyclic shift and mask over a photograph", paint });
  const photograph = createAlbum(model.get("_photographs"), paint);
  const tint = createTint();
  const panels = createPanels(frame);
  const controls = createControls();

  // ---- state --------------------------------------------------------------------------------------

  const axesNow = () => axesOf(values.height, values.width, values.window_size, values.shift);

  /** What the reader wished for, made possible. */
  function settle(next, before) {
    const sides = pair(next.window_size);
    next.shift = numberOrPair(pair(next.shift).map((s, i) => clamp(s, 0, sides[i] - 1)));
    next.token = [clamp(next.token[0], 0, next.height - 1), clamp(next.token[1], 0, next.width - 1)];
    next.window = tokenFacts(axesOf(next.height, next.width, next.window_size, next.shift), next.token).window;
    if (String(next.shift) !== String(before.shift)) view.hint = false; // who has done it need not be told
    return next;
  }

  /** After a change by the reader or the kernel: the windows move to where they stand now. */
  function onChange({ move = true, quiet = false, kernel = false }) {
    view.pair = null;
    if (kernel) view.hover = null;
    axes = axesNow();
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
    const to = axes.map((axis) => axis.shift);
    if (from.every((value, i) => Math.abs(value - to[i]) < 1e-6)) return;
    frame.root.dataset.moving = "true";
    view.stopGlide = glide(260, (part) => {
      view.offset = from.map((value, i) => value + (to[i] - value) * part);
      paint();
    }, () => delete frame.root.dataset.moving);
  }

  /** The token on show: the one pointed at, else the chosen one. */
  function shown() {
    if (view.pair) return tokenAt(axes, view.pair.window, view.pair.query);
    return view.hover ?? values.token;
  }

  // ---- showing ------------------------------------------------------------------------------------

  /** All canvases, as things stand; false while there is nothing to draw on. */
  function paint() {
    if (!axes || !panels.shifted.canvas.clientWidth) return;
    const token = shown();
    const facts = tokenFacts(axes, token);
    const photo = photograph(values.image);
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
    const facts = tokenFacts(axes, token);
    captions(token, facts);
    controls.show();
    const pointing = view.pair
      ? describePair(values, view.pair.window, view.pair.query, view.pair.key) : describeToken({ ...values, token });
    frame.say(pointing, quiet || view.hover !== null);
    Object.assign(frame.root.dataset, {
      shift: pair(values.shift).join(), token: values.token.join(), shownToken: token.join(), window: values.window,
      size: `${values.height},${values.width}`, windowSize: pair(values.window_size).join(), image: values.image,
    });
  }

  function captions(token, facts) {
    const [rows, columns] = axes;
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
      write(sight.total, `of ${values.height * values.width} tokens`);
    }
  }

  // ---- pointing and dragging ----------------------------------------------------------------------

  function placeUnder(name, event) {
    const [rows, columns] = axes;
    const grid = gridOn(panels[name].canvas, rows.padded, columns.padded, MARGINS);
    const cell = hitCell(grid, ...pointOn(panels[name].canvas, event));
    return cell && name === "rolled" ? [placed(rows, cell[0]), placed(columns, cell[1])] : cell;
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
    const [rows, columns] = axes;
    const { unit } = gridOn(panels.shifted.canvas, rows.padded, columns.padded, MARGINS);
    const asked = pair(values.shift);
    const last = pair(values.window_size).map((side) => side - 1);
    view.offset = axes.map((axis, i) => (
      axis.single ? 0 : clamp(drag.offset[i] + (direction * by[i]) / unit, -0.2, last[i] + 0.2)));
    const shift = axes.map((axis, i) => (axis.single ? asked[i] : clamp(Math.round(view.offset[i]), 0, last[i])));
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
      } else if (drag && place && tokenFacts(axes, place).real) {
        view.hover = null;
        change({ token: place });
      }
    });
    frame.on(canvas, "pointercancel", () => { if (stop()?.moved) moveWindows(); });
    frame.on(canvas, "pointerleave", () => { if (!view.drag) hoverAt(null); });
    frame.on(canvas, "keydown", onKey);
  }

  function onKey(event) {
    const token = stepOf(event);
    const shift = stepOf(event, { shift: true }) ?? { "]": [1, 1], "[": [-1, -1] }[event.key];
    if ((!token && !shift) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    view.hover = null;
    if (shift) change({ shift: pair(values.shift).map((s, i) => s + shift[i]) });
    else change({ token: values.token.map((t, i) => t + token[i]) });
  }

  // ---- the mask -----------------------------------------------------------------------------------

  function pairAt(next) {
    if (JSON.stringify(next) === JSON.stringify(view.pair)) return;
    view.pair = next;
    show(next === null || next.pointed);
  }

  const matrix = panels.mask.canvas;
  const tokensInWindow = () => axes[0].window * axes[1].window;
  onPoint(frame, matrix, {
    thingAt(x, y) {
      const n = tokensInWindow();
      const cell = hitCell(gridOn(matrix, n, n, MARGINS), x, y);
      return cell && { query: cell[0], key: cell[1], window: values.window, pointed: true };
    },
    hover: pairAt,
    choose() {
      const token = shown();
      if (tokenFacts(axes, token).real) change({ token });
    },
    key(event) {
      const step = stepOf(event);
      if (!step) {
        onKey(event);
        return;
      }
      event.preventDefault();
      const { index } = tokenFacts(axes, values.token);
      const now = view.pair ?? { query: index, key: index };
      const [query, key] = [now.query + step[0], now.key + step[1]].map((i) => clamp(i, 0, tokensInWindow() - 1));
      pairAt({ window: values.window, query, key });
    },
  });
  frame.on(matrix, "blur", () => pairAt(null));

  // ---- controls -----------------------------------------------------------------------------------

  function createControls() {
    const shift = createSlider("Shift", (value) => change({ shift: value }));
    const height = createStepper("Height", "Grid", (by) => change({ height: clamp(values.height + by, 1, LARGEST.grid) }));
    const width = createStepper("Width", "", (by) => change({ width: clamp(values.width + by, 1, LARGEST.grid) }));
    const size = createStepper("Window", "Window", (by) => change({
      window_size: numberOrPair(pair(values.window_size).map((side) => clamp(side + by, 1, LARGEST.window))),
    }));
    const image = createChoice("Image", Object.keys(model.get("_photographs")), (name) => change({ image: name }));
    height.node.append("×", width.node);
    frame.controls.append(shift.node, height.node, size.node, image.node);
    const reset = () => { view.hover = null; change(model.get("_initial")); };
    const copy = addResetAndCopy(frame, reset, () => pythonLine(values));
    return {
      show() {
        const [asked, sides] = [pair(values.shift), pair(values.window_size)];
        shift.show(Math.max(...asked), 0, Math.max(...sides) - 1, inPython(values.shift));
        height.show(values.height, 1, LARGEST.grid);
        width.show(values.width, 1, LARGEST.grid);
        size.show(Math.max(...sides), 1, LARGEST.window, sides[0] === sides[1] ? String(sides[0]) : sides.join("×"));
        image.show(values.image);
        copy.show();
      },
    };
  }

  axes = axesNow();
  view.offset = axes.map((axis) => axis.shift);
  show(true);
  return () => {
    state.destroy();
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
  row.append(createLegend(LEGEND));
  frame.panels.append(row);
  return { ...panels, heading, sights };
}

export default { render };
