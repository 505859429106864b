// Voice activity by silero-vad, a small recurrent network (Silero Team, https://github.com/snakers4/silero-vad).
//
// The network decides where there is speech, to about 0.1 s; within that, loudness places the boundaries of sounds. The
// rules and their reasons are those of recognizers/segmentation/silero_detector.py; tests compare the two.

import { Network } from "./network.js";
import { ACTIVE, DEAD, QUIET, STEP_S } from "./pause_splitting.js";
import { resampled } from "./resampling.js";
import { roundHalfEven } from "./rounding.js";
import { trueRuns } from "./runs.js";
import { fractions } from "./samples.js";

/** The network's file, and the checksum that it must have. */
const FILE_NAME = "silero_vad.onnx";
const SHA256 = "9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85";
/** The network reads windows of 512 samples at 16 kHz, each with the last 64 samples of the window before it. */
export const RATE_HZ = 16000;
export const WINDOW = 512;
export const CONTEXT = 64;
export const WINDOW_S = WINDOW / RATE_HZ;
/** Speech begins in a window with at least the first probability and ends before one below the second. */
export const BEGIN_PROBABILITY = 0.5;
export const CONTINUE_PROBABILITY = Math.fround(0.35); // probabilities are of single precision

const STATE_SIZE = 128;
const BLOCK_WINDOWS = 4096;
export const SHORTEST_RUN_S = 0.1;
const SHORT_RECORDING_S = 30.0;
const FAINT_PROBABILITY = 0.1;
const FAINT_WINDOWS = 20;
const WORD_S = 2.0;
const WORD_PROBABILITY = Math.fround(0.05);
const REACH_S = 0.15;
const LONGEST_INNER_PAUSE_S = 0.25;

/** The network, without any state: many recordings may be searched at once. */
export class SileroNetwork {
  /** Load the network from a folder. */
  static async load(ort, folderUrl) {
    return new SileroNetwork(ort, await Network.load(ort, `${folderUrl}/${FILE_NAME}`, { sha256: SHA256 }));
  }

  /**
   * @param ort - The module onnxruntime-web.
   * @param {Network} network - Runs silero_vad.onnx.
   */
  constructor(ort, network) {
    this.ort = ort;
    this.network = network;
  }

  /** What the network remembers at the beginning of a recording. */
  initialState() {
    const zeros = () => new this.ort.Tensor("float32", new Float32Array(STATE_SIZE), [1, 1, STATE_SIZE]);
    return { h: zeros(), c: zeros() };
  }

  /**
   * Compute the probability of speech in consecutive windows.
   *
   * @param {Float32Array} samples - CONTEXT samples and then any number of whole windows.
   * @param state - What the network remembers of the windows before.
   * @returns {{probabilities: Float32Array, state}} One probability a window; what the network remembers after them.
   */
  async probabilities(samples, state) {
    const count = (samples.length - CONTEXT) / WINDOW;
    const windows = new Float32Array(count * (CONTEXT + WINDOW));
    for (let number = 0; number < count; number++) {
      const window = samples.subarray(number * WINDOW, number * WINDOW + CONTEXT + WINDOW);
      windows.set(window, number * (CONTEXT + WINDOW));
    }
    const input = new this.ort.Tensor("float32", windows, [count, CONTEXT + WINDOW]);
    const [probabilities, h, c] = await this.network.run({ input, ...state });
    return { probabilities: probabilities.data, state: { h, c } };
  }
}

/**
 * Find speech.
 *
 * @param {Int16Array} samples - The recording.
 * @param {number} rateHz - Samples a second.
 * @param {SileroNetwork} silero - The network.
 * @param {Int8Array} byLoudness - The states that loudness finds.
 * @returns {Promise<Int8Array>} The state of each step: DEAD, QUIET or ACTIVE.
 */
export async function speechStates(samples, rateHz, silero, byLoudness) {
  const probabilities = await speechProbabilities(samples, rateHz, silero);
  const runs = speechRuns(probabilities);
  if (!runs.length && mayHoldFaintSpeech(probabilities, samples.length / rateHz)) {
    return byLoudness.map((state) => (state === DEAD ? DEAD : ACTIVE));
  }
  return combine(byLoudness, runs);
}

/** The probability of speech in each window of a recording, the last one filled up with zeros. */
export async function speechProbabilities(samples, rateHz, silero) {
  const sound = fractions(samples);
  const atRate = rateHz === RATE_HZ ? sound : resampled(sound, rateHz, RATE_HZ);
  const count = Math.ceil(atRate.length / WINDOW);
  const padded = new Float32Array(CONTEXT + count * WINDOW);
  padded.set(atRate, CONTEXT);
  const found = new Float32Array(count);
  let state = silero.initialState();
  for (let first = 0; first < count; first += BLOCK_WINDOWS) {
    const end = Math.min(count, first + BLOCK_WINDOWS);
    const block = await silero.probabilities(padded.subarray(first * WINDOW, CONTEXT + end * WINDOW), state);
    found.set(block.probabilities, first);
    state = block.state;
  }
  return found;
}

/** The start and the end (exclusive) of each run of speech, in steps. */
function speechRuns(probabilities) {
  const runs = [];
  for (const [start, end] of trueRuns(probabilities.length, (at) => probabilities[at] >= CONTINUE_PROBABILITY)) {
    let begin = start;
    while (begin < end && probabilities[begin] < BEGIN_PROBABILITY) begin++;
    if (begin < end && (end - begin) * WINDOW_S >= SHORTEST_RUN_S - WINDOW_S / 2) {
      runs.push([roundHalfEven((begin * WINDOW_S) / STEP_S), roundHalfEven((end * WINDOW_S) / STEP_S)]);
    }
  }
  return runs;
}

/** Whether a short recording is to be recognised although there is no run of speech. */
function mayHoldFaintSpeech(probabilities, durationS) {
  if (durationS > SHORT_RECORDING_S || !probabilities.length) return false;
  const isWord = durationS <= WORD_S && probabilities.some((each) => each >= WORD_PROBABILITY);
  const count = Math.min(FAINT_WINDOWS, probabilities.length);
  for (let start = 0; start + count <= probabilities.length; start++) {
    const sum = probabilities.subarray(start, start + count).reduce((total, each) => total + each, 0);
    if (sum / count >= FAINT_PROBABILITY) return true;
  }
  return isWord;
}

/** Keep the sounds within or beside runs of speech, and fill those runs where loudness found too little. */
function combine(states, runs) {
  const combined = states.map((state) => (state === DEAD ? DEAD : QUIET));
  const reach = roundHalfEven(REACH_S / STEP_S);
  const longestPause = roundHalfEven(LONGEST_INNER_PAUSE_S / STEP_S);
  const sounds = trueRuns(states.length, (step) => states[step] === ACTIVE);
  for (const [start, end] of runs) {
    for (const [first, last] of sounds.filter((sound) => sound[1] > start - reach && sound[0] < end + reach)) {
      combined.fill(ACTIVE, Math.max(first, start - reach), Math.min(last, end + reach));
    }
    const inside = combined.subarray(start, end); // a view
    for (const [first, last] of trueRuns(inside.length, (step) => inside[step] !== ACTIVE)) {
      if (last - first <= longestPause) continue;
      for (let step = first; step < last; step++) {
        if (inside[step] !== DEAD) inside[step] = ACTIVE;
      }
    }
  }
  return combined;
}
