// Where somebody signs in a long video, and where the hands rest or are out of view, by their landmarks.
//
// The rules and their reasons are those of recognizers/segmentation/sign_activity.py; tests compare the two.

import { fillGaps } from "./hand_gaps.js";
import { HANDS, IMAGE, LANDMARKS, placeOf } from "./hand_signal.js";
import { ACTIVE, QUIET, STEP_S } from "./pause_splitting.js";
import { roundHalfEven } from "./rounding.js";
import { trueRuns } from "./runs.js";
import { median } from "./sorted.js";

const WRIST = 0;
const MIDDLE_MCP = 9;
const PALM = [0, 5, 17];
const LOST_S = 0.3;
const SPEED_WINDOW_S = 0.2;
const MOVING_SPEED = 1.2;
const STILL_SPEED = 0.8;
const REST_S = 1.5;
const HELD_ABOVE_PALMS = 0.7;
const VISIT_S = 3.0;
const SHORT_REST_S = 0.4;
const LOWERED_PALMS = 2.0;
const SAME_REST_PALMS = 0.35;
export const SHORTEST_SIGN_S = 0.3;
const MARGIN_S = 0.1;

/** Where somebody signs in a video. */
class SignActivity {
  /** @param {{startS, endS}[]} signs - One for each sign, if the signer pauses between signs. */
  constructor(signs, durationS) {
    this.signs = signs;
    this.durationS = durationS;
  }

  /** ACTIVE or QUIET for each step, as `splitAtPauses` takes them. */
  states() {
    const states = new Int8Array(Math.max(1, roundHalfEven(this.durationS / STEP_S))).fill(QUIET);
    for (const { startS, endS } of this.signs) {
      states.fill(ACTIVE, roundHalfEven(startS / STEP_S), roundHalfEven(endS / STEP_S));
    }
    return states;
  }

  /** The signs; one longer than `longestS` is cut into equal parts. */
  segments(longestS) {
    return this.signs.flatMap(({ startS, endS }) => {
      const count = Math.ceil((endS - startS) / longestS);
      const times = Array.from({ length: count }, (_, number) => startS + (number * (endS - startS)) / count);
      times.push(endS);
      return times.slice(1).map((timeS, number) => ({ startS: times[number], endS: timeS, overlapS: 0 }));
    });
  }
}

/** Find the signs in a video: a pause is where no hand is in view, or where every hand in view rests. */
export function signActivity(signal) {
  const points = Points.of(fillGaps(signal, LOST_S)).withoutCutOffHands();
  const seen = Array.from({ length: points.length }, (_, picture) => points.isSeen(picture));
  const resting = findRests(points.scaled(1 / points.palmLength()), seen, signal.rateHz);
  const margin = roundHalfEven(MARGIN_S * signal.rateHz);
  const spans = [];
  for (const [start, end] of trueRuns(seen.length, (picture) => seen[picture] && !resting[picture])) {
    if ((end - start) / signal.rateHz < SHORTEST_SIGN_S) continue;
    let [first, last] = [start, end];
    while (first > Math.max(0, start - margin) && seen[first - 1]) first--;
    while (last < Math.min(seen.length, end + margin) && seen[last]) last++;
    spans.push([first, last]);
  }
  for (let number = 1; number < spans.length; number++) {
    const [before, span] = [spans[number - 1], spans[number]];
    const middle = (before[1] + span[0]) >> 1; // margins must not overlap
    before[1] = Math.min(before[1], middle);
    span[0] = Math.max(span[0], middle);
  }
  const signs = spans.map(([start, end]) => ({ startS: start / signal.rateHz, endS: end / signal.rateHz }));
  return new SignActivity(signs, signal.durationS);
}

/** x (to the right) and y (down) of the landmarks of two hands over time; NaN where a hand is absent. */
class Points {
  /** @param {Float64Array} values - For each picture, hand and landmark two numbers. */
  constructor(values) {
    this.values = values;
  }

