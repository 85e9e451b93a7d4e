// ModelExplorer: the whole network as boxes drawn to scale, with the parameters, the work and the memory of
// every stage. The boxes are in model_boxes.js, the bars in model_charts.js, the numbers in model_arithmetic.js.
//
// Everything is drawn from one scene: network (the numbers), drawn (the same while they move), layout, chosen
// and pointed (stage, and part of it), stage (the one on show), photo, mosaic, colours.

import { COUNTS, mix, networkOf, numbersOf, settleHeads } from "./model_arithmetic.js";
import { PRESETS, PRESET_SIZES, describePart, describeStage, presetOf, pythonLine, short, times, whole } from "./model_words.js";
import { clamp, createFrame, createPanel, createState, glide } from "./kit.js";
import { addResetAndCopy, createSegments, createSlider, createStepper } from "./controls.js";
import { createAlbum, pointOn } from "./drawing.js";
import { onPoint, stepOf } from "./pointing.js";
import { pair } from "./windows.js";
import { createMosaic, layoutOf, paintBoxes, scaleOf, slotAt } from "./model_boxes.js";
import { barAt, paintBars, paintWindows } from "./model_charts.js";
import { createDetails } from "./model_details.js";

const STATE = [
  "height", "width", "embed_dim", "depths", "num_heads", "window_size", "patch_size", "in_channels", "num_classes",
  "mlp_ratio", "stage", "image",
];
const LARGEST = { side: 512, channels: 256, window: 24, depth: 24 }; // that the controls reach
const KEYS = "Left and right arrows choose the stage, up and down its number of blocks; with Shift they change the image's size.";
const CHARTS = {
  parameters: ["Parameters", (total) => `${whole(total)} learned numbers`],
  multiplyAdds: ["Work", (total) => `${short(total)} multiply-adds an image`],
  memory: ["Memory", (total) => `${short(total, "B")} an image, in training`],
};
const CHART_HEIGHT = 158; // pixels, at any width

