// TrainingDashboard: what a training loop has reached, while it runs in the kernel. Point at a curve to go back to
// that place of the run. Charts are drawn in training_charts.js, the images in training_strip.js.

import { clamp, createFrame, createPanel, createState, element, write } from "./kit.js";
import { createAlbum } from "./drawing.js";
import { onPoint, stepOf } from "./pointing.js";
import { paintAccuracy, paintLoss, paintPace, placeAt, rowAt } from "./training_charts.js";
import { createStrip } from "./training_strip.js";
import { describePlace, lossText, rightOf } from "./training_words.js";

const NAMES_OF_STATE = ["_curves", "_moments", "_progress"];
const KEYS = "Arrow keys left and right go back and forth in the run, End returns to now.";
const PATIENCE = 20000; // milliseconds after which a click that nobody answers gets an explanation
const UNANSWERED = "The kernel has not answered yet: it does after the present step, or after the test at the end of the epoch. "
  + "The notebook's own button with the square ends the cell at once.";

function render({ model, el }) {
  const view = { hover: null, pinned: null, wish: null, patience: 0, epoch: null, phase: null, speaking: 0 };
  const frame = createFrame({ el, model, label: "Training dashboard", paint, columns: 4 });
  const state = createState({ model, names: NAMES_OF_STATE, show });
  const { labels = [], names = [] } = model.get("_samples");
  const photograph = createAlbum(model.get("_photographs"), paint);
  const controls = createButtons();
  const panels = createCharts();

  const read = { curves: parsedOnce(), moments: parsedOnce() };
  const curvesNow = () => read.curves(state.values._curves);
  const momentsNow = () => read.moments(state.values._moments);

  /** The place that is pointed at or was chosen, or null for now. */
  const at = () => view.hover ?? view.pinned;
  const momentAt = (place) => rowAt(momentsNow(), place ?? Infinity);

  // ---- showing ------------------------------------------------------------------------------------

  function paint() {
    if (!panels?.loss.canvas.clientWidth) return;
    const { _progress: progress } = state.values;
    const [curves, moments] = [curvesNow(), momentsNow()];
    const scene = { curves, progress, colours: frame.colours, at: at(), classes: names.length };
    paintLoss(panels.loss.canvas, scene);
    paintAccuracy(panels.accuracy.canvas, scene);
    paintPace(panels.pace.canvas, scene);
    const photo = labels.length ? photograph("tests") : null;
    panels.strip?.paint({ moments, at: at(), place: progress.place, photo, colours: frame.colours });
    if (photo || !labels.length) frame.ready();
  }

  function show({ kernel = false } = {}) {
    const { _progress: progress } = state.values;
    if (kernel && view.wish && (progress.phase === view.wish || progress.phase !== view.phase)) forgetWish();
    const moment = momentAt(at());
    panels.strip?.show(moment);
    paint();
    captions(moment);
    controls.show();
    speak(progress);
    view.phase = progress.phase;
    Object.assign(frame.root.dataset, {
      phase: progress.phase, place: progress.place, at: at() ?? "", right: rightOf(moment, labels), wish: view.wish ?? "",
    });
  }

  function captions(moment) {
    const { loss, tested } = curvesNow();
    const { place } = state.values._progress;
    const here = at() ?? place;
    const test = tested.findLast((row) => row[0] <= here + 1e-6);
    panels.loss.legend.show({ batches: rowAt(loss, here)?.[1], training: test?.[1], test: test?.[2] }, lossText);
    panels.accuracy.legend.show({ training: test?.[3], test: test?.[4] }, (part) => (100 * part).toFixed(1));
    if (!panels.strip) return;
    const when = at() === null ? "now" : `at epoch ${at().toFixed(2)}`;
    write(panels.stripTitle, moment ? `What it says ${when}: ${rightOf(moment, labels)} of ${labels.length} right` : "Test images");
  }

  /** The sentence below; aloud only what matters: a new phase, the end of an epoch, a place that was chosen. */
  function speak(progress) {
    const place = at();
    const curves = curvesNow();
    const returned = view.back && place === null; // no message need follow, so that the sentence has to be here now
    view.back = place !== null;
    if (place !== null) {
      frame.say(describePlace(place, {
        loss: rowAt(curves.loss, place), rate: rowAt(curves.learning_rate, place),
        tested: curves.tested.findLast((row) => row[0] <= place + 1e-6), moment: momentAt(place), labels,
      }), view.hover !== null);
      return;
    }
    const tested = curves.tested.at(-1)?.[0] ?? 0;
    const news = progress.phase !== view.phase || tested !== view.epoch;
    view.epoch = tested;
    if (news) {
      frame.say(progress.sentence);
      view.speaking = performance.now() + 600;
    } else if (returned || performance.now() > view.speaking) {
      frame.say(progress.sentence, true);
    } // else: let it be said to the end; the sentence follows with the next message
  }

  // ---- pointing -----------------------------------------------------------------------------------

  function go(hover, pinned) {
    view.hover = hover;
    if (pinned !== undefined) view.pinned = pinned;
    show();
  }

  function onKey(event) {
    const { loss } = curvesNow();
    if (event.key === "End" || event.key === "Escape") go(null, null);
    else if (event.key === "Home" && loss.length) go(null, loss[0][0]);
    else if (stepOf(event)?.[1] && loss.length) {
      const here = loss.findLastIndex((row) => row[0] <= (view.pinned ?? Infinity) + 1e-6);
      const next = clamp(Math.max(here, 0) + stepOf(event)[1], 0, loss.length - 1);
      go(null, next === loss.length - 1 ? null : loss[next][0]);
    } else return;
    event.preventDefault();
  }

  function createCharts() {
    const chart = (name, number, [title, words], label, aspect, span) => {
      const panel = createPanel(frame, { name, number, label: `${label} ${KEYS}`, aspect, span });
      onPoint(frame, panel.canvas, {
        thingAt(left) {
          const curves = curvesNow();
          const place = placeAt(panel.canvas, { curves, progress: state.values._progress }, left);
          return place === null || !curves.loss.length ? null : rowAt(curves.loss, place)[0];
        },
        hover: (place) => go(place), choose: (place) => go(place, place), key: onKey,
      });
      panel.caption(title, words);
      return panel;
    };
    const made = {
      loss: chart("loss", 1, ["Loss", ""], "Loss of single batches, and its mean in each epoch for training and test images.", 1.95, 2),
      accuracy: chart("accuracy", 2, ["Accuracy (%)", ""], "Accuracy on training and test images after each epoch.", 0.94, 1),
      pace: chart("pace", 3, ["Pace", "of learning and of the machine"], "Learning rate and images per second.", 0.94, 1),
    };
    made.loss.legend = createLines(made.loss.figure, ["batches", "training", "test"]);
    made.accuracy.legend = createLines(made.accuracy.figure, ["training", "test"]);
    if (!labels.length) return made;
    made.strip = createStrip(labels, names);
    made.stripTitle = element("span");
    const heading = element("span", "swin-title", {}, element("i", "", { "aria-hidden": "true" }, "4"), made.stripTitle);
    const note = element("span", "swin-note", {}, "bar: how sure it is; curve: how sure of the right class, since the start");
    frame.panels.append(element("figure", "swin-panel", { "data-panel": "strip", "data-span": "4" },
      element("figcaption", "", {}, heading, note), made.strip.node));
    return made;
  }

  // ---- buttons ------------------------------------------------------------------------------------

  function wish(what) {
    view.wish = what;
    model.send({ wish: { paused: "pause", running: "resume", stopped: "stop" }[what] });
    clearTimeout(view.patience);
    view.patience = setTimeout(() => frame.say(UNANSWERED), PATIENCE);
    show();
  }

  function forgetWish() {
    view.wish = null;
    clearTimeout(view.patience);
  }

  function createButtons() {
    const [words, stopWords] = [element("span"), element("span")];
    const icon = element("i", "swin-pause-icon", { "aria-hidden": "true" });
    const pause = element("button", "swin-pause", { type: "button" }, icon, words);
    const stop = element("button", "swin-stop", { type: "button" }, element("i", "swin-stop-icon", { "aria-hidden": "true" }), stopWords);
    const fill = element("i");
    const bar = element("div", "swin-progress", { role: "progressbar", "aria-label": "Progress", "aria-valuemin": "0" }, fill);
    const where = element("b");
    const left = element("span");
    const back = element("button", "swin-back", { type: "button", title: "Show the newest numbers again" }, "Back to now");
    pause.addEventListener("click", () => wish(state.values._progress.phase === "paused" ? "running" : "paused"));
    stop.addEventListener("click", () => wish("stopped"));
    back.addEventListener("click", () => go(null, null));
    frame.controls.append(pause, stop, bar, element("span", "swin-control swin-where", {}, where, left), back);
    return {
      show() {
        const { _progress: { phase, epoch, epochs, place, left: time } } = state.values;
        const live = phase === "running" || phase === "paused";
        const waiting = (what, text) => (view.wish === what ? `${text} …` : null);
        write(words, waiting("paused", "Pausing") ?? waiting("running", "Resuming") ?? (phase === "paused" ? "Resume" : "Pause"));
        write(stopWords, waiting("stopped", "Stopping") ?? "Stop");
        pause.dataset.kind = phase === "paused" ? "resume" : "pause";
        pause.disabled = stop.disabled = !live || view.wish !== null;
        fill.style.width = `${epochs ? (100 * place) / epochs : 0}%`;
        bar.dataset.phase = phase;
        const counted = epoch ? `epoch ${epoch}${epochs ? ` of ${epochs}` : ""}` : "";
        const spoken = { valuemax: epochs || 1, valuenow: place, valuetext: counted || phase };
        for (const [key, said] of Object.entries(spoken)) bar.setAttribute(`aria-${key}`, said);
        write(where, counted || "waiting");
        write(left, { running: time, paused: "paused", stopped: "stopped", finished: "done", failed: "ended with an error" }[phase] ?? "");
        back.hidden = view.pinned === null;
      },
    };
  }

  show();
  return () => {
    state.destroy();
    clearTimeout(view.patience);
    frame.destroy();
  };
}

/** Reads JSON, once for the same text. */
function parsedOnce() {
  let [last, value] = [null, null];
  return (text) => {
    if (text !== last) [last, value] = [text, JSON.parse(text)];
    return value;
  };
}

const LINES = { batches: "swin-batch-line", training: "", test: "swin-test-line" };

/** Below a panel's title: what its lines are, and their values. */
function createLines(figure, kinds) {
  const values = Object.fromEntries(kinds.map((kind) => [kind, element("b")]));
  const spans = kinds.map((kind) => element("span", "", {}, element("i", LINES[kind], { "aria-hidden": "true" }), `${kind} `, values[kind]));
  figure.querySelector(".swin-note").append(element("span", "swin-lines", {}, ...spans));
  return {
    show(numbers, textOf) {
      for (const kind of kinds) write(values[kind], numbers[kind] === undefined ? "" : textOf(numbers[kind]));
    },
  };
}

export default { render };
