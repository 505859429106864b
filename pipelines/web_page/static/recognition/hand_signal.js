// The landmarks of two hands over time, at a constant rate, as Python's tracker stores them.
//
// Numbers are rounded to single precision wherever numpy does so, so that networks get the same inputs.

import { bisectLeft } from "./sorted.js";

export const HANDS = 2;
export const IMAGE = 0;
export const WORLD = 1;
export const LANDMARKS = 21;
/** Numbers of one hand's landmarks, in one kind of coordinates: x, y and z of each. */
export const HAND_SIZE = LANDMARKS * 3;
/** Numbers of a picture: for each hand those of the image, in picture heights, and those of the world, in metres. */
export const PICTURE_SIZE = HANDS * 2 * HAND_SIZE;
/** Rate of a single picture: its duration is so short that it is one frame at any frame rate. */
export const PHOTO_RATE_HZ = 1000;

export class HandSignal {
  /**
   * @param {Float32Array} values - PICTURE_SIZE numbers a picture; NaN where a hand is absent.
   * @param {number} rateHz - Pictures a second.
   */
  constructor(values, rateHz) {
    this.values = values;
    this.rateHz = rateHz;
  }

  /** Number of pictures. */
  get length() {
    return this.values.length / PICTURE_SIZE;
  }

  get durationS() {
    return this.length / this.rateHz;
  }

  /** Whether a picture shows a hand. */
  has(picture, hand) {
    return !Number.isNaN(this.values[placeOf(picture, hand, IMAGE)]);
  }

  /** The pictures from one to another (exclusive). */
  slice(start, end) {
    return new HandSignal(this.values.slice(start * PICTURE_SIZE, end * PICTURE_SIZE), this.rateHz);
  }
}

/** Where the numbers of a hand begin, in one kind of coordinates. */
export function placeOf(picture, hand, coordinates) {
  return ((picture * HANDS + hand) * 2 + coordinates) * HAND_SIZE;
}

/**
 * Resample pictures at uneven times to their mean rate.
 *
 * @param {Float32Array} values - PICTURE_SIZE numbers a picture.
 * @param {number[]} timesS - The time of each, rising.
 */
export function atConstantRate(values, timesS) {
  const count = timesS.length;
  if (count === 1) return new HandSignal(values, PHOTO_RATE_HZ);
  const rateHz = (count - 1) / Math.max(timesS[count - 1] - timesS[0], 1e-3);
  const evenS = timesS.map((_, picture) => timesS[0] + picture / rateHz);
  const isEven = evenS.every((evenTimeS, picture) => Math.abs(evenTimeS - timesS[picture]) < 0.25 / rateHz);
  return new HandSignal(isEven ? values : resampleLandmarks(values, timesS, evenS), rateHz);
}

/** Interpolate linearly in time; between pictures with and without the hand, take the nearer one. */
function resampleLandmarks(values, timesS, wantedS) {
  const resampled = new Float32Array(wantedS.length * PICTURE_SIZE);
  wantedS.forEach((timeS, picture) => {
    const after = Math.min(Math.max(bisectLeft(timesS, timeS), 1), timesS.length - 1);
    const before = after - 1;
    const share = (timeS - timesS[before]) / Math.max(timesS[after] - timesS[before], 1e-9);
    mix(values, before, after, Math.fround(Math.min(Math.max(share, 0), 1)), (place, mixed, nearest) => {
      resampled[picture * PICTURE_SIZE + place] = Number.isNaN(mixed) ? nearest : mixed;
    });
  });
  return resampled;
}

function mix(values, before, after, share, take) {
  const rest = Math.fround(1 - share);
  for (let place = 0; place < PICTURE_SIZE; place++) {
    const one = values[before * PICTURE_SIZE + place];
    const other = values[after * PICTURE_SIZE + place];
    take(place, Math.fround(one * rest) + Math.fround(other * share), share < 0.5 ? one : other);
  }
}
