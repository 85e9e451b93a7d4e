// Where the WindowExplorer puts each token: on the grid, split into windows, permuted, and in the batch of
// windows; and its place in the lines of memory. Positions are CSS pixels, for any step between two of these.

import { endOf, ownerOf, placeOf, splitIndex, tokenOf } from "./window_steps.js";
import { clamp } from "./kit.js";

const EDGE = 2;
const HEAD = 19; // room above an image or a window for its name
const GAPS = [0, 7, 15];
const IMAGES_APART = 22;

/** All images side by side, or one above the other, whichever is larger; windows `gap` apart. */
function imagesLayout(sizes, width, height, gap, named) {
  const { batch, rows, columns, nh, nw, mh, mw } = sizes;
  const down = gap ? Math.max(gap, named ? HEAD : 0) : 0;
  const inner = [(nw - 1) * gap, (nh - 1) * down];
  const ways = [[batch, 1], [1, batch]].map(([across, lines]) => {
    const roomX = width - 2 * EDGE - (across - 1) * IMAGES_APART - across * inner[0];
    const roomY = height - 2 * EDGE - lines * (HEAD + inner[1]);
    return { across, lines, unit: Math.min(roomX / (across * columns), roomY / (lines * rows)) };
  });
  const { across, lines, unit } = ways[0].unit >= ways[1].unit ? ways[0] : ways[1];
  const [wide, tall] = [columns * unit + inner[0], rows * unit + inner[1]];
  const left = (width - across * wide - (across - 1) * IMAGES_APART) / 2;
  const top = (height - lines * (tall + HEAD)) / 2 + HEAD;
  return {
    unit,
    at(number) {
      const [image, i, y, j, x] = splitIndex(sizes, tokenOf(sizes, number));
      return [
        left + (image % across) * (wide + IMAGES_APART) + j * (mw * unit + gap) + x * unit,
        top + Math.floor(image / across) * (tall + HEAD) + i * (mh * unit + down) + y * unit,
      ];
    },
  };
}

/** The batch: windows one after another, in lines as large as fits; whole rows of windows where that costs little. */
function batchLayout(sizes, width, height, forget) {
  const { batch, perImage, nw, mh, mw } = sizes;
  const count = batch * perImage;
  const unitOf = (across) => {
    const lines = Math.ceil(count / across);
    return Math.min((width - 2 * EDGE - (across - 1) * GAPS[2]) / (across * mw), (height - 2 * EDGE - lines * HEAD) / (lines * mh));
  };
  let across = 1;
  for (let k = 2; k <= count; k++) if (unitOf(k) > unitOf(across)) across = k;
  if (unitOf(nw) > 0.8 * unitOf(across)) across = nw;
  const unit = unitOf(across);
  const lines = Math.ceil(count / across);
  const left = (width - across * (mw * unit + GAPS[2]) + GAPS[2]) / 2;
  const top = (height - lines * (mh * unit + HEAD)) / 2 + HEAD;
  return {
    unit,
    at(number) {
      const [window, y, x] = endOf(sizes, number, forget);
      return [
        left + (window % across) * (mw * unit + GAPS[2]) + x * unit,
        top + Math.floor(window / across) * (mh * unit + HEAD) + y * unit,
      ];
    },
  };
}

/**
 * The picture at a step 0 ... 3: { unit, at(number) -> [x, y] }, also for steps in between.
 * Without the permute, step 2 is step 1.
 */
export function wayLayout(sizes, width, height, step, forget) {
  const stops = [
    () => imagesLayout(sizes, width, height, GAPS[0], false),
    () => imagesLayout(sizes, width, height, GAPS[1], false),
    () => (forget ? stops[1]() : imagesLayout(sizes, width, height, GAPS[2], true)),
    () => batchLayout(sizes, width, height, forget),
  ];
  const from = clamp(Math.floor(step), 0, 2);
  const part = step - from;
  const [one, other] = [stops[from](), stops[from + 1]()];
  const between = (a, b) => a + (b - a) * part;
  return {
    unit: between(one.unit, other.unit),
    at(number) {
      const [a, b] = [one.at(number), other.at(number)];
      return [between(a[0], b[0]), between(a[1], b[1])];
    },
  };
}

/** Memory in lines of N places, what becomes one window each. Tokens move between steps 2 and 3 only. */
export function memoryLayout(sizes, width, height, step, forget) {
  const { inside, total } = sizes;
  const label = 26;
  const lines = total / inside;
  const gap = lines > 16 ? 2 : 6;
  const wide = (width - label - EDGE) / inside;
  const tall = Math.min((height - HEAD - EDGE + gap) / lines - gap, Math.max(wide * 1.4, 38));
  const cell = (place) => [label + (place % inside) * wide, HEAD + Math.floor(place / inside) * (tall + gap)];
  const part = clamp(step - 2, 0, 1);
  return {
    wide, tall, cell, lines,
    at(number) {
      const [a, b] = [cell(number), cell(placeOf(sizes, number, forget))];
      return [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part];
    },
  };
}

/** The series that tells a window apart from its neighbours; its number says the rest. */
export function seriesOf(sizes, number) {
  const token = tokenOf(sizes, number);
  if (sizes.batch * sizes.perImage <= 6) return ownerOf(sizes, token);
  const [image, i, , j] = splitIndex(sizes, token);
  return (3 * image + 2 * i + j) % 6;
}
