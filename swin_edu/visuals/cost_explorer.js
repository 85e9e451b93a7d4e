// CostExplorer: drag the image's side and see what global and windowed attention cost: multiply-adds, memory of
// the attention matrices, pairs, and how much of it is projections. Drawn in cost_panels.js, counted in
// cost_numbers.js.

import { clamp, createFrame, createPanel, createState, glide } from "./kit.js";
import { addResetAndCopy, createStepper } from "./controls.js";
import { pointOn } from "./drawing.js";
import { onPoint, stepOf } from "./pointing.js";
import { pair } from "./windows.js";
import { between } from "./charts.js";
import { CURVES, pictureOf } from "./cost_curves.js";
import { bothCosts, costLine, describeCost, divisorsOf, possibleHeads, SIDES } from "./cost_numbers.js";
import { ratioText } from "./amounts.js";
import { barAt, chartScales, pairAt, paintChart, paintPairs, paintSplit } from "./cost_panels.js";

const NAMES_OF_STATE = ["side", "window_size", "channels", "num_heads", "patch_size"];
const MOST = { window: 64, channels: 2048, heads: 64 };
const KEYS = "Arrow keys left and right change the image side by one patch, with Shift to half or double; "
  + "up and down change the window.";

function render({ model, el }) {
  const view = { hover: null, picture: null, stopGlide: () => {}, drag: null, hint: true };
  const frame = createFrame({
    el, model, label: "Cost explorer: global and windowed attention against the image side", paint, columns: 4,
  });
  const state = createState({ model, names: NAMES_OF_STATE, settle, show });
  const panels = createPanels(frame);
  const controls = createControls();

  // ---- state --------------------------------------------------------------------------------------

  /** Image, window, channels and heads as near to what was asked for as can be. */
  function settle(next) {
    const side = clamp(next.side, SIDES[0], SIDES[1]);
    const window = pair(next.window_size).map((m) => clamp(m, 1, MOST.window));
    return {
      ...next, side, window_size: window[0] === window[1] ? window[0] : window,
      num_heads: possibleHeads(next.channels, next.num_heads),
    };
  }

  /** What is on show: the state, with the image side that is pointed at. */
  const shown = () => ({ ...state.values, side: view.hover?.side ?? state.values.side });

  /** The image side in whole patches nearest to a place on a chart. */
  function sideAt(canvas, left) {
    const { patch_size: patch } = state.values;
    const side = 10 ** chartScales(canvas, [0, 1]).x.back(left);
    const [least, most] = [Math.ceil(SIDES[0] / patch), Math.floor(SIDES[1] / patch)];
    return patch * clamp(Math.round(side / patch), least, most);
  }

  const stepSide = (by) => state.values.patch_size * (Math.ceil(state.values.side / state.values.patch_size) + by);

  // ---- showing ------------------------------------------------------------------------------------

  function paint() {
    if (!view.picture || !panels.cost.canvas.clientWidth) return;
    const values = shown();
    const scene = {
      state: values, chosen: state.values.side, numbers: bothCosts(values), picture: view.picture,
      colours: frame.colours, which: view.hover?.which ?? null, hint: view.hint,
    };
    paintChart(panels.cost.canvas, "cost", scene);
    paintChart(panels.memory.canvas, "memory", scene);
    paintPairs(panels.pairs.canvas, scene);
    paintSplit(panels.split.canvas, scene);
    frame.ready();
  }

  /** Lets the picture glide to what is on show now; at once while it follows the pointer. */
  function draw(still) {
    view.stopGlide();
    delete frame.root.dataset.moving;
    const [from, to] = [view.picture, pictureOf(shown())];
    if (still || !from) {
      view.picture = to;
      paint();
      return;
    }
    frame.root.dataset.moving = "true";
    view.stopGlide = glide(220, (part) => {
      view.picture = between(from, to, part);
      paint();
    }, () => delete frame.root.dataset.moving);
  }

  function show({ still = false, quiet = false, kernel = false } = {}) {
    if (kernel) view.hover = null;
    draw(still);
    const values = shown();
    captions(values, bothCosts(values));
    controls.show();
    frame.say(describeCost(values), quiet);
    Object.assign(frame.root.dataset, {
      side: state.values.side, shownSide: values.side, window: pair(values.window_size).join(), channels: values.channels,
      heads: values.num_heads, patch: values.patch_size, which: view.hover?.which ?? "",
    });
  }

  function captions(values, { along, everywhere, windows }) {
    const times = (what, words) => {
      const ratio = everywhere[what] / windows[what];
      return ratio === 1 ? `The same ${words}` : `${ratioText(ratio)} times the ${words}`;
    };
    panels.cost.caption("Multiply-adds", `one layer, ${along} × ${along} tokens`);
    panels.memory.caption("Attention matrices", `one image, ${values.num_heads} head${values.num_heads > 1 ? "s" : ""}, float32`);
    panels.pairs.caption(times("pairs", "pairs"), "row = query, column = key");
    panels.split.caption(times("multiplyAdds", "work"), "and where it goes");
  }

  // ---- pointing and dragging ----------------------------------------------------------------------

  function hoverAt(thing) {
    view.hover = thing;
    show({ still: true, quiet: true });
  }

  function onKey(event) {
    const [one, large] = [stepOf(event), stepOf(event, { shift: true })];
    if (!one && !large) return;
    event.preventDefault();
    view.hover = null;
    const [up, right] = one ?? large;
    if (up) state.change({ window_size: pair(state.values.window_size).map((m) => m - up) });
    else state.change({ side: one ? stepSide(right) : Math.round(state.values.side * 2 ** right) });
  }

  for (const [name, kind] of [["cost", "cost"], ["memory", "memory"]]) {
    const { canvas } = panels[name];
    const thingAt = (left, top) => {
      const scales = chartScales(canvas, view.picture.ranges[kind]);
      if (left < scales.x.from - 8 || top > scales.y.from + 34) return null;
      return { side: sideAt(canvas, left), which: nearestCurve(scales, kind, left, top) };
    };
    const dragTo = (event) => {
      view.hover = null;
      view.hint = false;
      state.change({ side: sideAt(canvas, pointOn(canvas, event)[0]) }, { still: view.drag.moved, quiet: true });
      view.drag.moved = true;
    };
    frame.on(canvas, "pointerdown", (event) => {
      if (event.button) return;
      canvas.setPointerCapture(event.pointerId);
      view.drag = { moved: false };
      frame.root.dataset.dragging = "true";
      dragTo(event);
    });
    frame.on(canvas, "pointermove", (event) => { if (view.drag) dragTo(event); });
    for (const kindOfEnd of ["pointerup", "pointercancel"]) {
      frame.on(canvas, kindOfEnd, () => {
        if (view.drag) show();
        view.drag = null;
        delete frame.root.dataset.dragging;
      });
    }
    onPoint(frame, canvas, { thingAt: (...at) => (view.drag ? null : thingAt(...at)), hover: (thing) => { if (!view.drag) hoverAt(thing); }, key: onKey });
  }

  /** The curve within a finger's breadth of a place, or null. */
  function nearestCurve({ x, y }, kind, left, top) {
    const picture = pictureOf({ ...state.values, side: clamp(10 ** x.back(left), ...SIDES) });
    const far = picture.dots[kind].map((value) => Math.abs(y.at(value) - top));
    const nearest = far[0] <= far[1] ? 0 : 1;
    return far[nearest] < 14 ? CURVES[nearest] : null;
  }

  onPoint(frame, panels.pairs.canvas, {
    thingAt(left, top) {
      const which = pairAt(panels.pairs.canvas, bothCosts(state.values), left, top);
      return which && { which };
    },
    hover: hoverAt, key: onKey,
  });
  onPoint(frame, panels.split.canvas, {
    thingAt(left, top) {
      const which = barAt(panels.split.canvas, top);
      return which && { which };
    },
    hover: hoverAt, key: onKey,
  });

  // ---- controls -----------------------------------------------------------------------------------

  function createControls() {
    const side = createStepper("Image side", "Image", (by) => state.change({ side: stepSide(by) }));
    const window = createStepper("Window", "Window", (by) => state.change({
      window_size: pair(state.values.window_size).map((m) => m + by),
    }));
    const channels = createStepper("Channels", "C", (by) => {
      const { channels: now } = state.values;
      if (by > 0 && 2 * now <= MOST.channels) state.change({ channels: 2 * now });
      if (by < 0 && now % 2 === 0) state.change({ channels: now / 2 });
    });
    const heads = createStepper("Heads", "Heads", (by) => {
      const { channels: now, num_heads: chosen } = state.values;
      const possible = divisorsOf(now, MOST.heads);
      state.change({ num_heads: possible[clamp(possible.indexOf(chosen) + by, 0, possible.length - 1)] });
    });
    frame.controls.append(side.node, window.node, channels.node, heads.node);
    const copy = addResetAndCopy(frame, () => {
      view.hover = null;
      state.change(model.get("_initial"));
    }, () => costLine(state.values));
    return {
      show() {
        const { values } = state;
        const sides = pair(values.window_size);
        side.show(values.side, SIDES[0], SIDES[1], String(values.side));
        window.show(Math.max(...sides), 1, MOST.window, sides[0] === sides[1] ? String(sides[0]) : sides.join("×"));
        channels.show(values.channels, values.channels % 2 ? values.channels : 1, MOST.channels / 2 + 1);
        heads.show(values.num_heads, 1, divisorsOf(values.channels, MOST.heads).at(-1));
        copy.show();
      },
    };
  }

  show({ still: true, quiet: true });
  return () => {
    state.destroy();
    view.stopGlide();
    frame.destroy();
  };
}

function createPanels(frame) {
  const panel = (name, number, label, draggable = false) => createPanel(frame, { name, number, label, draggable, aspect: 0.92 });
  return {
    cost: panel("cost", 1, `Multiply-adds of one layer against the image side; drag to change the side. ${KEYS}`, true),
    memory: panel("memory", 2, `Memory of the attention matrices against the image side; drag to change the side. ${KEYS}`, true),
    pairs: panel("pairs", 3, `All pairs of a query and a key, and those inside windows. ${KEYS}`),
    split: panel("split", 4, `Projections and products of global and windowed attention. ${KEYS}`),
  };
}

export default { render };
