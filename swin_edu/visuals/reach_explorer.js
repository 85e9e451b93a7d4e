// ReachExplorer: one token over a photograph, and how far it is heard (or has seen) after so many blocks, without
// shift and with it; drag along the blocks. Drawn in reach_panels.js, counted in reach_numbers.js.

import { clamp, createFrame, createPanel, createState, glide } from "./kit.js";
import { addResetAndCopy, createStepper, createSwitch } from "./controls.js";
import { createAlbum, hitCell, pointOn } from "./drawing.js";
import { onPoint, stepOf } from "./pointing.js";
import { between } from "./charts.js";
import { pair } from "./windows.js";
import { grouped } from "./amounts.js";
import {
  areaOf, blocksUntilAll, countsUpTo, describeReach, MOST_BLOCKS, optionsOf, reachLine, stepsOf, worstBlocks,
} from "./reach_numbers.js";
import { paintCounts, paintReach, photoGrid, reachScales, WAYS } from "./reach_panels.js";

const NAMES_OF_STATE = ["height", "width", "window_size", "blocks", "token", "image", "merging", "looking_back"];
const LARGEST = { grid: 64, window: 16 };
const KEYS = "Arrow keys move the token. Shift with arrow keys left and right, or square brackets, change the blocks.";

function render({ model, el }) {
  const view = { hover: null, picture: null, curves: null, stopGlide: () => {}, drag: null, hint: true };
  const frame = createFrame({
    el, model, label: "Reach explorer: how far one token's influence spreads over blocks", paint, columns: 4,
  });
  const photograph = createAlbum(model.get("_photographs"), paint);
  const state = createState({ model, names: NAMES_OF_STATE, settle, show });
  const panels = createPanels(frame);
  const controls = createControls();

  // ---- state --------------------------------------------------------------------------------------

  /** Grid, window, blocks and token as near to what was asked for as can be. */
  function settle(next) {
    const [height, width] = [next.height, next.width].map((n) => clamp(n, 1, LARGEST.grid));
    const window = pair(next.window_size).map((m) => clamp(m, 1, LARGEST.window));
    return {
      ...next, height, width, window_size: window[0] === window[1] ? window[0] : window,
      blocks: clamp(next.blocks, 0, MOST_BLOCKS),
      token: [clamp(next.token[0], 0, height - 1), clamp(next.token[1], 0, width - 1)],
    };
  }

  /** What is on show: the state, with the token or the number of blocks that is pointed at. */
  const shown = () => ({
    ...state.values, token: view.hover?.token ?? state.values.token, blocks: view.hover?.blocks ?? state.values.blocks,
  });

  // ---- showing ------------------------------------------------------------------------------------

  function paint() {
    if (!view.picture || !panels.plain.canvas.clientWidth) return;
    const values = shown();
    const photo = photograph(values.image);
    const scene = {
      state: values, chosen: state.values.blocks, picture: view.picture, curves: view.curves, photo,
      colours: frame.colours, which: view.hover?.which ?? null, hint: view.hint && view.hover === null,
    };
    for (const way of WAYS) paintReach(panels[way].canvas, way, scene);
    paintCounts(panels.counts.canvas, scene);
    if (photo) frame.ready();
  }

  /** The curves of the chart for the token on show. */
  function curvesOf(values) {
    const ways = optionsOf(values);
    const worst = WAYS.map((way) => worstBlocks(values, ways[way]));
    const most = clamp(Math.max(6, values.blocks, state.values.blocks, ...worst), 6, MOST_BLOCKS);
    const counted = (given) => Object.fromEntries(WAYS.map((way) => [way, countsUpTo(values, most, given[way])]));
    return {
      most, all: values.height * values.width, counts: counted(ways),
      unmerged: values.merging ? counted(optionsOf({ ...values, merging: false })) : null,
      until: Object.fromEntries(WAYS.map((way) => [way, blocksUntilAll(values, ways[way])])),
    };
  }

  function pictureOf(values) {
    const ways = optionsOf(values);
    const [plain, shifted] = WAYS.map((way) => stepsOf(values, ways[way]).at(-1));
    return { plain, shifted, blocks: values.blocks, counts: { plain: areaOf(plain), shifted: areaOf(shifted) } };
  }

  /** Lets spans and marker glide to what is on show now; at once while they follow the pointer. */
  function draw(still) {
    view.stopGlide();
    delete frame.root.dataset.moving;
    const values = shown();
    const [from, to] = [view.picture, pictureOf(values)];
    view.curves = curvesOf(values);
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
    captions(values);
    controls.show();
    frame.say(describeReach(values), quiet);
    Object.assign(frame.root.dataset, {
      blocks: state.values.blocks, shownBlocks: values.blocks, token: state.values.token.join(), shownToken: values.token.join(),
      size: `${values.height},${values.width}`, window: pair(values.window_size).join(), merging: values.merging,
      back: values.looking_back, image: values.image,
    });
  }

  function captions(values) {
    const { counts } = pictureOf(values);
    const all = grouped(values.height * values.width);
    const words = values.looking_back ? "seen" : "heard by";
    panels.plain.caption("Without shift", `${words} ${grouped(counts.plain)} of ${all}`);
    panels.shifted.caption("With shift", `${words} ${grouped(counts.shifted)} of ${all}`);
    panels.counts.caption("From block to block", values.looking_back
      ? `tokens that token (${values.token.join(", ")}) has seen` : `tokens that hear token (${values.token.join(", ")})`);
  }

  // ---- pointing and dragging ----------------------------------------------------------------------

  function hoverAt(thing) {
    view.hover = thing;
    show({ still: true, quiet: true });
  }

  function change(wishes, how) {
    view.hover = null;
    if ("blocks" in wishes) view.hint = false; // who has done it need not be told
    state.change(wishes, how);
  }

  function onKey(event) {
    const [step, by] = [stepOf(event), stepOf(event, { shift: true })?.[1] || { "]": 1, "[": -1 }[event.key]];
    const onChart = event.currentTarget === panels.counts.canvas;
    if ((!step && !by) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const { blocks, token } = state.values;
    if (by) change({ blocks: blocks + by });
    else if (onChart) change({ blocks: blocks + (step[1] || -step[0]) });
    else change({ token: token.map((place, i) => place + step[i]) });
  }

  for (const way of WAYS) {
    const { canvas } = panels[way];
    onPoint(frame, canvas, {
      thingAt(left, top) {
        const token = hitCell(photoGrid(canvas, state.values), left, top);
        return token && { token, which: way };
      },
      hover: hoverAt,
      choose: ({ token }) => change({ token }, { still: true }),
      key: onKey,
    });
  }

  const chart = panels.counts.canvas;
  const blocksAt = (left) => clamp(Math.round(reachScales(chart, view.curves).x.back(left)), 0, view.curves.most);
  const dragTo = (event) => {
    const blocks = blocksAt(pointOn(chart, event)[0]);
    if (blocks !== state.values.blocks || !view.drag.moved) change({ blocks }, { quiet: true });
    view.drag.moved = true;
  };
  frame.on(chart, "pointerdown", (event) => {
    if (event.button) return;
    chart.setPointerCapture(event.pointerId);
    view.drag = { moved: false };
    frame.root.dataset.dragging = "true";
    dragTo(event);
  });
  frame.on(chart, "pointermove", (event) => { if (view.drag) dragTo(event); });
  for (const end of ["pointerup", "pointercancel"]) {
    frame.on(chart, end, () => {
      if (view.drag) show();
      view.drag = null;
      delete frame.root.dataset.dragging;
    });
  }
  onPoint(frame, chart, {
    thingAt: (left) => (view.drag ? null : { blocks: blocksAt(left) }),
    hover: (thing) => { if (!view.drag) hoverAt(thing); },
    key: onKey,
  });

  // ---- controls -----------------------------------------------------------------------------------

  function createControls() {
    const height = createStepper("Height", "Grid", (by) => change({ height: state.values.height + by }));
    const width = createStepper("Width", "", (by) => change({ width: state.values.width + by }));
    const window = createStepper("Window", "Window", (by) => change({
      window_size: pair(state.values.window_size).map((m) => m + by),
    }));
    const merging = createSwitch("merge 2 × 2", (on) => change({ merging: on }));
    const back = createSwitch("look back", (on) => change({ looking_back: on }));
    merging.node.title = "2 × 2 tokens become one after every two blocks";
    back.node.title = "Whom the token has seen, instead of who hears it";
    height.node.append("×", width.node);
    frame.controls.append(height.node, window.node, merging.node, back.node);
    const copy = addResetAndCopy(frame, () => change(model.get("_initial")), () => reachLine(state.values));
    copy.node.classList.add("swin-brief");
    return {
      show() {
        const { values } = state;
        const sides = pair(values.window_size);
        height.show(values.height, 1, LARGEST.grid);
        width.show(values.width, 1, LARGEST.grid);
        window.show(Math.max(...sides), 1, LARGEST.window, sides[0] === sides[1] ? String(sides[0]) : sides.join("×"));
        merging.show(values.merging);
        back.show(values.looking_back);
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
  return {
    plain: createPanel(frame, { name: "plain", number: 1, label: `Reach of the token without shift. ${KEYS}` }),
    shifted: createPanel(frame, { name: "shifted", number: 2, label: `Reach of the token with shift. ${KEYS}` }),
    counts: createPanel(frame, {
      name: "counts", number: 3, draggable: true, aspect: 2.07, span: 2,
      label: "Tokens reached against blocks; drag to change the blocks. Arrow keys change the blocks.",
    }),
  };
}

export default { render };