  static of(signal) {
    const points = new Points(new Float64Array(signal.length * HANDS * LANDMARKS * 2));
    for (let picture = 0; picture < signal.length; picture++) {
      for (let hand = 0; hand < HANDS; hand++) {
        const from = placeOf(picture, hand, IMAGE);
        const to = points.place(picture, hand, 0);
        for (let landmark = 0; landmark < LANDMARKS; landmark++) {
          points.values[to + 2 * landmark] = signal.values[from + 3 * landmark];
          points.values[to + 2 * landmark + 1] = signal.values[from + 3 * landmark + 1];
        }
      }
    }
    return points;
  }

  get length() {
    return this.values.length / (HANDS * LANDMARKS * 2);
  }

  place(picture, hand, landmark) {
    return ((picture * HANDS + hand) * LANDMARKS + landmark) * 2;
  }

  y(picture, hand, landmark) {
    return this.values[this.place(picture, hand, landmark) + 1];
  }

  has(picture, hand) {
    return !Number.isNaN(this.values[this.place(picture, hand, WRIST)]);
  }

  isSeen(picture) {
    return this.has(picture, 0) || this.has(picture, 1);
  }

  scaled(factor) {
    return new Points(this.values.map((value) => value * factor));
  }

  /**
   * Remove hands that the lower edge of the picture cuts off: a lowered hand's fingers may still be in view.
   *
   * The palm of such a hand lies below 1, the height of the picture. If most palms do, the coordinates are not shares
   * of the height, and nothing is removed.
   */
  withoutCutOffHands() {
    const below = [];
    let numSeen = 0;
    this.#eachHand((picture, hand) => {
      numSeen++;
      const sum = PALM.reduce((total, landmark) => total + this.y(picture, hand, landmark), 0);
      if (sum / PALM.length > 1) below.push([picture, hand]);
    });
    if (2 * below.length > numSeen) return this;
    const values = this.values.slice();
    for (const [picture, hand] of below) {
      values.fill(NaN, this.place(picture, hand, 0), this.place(picture, hand, LANDMARKS));
    }
    return new Points(values);
  }

  /** The length of a palm in the picture: the median over pictures and hands. */
  palmLength() {
    const lengths = [];
    this.#eachHand((picture, hand) => {
      const [wrist, knuckle] = [this.place(picture, hand, WRIST), this.place(picture, hand, MIDDLE_MCP)];
      const [x, y] = [0, 1].map((axis) => this.values[knuckle + axis] - this.values[wrist + axis]);
      lengths.push(Math.hypot(x, y));
    });
    return lengths.length ? Math.max(median(lengths), 1e-6) : 1;
  }

  #eachHand(take) {
    for (let picture = 0; picture < this.length; picture++) {
      for (let hand = 0; hand < HANDS; hand++) {
        if (this.has(picture, hand)) take(picture, hand);
      }
    }
  }

  /** The numbers of a hand in a picture. */
  hand(picture, hand) {
    return this.values.subarray(this.place(picture, hand, 0), this.place(picture, hand, LANDMARKS));
  }
}

/** Whether all hands in view rest, for each picture. Points are in palm lengths. */
function findRests(points, seen, rateHz) {
  const moving = findMovement(points, rateHz);
  const height = upperHandHeights(points);
  const usualHeight = median(height.filter((_, picture) => moving[picture])); // NaN, unlike all, if nothing moves
  const resting = new Array(points.length).fill(false);
  const visits = new Array(points.length).fill(false);
  for (const [start, end] of trueRuns(seen.length, (picture) => seen[picture])) {
    visits.fill((end - start) / rateHz <= VISIT_S, start, end);
  }
  const longRests = [];
  const undecided = [];
  for (const [start, end] of trueRuns(seen.length, (picture) => seen[picture] && !moving[picture])) {
    const stillS = (end - start) / rateHz;
    const y = median(height.slice(start, end).filter((value) => !Number.isNaN(value)));
    const isHeld = y < usualHeight - HELD_ABOVE_PALMS;
    if (stillS >= REST_S && !visits[start] && !isHeld) {
      resting.fill(true, start, end);
      longRests.push(medianPose(points, start, end));
    } else if (stillS >= SHORT_REST_S && y > usualHeight + LOWERED_PALMS) {
      resting.fill(true, start, end);
    } else if (stillS >= SHORT_REST_S) {
      undecided.push([start, end]);
    }
  }
  for (const [start, end] of undecided) {
    const pose = medianPose(points, start, end);
    if (longRests.some((rest) => poseDistance(pose, rest) < SAME_REST_PALMS)) resting.fill(true, start, end);
  }
  return resting;
}

