// Samples of sound as a file with 16 bits holds them: training and Python's recognizers see no others.
//
// Loops and not `from` with a function, which takes ten times as long: a recording has millions of samples.

import { roundHalfEven } from "./rounding.js";

const FULL_SCALE = 32768;

/** Round samples with a full scale of 1 to what 16 bits hold; returns the same scale. */
export function sixteenBits(samples) {
  const rounded = new Float32Array(samples.length);
  for (let index = 0; index < samples.length; index++) {
    const sample = roundHalfEven(Math.fround(samples[index]) * FULL_SCALE);
    rounded[index] = Math.min(Math.max(sample, -FULL_SCALE), FULL_SCALE - 1) / FULL_SCALE;
  }
  return rounded;
}

/** Convert samples that `sixteenBits` gave to integers. */
export function integers(samples) {
  const converted = new Int16Array(samples.length);
  for (let index = 0; index < samples.length; index++) converted[index] = samples[index] * FULL_SCALE;
  return converted;
}

/** Convert integers to samples with a full scale of 1. */
export function fractions(samples) {
  const converted = new Float32Array(samples.length);
  for (let index = 0; index < samples.length; index++) converted[index] = samples[index] / FULL_SCALE;
  return converted;
}
