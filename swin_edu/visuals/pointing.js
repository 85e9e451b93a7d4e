// Pointing at things on a canvas, by mouse, finger and keyboard: all explorers answer in the same way.

import { pointOn } from "./drawing.js";

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** [rows, columns] for an arrow key, without any other key held down (but Shift, where `shift` says so); else null. */
export function stepOf(event, { shift = false } = {}) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey !== shift) return null;
  return ARROWS[event.key] ?? null;
}

/**
 * Tells what the pointer is on. `thingAt(x, y, event)` names the thing at a point of the canvas, or null;
 * `hover(thing)` is called when that changes, `choose(thing, event)` on a click, `key(event)` for keys.
 */
export function onPoint(frame, canvas, { thingAt, hover = () => {}, choose = () => {}, key = null }) {
  let last = null;
  const over = (thing) => {
    if (JSON.stringify(thing) === JSON.stringify(last)) return;
    last = thing;
    hover(thing);
  };
  frame.on(canvas, "pointermove", (event) => over(thingAt(...pointOn(canvas, event), event)));
  frame.on(canvas, "pointerleave", () => over(null));
  frame.on(canvas, "click", (event) => {
    const thing = thingAt(...pointOn(canvas, event), event);
    if (thing !== null) choose(thing, event);
  });
  if (key) frame.on(canvas, "keydown", key);
}
