// Where the WindowExplorer puts each token: on the grid, split into windows, permuted, and in the batch of
// windows; and its place in the lines of memory. Positions are CSS pixels, for any step between two of these.

import { endOf, ownerOf, placeOf, splitIndex, tokenOf } from "./window_steps.js";
import { clamp } from "./kit.js";

const EDGE = 2;
const HEAD = 19; // room above an image or a window for its name
const GAPS = [0, 7, 15];
const IMAGES_APART = 22;
const MOST_LINES = 26; // of memory

// Of many small windows, at most this part of the room is given to gaps and names.
const MOST_GAPS = 0.35;

/** All images side by side, or one above the other, whichever is larger; windows `gap` apart. */
function imagesLayout(sizes, width, height, gap, named) {
  const { batch, rows, columns, nh, nw, mh, mw } = sizes;
  const ways = [[batch, 1], [1, batch]].map(([across, lines]) => {
    const right = Math.min(gap, (MOST_GAPS * width) / (across * nw));
    const down = Math.min(named ? Math.max(gap, HEAD) : gap, (MOST_GAPS * height) / (lines * nh));
    const roomX = width - 2 * EDGE - (across - 1) * IMAGES_APART - across * (nw - 1) * right;
    const roomY = height - 2 * EDGE - lines * (HEAD + (nh - 1) * down);
    return { across, lines, right, down, unit: Math.min(roomX / (across * columns), roomY / (lines * rows)) };
  });
  const { across, lines, right, down, unit } = ways[0].unit >= ways[1].unit ? ways[0] : ways[1];
  const [wide, tall] = [columns * unit + (nw - 1) * right, rows * unit + (nh - 1) * down];
  const left = (width - across * wide - (across - 1) * IMAGES_APART) / 2;
  const top = (height - lines * (tall + HEAD)) / 2 + HEAD;
  return {
    unit, head: down,
    at(number) {
      const [image, i, y, j, x] = splitIndex(sizes, tokenOf(sizes, number));
      return [
        left + (image % across) * (wide + IMAGES_APART) + j * (mw * unit + right) + x * unit,
        top + Math.floor(image / across) * (tall + HEAD) + i * (mh * unit + down) + y * unit,
      ];
    },
  };
}

/** The batch: windows one after another, in lines as large as fits; whole rows of windows where that costs little. */
function batchLayout(sizes, width, height, forget) {
  const { batch, perImage, nw, mh, mw } = sizes;
  const count = batch * perImage;
  const wayOf = (across) => {
    const lines = Math.ceil(count / across);
    const head = Math.min(HEAD, (MOST_GAPS * height) / lines);
    const right = Math.min(GAPS[2], (MOST_GAPS * width) / across);
    const unit = Math.min((width - 2 * EDGE - (across - 1) * right) / (across * mw), (height - 2 * EDGE - lines * head) / (lines * mh));
    return { across, lines, head, right, unit };
  };
  const ways = Array.from({ length: count }, (_, i) => wayOf(i + 1));
  const best = ways.reduce((one, other) => (other.unit > one.unit ? other : one));
  const { across, lines, head, right, unit } = ways[nw - 1].unit > 0.6 * best.unit ? ways[nw - 1] : best;
  const left = (width - across * (mw * unit + right) + right) / 2;
  const top = (height - lines * (mh * unit + head)) / 2 + head;
  return {
    unit, head,
    at(number) {
      const [window, y, x] = endOf(sizes, number, forget);
      return [
        left + (window % across) * (mw * unit + right) + x * unit,
        top + Math.floor(window / across) * (mh * unit + head) + y * unit,
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
    head: step > 2 ? other.head : one.head,
    at(number) {
      const [a, b] = [one.at(number), other.at(number)];
      return [between(a[0], b[0]), between(a[1], b[1])];
    },
  };
}

/**
 * Memory in lines of N places, what becomes one window each; several windows in a line where there are many.
 * Tokens move between steps 2 and 3 only.
 */
export function memoryLayout(sizes, width, height, step, forget) {
  const { inside, total } = sizes;
  const windows = total / inside;
  const inLine = Math.ceil(windows / MOST_LINES);
  const lines = Math.ceil(windows / inLine);
  const label = 26;
  const gap = lines > 12 ? 2 : 6;
  const apart = inLine > 1 ? Math.min(4, (0.2 * width) / inLine) : 0;
  const wide = (width - label - EDGE - (inLine - 1) * apart) / (inside * inLine);
  const tall = Math.min((height - HEAD - EDGE + gap) / lines - gap, Math.max(wide * 1.4, 38));
  const cell = (place) => {
    const window = Math.floor(place / inside);
    const x = label + (window % inLine) * (inside * wide + apart) + (place % inside) * wide;
    return [x, HEAD + Math.floor(window / inLine) * (tall + gap)];
  };
  const part = clamp(step - 2, 0, 1);
  return {
    wide, tall, cell, lines, inLine,
    at(number) {
      const [a, b] = [cell(number), cell(placeOf(sizes, number, forget))];
      return [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part];
    },
  };
}

/** The series that tells a window apart from others of its image, or at least from its neighbours; its number says the rest. */
export function seriesOf(sizes, number) {
  const token = tokenOf(sizes, number);
  if (sizes.batch * sizes.perImage <= 6) return ownerOf(sizes, token);
  if (sizes.perImage <= 6) return ownerOf(sizes, token) % sizes.perImage;
  const [image, i, , j] = splitIndex(sizes, token);
  return (3 * image + 2 * i + j) % 6;
}
