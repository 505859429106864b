// Labels of clips, and the sequence of labels of a recording.

import { meanConfidence } from "./confidence.js";

/**
 * Rank the labels of a clip.
 *
 * @param emissions - Its emissions: one row, with the log-probability of each label.
 * @param {string[]} symbols - The labels by id.
 * @returns {{label, score}[]} All labels with their probabilities, best first.
 */
export function rankLabels({ values }, symbols) {
  const scores = Array.from(values, (logProb) => Math.fround(Math.exp(logProb))); // equal ones keep their order
  const order = scores.map((_, id) => id).sort((one, other) => scores[other] - scores[one] || one - other);
  return order.map((id) => ({ label: symbols[id], score: scores[id] }));
}

/**
 * Join the signs of a recording.
 *
 * @param signs - {label, startS, endS, confidence, top} of each, in order; none if nobody signs.
 * @returns {{label, confidence, top}} Its label is those of the signs, joined by spaces; `top` is empty unless there is
 *   exactly one sign.
 */
export function joinLabels(signs) {
  return {
    label: signs.map((sign) => sign.label).join(" "),
    confidence: meanConfidence(signs.map((sign) => [sign.confidence, sign.endS - sign.startS])),
    top: signs.length === 1 ? signs[0].top : [],
  };
}
