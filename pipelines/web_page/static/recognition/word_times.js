// Words and their times, from symbols and the times at which CTC emits them.
//
// Next to a pause, a word begins or ends with the sound around its symbols; next to another word, halfway to the
// symbols of that word. The constants have their reasons in recognizers/inference/word_times.py; tests compare the two.

import { isSpace } from "./vocabulary.js";

const REACH_S = 0.6;
const BLIND_REACH_S = 0.06;
const PAUSE_S = 0.06;
const OUTER_PAUSE_S = 0.15;

/**
 * Spell the words that symbols make up, in the order of their times, which do not overlap.
 *
 * @param symbols - Symbols with their times, as `decodeGreedily` gives them.
 * @param {Vocabulary} vocabulary - A vocabulary of words, or of characters.
 * @param {LineBreaks} lineBreaks - Where words end in scripts without spaces.
 * @param {number} durationS - Duration of the recording.
 * @param {VoiceActivity | null} activity - Voice activity of the recording; null for video.
 * @returns {{word, startS, endS, confidence}[]} The words.
 */
export function wordsFromSymbols(symbols, vocabulary, lineBreaks, durationS, activity) {
  const spelled = groupByWord(symbols, vocabulary, lineBreaks);
  if (!spelled.length) return [];
  const starts = spelled.map(() => 0);
  const ends = spelled.map(() => durationS);
  const last = spelled.length - 1;
  starts[0] = firstStart(spelled[0][0].startS, activity);
  for (let number = 0; number < last; number++) {
    const emittedS = spelled[number][spelled[number].length - 1].endS;
    [ends[number], starts[number + 1]] = between(emittedS, spelled[number + 1][0].startS, activity);
  }
  const lastWord = spelled[last];
  ends[last] = Math.min(durationS, lastEnd(lastWord[lastWord.length - 1].endS, durationS, activity));
  return spelled.map((word, number) => ({
    word: vocabulary.decode(word.map((symbol) => symbol.id)),
    startS: Math.min(starts[number], ends[number]),
    endS: ends[number],
    confidence: wordConfidence(word),
  }));
}

function groupByWord(symbols, vocabulary, lineBreaks) {
  if (vocabulary.unit === "word") return symbols.map((symbol) => [symbol]);
  const words = [];
  let before = " ";
  for (const symbol of symbols) {
    const after = vocabulary.decode([symbol.id]);
    if (isSpace(after)) {
      before = " ";
      continue;
    }
    if (before === " " || lineBreaks.canBreak(before, after)) words.push([]);
    words[words.length - 1].push(symbol);
    before = after;
  }
  return words;
}

/** Where the first word begins, whose first symbol is emitted at `emittedS`. */
function firstStart(emittedS, activity) {
  if (!activity) return Math.max(0, emittedS - BLIND_REACH_S);
  const earliest = Math.max(0, emittedS - REACH_S);
  const pauses = activity.pauses(Math.max(0, earliest - OUTER_PAUSE_S), emittedS, PAUSE_S);
  const outer = pauses.filter(([start, end]) => end - start >= OUTER_PAUSE_S || start === 0);
  return outer.length ? Math.max(earliest, outer[outer.length - 1][1]) : earliest;
}

/** Where the last word ends, whose last symbol is emitted until `emittedS`. */
function lastEnd(emittedS, durationS, activity) {
  if (!activity) return emittedS + BLIND_REACH_S;
  const latest = Math.min(durationS, emittedS + REACH_S);
  const pauses = activity.pauses(emittedS, Math.min(durationS, latest + OUTER_PAUSE_S), PAUSE_S);
  const outer = pauses.filter(([start, end]) => end - start >= OUTER_PAUSE_S || end === durationS);
  return outer.length ? Math.min(latest, outer[0][0]) : latest;
}

/** Where a word ends and where the next one begins, given the symbols on both sides of the gap. */
function between(emittedS, nextS, activity) {
  const middle = (emittedS + nextS) / 2;
  const reach = activity ? REACH_S : BLIND_REACH_S;
  const pauses = activity ? activity.pauses(emittedS, nextS, PAUSE_S) : [];
  if (!pauses.length) return [Math.min(middle, emittedS + reach), Math.max(middle, nextS - reach)];
  const [start, end] = pauses.reduce((best, pause) => (pause[1] - pause[0] > best[1] - best[0] ? pause : best));
  return [Math.min(start, emittedS + REACH_S), Math.max(end, nextS - REACH_S)];
}

/** The geometric mean of the symbols' confidences. */
function wordConfidence(word) {
  const sum = word.reduce((total, symbol) => total + Math.log(Math.max(symbol.confidence, 1e-30)), 0);
  return Math.exp(sum / word.length);
}
