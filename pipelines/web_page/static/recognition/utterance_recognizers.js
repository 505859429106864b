// Recognise one utterance whose samples come in chunks: each frame once, or all anew.

import { concatenated } from "./resampling.js";
import { EmissionStream } from "./step_network.js";

/**
 * Make the recognizer of one utterance: {add(samples), guess(), finish(samples)}.
 *
 * @param {Recognizer} recognizer - A recognizer of sound.
 * @param {StepNetwork | null} steps - Its network for streaming, which computes each frame once; null to recognise the
 *   utterance anew for each result.
 * @param {number} partialEveryS - How often it is recognised anew; it does not matter with `steps`.
 */
export function utteranceRecognizer(recognizer, steps, partialEveryS) {
  return steps
    ? new IncrementalUtterance(recognizer, steps)
    : new RecomputedUtterance(recognizer, partialEveryS * recognizer.about.sample_rate_hz);
}

/** Recognises all samples of the utterance anew for each result. */
class RecomputedUtterance {
  #recognizer;
  #every;
  #parts = [];
  #numNew = 0;

  constructor(recognizer, every) {
    this.#recognizer = recognizer;
    this.#every = every;
  }

  async add(samples) {
    this.#parts.push(samples);
    this.#numNew += samples.length;
  }

  /** The text and the words so far; null unless there are enough new samples. */
  async guess() {
    if (this.#numNew < this.#every) return null;
    this.#numNew = 0;
    this.#parts = [concatenated(this.#parts)];
    const [samples] = this.#parts;
    const durationS = this.#recognizer.durationOf(samples.length / this.#recognizer.about.sample_rate_hz);
    return this.#recognizer.guess(await this.#recognizer.emissionsOf(samples), durationS);
  }

  finish(samples) {
    return this.#recognizer.recognizeSound(samples);
  }
}

/** Computes each frame of the utterance once. */
class IncrementalUtterance {
  #recognizer;
  #stream;
  #hasChanged = false;

  constructor(recognizer, steps) {
    this.#recognizer = recognizer;
    this.#stream = new EmissionStream(steps);
  }

  async add(samples) {
    if (await this.#stream.add(samples)) this.#hasChanged = true;
  }

  /** The text and the words so far; null if there is nothing new. */
  async guess() {
    if (!this.#hasChanged) return null;
    this.#hasChanged = false;
    return this.#recognizer.guess(this.#stream.emissions, this.#stream.durationS);
  }

  async finish(samples) {
    await this.#stream.finish();
    return this.#recognizer.recognizeSound(samples, { emissions: this.#stream.emissions });
  }
}
