// What the TrainingDashboard says about an earlier place of the run; what it says about now comes from Python.

export const lossText = (value) => (value >= 100 ? value.toPrecision(3) : value.toFixed(value < 10 ? 2 : 1));
export const percentText = (part) => `${(100 * part).toFixed(1)} %`;
export const wholeText = (value) => (value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en"));

/** A learning rate in two digits: 0.01, 2.5e-4. */
export function rateText(value) {
  if (value === 0) return "0";
  return value >= 0.0095 ? String(Number(value.toPrecision(2))) : value.toExponential(1).replace(".0e", "e");
}

/** How many of the images were named rightly at a moment [place, named, confidence, truth]. */
export const rightOf = (moment, labels) => (moment ? labels.filter((label, i) => moment[1][i] === label).length : 0);

/** One sentence or two about an earlier place of the run. */
export function describePlace(place, { loss, rate, tested, moment, labels }) {
  const parts = [`Back at epoch ${place.toFixed(2)}`];
  if (loss) parts[0] += `: the loss was ${lossText(loss[1])}`;
  if (rate) parts[0] += ` at learning rate ${rateText(rate[1])}`;
  parts[0] += ".";
  if (tested && tested[0] <= place + 1e-6) {
    parts.push(`After epoch ${tested[0]}, ${percentText(tested[4])} of the test images were named rightly, and ${percentText(tested[3])} of the training images.`);
  }
  if (moment) parts.push(`Of the ${labels.length} test images shown, ${rightOf(moment, labels)} were named rightly.`);
  return parts.join(" ");
}

/** What the line under an image says: how sure the network is, and of what where it is wrong. */
export const answerText = (name, answer, percent) => (name === answer ? `${percent} % sure` : `${percent} % ${answer}`);

/** What is said of one image: its class, the network's answer and how sure it is. */
export function describeSample(name, answer, confidence) {
  const sure = `${Math.round(100 * confidence)} % sure`;
  return name === answer ? `${name}: right, ${sure}` : `${name}: named ${answer}, ${sure}`;
}
