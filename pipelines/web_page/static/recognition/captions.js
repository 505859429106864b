// Captions: a transcript as cues that can be read in time, in scripts with and without spaces.
//
// A cue lasts at most `CAPTION_S` and has at most `CAPTION_LINES` lines of `CAPTION_COLUMNS` columns. The rules and
// their reasons are those of pipelines/inference/captions.py; tests compare the two.

import { isPunctuation, splitWhere } from "./line_breaks.js";
import { roundHalfEven } from "./rounding.js";
import { isSpace, splitWords } from "./vocabulary.js";

const CAPTION_COLUMNS = 42;
const CAPTION_LINES = 2;
const CAPTION_S = 7.0;
const CAPTION_PAUSE_S = 1.0;
/** More pieces than a cue can hold. */
const MAX_PIECES = CAPTION_COLUMNS * CAPTION_LINES + 1;

/**
 * Divide a transcript into cues. Text without word times gets the time between its neighbours' words.
 *
 * @param {{text, words, durationS}} transcript - The result of kind "text".
 * @param {LineBreaks} lineBreaks - Where lines may be broken.
 * @returns {{startMs, endMs, lines: string[]}[]} The cues, in order; they do not overlap.
 */
export function captions(transcript, lineBreaks) {
  const pieces = piecesOf(transcript, lineBreaks);
  const cues = [];
  let [first, previousEndMs] = [0, 0];
  while (first < pieces.length) {
    const lines = linesOf(inTime(pieces.slice(first, first + MAX_PIECES)), lineBreaks);
    const cue = lines.flat();
    const startMs = Math.max(roundHalfEven(1000 * cue[0].startS), previousEndMs);
    const lastMs = Math.max(roundHalfEven(1000 * cue[cue.length - 1].endS), startMs + 1);
    const endMs = Math.min(lastMs, startMs + roundHalfEven(1000 * CAPTION_S));
    cues.push({ startMs, endMs, lines: lines.map(join) });
    [first, previousEndMs] = [first + cue.length, endMs];
  }
  return cues;
}

/** Cut the text into pieces that are not broken, {text, followsSpace, startS, endS}. */
function piecesOf({ text: written, words, durationS }, lineBreaks) {
  let text = written;
  let starts = findWords(words, text);
  if (starts.length < words.length) {
    text = words.map((each) => each.word).join(" "); // the text is not that of the words
    starts = findWords(words, text);
  }
  const pieces = [];
  let [end, endS] = [0, 0];
  words.forEach(({ word, startS, endS: wordEndS }, number) => {
    const untimed = withoutLastSpaces(text.slice(end, starts[number]));
    pieces.push(...split(untimed, endS, Math.max(endS, startS), lineBreaks));
    pieces.push(...split(text.slice(end + untimed.length, starts[number]) + word, startS, wordEndS, lineBreaks));
    [end, endS] = [starts[number] + word.length, wordEndS];
  });
  pieces.push(...split(text.slice(end), endS, Math.max(endS, durationS), lineBreaks));
  return pieces;
}

/** Where each word begins in a text; fewer places if a word does not follow those before. */
function findWords(words, text) {
  const starts = [];
  let end = 0;
  for (const { word } of words) {
    const start = text.indexOf(word, end);
    if (start < 0) break;
    starts.push(start);
    end = start + word.length;
  }
  return starts;
}

function withoutLastSpaces(text) {
  const characters = [...text];
  while (characters.length && isSpace(characters[characters.length - 1])) characters.pop();
  return characters.join("");
}

/** Cut a text into pieces, which share its time in proportion to their columns. */
function split(text, startS, endS, lineBreaks) {
  const parts = splitWords(text).flatMap((word) =>
    breakUp(word, lineBreaks).map((piece, number) => ({ piece, beginsWord: number === 0 })),
  );
  const total = parts.reduce((sum, { piece }) => sum + lineBreaks.columns(piece), 0);
  const columnS = (endS - startS) / Math.max(1, total);
  const pieces = [];
  let pieceStartS = startS;
  parts.forEach(({ piece, beginsWord }, number) => {
    const pieceEndS = pieceStartS + lineBreaks.columns(piece) * columnS;
    if (!/^[\p{Cf}\p{Cc}]*$/u.test(piece)) {
      const followsSpace = beginsWord && (number > 0 || isSpace([...text][0]));
      pieces.push({ text: piece, followsSpace, startS: pieceStartS, endS: pieceEndS });
    }
    pieceStartS = pieceEndS;
  });
  return pieces;
}

/** Split a word where a line may be broken; by each further rule only what is still longer than a line. */
function breakUp(word, lineBreaks, rule = 0) {
  const rules = [
    (before, after) => lineBreaks.canBreak(before, after),
    (before, after) => lineBreaks.canPart(before, after),
    () => true,
  ];
  return splitWhere(word, rules[rule]).flatMap((piece) => {
    const isTooLong = lineBreaks.columns(piece) > CAPTION_COLUMNS && rule + 1 < rules.length;
    return isTooLong ? breakUp(piece, lineBreaks, rule + 1) : [piece];
  });
}

/** The first pieces, up to a pause, or as many as can be shown in one cue's time. */
function inTime(pieces) {
  const pause = pieces.findIndex((piece, number) => {
    return number > 0 && piece.startS - pieces[number - 1].endS >= CAPTION_PAUSE_S;
  });
  const upToPause = pause < 0 ? pieces : pieces.slice(0, pause);
  const endsS = upToPause.map((piece) => piece.endS - upToPause[0].startS);
  return upToPause.slice(0, bestBreak(upToPause, countUpTo(endsS, CAPTION_S)));
}

/** The lines of one cue, which may not have room for all pieces. */
function linesOf(pieces, lineBreaks) {
  const lines = [];
  let rest = pieces;
  while (rest.length && lines.length < CAPTION_LINES) {
    let width = 0;
    const widths = rest.map((piece, number) => {
      width += lineBreaks.columns(piece.text) + (piece.followsSpace && number > 0 ? 1 : 0);
      return width;
    });
    const count = bestBreak(rest, countUpTo(widths, CAPTION_COLUMNS));
    lines.push(rest.slice(0, count));
    rest = rest.slice(count);
  }
  return lines;
}

/** Count the first values that are not above the limit, but at least one. */
function countUpTo(values, limit) {
  const above = values.findIndex((value) => value > limit);
  return Math.max(1, above < 0 ? values.length : above);
}

/** How many of the first pieces to take: the most possible, or fewer to end at a good break. */
function bestBreak(pieces, most) {
  if (most === pieces.length) return most;
  const endsWell = [
    (count) => pieces[count].followsSpace,
    (count) => isPunctuation([...pieces[count - 1].text].at(-1)),
  ];
  for (const isGood of endsWell) {
    for (let count = most; count > most >> 1; count--) {
      if (isGood(count)) return count;
    }
  }
  return most;
}

function join(pieces) {
  return pieces
    .map((piece) => (piece.followsSpace ? " " : "") + piece.text)
    .join("")
    .trimStart();
}
