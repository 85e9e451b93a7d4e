// What all explorers share: the frame with its controls and sentence, light and dark, sharp canvases,
// motion that stops where the reader asked for none, photographs, and a few drawing tools.
// Plain DOM and canvas; Python puts this file, windows.js and the explorer into one module.

export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
export const mod = (value, base) => ((value % base) + base) % base;

/** A DOM element with a class, attributes and children. */
export function element(tag, className = "", attributes = {}, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

/** "dark" or "light": what the notebook says on its body, else what the system prefers. */
export function themeOf(body = document.body) {
  const said = body.dataset.jpThemeLight;
  if (said) return said === "false" ? "dark" : "light";
  const kind = body.dataset.vscodeThemeKind ?? document.documentElement.getAttribute("theme");
  if (kind) return kind.includes("dark") || kind === "vscode-high-contrast" ? "dark" : "light";
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

const wantsStillness = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Runs frame(0..1) with ease-out for some milliseconds; straight to 1 under reduced motion. */
export function glide(milliseconds, frame, done = () => {}) {
  if (wantsStillness()) {
    frame(1);
    done();
    return () => {};
  }
  const start = performance.now();
  let handle = requestAnimationFrame(function step(now) {
    const part = clamp((now - start) / milliseconds, 0, 1);
    frame(1 - (1 - part) ** 3);
    if (part < 1) handle = requestAnimationFrame(step);
    else done();
  });
  return () => cancelAnimationFrame(handle);
}

/**
 * The frame of an explorer: controls above, panels, one sentence below.
 * `paint()` draws everything; it is called when size or theme change, and by the explorer itself.
 */
export function createFrame({ el, model, label, paint }) {
  const started = performance.now();
  const root = element("div", "swin-explorer", {
    role: "group", "aria-label": label, "data-lm-suppress-shortcuts": "true",
  });
  const controls = element("div", "swin-controls", { role: "group", "aria-label": "Controls" });
  const panels = element("div", "swin-panels");
  const sentence = element("p", "swin-sentence", { "aria-hidden": "true" });
  const live = element("div", "swin-hidden", { "aria-live": "polite", role: "status" });
  root.append(controls, panels, sentence, live);
  const colours = {};
  const stops = [];

  function applyTheme() {
    const theme = themeOf();
    root.dataset.theme = theme;
    for (const [name, colour] of Object.entries(model.get("_palette"))) {
      colours[name] = colour[theme];
      root.style.setProperty(`--swin-${name.replaceAll("_", "-")}`, colour[theme]);
    }
    root.style.colorScheme = theme;
  }
  const onTheme = () => { applyTheme(); paint(); };
  const watcher = new MutationObserver(onTheme);
  watcher.observe(document.body, { attributeFilter: ["data-jp-theme-light", "data-vscode-theme-kind"] });
  watcher.observe(document.documentElement, { attributeFilter: ["theme"] });
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", onTheme);
  const sizes = new ResizeObserver(() => paint());
  sizes.observe(panels);
  applyTheme();
  el.append(root);

  let speaking = 0;
  const frame = {
    root, controls, panels, colours,
    /** Shows the sentence; read aloud a moment later, unless it only follows the pointer. */
    say(text, quiet = false) {
      if (sentence.textContent !== text) sentence.textContent = text;
      clearTimeout(speaking);
      if (!quiet) speaking = setTimeout(() => { live.textContent = text; }, 400);
    },
    /** Runs what an input event asks for, and notes how long after the event the picture was drawn. */
    timed(event, work) {
      work();
      const now = performance.now();
      root.dataset.redrawMs = Math.max(0, now - event.timeStamp).toFixed(2);
    },
    /** Called after the first whole picture. */
    ready() {
      if (root.dataset.ready) return;
      root.dataset.firstViewMs = (performance.now() - started).toFixed(1);
      root.dataset.ready = "true";
    },
    stopWith: (stop) => stops.push(stop),
    destroy() {
      watcher.disconnect();
      sizes.disconnect();
      system.removeEventListener("change", onTheme);
      clearTimeout(speaking);
      stops.forEach((stop) => stop());
      root.remove();
    },
  };
  return frame;
}

/** A panel: number, title, note and a square canvas. */
export function createPanel(frame, { name, number, title, label, focusable = true, draggable = false }) {
  const heading = element("span", "swin-title");
  const note = element("span", "swin-note");
  const canvas = element("canvas", "", { role: "img", "aria-label": label });
  if (focusable) canvas.tabIndex = 0;
  if (draggable) canvas.dataset.draggable = "";
  const figure = element("figure", "swin-panel", { "data-panel": name },
    element("figcaption", "", {}, heading, note), canvas);
  frame.panels.append(figure);
  const badge = element("i", "", {}, String(number));
  const panel = {
    figure, canvas,
    caption(titleText, noteText) {
      heading.replaceChildren(badge, titleText);
      note.textContent = noteText;
      note.title = noteText;
    },
  };
  panel.caption(title, "");
  return panel;
}

/** A context in CSS pixels on a canvas with one cell per device pixel; null while it has no size. */
export function fitted(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (!width || !height) return null;
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across || canvas.height !== down) Object.assign(canvas, { width: across, height: down });
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height, ratio };
}

