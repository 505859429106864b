// One transcript from the decoded segments of a recording, as recognizers/inference/stitching.py makes it.

import { meanConfidence } from "./confidence.js";
import { bisectLeft } from "./sorted.js";
import { wordsFromSymbols } from "./word_times.js";

/** The candidates for a seam between two overlapping windows are this far apart. */
const SEAM_STEP_S = 0.03;
/** How many symbols on each side of a seam should be the same in both windows. */
const CONTEXT = 3;

/**
 * Join the segments of a recording to one transcript.
 *
 * A pause between two segments separates words. Overlapping segments are joined at symbols on which both agree.
 *
 * @param decoded - {segment, symbols, confidence} of each segment in order; none if the recording is silent. The times
 *   of symbols count from the beginning of the recording.
 * @returns {{text, confidence, words}} The transcript.
 */
export function stitch(decoded, vocabulary, lineBreaks, durationS, activity) {
  const runs = [];
  for (const part of decoded) {
    if (part.segment.overlapS && runs.length) runs[runs.length - 1].push(part);
    else runs.push([part]);
  }
  const symbolsByRun = runs.map(joinOverlapping);
  const words = symbolsByRun.flatMap((symbols) =>
    wordsFromSymbols(symbols, vocabulary, lineBreaks, durationS, activity),
  );
  const texts = symbolsByRun.map((symbols) => vocabulary.spell(symbols.map((symbol) => symbol.id)));
  const parts = decoded.map(({ confidence, segment }) => [confidence, segment.endS - segment.startS]);
  return { text: joinTexts(texts, vocabulary, lineBreaks), confidence: meanConfidence(parts), words };
}

/** Join texts by spaces, but by nothing where the script has none and the recognizer learned none. */
function joinTexts(texts, vocabulary, lineBreaks) {
  let joined = "";
  for (const text of texts.filter((each) => each !== "")) {
    const isUnspaced =
      !vocabulary.hasSpaces && joined !== "" && lineBreaks.canBreak([...joined].at(-1), [...text][0]);
    joined += isUnspaced || joined === "" ? text : ` ${text}`;
  }
  return joined;
}

/** The symbols of overlapping segments, each once. */
function joinOverlapping(run) {
  let symbols = run[0].symbols;
  for (const { segment, symbols: added } of run.slice(1)) {
    const seamS = findSeam(symbols, added, segment.startS, segment.startS + segment.overlapS);
    symbols = [
      ...symbols.filter((symbol) => centreS(symbol) < seamS),
      ...added.filter((symbol) => centreS(symbol) >= seamS),
    ];
  }
  return symbols;
}

/**
 * Find the best time within an overlap to change from the symbols of the first window to those of the second.
 *
 * Before and after the best seam both windows have the same symbols. It is as far from any symbol as possible, and near
 * the middle of the overlap, where both windows know what comes before and after.
 */
function findSeam(first, second, startS, endS) {
  const inOverlap = (symbol) => startS <= centreS(symbol) && centreS(symbol) <= endS;
  const windows = [first.filter(inOverlap), second.filter(inOverlap)];
  const centres = windows.map((window) => window.map(centreS));
  const ids = windows.map((window) => window.map((symbol) => symbol.id));
  let best = { timeS: NaN, agreeing: -1, distanceS: -1 };
  for (const timeS of seamCandidates(startS, endS)) {
    const places = centres.map((each) => bisectLeft(each, timeS));
    const before = numAgreeing(...ids.map((each, window) => each.slice(0, places[window]).reverse()));
    const after = numAgreeing(...ids.map((each, window) => each.slice(places[window])));
    const fromSymbolS = Math.min(endS - startS, ...centres.flat().map((centre) => Math.abs(centre - timeS)));
    const distanceS = Math.min(fromSymbolS, timeS - startS, endS - timeS);
    const agreeing = before + after;
    if (agreeing > best.agreeing || (agreeing === best.agreeing && distanceS > best.distanceS)) {
      best = { timeS, agreeing, distanceS };
    }
  }
  return best.timeS;
}

/** The times of the candidates, with the same rounding errors as numpy's. */
function seamCandidates(startS, endS) {
  const count = Math.ceil((endS - startS) / SEAM_STEP_S);
  const step = startS + SEAM_STEP_S - startS;
  return Array.from({ length: count - 1 }, (_, number) => startS + (number + 1) * step);
}

/** How many symbols from the beginning are the same in both, at most `CONTEXT`. */
function numAgreeing(first, second) {
  let count = 0;
  while (count < Math.min(CONTEXT, first.length, second.length) && first[count] === second[count]) count++;
  return count;
}

function centreS(symbol) {
  return (symbol.startS + symbol.endS) / 2;
}
