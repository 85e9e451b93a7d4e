// BlockExplorer: follow one token through a stack of small Swin blocks, and take the blocks apart. The numbers are
// in block_numbers.js, the drawing in block_flow.js and block_panels.js, the words in block_words.js.

import { TINY, costsOf } from "./block_numbers.js";
import { createStack, scaledBlock } from "./block_stack.js";
import { FLOW, flowThingAt, paintFlow } from "./block_flow.js";
import { PHOTO_MARGINS, layOutStrip, paintPhoto, paintStrip, stripHeight } from "./block_panels.js";
import { blockLine, describeScene } from "./block_words.js";
import { attendedSpan } from "./windows.js";
import { clamp, createFrame, createLegend, createPanel, createState, element } from "./kit.js";
import { addResetAndCopy, createStepper, createSwitch } from "./controls.js";
import { createAlbum, gridOn, hitCell, pointOn } from "./drawing.js";
import { onPoint, stepOf } from "./pointing.js";

const STATE = ["height", "width", "blocks", "block", "token", "source", "norm_first", "residual", "shift", "image"];
const LARGEST_SIDE = 12;
const NARROW = 860; // below this width of all panels, the flow gets a row of its own
const LEGEND = [
  ["query", "the token that is followed"], ["key", "where it looks"], ["series_2", "a token that is changed; who hears of it"],
  ["positive", "numbers above zero"], ["negative", "below zero"],
];

