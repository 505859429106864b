// Results as files: JSON as transcribe and classify write it, and SubRip captions.

import { captions } from "./captions.js";
import { LineBreaks } from "./line_breaks.js";
import { roundTo } from "./rounding.js";

/**
 * Write a result as JSON, with the fields of a line of results.jsonl and rounded numbers, indented for people to read.
 *
 * @param result - The result of a recognizer.
 * @param {{id: string, path?: string, key?: string}} about - The input's name and path; Python's key, a hash of the
 *   content, the model and the settings, is empty here.
 */
export function resultJson(result, { id, path = id, key = "" }) {
  const shared = [
    ["confidence", decimal(result.confidence, 6)],
    ["duration_s", decimal(result.durationS, 3)],
  ];
  const own = result.kind === "text" ? textFields(result, shared) : labelFields(result, shared);
  return written(fields([["id", id], ["path", path], ...own, ["key", key]]), "") + "\n";
}

/**
 * Write a transcript as SubRip captions.
 *
 * @param result - A result of kind "text".
 * @param about - The recognizer's description.
 */
export function srt(result, about) {
  return captions(result, new LineBreaks(about.characters))
    .map(({ startMs, endMs, lines }, number) => {
      return `${number + 1}\n${clock(startMs)} --> ${clock(endMs)}\n${lines.join("\n")}\n\n`;
    })
    .join("");
}

function textFields({ text, words }, shared) {
  const rows = words.map(({ word, startS, endS, confidence }) =>
    fields([["word", word], ...times(startS, endS), ["confidence", decimal(confidence, 4)]]),
  );
  return [["text", text], ...shared, ["words", rows]];
}

function labelFields({ label, top, signs }, shared) {
  const rows = signs.map((sign) =>
    fields([
      ["label", sign.label],
      ...times(sign.startS, sign.endS),
      ["confidence", decimal(sign.confidence, 6)],
      ["scores", scores(sign.top)],
    ]),
  );
  return [["label", label], ...shared, ["scores", scores(top)], ["labels", rows]];
}

function times(startS, endS) {
  return [
    ["start_s", decimal(startS, 3)],
    ["end_s", decimal(endS, 3)],
  ];
}

function scores(top) {
  return fields(top.map(({ label, score }) => [label, decimal(score, 6)]));
}

/** A JSON object as pairs: objects of JavaScript would sort the labels "10" and "2" as numbers. */
function fields(pairs) {
  return { pairs };
}

/** A rounded number, which Python writes with a decimal point even if it is whole. */
function decimal(value, decimals) {
  const rounded = String(roundTo(value, decimals));
  return { number: /^-?\d+$/.test(rounded) ? `${rounded}.0` : rounded };
}

/** Write a value as JSON, each field on a line of its own. */
function written(value, indent) {
  const inner = `${indent}  `;
  if (typeof value === "string") return JSON.stringify(value);
  if (value.number !== undefined) return value.number;
  const [open, close] = value.pairs ? "{}" : "[]";
  const items = value.pairs
    ? value.pairs.map(([name, item]) => `${JSON.stringify(name)}: ${written(item, inner)}`)
    : value.map((item) => written(item, inner));
  if (!items.length) return open + close;
  return `${open}\n${items.map((item) => inner + item).join(",\n")}\n${indent}${close}`;
}

/** Format a time, such as 01:02:03,456. */
function clock(milliseconds) {
  const pad = (number, width) => String(number).padStart(width, "0");
  const minutes = Math.floor(milliseconds / 60000);
  const seconds = Math.floor((milliseconds % 60000) / 1000);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return `${pad(hours, 2)}:${pad(rest, 2)}:${pad(seconds, 2)},${pad(milliseconds % 1000, 3)}`;
}
