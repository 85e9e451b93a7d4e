// What the ShiftExplorer says: the sentence below it and the Python line. shift_facts.py says the same.

import { axesOf, pair, tokenAt, tokenFacts, windowRegions } from "./windows.js";

const point = ([r, c]) => `(${r}, ${c})`;
export const inPython = (value) => (pair(value)[0] === pair(value)[1] ? String(pair(value)[0]) : point(value));

/** The Python line that gives the mask on show. */
export function pythonLine({ height, width, window_size, shift }) {
  return `shift_mask(${height}, ${width}, ${inPython(window_size)}, ${inPython(shift)})`;
}

/** One sentence on one token, with the numbers filled in. */
export function describeToken({ height, width, window_size, shift, token }) {
  const axes = axesOf(height, width, window_size, shift);
  const facts = tokenFacts(axes, token);
  if (!facts.real) return `Place ${point(token)} is padding: it only fills up the last windows and never takes part.`;
  const all = axes[0].window * axes[1].window;
  const padding = windowRegions(axes, facts.window).filter((id) => id < 0).length;
  const sees = facts.counts.shifted;
  const far = all - padding - sees;
  const others = [];
  if (far) others.push(`${padding ? far : `the other ${far}`} came from the opposite edge`);
  if (padding) others.push(`${far ? padding : `the other ${padding}`} ${padding === 1 ? "is" : "are"} padding`);
  const where = axes.every((axis) => axis.shift === 0)
    ? `Nothing is shifted. Token ${point(token)} sits in window ${facts.window}`
    : `Token ${point(token)} sits in window ${facts.window} with region ${facts.region}`;
  const whom = others.length ? `${sees} of ${all} tokens; ${others.join(" and ")}.` : `all ${all} tokens of its window.`;
  const still = ["rows", "columns"].filter((_, i) => axes[i].single && pair(shift)[i] > 0);
  const note = still.length ? ` The ${still.join(" and ")} fit into one window, so they are not shifted.` : "";
  return `${where}: it may attend to ${whom}${note}`;
}

/** One sentence on one cell of a window's mask. */
export function describePair({ height, width, window_size, shift }, window, query, key) {
  const axes = axesOf(height, width, window_size, shift);
  const ids = windowRegions(axes, window);
  const [asks, asked] = [query, key].map((index) => point(tokenAt(axes, window, index)));
  if (ids[query] < 0 || ids[key] < 0) {
    return `Query ${asks}, key ${asked}: ${ids[query] < 0 ? asks : asked} is padding, so nothing passes between them.`;
  }
  if (ids[query] === ids[key]) {
    return `Query ${asks} may attend to key ${asked}: both are in window ${window} and in region ${ids[query]}.`;
  }
  return `Query ${asks} may not attend to key ${asked}: only the roll brought regions ${ids[query]} and ${ids[key]} together in window ${window}.`;
}
