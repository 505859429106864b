// The text of sound that arrives in chunks: partial results while somebody speaks, a final one at the end of speech.
//
// The rules are those of recognizers/streaming/sound_stream.py: the final result is what `recognizeSound` gives for the
// samples of the utterance, with times from the beginning of the stream.

import { EndOfSpeech } from "./end_of_speech.js";
import { utteranceRecognizer } from "./utterance_recognizers.js";

export class SoundStream {
  #recognizer;
  #steps;
  #ends;
  #partialEveryS;
  #utterance = null;
  #startS = 0;
  #shown = "";
  #last = Promise.resolve();

  /**
   * @param {Recognizer} recognizer - A recognizer of text of sound.
   * @param {object} options
   * @param {StepNetwork | null} options.steps - Its network for streaming, which computes each frame once; null to
   *   recognise the utterance anew for each result.
   * @param {number} options.pauseS - The pause that ends an utterance.
   * @param {number} options.partialEveryS - How often an utterance is recognised anew; it does not matter with `steps`.
   */
  constructor(recognizer, { steps = null, pauseS = 0.5, partialEveryS = 0.5 } = {}) {
    if (recognizer.source !== "waveform" || recognizer.task !== "transcribe") {
      throw new Error("a stream needs a recognizer that gives the text of sound");
    }
    this.#recognizer = recognizer;
    this.#steps = steps;
    this.#ends = new EndOfSpeech(recognizer.silero, recognizer.about.sample_rate_hz, { pauseS });
    this.#partialEveryS = partialEveryS;
  }

  /**
   * Take the next samples; calls that overlap wait for each other.
   *
   * @param {Float32Array} samples - One channel at `about.sample_rate_hz`, with a full scale of 1.
   * @returns {Promise<{partial: {text, words, startS, endS} | null, finals: object[]}>} What is being said, if it is
   *   not what the call before returned, and the result of each utterance that ended, with `startS` and `endS`.
   */
  add(samples) {
    return this.#next(async () => {
      const finals = await this.#handle(await this.#ends.add(samples));
      return { partial: await this.#partial(), finals };
    });
  }

  /** End the stream, and return the last results; what is being said ends with it. */
  finish() {
    return this.#next(async () => ({ partial: null, finals: await this.#handle(this.#ends.finish()) }));
  }

  #next(work) {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  async #handle(events) {
    const finals = [];
    for (const { kind, startS, endS, samples } of events) {
      if (kind === "begin") {
        this.#utterance = utteranceRecognizer(this.#recognizer, this.#steps, this.#partialEveryS);
        this.#startS = startS;
        this.#shown = "";
      } else if (kind === "sound") {
        await this.#utterance.add(samples);
      } else {
        const result = await this.#utterance.finish(samples);
        this.#utterance = null;
        finals.push({ ...result, words: laterWords(result.words, startS), startS, endS });
      }
    }
    return finals;
  }

  async #partial() {
    const guess = this.#utterance && (await this.#utterance.guess());
    if (!guess || guess.text === this.#shown) return null;
    this.#shown = guess.text;
    const words = laterWords(guess.words, this.#startS);
    return { text: guess.text, words, startS: this.#startS, endS: this.#ends.nowS };
  }
}

function laterWords(words, startS) {
  return words.map((word) => ({ ...word, startS: startS + word.startS, endS: startS + word.endS }));
}
