// What the MergeExplorer says: the sentence below it and the Python line. merge_facts.py says the same.

import { indexOf, slotAt, placeColumn, placeRow, weightAt } from "./merging.js";

const COLOURS = ["red", "green", "blue"];
const DIFFERENCES = ["upper − lower", "left − right", "diagonal"];

const point = ([r, c]) => `(${r}, ${c})`;
export const inWords = (value, digits = 2) => value.toFixed(digits).replace("-", "−");
export const channelName = (level, channel) => (level === 1 ? COLOURS[channel] : `channel ${channel}`);

/** What an output means. */
export function outputName(level, out, channels) {
  const c = out % channels;
  return `${channelName(level, c)}, ${out < channels ? "mean" : DIFFERENCES[c % 3]}`;
}

/** The Python line that gives the merged token on show. */
export function mergeLine({ height, width, level, token, order, image }) {
  if (image === "yours") return "explorer.facts.outputs"; // Python knows that picture only through the explorer
  const more = [];
  if (level !== 1) more.push(`level=${level}`);
  more.push(`token=${point(token)}`);
  if (order !== "by column") more.push(`order="${order}"`);
  if (image !== "chelsea") more.push(`image="${image}"`);
  return `MergeFacts(${height}, ${width}, ${more.join(", ")}).outputs`;
}

/** One or two sentences on one merged token. */
export function describeMerge({ order, level }, token, maps, facts) {
  const { channels: C, sources, padded, gathered, normed, outputs, official } = facts;
  const [before, after] = [maps[level - 1], maps[level]];
  const numbers = `4 × ${C} = ${4 * C} numbers go in, ${2 * C} come out`;
  const sizes = `${before.height} × ${before.width} tokens become ${after.height} × ${after.width}`;
  let said = `Token ${point(token)} is made of tokens ${sources.map(point).join(", ")}, ${order}: ${numbers}; ${sizes}.`;
  if (padded) {
    const several = padded > 1 ? `${padded} of the four are` : "One of the four is";
    said += ` ${several} padding: zeros, which the norm turns into ${inWords(normed[gathered.indexOf(0)])}.`;
  }
  if (order !== "by column") {
    const change = outputs.map((value, i) => Math.abs(value - official[i]));
    const count = change.filter((value) => value > 5e-3).length;
    said += ` The weights were made for another order: ${count} of ${2 * C} outputs are wrong, by up to ${inWords(Math.max(...change))}.`;
  }
  return said;
}

/** One sentence on what is pointed at within one merged token: a number, an output, or the weight between them. */
export function describePart({ order, level }, part, token, maps, facts) {
  const { channels: C, gathered, normed, outputs, official } = facts;
  const name = part.output === undefined ? "" : outputName(level, part.output, C);
  if (part.place === undefined) {
    const value = outputs[part.output];
    const off = official[part.output] - value;
    const right = Math.abs(off) > 5e-3 ? ` In the official order it would be ${inWords(value + off)}.` : "";
    return `Output ${part.output} (${name}) is ${inWords(value)}: a sum of ${4 * C} products of weight and normalised number.${right}`;
  }
  const source = [2 * token[0] + placeRow(part.place), 2 * token[1] + placeColumn(part.place)];
  const before = maps[level - 1];
  const real = source[0] < before.height && source[1] < before.width;
  const which = real ? `Token ${point(source)}` : `Padding at ${point(source)}`;
  if (part.channel === undefined) {
    const places = Array.from({ length: C }, (_, channel) => indexOf(order, { place: part.place, channel }, C));
    const numbers = order === "by channel" ? places.join(", ") : `${places[0]} to ${places[C - 1]}`;
    return `${which} gives numbers ${numbers} of the ${4 * C} (from 0) that become token ${point(token)}.`;
  }
  const index = indexOf(order, part, C);
  if (part.output === undefined) {
    return `${which}, ${channelName(level, part.channel)}: ${inWords(gathered[index])}, at place ${index} of ${4 * C} (from 0); after the norm ${inWords(normed[index])}.`;
  }
  const weight = weightAt(part.output, index, C);
  const meant = slotAt("by column", index, C);
  const wrong = meant.place !== part.place || meant.channel !== part.channel;
  const note = wrong ? ` This weight was made for neighbour (${placeRow(meant.place)}, ${placeColumn(meant.place)}), ${channelName(level, meant.channel)}.` : "";
  return `Weight ${inWords(weight, 1)} of output ${part.output} (${name}) × ${inWords(normed[index])} of ${which.toLowerCase()}, ${channelName(level, part.channel)} = ${inWords(weight * normed[index])}.${note}`;
}
