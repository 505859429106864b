// Utterances from a microphone: when somebody begins to speak, what they say, and when they have ended.

import { concatenated, Resampler } from "./resampling.js";
import { roundHalfEven } from "./rounding.js";
import { sixteenBits } from "./samples.js";
import { CONTEXT, RATE_HZ, WINDOW, WINDOW_S } from "./silero_detector.js";
import { LEAD_S, UtteranceFinder } from "./utterances.js";

/** A longer chunk is taken in parts of this duration, so that memory stays small. */
const BLOCK_S = 1.0;
/** Sound that is kept while nobody speaks: what belongs to an utterance before its speech is noticed. */
const KEPT_S = LEAD_S + 1.0;

/**
 * Finds utterances in sound that arrives in chunks; calls must wait for each other.
 *
 * An event is {kind: "begin", startS}, {kind: "sound", samples} for the next samples of the utterance, or
 * {kind: "end", startS, endS, samples} with all of them. Times count from the beginning of the stream.
 */
export class EndOfSpeech {
  #speech;
  #finder;
  #rateHz;
  #held = new Float32Array(0); // samples from number #first on
  #first = 0;
  #window = 0; // windows of which it is known whether there is speech
  #utterance = null; // {start, parts} of the utterance that has not ended

  /**
   * @param {SileroNetwork} silero - Finds speech; `recognizer.silero`.
   * @param {number} rateHz - Samples a second.
   * @param {{pauseS?: number}} options - The pause that ends an utterance.
   */
  constructor(silero, rateHz, { pauseS = 0.5 } = {}) {
    if (!silero) throw new Error("finding the end of speech needs the network of voiceActivity=silero");
    this.#speech = new SpeechStream(silero, rateHz);
    this.#finder = new UtteranceFinder(pauseS);
    this.#rateHz = rateHz;
  }

  /** Whether somebody is speaking. */
  get isOpen() {
    return this.#utterance !== null;
  }

  /** Up to where the stream was read, in seconds. */
  get nowS() {
    return this.#first / this.#rateHz;
  }

  /** Take the next samples, and return the events that they bring. */
  async add(samples) {
    const step = roundHalfEven(BLOCK_S * this.#rateHz);
    const events = [];
    for (let start = 0; start < samples.length; start += step) {
      events.push(...(await this.#take(sixteenBits(samples.subarray(start, start + step)))));
    }
    return events;
  }

  /** End the stream, and return the last events: what is being said ends with it. */
  finish() {
    if (!this.isOpen) return [];
    const isPause = this.#finder.endSoFar < this.#window;
    return this.#end(isPause ? this.#sampleOf(this.#finder.endSoFar) : this.#first + this.#held.length);
  }

  async #take(samples) {
    this.#held = concatenated([this.#held, samples]);
    const probabilities = await this.#speech.add(samples);
    const events = [];
    for (const { kind, window } of this.#finder.add(probabilities)) {
      const sample = this.#sampleOf(window);
      if (kind === "end") {
        events.push(...this.#end(sample));
      } else {
        this.#dropBefore(sample);
        this.#utterance = { start: sample, parts: [] };
        events.push({ kind: "begin", startS: sample / this.#rateHz });
      }
    }
    this.#window += probabilities.length;
    if (this.isOpen) return [...events, ...this.#follow(this.#sampleOf(this.#finder.endSoFar))];
    this.#dropBefore(this.#sampleOf(this.#window) - roundHalfEven(KEPT_S * this.#rateHz));
    return events;
  }

  /** The sample with which a window begins. */
  #sampleOf(window) {
    return roundHalfEven(window * WINDOW_S * this.#rateHz);
  }

  /** Give the utterance its samples up to `end`; what follows may belong to another one. */
  #follow(end) {
    const samples = this.#held.slice(0, Math.max(0, end - this.#first));
    if (!samples.length) return [];
    this.#utterance.parts.push(samples);
    this.#dropBefore(end);
    return [{ kind: "sound", samples }];
  }

  #end(end) {
    const events = this.#follow(end);
    const { start, parts } = this.#utterance;
    this.#utterance = null;
    const samples = concatenated(parts);
    return [...events, { kind: "end", startS: start / this.#rateHz, endS: end / this.#rateHz, samples }];
  }

  #dropBefore(sample) {
    const dropped = Math.min(Math.max(0, sample - this.#first), this.#held.length);
    this.#held = this.#held.slice(dropped);
    this.#first += dropped;
  }
}

/** The probability of speech in each window of a waveform that arrives in chunks. */
class SpeechStream {
  #silero;
  #resampler;
  #held = new Float32Array(CONTEXT); // the context of the next window, and samples that do not fill one
  #state;

  constructor(silero, rateHz) {
    this.#silero = silero;
    this.#resampler = rateHz === RATE_HZ ? null : new Resampler(rateHz, RATE_HZ);
    this.#state = silero.initialState();
  }

  /** Return the probabilities for the windows that are complete by now. */
  async add(samples) {
    this.#held = concatenated([this.#held, this.#resampler ? this.#resampler.add(samples) : samples]);
    const count = Math.floor((this.#held.length - CONTEXT) / WINDOW);
    if (!count) return [];
    const windows = this.#held.subarray(0, CONTEXT + count * WINDOW);
    const { probabilities, state } = await this.#silero.probabilities(windows, this.#state);
    this.#held = this.#held.slice(count * WINDOW);
    this.#state = state;
    return probabilities;
  }
}
