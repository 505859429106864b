// From what MediaPipe finds in each picture to the landmarks of two hands at a constant rate.
//
// This is what data_prep/features/hand_tracker.py does with MediaPipe's detections; tests compare the two.

import { HandIdentities } from "./hand_identity.js";
import { atConstantRate, HAND_SIZE, HANDS, IMAGE, LANDMARKS, PICTURE_SIZE, WORLD } from "./hand_signal.js";

/**
 * Follow the hands through the pictures of a clip.
 *
 * @param {{timeMs: number, hands: {landmarks, worldLandmarks}[]}[]} pictures - Each picture's time, which rises, and
 *   the hands that MediaPipe found in it.
 * @param {number} aspectRatio - Width of the pictures divided by their height, without a border.
 * @param {number} border - Width of the border that was put around the pictures, as a share of their size.
 * @returns {HandSignal} The hands; each keeps its index from picture to picture.
 * @throws {Error} There are no pictures, no hands, or times that do not rise.
 */
export function trackHands(pictures, aspectRatio, border = 0) {
  if (!pictures.length) throw new Error("there are no pictures; record again, or choose another file");
  const follower = new HandFollower(border);
  const followed = pictures.map((picture) => follower.add(picture, aspectRatio)).filter((each) => each !== null);
  const values = new Float32Array(followed.length * PICTURE_SIZE);
  followed.forEach((each, number) => values.set(each.values, number * PICTURE_SIZE));
  if (values.every(Number.isNaN)) {
    throw new Error(`no hand found in any of the ${followed.length} pictures; show a hand, well lit and close enough`);
  }
  return atConstantRate(values, followed.map(({ timeS }) => timeS));
}

/** Follows the hands from picture to picture. */
export class HandFollower {
  #identities = new HandIdentities();
  #border;
  #lastMs = -Infinity;

  /** @param {number} border - See `trackHands`. */
  constructor(border) {
    this.#border = border;
  }

  /**
   * Take the next picture.
   *
   * @returns {{timeS: number, values: Float32Array} | null} Its PICTURE_SIZE numbers; null if it is the same picture as
   *   before, by its time.
   */
  add({ timeMs, hands }, aspectRatio) {
    if (!(aspectRatio > 0 && Number.isFinite(aspectRatio))) {
      throw new Error(`the pictures' width by height must be above 0; found ${aspectRatio}`);
    }
    if (!Number.isFinite(timeMs) || timeMs < this.#lastMs) {
      throw new Error(`the times of pictures must rise; found ${timeMs} ms after ${this.#lastMs} ms`);
    }
    if (timeMs === this.#lastMs) return null;
    this.#lastMs = timeMs;
    const detections = hands.slice(0, HANDS).map((hand) => detectionOf(hand, aspectRatio, this.#border));
    return { timeS: timeMs / 1000, values: this.#identities.assign(detections, timeMs / 1000) };
  }
}

/** Convert a hand of MediaPipe's, shares of the picture with its border, to heights of the picture without it. */
function detectionOf({ landmarks, worldLandmarks }, aspectRatio, border) {
  if (landmarks.length !== LANDMARKS || worldLandmarks.length !== LANDMARKS) {
    throw new Error(`a hand must have ${LANDMARKS} landmarks; found ${landmarks.length} and ${worldLandmarks.length}`);
  }
  const [scale, width] = [Math.fround(1 + 2 * border), Math.fround(border)];
  const detection = new Float32Array(2 * HAND_SIZE);
  landmarks.forEach((point, number) => {
    const [x, y, z] = [point.x, point.y, point.z].map((value) => Math.fround(Math.fround(value) * scale));
    const heights = [Math.fround(x - width) * aspectRatio, Math.fround(y - width), z * aspectRatio];
    detection.set(heights, IMAGE * HAND_SIZE + 3 * number);
  });
  worldLandmarks.forEach(({ x, y, z }, number) => {
    detection.set([x, y, z], WORLD * HAND_SIZE + 3 * number);
  });
  return detection;
}
