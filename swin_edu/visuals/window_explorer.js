// WindowExplorer: a token grid on its way into windows, by reshape, permute and reshape, and what becomes of it
// without the permute. What is drawn is in window_panels.js, the numbers in window_steps.js.

import { companyOf, describe, indicesOf, isPadding, numberOf, placeOf, pythonLine, shapesOf, sizesOf, STEPS, tokenOf } from "./window_steps.js";
import { memoryOn, mixedOf, paintMemory, paintWay, tokenAtPoint, wayOn } from "./window_panels.js";
import { pair } from "./windows.js";
import { clamp, createFrame, createLegend, createPanel, createState, element, glide, write } from "./kit.js";
import { addResetAndCopy, createSegments, createStepper, createSwitch } from "./controls.js";
import { createAlbum } from "./drawing.js";
import { onPoint, stepOf } from "./pointing.js";

const STATE = ["batch", "height", "width", "window_size", "progress", "forget_permute", "show", "token"];
const LARGEST = { batch: 2, grid: 16, window: 8 };
const KEYS = "Arrow keys move the token, square brackets go a step back or on.";
const LEGEND = [["query", "the token on show"], ["key", "tokens of the same window at the end"], ["padding", "padding: never takes part"]];
const FORWARD = ["view →", "permute →", "reshape →"];
const BACKWARD = ["← reshape", "← permute", "← view"];
const LAST = STEPS.length - 1;

