// MergeExplorer: four neighbouring tokens of a photograph become one, with all the numbers on their way. What is
// drawn is in merge_panels.js, the numbers are in merging.js, the words in merge_words.js.

import { mergeFacts, ORDERS, pyramidOf, stepPart } from "./merging.js";
import { describeMerge, describePart, mergeLine } from "./merge_words.js";
import { clamp, createFrame, createPanel, createState, element, glide, write } from "./kit.js";
import { addResetAndCopy, createChoice, createSegments, createStepper } from "./controls.js";
import { createAlbum, hitCell } from "./drawing.js";
import { onPoint, stepOf } from "./pointing.js";
import {
  mergedGrid, mergePartAt, paintLevel, paintMerge, paintMerged, paintTokens, tokensGrid,
} from "./merge_panels.js";

const STATE = ["height", "width", "level", "token", "order", "image"];
const LARGEST_SIDE = 16;
const NAMES = ["input", "merging 1", "merging 2", "merging 3"];
const KEYS = "Arrow keys choose the merged token.";

const sidesAfter = ({ height, width }, level) => [height, width].map((side) => Math.ceil(side / 2 ** level));

function render({ model, el }) {
  let maps = null; // of all levels, in the order on show
  let official = null;
  const view = { hover: null, from: "by column", moved: 1, outputs: null, stopGlide: () => {} };
  const state = createState({ model, names: STATE, settle, show: onChange });
  const { values, change } = state;
  const frame = createFrame({ el, model, label: "Merge explorer: four neighbouring tokens become one", paint });
  frame.panels.style.gridAutoFlow = "dense"; // where cells are narrow, the small panels stand side by side
  const photograph = createAlbum(model.get("_photographs"), paint);
  const panels = createPanels(frame, (level) => change({ level }));
  const controls = createControls();

  // ---- state --------------------------------------------------------------------------------------

  /** What the reader wished for, made possible; a change of level keeps the same part of the image. */
  function settle(next, before) {
    const scale = 2 ** (before.level - next.level);
    const kept = next.token === before.token; // not wished for
    const token = kept ? next.token.map((t) => Math.floor(t * scale)) : next.token;
    const sides = sidesAfter(next, next.level);
    next.token = token.map((t, i) => clamp(t, 0, sides[i] - 1));
    return next;
  }

  let computed = "";
  function compute() {
    const { height, width, image, order } = values;
    const wanted = [height, width, image, order].join();
    if (wanted === computed) return;
    const photo = model.get("_photographs")[image];
    official = pyramidOf(photo, height, width, "by column");
    maps = order === "by column" ? official : pyramidOf(photo, height, width, order);
    computed = wanted;
  }

  /** After a change by the reader or the kernel: numbers travel to their places in the new order. */
  function onChange({ quiet = false }) {
    view.hover = null; // what was pointed at may be gone
    const before = view.order ?? values.order;
    compute();
    view.stopGlide();
    view.moved = 1;
    if (before !== values.order) {
      Object.assign(view, { from: before, moved: 0, before: view.outputs });
      frame.root.dataset.moving = "true";
      view.stopGlide = glide(280, (part) => {
        view.moved = part;
        paint();
      }, () => { view.moved = 1; delete frame.root.dataset.moving; paint(); });
    } else delete frame.root.dataset.moving;
    view.order = values.order;
    show(quiet);
  }

  const shown = () => view.hover?.token ?? values.token;
  const factsNow = () => mergeFacts(maps, official, values.level, shown(), values.order);

  // ---- showing ------------------------------------------------------------------------------------

  function paint() {
    if (!maps || !panels.tokens.canvas.clientWidth) return;
    const { level, order } = values;
    const facts = factsNow();
    const photo = photograph(values.image);
    const moving = view.moved < 1 && view.before?.length === facts.outputs.length;
    const shownOutputs = facts.outputs.map((value, i) => (moving ? view.before[i] + (value - view.before[i]) * view.moved : value));
    const scene = {
      maps, officialMaps: official, level, order, values, token: shown(), facts, photo, part: view.hover, colours: frame.colours,
      from: view.from, moved: view.moved, shownOutputs,
    };
    if (view.moved === 1) view.outputs = facts.outputs;
    paintTokens(panels.tokens.canvas, scene);
    paintMerge(panels.merge.canvas, scene);
    paintMerged(panels.merged.canvas, scene);
    panels.levels.forEach(({ canvas }, at) => paintLevel(canvas, scene, at));
    if (photo) frame.ready();
  }

  function show(quiet = false) {
    paint();
    const { level, order } = values;
    const facts = factsNow();
    const [before, after] = [maps[level - 1], maps[level]];
    const size = (map) => `${map.height} × ${map.width} tokens of ${map.channels} numbers`;
    panels.tokens.caption(level === 1 ? "Tokens" : `Tokens after merging ${level - 1}`, size(before));
    panels.merge.caption("Four become one", `${4 * facts.channels} numbers, ${order}: norm, then a matrix, ${2 * facts.channels} come out`);
    panels.merged.caption("Merged tokens", size(after));
    panels.levels.forEach((panel, at) => {
      write(panel.number, `${maps[at].height} × ${maps[at].width}`);
      write(panel.total, `of ${maps[at].channels} numbers`);
      const chosen = at === level;
      if (at) panel.figure.setAttribute("aria-pressed", String(chosen));
      Object.assign(panel.name.style, { color: chosen ? "var(--swin-ink)" : "", fontWeight: chosen ? "650" : "" });
      write(panel.name, chosen ? `▸ ${NAMES[at]}` : NAMES[at]);
    });
    controls.show();
    const part = view.hover;
    const inside = part?.output !== undefined || part?.place !== undefined;
    const said = inside ? describePart(values, part, shown(), maps, facts) : describeMerge(values, shown(), maps, facts);
    frame.say(said.replaceAll(" × ", "\u00a0×\u00a0"), quiet);
    Object.assign(frame.root.dataset, {
      size: `${values.height},${values.width}`, level, order, token: values.token.join(), shownToken: shown().join(),
      part: part ? [part.place ?? "", part.channel ?? "", part.output ?? ""].join() : "", image: values.image,
    });
  }

  // ---- pointing -----------------------------------------------------------------------------------

  function hover(part) {
    view.hover = part;
    show(true);
  }

  function choose({ token }) {
    view.hover = null;
    change({ token });
  }

  function moveToken(event) {
    const step = stepOf(event);
    if (!step) return;
    event.preventDefault();
    view.hover = null;
    change({ token: values.token.map((t, i) => t + step[i]) });
  }

  onPoint(frame, panels.tokens.canvas, {
    thingAt(x, y) {
      const cell = hitCell(tokensGrid(panels.tokens.canvas, { maps, level: values.level }), x, y);
      return cell && { token: cell.map((c) => c >> 1), place: (cell[0] % 2) + 2 * (cell[1] % 2) };
    },
    hover, choose, key: moveToken,
  });
  onPoint(frame, panels.merged.canvas, {
    thingAt(x, y) {
      const token = hitCell(mergedGrid(panels.merged.canvas, { maps, level: values.level }), x, y);
      return token && { token };
    },
    hover, choose, key: moveToken,
  });
  const { canvas } = panels.merge;
  onPoint(frame, canvas, {
    thingAt: (x, y) => mergePartAt(canvas, maps[values.level - 1].channels, values.order, x, y),
    hover,
    key(event) {
      const step = stepOf(event);
      if (!step) return;
      event.preventDefault();
      const { channels } = maps[values.level - 1];
      hover(stepPart(view.hover, step, channels, values.order));
    },
  });
  frame.on(canvas, "blur", () => { if (view.hover) hover(null); });

  // ---- controls -----------------------------------------------------------------------------------

  function createControls() {
    const sides = ["height", "width"].map((name, i) => createStepper(
      name === "height" ? "Height" : "Width", i ? "" : "Grid", (by) => change({ [name]: clamp(values[name] + by, 1, LARGEST_SIDE) }),
    ));
    const words = ORDERS.map((name) => [name, name.replace("by ", "")]);
    const order = createSegments("Order of the neighbours", words, (value) => change({ order: value }));
    const image = createChoice("Image", Object.keys(model.get("_photographs")), (value) => change({ image: value }));
    sides[0].node.append("×", sides[1].node);
    const inOrder = element("div", "swin-control", {}, "Order by", order.node);
    frame.controls.append(sides[0].node, inOrder, image.node);
    const copy = addResetAndCopy(frame, () => { view.hover = null; change(model.get("_initial")); }, () => mergeLine(values));
    copy.node.querySelector("code").style.display = "none"; // the line is too long to stand in this row
    copy.node.querySelector(".swin-short").style.display = "inline";
    return {
      show() {
        sides[0].show(values.height, 1, LARGEST_SIDE);
        sides[1].show(values.width, 1, LARGEST_SIDE);
        order.show(values.order);
        image.show(values.image);
        copy.show();
      },
    };
  }

  onChange({ quiet: true });
  return () => {
    state.destroy();
    view.stopGlide();
    frame.destroy();
  };
}

