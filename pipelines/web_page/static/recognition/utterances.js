// Cuts a stream of sound into utterances, without looking ahead: from the beginning of speech to a pause.
//
// The rules and their reasons are those of recognizers/segmentation/utterances.py.

import { roundHalfEven } from "./rounding.js";
import { BEGIN_PROBABILITY, CONTINUE_PROBABILITY, SHORTEST_RUN_S, WINDOW_S } from "./silero_detector.js";

/** How much of what comes before the first speech, and after the last, belongs to an utterance. */
export const LEAD_S = 0.25;
const TRAIL_S = 0.2;
/** An utterance longer than the first of these ends at any pause of the second; at the third, it ends anyway. */
const LONG_S = 10.0;
const SHORT_PAUSE_S = 0.2;
const LONGEST_S = 20.0;

/**
 * Finds utterances by the probability of speech in each window.
 *
 * Speech begins with a probability of BEGIN_PROBABILITY from which on it stays above CONTINUE_PROBABILITY for
 * SHORTEST_RUN_S. An utterance ends once there was no speech for a pause, of which it includes TRAIL_S.
 */
export class UtteranceFinder {
  #pause;
  #count = 0; // windows so far
  #runStart = null; // where speech began that is still too short
  #begin = null; // first window of the utterance
  #freeFrom = 0; // windows before this belong to the utterance before
  #silent = 0; // windows without speech at the end of the utterance

  /** @param {number} pauseS - The pause that ends an utterance. */
  constructor(pauseS) {
    this.#pause = numWindows(pauseS);
  }

  /** Whether there is an utterance that has not ended. */
  get isOpen() {
    return this.#begin !== null;
  }

  /** The window after the last one that is known to belong to the utterance: a pause belongs only to what follows. */
  get endSoFar() {
    return this.#count - Math.max(0, this.#silent - numWindows(TRAIL_S));
  }

  /**
   * Take the probabilities in the next windows.
   *
   * @returns {{kind: "begin" | "end", window: number}[]} The first window of each utterance that begins, and the window
   *   after the last one of each that ends.
   */
  add(probabilities) {
    const boundaries = [];
    for (const probability of probabilities) {
      const boundary = this.isOpen ? this.#follow(probability) : this.#wait(probability);
      this.#count++;
      if (boundary) boundaries.push(boundary);
    }
    return boundaries;
  }

  #wait(probability) {
    if (probability < CONTINUE_PROBABILITY) this.#runStart = null;
    else if (this.#runStart === null && probability >= BEGIN_PROBABILITY) this.#runStart = this.#count;
    if (this.#runStart === null || this.#count + 1 - this.#runStart < numWindows(SHORTEST_RUN_S)) return null;
    this.#begin = Math.max(this.#freeFrom, this.#runStart - numWindows(LEAD_S));
    this.#runStart = null;
    this.#silent = 0;
    return { kind: "begin", window: this.#begin };
  }

  #follow(probability) {
    this.#silent = probability < CONTINUE_PROBABILITY ? this.#silent + 1 : 0;
    const length = this.#count + 1 - this.#begin;
    const isLong = length >= numWindows(LONG_S);
    const pause = isLong ? Math.min(this.#pause, numWindows(SHORT_PAUSE_S)) : this.#pause;
    if (this.#silent < pause && length < numWindows(LONGEST_S)) return null;
    const end = this.#count + 1 - Math.max(0, this.#silent - numWindows(TRAIL_S));
    this.#begin = null;
    this.#freeFrom = end;
    // What goes on without a pause is speech from its first window on.
    this.#runStart = this.#silent === 0 ? end : null;
    return { kind: "end", window: end };
  }
}

function numWindows(durationS) {
  return Math.max(1, roundHalfEven(durationS / WINDOW_S));
}
