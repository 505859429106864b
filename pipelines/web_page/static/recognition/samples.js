// Samples of sound as a file with 16 bits holds them: training and Python's recognizers see no others.

import { roundHalfEven } from "./rounding.js";

/** Round samples with a full scale of 1 to what 16 bits hold; returns the same scale. */
export function sixteenBits(samples) {
  return Float32Array.from(samples, (sample) => {
    return Math.min(Math.max(roundHalfEven(Math.fround(sample) * 32768), -32768), 32767) / 32768;
  });
}

/** Convert samples that `sixteenBits` gave to integers. */
export function integers(samples) {
  return Int16Array.from(samples, (sample) => sample * 32768);
}