/** Where the pointer is on a canvas, in CSS pixels. */
export function pointOn(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

// ---- controls -----------------------------------------------------------------------------------

/** - value +: one tab stop, arrow keys, and two small targets for the pointer. */
export function createStepper(label, onStep) {
  const shown = element("b");
  const less = element("span", "", { "aria-hidden": "true" }, "−");
  const more = element("span", "", { "aria-hidden": "true" }, "+");
  const box = element("div", "swin-stepper", { role: "spinbutton", tabindex: "0", "aria-label": label }, less, shown, more);
  less.addEventListener("click", (event) => onStep(-1, event));
  more.addEventListener("click", (event) => onStep(1, event));
  box.addEventListener("keydown", (event) => {
    const step = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    onStep(step, event);
  });
  const show = (value, low, high, text = String(value)) => {
    shown.textContent = text;
    less.toggleAttribute("data-off", value <= low);
    more.toggleAttribute("data-off", value >= high);
    const spoken = { valuenow: value, valuemin: low, valuemax: high, valuetext: text };
    for (const [key, said] of Object.entries(spoken)) box.setAttribute(`aria-${key}`, said);
  };
  return { node: element("label", "swin-control", {}, label, box), show };
}

export function createSlider(label, onInput) {
  const input = element("input", "", { type: "range", step: "1", "aria-label": label });
  const shown = element("b");
  input.addEventListener("input", (event) => onInput(Number(input.value), event));
  const show = (value, low, high, text = String(value)) => {
    Object.assign(input, { min: low, max: high, disabled: high <= low });
    input.value = value;
    input.setAttribute("aria-valuetext", text);
    shown.textContent = text;
  };
  return { node: element("label", "swin-control", {}, label, input, shown), show };
}

export function createChoice(label, options, onChoose) {
  const select = element("select", "", { "aria-label": label });
  for (const option of options) select.append(element("option", "", { value: option }, option.replaceAll("_", " ")));
  select.addEventListener("change", (event) => onChoose(select.value, event));
  return { node: element("label", "swin-control", {}, label, select), show: (value) => { select.value = value; } };
}

/** The button that copies the Python line with the same numbers, and shows it. */
export function createCopyButton(lineOf) {
  const code = element("code");
  const button = element("button", "swin-copy", { type: "button", title: "Copy this Python line" }, "⧉ ", code);
  let timer = 0;
  button.addEventListener("click", async () => {
    const line = lineOf();
    const done = await copyText(line);
    button.dataset.copied = done ? line : "";
    code.textContent = done ? "copied" : line;
    clearTimeout(timer);
    timer = setTimeout(() => { code.textContent = lineOf(); }, 1200);
  });
  const show = () => {
    code.textContent = lineOf();
    button.setAttribute("aria-label", `Copy Python: ${lineOf()}`);
  };
  return { node: button, show };
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = element("textarea", "swin-hidden");
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

// ---- photographs --------------------------------------------------------------------------------

/** Decodes a photograph {data, focus} once; null until it is there, then calls `onReady`. */
export function createAlbum(photographs, onReady) {
  const decoded = new Map();
  return (name) => {
    if (!decoded.has(name)) {
      decoded.set(name, null);
      createImageBitmap(new Blob([photographs[name].data], { type: "image/jpeg" })).then((bitmap) => {
        decoded.set(name, { bitmap, focus: photographs[name].focus });
        onReady();
      });
    }
    return decoded.get(name);
  };
}

/** The largest part of a photograph with this aspect (width / height), as near to its focus as can be. */
export function coverCrop({ bitmap, focus }, aspect) {
  const width = Math.min(bitmap.width, bitmap.height * aspect);
  const height = width / aspect;
  const left = clamp(focus[0] * bitmap.width - width / 2, 0, bitmap.width - width);
  const top = clamp(focus[1] * bitmap.height - height / 2, 0, bitmap.height - height);
  return [left, top, width, height];
}

// ---- drawing ------------------------------------------------------------------------------------

/** A line that is seen on dark and light alike: a wide stroke of one colour under a narrow one. */
export function casedStroke(context, path, { colour, width, casing = "rgba(255,255,255,0.9)", casingWidth = width + 2.5 }) {
  context.lineJoin = "round";
  context.lineWidth = casingWidth;
  context.strokeStyle = casing;
  context.stroke(path);
  context.lineWidth = width;
  context.strokeStyle = colour;
  context.stroke(path);
}

export function rectanglePath(x, y, width, height, radius = 0) {
  const path = new Path2D();
  if (radius) path.roundRect(x, y, width, height, Math.min(radius, width / 2, height / 2));
  else path.rect(x, y, width, height);
  return path;
}

/** Diagonal strokes over the inside of a path. */
export function hatch(context, path, [x, y, width, height], { colour, gap = 6, line = 1, fill }) {
  context.save();
  context.clip(path, "evenodd");
  if (fill) {
    context.fillStyle = fill;
    context.fillRect(x, y, width, height);
  }
  context.beginPath();
  for (let d = Math.floor((x + y) / gap) * gap; d < x + width + y + height; d += gap) {
    context.moveTo(d - y, y);
    context.lineTo(d - y - height, y + height);
  }
  context.strokeStyle = colour;
  context.lineWidth = line;
  context.stroke();
  context.restore();
}

/** A short text on a rounded plate, centred at (x, y). */
export function chip(context, text, x, y, { fill, ink, size = 12, border }) {
  context.font = `600 ${size}px ${fontOf(context)}`;
  const width = Math.max(size * 1.6, context.measureText(text).width + size * 0.9);
  const height = size * 1.6;
  const plate = rectanglePath(x - width / 2, y - height / 2, width, height, height / 2);
  context.fillStyle = fill;
  context.fill(plate);
  if (border) {
    context.lineWidth = 1;
    context.strokeStyle = border;
    context.stroke(plate);
  }
  context.fillStyle = ink;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x, y + size * 0.05);
}

export function fontOf(context) {
  return getComputedStyle(context.canvas).fontFamily || "system-ui, sans-serif";
}