function render({ model, el }) {
  const view = { step: 0, hover: null, back: false, stopGlide: () => {} };
  const state = createState({ model, names: STATE, settle, show: onChange });
  const { values, change } = state;
  const frame = createFrame({ el, model, label: "Window explorer: from a token grid to a batch of windows", paint, columns: 3 });
  const photograph = createAlbum(model.get("_photographs"), paint);
  const names = Object.keys(model.get("_photographs"));
  const steps = createSteps();
  const way = createPanel(frame, { name: "way", number: 1, label: `The tokens on their way into windows. ${KEYS}`, aspect: 1.6, span: 2 });
  const memory = createPanel(frame, { name: "memory", number: 2, label: `The tokens in memory. ${KEYS}`, aspect: 0.78 });
  frame.panels.append(createLegend(LEGEND));
  const controls = createControls();

  // ---- state --------------------------------------------------------------------------------------

  function settle(next) {
    const last = [next.batch, next.height, next.width].map((length) => length - 1);
    next.token = next.token.map((value, i) => clamp(value, 0, last[i]));
    return next;
  }

  function onChange({ quiet = false, kernel = false, glides = true }) {
    if (kernel) view.hover = null;
    moveTo(values.progress * LAST, glides);
    show(quiet);
  }

  /** Lets the tokens travel to a step. */
  function moveTo(step, glides) {
    view.stopGlide();
    delete frame.root.dataset.moving;
    const from = view.step;
    if (Math.abs(from - step) < 1e-6) return;
    view.back = step < from;
    if (!glides) {
      view.step = step;
      return;
    }
    frame.root.dataset.moving = "true";
    view.stopGlide = glide(150 + 150 * Math.abs(step - from), (part) => {
      view.step = from + (step - from) * part;
      paint();
    }, () => delete frame.root.dataset.moving);
  }

  function sceneNow() {
    const sizes = sizesOf(values);
    const chosen = numberOf(sizes, values.token);
    const shown = view.hover !== null && view.hover < sizes.total ? view.hover : chosen;
    return {
      sizes, shown, step: view.step, forget: values.forget_permute, show: values.show, colours: frame.colours,
      company: new Set(companyOf(sizes, shown, values.forget_permute)), photos: names.slice(0, sizes.batch).map(photograph),
    };
  }

  // ---- showing ------------------------------------------------------------------------------------

  function paint() {
    if (!way.canvas.clientWidth) return;
    const scene = sceneNow();
    paintWay(way.canvas, scene);
    paintMemory(memory.canvas, scene);
    if (scene.photos.every(Boolean)) frame.ready();
  }

  function show(quiet = false) {
    const scene = sceneNow();
    const { sizes, shown, forget } = scene;
    paint();
    captions(scene);
    steps.show(scene);
    controls.show();
    frame.say(describe(sizes, shown, forget), quiet || view.hover !== null);
    Object.assign(frame.root.dataset, {
      step: values.progress.toFixed(3), forget: values.forget_permute, token: values.token.join(), shownToken: shown,
      size: `${values.batch},${values.height},${values.width}`, windowSize: pair(values.window_size).join(),
    });
  }

  function captions({ sizes, forget, ...scene }) {
    const { batch, rows, columns, mh, mw, inside, perImage } = sizes;
    const step = Math.round(values.progress * LAST);
    const mixed = mixedOf({ sizes, ...scene });
    const scrambled = step === LAST && forget && mixed > 1;
    way.caption([
      `${batch > 1 ? `${batch} images of ` : ""}${rows} × ${columns} tokens`,
      "Each axis gets two names",
      forget ? "The axes stay as they are" : "The window axes come first",
      `${batch * perImage} ${scrambled ? "scrambled " : ""}windows of ${mh} × ${mw} tokens`,
    ][step], scrambled ? "the right shape, the wrong tokens" : "the line is the order of reading, the colour is the true window");
    const copied = step === LAST && !forget;
    const row = inside > 1 ? `${inside} places in a row become` : "1 place becomes";
    memory.caption(copied ? "Memory, copied" : "Memory, unchanged", `${row} one window`);
  }

  // ---- steps --------------------------------------------------------------------------------------

  function createSteps() {
    const between = FORWARD.map((words) => element("span", "", { "aria-hidden": "true" }, words));
    const forgetting = createSwitch("Forget the permute", (on) => change({ forget_permute: on }));
    const input = element("input", "", { type: "range", min: "0", max: "1", step: "any", "aria-label": "Step, from the grid to the batch of windows" });
    frame.on(input, "input", () => change({ progress: Number(input.value) }, { glides: false, quiet: true }));
    frame.on(input, "change", () => change({ progress: snapped(Number(input.value)) }));
    frame.on(input, "keydown", (event) => {
      const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (by) go(by, event);
    });
    const stops = STEPS.map((name, i) => {
      const parts = { letters: element("code"), numbers: element("code", "swin-numbers"), index: element("code", "swin-index"), place: element("code") };
      const button = element("button", "", { type: "button", "data-stop": name }, element("b", "", {}, name), ...Object.values(parts));
      button.addEventListener("click", () => change({ progress: i / LAST }));
      return { button, ...parts };
    });
    const box = element("div", "swin-steps", { role: "group", "aria-label": "Steps" },
      element("div", "swin-way", {}, between[0], element("div", "", {}, between[1], forgetting.node), between[2]), input, element("div", "swin-stops", {}, ...stops.map(({ button }) => button)));
    frame.time(box, "click");
    frame.root.insertBefore(box, frame.panels);
    return {
      show({ sizes, shown, forget }) {
        const [shapes, indices] = [shapesOf(sizes, forget), indicesOf(sizes, shown, forget)];
        const current = Math.round(values.progress * LAST);
        forgetting.show(forget);
        input.value = values.progress;
        input.setAttribute("aria-valuetext", `${STEPS[current]}, shape ${shapes[STEPS[current]][1].join(", ")}`);
        between.forEach((node, i) => {
          write(node, (view.back ? BACKWARD : FORWARD)[i]);
          node.toggleAttribute("data-off", forget && i === 1);
        });
        stops.forEach(({ button, letters, numbers, index, place }, i) => {
          const [words, counts] = shapes[STEPS[i]];
          write(letters, `(${words.join(", ")})`);
          write(numbers, `(${counts.join(", ")})`);
          write(index, `[${indices[STEPS[i]].join(", ")}]`);
          write(place, `place ${i === LAST ? placeOf(sizes, shown, forget) : shown}`);
          if (i === current) button.setAttribute("aria-current", "step");
          else button.removeAttribute("aria-current");
        });
      },
    };
  }

  const snapped = (progress) => {
    const near = Math.round(progress * LAST) / LAST;
    return Math.abs(near - progress) < 0.06 ? near : progress;
  };

  function go(by, event) {
    event.preventDefault();
    const step = values.progress * LAST;
    const next = by > 0 ? Math.floor(step + 1e-6) + 1 : Math.ceil(step - 1e-6) - 1;
    change({ progress: clamp(next, 0, LAST) / LAST });
  }

  // ---- pointing -----------------------------------------------------------------------------------

  for (const { canvas, where } of [
    { canvas: way.canvas, where: (scene) => { const layout = wayOn(way.canvas, scene); return [layout, layout.unit, layout.unit]; } },
    { canvas: memory.canvas, where: (scene) => { const layout = memoryOn(memory.canvas, scene); return [layout, layout.wide, layout.tall]; } },
  ]) {
    onPoint(frame, canvas, {
      thingAt: (x, y) => { const scene = sceneNow(); return tokenAtPoint(scene, ...where(scene), x, y); },
      hover(number) { view.hover = number; show(true); },
      choose(number) {
        const token = tokenOf(sizesOf(values), number);
        if (!isPadding(values, token)) change({ token });
      },
      key: onKey,
    });
  }

  function onKey(event) {
    const turn = { "]": 1, "[": -1 }[event.key];
    const step = stepOf(event);
    if (turn) go(turn, event);
    if (!step) return;
    event.preventDefault();
    view.hover = null;
    const [image, row, column] = values.token;
    change({ token: [image, row + step[0], column + step[1]] });
  }

  // ---- controls -----------------------------------------------------------------------------------

  function createControls() {
    const stepper = (label, words, name, largest) => createStepper(label, words, (by) => change({ [name]: clamp(values[name] + by, 1, largest) }));
    const side = (label, words, axis) => createStepper(label, words, (by) => {
      const sides = pair(values.window_size).map((m, i) => (i === axis ? clamp(m + by, 1, LARGEST.window) : m));
      change({ window_size: sides[0] === sides[1] ? sides[0] : sides });
    });
    const batch = stepper("Images", "Images", "batch", LARGEST.batch);
    const height = stepper("Height", "Grid", "height", LARGEST.grid);
    const width = stepper("Width", "", "width", LARGEST.grid);
    const [tall, wide] = [side("Window height", "Window", 0), side("Window width", "", 1)];
    height.node.append("×", width.node);
    tall.node.append("×", wide.node);
    const look = createSegments("Tokens show", [["photo", "Photo"], ["both", "Both"], ["numbers", "Numbers"]], (chosen) => change({ show: chosen }));
    frame.controls.append(batch.node, height.node, tall.node, look.node);
    const copy = addResetAndCopy(frame, () => { view.hover = null; change(model.get("_initial")); },
      () => pythonLine(sizesOf(values), values.forget_permute));
    return {
      show() {
        const sides = pair(values.window_size);
        batch.show(values.batch, 1, LARGEST.batch);
        height.show(values.height, 1, LARGEST.grid);
        width.show(values.width, 1, LARGEST.grid);
        tall.show(sides[0], 1, LARGEST.window);
        wide.show(sides[1], 1, LARGEST.window);
        look.show(values.show);
        copy.show();
      },
    };
  }

  view.step = values.progress * LAST;
  show(true);
  return () => {
    state.destroy();
    view.stopGlide();
    frame.destroy();
  };
}

export default { render };
