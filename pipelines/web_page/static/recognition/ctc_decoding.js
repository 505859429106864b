// Greedy decoding of CTC emissions: each frame's best symbol, without repeats and blanks (Graves et al., 2006).
//
// Emissions are {values, rows, width, rateHz}: natural logarithms of the probability of each of `width` ids in each of
// `rows` frames, row after row, and how many rows there are a second.

import { equalRuns } from "./runs.js";

/** The blank's id. */
const BLANK = 0;

/**
 * Find the symbols of a clip.
 *
 * @returns {{symbols: {id, startS, endS, confidence}[], confidence: number}} The symbols with the times at which they
 *   are emitted, from the beginning of the clip, and the highest probability of each; the geometric mean of the best
 *   probability of all frames.
 */
export function decodeGreedily(emissions, frameRateHz) {
  const { values, rows, width, rateHz } = emissions;
  const path = new Int32Array(rows);
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    path[row] = bestId(values, row * width, width);
    sum += values[row * width + path[row]];
  }
  const shiftS = 0.5 / frameRateHz; // the first frame is centred on time 0
  const symbols = [];
  for (const [first, end] of equalRuns(path)) {
    const id = path[first];
    if (id === BLANK) continue;
    let highest = -Infinity;
    for (let row = first; row < end; row++) highest = Math.max(highest, values[row * width + id]);
    const startS = Math.max(0, first / rateHz - shiftS);
    symbols.push({ id, startS, endS: end / rateHz - shiftS, confidence: Math.exp(highest) });
  }
  return { symbols, confidence: Math.exp(sum / rows) };
}

function bestId(values, start, width) {
  let best = 0;
  for (let id = 1; id < width; id++) {
    if (values[start + id] > values[start + best]) best = id;
  }
  return best;
}
