// Which parts of a recording are recognised: the whole of a short one, or the segments of a long one.
//
// The rules are those of recognizers/inference/segments.py, with the default settings of transcribe and classify; tests
// compare the two.

import { splitAtPauses, STEP_S } from "./pause_splitting.js";
import { roundHalfEven } from "./rounding.js";
import { signActivity } from "./sign_activity.js";

/** Recordings up to this duration are taken whole: of speech, and of hands. */
export const WHOLE_UP_TO_S = { transcribe: 30, classify: 5 };

const LONGEST_SEGMENT_S = 10;
const SHORT_RECORDING_PAUSE_S = 2;

/**
 * Cut sound whose text is recognised.
 *
 * @param {VoiceActivity} activity - Where there is speech.
 * @param {number} durationS - Duration of the recording.
 * @param {number} wholeUpToS - Longer recordings are cut at every long pause, shorter ones only at very long ones.
 * @returns {{startS, endS, overlapS}[] | null} The segments, none if nobody speaks; null to take the recording whole.
 */
export function soundSegments(activity, durationS, wholeUpToS) {
  if (durationS > wholeUpToS) return splitAtPauses(activity.states, Math.min(LONGEST_SEGMENT_S, wholeUpToS));
  const hasLongPause = activity.pauses(0, durationS, SHORT_RECORDING_PAUSE_S).length > 0;
  if (activity.hasSpeech && !hasLongPause) return null;
  return splitAtPauses(activity.states, wholeUpToS, SHORT_RECORDING_PAUSE_S, SHORT_RECORDING_PAUSE_S);
}

/**
 * Cut a video of hands.
 *
 * @param {HandSignal} signal - The hands.
 * @param {string} task - "classify" cuts into signs, "transcribe" at pauses in the signing.
 * @param {number} wholeUpToS - Shorter videos are taken whole.
 * @returns {{startS, endS, overlapS}[] | null} The segments, none if nobody signs; null to take the video whole.
 */
export function handSegments(signal, task, wholeUpToS) {
  if (signal.durationS <= wholeUpToS) return null;
  return segmentsOfSigning(signal, task, Math.min(LONGEST_SEGMENT_S, wholeUpToS));
}

/** Cut hands into a segment for each sign, or for what is signed between pauses if text is recognised. */
export function segmentsOfSigning(signal, task, longestTextS = LONGEST_SEGMENT_S) {
  const activity = signActivity(signal);
  return task === "classify" ? activity.segments(LONGEST_SEGMENT_S) : splitAtPauses(activity.states(), longestTextS);
}

/**
 * Return the samples of a segment.
 *
 * Voice activity is known by steps, so segments stop a step short of digital silence. They are extended to the sample
 * at which it begins: a recording with silence added around it is to give the same samples as without.
 *
 * @param {Float32Array} samples - Those of the recording.
 */
export function samplesOfSegment(samples, { startS, endS }, rateHz) {
  let [start, end] = [roundHalfEven(startS * rateHz), roundHalfEven(endS * rateHz)];
  const step = roundHalfEven(STEP_S * rateHz);
  const before = samples.subarray(Math.max(0, start - 2 * step), start);
  const after = samples.subarray(end, end + 2 * step);
  const isSound = (sample) => sample !== 0;
  if (!before.subarray(0, step).some(isSound)) {
    const first = before.findIndex(isSound);
    start -= first < 0 ? 0 : before.length - first;
  }
  if (!after.subarray(Math.max(0, after.length - step)).some(isSound)) end += after.findLastIndex(isSound) + 1;
  return samples.slice(start, end);
}
