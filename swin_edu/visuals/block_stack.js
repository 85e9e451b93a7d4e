// What the BlockExplorer computes with: the weights, the photograph's tokens, and a stack that is run again only
// when something matters to it.

import {
  TINY, bytesOf, channelRanges, differences, historyOf, readWeights, runStack, spreadOf, tokensOfPixels, usualSize,
} from "./block_numbers.js";

const CHANGE = 0.5; // what is added to each channel of the source, with signs in turn

/** run(values) -> all numbers of the stack, with and without the change at the source. */
export function createStack(model) {
  const weights = readWeights(model.get("_weights"));
  const embedding = model.get("_embedding");
  const pixels = new Map();
  let run = { key: "" };

  function photographTokens({ image, height, width }) {
    if (!pixels.has(image)) {
      const found = model.get("_pixels")[image];
      pixels.set(image, { ...found, data: bytesOf(found.data) });
    }
    return tokensOfPixels(pixels.get(image), height, width, embedding);
  }

  return (values) => {
    const { height, width, blocks, norm_first: normFirst, residual, shift, image, source } = values;
    const how = { height, width, blocks, normFirst, residual, shift };
    const key = JSON.stringify([how, image]);
    if (key !== run.key) {
      const tokens = photographTokens(values);
      const stack = runStack(tokens, how, weights);
      const history = historyOf(tokens, stack);
      run = {
        key, tokens, stack, history, historyRanges: history.map(channelRanges), historyLimit: usualSize(history),
        spreads: history.map(spreadOf), changedAt: "",
      };
    }
    if (run.changedAt !== String(source)) {
      const changed = run.tokens.slice();
      const at = (source[0] * width + source[1]) * TINY.channels;
      for (let k = 0; k < TINY.channels; k++) changed[at + k] += k % 2 ? -CHANGE : CHANGE;
      const other = historyOf(changed, runStack(changed, how, weights));
      run.heard = run.history.map((tokens, k) => differences(tokens, other[k]));
      run.changedAt = String(source);
    }
    return run;
  };
}

/** The range of each channel at every step of a block, and the scale of its bars; kept with the block. */
export function scaledBlock(done) {
  done.ranges ??= done.steps.map(channelRanges);
  done.limit ??= usualSize(done.steps);
  return done;
}
