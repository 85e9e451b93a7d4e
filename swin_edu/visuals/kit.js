// What all explorers share: the state that page and kernel agree on, the frame with panels and sentence, light
// and dark, and motion that stops where the reader asked for none. The row of controls is in controls.js,
// pointing in pointing.js, drawing tools in drawing.js. Plain DOM, no framework; explorer.py puts this file,
// what else an explorer imports, and the explorer into one module.

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
 * The traits of an explorer as one object, the same on the page and in the kernel.
 *
 * `values` is what holds. `change(wishes, how)` lets `settle(next, before)` make the wished-for state possible,
 * tells the kernel, and calls `show(how)`; what the kernel changes comes in through `show({ kernel: true })`,
 * once a frame.
 */
export function createState({ model, names, settle = (next) => next, show }) {
  let own = false;
  let waiting = 0;
  const state = {
    values: {},
    change(wishes, how = {}) {
      const next = { ...state.values, ...wishes };
      const settled = settle(next, state.values) ?? next;
      own = true;
      for (const name of names) {
        if (JSON.stringify(model.get(name)) !== JSON.stringify(settled[name])) model.set(name, settled[name]);
      }
      model.save_changes();
      own = false;
      read();
      show(how);
    },
    destroy() {
      for (const name of names) model.off(`change:${name}`, onKernel);
      cancelAnimationFrame(waiting);
    },
  };
  function read() {
    for (const name of names) state.values[name] = model.get(name);
  }
  function onKernel() {
    if (own || waiting) return;
    waiting = requestAnimationFrame(() => {
      waiting = 0;
      read();
      show({ kernel: true });
    });
  }
  for (const name of names) model.on(`change:${name}`, onKernel);
  read();
  return state;
}

/**
 * The frame of an explorer: controls above, panels, one sentence below.
 * `paint()` draws everything; it is called when size or theme change, and by the explorer itself. `columns`
 * (1 to 4) says how many panels stand side by side where there is room.
 */
export function createFrame({ el, model, label, paint, columns = 4 }) {
  const started = performance.now();
  const root = element("div", "swin-explorer", {
    role: "group", "aria-label": label, "data-lm-suppress-shortcuts": "true",
  });
  const controls = element("div", "swin-controls", { role: "group", "aria-label": "Controls" });
  const panels = element("div", "swin-panels", { "data-columns": String(columns) });
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

/**
 * A panel: number, title, note and a canvas. `aspect` is the canvas's width over its height, `span` how many of
 * the frame's columns it takes.
 */
export function createPanel(frame, { name, number, label, draggable = false, aspect = 1, span = 1 }) {
  const title = element("span");
  const note = element("span", "swin-note");
  const badge = element("i", "", { "aria-hidden": "true" }, String(number));
  const heading = element("span", "swin-title", {}, badge, title);
  const canvas = element("canvas", "", { role: "application", tabindex: "0", "aria-label": label });
  canvas.style.aspectRatio = String(aspect);
  if (draggable) canvas.dataset.draggable = "";
  const figure = element("figure", "swin-panel", { "data-panel": name, "data-span": String(span) },
    element("figcaption", "", {}, heading, note), canvas);
  frame.panels.append(figure);
  const caption = (titleText, noteText) => {
    write(title, titleText);
    write(note, noteText);
  };
  return { figure, canvas, caption };
}

/** Colours of the palette and what they mean here: [[name, words], ...]; add the node where it belongs. */
export function createLegend(entries) {
  const mark = (name) => element("i", "", { style: `background: var(--swin-${name.replaceAll("_", "-")})` });
  return element("div", "swin-legend", {}, ...entries.map(([name, words]) => element("span", "", {}, mark(name), words)));
}
