// BiasExplorer: choose two tokens of a window, or an entry of the bias table, and see which pairs share which
// number. What is drawn is in bias_panels.js, the numbers and words in bias.js.

import {
  PATTERN_NAMES, biasLine, describeBias, entriesOf, formulaOf, indexOf, offsetAt, offsetOf, pairNear, patternTable, placeOf,
  resizeTable, tokenOf,
} from "./bias.js";
import { clamp, createFrame, createLegend, createPanel, createState, element, glide, write } from "./kit.js";
import { addResetAndCopy, createChoice, createSlider, createStepper } from "./controls.js";
import { gridOn, hitCell, pointOn } from "./drawing.js";
import { onPoint, stepOf } from "./pointing.js";
import { MARGINS, createLayer, headGrids, paintHeads, paintPairs, paintTable, paintWindow, tableSize } from "./bias_panels.js";

const STATE = ["window_size", "table", "values", "query", "key", "head"];
const LARGEST_WINDOW = 12;
const LEGEND = [["query", "query, and what it uses of the table"], ["key", "key"], ["positive", "above 0: looks more"], ["negative", "below 0: looks less"]];
const sidesOf = (size) => (Array.isArray(size) ? size : [size, size]);
const asSize = ([a, b]) => (a === b ? a : [a, b]);
const inside = (place, window) => place.map((at, axis) => clamp(at, 0, window[axis] - 1));

