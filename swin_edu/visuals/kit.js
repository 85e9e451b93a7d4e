// What all explorers share: the frame with panels and sentence, light and dark, motion that stops where the
// reader asked for none, and the controls. Drawing tools are in drawing.js. Plain DOM, no framework;
// explorer.py puts this file, what else an explorer imports, and the explorer into one module.

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

/** Sets a node's text where it differs, so that nothing is laid out again without need. */
export function write(node, text) {
  if (node.textContent !== String(text)) node.textContent = text;
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
  const sentence = element("p", "swin-sentence");
  const live = element("div", "swin-hidden", { "aria-live": "polite", role: "status" });
  root.append(controls, panels, sentence, live);
  const colours = {};

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
      write(sentence, text);
      clearTimeout(speaking);
      if (!quiet) speaking = setTimeout(() => { live.textContent = text; }, 400);
    },
    /** Listens, and notes how long after the event its work (the new picture) was done. */
    on(node, kind, work) {
      node.addEventListener(kind, work);
      frame.time(node, kind);
    },
    time(node, kind) {
      node.addEventListener(kind, (event) => {
        root.dataset.redrawMs = Math.max(0, performance.now() - event.timeStamp).toFixed(2);
      });
    },
    /** Called after the first whole picture. */
    ready() {
      if (root.dataset.ready) return;
      root.dataset.firstViewMs = (performance.now() - started).toFixed(1);
      root.dataset.ready = "true";
    },
    destroy() {
      watcher.disconnect();
      sizes.disconnect();
      system.removeEventListener("change", onTheme);
      clearTimeout(speaking);
      root.remove();
    },
  };
  return frame;
}

/** A panel: number, title, note and a square canvas. */
export function createPanel(frame, { name, number, label, draggable = false }) {
  const title = element("span");
  const note = element("span", "swin-note");
  const badge = element("i", "", { "aria-hidden": "true" }, String(number));
  const heading = element("span", "swin-title", {}, badge, title);
  const canvas = element("canvas", "", { role: "application", tabindex: "0", "aria-label": label });
  if (draggable) canvas.dataset.draggable = "";
  const figure = element("figure", "swin-panel", { "data-panel": name },
    element("figcaption", "", {}, heading, note), canvas);
  frame.panels.append(figure);
  const caption = (titleText, noteText) => {
    write(title, titleText);
    write(note, noteText);
  };
  return { figure, canvas, caption };
}

// ---- controls -----------------------------------------------------------------------------------

/** - value +: one tab stop, arrow keys, and two small targets for the pointer. */
export function createStepper(label, words, onStep) {
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
    write(shown, text);
    less.toggleAttribute("data-off", value <= low);
    more.toggleAttribute("data-off", value >= high);
    const spoken = { valuenow: value, valuemin: low, valuemax: high, valuetext: text };
    for (const [key, said] of Object.entries(spoken)) box.setAttribute(`aria-${key}`, said);
  };
  return { node: element("div", "swin-control", {}, words, box), show };
}

/** A slider over whole numbers, its value beside it. */
export function createSlider(label, onInput) {
  const input = element("input", "", { type: "range", step: "1", "aria-label": label });
  const shown = element("b");
  input.addEventListener("input", (event) => onInput(Number(input.value), event));
  const show = (value, low, high, text = String(value)) => {
    Object.assign(input, { min: low, max: high, disabled: high <= low });
    input.value = value;
    input.setAttribute("aria-valuetext", text);
    write(shown, text);
  };
  return { node: element("label", "swin-control", {}, label, input, shown), show };
}

/** A menu of names. */
export function createChoice(label, options, onChoose) {
  const select = element("select", "", { "aria-label": label });
  for (const option of options) select.append(element("option", "", { value: option }, option.replaceAll("_", " ")));
  select.addEventListener("change", (event) => onChoose(select.value, event));
  return { node: element("label", "swin-control", {}, select), show: (value) => { select.value = value; } };
}

const COPY_ICON = '<svg viewBox="0 0 16 16" width="13" height="13" aria-hidden="true" fill="none" stroke="currentColor" '
  + 'stroke-width="1.5"><rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/><path d="M10.5 3.5v-1h-8v8h1"/></svg>';

/** The button that copies the Python line with the same numbers, and shows it. */
export function createCopyButton(lineOf) {
  const code = element("code");
  const short = element("span", "swin-short"); // shown instead where there is no room for the line
  const button = element("button", "swin-copy", { type: "button", title: "Copy this Python line" });
  button.innerHTML = COPY_ICON;
  button.append(code, short);
  let timer = 0;
  button.addEventListener("click", async () => {
    const line = lineOf();
    const done = await copyText(line);
    button.dataset.copied = done ? line : "";
    if (!done) return;
    [code, short].forEach((node) => write(node, "copied"));
    clearTimeout(timer);
    timer = setTimeout(show, 1200);
  });
  const show = () => {
    write(code, lineOf());
    write(short, "Python");
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
