// The CostExplorer's picture as plain numbers, so that one picture can glide into the next: curves, dots, shares.

import { attentionCost, bothCosts, MEMORY_LIMIT, SIDES, tokensAlong } from "./cost_numbers.js";

const SAMPLES = 480; // finer than the pixels of a panel, so that every step of the padding is seen
export const CURVES = ["everywhere", "windows"];
const log = Math.log10;
const sides = Array.from({ length: SAMPLES }, (_, i) => SIDES[0] * (SIDES[1] / SIDES[0]) ** (i / (SAMPLES - 1)));
export const SAMPLED = sides.map(log);

/** Logarithms of what global and windowed attention cost at every image side, and at the one on show. */
export function pictureOf(state) {
  const lines = { cost: [[], []], memory: [[], []] };
  let last = null;
  for (const side of sides) {
    const along = tokensAlong(side, state.patch_size);
    if (along !== last?.along) last = { along, costs: costsAt(along, state) };
    last.costs.forEach(({ multiplyAdds, bytes }, i) => {
      lines.cost[i].push(log(multiplyAdds));
      lines.memory[i].push(log(bytes));
    });
  }
  const both = bothCosts(state);
  const costs = CURVES.map((name) => both[name]);
  const most = Math.max(...costs.map((cost) => cost.multiplyAdds));
  return {
    lines,
    side: log(state.side),
    crossing: log(both.crossing),
    dots: { cost: costs.map((cost) => log(cost.multiplyAdds)), memory: costs.map((cost) => log(cost.bytes)) },
    ranges: { cost: rangeOf(lines.cost), memory: rangeOf(lines.memory, log(MEMORY_LIMIT) + 0.6) },
    shares: costs.map((cost) => cost.projections / cost.multiplyAdds),
    lengths: costs.map((cost) => cost.multiplyAdds / most),
  };
}

function costsAt(along, { channels, window_size, num_heads }) {
  return [null, window_size].map((window) => attentionCost(along, along, channels, window, num_heads));
}

function rangeOf(lines, atLeast = -Infinity) {
  const ends = lines.flatMap((line) => [line[0], line.at(-1)]);
  return [Math.min(...ends), Math.max(...ends, atLeast)];
}