/** Lets a node be pressed, by pointer and by keyboard. */
function makeButton(frame, node, label, onPress) {
  for (const [name, value] of Object.entries({ role: "button", tabindex: "0", "aria-label": label })) node.setAttribute(name, value);
  node.style.cursor = "pointer";
  frame.on(node, "click", onPress);
  frame.on(node, "keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    onPress();
  });
}

function createPanels(frame, onLevel) {
  const panels = {
    tokens: createPanel(frame, { name: "tokens", number: 1, label: `The photograph's tokens; four of them merge. ${KEYS}` }),
    merge: createPanel(frame, {
      name: "merge", number: 2, span: 2, aspect: 2.06,
      label: "Numbers, norm, matrix and outputs of one merged token. Arrow keys left and right choose a number, up and down an output.",
    }),
    merged: createPanel(frame, { name: "merged", number: 3, label: `The merged tokens, a bar for each number. ${KEYS}` }),
  };
  const row = element("div", "swin-sights", { style: "grid-template-columns: repeat(4, minmax(0, 1fr))" },
    element("h4", "swin-heading", {}, "The pyramid: choose a merging"));
  panels.levels = NAMES.map((words, level) => {
    const canvas = element("canvas", "", { "aria-hidden": "true" });
    canvas.style.aspectRatio = "1";
    const [name, number, total] = [element("span", "", {}, words), element("b"), element("span")];
    number.style.fontSize = "20px";
    const figure = element("figure", "swin-sight", { "data-level": String(level) },
      element("div", "swin-thumb", {}, canvas), element("figcaption", "", {}, name, number, total));
    if (level) makeButton(frame, figure, `Show merging ${level}`, () => onLevel(level));
    row.append(figure);
    return { canvas, figure, name, number, total };
  });
  frame.panels.append(row);
  return panels;
}

export default { render };
