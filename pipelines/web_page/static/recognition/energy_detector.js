// Voice activity by the loudness of the waveform.
//
// The threshold lies between the background and the speech of the seconds around it, as in
// recognizers/segmentation/energy_detector.py, where the constants have their reasons; tests compare the two.

import { ACTIVE, DEAD, QUIET, STEP_S } from "./pause_splitting.js";
import { roundHalfEven } from "./rounding.js";
import { trueRuns } from "./runs.js";

const SMOOTHING_STEPS = 5;
const DEAD_POWER = 0.1;
const CONTEXT_S = 10.0;
const BACKGROUND_QUANTILE = 0.05;
const SPEECH_QUANTILE = 0.995;
const THRESHOLD_SHARE = 0.3;
const THRESHOLD_LEAST_DB = 6.0;
const SPEECH_RANGE_DB = 25.0;
const CLICK_S = 0.08;
const CLICK_ISOLATION_STEPS = 30;

/**
 * Find sounds.
 *
 * @param {Int16Array} samples - The recording.
 * @param {number} rateHz - Samples a second.
 * @returns {Int8Array} The state of each step: DEAD, QUIET or ACTIVE.
 */
export function soundStates(samples, rateHz) {
  const powers = stepPowers(samples, rateHz);
  const dead = powers.map((power) => (power < DEAD_POWER ? 1 : 0));
  const loudnessDb = smoothed(powers).map((power) => 10 * Math.log10(power + 1));
  const thresholds = thresholdsDb(loudnessDb, dead);
  const speech = Uint8Array.from(loudnessDb, (loudness, step) => (loudness > thresholds[step] ? 1 : 0));
  dropClicks(speech);
  return Int8Array.from(speech, (isSpeech, step) => (dead[step] ? DEAD : isSpeech ? ACTIVE : QUIET));
}

/** The mean square of the differences between samples in each step; differences suppress hum. */
function stepPowers(samples, rateHz) {
  const step = rateHz * STEP_S;
  const count = Math.max(1, Math.ceil(samples.length / step));
  const powers = new Float64Array(count);
  const edge = (number) => Math.min(samples.length, roundHalfEven(number * step));
  for (let number = 0; number < count; number++) {
    const [start, end] = [edge(number), edge(number + 1)];
    let sum = 0;
    for (let index = Math.max(1, start); index < end; index++) {
      const change = samples[index] - samples[index - 1];
      sum += change * change;
    }
    powers[number] = sum / Math.max(1, end - start);
  }
  return powers;
}

/** The mean over `SMOOTHING_STEPS`, in which steps outside of the recording count as 0. */
function smoothed(powers) {
  // In recordings shorter than the mean, numpy's convolution is shifted; so is this.
  const reach = Math.min(powers.length, SMOOTHING_STEPS);
  const shift = reach - 1 - (reach >> 1);
  return powers.map((_, step) => {
    let sum = 0;
    for (let back = 0; back < SMOOTHING_STEPS; back++) {
      sum += (powers[step + shift - back] ?? 0) / SMOOTHING_STEPS;
    }
    return sum;
  });
}

/** The threshold of speech for each step; it changes once a second. */
function thresholdsDb(loudnessDb, dead) {
  const stepsASecond = roundHalfEven(1 / STEP_S);
  const reach = roundHalfEven(CONTEXT_S / STEP_S / 2);
  const levels = [];
  for (let centre = stepsASecond / 2; centre < loudnessDb.length + stepsASecond / 2; centre += stepsASecond) {
    const start = Math.max(0, centre - reach);
    // Digital silence says nothing about the background.
    const alive = loudnessDb.slice(start, centre + reach).filter((_, place) => !dead[start + place]);
    levels.push(alive.length ? quantiles(alive) : [0, 0]);
  }
  const loudest = levels.reduce((most, [, speech]) => Math.max(most, speech), -Infinity);
  const thresholds = levels.map(([background, speech]) => {
    const aboveDb = Math.max(speech, loudest - SPEECH_RANGE_DB) - background;
    return background + Math.max(THRESHOLD_LEAST_DB, THRESHOLD_SHARE * aboveDb);
  });
  return loudnessDb.map((_, step) => thresholds[Math.floor(step / stepsASecond)]);
}

/** The quantiles that stand for the background and for speech. */
function quantiles(values) {
  const sorted = values.sort();
  return [BACKGROUND_QUANTILE, SPEECH_QUANTILE].map((quantile) => {
    const place = quantile * (sorted.length - 1);
    const below = Math.floor(place);
    const above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  });
}

/** Remove short sounds with no other sound near them. */
function dropClicks(speech) {
  for (const [start, end] of trueRuns(speech.length, (step) => speech[step] === 1)) {
    const before = speech.subarray(Math.max(0, start - CLICK_ISOLATION_STEPS), start);
    const after = speech.subarray(end, end + CLICK_ISOLATION_STEPS);
    if ((end - start) * STEP_S < CLICK_S && !before.includes(1) && !after.includes(1)) speech.fill(0, start, end);
  }
}