/** y of the upper hand's wrist, which is the hand that signs; NaN where no hand is in view. */
function upperHandHeights(points) {
  return Array.from({ length: points.length }, (_, picture) => {
    const heights = [0, 1].filter((hand) => points.has(picture, hand)).map((hand) => points.y(picture, hand, WRIST));
    return heights.length ? Math.min(...heights) : NaN;
  });
}

/** Where a hand moves: a run above the lower speed counts if it exceeds the upper one somewhere. */
function findMovement(points, rateHz) {
  const speed = fasterHandSpeeds(points, rateHz);
  const moving = new Array(points.length).fill(false);
  for (const [start, end] of trueRuns(speed.length, (picture) => speed[picture] > STILL_SPEED)) {
    const isMoving = speed.subarray(start, end).some((each) => each > MOVING_SPEED);
    moving.fill(isMoving, start, end);
  }
  return moving;
}

/** Speed of the faster hand, in palm lengths a second; 0 unless it is in view before and after. */
function fasterHandSpeeds(points, rateHz) {
  const reach = Math.max(1, roundHalfEven((SPEED_WINDOW_S / 2) * rateHz));
  return Float64Array.from({ length: points.length }, (_, picture) => {
    const before = Math.max(picture - reach, 0);
    const after = Math.min(picture + reach, points.length - 1);
    let fastest = 0;
    for (let hand = 0; hand < HANDS; hand++) {
      if (!points.has(before, hand) || !points.has(after, hand)) continue;
      const moved = fingerDistance(points.hand(after, hand), points.hand(before, hand));
      fastest = Math.max(fastest, (moved * rateHz) / Math.max(after - before, 1));
    }
    return fastest;
  });
}

/** By how much the most different finger of two hands differs; some signs differ in one finger only. */
function fingerDistance(one, other) {
  let most = 0;
  for (let finger = 0; finger < 5; finger++) {
    let sum = 0;
    for (let landmark = 1 + 4 * finger; landmark < 5 + 4 * finger; landmark++) {
      sum += Math.hypot(one[2 * landmark] - other[2 * landmark], one[2 * landmark + 1] - other[2 * landmark + 1]);
    }
    most = Math.max(most, sum / 4);
  }
  return most;
}

/** For each hand the median of each number over pictures, or null if it is missing in most of them. */
function medianPose(points, start, end) {
  return [0, 1].map((hand) => {
    const inView = [];
    for (let picture = start; picture < end; picture++) {
      if (points.has(picture, hand)) inView.push(points.hand(picture, hand));
    }
    if (2 * inView.length < end - start) return null;
    return Float64Array.from({ length: 2 * LANDMARKS }, (_, place) => median(inView.map((each) => each[place])));
  });
}

/** How much two poses differ, by the hand that differs more; infinite unless both show the same hands. */
function poseDistance(pose, other) {
  const isSame = pose.every((hand, index) => (hand === null) === (other[index] === null));
  if (!isSame || pose.every((hand) => hand === null)) return Infinity;
  return Math.max(...pose.map((hand, index) => (hand ? fingerDistance(hand, other[index]) : 0)));
}
