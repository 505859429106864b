// Shows a result: the answer, what it is made of, and charts.

import { emissionsChart } from "./drawing/emissions.js";
import { handTimeline } from "./drawing/hand_timeline.js";
import { handStrip } from "./drawing/skeleton.js";
import { spectrogramChart } from "./drawing/spectrogram.js";
import { waveformChart } from "./drawing/waveform.js";
import { writeWav } from "./input/wav.js";

/** Words below this confidence are marked. */
const DOUBTFUL = 0.5;
const NUM_TOP = 5;
/** Charts of longer sound would take seconds to draw, and show nothing. */
const LONGEST_CHART_S = 120;

/** Make an element with attributes and children; texts become text, whatever they hold. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export const percent = (share) => `${(100 * share).toFixed(1)} %`;

/** The answer of a result in a line. */
export function answerOf(result) {
  return (result.kind === "text" ? result.text : result.label) || "nothing recognised";
}

/**
 * Show a result.
 *
 * @param {{answer, details, charts}} places - Elements of the page.
 * @param result - The result.
 * @param source - What was recognised: {name, samples} of sound, {name, pictures, aspectRatio, border} of hands, and
 *   `reference`, what it should be, of examples.
 * @param about - The recognizer's description.
 * @param {number | undefined} tookMs - How long the recognition took, if that is known.
 */
export function showResult(places, result, source, about, tookMs) {
  const facts = [
    source.name,
    `confidence ${percent(result.confidence)}`,
    `${result.durationS.toFixed(1)} s${tookMs === undefined ? "" : ` recognised in ${(tookMs / 1000).toFixed(2)} s`}`,
  ];
  if (source.reference) facts.push(`expected: ${source.reference}`);
  places.answer.replaceChildren(answerOf(result), element("small", {}, facts.join(" · ")));
  places.details.replaceChildren(...(result.kind === "text" ? wordsOf(result) : labelsOf(result)));
  const charts = source.samples ? soundCharts(result, source, about) : handCharts(result, source, about);
  releaseSound(places.charts);
  places.charts.replaceChildren(...charts);
}

function wordsOf({ words }) {
  const items = words.map(({ word, startS, endS, confidence }) => {
    const times = `${startS.toFixed(2)}–${endS.toFixed(2)} s, ${Math.round(100 * confidence)} %`;
    return element("li", { class: confidence < DOUBTFUL ? "doubtful" : "sure" }, word, element("small", {}, times));
  });
  return items.length
    ? [element("ul", { class: "words", "aria-label": "Words with times and confidence" }, ...items)]
    : [];
}

function labelsOf({ top, signs }) {
  if (top.length) return [rankedTable("The most probable labels", top)];
  const rows = signs.map(({ label, startS, endS, confidence }) => [
    label,
    `${startS.toFixed(1)}–${endS.toFixed(1)} s`,
    percent(confidence),
  ]);
  const cells = rows.map(([label, ...rest]) => {
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, label),
      ...rest.map((text) => element("td", { class: "number" }, text)),
    );
  });
  const head = element(
    "tr",
    {},
    ...["Sign", "Time", "Confidence"].map((name) => element("th", { scope: "col" }, name)),
  );
  const caption = element("caption", {}, "The signs one after the other");
  return rows.length ? [element("table", {}, caption, element("thead", {}, head), element("tbody", {}, ...cells))] : [];
}

function rankedTable(title, top) {
  const rows = top.slice(0, NUM_TOP).map(({ label, score }) => {
    const bar = element("td", { class: "bar", "aria-hidden": "true" }, barOf(score));
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, label),
      bar,
      element("td", { class: "number" }, percent(score)),
    );
  });
  return element("table", {}, element("caption", {}, title), element("tbody", {}, ...rows));
}

/** A bar as long as a share; in SVG, because the page's policy forbids styles in elements. */
function barOf(share) {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("viewBox", "0 0 100 8");
  svg.setAttribute("preserveAspectRatio", "none");
  const bar = document.createElementNS(namespace, "rect");
  bar.setAttribute("width", String(Math.max(0.5, 100 * share)));
  bar.setAttribute("height", "8");
  svg.append(bar);
  return svg;
}

function figure(title, note, ...content) {
  const caption = element("figcaption", {}, title);
  if (note) caption.append(" ", element("small", {}, note));
  return element("figure", {}, caption, ...content);
}

function soundCharts(result, { samples }, about) {
  const rateHz = about.sample_rate_hz;
  const player = element("audio", { controls: "", "aria-label": "The sound that was recognised" });
  player.src = URL.createObjectURL(writeWav(samples, rateHz));
  if (samples.length / rateHz > LONGEST_CHART_S) return [player];
  const isText = result.kind === "text";
  const charts = [
    player,
    figure(
      "Waveform",
      isText ? "words where they are said" : "",
      waveformChart(samples, rateHz, isText ? result.words : []),
    ),
    figure("Spectrogram", "bright is loud", spectrogramChart(samples, rateHz, !isText)),
  ];
  if (isText) charts.push(emissionsFigure(result, about));
  return charts;
}

function emissionsFigure(result, about) {
  const note = "the network's probability of each symbol; dashed: none";
  return figure("Emissions", note, emissionsChart(result.segments, result.durationS, about));
}

function handCharts(result, { pictures, aspectRatio, border }, about) {
  // Landmarks are shares of the picture with the border that the tracker adds.
  const toPicture = ({ x, y }) => ({ x: x * (1 + 2 * border) - border, y: y * (1 + 2 * border) - border });
  const segments = result.kind === "label" && result.signs.length > 1 ? result.segments : [];
  const charts = [figure("Hands", "at a few moments", handStrip(pictures, aspectRatio, toPicture))];
  if (pictures.length > 1) {
    const note = segments.length ? "shaded: signs" : "";
    charts.push(figure("Hands seen", note, handTimeline(pictures, result.durationS, segments)));
  }
  if (result.kind === "text") charts.push(emissionsFigure(result, about));
  return charts;
}

/** Free the memory of the sound that was shown before. */
function releaseSound(charts) {
  const player = charts.querySelector("audio");
  if (player) URL.revokeObjectURL(player.src);
}
