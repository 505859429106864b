// From what MediaPipe finds in each picture to the landmarks of two hands at a constant rate.
//
// This is what data_prep/features/hand_tracker.py does with MediaPipe's detections; tests compare the two.

import { HandIdentities } from "./hand_identity.js";
import { atConstantRate, HAND_SIZE, HANDS, IMAGE, LANDMARKS, PICTURE_SIZE, WORLD } from "./hand_signal.js";

/**
 * Follow the hands through pictures.
 *
 * @param {{timeMs: number, hands: {landmarks, worldLandmarks}[]}[]} pictures - Each picture's time, which rises, and
 *   the hands that MediaPipe found in it.
 * @param {number} aspectRatio - Width of the pictures divided by their height, without a border.
 * @param {number} border - Width of the border that was put around the pictures, as a share of their size.
 * @returns {HandSignal} The hands; each keeps its index from picture to picture.
 * @throws {Error} There are no pictures, no hands, or times that do not rise.
 */
export function trackHands(pictures, aspectRatio, border = 0) {
  checkPictures(pictures, aspectRatio);
  const distinct = pictures.filter(({ timeMs }, number) => !number || timeMs > pictures[number - 1].timeMs);
  const identities = new HandIdentities();
  const values = new Float32Array(distinct.length * PICTURE_SIZE);
  distinct.forEach(({ timeMs, hands }, number) => {
    const detections = hands.slice(0, HANDS).map((hand) => detectionOf(hand, aspectRatio, border));
    values.set(identities.assign(detections, timeMs / 1000), number * PICTURE_SIZE);
  });
  if (values.every(Number.isNaN)) {
    throw new Error(`no hand found in any of the ${distinct.length} pictures; show a hand, well lit and close enough`);
  }
  return atConstantRate(values, distinct.map(({ timeMs }) => timeMs / 1000));
}

function checkPictures(pictures, aspectRatio) {
  if (!pictures.length) throw new Error("there are no pictures; record again, or choose another file");
  if (!(aspectRatio > 0 && Number.isFinite(aspectRatio))) {
    throw new Error(`the pictures' width by height must be above 0; found ${aspectRatio}`);
  }
  pictures.forEach(({ timeMs }, number) => {
    const beforeMs = number ? pictures[number - 1].timeMs : -Infinity;
    if (!Number.isFinite(timeMs) || timeMs < beforeMs) {
      throw new Error(`the times of pictures must rise; found ${timeMs} ms after ${beforeMs} ms`);
    }
  });
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
