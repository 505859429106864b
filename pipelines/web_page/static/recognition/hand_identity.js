// Tells the two hands apart from picture to picture, by position, movement and shape.
//
// The rules and their reasons are those of data_prep/features/hand_identity.py; tests compare the two.

import { HAND_SIZE, HANDS, LANDMARKS, PICTURE_SIZE, placeOf } from "./hand_signal.js";

const WRIST = 0;
const MIDDLE_MCP = 9;
const SAME_HAND = 0.2;
const COAST = 0.5;
const COAST_S = 0.2;
const REACH = 2.0;
const REACH_PER_S = 30.0;
const REACH_LIMIT = 0.5;
const SMALLEST_PALM = 0.02;

/** Assigns each detection to one of two hands. */
export class HandIdentities {
  #places = [null, null];

  /**
   * Assign the detections of a picture.
   *
   * @param {Float32Array[]} detections - At most two, each with the numbers of the image, in picture heights, and of
   *   the world; of two that are the same hand, the second is dropped.
   * @param {number} timeS - Time of the picture; it must rise from call to call.
   * @returns {Float32Array} PICTURE_SIZE numbers, NaN where a hand is absent.
   */
  assign(detections, timeS) {
    const picture = new Float32Array(PICTURE_SIZE).fill(NaN);
    const found = withoutDuplicates(detections);
    for (const [number, hand] of this.#bestOption(found, timeS).entries()) {
      picture.set(found[number], placeOf(0, hand, 0));
      this.#places[hand] = new Place(found[number], timeS, this.#places[hand]);
    }
    return picture;
  }

  /** The hand for each detection, at the least cost. */
  #bestOption(found, timeS) {
    if (!found.length) return [];
    const options = found.length === 1 ? [[0], [1]] : [[0, 1], [1, 0]];
    const costs = options.map((option) =>
      option.reduce((sum, hand, number) => sum + this.#cost(found[number], hand, timeS), 0),
    );
    return costs[1] < costs[0] ? options[1] : options[0];
  }

  #cost(detection, hand, timeS) {
    if (this.#places[hand]) return this.#places[hand].cost(detection, timeS);
    // A detection opens the second place only if it is too far away to be the hand seen before.
    return this.#places[HANDS - 1 - hand]?.reach(timeS) ?? REACH_LIMIT;
  }
}

/** Position, shape and velocity of one of the hands when it was last seen. */
class Place {
  constructor(points, timeS, before) {
    this.points = points;
    this.timeS = timeS;
    this.palm = palmLength(points);
    this.velocity = [0, 0];
    const elapsedS = before ? timeS - before.timeS : 0;
    if (elapsedS > 0 && elapsedS <= COAST_S) {
      this.velocity = [0, 1].map((axis) => (points[axis] - before.points[axis]) / elapsedS);
    }
  }

  /** Cost of taking a detection for this hand, in picture heights: distance, difference in shape, and absence. */
  cost(points, timeS) {
    const goneS = timeS - this.timeS;
    const moved = [0, 1].map(
      (axis) => points[axis] - this.points[axis] - COAST * this.velocity[axis] * Math.min(goneS, COAST_S),
    );
    const unlike = Math.min(this.#shapeDifference(points), 1);
    return Math.hypot(...moved) + this.palm * (unlike + Math.min(goneS, 1));
  }

  /** Mean difference of the landmarks relative to the wrist, in palm lengths. */
  #shapeDifference(points) {
    let sum = 0;
    for (let start = 0; start < HAND_SIZE; start += 3) {
      const changes = [0, 1, 2].map(
        (axis) => points[start + axis] - points[axis] - this.points[start + axis] + this.points[axis],
      );
      sum += Math.hypot(...changes);
    }
    return sum / LANDMARKS / this.palm;
  }

  /** Farthest distance it can have moved, in picture heights. */
  reach(timeS) {
    return Math.min(this.palm * (REACH + REACH_PER_S * (timeS - this.timeS)), REACH_LIMIT);
  }
}

function withoutDuplicates(detections) {
  if (detections.length < 2) return detections;
  const [first, second] = detections;
  let sum = 0;
  for (let start = 0; start < HAND_SIZE; start += 3) {
    sum += Math.hypot(first[start] - second[start], first[start + 1] - second[start + 1]);
  }
  return sum / LANDMARKS < SAME_HAND * palmLength(first) ? [first] : [first, second];
}

/** Distance from wrist to middle knuckle in the image. */
function palmLength(points) {
  const changes = [0, 1, 2].map((axis) => points[3 * MIDDLE_MCP + axis] - points[3 * WRIST + axis]);
  return Math.max(Math.hypot(...changes), SMALLEST_PALM);
}
