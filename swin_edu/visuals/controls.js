// The row of controls above an explorer: each function makes one control and returns its node, and `show` to
// bring it up to date. All can be used by pointer and by keyboard, and say their name and value aloud.

import { element, mod, write } from "./kit.js";

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

/** A slider, over whole numbers unless `step` says otherwise, its value beside it. */
export function createSlider(label, onInput, { step = 1, wide = false } = {}) {
  const input = element("input", wide ? "swin-wide" : "", { type: "range", step: String(step), "aria-label": label });
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

/** A switch for yes or no. */
export function createSwitch(label, onToggle) {
  const button = element("button", "swin-switch", { type: "button", role: "switch" }, element("i", "", { "aria-hidden": "true" }), label);
  button.addEventListener("click", (event) => onToggle(button.getAttribute("aria-checked") !== "true", event));
  return { node: button, show: (on) => button.setAttribute("aria-checked", String(Boolean(on))) };
}

/** A few words side by side, one of them chosen: [[value, words], ...], or words that are their own value. */
export function createSegments(label, options, onChoose) {
  const box = element("div", "swin-segments", { role: "radiogroup", "aria-label": label });
  const pairs = options.map((option) => (Array.isArray(option) ? option : [option, option]));
  const buttons = pairs.map(([value, words]) => {
    const button = element("button", "", { type: "button", role: "radio" }, words);
    button.addEventListener("click", (event) => onChoose(value, event));
    box.append(button);
    return button;
  });
  box.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = mod(buttons.indexOf(document.activeElement) + step, buttons.length);
    buttons[next].focus();
    onChoose(pairs[next][0], event);
  });
  const show = (chosen) => {
    const stop = Math.max(0, pairs.findIndex(([value]) => value === chosen)); // the first, where none is chosen
    buttons.forEach((button, i) => {
      button.setAttribute("aria-checked", String(pairs[i][0] === chosen));
      button.tabIndex = i === stop ? 0 : -1; // one tab stop; arrow keys move on
    });
  };
  return { node: box, show };
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

/** The two buttons at the end of every row of controls; `show` brings the Python line up to date. */
export function addResetAndCopy(frame, onReset, lineOf) {
  const reset = element("button", "swin-push", { type: "button", title: "Back to the first state" }, "Reset");
  const copy = createCopyButton(lineOf);
  reset.addEventListener("click", onReset);
  frame.controls.append(reset, copy.node);
  for (const kind of ["click", "input", "change", "keydown"]) frame.time(frame.controls, kind);
  return copy;
}