function render({ model, el }) {
  let network = null;
  const view = { drawn: null, pointed: null, drag: null, dragged: false, layout: null, stopGlide: () => {} };
  const state = createState({ model, names: STATE, settle, show: onChange });
  const { values, change } = state;
  const frame = createFrame({ el, model, label: "Model explorer: the stages of a Swin network to scale, and what they cost", paint });
  frame.root.classList.add("swin-model");
  const photograph = createAlbum(model.get("_photographs"), paint);
  const mosaic = createMosaic();
  const panels = createPanels();
  const details = createDetails(frame, { change: changeChosen, pointAt, values, most: LARGEST.depth });
  const controls = createControls();

  // ---- state --------------------------------------------------------------------------------------

  /** What the reader wished for, made possible. */
  function settle(next) {
    next.height = clamp(next.height, 1, 1024);
    next.width = clamp(next.width, 1, 1024);
    next.depths = next.depths.map((depth) => clamp(depth, 1, LARGEST.depth));
    next.num_heads = settleHeads(next.embed_dim, next.depths, next.num_heads);
    next.stage = clamp(next.stage, 1, next.depths.length);
    return next;
  }

  /** After a change by the reader or the kernel: boxes and bars grow or shrink to what holds now. */
  function onChange({ move = true, quiet = false, kernel = false }) {
    if (kernel) view.pointed = null;
    network = networkOf(values);
    const to = numbersOf(network, values);
    const from = view.drawn;
    view.stopGlide();
    delete frame.root.dataset.moving;
    if (!move || !from || from.stages.length !== to.stages.length || JSON.stringify(from) === JSON.stringify(to)) {
      view.drawn = to;
    } else {
      frame.root.dataset.moving = "true";
      view.stopGlide = glide(240, (part) => {
        view.drawn = mix(from, to, part);
        paint();
      }, () => delete frame.root.dataset.moving);
    }
    show(quiet);
  }

  /** What a control changes belongs to the chosen stage, so that is the one to be on show. */
  function changeChosen(wishes, how) {
    view.pointed = null;
    change(wishes, how);
  }

  // ---- showing ------------------------------------------------------------------------------------

  function paint() {
    if (!view.drawn || !panels.stages.canvas.clientWidth) return;
    const { canvas } = panels.stages;
    const narrow = canvas.clientWidth < 640; // then in two rows
    canvas.style.aspectRatio = narrow ? "1.25" : "3.9";
    const size = [canvas.clientWidth, canvas.clientHeight];
    view.scale = view.drag?.scale ?? scaleOf(...size, view.drawn, narrow);
    view.layout = layoutOf(...size, view.drawn, view.scale, narrow);
    const photo = photograph(values.image);
    const scene = {
      network, photo, mosaic, drawn: view.drawn, layout: view.layout, colours: frame.colours, chosen: values.stage,
      pointed: view.pointed, stage: network.stages[shownStage() - 1],
    };
    paintBoxes(canvas, scene);
    for (const what of COUNTS) paintBars(panels[what].canvas, scene, what);
    paintWindows(panels.windows.canvas, scene);
    if (photo) frame.ready();
  }

  /** The stage on show: the one pointed at, else the chosen one. */
  const shownStage = () => (Number.isInteger(view.pointed?.stage) ? view.pointed.stage : values.stage);

  function show(quiet = false) {
    paint();
    const stage = network.stages[shownStage() - 1];
    panels.stages.caption("Four stages, to scale".replace("Four", ["One", "Two", "Three", "Four"][network.stages.length - 1]),
      "height H, slanted W, length C; strips are heads, small squares blocks");
    for (const [what, [title, words]] of Object.entries(CHARTS)) panels[what].caption(title, words(network.totals[what]));
    const shifted = String(stage.shift) === "0,0" ? "no shift" : "dashed: shifted";
    panels.windows.caption(`Windows of stage ${stage.number}`, `${times([stage.axes[0].count, stage.axes[1].count])} windows; ${shifted}`);
    details.show(network, stage, view.pointed);
    controls.show();
    const part = view.pointed?.part ?? (view.pointed?.stage === "head" ? "head" : null);
    const words = part ? describePart(network, part) : describeStage(network, stage);
    frame.say(words, quiet || view.pointed !== null);
    Object.assign(frame.root.dataset, {
      stage: values.stage, shownStage: stage.number, size: `${values.height},${values.width}`, depths: values.depths.join(),
      heads: values.num_heads.join(), channels: values.embed_dim, windowSize: pair(values.window_size).join(),
      preset: presetOf(values), part: view.pointed?.part ?? "",
    });
  }

  function pointAt(pointed) {
    view.pointed = pointed;
    show(true);
  }

  // ---- pointing, dragging, keys -------------------------------------------------------------------

  function choose({ stage }) {
    if (view.dragged || !Number.isInteger(stage)) return;
    changeChosen({ stage });
  }

  function onKey(event) {
    const step = stepOf(event);
    const size = stepOf(event, { shift: true });
    if (!step && !size) return;
    event.preventDefault();
    if (size) changeChosen({ height: values.height - size[0], width: values.width + size[1] });
    else if (step[1]) changeChosen({ stage: values.stage + step[1] });
    else changeChosen({ depths: values.depths.map((depth, i) => depth - (i === values.stage - 1 ? step[0] : 0)) });
  }

  function createPanels() {
    const panel = (name, number, label, options) => createPanel(frame, { name, number, label, ...options });
    const made = { stages: panel("stages", 1, `The stages as boxes. ${KEYS}`, { span: 4, aspect: 3.9 }) };
    Object.keys(CHARTS).forEach((what, i) => {
      made[what] = panel(what, i + 2, `${CHARTS[what][0]} of each stage as bars. Up and down arrows choose the stage.`, {});
      onPoint(frame, made[what].canvas, {
        thingAt: (x, y) => barAt(made[what].canvas, { network, drawn: view.drawn }, what, x, y),
        hover: (bar) => pointAt(bar),
        choose,
        key(event) {
          const step = stepOf(event);
          if (!step) return;
          event.preventDefault();
          changeChosen({ stage: values.stage + (step[0] || step[1]) });
        },
      });
    });
    made.windows = panel("windows", 5, `The windows of the chosen stage. ${KEYS}`, {});
    for (const name of [...COUNTS, "windows"]) Object.assign(made[name].canvas.style, { aspectRatio: "auto", height: `${CHART_HEIGHT}px` });
    frame.on(made.windows.canvas, "keydown", onKey);
    const { canvas } = made.stages;
    onPoint(frame, canvas, {
      thingAt(x, y) {
        const slot = view.layout && !view.drag ? slotAt(view.layout, x, y, canvas.clientHeight) : null;
        return slot ? { stage: slot, part: null } : null;
      },
      hover: pointAt,
      choose,
      key: onKey,
    });
    addDrag(canvas);
    return made;
  }

  /** The handle at the corner of the image changes its size; the scale stays until it is let go. */
  function addDrag(canvas) {
    const onHandle = (event) => {
      if (!view.layout) return false;
      const [x, y] = pointOn(canvas, event);
      const { image } = view.layout;
      return Math.hypot(x - image.x - image.wide, y - image.y - image.high) < 15;
    };
    frame.on(canvas, "pointerdown", (event) => {
      view.dragged = false;
      if (event.button || !onHandle(event)) return;
      canvas.setPointerCapture(event.pointerId);
      view.drag = { at: [event.clientY, event.clientX], from: [values.height, values.width], scale: view.scale };
      view.dragged = true;
      frame.root.dataset.dragging = "true";
    });
    frame.on(canvas, "pointermove", (event) => {
      canvas.style.cursor = view.drag || onHandle(event) ? "nwse-resize" : "";
      if (!view.drag) return;
      // The image is centred from top to bottom, so its lower edge moves half as fast as it grows.
      const by = [2 * (event.clientY - view.drag.at[0]), event.clientX - view.drag.at[1]];
      const [height, width] = view.drag.from.map((side, i) => Math.round(side + (by[i] * values.patch_size) / view.drag.scale.token));
      const next = { height: clamp(height, 1, LARGEST.side), width: clamp(width, 1, LARGEST.side) };
      if (next.height !== values.height || next.width !== values.width) change(next, { move: false, quiet: true });
    });
    const stop = () => {
      if (!view.drag) return;
      view.drag = null;
      delete frame.root.dataset.dragging;
      show();
    };
    frame.on(canvas, "pointerup", stop);
    frame.on(canvas, "pointercancel", stop);
  }

  // ---- controls -----------------------------------------------------------------------------------

  function createControls() {
    const names = [["swin_tiny", "T"], ["swin_small", "S"], ["swin_base", "B"], ["swin_large", "L"], ["swin_cifar", "32 px"]];
    const presets = createSegments("Networks of the paper, and one for small images", names, (name) => {
      const side = PRESET_SIZES[name] ?? 224;
      const other = Boolean(PRESET_SIZES[name]) !== Boolean(PRESET_SIZES[presetOf(values)]);
      changeChosen({ ...PRESETS[name], ...(other ? { height: side, width: side } : {}) });
    });
    presets.node.querySelectorAll("button").forEach((button, i) => {
      button.setAttribute("aria-label", i < 4 ? `Swin-${names[i][1]}` : "Small network for 32 px images");
    });
    const height = createSlider("Height", (value) => change({ height: value }, { move: false }));
    const width = createSlider("Width", (value) => change({ width: value }, { move: false }));
    const channels = createStepper("Channels C of the first stage", "C", (by) => change({
      embed_dim: clamp(values.embed_dim + 16 * by, Math.min(16, values.embed_dim), LARGEST.channels),
    }));
    const size = createStepper("Window", "Window", (by) => {
      const sides = pair(values.window_size).map((side) => clamp(side + by, 1, LARGEST.window));
      change({ window_size: sides[0] === sides[1] ? sides[0] : sides });
    });
    frame.controls.append(presets.node, height.node, width.node, channels.node, size.node);
    const copy = addResetAndCopy(frame, () => changeChosen(model.get("_initial")), () => pythonLine(values));
    return {
      show() {
        const sides = pair(values.window_size);
        presets.show(presetOf(values));
        height.show(values.height, 1, Math.max(LARGEST.side, values.height));
        width.show(values.width, 1, Math.max(LARGEST.side, values.width));
        channels.show(values.embed_dim, 16, LARGEST.channels);
        size.show(Math.max(...sides), 1, LARGEST.window, sides[0] === sides[1] ? String(sides[0]) : sides.join("×"));
        copy.show();
      },
    };
  }

  onChange({ move: false, quiet: true });
  return () => {
    state.destroy();
    view.stopGlide();
    frame.destroy();
  };
}

export default { render };
