// Where there is speech in a recording.

import { soundStates } from "./energy_detector.js";
import { ACTIVE, STEP_S } from "./pause_splitting.js";
import { trueRuns } from "./runs.js";
import { speechStates } from "./silero_detector.js";

/** The detectors by their names: "silero" also finds speech in noise; "energy" takes any sound for speech. */
export const DETECTORS = ["silero", "energy"];

export class VoiceActivity {
  /** @param {Int8Array} states - DEAD, QUIET or ACTIVE for each step of `STEP_S`. */
  constructor(states) {
    this.states = states;
  }

  /** Whether there is speech at all. */
  get hasSpeech() {
    return this.states.includes(ACTIVE);
  }

  /**
   * Find the pauses between two times.
   *
   * @param {number} startS - A pause that begins earlier is cut off here.
   * @param {number} endS - A pause that ends later is cut off here.
   * @param {number} leastS - Shortest pause to return, after it was cut off.
   * @returns {[number, number][]} The start and the end of each pause, in seconds.
   */
  pauses(startS, endS, leastS) {
    const first = Math.max(0, Math.floor(startS / STEP_S));
    const quiet = this.states.subarray(first, Math.max(first, Math.ceil(endS / STEP_S)));
    return trueRuns(quiet.length, (step) => quiet[step] !== ACTIVE)
      .map(([start, end]) => [Math.max(startS, (first + start) * STEP_S), Math.min(endS, (first + end) * STEP_S)])
      .filter(([start, end]) => end - start >= leastS);
  }
}

/**
 * Find speech in a recording.
 *
 * @param {Int16Array} samples - The recording.
 * @param {number} rateHz - Samples a second.
 * @param {SileroNetwork | null} silero - The network that finds speech; null to go by loudness alone.
 */
export async function findVoiceActivity(samples, rateHz, silero) {
  const byLoudness = soundStates(samples, rateHz);
  return new VoiceActivity(silero ? await speechStates(samples, rateHz, silero, byLoudness) : byLoudness);
}