function render({ model, el }) {
  const view = { hover: null, thing: null, drag: false, built: false };
  const state = createState({ model, names: STATE, settle, show: onChange });
  const { values, change } = state;
  const stackOf = createStack(model);
  const frame = createFrame({ el, model, label: "Block explorer: one token's way through a stack of Swin blocks", paint });
  const photograph = createAlbum(model.get("_photographs"), paint);
  const panels = createPanels();
  const controls = createControls();

  // ---- state and numbers --------------------------------------------------------------------------

  function settle(next) {
    const inside = ([r, c]) => [clamp(r, 0, next.height - 1), clamp(c, 0, next.width - 1)];
    return { ...next, token: inside(next.token), source: inside(next.source), block: clamp(next.block, 1, next.blocks) };
  }

  function onChange({ quiet = false } = {}) {
    Object.assign(view, { hover: null, thing: null }); // what was pointed at may be gone
    show(quiet);
  }

  const placeNow = () => view.hover ?? values.token;

  /** Everything that is drawn and said about the token on show. */
  function sceneNow() {
    const numbers = stackOf(values);
    const { height, width, block, blocks, source, norm_first: normFirst, residual } = values;
    const { axes, steps, weights: looked, hidden, ranges, limit } = scaledBlock(numbers.stack[block - 1]);
    const place = placeNow();
    const token = place[0] * width + place[1];
    const [rows, columns] = axes.map((axis, i) => attendedSpan(axis, place[i])).map(([from, to]) => to - from);
    const heads = Array.from({ length: TINY.heads }, (_, h) => {
      const at = (token * TINY.heads + h) * TINY.window ** 2;
      return Array.from(looked.subarray(at, at + rows * columns));
    });
    return {
      ...numbers, axes, steps, ranges, limit, place, token, source, block, blocks, normFirst, residual,
      looks: heads[0].map((_, n) => heads.reduce((sum, head) => sum + head[n], 0) / TINY.heads),
      numbers: { weights: heads, hidden: Array.from(hidden.subarray(token * TINY.hidden, (token + 1) * TINY.hidden)) },
      company: { rows, columns, count: rows * columns }, shifted: axes.some((axis) => axis.shift), costs: costsOf(axes),
      colours: frame.colours, photo: photograph(values.image), lit: view.thing, channel: view.thing?.channel ?? -1,
      narrow: panels.flow.canvas.clientWidth < 560, count: height * width,
    };
  }

  // ---- showing ------------------------------------------------------------------------------------

  /** What the width asks for: the flow beside the photograph or below it, its halves side by side or stacked. */
  function arrange() {
    const across = frame.panels.clientWidth;
    const tight = across < NARROW;
    panels.photo.figure.style.maxWidth = tight ? "250px" : "";
    panels.flow.figure.style.gridColumn = tight ? "1 / -1" : "";
    Object.assign(panels.legend.style, {
      gridColumn: tight ? "2 / -1" : "1 / -1", display: "flex", flexDirection: tight ? "column" : "row",
      alignItems: "flex-start", gap: tight ? "7px" : "4px 18px",
    });
    [panels.photo.figure, panels.legend, panels.flow.figure, panels.strip.figure].forEach((node, i) => {
      node.style.order = String(node === panels.legend && !tight ? 9 : i);
    });
    const flowWidth = panels.flow.canvas.clientWidth;
    panels.flow.canvas.style.aspectRatio = String((flowWidth < 560 ? FLOW.narrow : FLOW.wide).reduce((a, b) => a / b));
    // One row of controls: the line to copy is only its button, or only its icon, where there is no room for it.
    controls.copy.querySelector("code").style.display = across > 1150 ? "" : "none";
    controls.copy.querySelector(".swin-short").style.display = across > 1150 ? "" : tight && across > 560 ? "none" : "inline";
    controls.grid.style.display = tight && across > 560 ? "none" : "";
    panels.strip.canvas.style.aspectRatio = "auto";
    panels.strip.canvas.style.height = `${stripHeight(panels.strip.canvas.clientWidth, values.blocks)}px`;
  }

  function paint() {
    if (!view.built || !panels.photo.canvas.clientWidth) return null;
    arrange();
    const scene = sceneNow();
    paintPhoto(panels.photo.canvas, scene);
    paintFlow(panels.flow.canvas, scene);
    paintStrip(panels.strip.canvas, scene);
    captions(scene);
    if (scene.photo) frame.ready();
    return scene;
  }

  function captions(scene) {
    const { block, blocks } = values;
    const kind = scene.shifted ? "shifted" : "plain";
    panels.photo.caption("Point at a token", `windows of block ${block}: ${kind}`);
    panels.flow.caption(`Block ${block}: a road with two branches`, `token (${scene.place.join(", ")}); pale: the range of all tokens; bars end at ±${scene.limit.toFixed(1)}`);
    const heardOf = "above: who has heard of the changed token";
    const rest = frame.panels.clientWidth < 640 ? "" : "; bars: the followed one; below: how much tokens differ";
    panels.strip.caption(`The same token after each of ${blocks} block${blocks > 1 ? "s" : ""}`, heardOf + rest);
  }

  function show(quiet = false) {
    const scene = paint() ?? sceneNow();
    controls.show();
    frame.say(describeScene(values, scene), quiet || view.hover !== null || view.thing !== null);
    Object.assign(frame.root.dataset, {
      token: values.token.join(), shownToken: scene.place.join(), source: values.source.join(), block: values.block, blocks: values.blocks,
      size: `${values.height},${values.width}`, normFirst: values.norm_first, residual: values.residual, shift: values.shift,
      heard: scene.heard.at(-1).filter((far) => far > 0).length, spread: scene.spreads.at(-1).toFixed(4),
      lit: JSON.stringify(view.thing),
    });
  }

  // ---- pointing -----------------------------------------------------------------------------------

  function listen({ photo, flow, strip }) {
    const cellAt = (x, y) => hitCell(gridOn(photo.canvas, values.height, values.width, PHOTO_MARGINS), x, y);
    const onSource = (cell) => cell !== null && String(cell) === String(values.source);
    frame.on(photo.canvas, "pointerdown", (event) => {
      if (event.button || !onSource(cellAt(...pointOn(photo.canvas, event)))) return;
      view.drag = true;
      photo.canvas.setPointerCapture(event.pointerId);
      frame.root.dataset.dragging = "true";
    });
    const stop = () => {
      delete frame.root.dataset.dragging;
      setTimeout(() => { view.drag = false; }); // after the click that ends a drag
    };
    frame.on(photo.canvas, "pointerup", stop);
    frame.on(photo.canvas, "pointercancel", stop);
    onPoint(frame, photo.canvas, {
      thingAt: cellAt,
      hover(cell) {
        if (view.drag) {
          if (cell) change({ source: cell }, { quiet: true });
          return;
        }
        photo.canvas.style.cursor = onSource(cell) ? "grab" : "";
        view.hover = cell;
        show(true);
      },
      choose(cell) {
        if (!view.drag) change({ token: cell });
      },
      key(event) {
        const [step, far] = [stepOf(event), stepOf(event, { shift: true })];
        if (!step && !far) return;
        event.preventDefault();
        view.hover = null;
        if (step) change({ token: values.token.map((t, i) => t + step[i]) });
        else change({ source: values.source.map((t, i) => t + far[i]) });
      },
    });
    const light = (thing, quiet = true) => {
      view.thing = thing;
      show(quiet);
    };
    onPoint(frame, flow.canvas, {
      thingAt: (x, y) => flowThingAt(flow.canvas, x, y, { normFirst: values.norm_first, narrow: flow.canvas.clientWidth < 560 }),
      hover: light,
      key(event) {
        const step = stepOf(event);
        if (!step) return;
        event.preventDefault();
        const { step: at = 0, channel = 0 } = view.thing ?? {};
        const first = view.thing?.step === undefined;
        light({ step: first ? 0 : clamp(at + step[1], 0, 6), channel: first ? 0 : clamp(channel + step[0], 0, TINY.channels - 1) }, false);
        frame.say(describeScene(values, sceneNow()));
      },
    });
    frame.on(flow.canvas, "blur", () => light(null));
    const blockAt = (x) => {
      const { unit, left, count } = layOutStrip(strip.canvas, values.blocks);
      const k = Math.floor((x - left) / unit);
      return k >= 1 && k < count ? k : null;
    };
    onPoint(frame, strip.canvas, {
      thingAt: (x) => blockAt(x),
      choose: (block) => change({ block }),
      key(event) {
        const step = stepOf(event);
        if (!step) return;
        event.preventDefault();
        change({ block: values.block + step[1] - step[0] });
      },
    });
  }

  // ---- panels and controls ------------------------------------------------------------------------

  function createPanels() {
    const photo = createPanel(frame, {
      name: "photo", number: 1,
      label: "The photograph with windows and two tokens. Arrow keys move the followed token, Shift with arrow keys the changed one; it can be dragged.",
    });
    const flow = createPanel(frame, {
      name: "flow", number: 2, span: 3, aspect: FLOW.wide[0] / FLOW.wide[1],
      label: "The block as a road with two branches. Arrow keys left and right go from place to place, up and down from channel to channel.",
    });
    const strip = createPanel(frame, {
      name: "strip", number: 3, span: 4, aspect: 6, label: "The token after each block. Arrow keys choose the block that is shown above.",
    });
    const legend = createLegend(LEGEND);
    frame.panels.append(legend);
    const made = { photo, flow, strip, legend };
    listen(made);
    return made;
  }

  function createControls() {
    const side = (name, words) => createStepper(name, words, (by) => {
      const key = name.toLowerCase();
      change({ [key]: clamp(values[key] + by, 1, LARGEST_SIDE) });
    });
    const blocks = createStepper("Blocks", "Blocks", (by) => change({ blocks: clamp(values.blocks + by, 1, TINY.most) }));
    const grid = element("span", "", {}, "Grid");
    const height = side("Height", grid);
    const width = side("Width", "");
    const first = createSwitch("Norm first", (on) => change({ norm_first: on }));
    const residual = createSwitch("Residual", (on) => change({ residual: on }));
    const shift = createSwitch("Shift", (on) => change({ shift: on }));
    height.node.append("×", width.node);
    frame.controls.append(blocks.node, height.node, first.node, residual.node, shift.node);
    const copy = addResetAndCopy(frame, () => { view.hover = null; change(model.get("_initial")); }, () => blockLine(values));
    return {
      grid, copy: copy.node,
      show() {
        blocks.show(values.blocks, 1, TINY.most);
        height.show(values.height, 1, LARGEST_SIDE);
        width.show(values.width, 1, LARGEST_SIDE);
        first.show(values.norm_first);
        residual.show(values.residual);
        shift.show(values.shift);
        copy.show();
      },
    };
  }

  view.built = true;
  show(true);
  return () => {
    state.destroy();
    frame.destroy();
  };
}

export default { render };
