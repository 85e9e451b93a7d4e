// The strip of test images of the TrainingDashboard: each with its class, the network's answer, how sure it is,
// and how sure it was of the right class since the run began. Right and wrong differ by mark, frame and words.

import { element, write } from "./kit.js";
import { fitted, mixColours } from "./drawing.js";
import { linePath } from "./charts.js";
import { answerText, describeSample } from "./training_words.js";

/** Cards for `labels.length` images; `show(moment)` gives the answers, `paint(...)` draws pictures and histories. */
export function createStrip(labels, names) {
  const cards = labels.map((label) => {
    const picture = element("canvas", "swin-sample-picture", { "aria-hidden": "true" });
    const mark = element("i", "swin-sample-mark", { "aria-hidden": "true" });
    const answer = element("span", "swin-sample-answer");
    const fill = element("i");
    const history = element("canvas", "swin-sample-history", { "aria-hidden": "true" });
    const spoken = element("span", "swin-hidden");
    const words = element("span", "swin-sample-words", { "aria-hidden": "true" }, element("b", "", {}, names[label]), answer);
    const frame = element("span", "swin-sample-frame", {}, picture, mark);
    const bar = element("span", "swin-sample-bar", { "aria-hidden": "true" }, fill);
    const node = element("div", "swin-sample", { role: "listitem", title: names[label] }, frame, words, bar, history, spoken);
    return { node, picture, mark, answer, fill, history, spoken };
  });
  const list = element("div", "swin-samples", { role: "list", "aria-label": "Test images and what the network says" });
  if (labels.some((label) => names[label].length > 12)) list.dataset.long = "true"; // names may take two lines
  list.style.setProperty("--samples", String(Math.max(1, labels.length)));
  list.style.setProperty("--half", String(Math.ceil(Math.max(1, labels.length) / 2))); // in a narrow cell: two rows
  list.append(...cards.map((card) => card.node));

  return {
    node: list,
    show(moment) {
      cards.forEach((card, i) => {
        const right = moment && moment[1][i] === labels[i];
        card.node.dataset.answer = moment ? (right ? "right" : "wrong") : "none";
        if (!moment) return;
        const answer = names[moment[1][i]];
        const percent = Math.round(100 * moment[2][i]);
        write(card.mark, right ? "✓" : "✗");
        write(card.answer, answerText(names[labels[i]], answer, percent));
        card.fill.style.width = `${percent}%`;
        write(card.spoken, describeSample(names[labels[i]], answer, moment[2][i]));
      });
    },
    paint({ moments, at, place, photo, colours }) {
      cards.forEach((card, i) => {
        if (photo) paintPicture(card.picture, photo, i, labels.length);
        paintHistory(card.history, moments.map((moment) => [moment[0], moment[3][i]]), { at, place, colours });
      });
    },
  };
}

function paintPicture(canvas, photo, index, count) {
  const context = fitted(canvas);
  if (!context) return;
  const width = photo.bitmap.width / count;
  // Small images stay in squares: that is all that the network sees.
  context.imageSmoothingEnabled = width >= canvas.clientWidth;
  context.drawImage(photo.bitmap, index * width, 0, width, photo.bitmap.height, 0, 0, canvas.clientWidth, canvas.clientHeight);
}

function paintHistory(canvas, points, { at, place, colours }) {
  const context = fitted(canvas);
  if (!context) return;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const first = points[0]?.[0] ?? 0;
  const x = (value) => 1 + ((value - first) / Math.max(place - first, 1e-6)) * (width - 4);
  const y = (part) => height - 1.5 - part * (height - 4);
  context.fillStyle = colours.line;
  context.fillRect(0, height - 1, width, 1);
  if (points.length < 2) return;
  const line = points.map(([when, part]) => [x(when), y(part)]);
  context.fillStyle = mixColours(colours.series_2, colours.surface, 0.75);
  context.fill(linePath([[line[0][0], height - 1], ...line, [line.at(-1)[0], height - 1]]));
  context.lineWidth = 1.5;
  context.lineJoin = "round";
  context.strokeStyle = colours.series_2;
  context.stroke(linePath(line));
  if (at === null) return;
  context.fillStyle = colours.ink;
  context.fillRect(Math.round(x(Math.max(at, first))) - 0.5, 0, 1, height);
}
