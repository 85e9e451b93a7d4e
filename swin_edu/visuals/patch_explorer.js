// PatchExplorer: cut a photograph into patches, open one of them, and see its numbers in their order and the token
// that the linear embedding makes of them. What is drawn is in patch_panels.js, the numbers in patches.js.

import { COLOURS, TOKEN_LENGTH, embedNumbers, embeddingMatrix, numberPlace, patchGrid, patchNumbers, pixelOfPlace } from "./patches.js";
import { describeNumber, describePatch, describePixel, describeTokenNumber, patchLine } from "./patch_words.js";
import { clamp, createFrame, createPanel, createState } from "./kit.js";
import { addResetAndCopy, createChoice, createSlider, createStepper } from "./controls.js";
import { hitCell } from "./drawing.js";
import { onPoint, stepOf } from "./pointing.js";
import {
  barsOn, bitmapOf, imageOn, numbersOn, paintImage, paintNumbers, paintPatch, paintToken, patchOn,
} from "./patch_panels.js";

const STATE = ["image", "patch_size", "patch", "number"];
const SIDES = [2, 32];

function render({ model, el }) {
  const view = { patch: null, place: null, number: null };
  const images = {};
  let matrix = { side: 0, values: null };
  const state = createState({ model, names: STATE, settle, show: onChange });
  const { values, change } = state;
  const label = "Patch explorer: a photograph cut into patches, the numbers of one patch, and its token";
  const frame = createFrame({ el, model, label, paint, columns: 3 });
  const panel = (name, number, words, shape) => createPanel(frame, { name, number, label: words, ...shape });
  const panels = {
    photograph: panel("photograph", 1, "The photograph and its patches. Arrow keys choose a patch.", { aspect: 1.2 }),
    patch: panel("patch", 2, "The patch, enlarged. Arrow keys choose a pixel.", { aspect: 1.2 }),
    numbers: panel("numbers", 3, "The numbers of the patch in their order. Arrow keys choose a number.", { aspect: 1.2 }),
    token: panel("token", 4, "The numbers of the token. Arrow keys left and right choose one.", { aspect: 8, span: 3 }),
  };
  panels.token.canvas.style.minHeight = "104px";
  panels.numbers.figure.dataset.wideIfNarrow = ""; // alone in its row, once there are two columns
  const controls = createControls();

  // ---- state --------------------------------------------------------------------------------------

  function imageNow() {
    const { image } = values;
    if (!images[image]) {
      const { data, height, width } = model.get("_photographs")[image];
      const bytes = data instanceof Uint8Array ? data : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      images[image] = { data: bytes, height, width };
      images[image].bitmap = bitmapOf(images[image]);
    }
    return images[image];
  }

  /** Keeps the patch inside the image. */
  function settle(next) {
    const { height, width } = model.get("_photographs")[next.image];
    const { rows, columns } = patchGrid({ height, width }, next.patch_size);
    next.patch = [clamp(next.patch[0], 0, rows - 1), clamp(next.patch[1], 0, columns - 1)];
    next.number = clamp(next.number, 0, TOKEN_LENGTH - 1);
    return next;
  }

  function onChange({ kernel = false }) {
    view.place = null;
    view.patch = null; // on another grid, what was pointed at is gone
    if (kernel) view.number = null;
    show();
  }

  /** All that is drawn and said, from the state and what the pointer is on. */
  function sceneNow() {
    const side = values.patch_size;
    if (matrix.side !== side) matrix = { side, values: embeddingMatrix(side) };
    const image = imageNow();
    const patch = view.patch ?? values.patch;
    const number = view.number ?? values.number;
    const numbers = patchNumbers(image, side, patch);
    const row = matrix.values.subarray(number * numbers.length, (number + 1) * numbers.length);
    const token = embedNumbers(matrix.values, numbers);
    return { image, side, patch, number, numbers, row, token, place: view.place, colours: frame.colours };
  }

  // ---- showing ------------------------------------------------------------------------------------

  function paint(scene = null) {
    if (!panels.photograph.canvas.clientWidth) return;
    const drawn = scene ?? sceneNow();
    paintImage(panels.photograph.canvas, drawn);
    paintPatch(panels.patch.canvas, drawn);
    paintNumbers(panels.numbers.canvas, drawn);
    paintToken(panels.token.canvas, drawn);
    frame.ready();
  }

  function show(quiet = false) {
    const scene = sceneNow();
    paint(scene);
    const { image, side, patch, number, numbers } = scene;
    const { rows, columns } = patchGrid(image, side);
    panels.photograph.caption(`${rows} × ${columns} patches`, `${image.height} × ${image.width} pixels; point at a patch`);
    panels.patch.caption(`Patch (${patch.join(", ")})`, `${side} × ${side} pixels; point at one`);
    panels.numbers.caption(`Its ${numbers.length.toLocaleString("en")} numbers`, "a line for each row of pixels");
    panels.token.caption(`Its token: ${TOKEN_LENGTH} numbers`, `each is a sum of ${numbers.length.toLocaleString("en")} products; point at one`);
    controls.show();
    frame.say(sentence(scene), quiet);
    Object.assign(frame.root.dataset, {
      image: values.image, patchSize: side, patch: values.patch.join(), shownPatch: patch.join(),
      number, place: view.place ? view.place.join() : "",
    });
  }

  function sentence({ image, side, patch, number, numbers, row, token, place }) {
    if (place?.length > 2) {
      const at = numberPlace(side, place, place[2]);
      return describeNumber(side, place, numbers[at], row[at], number);
    }
    if (place) return describePixel(side, patch, place);
    if (view.number !== null) return describeTokenNumber(numbers.length, number, token[number]);
    return describePatch(image, side, patch);
  }

  // ---- pointing -----------------------------------------------------------------------------------

  const point = (wishes) => { Object.assign(view, wishes); show(true); };

  onPoint(frame, panels.photograph.canvas, {
    thingAt(x, y) {
      const { rows, columns, ...grid } = imageOn(panels.photograph.canvas, imageNow(), values.patch_size);
      return hitCell({ ...grid, rows, columns, unit: grid.unit * values.patch_size }, x, y);
    },
    hover: (patch) => point({ patch, place: null }),
    choose: (patch) => { view.patch = null; change({ patch }); },
    key(event) {
      const step = stepOf(event);
      if (!step) return;
      event.preventDefault();
      view.patch = null;
      change({ patch: values.patch.map((at, i) => at + step[i]) });
    },
  });

  /** Keys move from pixel to pixel, or in panel 3 from number to number. */
  function moveBy(event, perNumber) {
    const step = stepOf(event);
    if (!step) return;
    event.preventDefault();
    const side = values.patch_size;
    if (!view.place) view.place = perNumber ? [0, 0, 0] : [0, 0];
    else if (!perNumber) view.place = [0, 1].map((i) => clamp(view.place[i] + step[i], 0, side - 1));
    else {
      const at = numberPlace(side, view.place, view.place[2] ?? 0) + step[1] + step[0] * side * COLOURS;
      if (at >= 0 && at < side * side * COLOURS) view.place = pixelOfPlace(side, at);
    }
    show();
  }

  onPoint(frame, panels.patch.canvas, {
    thingAt: (x, y) => hitCell(patchOn(panels.patch.canvas, values.patch_size), x, y),
    hover: (place) => point({ place }),
    key: (event) => moveBy(event, false),
  });
  onPoint(frame, panels.numbers.canvas, {
    thingAt(x, y) {
      const { blocks } = numbersOn(panels.numbers.canvas, values.patch_size);
      const cell = hitCell(blocks[0], x, y) ?? hitCell(blocks[1], x, y);
      return cell && [cell[0], Math.floor(cell[1] / COLOURS), cell[1] % COLOURS];
    },
    hover: (place) => point({ place }),
    key: (event) => moveBy(event, true),
  });
  for (const { canvas } of [panels.patch, panels.numbers]) frame.on(canvas, "blur", () => point({ place: null }));
  onPoint(frame, panels.token.canvas, {
    thingAt(x) {
      const bars = barsOn(panels.token.canvas);
      const number = Math.floor((x - bars.x) / bars.unit);
      return number >= 0 && number < TOKEN_LENGTH ? number : null;
    },
    hover: (number) => point({ number }),
    choose: (number) => change({ number }),
    key(event) {
      const step = stepOf(event);
      if (!step) return;
      event.preventDefault();
      const number = clamp(values.number + step[1] - 10 * step[0], 0, TOKEN_LENGTH - 1);
      view.number = number; // so that the sentence is on it
      change({ number });
    },
  });
  frame.on(panels.token.canvas, "blur", () => point({ number: null }));

  // ---- controls -----------------------------------------------------------------------------------

  function createControls() {
    const side = createSlider("Patch size", (patch_size) => {
      const scale = values.patch_size / patch_size; // stay at the same place of the image
      change({ patch_size, patch: values.patch.map((at) => Math.floor((at + 0.5) * scale)) });
    }, { wide: true });
    const number = createStepper("Row of the matrix", "Matrix row", (by) => change({ number: values.number + by }));
    const image = createChoice("Image", Object.keys(model.get("_photographs")), (name) => change({ image: name }));
    frame.controls.append(side.node, number.node, image.node);
    const copy = addResetAndCopy(frame, () => {
      Object.assign(view, { patch: null, number: null });
      change(model.get("_initial"));
    }, () => patchLine(values));
    return {
      show() {
        side.show(values.patch_size, ...SIDES);
        number.show(values.number, 0, TOKEN_LENGTH - 1);
        image.show(values.image);
        copy.show();
      },
    };
  }

  show(true);
  return () => { state.destroy(); frame.destroy(); };
}

export default { render };
