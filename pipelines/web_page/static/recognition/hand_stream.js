// Signs, or text that is signed, in pictures that arrive one by one.
//
// Signs are found in the last half minute as in a video, and each is recognised as a clip of its own, once it is certain
// that it has ended: 1.5 s later if the hands come to rest in the picture, and sooner if they leave it. The rules are
// those of recognizers/streaming/hand_stream.py; tests compare the two.

import { atConstantRate, PHOTO_RATE_HZ, PICTURE_SIZE } from "./hand_signal.js";
import { HandFollower } from "./hand_tracker.js";
import { LONG_PAUSE_S } from "./pause_splitting.js";
import { roundHalfEven } from "./rounding.js";
import { segmentsOfSigning } from "./segments.js";
import { SHORTEST_SIGN_S } from "./sign_activity.js";

const KEPT_S = 30.0;
const SETTLED_S = { classify: 0.5, transcribe: LONG_PAUSE_S + 0.2 };
const LOOK_EVERY_S = 0.2;
const WHOLE_UP_TO_S = 5.0;

export class HandStream {
  #recognizer;
  #follower;
  #partialEveryS;
  #held = []; // the last pictures, {timeS, values}
  #sinceLook = 0; // pictures since signs were looked for
  #beginS = null; // time of the first picture
  #doneS = -Infinity; // pictures before this belong to signs that were recognised
  #shown = "";
  #shownS;
  #last = Promise.resolve();

  /**
   * @param {Recognizer} recognizer - A recognizer of hands.
   * @param {{partialEveryS?: number}} options - How often a sign is recognised before it has ended; Infinity for never.
   */
  constructor(recognizer, { partialEveryS = 0.5 } = {}) {
    if (recognizer.source !== "landmarks") throw new Error("a stream of pictures needs a recognizer of hands");
    this.#recognizer = recognizer;
    this.#follower = new HandFollower(recognizer.about.tracker.border);
    this.#partialEveryS = partialEveryS;
  }

  /**
   * Take the next picture; calls that overlap wait for each other.
   *
   * @param {{timeMs: number, hands: {landmarks, worldLandmarks}[]}} picture - As `recognizeHands` takes them.
   * @param {number} aspectRatio - Width of the picture divided by its height.
   * @returns {Promise<{partial: {text, startS, endS} | null, finals: object[]}>} What is being signed, if it is not what
   *   was returned before, and the result of each sign that ended, with `startS` and `endS`. Times count from the first
   *   picture.
   */
  add(picture, aspectRatio) {
    return this.#next(async () => {
      this.#hold(this.#follower.add(picture, aspectRatio));
      if (this.#sinceLook < Math.max(1, roundHalfEven(LOOK_EVERY_S * this.#rateHz))) return nothing();
      return this.#look(false);
    });
  }

  /** End the stream, and return the last results; a sign that is being made then ends with it. */
  finish() {
    return this.#next(async () => {
      if (!this.#held.length) return nothing();
      const results = await this.#look(true);
      const signal = this.#signal;
      const isShort = this.#beginS === this.#held[0].timeS && signal.durationS <= WHOLE_UP_TO_S;
      if (this.#doneS === -Infinity && this.#seesHands && isShort) {
        results.finals.push(await this.#recognize(signal, 0, signal.length)); // a clip of one sign without a pause
      }
      return results;
    });
  }

  #next(work) {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  #hold(followed) {
    if (!followed) return;
    this.#beginS ??= followed.timeS;
    this.#shownS ??= followed.timeS;
    this.#held.push(followed);
    this.#sinceLook++;
    const kept = roundHalfEven(KEPT_S * this.#rateHz);
    if (this.#held.length > kept) this.#held = this.#held.slice(-kept);
  }

  /** Pictures a second, on average. */
  get #rateHz() {
    const count = this.#held.length;
    return count > 1 ? (count - 1) / (this.#held[count - 1].timeS - this.#held[0].timeS) : PHOTO_RATE_HZ;
  }

  get #signal() {
    const values = new Float32Array(this.#held.length * PICTURE_SIZE);
    this.#held.forEach((each, number) => values.set(each.values, number * PICTURE_SIZE));
    return atConstantRate(values, this.#held.map(({ timeS }) => timeS));
  }

  get #seesHands() {
    return this.#held.some(({ values }) => values.some((value) => !Number.isNaN(value)));
  }

  /** Find the signs that have ended, and perhaps guess the one that has not. */
  async #look(isLast) {
    this.#sinceLook = 0;
    const results = nothing();
    if (!this.#seesHands) return results;
    const { task } = this.#recognizer;
    const signal = this.#signal;
    const [count, rateHz, firstS] = [signal.length, signal.rateHz, this.#held[0].timeS];
    for (const segment of segmentsOfSigning(signal, task)) {
      const done = Math.max(0, roundHalfEven((this.#doneS - firstS) * rateHz));
      const start = Math.max(roundHalfEven(segment.startS * rateHz), done);
      const end = Math.min(roundHalfEven(segment.endS * rateHz), count);
      if ((end - start) / rateHz < SHORTEST_SIGN_S) continue;
      if (isLast || end + SETTLED_S[task] * rateHz <= count) {
        results.finals.push(await this.#recognize(signal, start, end));
        this.#doneS = firstS + end / rateHz;
        this.#shown = "";
      } else {
        results.partial = (await this.#partial(signal, start, end)) ?? results.partial;
      }
    }
    return results;
  }

  async #partial(signal, start, end) {
    const nowS = this.#held[this.#held.length - 1].timeS + 1 / signal.rateHz;
    // The 1e-6 outweighs rounding errors of times.
    if (nowS - this.#shownS < this.#partialEveryS - 1e-6) return null;
    this.#shownS = nowS;
    const { kind, text, label, startS, endS } = await this.#recognize(signal, start, end);
    const found = kind === "text" ? text : label;
    if (found === this.#shown) return null;
    this.#shown = found;
    return { text: found, startS, endS };
  }

  async #recognize(signal, start, end) {
    const beginS = this.#held[0].timeS - this.#beginS;
    const [startS, endS] = [start, end].map((picture) => beginS + picture / signal.rateHz);
    const result = await this.#recognizer.recognizeSignal(signal.slice(start, end), Infinity);
    const parts = result.kind === "text" ? "words" : "signs";
    const later = result[parts].map((each) => ({ ...each, startS: startS + each.startS, endS: startS + each.endS }));
    return { ...result, [parts]: later, startS, endS };
  }
}

function nothing() {
  return { partial: null, finals: [] };
}