function render({ model, el }) {
  const view = { hover: null, drawn: null, drag: null, stopGlide: () => {} };
  const state = createState({ model, names: STATE, settle, show: onChange });
  const { values: now, change } = state;
  const frame = createFrame({ el, model, label: "Bias explorer: pairs of tokens and the table of biases that they share", paint, columns: 3 });
  const panels = createPanels(frame);
  const layers = { pairs: createLayer(), table: createLayer(), heads: createLayer() };
  const controls = createControls();

  // ---- state --------------------------------------------------------------------------------------

  const windowNow = () => sidesOf(now.window_size);

  /** What the reader wished for, made possible. */
  function settle(next, before) {
    const [window, old] = [sidesOf(next.window_size), sidesOf(before.window_size)];
    if (String(window) !== String(old) || next.table !== before.table) {
      const given = model.get("_given");
      if (PATTERN_NAMES.includes(next.table)) next.values = patternTable(next.table, window);
      else if (next.table === "yours") next.values = resizeTable(given.values, given.window, window);
      else if (next.values.length !== entriesOf(window)) next.values = resizeTable(next.values, old, window);
    }
    next.query = inside(next.query, window);
    next.key = inside(next.key, window);
    next.head = clamp(next.head, 0, next.values[0].length - 1);
    return next;
  }

  /** After a change by the reader or the kernel: the marks move to where they belong now. */
  function onChange({ kernel = false, move = true, quiet = false }) {
    if (kernel) view.hover = null;
    if (move) moveMarks();
    show(quiet);
  }

  /** The pair on show: the one pointed at, else the chosen one. */
  const shown = () => view.hover ?? { query: now.query, key: now.key };

  function moveMarks() {
    view.stopGlide();
    delete frame.root.dataset.moving;
    const [from, to] = [view.drawn, { query: now.query, key: now.key }];
    if (JSON.stringify(from) === JSON.stringify(to)) return;
    if (!from || from.window !== String(windowNow())) {
      view.drawn = { ...to, window: String(windowNow()) };
      return;
    }
    const between = (name, part) => from[name].map((value, i) => value + (to[name][i] - value) * part);
    frame.root.dataset.moving = "true";
    view.stopGlide = glide(180, (part) => {
      view.drawn = { query: between("query", part), key: between("key", part), window: from.window };
      paint();
    }, () => delete frame.root.dataset.moving);
  }

  // ---- showing ------------------------------------------------------------------------------------

  function paint() {
    if (!view.drawn || !panels.window.canvas.clientWidth) return;
    const pair = shown();
    const limit = Math.max(1e-9, ...now.values.flat().map(Math.abs));
    const scene = {
      window: windowNow(), values: now.values, head: now.head, pair, drawn: view.hover ?? view.drawn, limit, colours: frame.colours,
    };
    paintWindow(panels.window.canvas, scene);
    paintPairs(panels.pairs.canvas, scene, layers.pairs);
    paintTable(panels.table.canvas, scene, layers.table);
    paintHeads(panels.heads.canvas, scene, layers.heads);
    frame.ready();
  }

  function show(quiet = false) {
    paint();
    const window = windowNow();
    const { query, key } = shown();
    const index = indexOf(window, offsetOf(query, key));
    const [mh, mw] = window;
    panels.window.caption(`Window of ${mh} × ${mw}`, "drag query and key");
    panels.pairs.caption(`All ${(mh * mw) ** 2} pairs`, "row = query, column = key");
    panels.table.caption(`Table of ${2 * mh - 1} × ${2 * mw - 1} offsets`, "dr down, dc across");
    panels.heads.caption("Heads", now.values[0].length > 1 ? "each has a table of its own" : "one head, one table");
    formulaOf(window, query, key).forEach((line, i) => write(panels.lines[i], line));
    controls.show(index);
    frame.say(describeBias(window, query, key, now.head, now.values[index][now.head]), quiet || view.hover !== null);
    Object.assign(frame.root.dataset, {
      windowSize: window.join(), query: now.query.join(), key: now.key.join(), shown: `${query.join()},${key.join()}`,
      index, table: now.table, head: now.head,
    });
  }

  // ---- pointing and keys --------------------------------------------------------------------------

  const cellAt = (canvas, rows, columns) => (x, y) => hitCell(gridOn(canvas, rows, columns, MARGINS), x, y);
  const hover = (pair) => {
    view.hover = pair;
    show(true);
  };
  const choose = (wishes) => {
    view.drawn = { ...view.drawn, ...(view.hover ?? {}) };
    view.hover = null;
    change(wishes);
  };
  const moved = (place, step) => place.map((at, axis) => at + step[axis]);

  /** Arrow keys, each panel in its own way: steps(step, event) -> wishes, or null. */
  function keysOf(steps) {
    return (event) => {
      const step = stepOf(event) ?? stepOf(event, { shift: true });
      const wishes = step && steps(step, event);
      if (!wishes) return;
      event.preventDefault();
      choose(wishes);
    };
  }

  function listenToWindow({ canvas }) {
    const at = (event) => cellAt(canvas, ...windowNow())(...pointOn(canvas, event));
    const put = (place) => {
      view.hover = null;
      change({ [view.drag]: place }, { quiet: true });
    };
    frame.on(canvas, "pointerdown", (event) => {
      const place = at(event);
      if (event.button || !place) return;
      canvas.setPointerCapture(event.pointerId);
      view.drag = String(place) === String(now.query) ? "query" : "key";
      frame.root.dataset.dragging = "true";
      put(place);
    });
    frame.on(canvas, "pointermove", (event) => {
      const place = at(event);
      if (!view.drag) {
        const pair = place && { query: now.query, key: place };
        if (JSON.stringify(pair) !== JSON.stringify(view.hover)) hover(pair);
      } else if (place && String(place) !== String(now[view.drag])) put(place);
    });
    const stop = () => {
      view.drag = null;
      delete frame.root.dataset.dragging;
      show();
    };
    frame.on(canvas, "pointerup", stop);
    frame.on(canvas, "pointercancel", stop);
    frame.on(canvas, "pointerleave", () => { if (!view.drag && view.hover) hover(null); });
    frame.on(canvas, "keydown", keysOf((step, event) => (
      event.shiftKey ? { query: moved(now.query, step) } : { key: moved(now.key, step) })));
  }

  function listenToPairs({ canvas }) {
    const tokens = () => windowNow()[0] * windowNow()[1];
    const pairAt = (cell) => cell && { query: placeOf(windowNow(), cell[0]), key: placeOf(windowNow(), cell[1]) };
    onPoint(frame, canvas, {
      thingAt: (x, y) => pairAt(cellAt(canvas, tokens(), tokens())(x, y)), hover, choose,
      key: keysOf((step) => {
        const cell = [now.query, now.key].map((place, i) => clamp(tokenOf(windowNow(), place) + step[i], 0, tokens() - 1));
        return pairAt(cell);
      }),
    });
  }

  function listenToTable({ canvas }) {
    const pairAt = (cell) => cell && pairNear(windowNow(), offsetAt(windowNow(), cell[0] * tableSize(windowNow())[1] + cell[1]), now.query);
    onPoint(frame, canvas, {
      thingAt: (x, y) => pairAt(cellAt(canvas, ...tableSize(windowNow()))(x, y)), hover, choose,
      key: keysOf((step) => {
        const offset = moved(offsetOf(now.query, now.key), step).map((d, i) => clamp(d, 1 - windowNow()[i], windowNow()[i] - 1));
        return pairNear(windowNow(), offset, now.query);
      }),
    });
  }

  function listenToHeads({ canvas }) {
    const headAt = (x, y) => {
      const found = headGrids(canvas, windowNow(), now.values[0].length).findIndex((grid) => hitCell(grid, x, y));
      return found < 0 ? null : found;
    };
    onPoint(frame, canvas, {
      thingAt: headAt, choose: (head) => choose({ head }), key: keysOf((step) => ({ head: now.head + step[0] + step[1] })),
    });
  }

  // ---- controls -----------------------------------------------------------------------------------

  function createControls() {
    const size = [0, 1].map((axis) => createStepper(["Window height", "Window width"][axis], axis ? "" : "Window", (by) => {
      const sides = windowNow().map((side, i) => clamp(side + (i === axis ? by : 0), 1, LARGEST_WINDOW));
      choose({ window_size: asSize(sides) });
    }));
    size[0].node.append("×", size[1].node);
    const names = [...PATTERN_NAMES, ...("window" in model.get("_given") ? ["yours"] : []), "typed"];
    const table = createChoice("Table", names, (name) => choose({ table: name }));
    const bias = createSlider("Bias", (value) => {
      const index = indexOf(windowNow(), offsetOf(now.query, now.key));
      const typed = now.values.map((row, i) => (i === index ? row.map((old, h) => (h === now.head ? value : old)) : row));
      change({ values: typed, table: "typed" }, { move: false });
    }, { step: 0.1 });
    table.node.firstElementChild.style.width = "auto";
    frame.controls.append(size[0].node, table.node, bias.node);
    const copy = addResetAndCopy(frame, () => choose(model.get("_initial")), () => biasLine(windowNow(), now.query, now.key));
    return {
      show(index) {
        size.forEach((stepper, axis) => stepper.show(windowNow()[axis], 1, LARGEST_WINDOW));
        table.show(now.table);
        const value = now.values[index][now.head];
        bias.show(value, Math.min(-4, Math.floor(value)), Math.max(4, Math.ceil(value)), value.toFixed(2).replace("-", "−"));
        copy.show();
      },
    };
  }

  listenToWindow(panels.window);
  listenToPairs(panels.pairs);
  listenToTable(panels.table);
  listenToHeads(panels.heads);
  onChange({ quiet: true });
  return () => {
    state.destroy();
    view.stopGlide();
    frame.destroy();
  };
}

function createPanels(frame) {
  const panels = {
    window: createPanel(frame, {
      name: "window", number: 1, draggable: true, label: "The window. Arrow keys move the key, Shift with arrow keys the query.",
    }),
    pairs: createPanel(frame, { name: "pairs", number: 2, label: "All pairs. Arrow keys up and down choose the query, left and right the key." }),
    table: createPanel(frame, { name: "table", number: 3, label: "The table of biases. Arrow keys choose an offset." }),
  };
  panels.lines = [1, 2, 3].map(() => element("p"));
  const formula = element("div", "swin-panel swin-formula", { "data-span": "2" }, ...panels.lines, createLegend(LEGEND));
  frame.panels.append(formula);
  panels.heads = createPanel(frame, { name: "heads", number: 4, aspect: 2.7, label: "All heads. Arrow keys choose one." });
  return panels;
}

export default { render };
