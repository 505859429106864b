// Fills short gaps in which the tracker missed a hand.

import { HAND_SIZE, HANDS, HandSignal, placeOf } from "./hand_signal.js";

/**
 * Interpolate a hand linearly in time over short gaps between two pictures that show it.
 *
 * @param {HandSignal} signal - The hands; not modified.
 * @param {number} maxGapS - Longest gap to fill, from the first picture without the hand to the next one with it.
 */
export function fillGaps(signal, maxGapS) {
  const filled = new HandSignal(signal.values.slice(), signal.rateHz);
  for (let hand = 0; hand < HANDS; hand++) {
    let left = -1; // the last picture with the hand
    for (let right = 0; right < signal.length; right++) {
      if (!signal.has(right, hand)) continue;
      // The 1e-9 keeps a gap of exactly the limit in spite of rounding.
      const isShort = (right - left - 1) / signal.rateHz <= maxGapS + 1e-9;
      if (left >= 0 && isShort) interpolate(filled.values, hand, left, right);
      left = right;
    }
  }
  return filled;
}

/** Interpolate a hand between two pictures that show it, in single precision. */
function interpolate(values, hand, left, right) {
  for (let picture = left + 1; picture < right; picture++) {
    const share = Math.fround((picture - left) / (right - left));
    const rest = Math.fround(1 - share);
    for (let number = 0; number < 2 * HAND_SIZE; number++) {
      const one = Math.fround(values[placeOf(left, hand, 0) + number] * rest);
      const other = Math.fround(values[placeOf(right, hand, 0) + number] * share);
      values[placeOf(picture, hand, 0) + number] = one + other;
    }
  }
}
