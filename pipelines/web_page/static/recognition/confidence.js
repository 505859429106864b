// The confidence of a whole recording, from those of its segments.

/**
 * The geometric mean of confidences, weighted by durations.
 *
 * @param {[number, number][]} parts - The confidence of each segment and its duration in seconds.
 * @returns {number} The mean; 1 if there are no segments.
 */
export function meanConfidence(parts) {
  if (parts.length === 1) return parts[0][0];
  let [totalS, sum] = [0, 0];
  for (const [confidence, durationS] of parts) {
    totalS += durationS;
    sum += Math.log(Math.max(confidence, 1e-300)) * durationS;
  }
  return totalS ? Math.exp(sum / totalS) : 1;
}
